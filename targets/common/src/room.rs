//! The room on a store that a policy promises not to exceed.

use thrice_model::{Demand, StoreId};
use thrice_plan::Plan;

/// Room on a store, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its capacity or quota, the lesser of the two.
    pub whole: u64,
    /// What may be used of it, so that the promised headroom stays free.
    pub usable: u64,
}

/// The room on a store on the day of the plan; `None` where the policy does not say how much it holds.
#[must_use]
pub fn limit(plan: &Plan, id: StoreId) -> Option<Limit> {
    let store = &plan.model.stores[id];
    let sizes = [store.capacity, store.quota].into_iter().flatten();
    let whole = sizes.map(|(size, _)| size).min()?;
    let asked = plan.model.requirements.iter().filter_map(|requirement| {
        let Demand::Headroom { part, stores } = &requirement.demand else {
            return None;
        };
        (stores.contains(&id) && requirement.lifetime.contains(plan.as_of)).then_some(*part)
    });
    let usable = asked
        .max()
        .map_or(whole, |part| part.complement().of(whole));
    Some(Limit {
        whole: whole.0,
        usable: usable.0,
    })
}
