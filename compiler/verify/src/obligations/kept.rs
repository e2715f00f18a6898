//! What stores keep of what was deleted or overwritten in them, by themselves.

use jiff::civil::Date;
use thrice_model::{Location, StepId, Verb, Versioning};
use thrice_plan::FOR_EVER;
use thrice_quantity::{Interval, Seconds};

use crate::context::Context;
use crate::indexed::Wanted;

/// How long a versioned bucket keeps what is deleted or overwritten in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noncurrent {
    /// The store keeps nothing.
    Gone,
    /// So long, by this lifecycle rule.
    For(Interval<Seconds>, StepId),
    /// No rule ever takes it away.
    ForEver,
}

/// How long old versions surely stay in a place that keeps them, of what is asked about.
pub(super) fn old_versions_stay(
    context: &Context<'_>,
    place: &Location,
    wanted: Wanted,
) -> Seconds {
    let rules = rules(context, place);
    let left = rules.filter_map(|(after, id)| context.left_by(wanted, id, after.low()));
    left.min().unwrap_or(FOR_EVER)
}

/// What becomes of noncurrent versions in a place, by the rules that are there on a day; without one by all,
/// whenever they are there. Of several rules the first to act counts.
pub(super) fn noncurrent(context: &Context<'_>, place: &Location, day: Option<Date>) -> Noncurrent {
    let model = &context.plan.model;
    let store = &model.stores[place.store];
    if store.versioning == Versioning::Off && !store.keeps_versions() {
        return Noncurrent::Gone;
    }
    let there = |id: StepId| day.is_none_or(|day| model.steps[id].lifetime.contains(day));
    let rules = rules(context, place).filter(|(_, id)| there(*id));
    match rules.min_by_key(|(after, id)| (after.low(), *id)) {
        Some((after, id)) => Noncurrent::For(after, id),
        None => Noncurrent::ForEver,
    }
}

/// The rules that give up all old versions in a place, and when.
pub(super) fn rules<'c>(
    context: &'c Context<'_>,
    place: &'c Location,
) -> impl Iterator<Item = (Interval<Seconds>, StepId)> + 'c {
    context.noncurrent_rules().iter().filter_map(|id| {
        let step = &context.plan.model.steps[*id];
        let Verb::Expire { after, .. } = &step.verb else {
            return None;
        };
        let rule = step.clears_old_versions()?;
        rule.contains(place).then_some((*after, *id))
    })
}
