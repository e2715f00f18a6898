//! What stores themselves keep of what is deleted.

use thrice_model::{StepId, StoreId, Verb};
use thrice_plan::{FOR_EVER, Plan};
use thrice_quantity::Seconds;

/// How long a store itself keeps what is deleted or overwritten in it by those who may not administer
/// it, by these rules for old versions; `None`: not at all.
pub(super) fn spared(plan: &Plan, rules: &[StepId], id: StoreId) -> Option<Seconds> {
    let model = &plan.model;
    let store = &model.stores[id];
    let snapshots = plan.snapshots.get(id).copied().flatten();
    let snapshots = snapshots.map(|snapshots| snapshots.reach);
    let versions = store.keeps_versions().then(|| {
        let rules = rules.iter();
        let expired = rules.filter_map(|rule| match &model.steps[*rule] {
            step if step.source_store() != Some(id) => None,
            step => match &step.verb {
                Verb::Expire { after, .. } => Some(after.low()),
                _ => None,
            },
        });
        let locked = store.lock.map_or(Seconds::ZERO, |l| Seconds::days(l.days));
        expired.min().map_or(FOR_EVER, |kept| kept.max(locked))
    });
    snapshots.max(versions)
}
