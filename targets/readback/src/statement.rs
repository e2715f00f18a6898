//! Which words of the policy a fact is about.

use thrice_diagnostics::Span;
use thrice_model::{Source, Step, StepId, StepTarget, Verb};
use thrice_plan::Plan;
use thrice_target::layout;

/// The step that a file calls by this name: its own, or that of its files.
pub fn step<'p>(plan: &'p Plan, name: &str) -> Option<(StepId, &'p Step)> {
    let mut steps = plan.model.steps.iter();
    steps.find(|(id, step)| step.named.name == name || layout::step(plan, *id) == name)
}

/// The words of a step that say what a fact of this name is about; where none does, its name.
pub fn words(step: &Step, about: &str) -> Span {
    let any = |words: &[&str]| words.iter().any(|word| about.contains(word));
    let keep = match &step.verb {
        Verb::Backup { keep, .. } => keep.as_ref().map(|(_, span)| *span),
        Verb::Capture(parts) => parts.keeps.map(|(_, span)| span),
        _ => None,
    };
    let source = match &step.source {
        Source::Home => None,
        Source::Step(_, span) | Source::Location(_, span) | Source::Repository(_, span) => {
            Some(*span)
        }
    };
    let target = match &step.target {
        StepTarget::Location(_, span)
        | StepTarget::Repository(_, span)
        | StepTarget::Environment(_, _, span) => Some(*span),
        StepTarget::Nothing => None,
    };
    let found = if any(&["schedule", "cron", "OnCalendar", "due"]) {
        step.timing.schedule.as_ref().map(|(_, span)| *span)
    } else if any(&["keep", "retention"]) {
        keep
    } else if any(&["source", "paths", "volume", "folder"]) {
        source
    } else if any(&["repository", "destination"]) {
        target.or(source)
    } else if any(&["prefix"]) {
        source
    } else if any(&["monitor", "signal", "notification"]) {
        step.monitor.map(|(_, span)| span)
    } else if any(&["limit"]) {
        step.timing.duration_stated
    } else {
        None
    };
    found.unwrap_or(step.named.span)
}

/// The step that the first entry of a list is named after: `checks[shop-nightly].grace` is about `nightly`.
pub fn named_in(plan: &Plan, about: &str) -> Option<String> {
    let (_, rest) = about.split_once('[')?;
    let (entry, _) = rest.split_once(']')?;
    let ends = |name: &str| {
        entry
            .strip_suffix(name)
            .is_some_and(|before| before.is_empty() || before.ends_with(['-', '/', ' ']))
    };
    let names = plan.model.steps.ids().map(|id| layout::step(plan, id));
    names.filter(|name| ends(name)).max_by_key(String::len)
}
