//! Who holds what.

use std::collections::BTreeSet;

use thrice_model::{Holder, KeyId, Model, StepTarget};

/// Who holds a key: those who are named, else the hosts whose steps use it and nobody else. Worked out anew
/// each time; [`super::Indexed::holders`] knows it.
pub(super) fn holders(model: &Model, id: KeyId) -> BTreeSet<Holder> {
    let named = &model.keys[id].held;
    if !named.is_empty() {
        return named.iter().map(|(holder, _)| *holder).collect();
    }
    model
        .steps
        .iter()
        .filter(|(_, step)| match &step.target {
            StepTarget::Repository(r, _) => {
                model.repositories[*r].key.is_some_and(|(key, _)| key == id)
            }
            _ => false,
        })
        .filter_map(|(_, step)| step.runner.host.map(Holder::Host))
        .collect()
}
