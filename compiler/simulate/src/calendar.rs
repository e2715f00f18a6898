//! When steps run.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::{Step, StepId, Store, Verb};
use thrice_plan::{CopyKind, FOR_EVER, Leave, Plan, snapshot_zone};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay};
use thrice_quantity::{Interval, Seconds};

use crate::Case;
use crate::dumps::refuses_next;
use crate::engine::classes;

const DAY: i64 = 86_400;

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

/// From when on a case must be played so that every chain has delivered, and what is deleted by age
/// has gone: twice the longest bounded way of data through the plan, before anything goes wrong and before what has ended
/// by then did. But not before the policy begins, and then where but what was first ever stays; unless the case says it.
pub(crate) fn beginning(plan: &Plan, case: &Case) -> i64 {
    if let Some(from) = case.from {
        return from.as_second();
    }
    let start = midnight(plan.model.policy.start);
    // What is restored with them, and what opens them, must have come as well.
    let classes = classes(plan, &case.classes);
    let asked = |class| classes.contains(&class);
    let mut copies = plan.copies.iter();
    if copies.any(|(_, copy)| asked(copy.class) && refuses_next(plan, copy)) {
        return start;
    }
    let bounded = |seconds: i64| if seconds < FOR_EVER.0 { seconds } else { 0 };
    // What may be cleared at any time, and never, so that its age has no upper end, has had the time that its step states.
    let cleared = |by: StepId, after: Interval<Seconds>| match &plan.model.steps[by].verb {
        Verb::Expire { after: own, .. } if plan.model.steps[by].clears_when_asked() => {
            bounded(own.high().0)
        }
        _ => bounded(after.high().0),
    };
    let mut longest = 0;
    for (_, copy) in plan.copies.iter() {
        if !asked(copy.class) {
            continue;
        }
        let mut way = bounded(copy.staleness.0);
        way += copy
            .enter
            .older_than
            .as_ref()
            .map_or(0, |age| bounded(age.high().0));
        way += copy
            .leaves
            .iter()
            .map(|leave| match leave {
                Leave::AfterEntering { after, by } => cleared(*by, *after),
                Leave::AtAge { age, by } => cleared(*by, *age),
                Leave::AfterEnding {
                    after, stays, by, ..
                } => cleared(*by, *after).max(bounded(stays.0)),
                Leave::With { .. } | Leave::Into { .. } => 0,
            })
            .max()
            .unwrap_or(0);
        if copy.kind == CopyKind::Versions {
            way = way.max(400 * DAY);
        }
        longest = longest.max(way);
    }
    let first = case
        .strikes
        .iter()
        .map(|strike| strike.at.as_second())
        .min()
        .unwrap_or(case.judged.as_second());
    // What has ended by then has left what it had brought, where its store is still there.
    let left = plan.copies.iter().map(|(_, copy)| copy).filter(|copy| {
        let store = plan.model.stores[copy.location.store].lifetime.until;
        asked(copy.class) && store.is_none_or(|end| first < midnight(end))
    });
    let ended = left.filter_map(|copy| copy.lifetime.until).map(midnight);
    let first = ended.fold(first, i64::min);
    first
        .saturating_sub(longest.saturating_mul(2))
        .saturating_sub(2 * DAY)
        .max(start)
}
