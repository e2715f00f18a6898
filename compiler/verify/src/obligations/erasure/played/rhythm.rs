//! When runs are due, and whether they lie further apart than the plan says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::StepId;
use thrice_plan::{CopyId, Plan, snapshot_zone, zone_name};
use thrice_quantity::Seconds;

use super::super::super::playing::timestamp;
use super::adverse::{Course, Way};

/// No step is played for more runs: hourly ones for more than four years.
const MANY_RUNS: i64 = 40_000;

/// When a step is due between two instants.
pub(super) fn due_between(plan: &Plan, step: StepId, (from, until): (i64, i64)) -> Vec<Timestamp> {
    let step = &plan.model.steps[step];
    let (Some((schedule, _)), Ok(from), Ok(until)) =
        (&step.timing.schedule, timestamp(from), timestamp(until))
    else {
        return Vec::new();
    };
    let zone = zone_name(&plan.model, schedule, step);
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    schedule.occurrences(&zone, from, until).collect()
}

/// When the store of a copy takes its own snapshots between two instants, and how many of them it keeps.
pub(super) fn snapshots(
    plan: &Plan,
    copy: CopyId,
    (from, until): (i64, i64),
) -> (Vec<Timestamp>, usize) {
    let model = &plan.model;
    let store = &model.stores[plan.copies[copy].location.store];
    let (Some((schedule, keep, _)), Ok(from), Ok(until)) =
        (&store.snapshots, timestamp(from), timestamp(until))
    else {
        return (Vec::new(), 0);
    };
    let zone = snapshot_zone(model, store, schedule);
    let taken = schedule.occurrences(&zone, from, until).collect();
    (taken, count_of(*keep))
}

pub(super) fn count_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How long so many runs take from the one before them on, at each place.
pub(super) fn apart(dues: &[Timestamp], runs: usize) -> impl Iterator<Item = Seconds> {
    let pairs = dues.iter().zip(dues.iter().skip(runs));
    pairs.map(|(a, b)| Seconds(b.as_second().saturating_sub(a.as_second())))
}

impl Way<'_> {
    /// Whether some step runs too often for all its runs to be played.
    pub(super) fn has_many_runs(&self) -> bool {
        let copies = &self.plan.copies;
        let makes = self.copies.iter().filter_map(|id| copies[*id].made_by);
        let clears = self.copies.iter().flat_map(|id| self.clears(*id));
        let mut apart = makes.chain(clears).filter_map(|step| {
            let apart = self.plan.cadences[step].narrowest?;
            Some(apart.0.max(1))
        });
        apart.any(|apart| self.lasts.0 / apart > MANY_RUNS)
    }

    /// Whether in a course no runs, nor snapshots of a store, lie further apart than the plan says: it knows those
    /// of the policy's years.
    pub(super) fn is_in_rhythm(&self, course: &Course) -> bool {
        let within = |dues: &[Timestamp], runs: usize, most: Option<Seconds>| {
            most.is_none_or(|most| apart(dues, runs).all(|gap| gap <= most))
        };
        let copies = &self.plan.copies;
        let makes = self.copies.iter().filter_map(|id| copies[*id].made_by);
        let clears = self.copies.iter().flat_map(|id| self.clears(*id));
        let steps: BTreeSet<StepId> = makes.chain(clears).collect();
        let runs = steps.into_iter().all(|step| {
            let cadence = &self.plan.cadences[step];
            let dues = self.dues(step, course);
            let next = count_of(cadence.missed).saturating_add(1);
            within(&dues, 1, cadence.widest) && within(&dues, next, cadence.widest_missed)
        });
        runs && self.copies.iter().all(|id| {
            let own = self.plan.snapshots.get(copies[*id].location.store);
            let most = own.copied().flatten().map(|own| own.stay);
            let (taken, keep) = snapshots(self.plan, *id, (course.from, course.until));
            within(&taken, keep, most)
        })
    }
}
