//! The room on a store that a policy promises not to exceed.

use thrice_model::{Demand, StoreId};
use thrice_plan::Plan;

/// Room on a store, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its capacity or quota, the lesser of the two; else, where headroom is asked of it, what the price of
    /// its object storage includes.
    pub whole: u64,
    /// What may be used of it, so that the promised headroom stays free.
    pub usable: u64,
    /// Whether it is what all buckets of the object storage without a size of their own share.
    pub shared: bool,
}

/// The room on a store on the day of the plan; `None` where the policy does not say how much it holds.
#[must_use]
pub fn limit(plan: &Plan, id: StoreId) -> Option<Limit> {
    let store = &plan.model.stores[id];
    let asked = plan.model.requirements.iter().filter_map(|requirement| {
        let Demand::Headroom { part, stores } = &requirement.demand else {
            return None;
        };
        (stores.contains(&id) && requirement.lifetime.contains(plan.as_of)).then_some(*part)
    });
    let headroom = asked.max();
    let sizes = [store.capacity, store.quota].into_iter().flatten();
    let own = sizes.map(|(size, _)| size).min();
    let included = plan.model.hosts[store.host]
        .included
        .filter(|_| headroom.is_some());
    let whole = own.or(included.map(|(size, _)| size))?;
    let usable = headroom.map_or(whole, |part| part.complement().of(whole));
    Some(Limit {
        whole: whole.0,
        usable: usable.0,
        shared: own.is_none(),
    })
}
