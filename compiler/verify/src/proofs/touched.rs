//! Which classes a plan in which steps take longer can matter to.

use std::collections::BTreeSet;

use thrice_model::{ClassId, Key, KeyId, Obligation, StepId, Verb};
use thrice_plan::Plan;

use crate::context::Context;

/// The classes that can fare worse with a plan in which steps have other rhythms, or one is not there any more,
/// and nothing else differs; `None`: perhaps all of them.
pub(super) fn touched(
    context: &Context<'_>,
    other: &Plan,
    ended: Option<StepId>,
) -> Option<BTreeSet<ClassId>> {
    let plan = context.plan;
    // Of keys of which nothing else is said, who runs a step holds what it uses.
    let unsaid = |(_, key): (KeyId, &Key)| key.held.is_empty();
    if ended.is_some() && plan.model.keys.iter().any(unsaid) {
        return None;
    }
    let steps = plan.model.steps.iter();
    let changed = steps
        .filter(|(id, _)| plan.cadences.get(*id) != other.cadences.get(*id) || ended == Some(*id));
    let changed: Vec<_> = changed.collect();
    // What these do is done to whatever lies in their place.
    let in_place = |verb: &Verb| {
        matches!(
            verb,
            Verb::Expire { .. } | Verb::Prune | Verb::Check(_) | Verb::Drill
        )
    };
    if changed.iter().any(|(_, step)| in_place(&step.verb)) {
        return None;
    }
    let changed: BTreeSet<StepId> = changed.into_iter().map(|(id, _)| id).collect();
    let copies = plan.copies.iter().filter(|(_, copy)| {
        let made = copy.made_by.is_some_and(|step| changed.contains(&step));
        made || copy
            .leaves
            .iter()
            .any(|leave| changed.contains(&leave.by()))
    });
    let mut out: BTreeSet<ClassId> = copies.map(|(_, copy)| copy.class).collect();
    // A key that lies in a vault with data comes back with that data, and with it all that the key opens.
    let mut vaults = plan.model.vaults.iter();
    if vaults.any(|(_, vault)| vault.data.is_some_and(|(class, _)| out.contains(&class))) {
        return None;
    }
    loop {
        let classes = plan.model.classes.iter();
        let needing = classes.filter(|(id, class)| {
            !out.contains(id) && class.needs.iter().any(|need| out.contains(&need.class))
        });
        let needing: Vec<ClassId> = needing.map(|(id, _)| id).collect();
        if needing.is_empty() {
            return Some(out);
        }
        out.extend(needing);
    }
}

/// Whether an obligation is decided for each class by itself.
pub(super) const fn about_classes(obligation: Obligation) -> bool {
    use Obligation as O;
    matches!(
        obligation,
        O::Copies
            | O::Survival
            | O::RecoveryPoint
            | O::LastCopy
            | O::History
            | O::Erasure
            | O::Deletion
    )
}

/// The class that a verdict of these is about: "`app` with `db`" is about `app`.
pub(super) fn class_of(subject: &str) -> &str {
    subject
        .split_once(" with ")
        .map_or(subject, |(class, _)| class)
}
