//! What stores keep of what was deleted or overwritten in them, by themselves.

use jiff::civil::Date;
use thrice_model::{Location, Source, StepId, Verb, Versioning};
use thrice_quantity::{Interval, Seconds};

use crate::context::Context;

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

/// What becomes of noncurrent versions in a place, by the rules that are there on a day; without one by all,
/// whenever they are there. Of several rules the first to act counts.
pub(super) fn noncurrent(context: &Context<'_>, place: &Location, day: Option<Date>) -> Noncurrent {
    let model = &context.plan.model;
    let store = &model.stores[place.store];
    if store.versioning == Versioning::Off && !store.keeps_versions() {
        return Noncurrent::Gone;
    }
    let rules = context.noncurrent_rules().iter().filter_map(|id| {
        let step = &model.steps[*id];
        let (Verb::Expire { after, .. }, Source::Location(rule, _)) = (&step.verb, &step.source)
        else {
            return None;
        };
        let there = day.is_none_or(|day| step.lifetime.contains(day));
        (there && rule.contains(place)).then_some((*after, *id))
    });
    match rules.min_by_key(|(after, id)| (after.low(), *id)) {
        Some((after, id)) => Noncurrent::For(after, id),
        None => Noncurrent::ForEver,
    }
}
