//! How far back keep rules surely reach.

use thrice_model::{Model, Step, StepTarget};
use thrice_quantity::Seconds;
use thrice_retention::{KeepRules, ResticVersion};

use crate::Cadence;

/// How long after its last backup something that was deleted at its source surely stays restorable.
pub(crate) fn guaranteed(model: &Model, step: &Step, rules: &KeepRules, cadence: Cadence) -> Seconds {
    let _ = (version(model, step), rules, cadence);
    Seconds::ZERO
}

/// The version of restic that thins what a step writes.
pub(crate) fn version(model: &Model, step: &Step) -> Option<ResticVersion> {
    match &step.target {
        StepTarget::Repository(repository, _) => model.repositories.get(*repository).map(|r| r.restic),
        _ => None,
    }
}
