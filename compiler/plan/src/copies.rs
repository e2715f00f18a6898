//! A class's data at a place.

use thin_vec::ThinVec;
use thrice_model::{
    ClassId, KeyId, Lifetime, Location, Model, RepositoryId, Source, Step, StepId, Table,
};
use thrice_quantity::{Interval, Seconds};

/// Longest time there is: stands for "for ever" where an interval needs an upper end.
pub const FOR_EVER: Seconds = Seconds(400 * 366 * 86_400);

/// Lifecycle workers of object storages run once a day and round: deletion may be so much later than due.
pub const LIFECYCLE_LATE: Seconds = Seconds::days(2);

thrice_model::ids! {
    /// A copy of the plan.
    CopyId,
}

/// What a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyKind {
    /// The data itself.
    Live,
    /// A consistent set that a capture made.
    Dump,
    /// Versions in a repository.
    Versions,
    /// Plain objects or files.
    Files,
    /// Plain objects or files that a sync keeps equal to their source.
    Mirror,
    /// On its way: never counts.
    Transit,
    /// In another environment: never counts.
    Seed,
}

/// How an item or version ceases to be in a copy. Where a copy has several ways, the earliest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Deleted so long after it entered.
    AfterEntering {
        /// Bounds of the time.
        after: Interval<Seconds>,
        /// The step that deletes it, or whose capture cleans up.
        by: StepId,
    },
    /// Deleted at this age, counted from its creation.
    AtAge {
        /// Bounds of the age.
        age: Interval<Seconds>,
        /// The step that deletes it.
        by: StepId,
    },
    /// Deleted so long after a step on the way has ended, which had made newer versions of a state in time until then.
    AfterEnding {
        /// The step that ends.
        of: StepId,
        /// Bounds of the time.
        after: Interval<Seconds>,
        /// No sooner than so long after it entered.
        stays: Seconds,
        /// The step that deletes it.
        by: StepId,
    },
    /// Deleted because it left the copy this one mirrors.
    With {
        /// The copy it mirrors.
        source: CopyId,
        /// How much later; the upper bound is none where keep rules may hold it for ever.
        delay: Interval<Seconds>,
        /// The mirroring or forgetting step.
        by: StepId,
    },
    /// Moved: gone as soon as it has entered the other copy.
    Into {
        /// Where it goes.
        copy: CopyId,
        /// The moving step.
        by: StepId,
    },
}

impl Leave {
    /// The step that makes it leave.
    #[must_use]
    pub const fn by(&self) -> StepId {
        match self {
            Self::AfterEntering { by, .. }
            | Self::AtAge { by, .. }
            | Self::AfterEnding { by, .. }
            | Self::With { by, .. }
            | Self::Into { by, .. } => *by,
        }
    }
}

/// How an item or version comes into a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// From it being in the source (or having reached `older_than`) to it being here.
    pub delay: Interval<Seconds>,
    /// The step takes only what has this age, counted from its creation. `mtime` may be older than
    /// the arrival, so the lower bound is 0 for that clock.
    pub older_than: Option<Box<Interval<Seconds>>>,
}

/// A class's data at a place, and how it comes and goes.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Whose data.
    pub class: ClassId,
    /// What it is.
    pub kind: CopyKind,
    /// Where.
    pub location: Location,
    /// The repository, for versions.
    pub repository: Option<RepositoryId>,
    /// What made it; `None` for live data.
    pub made_by: Option<StepId>,
    /// What it was made from; `None` for live data.
    pub source: Option<CopyId>,
    /// How items come in; for live data at once.
    pub enter: Move,
    /// How they go; empty: never.
    pub leaves: ThinVec<Leave>,
    /// The rules that delete older versions of a state by their age, while they spare the newest, since another one always
    /// comes in time.
    pub older_by: ThinVec<StepId>,
    /// When it exists.
    pub lifetime: Lifetime,
    /// How old its newest version is at worst, counted over the whole chain, with as many missed runs as
    /// monitors and response allow; so long after `lifetime.from` it is surely there at all.
    pub staleness: Seconds,
    /// The same while every run succeeds.
    pub nominal_staleness: Seconds,
    /// Whether it has versions that survive a deletion or corruption of its source.
    pub history: bool,
    /// Whether a deletion in its source reaches it.
    pub propagates: bool,
    /// The key that reads it, where it is encrypted by a client.
    pub key: Option<KeyId>,
    /// Whether it may be counted as a copy at all.
    pub counts: bool,
}

impl Copy {
    /// Whether what is there at some age is not there at another: it waits until it is of some age, or goes at one.
    #[must_use]
    pub fn goes_by_age(&self) -> bool {
        let goes = |leave: &Leave| !matches!(leave, Leave::With { .. });
        self.enter.older_than.is_some() || self.leaves.iter().any(goes)
    }

    /// Who takes something away there: what the newest version goes with, or older ones alone.
    pub fn cleared_by(&self) -> impl Iterator<Item = StepId> {
        let leaves = self.leaves.iter().map(Leave::by);
        leaves.chain(self.older_by.iter().copied())
    }
}

/// Whether a copy has but a part of its class: a step on the way to it reads a place that is but a part of where the
/// data lies, so that what is outside of that never comes here.
pub(crate) fn is_part(model: &Model, copies: &Table<CopyId, Copy>, copy: &Copy) -> bool {
    std::iter::successors(Some(copy), |copy| copies.get(copy.source?)).any(|copy| {
        let source = copy.source.and_then(|source| copies.get(source));
        let step = copy.made_by.map(|step| &model.steps[step]);
        step.zip(source)
            .is_some_and(|(step, source)| takes_part(step, source))
    })
}

/// Whether a step reads a place that is but a part of where a copy lies.
pub(crate) fn takes_part(step: &Step, of: &Copy) -> bool {
    match &step.source {
        Source::Location(place, _) => !place.contains(&of.location),
        Source::Home | Source::Step(..) | Source::Repository(..) => false,
    }
}
