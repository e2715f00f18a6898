//! What takes room on a store: what is brought there, and what is left of what has been. Two steps that write one thing
//! take its room once; versions and dumps of several lie side by side.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_model::StoreId;
use thrice_plan::calendar::days_between;
use thrice_plan::{Copy, CopyId, Period};
use thrice_quantity::Seconds;

use super::super::lateness::last_day;
use super::bound::Bounds;
use super::piled::stays;
use crate::context::Context;

/// Copies, and which of them are one thing.
pub(super) struct Lying {
    /// In the order of the plan, each with the number of the thing that it is.
    copies: Vec<(CopyId, usize)>,
    /// How many things there are: as many as copies, mostly.
    things: usize,
}

impl Lying {
    /// The copies that take room on a store; buckets share the included volume of their account, so the
    /// headroom of one is that of all.
    pub(super) fn on(context: &Context<'_>, store: StoreId) -> Self {
        let data = &context.plan.model.stores[store];
        let shares = data.capacity.is_none() && data.quota.is_none();
        let here = |copy: &Copy| shares || copy.location.store == store;
        Self::among(context, context.on_host(data.host), here)
    }

    /// The wanted ones among some copies.
    pub(super) fn among<'i>(
        context: &Context<'_>,
        ids: impl IntoIterator<Item = &'i CopyId>,
        wanted: impl Fn(&Copy) -> bool,
    ) -> Self {
        let ids = ids.into_iter();
        let (most, _) = ids.size_hint();
        let mut things = IndexMap::with_capacity_and_hasher(most, FxBuildHasher);
        let mut copies = Vec::new();
        for id in ids {
            let copy = &context.plan.copies[*id];
            if !wanted(copy) {
                continue;
            }
            let thing = (
                copy.class,
                copy.location.store,
                copy.location.path.as_str(),
                copy.repository,
                context.plan.named_by(*id),
            );
            let next = things.len();
            copies.push((*id, *things.entry(thing).or_insert(next)));
        }
        Self {
            copies,
            things: things.len(),
        }
    }

    /// What is there in a period, or left there, each thing once: as what takes the most in the end.
    pub(super) fn in_period(&self, bounds: &Bounds<'_, '_>, period: &Period) -> Vec<CopyId> {
        let context = bounds.context();
        let there = |id: CopyId| {
            let copy = &context.plan.copies[id];
            copy.lifetime.contains(period.from) || is_left(context, id, period)
        };
        let copies = self.copies.iter().filter(|(id, _)| there(*id));
        if self.things == self.copies.len() {
            return copies.map(|(id, _)| *id).collect();
        }
        let mut things: Vec<Vec<CopyId>> = vec![Vec::new(); self.things];
        for (id, thing) in copies {
            if let Some(thing) = things.get_mut(*thing) {
                thing.push(*id);
            }
        }
        let last = last_day(period, 0);
        let takes = |id: &CopyId| {
            let first = std::cmp::Reverse(*id);
            (bounds.total(&[*id], last), first)
        };
        let mut out: Vec<CopyId> = things
            .iter()
            .filter_map(|thing| match thing.as_slice() {
                [one] => Some(*one),
                several => several.iter().copied().max_by_key(takes),
            })
            .collect();
        out.sort_unstable();
        out
    }
}

/// Whether something is left of a copy in a period that nobody fills any more: nothing takes it away, or its store keeps
/// what was taken away.
fn is_left(context: &Context<'_>, id: CopyId, period: &Period) -> bool {
    let Some(stay) = context.left().stays.get(&id) else {
        return false;
    };
    stay.from <= period.from
        && stay.until.is_none_or(|until| {
            let kept = stays(context, &context.plan.copies[id], period.from);
            Seconds::days(days_between(until, period.from)) < kept
        })
}
