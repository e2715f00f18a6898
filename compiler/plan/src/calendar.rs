//! When each step runs, as instants.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::Span;
use thrice_model::{Model, Step, StepId, Table};
use thrice_quantity::Seconds;
use thrice_quantity::schedule::{Recurrence, Schedule};

use crate::cadence::zone_name;

/// More runs than these over the horizon are not listed.
const MOST_RUNS: i64 = 50_000;

/// All runs of a schedule, in order, in Unix seconds.
pub type Starts = Arc<[i64]>;

/// The runs of all steps from some time before the policy's start to its horizon. Steps on one schedule
/// share a list.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    lists: Vec<Option<Starts>>,
    /// How far apart the runs of a list are, in seconds, where that is always the same.
    apart: Vec<Option<i64>>,
    of: Table<StepId, Option<u32>>,
    /// Of mirrors, when they are asked after.
    asked: BTreeMap<StepId, usize>,
}

/// Which steps run by which schedules, before their runs are listed.
pub(crate) struct Schedules<'m> {
    /// The schedules, each once, with the zone on whose clock it runs.
    distinct: IndexMap<(&'m str, &'m Recurrence), &'m Schedule, FxBuildHasher>,
    of: Table<StepId, Option<u32>>,
    asked: BTreeMap<StepId, usize>,
}

impl<'m> Schedules<'m> {
    pub(crate) fn of(model: &'m Model) -> Self {
        let mut out = Self {
            distinct: IndexMap::default(),
            of: Table::with_capacity(model.steps.len()),
            asked: BTreeMap::new(),
        };
        for (id, step) in model.steps.iter() {
            let mut number = |(schedule, _): &'m (Arc<Schedule>, Span)| {
                let schedule: &Schedule = schedule;
                let key = (zone_name(model, schedule, step), &schedule.when);
                let entry = out.distinct.entry(key);
                let number = entry.index();
                entry.or_insert(schedule);
                number
            };
            let runs = step.timing.schedule.as_ref().map(&mut number);
            let asked = step.mirror().and_then(|mirror| mirror.checked.as_ref());
            if let Some(list) = asked.map(&mut number) {
                out.asked.insert(id, list);
            }
            out.of
                .push(runs.and_then(|number| u32::try_from(number).ok()));
        }
        out
    }

    /// Lists the runs of every step, those of a time `before` the policy's start included.
    pub(crate) fn listed(self, model: &Model, before: Seconds) -> Calendars {
        let from = midnight(model.policy.start).saturating_sub(before.0);
        let until = midnight(model.policy.end).saturating_add(2 * 86_400);
        let schedules: Vec<(&str, &Schedule)> = self
            .distinct
            .into_iter()
            .map(|((zone, _), schedule)| (zone, schedule))
            .collect();
        let listed = |(zone, schedule): &(&str, &Schedule)| {
            let starts = starts(schedule, zone, from, until);
            let apart = starts.as_deref().and_then(apart);
            (starts, apart)
        };
        let (lists, apart) = schedules.par_iter().map(listed).unzip();
        Calendars {
            lists,
            apart,
            of: self.of,
            asked: self.asked,
        }
    }
}

impl Calendars {
    /// When a mirror is asked whether it has every version, and the number of that list.
    #[must_use]
    pub fn asked(&self, step: StepId) -> Option<(usize, &Starts)> {
        let number = *self.asked.get(&step)?;
        Some((number, self.lists.get(number)?.as_ref()?))
    }

    /// The runs of a step; `None` for one that runs on demand, or too often for a list.
    #[must_use]
    pub fn starts(&self, step: StepId) -> Option<&Starts> {
        self.lists.get(self.number(step)?)?.as_ref()
    }

    /// How far apart the runs of a list are, in seconds, where that is always the same.
    #[must_use]
    pub fn apart(&self, number: usize) -> Option<i64> {
        self.apart.get(number).copied().flatten()
    }

    /// The number of a step's list: the same for steps on the same schedule.
    #[must_use]
    pub fn number(&self, step: StepId) -> Option<usize> {
        let number = self.of.get(step).copied().flatten()?;
        usize::try_from(number).ok()
    }
}

fn apart(starts: &[i64]) -> Option<i64> {
    let mut gaps = starts.windows(2).map(|pair| match pair {
        [one, next] => next.saturating_sub(*one),
        _ => 0,
    });
    let first = gaps.next()?;
    gaps.all(|gap| gap == first).then_some(first)
}

fn starts(schedule: &Schedule, zone: &str, from: i64, until: i64) -> Option<Starts> {
    let period = schedule.nominal_period()?.0.max(1);
    let few = until.saturating_sub(from) / period <= MOST_RUNS;
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    few.then(|| {
        schedule
            .occurrences(&zone, at(from), at(until))
            .map(Timestamp::as_second)
            .collect()
    })
}

/// The first instant of a day in UTC.
#[must_use]
pub fn midnight(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC)
        .map_or(0, |z| z.timestamp().as_second())
}

/// How many days it is from one day to another; below 0 if that is earlier.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The runs that a step may be doing at some moment from `from` to `until`, if each may go on for `length`
/// from its planned start: the first of them.
#[must_use]
pub fn going_on(starts: &[i64], length: Seconds, from: i64, until: i64) -> Option<i64> {
    let first = starts.partition_point(|start| is_over(*start, length, from));
    starts.get(first).copied().filter(|start| *start < until)
}

/// The runs that are not over at a moment, if each goes on for `length` from its planned start; quick
/// where few are over.
#[must_use]
pub fn still_going_on(starts: &[i64], length: Seconds, at: i64) -> &[i64] {
    let over = starts
        .iter()
        .take_while(|start| is_over(**start, length, at));
    starts.get(over.count()..).unwrap_or_default()
}

/// Whether a run that goes on for `length` is over at a moment.
const fn is_over(start: i64, length: Seconds, at: i64) -> bool {
    start.saturating_add(length.0) <= at
}

/// Whether what is emitted for a step keeps it from running before a step that it names with `after`: its
/// script looks at the record that the other's script left, which it finds on its own host only. Seeds have no
/// script in this version. A mirror is begun by the end of its backup.
#[must_use]
pub fn after_is_enforced(step: &Step, other_id: StepId, other: &Step) -> bool {
    use thrice_model::{RunnerKind, Verb};
    let scripted = |step: &Step| {
        let by_script = matches!(
            step.runner.kind,
            RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor | RunnerKind::TrueNas
        );
        by_script && !matches!(step.verb, Verb::Seed { .. })
    };
    if step.follows(other_id, other) {
        return true;
    }
    step.timing.after.iter().any(|(id, _)| *id == other_id)
        && step.runner.host.is_some()
        && step.runner.host == other.runner.host
        && scripted(step)
        && scripted(other)
}
