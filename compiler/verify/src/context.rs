//! The plan, indexed for the questions that obligations ask.

use std::collections::BTreeMap;

use thrice_model::{ClassId, HostId, ProviderId, SiteId, StoreId};
use thrice_plan::{Copy, CopyId, Period, Plan};

/// A plan with its copies at hand by class.
pub(crate) struct Context<'p> {
    pub plan: &'p Plan,
    /// Copies of each class, sources first; indexed by class.
    pub copies: BTreeMap<ClassId, Vec<CopyId>>,
    /// Answers to questions already asked, by shape.
    pub answers: crate::presence::Answers,
}

impl<'p> Context<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let mut copies: BTreeMap<ClassId, Vec<CopyId>> = BTreeMap::new();
        for (id, copy) in plan.copies.iter() {
            copies.entry(copy.class).or_default().push(id);
        }
        Self { plan, copies, answers: crate::presence::Answers::default() }
    }

    /// The copies of a class that exist all through a period, sources first. A copy whose source is
    /// not there in the period is not fed any more and does not count.
    pub(crate) fn copies_in(&self, class: ClassId, period: &Period) -> Vec<CopyId> {
        let mut out: Vec<CopyId> = Vec::new();
        for id in self.copies.get(&class).into_iter().flatten() {
            let copy = &self.plan.copies[*id];
            let there = copy.lifetime.from <= period.from
                && copy.lifetime.until.is_none_or(|end| period.until <= end || end > period.from);
            if there && copy.source.is_none_or(|source| out.contains(&source)) {
                out.push(*id);
            }
        }
        out
    }

    /// The classes that live in a period and are not skipped, in order.
    pub(crate) fn classes_in(&self, period: &Period) -> Vec<ClassId> {
        let skipped: std::collections::BTreeSet<&str> =
            self.plan.model.skips.iter().map(|s| s.named.name.as_str()).collect();
        self.plan
            .model
            .classes
            .iter()
            .filter(|(_, c)| c.lifetime.contains(period.from) && !skipped.contains(c.named.name.as_str()))
            .map(|(id, _)| id)
            .collect()
    }

    pub(crate) fn class_name(&self, class: ClassId) -> &'p str {
        &self.plan.model.classes[class].named.name
    }

    pub(crate) fn store_name(&self, store: StoreId) -> &'p str {
        &self.plan.model.stores[store].named.name
    }

    pub(crate) fn host(&self, copy: &Copy) -> HostId {
        self.plan.host_of(copy.location.store)
    }

    pub(crate) fn site_of(&self, store: StoreId) -> SiteId {
        self.plan.model.hosts[self.plan.host_of(store)].site
    }

    pub(crate) fn provider_of(&self, site: SiteId) -> ProviderId {
        self.plan.model.sites[site].provider
    }

    /// A demand holds in a period if it holds on the period's first day.
    pub(crate) fn in_force(lifetime: thrice_model::Lifetime, period: &Period) -> bool {
        lifetime.contains(period.from)
    }
}
