//! When steps run.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::{Step, StepId, Store, Verb};
use thrice_plan::{Plan, snapshot_zone};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay};

/// An instant that lies too far away stands for the end of the calendar.
pub(crate) fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The first instant of a day, in UTC.
pub(crate) fn midnight(day: jiff::civil::Date) -> i64 {
    day.to_zoned(TimeZone::UTC)
        .map_or(0, |at| at.timestamp().as_second())
}

/// The day of an instant, in UTC.
pub(crate) fn day(second: i64) -> jiff::civil::Date {
    instant(second).to_zoned(TimeZone::UTC).date()
}

/// The schedule by which a step is started: its own; for a lifecycle rule and for people who see to what is not in use,
/// once a day, since they look at everything again and again. `None`: only when somebody asks for it.
fn schedule(step: &Step) -> Option<Schedule> {
    match (&step.timing.schedule, &step.verb) {
        (Some((schedule, _)), _) if schedule.when == Recurrence::OnDemand => None,
        (Some((schedule, _)), _) => Some(schedule.as_ref().clone()),
        (None, Verb::Expire { .. }) if !step.clears_when_asked() => Some(each_day()),
        (None, _) => None,
    }
}

fn each_day() -> Schedule {
    Schedule::daily_utc(TimeOfDay::MIDNIGHT)
}

/// The instants at which a clean-up is started that somebody asks for each day; `None` for what else is done on demand.
pub(crate) fn cleared_each_day(
    plan: &Plan,
    id: StepId,
    (from, to): (i64, i64),
) -> Option<Box<dyn Iterator<Item = i64>>> {
    let step = &plan.model.steps[id];
    let asked = step.clears_when_asked();
    asked.then(|| -> Box<dyn Iterator<Item = i64>> {
        Box::new(moments(plan, step, &each_day(), (from, to)))
    })
}

/// The instants at which a step is started, in order, from `from` up to `to`.
pub(crate) fn starts(
    plan: &Plan,
    id: StepId,
    from: i64,
    to: i64,
) -> Option<Box<dyn Iterator<Item = i64>>> {
    let step = &plan.model.steps[id];
    let schedule = schedule(step)?;
    Some(Box::new(moments(plan, step, &schedule, (from, to))))
}

/// The instants at which a store takes its own snapshots, from one up to another, both included, and how many it keeps.
pub(crate) fn snapshots(plan: &Plan, store: &Store, from: i64, to: i64) -> (Vec<i64>, usize) {
    let Some((schedule, keep, _)) = &store.snapshots else {
        return <(Vec<i64>, usize)>::default();
    };
    let zone = snapshot_zone(&plan.model, store, schedule);
    let taken = schedule.occurrences(&zone, instant(from), instant(to.saturating_add(1)));
    let keep = usize::try_from(*keep).unwrap_or(usize::MAX);
    (taken.map(Timestamp::as_second).collect(), keep)
}

/// The instants that a schedule of a step names, in order, from one up to another.
pub(crate) fn moments(
    plan: &Plan,
    step: &Step,
    schedule: &Schedule,
    (from, to): (i64, i64),
) -> impl Iterator<Item = i64> + use<> {
    let zone = zone(plan, step, schedule);
    let runs = schedule.occurrences(&zone, instant(from), instant(to.saturating_add(1)));
    runs.map(Timestamp::as_second)
}

/// The zone whose clock a schedule reads.
fn zone(plan: &Plan, step: &Step, schedule: &Schedule) -> TimeZone {
    let host = step.runner.host.and_then(|host| plan.model.hosts.get(host));
    let name = match &schedule.zone {
        ScheduleZone::Utc => "UTC",
        ScheduleZone::Named(name) => name,
        ScheduleZone::Host => {
            host.map_or(plan.model.policy.timezone.as_str(), |h| h.timezone.as_str())
        }
    };
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}
