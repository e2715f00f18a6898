//! Which steps are emitted, and by which target.

use crate::{Artefact, Diagnostic};
use thrice_model::{
    HostId, RepositoryId, RunnerKind, Source, Step, StepId, StepTarget, StoreKind, Verb,
};
use thrice_plan::Plan;

/// What carries a step out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A script with restic in it: backup, prune, check, drill.
    Restic,
    /// A script with rclone in it: copy, sync, move.
    Rclone,
    /// A script around a program of the user's own: a capture with `runs`.
    Wrapper,
    /// A script that dumps or exports: a capture without `runs`.
    Capture,
    /// Scripts that change data and bring it to another environment: a seed.
    Seed,
    /// A script that removes files by age: expire on a file system.
    CleanUp,
    /// A rule of an object storage: expire in a bucket.
    Lifecycle,
    /// A job of Zerobyte.
    Zerobyte,
    /// Nothing that is emitted, and why.
    Nothing(&'static str),
}

impl Means {
    /// Whether it is a script on a host.
    #[must_use]
    pub const fn is_script(self) -> bool {
        matches!(
            self,
            Self::Restic
                | Self::Rclone
                | Self::Wrapper
                | Self::Capture
                | Self::Seed
                | Self::CleanUp
        )
    }
}

/// What carries a step out.
#[must_use]
pub fn means(plan: &Plan, step: &Step) -> Means {
    match step.runner.kind {
        RunnerKind::Hand => return Means::Nothing("a person does it"),
        RunnerKind::Lifecycle => return Means::Lifecycle,
        RunnerKind::Zerobyte => return Means::Zerobyte,
        RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor | RunnerKind::TrueNas => {}
    }
    if step.runner.host.is_none() {
        return Means::Nothing("the policy names no host that runs it");
    }
    match &step.verb {
        Verb::Backup { .. } | Verb::Prune | Verb::Check(_) | Verb::Drill => Means::Restic,
        Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => Means::Rclone,
        Verb::Capture(parts) if parts.runs.is_some() => Means::Wrapper,
        Verb::Capture(_) => Means::Capture,
        Verb::Expire { .. } if is_in_bucket(plan, step) => {
            Means::Nothing("objects of a bucket expire by its lifecycle rules alone")
        }
        Verb::Expire { .. } => Means::CleanUp,
        Verb::Seed { .. } => Means::Seed,
    }
}

/// Whether a script of cron asks after a step that Zerobyte carries out: a mirror, of which nothing else tells.
#[must_use]
pub fn is_asked_after(plan: &Plan, step: &Step) -> bool {
    step.signals().is_some() && plan.model.followed(step).is_some()
}

fn is_in_bucket(plan: &Plan, step: &Step) -> bool {
    match &step.source {
        Source::Location(place, _) => plan.model.stores[place.store].kind == StoreKind::Bucket,
        _ => false,
    }
}

/// The steps in force on the day that the plan is judged at, in the order of the policy.
pub fn in_force(plan: &Plan) -> impl Iterator<Item = (StepId, &Step)> {
    plan.steps_on(plan.as_of)
}

/// The steps in force that these means carry out, with the host that runs each.
pub fn scripts(plan: &Plan, wanted: Means) -> impl Iterator<Item = (StepId, &Step, HostId)> {
    in_force(plan)
        .filter(move |(_, step)| means(plan, step) == wanted)
        .filter_map(|(id, step)| Some((id, step, step.runner.host?)))
}

/// The repository that a step works on: the one that it writes, else the one that it reads.
#[must_use]
pub fn repository(step: &Step) -> Option<RepositoryId> {
    match (&step.target, &step.source) {
        (StepTarget::Repository(id, _), _) | (_, Source::Repository(id, _)) => Some(*id),
        _ => None,
    }
}

/// The artefacts of all steps, or, if one of them cannot be emitted, all that stands in the way.
///
/// # Errors
/// One diagnostic for each step that cannot be emitted.
pub fn all_or_none(
    steps: impl IntoIterator<Item = Result<Vec<Artefact>, Diagnostic>>,
) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let (mut artefacts, mut mistakes) = (Vec::new(), Vec::new());
    for emitted in steps {
        match emitted {
            Ok(more) => artefacts.extend(more),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}
