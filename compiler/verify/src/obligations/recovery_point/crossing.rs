//! How old the newest version gets at the beginning of a phase, where all that counts is new in it and nothing has been filled yet.
//!
//! What ended steps have left still lies there, and ages from their last run on until the first of the new copies is
//! surely filled: just before that it is oldest. While runs fail, the last ones of the old steps do, and the first ones of
//! the new. If the phase comes late, both do so: then the same on other days of the week and month. Where steps of the
//! phase before leave nothing that counts after some faults, survival tells it; and what is asked for anew is asked for when the
//! new copies are there.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use thrice_model::ClassId;
use thrice_plan::calendar::midnight;
use thrice_plan::staleness::{Known, Runs};
use thrice_plan::{CopyId, CopyKind, Missed, Period};
use thrice_quantity::Seconds;

use super::asked::{Limits, limits};
use super::asker::{Asker, Attained, Oldest, Outcome};
use super::late::Days;
use super::{Violation, unwatched};
use crate::context::Context;
use crate::fault::FaultSet;
use crate::faults::{Useless, strike};

/// What ended steps have left, when it has become too old.
#[derive(Clone)]
pub(super) struct Ended {
    /// The copies that count.
    pub(super) copies: Vec<CopyId>,
    /// When the last run of the step of the newest is done: a moment at which what is surely there is what it leaves.
    pub(super) moment: i64,
}

/// What is asked about a class at the beginning of a period.
struct Change<'a, 'c, 'p> {
    asker: &'a Asker<'c, 'p>,
    /// The copies that are there now, and those of the period before that are not made any more.
    now: Vec<CopyId>,
    ended: Vec<CopyId>,
    missed: Missed,
}

/// The newest version of what ended steps have left, just before something new is there.
struct Left {
    oldest: Oldest,
    ended: Ended,
}

/// A newest version that is too old, by the fewest days of lateness that do it.
struct TooOld {
    attained: Attained,
    faults: BTreeSet<FaultSet>,
    late: Days,
    ended: Ended,
}

/// Some of a copy's runs.
struct Due<'r> {
    all: &'r Runs,
    first: usize,
    due: usize,
    missed: usize,
}

impl Due<'_> {
    /// The data that they have surely brought just before a moment, and when the last of them is done.
    fn newest(&self, moment: i64) -> Option<(i64, i64)> {
        let done = self.all.partition_point(|run| run.done() < moment);
        let last = done.min(self.due).checked_sub(1)?;
        let run = last.checked_sub(self.missed)?;
        let run = self.all.get(run).filter(|_| run >= self.first)?;
        Some((run.data(), self.all.get(last)?.done()))
    }
}

/// What is exceeded at the beginning of a period, where neither what is in it in the long run is nor what was in the
/// one before.
pub(super) fn exceeded(
    asker: &Asker<'_, '_>,
    outcome: &Outcome,
    now: Limits,
    (classes, period): (&[ClassId], usize),
    is_told: impl Fn(ClassId, Missed) -> bool,
) -> Vec<Violation> {
    let context = asker.context;
    let before = period.checked_sub(1);
    let Some(before) = before.and_then(|before| context.plan.periods.get(before)) else {
        return Vec::new();
    };
    let mut out: Vec<Violation> = Vec::new();
    for class in classes {
        let then = limits(context, *class, before);
        let copies = context.copies_in(*class, asker.period);
        let ended = context.copies_in(*class, before).into_iter();
        let ended: Vec<CopyId> = ended.filter(|copy| !copies.contains(copy)).collect();
        if ended.is_empty() {
            continue;
        }
        let mut change = Change {
            asker,
            now: copies,
            ended,
            missed: Missed::Nominal,
        };
        for ((missed, now), (_, then)) in now.each().into_iter().zip(then.each()) {
            let (Some((limit, asked)), Some((then, _))) = (now, then) else {
                continue;
            };
            if is_told(*class, missed) {
                continue;
            }
            let limit = limit.max(then);
            change.missed = missed;
            let told = change.worst(outcome, limit);
            out.extend(told.map(|told| Violation {
                classes: vec![*class],
                period,
                missed,
                limit,
                asked,
                attained: told.attained,
                faults: told.faults,
                late: told.late,
                ended: Some(told.ended),
            }));
        }
    }
    out
}

impl Change<'_, '_, '_> {
    /// The worst over all fault sets: if the phase is on time, else if it is late by the fewest days that do it.
    fn worst(&self, outcome: &Outcome, limit: Seconds) -> Option<TooOld> {
        let (context, period) = (self.asker.context, self.asker.period);
        let all = [self.now.as_slice(), &self.ended].concat();
        // Most faults leave the same of it as one before.
        let mut known: Vec<(Useless, Vec<(usize, &FaultSet)>)> = Vec::new();
        for (place, (set, struck)) in outcome.leaving() {
            let struck = struck.get_or_init(|| strike(context, set, period.from));
            let useless = struck.useless(context, &all);
            match known.iter_mut().find(|(before, _)| *before == useless) {
                Some((_, sets)) => sets.push((place, set)),
                None => known.push((useless, vec![(place, set)])),
            }
        }
        for days in 0..=period.late_days {
            let comes = period.from.checked_add(days.days()).ok();
            let comes = comes.filter(|comes| days == 0 || *comes < period.until)?;
            let mut worst: Option<TooOld> = None;
            for (useless, sets) in &known {
                let left = self.left(useless, midnight(comes));
                let left = left.filter(|left| left.oldest.age.is_none_or(|age| age > limit));
                let (Some(left), Some((_, first))) = (left, sets.first()) else {
                    continue;
                };
                let standing = sets
                    .iter()
                    .flat_map(|(place, _)| outcome.standing_for(*place));
                let mut faults: BTreeSet<FaultSet> = standing.cloned().collect();
                worst = Some(match worst {
                    Some(mut worst) if !left.oldest.exceeds(&worst.attained.oldest) => {
                        worst.faults.append(&mut faults);
                        worst
                    }
                    before => {
                        faults.extend(before.into_iter().flat_map(|before| before.faults));
                        TooOld {
                            attained: Attained {
                                oldest: left.oldest,
                                faults: (*first).clone(),
                            },
                            faults,
                            late: match days {
                                0 => Days::new(),
                                _ => [(period.from, comes)].into(),
                            },
                            ended: left.ended,
                        }
                    }
                });
            }
            if worst.is_some() {
                return worst;
            }
        }
        None
    }

    fn counts(&self, id: CopyId, useless: &Useless) -> bool {
        let context = self.asker.context;
        let copy = &context.plan.copies[id];
        let watched = self.missed == Missed::Nominal || unwatched(context, id).is_none();
        copy.counts
            && watched
            && copy.kind != CopyKind::Live
            && !useless.contains(id)
            && context.plan.staleness().kept(id, self.missed).known != Known::Nothing
    }

    /// When a copy is surely filled if the period begins on a day.
    fn filled(&self, id: CopyId, begins: i64) -> i64 {
        let first = self.asker.context.plan.copies[id].lifetime.from;
        let first = match first == self.asker.period.from {
            true => begins,
            false => midnight(first),
        };
        self.asker.filled(id, self.missed, first)
    }

    /// Whether a copy is new in the period, but what it is made of was there before.
    fn is_fed(&self, id: CopyId, begins: i64) -> bool {
        let copies = &self.asker.context.plan.copies;
        let copy = &copies[id];
        let source = copy
            .source
            .filter(|source| copies[*source].kind != CopyKind::Live);
        let before = source.filter(|source| copies[*source].lifetime.from < self.asker.period.from);
        copy.lifetime.from == self.asker.period.from
            && before.is_some_and(|source| self.filled(source, begins) <= begins)
    }

    /// The runs of a copy that are due from a moment on, and before another one; `None` if it has no calendar.
    fn runs(&self, id: CopyId, (from, until): (i64, i64)) -> Option<Due<'_>> {
        let newest = self.asker.context.plan.staleness().of(id, self.missed);
        let Known::Runs { runs, missed } = &newest.known else {
            return None;
        };
        Some(Due {
            all: runs,
            first: runs.partition_point(|run| run.start() < from),
            due: runs.partition_point(|run| run.start() < until),
            missed: *missed,
        })
    }

    /// What is left by ended steps if the period begins on a day; `None` if nothing is, or something else is filled.
    fn left(&self, useless: &Useless, begins: i64) -> Option<Left> {
        let plan = self.asker.context.plan;
        let written = self.asker.period.from;
        let new = self.now.iter().copied();
        let new = new.filter(|id| self.counts(*id, useless));
        let filled = new.clone().map(|id| self.filled(id, begins));
        // A period that is over before is asked about no longer.
        let until = midnight(self.asker.period.until).max(begins);
        let at = filled.min()?.min(until);
        if at <= begins {
            return None;
        }
        let stays = |id: &CopyId| {
            let store = plan.copies[*id].location.store;
            let until = plan.model.stores[store].lifetime.until;
            until.is_none_or(|until| until > written) && self.counts(*id, useless)
        };
        let copies: Vec<CopyId> = self.ended.iter().copied().filter(stays).collect();
        if copies.is_empty() {
            return None;
        }
        // Of what was made before, new steps bring what it is as soon as they run, though that may not be new.
        let sooner: Vec<CopyId> = new.filter(|id| self.is_fed(*id, begins)).collect();
        let mut moments = vec![at];
        for id in &sooner {
            let runs = self.runs(*id, (begins, i64::MAX))?;
            let done = (runs.first..runs.due).map_while(|run| Some(runs.all.get(run)?.done()));
            moments.extend(done.take_while(|done| *done < at));
        }
        let mut worst: Option<(i64, i64, CopyId, i64)> = None;
        for moment in moments {
            let old = copies.iter().map(|id| (*id, (i64::MIN, begins)));
            let new = sooner.iter().map(|id| (*id, (begins, i64::MAX)));
            let mut newest: Option<(i64, CopyId, i64)> = None;
            for (id, due) in old.chain(new) {
                let found = self.runs(id, due)?.newest(moment);
                newest = newest.max(found.map(|(data, done)| (data, id, done)));
            }
            let found = newest.map(|(data, id, done)| (moment - data, moment, id, done));
            worst = worst.max(found);
        }
        let (age, at, copy, moment) = worst?;
        let all = || self.now.iter().chain(&copies);
        let is_exact = |id: &CopyId| plan.staleness().of(*id, self.missed).exact;
        Some(Left {
            oldest: Oldest {
                age: Some(Seconds(age)),
                at,
                copy,
                exact: all().all(is_exact),
            },
            ended: Ended { copies, moment },
        })
    }
}

/// Whether a period is one in which anything has ended: else nothing is asked here.
pub(super) fn ends(context: &Context<'_>, period: &Period) -> bool {
    let mut copies = context.plan.copies.iter();
    copies.any(|(_, copy)| copy.lifetime.until == Some(period.from))
}
