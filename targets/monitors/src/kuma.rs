//! Push monitors of Uptime Kuma, by the names of its form and database.

use serde_json::{Value, json};
use thrice_model::{MonitorId, Step, StepId};
use thrice_target::{Artefact, Diagnostic, Plan, layout, monitor};

use crate::{description, list};

/// Least and greatest heartbeat interval of a monitor, in seconds (its `src/util.ts`): 24 days at most.
const BOUNDS: (i64, i64) = (20, 2_073_600);

/// The list of push monitors.
pub fn files(
    plan: &Plan,
    id: MonitorId,
    steps: &[(StepId, &Step, i64)],
) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let from = &plan.model.monitors[id].url_from;
    let entry = |(step_id, step, silence): &(StepId, &Step, i64)| {
        let (interval, retries) = waits(*silence);
        let own = monitor::own(from, &layout::step(plan, *step_id));
        json!({
            "name": monitor::slug(plan, *step_id),
            "type": "push",
            "description": description(step),
            "interval": interval,
            "maxretries": retries,
            "retryInterval": interval,
            "upsideDown": false,
            "address_goes_to": if steps.len() == 1 { from.clone() } else { own },
        })
    };
    let entries: Vec<Value> = steps.iter().map(entry).collect();
    Ok(vec![list(
        plan,
        id,
        "push-monitors.json",
        "uptime-kuma-monitors",
        entries,
    )])
}

/// The interval and how many more of it pass before the alarm: a monitor that waits longer than an
/// interval can be waits for several. Together never less than the silence that is allowed, and at most
/// a second an interval more.
fn waits(silence: i64) -> (i64, i64) {
    let silence = silence.max(BOUNDS.0);
    let count = (silence + BOUNDS.1 - 1) / BOUNDS.1;
    ((silence + count - 1) / count, count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_silence_is_several_intervals() {
        assert_eq!(waits(1), (20, 0));
        assert_eq!(waits(90_000), (90_000, 0));
        assert_eq!(waits(2_073_600), (2_073_600, 0));
        assert_eq!(waits(2_073_601), (1_036_801, 1));
        let month = 32 * 86_400;
        let (interval, retries) = waits(month);
        assert!(interval * (retries + 1) >= month && interval <= BOUNDS.1);
    }
}
