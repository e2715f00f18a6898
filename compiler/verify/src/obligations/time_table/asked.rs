//! A mirror is asked whether it has every version when its copying is surely done.

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::StepId;
use thrice_quantity::Seconds;

use super::super::story::in_time;
use super::played::{Case, Told, late};
use super::{Meetings, Rhythm, at_work, finding, if_late, meetings_however_late};
use crate::context::Context;
use crate::wording::instant;

const TOO_EARLY: Code = Code("T2109");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Told>) {
    for id in context.plan.model.steps.ids() {
        out.extend(too_early(context, id));
    }
}

/// Whether a step is a mirror that is always asked too early if its runs are like this.
pub(super) fn fails_with(context: &Context<'_>, id: StepId, copying: Rhythm) -> bool {
    let is_one = context.plan.model.steps[id].mirror().is_some();
    is_one && met(context, id, copying).is_some_and(|met| met.first.is_some() && met.always())
}

/// When a mirror is asked while it copies.
fn met(context: &Context<'_>, id: StepId, copying: Rhythm) -> Option<Meetings> {
    let calendars = &context.plan.calendars;
    let starts = calendars.starts(id)?;
    let (calendar, times) = calendars.asked(id)?;
    let asking = Rhythm {
        calendar,
        apart: calendars.apart(calendar),
        late: Seconds::ZERO,
        length: Seconds(1),
        ..copying
    };
    let met = meetings_however_late((&asking, times), (&copying, starts), Seconds(1));
    Some(met)
}

fn too_early(context: &Context<'_>, id: StepId) -> Option<Told> {
    let step = &context.plan.model.steps[id];
    let (schedule, span) = step.mirror()?.checked.as_ref()?;
    let copying = Rhythm::of(context, id)?;
    let met = met(context, id, copying)?;
    let (asked, begun) = met.first?;
    let name = &step.named.name;
    let which = match (met.overtime, met.always()) {
        (Some(_), _) => String::new(),
        (None, true) => " (as each time)".to_owned(),
        (None, false) => format!(" (as {} times of {})", met.hits, met.runs),
    };
    let severity = match met.always() {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let message =
        format!("`{name}` is asked for its versions while it may still be copying them{which}");
    let diagnostic = Diagnostic::new(TOO_EARLY, severity, message)
        .at(*span, format!("asked {schedule}"))
        .at(
            step.named.span,
            format!(
                "begins when its backup is done, and may take {}",
                copying.length.saturating_sub(copying.late)
            ),
        )
        .help("ask later, or say how long the backup and the copying may take: `taking`");
    let due = at_work(step, begun, copying.length).replacen("starts", "is due", 1);
    let alarm = "a version has not arrived yet: an alarm, and nothing is wrong".to_owned();
    let diagnostic = in_time(diagnostic, vec![(begun, due), (asked, alarm)], instant);
    let diagnostic = if_late(context, &met, diagnostic);
    Some(Told {
        finding: finding(diagnostic, vec![name.to_string()]),
        case: Case::Asked {
            mirror: id,
            due: begun,
            asked,
            late: late(context, &met),
        },
    })
}
