//! When something may be deleted, or an item written, so that it stays long.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::{ClassKind, StepId, Verb};
use thrice_plan::calendar::midnight;
use thrice_plan::{CopyId, CopyKind};
use thrice_quantity::Seconds;

use super::super::path::Death;
use super::adverse::{Course, Way};
use super::rhythm::{apart, count_of, due_between, snapshots};

/// How many moments are tried.
const TRIED: usize = 24;
/// Of the widest gaps of one step, so many.
const WIDEST: usize = 3;
/// In which they are looked for.
const YEAR: Seconds = Seconds::days(400);
/// So long before its deletion versions are made.
const WARM_UP: Seconds = Seconds::days(800);
/// By so much longer than is told it is played, to see whether it stays longer.
const MORE: Seconds = Seconds::days(40);

/// The courses to be tried, in order.
pub(super) fn courses(way: &Way<'_>, deaths: &BTreeMap<CopyId, Death>) -> Vec<Course> {
    let copies = || way.copies.iter().map(|id| &way.plan.copies[*id]);
    let versions = copies().any(|copy| copy.kind == CopyKind::Versions);
    let makes = || copies().filter_map(|copy| copy.made_by);
    let widest = makes().filter_map(|step| way.plan.cadences[step].widest_missed);
    let before = match versions {
        true => way.lasts.min(WARM_UP),
        false => Seconds::ZERO,
    };
    let before = before
        .saturating_add(widest.max().unwrap_or(Seconds::ZERO))
        .saturating_add(Seconds::DAY);
    let moments = Moments {
        way,
        deaths,
        from: midnight(way.on).saturating_add(before.0),
    };
    let items = moments.are_items();
    let course = |at: i64, long: bool, always: bool| {
        let from = at.saturating_sub(before.0);
        let more = if way.ends { MORE } else { Seconds::ZERO };
        Course {
            from,
            written: if long { from } else { at },
            deleted: (!items).then_some(at),
            until: at.saturating_add(way.lasts.0).saturating_add(more.0),
            always,
        }
    };
    let found = moments.found();
    if !way.ends {
        let first = found.into_iter().take(1);
        return first.map(|at| course(at, !items, false)).collect();
    }
    let misses = makes().any(|step| {
        let backs_up = matches!(way.plan.model.steps[step].verb, Verb::Backup { .. });
        backs_up && way.plan.cadences[step].missed > 0
    });
    let mut out: Vec<Course> = found.iter().map(|at| course(*at, false, false)).collect();
    if misses {
        out.extend(found.iter().take(WIDEST).map(|at| course(*at, false, true)));
    }
    if versions && !items {
        out.extend(found.iter().take(WIDEST).map(|at| course(*at, true, false)));
    }
    out
}

/// Where to look.
struct Moments<'w, 'p> {
    way: &'w Way<'p>,
    deaths: &'w BTreeMap<CopyId, Death>,
    from: i64,
}

impl Moments<'_, '_> {
    fn are_items(&self) -> bool {
        let first = self.way.copies.first();
        let class = first.map(|id| self.way.plan.copies[*id].class);
        let class = class.and_then(|class| self.way.plan.model.classes.get(class));
        class.is_some_and(|class| class.kind == ClassKind::Items)
    }

    /// The moments, each once.
    fn found(&self) -> Vec<i64> {
        let all = match self.are_items() {
            true => self.written(),
            false => self.deleted(),
        };
        let mut out = Vec::new();
        for at in all.into_iter().chain([self.from]) {
            if at >= self.from && !out.contains(&at) && out.len() < TRIED {
                out.push(at);
            }
        }
        out
    }

    /// Of what is deleted: right after a run of the first step, as all others do not yet matter then.
    fn deleted(&self) -> Vec<i64> {
        let plan = self.way.plan;
        let first = self.way.copies.get(1);
        let step = first.and_then(|id| plan.copies[*id].made_by);
        let Some(step) = step.filter(|step| plan.cadences[*step].widest.is_some()) else {
            return self.targets(1);
        };
        let dues = self.dues(step, self.from);
        let missed = count_of(plan.cadences[step].missed);
        let mut out = Vec::new();
        let jitter = plan.cadences[step].jitter;
        for due in widest(&dues, missed.saturating_add(1)) {
            // Late by as much as may be, or just so that what ages from its end is not old enough in time.
            let late = [Seconds::ZERO, jitter.min(Seconds(1)), jitter];
            out.extend(late.map(|late| due.saturating_add(late.0)));
        }
        let at = |place: usize| dues.get(place).map(|due| due.as_second());
        // So that what comes later is just too early.
        for target in self.targets(2) {
            let next = dues.partition_point(|due| due.as_second() <= target);
            let before = next.checked_sub(1).and_then(at);
            let late = before.map(|due| due.saturating_add(jitter.0).min(target));
            out.extend(late.into_iter().chain(at(next)));
        }
        // The last of a month, a week or a year, and so that all others of it are missed.
        let ends = ends(&dues);
        let with_missed = |end: usize| [Some(end), end.checked_sub(missed)];
        let ends = ends.into_iter().flat_map(with_missed).flatten();
        out.extend(ends.filter_map(at));
        out
    }

    /// Of items: so that a step on their way comes just too early.
    fn written(&self) -> Vec<i64> {
        let home = self.way.copies.first();
        let plan = self.way.plan;
        let steps = home.into_iter().flat_map(|id| self.way.clears(*id));
        let clears = steps.flat_map(|step| {
            let age = match &plan.model.steps[step].verb {
                Verb::Expire { after, .. } => after.high(),
                Verb::Move {
                    older_than: Some((age, ..)),
                } => *age,
                _ => Seconds::ZERO,
            };
            let dues = self.dues(step, self.from.saturating_add(age.0));
            let missed = count_of(plan.cadences[step].missed);
            let dues = widest(&dues, missed.saturating_add(1));
            dues.into_iter()
                .map(move |due| due.saturating_sub(age.0).saturating_add(1))
        });
        clears.chain(self.targets(1)).collect()
    }

    /// Moments so long before the widest gaps of what comes later that it is then just due, by the sums of delays.
    fn targets(&self, from: usize) -> Vec<i64> {
        let plan = self.way.plan;
        let read = |id: CopyId| self.deaths.get(&id).and_then(|death| death.read);
        let missed = |step: StepId| count_of(plan.cadences[step].missed).saturating_add(1);
        let mut out = Vec::new();
        let mut add = |base: Seconds, later: i64, dues: &dyn Fn(i64) -> (Vec<Timestamp>, usize)| {
            let (dues, runs) = dues(self.from.saturating_add(base.0));
            let all = widest(&dues, runs).into_iter();
            out.extend(all.map(|due| due.saturating_sub(base.0).saturating_add(later)));
        };
        for id in self.way.copies.iter().skip(from) {
            let copy = &plan.copies[*id];
            if let (Some(step), Some(base)) = (copy.made_by, copy.source.and_then(read)) {
                add(base, 0, &|from| (self.dues(step, from), missed(step)));
            }
        }
        for id in self.way.copies.iter().skip(from.saturating_sub(1)) {
            let Some(read) = read(*id) else {
                continue;
            };
            for step in self.way.clears(*id) {
                let delay = plan.cadences[step].worst_delay().unwrap_or(read);
                let base = read.saturating_sub(delay);
                add(base, 1, &|from| (self.dues(step, from), missed(step)));
            }
            let window = |from: i64| (from, from.saturating_add(YEAR.0));
            add(read, 0, &|from| snapshots(plan, *id, window(from)));
        }
        out
    }

    fn dues(&self, step: StepId, from: i64) -> Vec<Timestamp> {
        due_between(self.way.plan, step, (from, from.saturating_add(YEAR.0)))
    }
}

/// The runs after which so many others take longest.
fn widest(dues: &[Timestamp], runs: usize) -> Vec<i64> {
    let mut gaps: Vec<(Seconds, usize)> = apart(dues, runs).zip(0..).collect();
    gaps.sort_by_key(|(gap, place)| (std::cmp::Reverse(*gap), *place));
    let first = gaps.iter().take(WIDEST);
    let first = first.filter_map(|(_, place)| dues.get(*place));
    first.map(|due| due.as_second()).collect()
}

/// The last runs of some years, months and weeks.
fn ends(dues: &[Timestamp]) -> Vec<usize> {
    let day = |at: &Timestamp| TimeZone::UTC.to_datetime(*at).date();
    let days: Vec<_> = dues.iter().map(day).collect();
    let last = |differ: &dyn Fn(jiff::civil::Date, jiff::civil::Date) -> bool, count: usize| {
        let pairs = days.iter().zip(days.iter().skip(1)).zip(0..);
        let ends = pairs.filter(|((a, b), _)| differ(**a, **b));
        ends.map(|(_, place)| place)
            .take(count)
            .collect::<Vec<usize>>()
    };
    let years = last(&|a, b| a.year() != b.year(), 1);
    let months = last(&|a, b| a.month() != b.month(), WIDEST);
    let weeks = last(
        &|a, b| a.iso_week_date().week() != b.iso_week_date().week(),
        WIDEST,
    );
    years.into_iter().chain(months).chain(weeks).collect()
}
