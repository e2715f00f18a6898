//! What keep rules forget after a backup.

use thrice_model::StepId;
use thrice_plan::{CopyId, Plan, restic_clock};
use thrice_retention::{KeepRules, keeps};

use crate::calendar::instant;

/// Which of the versions in a copy the keep rules of its step leave, as restic decides: by when they were taken, in that
/// order. `None` where nothing is forgotten: rules that this version refuses keep everything.
pub(crate) fn kept(
    plan: &Plan,
    (step, copy): (StepId, CopyId),
    rules: &KeepRules,
    taken: &[i64],
    now: i64,
) -> Option<Vec<bool>> {
    let repository = plan.copies[copy].repository?;
    let zone = restic_clock(&plan.model.steps[step], &plan.model);
    let snapshot = |at: &i64| (instant(*at), zone.to_offset(instant(*at)).seconds());
    let snapshots: Vec<_> = taken.iter().map(snapshot).collect();
    let version = plan.model.repositories[repository].restic;
    // However short a backup is, its forget comes after it: of this very instant a snapshot would be one of the future.
    let now = instant(now.saturating_add(1)).to_zoned(zone);
    let decisions = keeps(rules, version, &snapshots, &now);
    decisions.ok().filter(|kept| kept.contains(&false))
}
