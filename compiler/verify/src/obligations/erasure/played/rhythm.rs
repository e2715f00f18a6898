//! When runs are due, and snapshots are taken.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::StepId;
use thrice_plan::{CopyId, Plan, snapshot_zone, zone_name};
use thrice_quantity::Seconds;

use super::super::super::playing::timestamp;

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
