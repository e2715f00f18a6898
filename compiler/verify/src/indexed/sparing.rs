//! What stores themselves keep of what is deleted.

use thrice_model::{Location, Source, StepId, StoreId, Verb};
use thrice_plan::{FOR_EVER, Plan};
use thrice_quantity::Seconds;

/// How long a store itself keeps what is deleted or overwritten in it by those who may not administer it.
pub(super) struct Sparing {
    snapshots: Option<Seconds>,
    /// The rules for old versions with the least time that each leaves them; `None`: it has none.
    versions: Option<Vec<(Location, Seconds)>>,
}

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
                        (place.store == id).then(|| (place.clone(), after.low()))
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

    /// How long what lies in a place, or in a part of it, whatever a lock holds; `None`: not at all.
    pub(super) fn keeps(&self, place: &Location) -> Option<Seconds> {
        let versions = self.versions.as_ref().map(|rules| {
            let here = rules.iter().filter(|(rule, _)| rule.meets(place));
            here.map(|(_, kept)| *kept).min().unwrap_or(FOR_EVER)
        });
        self.snapshots.max(versions)
    }
}
