//! What takes room on a store: two steps that write one thing take its room once.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_model::StoreId;
use thrice_plan::{Copy, CopyId, CopyKind, Period};

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
                copy.kind == CopyKind::Versions,
                copy.repository,
            );
            let next = things.len();
            copies.push((*id, *things.entry(thing).or_insert(next)));
        }
        Self {
            copies,
            things: things.len(),
        }
    }

    /// What is there in a period, each thing once.
    pub(super) fn in_period(&self, context: &Context<'_>, period: &Period) -> Vec<CopyId> {
        let there = |id: CopyId| context.plan.copies[id].lifetime.contains(period.from);
        let copies = self.copies.iter().filter(|(id, _)| there(*id));
        if self.things == self.copies.len() {
            return copies.map(|(id, _)| *id).collect();
        }
        let mut seen = vec![false; self.things];
        let mut new = |thing: &usize| {
            let seen = seen.get_mut(*thing);
            seen.is_some_and(|seen| !std::mem::replace(seen, true))
        };
        let copies = copies.filter(|(_, thing)| new(thing));
        copies.map(|(id, _)| *id).collect()
    }
}
