//! What happens where and when: the one waist of the compiler.
//!
//! What goes in: a [`Model`]. What comes out: a [`Plan`]: the model's tables, and what follows from
//! them: where each class has copies, how each copy comes to be and ceases to be, and how often each
//! step runs. Verifier, simulator and targets read the plan and nothing else.
//!
//! Invariants: every [`Copy`] but a live one names the step that made it and the copy it was made
//! from, and stands after that one in the table, so that one pass in order meets sources first.
//! Every time is in seconds; every bound says whether it holds with missed runs.

#![allow(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out; slices are not indexed here"
)]

mod build;
mod cadence;
pub mod calendar;
mod copies;
mod ending;
pub mod nextcloud;
mod order;
mod overtaken;
mod periods;
pub mod places;
mod reach;
mod room;
mod snapshots;
pub mod staleness;
pub mod systemd;
pub mod zerobyte;

pub use build::{plan, replan};
pub use cadence::{ASKING, Cadence, Cadences, zone_name};
pub use calendar::Calendars;
pub use copies::{Copy, CopyId, CopyKind, FOR_EVER, LIFECYCLE_LATE, Leave, Move};
pub use order::{read_places, touched_places, written_place};
pub use overtaken::Overtaken;
pub use reach::{Kept, restic_clock, rhythm};
pub use room::{Room, room};
pub use snapshots::{OwnSnapshots, snapshot_zone};
pub use staleness::{Missed, Staleness};
pub use thrice_model as model;

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_model::{
    CaptureMethod, ClassKind, HostId, Model, PhaseId, Source, StepId, StoreId, Table, Verb,
};
use thrice_quantity::Seconds;

/// A stretch of time in which nothing begins or ends to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The phase it begins with; `None` for a policy without phases.
    pub phase: Option<PhaseId>,
    /// Name of that phase, or `always`.
    pub name: String,
    /// First day.
    pub from: Date,
    /// How much later `from` may come, in days: up to the slip of its phase, and no later than any phase after it.
    pub late_days: i64,
    /// First day of the next period, or the day after the horizon.
    pub until: Date,
    /// How much later `until` may come, in days: as late as the next period may begin. So the period lasts until then
    /// at most, from `from` on; and if it begins late itself, the next one need not: then it is shorter, or not at all.
    pub slip_days: i64,
}

/// What follows from a policy.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The inventory, the steps and the demands.
    pub model: Model,
    /// The day that acceptances and what is in force are judged at.
    pub as_of: Date,
    /// One a phase, in order of time.
    pub periods: Vec<Period>,
    /// All copies of all classes, sources first.
    pub copies: Table<CopyId, Copy>,
    /// How often each step runs, in the order of the steps.
    pub cadences: Cadences,
    /// For each backup with keep rules, what they keep in the long run; in the order of the steps.
    pub kept: Table<StepId, Option<Arc<Kept>>>,
    /// For each store, what its own snapshots keep; `None` for one that takes none.
    pub snapshots: Table<StoreId, Option<OwnSnapshots>>,
    /// When each step runs.
    pub calendars: Calendars,
    staleness: OnceLock<Staleness>,
}

impl Plan {
    /// The steps that exist on `day`.
    pub fn steps_on(&self, day: Date) -> impl Iterator<Item = (StepId, &thrice_model::Step)> {
        self.model
            .steps
            .iter()
            .filter(move |(_, step)| step.lifetime.contains(day))
    }

    /// For each copy, how old its newest version is, at every moment. Worked out when it is first asked
    /// for: that takes a walk through all runs.
    #[must_use]
    pub fn staleness(&self) -> &Staleness {
        self.staleness.get_or_init(|| staleness::staleness(self))
    }

    /// The steps that may have taken away what is in a copy's source before it is read for that copy: of live data, whose
    /// newest is always there, none.
    pub fn emptied_by(&self, copy: CopyId) -> impl Iterator<Item = StepId> {
        staleness::emptied_by(self, &self.copies[copy])
    }

    /// The steps that take away what is in a copy, by its age or at once.
    pub fn empties(&self, copy: CopyId) -> impl Iterator<Item = StepId> {
        staleness::empties(self, &self.copies[copy])
    }

    /// A copy, what it is made of, what that is made of, and so on: the live data last.
    pub fn way(&self, copy: CopyId) -> impl Iterator<Item = CopyId> + Clone {
        std::iter::successors(Some(copy), |id| self.copies[*id].source)
    }

    /// The same for a copy at hand.
    pub fn way_of<'p>(&'p self, copy: &'p Copy) -> impl Iterator<Item = &'p Copy> + Clone {
        std::iter::successors(Some(copy), |copy| Some(&self.copies[copy.source?]))
    }

    /// The step that has names of its own for the versions or dumps in a copy, so that those of others lie beside them.
    #[must_use]
    pub fn named_by(&self, copy: CopyId) -> Option<StepId> {
        let mut steps = self.way(copy).filter_map(|id| self.copies[id].made_by);
        steps.find(|step| match &self.model.steps[*step].verb {
            Verb::Backup { .. } => true,
            Verb::Capture(parts) => parts.keeps.is_some(),
            _ => false,
        })
    }

    /// Whether each run puts a file, and one alone for each part, in the place of the one of before: rclone writes it beside
    /// that one until it is whole (since 1.63), and an object storage keeps the old object for as long.
    #[must_use]
    pub fn replaces(&self, copy: &Copy) -> bool {
        let is_plain = matches!(
            copy.kind,
            CopyKind::Files | CopyKind::Mirror | CopyKind::Transit
        );
        if !is_plain || self.model.classes[copy.class].kind != ClassKind::State {
            return false;
        }
        for here in self.way_of(copy) {
            let Some(by) = here.made_by else {
                return true;
            };
            match &self.model.steps[by].verb {
                Verb::Copy {
                    latest_only: true, ..
                } => return true,
                Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => {}
                // Folders are brought file by file.
                Verb::Capture(parts) => {
                    return parts.keeps.is_none() && parts.method != CaptureMethod::Files;
                }
                _ => return false,
            }
        }
        false
    }

    /// The steps that a step comes `after`, as far as anything keeps it from running before them.
    pub fn comes_after(&self, step: StepId) -> impl Iterator<Item = StepId> {
        let steps = &self.model.steps;
        let step = &steps[step];
        let after = step.timing.after.iter().map(|(other, _)| *other);
        after.filter(|other| calendar::after_is_enforced(step, *other, &steps[*other]))
    }

    /// The steps that keep one waiting: those that it comes after, and the one whose end begins it.
    pub fn waits_for(&self, step: StepId) -> impl Iterator<Item = StepId> {
        let begun_by = self.model.followed(&self.model.steps[step]);
        self.comes_after(step).chain(begun_by)
    }

    /// How many days later what is written for a day may come: a phase that begins then, and what begins or ends with
    /// it.
    #[must_use]
    pub fn late_days(&self, day: Date) -> i64 {
        let mut periods = self.periods.iter();
        let begun = periods.find(|period| period.from == day);
        begun.map_or(0, |period| period.late_days)
    }

    /// Whether a copy has but a part of its class: a step on the way to it reads a place that is but a part of where
    /// the data lies. It then counts only where that part is moved, for what is moved is nowhere else; what
    /// is outside of it never comes.
    #[must_use]
    pub fn is_part(&self, copy: &Copy) -> bool {
        copies::is_part(&self.model, &self.copies, copy)
    }

    /// The step of whose dumps a copy's own step brings but one, which it refuses to write over: the next one has the same
    /// name. What a program of one's own names that keeps former ones nobody knows.
    #[must_use]
    pub fn brings_one(&self, copy: &Copy) -> Option<StepId> {
        let source = &self.copies[copy.source?];
        let is_moved = match self.model.steps[copy.made_by?].verb {
            Verb::Move { .. } => true,
            Verb::Copy { immutable, .. } if immutable => false,
            _ => return None,
        };
        let is_dump = self.model.classes[copy.class].kind == ClassKind::State
            && !matches!(source.kind, CopyKind::Live | CopyKind::Versions);
        let mut captures = self.way_of(source).filter_map(|copy| {
            let by = copy.made_by?;
            match &self.model.steps[by].verb {
                Verb::Capture(parts) => Some((by, parts)),
                _ => None,
            }
        });
        let (by, parts) = captures.next().unzip();
        let has_former = parts.is_some_and(|parts| {
            let leaves_newest = !is_moved || copy.enter.older_than.is_some();
            parts.keeps.is_some() && (leaves_newest || parts.runs.is_some())
        });
        by.or(source.made_by).filter(|_| is_dump && !has_former)
    }

    /// From which age on rules delete older versions in a copy; [`FOR_EVER`] where no such rule is.
    #[must_use]
    pub fn older_go(&self, copy: &Copy) -> Seconds {
        let ages = copy
            .older_by
            .iter()
            .map(|by| match &self.model.steps[*by].verb {
                Verb::Expire { after, .. } => after.low(),
                _ => FOR_EVER,
            });
        ages.min().unwrap_or(FOR_EVER)
    }

    /// Whether a step that deletes by age does so of all that lies in a copy: whoever clears a part leaves the rest.
    #[must_use]
    pub fn clears_all(&self, by: StepId, copy: &Copy) -> bool {
        match &self.model.steps[by].source {
            Source::Location(place, _) => place.contains(&copy.location),
            _ => true,
        }
    }

    /// The words a copy rests on: the name of the step that makes it, of live data that of its class.
    #[must_use]
    pub fn span_of(&self, copy: &Copy) -> Span {
        match copy.made_by {
            Some(step) => self.model.steps[step].named.span,
            None => self.model.classes[copy.class].named.span,
        }
    }

    /// The host a store is on.
    #[must_use]
    pub fn host_of(&self, store: StoreId) -> HostId {
        self.model.stores[store].host
    }
}
