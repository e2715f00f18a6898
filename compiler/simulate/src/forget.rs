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
    // Where a run takes no time, it forgets right after its version was taken: what `keep-within` counts from is taken before
    // the present instant.
    let taken = taken.iter().map(|at| at.saturating_add(1)).max();
    let now = taken.map_or(now, |after| now.max(after));
    let decisions = keeps(rules, version, &snapshots, &instant(now).to_zoned(zone));
    decisions.ok().filter(|kept| kept.contains(&false))
}
