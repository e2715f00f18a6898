//! The runs that keep a record longest on its way.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_model::{AgeClock, Source, StepId, Verb};
use thrice_plan::{CopyId, Leave, Plan};
use thrice_quantity::Seconds;
use thrice_simulate::{Erasure, OneRun, Stay};

use super::super::super::playing::timestamp;
use super::effort::{Unplayed, follow};
use super::rhythm::{count_of, due_between};

/// The way to a copy.
pub(super) struct Way<'p> {
    pub plan: &'p Plan,
    /// The copies, the one first where the class lives.
    pub copies: Vec<CopyId>,
    /// The day whose steps there are.
    pub on: Date,
    /// How long it is said to stay, or how long is waited for what never goes.
    pub lasts: Seconds,
    /// Whether it ever goes.
    pub ends: bool,
    /// How much may yet be looked at.
    pub effort: Cell<u64>,
}

/// A course to be played. All in Unix seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    pub from: i64,
    pub written: i64,
    /// When it is deleted where its class lives; items are not.
    pub deleted: Option<i64>,
    pub until: i64,
    /// Whether as many runs as may be are missed before each backup that is not, and not once alone.
    pub always: bool,
}

impl Course {
    /// When its clock starts.
    pub(super) fn begins(&self) -> i64 {
        self.deleted.unwrap_or(self.written)
    }

    /// How long after that an instant is.
    pub(super) fn age(&self, at: Option<Timestamp>) -> Option<Seconds> {
        at.map(|at| Seconds(at.as_second().saturating_sub(self.begins()).max(0)))
    }

    /// For how long it is played.
    pub(super) fn lasts(&self) -> Seconds {
        Seconds(self.until.saturating_sub(self.begins()))
    }
}

/// The runs that are chosen.
type Runs = BTreeMap<StepId, BTreeMap<Timestamp, OneRun>>;

impl Way<'_> {
    /// What comes of a course, its runs chosen copy by copy, sources first.
    pub(super) fn play(&self, course: &Course) -> Result<BTreeMap<CopyId, Stay>, Unplayed> {
        let mut runs = Runs::new();
        for (place, id) in self.copies.iter().enumerate() {
            let before = self.copies.get(..place).unwrap_or_default();
            let with = self.copies.get(..=place).unwrap_or_default();
            if let Some(step) = self.plan.copies[*id].made_by {
                let until = self.found_until(course, (before, *id), &runs)?;
                self.bring(course, step, until, &mut runs);
                self.keep(course, (with, *id), step, until, &mut runs)?;
            }
            self.clear(course, (with, *id), &mut runs)?;
        }
        self.follow(course, &self.copies, &runs)
    }

    fn follow(
        &self,
        course: &Course,
        copies: &[CopyId],
        runs: &Runs,
    ) -> Result<BTreeMap<CopyId, Stay>, Unplayed> {
        let erasure = Erasure {
            copies: copies.iter().copied().collect(),
            on: self.on,
            as_written: false,
            from: timestamp(course.from)?,
            written: timestamp(course.written)?,
            deleted: course.deleted.map(timestamp).transpose()?,
            until: timestamp(course.until)?,
            runs: runs.clone(),
        };
        follow(self.plan, &erasure, &self.effort)
    }

    fn stay(
        &self,
        course: &Course,
        (copies, id): (&[CopyId], CopyId),
        runs: &Runs,
    ) -> Result<Stay, Unplayed> {
        let stays = self.follow(course, copies, runs)?;
        Ok(stays.get(&id).copied().unwrap_or_default())
    }

    /// Until when a step finds it, the runs before being chosen; of what never goes, when it may be brought.
    fn found_until(
        &self,
        course: &Course,
        (before, id): (&[CopyId], CopyId),
        runs: &Runs,
    ) -> Result<Option<i64>, Unplayed> {
        let copy = &self.plan.copies[id];
        let (Some(source), Some(step)) = (copy.source, copy.made_by) else {
            return Ok(None);
        };
        // A mirror brings what its backup has just made.
        let follows = self.plan.model.followed(&self.plan.model.steps[step]);
        let source = match follows {
            Some(_) => self.plan.copies[source].source.unwrap_or(source),
            None => source,
        };
        let stay = self.stay(course, (before, source), runs)?;
        let Some(came) = stay.came else {
            return Ok(None);
        };
        let left = stay.left.map(Timestamp::as_second).or(course.deleted);
        Ok(Some(left.unwrap_or(0).max(came.as_second())))
    }

    /// The last run that finds it comes when it still does, and the next ones are missed.
    fn bring(&self, course: &Course, step: StepId, until: Option<i64>, runs: &mut Runs) {
        let cadence = &self.plan.cadences[step];
        let Some(until) = until else { return };
        let takes = cadence.duration.high();
        let verb = &self.plan.model.steps[step].verb;
        let of_step = runs.entry(step).or_default();
        if cadence.widest.is_none() {
            // Somebody does it once more, and never again.
            let late = Seconds::ZERO;
            of_step.extend(timestamp(until).map(|due| (due, OneRun::Goes { late, takes })));
            return;
        }
        // What is to be moved is gone when it has been: that is chosen where it leaves.
        if matches!(verb, Verb::Move { .. }) {
            return;
        }
        let dues = self.dues(step, course);
        let next = dues.partition_point(|due| due.as_second() <= until);
        if let Some(due) = next.checked_sub(1).and_then(|last| dues.get(last)) {
            let late = Seconds(until.saturating_sub(due.as_second())).min(cadence.jitter);
            of_step.insert(*due, OneRun::Goes { late, takes });
            self.hurry(course, step, *due, runs);
        }
        let of_step = runs.entry(step).or_default();
        miss(&dues, next, cadence.missed, of_step);
        if course.always && matches!(verb, Verb::Backup { .. }) {
            let round = count_of(cadence.missed).saturating_add(1);
            for first in (next..dues.len()).step_by(round) {
                miss(&dues, first, cadence.missed, of_step);
            }
        }
    }

    /// Those that a run waits for are on time and short.
    fn hurry(&self, course: &Course, id: StepId, due: Timestamp, runs: &mut Runs) {
        for other in self.plan.comes_after(id) {
            let dues = self.dues(other, course);
            let next = dues.partition_point(|at| *at <= due);
            let goes = OneRun::Goes {
                late: Seconds::ZERO,
                takes: self.plan.cadences[other].duration.low(),
            };
            if let Some(at) = next.checked_sub(1).and_then(|last| dues.get(last)) {
                let of_other = runs.entry(other).or_default();
                if of_other.get(at).is_none() {
                    of_other.insert(*at, goes);
                    self.hurry(course, other, *at, runs);
                }
            }
        }
    }

    /// Of what a step itself keeps, the runs that would give it up.
    fn keep(
        &self,
        course: &Course,
        (with, id): (&[CopyId], CopyId),
        step: StepId,
        until: Option<i64>,
        runs: &mut Runs,
    ) -> Result<(), Unplayed> {
        let cadence = &self.plan.cadences[step];
        let dues = self.dues(step, course);
        match &self.plan.model.steps[step].verb {
            Verb::Backup { .. } => {
                let stay = self.stay(course, (with, id), runs)?;
                let Some(forgotten) = stay.forgotten else {
                    return Ok(());
                };
                let started = forgotten.as_second() - cadence.duration.high().0;
                let first = dues.partition_point(|due| due.as_second() <= started);
                let first = first.saturating_sub(1);
                let of_step = runs.entry(step).or_default();
                miss(&dues, first, cadence.missed, of_step);
            }
            Verb::Capture(parts) => {
                let (Some((keeps, _)), Some(until)) = (&parts.keeps, until) else {
                    return Ok(());
                };
                let of_step = runs.entry(step).or_default();
                let next = dues.partition_point(|due| due.as_second() <= until);
                let Some(due) = next.checked_sub(1).and_then(|last| dues.get(last)) else {
                    return Ok(());
                };
                // The dump is old enough right after a run that was early and short.
                let late = Seconds(until.saturating_sub(due.as_second())).min(cadence.jitter);
                let done = due.as_second() + late.0 + cadence.duration.high().0;
                let old = done.saturating_add(keeps.high().0);
                let takes = cadence.duration.low();
                let early = |due: &Timestamp| due.as_second().saturating_add(takes.0) < old;
                let first = dues.partition_point(early).max(next);
                let goes = OneRun::Goes {
                    late: Seconds::ZERO,
                    takes,
                };
                let between = dues.get(next..first).unwrap_or_default();
                of_step.retain(|at, _| at <= due);
                of_step.extend(between.iter().map(|due| (*due, goes)));
                miss(&dues, first, cadence.missed, of_step);
            }
            _ => {}
        }
        Ok(())
    }

    /// What clears a copy by running comes just too early, is then missed, and is late.
    fn clear(
        &self,
        course: &Course,
        (with, id): (&[CopyId], CopyId),
        runs: &mut Runs,
    ) -> Result<(), Unplayed> {
        let steps = self.clears(id);
        if steps.is_empty() {
            return Ok(());
        }
        let stay = self.stay(course, (with, id), runs)?;
        for step in steps {
            let cadence = &self.plan.cadences[step];
            // What is put aside comes there when it leaves its place.
            let aside = self.clears_aside(id).any(|by| by == step);
            let came = stay.left.filter(|_| aside).or(stay.came);
            let Some(from) = self.due_from(course, step, Stay { came, ..stay }) else {
                continue;
            };
            let dues = self.dues(step, course);
            let next = dues.partition_point(|due| due.as_second() < from);
            let of_step = runs.entry(step).or_default();
            if let Some(early) = next.checked_sub(1).and_then(|last| dues.get(last)) {
                let goes = OneRun::Goes {
                    late: Seconds::ZERO,
                    takes: cadence.duration.high(),
                };
                of_step.insert(*early, goes);
            }
            miss(&dues, next, cadence.missed, of_step);
        }
        Ok(())
    }

    /// From when on a run of a step takes it away.
    fn due_from(&self, course: &Course, step: StepId, stay: Stay) -> Option<i64> {
        let came = stay.came?.as_second();
        let by_age = |clock: AgeClock, age: Seconds| match clock {
            AgeClock::Upload | AgeClock::Snapshot => came.saturating_add(age.0),
            AgeClock::Mtime | AgeClock::Use => came.max(course.written.saturating_add(age.0)),
        };
        match &self.plan.model.steps[step].verb {
            // One that begins when it is forgotten has looked before.
            Verb::Prune => Some(stay.forgotten?.as_second().saturating_add(1)),
            Verb::Expire { after, clock, .. } => Some(by_age(*clock, after.high())),
            Verb::Move { older_than } => Some(match older_than {
                Some((age, clock, _)) => by_age(*clock, *age),
                None => came,
            }),
            _ => None,
        }
    }

    /// The steps that take something away from a copy by running, besides the one that makes it.
    pub(super) fn clears(&self, id: CopyId) -> BTreeSet<StepId> {
        let copy = &self.plan.copies[id];
        let steps = &self.plan.model.steps;
        let of_it = |source: &Source| match source {
            Source::Repository(of, _) => copy.repository == Some(*of),
            _ => false,
        };
        let prunes = steps
            .iter()
            .filter(|(_, step)| matches!(step.verb, Verb::Prune) && of_it(&step.source));
        let leaves = copy.leaves.iter().map(Leave::by);
        let leaves = leaves.filter(|by| {
            let verb = &steps[*by].verb;
            matches!(verb, Verb::Expire { .. } | Verb::Move { .. })
        });
        let mut all: BTreeSet<StepId> = prunes.map(|(step, _)| step).chain(leaves).collect();
        all.extend(self.clears_aside(id));
        all.retain(|step| {
            steps[*step].lifetime.contains(self.on) && self.plan.cadences[*step].widest.is_some()
        });
        all
    }

    /// Those that clear what is put aside from it.
    fn clears_aside(&self, id: CopyId) -> impl Iterator<Item = StepId> {
        let by = self.plan.copies[id].made_by.into_iter();
        by.flat_map(|by| self.plan.model.clears_aside(by))
    }

    /// When a step is due while a course is played.
    pub(super) fn dues(&self, step: StepId, course: &Course) -> Vec<Timestamp> {
        due_between(self.plan, step, (course.from, course.until))
    }
}

/// So many runs from one on are missed, but for those with which more of them would be in a row.
fn miss(dues: &[Timestamp], first: usize, count: u32, of_step: &mut BTreeMap<Timestamp, OneRun>) {
    let count = count_of(count);
    let last = first.saturating_add(count).min(dues.len());
    for at in first..last {
        let is_missed = |due: &&Timestamp| of_step.get(*due) == Some(&OneRun::Missed);
        let (before, after) = dues.split_at(at);
        let before = before.iter().rev().take_while(is_missed).count();
        let mut after = after.iter();
        let Some(due) = after.next() else { return };
        if before + after.take_while(is_missed).count() < count {
            of_step.insert(*due, OneRun::Missed);
        }
    }
}
