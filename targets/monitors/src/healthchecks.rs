//! Checks of healthchecks.io, or a server like it, as `POST /api/v3/checks/` takes them.
//!
//! A check that the API makes tells nobody unless `channels` says so, so it says all of them.

use serde_json::{Value, json};
use thrice_model::{MonitorId, Step, StepId};
use thrice_target::{Artefact, Diagnostic, Plan, apply, due, monitor, refusal};

use crate::{description, folder, list};

const APPLY: &str = include_str!("../templates/apply_healthchecks.sh.j2");
/// Least and greatest grace and period that the API takes, in seconds.
const BOUNDS: (i64, i64) = (60, 31_536_000);

/// The list of checks and the program that makes them.
pub fn files(
    plan: &Plan,
    id: MonitorId,
    steps: &[(StepId, &Step, i64)],
) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let (mut checks, mut mistakes) = (Vec::new(), Vec::new());
    for (step_id, step, silence) in steps {
        match check(plan, id, *step_id, step, *silence) {
            Ok(check) => checks.push(check),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut program = Artefact::apply(
        format!("{}/apply", folder(plan, id)),
        None,
        apply::program(plan, "healthchecks", APPLY, &()).map_err(|mistake| vec![mistake])?,
    );
    program.secrets = vec!["HEALTHCHECKS_API_KEY".to_owned()];
    Ok(vec![
        list(plan, id, "checks.json", "healthchecks-checks", checks),
        program,
    ])
}

fn check(
    plan: &Plan,
    id: MonitorId,
    step_id: StepId,
    step: &Step,
    silence: i64,
) -> Result<Value, Diagnostic> {
    let widest = plan
        .cadences
        .get(step_id)
        .and_then(|cadence| cadence.signals);
    let widest = widest.map_or(silence, |widest| widest.0);
    let grace = (silence - widest).max(BOUNDS.0);
    let name = monitor::slug(plan, step_id);
    let mut check = json!({
        "name": name,
        "slug": name,
        "tags": format!("thrice-{}", thrice_target::layout::policy(plan)),
        "desc": description(step),
        "grace": grace,
        "channels": "*",
        "unique": ["name"],
    });
    let within = |seconds: i64| (BOUNDS.0..=BOUNDS.1).contains(&seconds);
    let expected = schedule(plan, step);
    let possible = match expected {
        // Both ends of its clock are known: the check is late when the run is.
        Some((cron, zone)) => {
            check["schedule"] = cron.into();
            check["tz"] = zone.into();
            within(grace)
        }
        None => {
            check["timeout"] = widest.into();
            within(grace) && within(widest)
        }
    };
    if possible {
        return Ok(check);
    }
    let monitor = &plan.model.monitors[id];
    let message = format!(
        "`{}` cannot watch `{}`: healthchecks waits for 365 days at most",
        monitor.named.name, step.named.name
    );
    let mistake = refusal::about(step, refusal::UNSUPPORTED, message);
    Err(mistake
        .at(monitor.named.span, "this monitor")
        .help("run the step more often, or shorten `grace`"))
}

/// One line of cron and its zone; `None` where one line does not say it: then a period does.
fn schedule(plan: &Plan, step: &Step) -> Option<(String, String)> {
    let (schedule, _) = step.signals()?;
    let cron = schedule.to_cron().ok()?;
    let host = step.runner.host.and_then(|host| plan.model.hosts.get(host));
    let zone = match host {
        Some(host) => due::zone(schedule, host),
        None => match &schedule.zone {
            thrice_quantity::schedule::ScheduleZone::Utc => "UTC".to_owned(),
            thrice_quantity::schedule::ScheduleZone::Named(name) => name.clone(),
            thrice_quantity::schedule::ScheduleZone::Host => plan.model.policy.timezone.clone(),
        },
    };
    Some((cron, zone))
}
