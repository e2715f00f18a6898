//! What keep rules forget after a backup.

use std::collections::BTreeMap;

use thrice_model::StepId;
use thrice_plan::{CopyId, Plan, restic_clock};
use thrice_retention::{KeepRules, Repeated};

use crate::calendar::instant;

/// What is known of the versions that steps have thinned before.
#[derive(Default)]
pub(crate) struct Forgetting {
    each: BTreeMap<(StepId, CopyId), Repeated>,
}

impl Forgetting {
    /// Which of the versions in a copy the keep rules of its step take away, as restic decides: by when they were taken, in
    /// that order, each once. None where nothing is forgotten: rules that this version refuses keep everything.
    pub(crate) fn goes(
        &mut self,
        plan: &Plan,
        (step, copy): (StepId, CopyId),
        rules: &KeepRules,
        taken: &[i64],
        now: i64,
    ) -> Vec<i64> {
        let Some(repository) = plan.copies[copy].repository else {
            return Vec::new();
        };
        let clock = restic_clock(&plan.model.steps[step], &plan.model);
        let version = plan.model.repositories[repository].restic;
        // However short a backup is, its forget comes after it: of this very instant a snapshot would be one of the future.
        let now = instant(now.saturating_add(1));
        let before = self.each.entry((step, copy)).or_default();
        before.goes(rules, version, taken, (now, &clock))
    }
}
