//! Which names dumps bear: one for all, or each its own.

use thrice_model::{ClassKind, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, Plan};

/// Whether a step refuses to write a dump over the one before, which bears the same name: each run then fails, and takes
/// nothing away. Each dump of a capture overwrites the one before; where former ones are kept beside it, only the newest has
/// that name, and a move has taken it before if it waits for no age. What one's own program names nobody knows.
pub(crate) fn refuses_next(plan: &Plan, copy: &Copy) -> bool {
    let is_moved = match copy.made_by.map(|step| &plan.model.steps[step].verb) {
        Some(Verb::Move { .. }) => true,
        Some(Verb::Copy {
            immutable: true, ..
        }) => false,
        _ => return false,
    };
    let Some(source) = copy.source.filter(|id| {
        let kind = plan.copies[*id].kind;
        !matches!(kind, CopyKind::Live | CopyKind::Versions)
    }) else {
        return false;
    };
    let mut way = std::iter::successors(Some(source), |id| plan.copies[*id].source);
    let mut is_named = || {
        way.any(|id| {
            let step = plan.copies[id].made_by;
            let verb = step.map(|step| &plan.model.steps[step].verb);
            matches!(verb, Some(Verb::Capture(parts)) if parts.runs.is_none())
        })
    };
    plan.model.classes[copy.class].kind == ClassKind::State
        && (!is_dated(plan, source) || (is_moved && copy.enter.older_than.is_none() && is_named()))
}

/// Whether versions of a state lie side by side in a copy: in a repository, or in files that a capture
/// keeps for some time.
pub(crate) fn is_dated(plan: &Plan, copy: CopyId) -> bool {
    let mut here = Some(copy);
    while let Some(id) = here {
        let what = &plan.copies[id];
        let verb = what.made_by.map(|step| &plan.model.steps[step].verb);
        match verb {
            Some(Verb::Backup { .. }) => return true,
            Some(Verb::Capture(parts)) => return parts.keeps.is_some(),
            Some(
                Verb::Copy {
                    latest_only: true, ..
                }
                | Verb::Seed { .. },
            )
            | None => return false,
            Some(_) => here = what.source,
        }
    }
    false
}
