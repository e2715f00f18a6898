//! Claims across the beginnings of phases, each of which may come late, and what to say where lateness alone
//! breaks one.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_diagnostics::Diagnostic;
use thrice_model::{ClassId, Phase};
use thrice_plan::Period;
use thrice_presence::{Crossing, Question, Run, System, can_be_asked};

use super::settling::{Against, claim};
use crate::context::Context;
use crate::replay::About;
use crate::systems::Symbolized;
use crate::verification::Engine;

/// The phase that is written for a day; of several the one that may be latest, which holds up the others.
pub(super) fn phase_on<'c>(context: &Context<'c>, day: Date) -> Option<&'c Phase> {
    let phases = context.plan.model.phases.iter();
    let begin = phases
        .map(|(_, phase)| phase)
        .filter(|phase| phase.start == day);
    begin.max_by_key(|phase| phase.slip_days)
}

/// When each phase comes, by the day that is written for it, if one comes on a day: those that would come before it
/// have to wait for it.
pub(super) fn held_up(context: &Context<'_>, written: Date, comes: Date) -> BTreeMap<Date, Date> {
    let days = context.plan.periods.iter().map(|period| period.from);
    let waiting = days.filter(|day| (written..comes).contains(day));
    waiting.map(|day| (day, comes)).collect()
}

/// The last day of a period that lasts so many days longer than it is written to.
pub(super) fn last_day(period: &Period, longer: i64) -> Date {
    let last = period.until.checked_sub(1.day()).unwrap_or(period.until);
    last.checked_add(longer.days()).unwrap_or(last)
}

/// What came out of a claim.
pub(super) enum Claimed {
    /// It holds, however late phases are.
    Holds(Engine),
    /// It holds if they begin on their days, and not if they are late.
    OnTime(Engine, Against),
    /// It does not hold though they begin on their days.
    Fails(Against),
}

/// Who says that a claim about what crosses into a phase holds, however late phases are.
///
/// To begin on its day is one of the ways in which a phase may begin, so that is asked about by itself only where some
/// lateness breaks the claim.
pub(super) fn claim_however_late(
    context: &Context<'_>,
    about: About<'_>,
    class: ClassId,
    (symbolized, system): (&Symbolized, &System),
    question: &Question,
) -> Claimed {
    // What had never been there for long need not go on being there.
    let ask = |system: &System| match question.crossing {
        Crossing::Held(_) if !can_be_asked(system, question) => Ok(Engine::Evaluated),
        _ => claim(context, about, class, (symbolized, system), question),
    };
    let against = match ask(system) {
        Ok(by) => return Claimed::Holds(by),
        Err(against) => against,
    };
    match system.on_time().as_ref().map(ask) {
        Some(Ok(by)) => Claimed::OnTime(by, against),
        Some(Err(against)) => Claimed::Fails(against),
        None => Claimed::Fails(against),
    }
}

/// The phases that are late in a run, each with how many days.
fn late<'c>(context: &Context<'c>, symbolized: &Symbolized, run: &Run) -> Vec<(&'c Phase, i64)> {
    let late = symbolized.days.iter().zip(&run.late);
    let late = late.filter(|(_, days)| **days > 0);
    late.filter_map(|(day, days)| Some((phase_on(context, *day)?, *days)))
        .collect()
}

/// "`nas` comes 3 days late"; `None` where nothing is late.
pub(super) fn if_late(
    context: &Context<'_>,
    symbolized: &Symbolized,
    run: Option<&Run>,
) -> Option<String> {
    words(&late(context, symbolized, run?))
}

/// The same of phases, each with how many days late it comes.
pub(super) fn words(late: &[(&Phase, i64)]) -> Option<String> {
    let parts = late.iter().map(|(phase, days)| {
        let unit = if *days == 1 { "day" } else { "days" };
        format!("`{}` comes {days} {unit} late", phase.named.name)
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// Points at the phases that are late in a run.
pub(super) fn point_at_late(
    context: &Context<'_>,
    symbolized: &Symbolized,
    run: &Run,
    diagnostic: Diagnostic,
) -> Diagnostic {
    point_at(&late(context, symbolized, run), diagnostic)
}

/// Points at phases that are late.
pub(super) fn point_at(late: &[(&Phase, i64)], mut diagnostic: Diagnostic) -> Diagnostic {
    for (phase, _) in late {
        let slip = format!("may slip by {} days", phase.slip_days);
        diagnostic = diagnostic.at(phase.named.span, slip);
    }
    diagnostic
}

/// "`nas` begins, 3 days late".
pub(super) fn begins(phase: &str, late: i64) -> String {
    match late {
        0 => format!("`{phase}` begins"),
        1 => format!("`{phase}` begins, a day late"),
        days => format!("`{phase}` begins, {days} days late"),
    }
}

/// What to do where lateness alone breaks something.
pub(super) const ADVICE: &str =
    "let what goes stay one phase longer, or promise a smaller `slip` for what must come first";
