//! A run fits into its period, and what it carries through its line.

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{RunnerKind, Step, StepId};
use thrice_quantity::Seconds;

use super::at_once::Loads;
use super::played::{Case, Told};
use super::{finding, line, says_when, stays};
use crate::context::Context;

const TOO_LONG: Code = Code("T2107");

/// Returns for how many steps that carry data it is not known what or through what.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Told>) -> usize {
    let mut unchecked = 0;
    let mut loads = Loads::default();
    for (id, step) in context.plan.model.steps.iter() {
        if step.runner.kind == RunnerKind::Lifecycle {
            continue;
        }
        out.extend(too_long(context, id, step));
        // A person may carry a disk: no line says how fast.
        if step.runner.kind == RunnerKind::Hand {
            continue;
        }
        unchecked += usize::from(line::check(context, id, &mut loads, out));
    }
    out.extend(loads.too_much(context));
    unchecked
}

fn too_long(context: &Context<'_>, id: StepId, step: &Step) -> Option<Told> {
    let cadence = &context.plan.cadences[id];
    let period = cadence.narrowest?;
    let length = cadence.jitter.saturating_add(cadence.duration.high());
    if length < period {
        return None;
    }
    let name = &step.named.name;
    let never = cadence.duration.low() >= period;
    let severity = if never {
        Severity::Error
    } else {
        Severity::Warning
    };
    let (text, span) = says_when(context, id);
    let message = format!(
        "a run of `{name}` may still be going on when the next one is due: {length} from its time, of {period}"
    );
    let diagnostic = Diagnostic::new(TOO_LONG, severity, message)
        .at(span, text)
        .event(
            "each time",
            format!("the run that is due is left out: two of `{name}` never run at once"),
        )
        .help("run it less often, or bound how long it may take: `taking`");
    Some(Told {
        finding: finding(diagnostic, vec![name.to_string()]),
        case: overrun(context, id, length, never),
    })
}

/// The first run within the policy's time that may still be going on when the next one is due.
fn overrun(context: &Context<'_>, id: StepId, length: Seconds, quick: bool) -> Case {
    let lifetime = context.plan.model.steps[id].lifetime;
    let (from, until, _) = stays(context.plan, lifetime);
    let starts = context.plan.calendars.starts(id);
    let pairs = starts.into_iter().flat_map(|starts| starts.windows(2));
    let mut pairs = pairs.filter_map(|pair| match *pair {
        [due, next] if from <= due && next < until => Some((due, next)),
        _ => None,
    });
    // Where it is sure, it is of the runs that lie closest: on the night of a clock change, it may be, and at no other time.
    let least = match quick {
        true => context.plan.cadences[id].duration.low(),
        false => length,
    };
    match pairs.find(|(due, next)| next.saturating_sub(*due) <= least.0) {
        Some((due, next)) => Case::Overrun {
            step: id,
            due,
            next,
            quick,
        },
        None => Case::Not("runs outside of the policy's time"),
    }
}
