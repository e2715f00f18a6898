//! How old the newest version gets if phases come late.
//!
//! A copy that is new counts from when its chain has filled it, and so later if its phase comes late; until then others
//! must do. At a moment at which the newest version is too old, no copy whose version is young enough has been filled
//! yet, and some other one has. The first asks of certain phases to be so late at least, and the least of that leaves
//! most time to the others: whether phases may be so late, in their order, and whether some copy has been filled then,
//! is all that is left to see. So one choice of days a moment is looked at, and of all moments the last ones before
//! anything changes: a run is done, or a copy would have been filled if its phase had come on some day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_model::{ClassId, Phase};
use thrice_plan::calendar::midnight;
use thrice_plan::staleness::{Known, Newest, Worst, worst};
use thrice_plan::{CopyId, CopyKind, Missed, Plan};
use thrice_quantity::Seconds;

use super::super::lateness::phase_on;
use super::asker::{Asker, Attained, Oldest, Outcome};
use super::unwatched;
use crate::context::Context;
use crate::fault::FaultSet;
use crate::faults::{Useless, strike};

/// The days on which phases come that are late, by the days that are written for them.
pub(super) type Days = BTreeMap<Date, Date>;

/// A newest version that is too old if phases come late, by the fewest days that do it.
pub(super) struct TooOld {
    pub(super) days: Days,
    pub(super) attained: Attained,
    /// All fault sets under which some lateness does it.
    pub(super) faults: BTreeSet<FaultSet>,
}

const DAY: i64 = Seconds::DAY.0;

/// A copy that is left, and the days on which it may begin: the one that is written, and the last one.
#[derive(Clone, Copy)]
struct Remaining {
    id: CopyId,
    written: i64,
    latest: i64,
}

/// How late phases are at least, and at which moment the newest version is too old then.
struct Fewest {
    /// How many days all phases are late together.
    days: i64,
    /// Just before this, in Unix seconds.
    at: i64,
    /// When each period begins, up to the one after that which is asked about.
    begins: Vec<i64>,
}

/// What is asked, and of which copies.
struct Search<'a, 'c, 'p> {
    asker: &'a Asker<'c, 'p>,
    left: Vec<Remaining>,
    missed: Missed,
    limit: Seconds,
    /// From when on all copies have been filled, however late phases are; the end of the period at the latest.
    all_filled: i64,
    /// From when on the period goes on only because the next one comes late, if that is asked about.
    overtime: Option<i64>,
}

/// A bound that the newest version exceeds at most if phases come late.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) missed: Missed,
    pub(super) limit: Seconds,
    /// Whether it does if the next phase alone is late.
    pub(super) in_overtime: bool,
}

impl Asker<'_, '_> {
    /// Whether the newest version of a class, which is never older than asked for if phases come on time, is so if
    /// they come late.
    pub(super) fn if_late(
        &self,
        class: ClassId,
        outcome: &Outcome,
        bound: Bound,
    ) -> Option<TooOld> {
        let context = self.context;
        let copies = context.copies_there(class, self.period);
        let search = |useless: &Useless| Search::new(self, (&copies, useless), bound);
        // Phases of one day come together: the period between them has no day.
        if self.period.from == self.period.until || !search(&Useless::default()).may_succeed() {
            return None;
        }
        let mut known: Vec<(Useless, Option<(Fewest, Oldest)>)> = Vec::new();
        let mut least: Option<(i64, TooOld)> = None;
        let mut faults = BTreeSet::new();
        for (place, (set, struck)) in outcome.leaving() {
            let struck = struck.get_or_init(|| strike(context, set, self.period.from));
            let useless = struck.useless(context, &copies);
            let before = known.iter().position(|(before, _)| *before == useless);
            let at = before.unwrap_or_else(|| {
                let search = search(&useless);
                let found = search.fewest();
                let found = found.and_then(|fewest| {
                    let oldest = search.oldest_then(&fewest)?;
                    Some((fewest, oldest))
                });
                known.push((useless, found));
                known.len() - 1
            });
            let Some((_, Some((fewest, oldest)))) = known.get(at) else {
                continue;
            };
            faults.extend(outcome.standing_for(place).cloned());
            let better = least.as_ref().is_none_or(|(days, told)| {
                let same = fewest.days == *days;
                fewest.days < *days || (same && oldest.exceeds(&told.attained.oldest))
            });
            if better {
                let attained = Attained {
                    oldest: *oldest,
                    faults: set.clone(),
                };
                let told = TooOld {
                    days: days(context, &fewest.begins),
                    attained,
                    faults: BTreeSet::new(),
                };
                least = Some((fewest.days, told));
            }
        }
        least.map(|(_, told)| TooOld { faults, ..told })
    }
}

impl<'a, 'c, 'p> Search<'a, 'c, 'p> {
    /// About the copies that count after some faults, and of which anything is known.
    fn new(
        asker: &'a Asker<'c, 'p>,
        (copies, useless): (&[CopyId], &Useless),
        bound: Bound,
    ) -> Self {
        let (plan, missed) = (asker.context.plan, bound.missed);
        let counts = |id: &CopyId| {
            let copy = &plan.copies[*id];
            let kept = copy.counts && copy.kind != CopyKind::Live && !useless.contains(*id);
            let watched = missed == Missed::Nominal || unwatched(asker.context, *id).is_none();
            kept && watched && plan.staleness().kept(*id, missed).known != Known::Nothing
        };
        let remaining = |id: CopyId| {
            let first = plan.copies[id].lifetime.from;
            let late = plan.late_days(first);
            let written = midnight(first);
            Remaining {
                id,
                written,
                latest: written.saturating_add(late.saturating_mul(DAY)),
            }
        };
        let left = copies.iter().copied().filter(counts).map(remaining);
        let left: Vec<Remaining> = left.collect();
        let filled = left.iter();
        let filled = filled.map(|copy| asker.filled(copy.id, missed, copy.latest));
        Self {
            all_filled: filled.max().unwrap_or(asker.from).min(asker.until),
            overtime: bound.in_overtime.then(|| midnight(asker.period.until)),
            limit: bound.limit,
            asker,
            left,
            missed,
        }
    }

    fn newest(&self, copy: &Remaining) -> &'c Newest {
        let plan: &'c Plan = self.asker.context.plan;
        plan.staleness().kept(copy.id, self.missed)
    }

    /// When a copy is surely filled that begins on a day.
    fn filled(&self, copy: &Remaining, day: i64) -> i64 {
        self.asker.filled(copy.id, self.missed, day)
    }

    /// Whether any copy may be unfilled at some moment of the period, and the version in one is too old at one.
    fn may_succeed(&self) -> bool {
        let (from, until) = (self.asker.from, self.all_filled);
        let exceeds = |copy: &Remaining| {
            let found = worst(&[self.newest(copy)], from, until);
            found.is_none_or(|found| found.age > self.limit)
        };
        let unfilled = || self.left.len() > 1 && from < until && self.left.iter().any(exceeds);
        self.overtime.is_some() || unfilled()
    }

    /// The fewest days of lateness with which the newest version is older than asked for.
    fn fewest(&self) -> Option<Fewest> {
        if !self.may_succeed() {
            return None;
        }
        let mut out: Option<Fewest> = None;
        for at in self.moments() {
            let Some(begins) = self.begins(at) else {
                continue;
            };
            let periods = self.asker.context.plan.periods.iter();
            let late = periods
                .zip(&begins)
                .map(|(period, day)| *day - midnight(period.from));
            let days = late.sum::<i64>() / DAY;
            if out.as_ref().is_none_or(|least| days < least.days) {
                out = Some(Fewest { days, at, begins });
            }
        }
        out
    }

    /// The moments just before which the newest version can be at its oldest while some copy is unfilled or the next
    /// phase is late, in order.
    fn moments(&self) -> BTreeSet<i64> {
        let (from, until) = (self.asker.from, self.asker.until);
        let last = match self.overtime {
            Some(_) => until,
            None => self.all_filled,
        };
        // From day to day the next phase is later.
        let midnights = |from: i64| (from..=until).step_by(usize::try_from(DAY).unwrap_or(1));
        let mut out: BTreeSet<i64> = [self.all_filled, last].into();
        out.extend(midnights(midnight(self.asker.period.until)));
        for copy in &self.left {
            let days = midnights(copy.written).take_while(|day| *day <= copy.latest);
            out.extend(days.map(|day| self.filled(copy, day)));
            if let Known::Runs { runs, .. } = &self.newest(copy).known {
                let first = runs.partition_point(|run| run.done() <= from);
                let done = (first..).map_while(|at| Some(runs.get(at)?.done()));
                out.extend(done.take_while(|done| *done < last));
            }
        }
        let overtime = self.overtime.unwrap_or(until);
        out.retain(|at| from < *at && *at <= last && (*at <= self.all_filled || *at > overtime));
        out
    }

    /// When each period up to the next one begins if the newest version is too old just before a moment, for as few days
    /// of lateness as possible. `None`: it is not, however late phases are.
    fn begins(&self, at: i64) -> Option<Vec<i64>> {
        let now = at.saturating_sub(1);
        let too_old = |copy: &&Remaining| {
            let data = self.newest(copy).data_at(now);
            data.is_none_or(|data| at.saturating_sub(data) > self.limit.0)
        };
        let (old, young): (Vec<&Remaining>, Vec<&Remaining>) = self.left.iter().partition(too_old);
        let mut out: Vec<i64> = Vec::new();
        let mut day = i64::MIN;
        for period in &self.asker.context.plan.periods {
            let written = midnight(period.from);
            day = day.max(written);
            let next = period.from > self.asker.period.from;
            if next {
                // It has not begun yet.
                day = day.max(now.div_euclid(DAY).saturating_add(1).saturating_mul(DAY));
            } else {
                for copy in young.iter().filter(|copy| copy.written == written) {
                    day = day.max(self.unfilled_from(copy, now)?);
                }
            }
            // It may be so late: so may those before it, and none comes later at the latest than those after it.
            if !next && day > now {
                return None;
            }
            out.push(day);
            if next {
                break;
            }
        }
        let filled = |copy: &&Remaining| self.filled(copy, self.comes(copy, &out)) <= now;
        old.iter().any(filled).then_some(out)
    }

    /// The day on which a copy begins, with the periods.
    fn comes(&self, copy: &Remaining, begins: &[i64]) -> i64 {
        let mut periods = self.asker.context.plan.periods.iter().zip(begins);
        let own = periods.find(|(period, _)| midnight(period.from) == copy.written);
        own.map_or(copy.written, |(_, day)| *day)
    }

    /// The first day such that a copy which begins on it has not been filled by a moment; `None` if it always has.
    fn unfilled_from(&self, copy: &Remaining, now: i64) -> Option<i64> {
        let day = |days: i64| copy.written.saturating_add(days.saturating_mul(DAY));
        let (mut low, mut high) = (0, (copy.latest - copy.written) / DAY + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.filled(copy, day(middle)) <= now {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Some(day(low)).filter(|day| *day <= copy.latest)
    }

    /// The newest version at its oldest if phases are so late.
    fn oldest_then(&self, late: &Fewest) -> Option<Oldest> {
        let asker = self.asker;
        let periods = || asker.context.plan.periods.iter().zip(&late.begins);
        let (_, from) = periods().find(|(period, _)| period.from == asker.period.from)?;
        let next = periods().find(|(period, _)| period.from > asker.period.from);
        let until = next.map_or(asker.until, |(_, next)| asker.until.min(*next));
        let settled = self.left.iter().map(|copy| {
            let filled = self.filled(copy, self.comes(copy, &late.begins));
            (filled.max(*from), copy.id)
        });
        let settled: Vec<(i64, CopyId)> = settled.filter(|(at, _)| *at < until).collect();
        let found = asker.among(&settled, self.missed, until);
        let staleness = asker.context.plan.staleness();
        let of_shape = |(_, shape): (Worst, usize)| {
            let mut left = self.left.iter();
            left.find(|copy| staleness.shape(copy.id) == shape)
        };
        Some(Oldest {
            age: found.map(|(worst, _)| worst.age),
            at: found.map_or(late.at, |(worst, _)| worst.at),
            copy: found.and_then(of_shape).or(self.left.first())?.id,
            exact: self.left.iter().all(|copy| self.newest(copy).exact),
        })
    }
}

/// The phases that are late, each with how many days.
pub(super) fn phases<'c>(context: &Context<'c>, late: &Days) -> Vec<(&'c Phase, i64)> {
    let days = late.iter();
    let phases = days.filter_map(|(written, comes)| {
        let late = written.until(*comes).ok()?.get_days();
        Some((phase_on(context, *written)?, i64::from(late)))
    });
    phases.collect()
}

/// The days on which phases come that are late, with those that have to wait for them.
fn days(context: &Context<'_>, begins: &[i64]) -> Days {
    let mut out = Days::new();
    let mut comes = i64::MIN;
    for (index, period) in context.plan.periods.iter().enumerate() {
        let written = midnight(period.from);
        comes = comes
            .max(written)
            .max(begins.get(index).copied().unwrap_or(written));
        if comes > written {
            let day = period.from.checked_add(((comes - written) / DAY).days());
            out.extend(day.ok().map(|day| (period.from, day)));
        }
    }
    out
}

#[cfg(test)]
#[path = "late/tests.rs"]
mod tests;
