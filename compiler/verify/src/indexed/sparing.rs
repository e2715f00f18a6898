//! What stores themselves keep of what is deleted.

use thrice_model::{Lifetime, Location, Source, StepId, StoreId, Verb};
use thrice_plan::Plan;
use thrice_quantity::Seconds;

use super::letting::Wanted;

/// How long a store itself keeps what is deleted or overwritten in it by those who may not administer it.
pub(super) struct Sparing {
    snapshots: Option<Seconds>,
    /// The rules for old versions, each with when it is there and the least time that it leaves them; `None`: it has none.
    versions: Option<Vec<Rule>>,
}

/// Where a rule is for, when it is there, and how long it leaves old versions at least.
type Rule = (Location, Lifetime, Seconds);

impl Sparing {
    pub(super) fn of(plan: &Plan, rules: &[StepId], id: StoreId) -> Self {
        let model = &plan.model;
        let store = &model.stores[id];
        let snapshots = plan.snapshots.get(id).copied().flatten();
        let versions = store.keeps_versions().then(|| {
            let rules = rules.iter().filter_map(|rule| {
                let step = &model.steps[*rule];
                match (&step.verb, &step.source) {
                    (Verb::Expire { after, .. }, Source::Location(place, _)) => {
                        (place.store == id).then(|| (place.clone(), step.lifetime, after.low()))
                    }
                    _ => None,
                }
            });
            rules.collect()
        });
        Self {
            snapshots: snapshots.map(|snapshots| snapshots.reach),
            versions,
        }
    }

    /// How long what lies in a place, or in a part of it, of what is asked about, whatever a lock holds; `None`: not at all.
    pub(super) fn keeps(&self, plan: &Plan, place: &Location, wanted: Wanted) -> Option<Seconds> {
        let versions = self.versions.as_ref().map(|rules| {
            let here = rules.iter().filter(|(rule, ..)| rule.meets(place));
            wanted.least(plan, here.map(|(_, life, kept)| (*life, *kept)))
        });
        self.snapshots.max(versions)
    }
}
