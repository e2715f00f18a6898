//! Forgetting again and again: the state after each run, not one evaluation of a full history.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_quantity::schedule::Schedule;
use thrice_quantity::{Bytes, BytesPerDay, Seconds, ZoneTable};

use crate::bucket::{Keys, keys};
use crate::capacity::repository_bound;
use crate::closed_form;
use crate::counted::Counted;
use crate::evaluate::Pass;
use crate::forget::ForgetError;
use crate::rules::KeepRules;
use crate::version::ResticVersion;

/// A backup that succeeded: its moment and the offset of the clock that stored it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it started.
    pub at: Timestamp,
    /// Seconds ahead of UTC.
    pub offset_seconds: i32,
}

/// The runs of a schedule on the clock of `zone`, stored by hosts set to `stored`, from `from`
/// up to but excluding `to`.
#[must_use]
pub fn runs_of(
    schedule: &Schedule,
    zone: &TimeZone,
    stored: &TimeZone,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Run> {
    let table = ZoneTable::new(stored, from, to);
    let offset = |at: Timestamp| i32::try_from(table.offset_at(at.as_second())).unwrap_or(0);
    schedule
        .occurrences(zone, from, to)
        .map(|at| Run {
            at,
            offset_seconds: offset(at),
        })
        .collect()
}

/// `count` runs a fixed `period` apart, stored in UTC; fewer where the calendar ends.
#[must_use]
pub fn regular_runs(start: Timestamp, period: Seconds, count: usize) -> Vec<Run> {
    std::iter::successors(Some(start), |at| {
        at.checked_add(period.to_signed_duration()).ok()
    })
    .take(count)
    .map(|at| Run {
        at,
        offset_seconds: 0,
    })
    .collect()
}

/// What is left after each forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    runs: Vec<Timestamp>,
    forgets: Vec<Timestamp>,
    /// Kept runs of all forgets one after the other, each oldest first.
    kept: Vec<u32>,
    /// Where the kept runs of each forget end.
    ends: Vec<usize>,
}

/// What a stretch of history guarantees. All ages are taken right after a forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarantee {
    /// The age up to which there is always a version at least that old; `None` if the first
    /// version is never given up.
    pub reach: Option<Seconds>,
    /// The age that no version exceeds right after a run; until the next run that succeeds it
    /// grows with the time that passes. `None` if there is no such age.
    pub oldest: Option<Seconds>,
    /// The widest hole between two neighbouring versions.
    pub widest_gap: Seconds,
    /// The most versions held after a forget.
    pub most_kept: usize,
    /// The fewest versions held after a forget.
    pub fewest_kept: usize,
}

impl Guarantee {
    /// What is left of it when up to `missed` runs in a row may fail, with runs at most `period`
    /// apart. Count rules stretch: versions stay longer and lie further apart. Duration rules
    /// lose the versions that were not made, so that holes open between them and the versions
    /// of other rules.
    #[must_use]
    pub fn with_missed(self, rules: &KeepRules, missed: u32, period: Seconds) -> Self {
        if missed == 0 {
            return self;
        }
        let delay = period.saturating_mul(i64::from(missed));
        let has_durations = rules.withins().iter().any(|(_, within)| within.is_some());
        let lost = if has_durations { delay } else { Seconds::ZERO };
        Self {
            reach: self
                .reach
                .map(|reach| reach.saturating_sub(lost).max(Seconds::ZERO)),
            oldest: closed_form::oldest(rules, period, missed),
            widest_gap: self.widest_gap.saturating_add(delay).saturating_add(lost),
            ..self
        }
    }
}

/// Runs `forget` right after each of the runs, which must be in order of time, on a machine with that
/// clock. Rules that keep by tag are taken to match none of them.
///
/// # Errors
/// [`ForgetError`] where this version of restic refuses the rules.
pub fn simulate_iterated(
    rules: &KeepRules,
    version: ResticVersion,
    runs: &[Run],
    clock: &TimeZone,
) -> Result<History, ForgetError> {
    let forgets: Vec<Timestamp> = runs.iter().map(|run| run.at).collect();
    // Of two runs at one moment both come before the forgets.
    let apart = forgets.is_sorted_by(|earlier, later| earlier < later);
    match Counted::new(rules, version).filter(|_| apart && !rules.is_empty()) {
        Some(counted) => by_count(counted, rules, version, runs, forgets),
        None => simulate_with_forgets(rules, version, runs, (&forgets, clock)),
    }
}

/// A forget after each run, of rules that count and nothing else.
fn by_count(
    mut counted: Counted,
    rules: &KeepRules,
    version: ResticVersion,
    runs: &[Run],
    forgets: Vec<Timestamp>,
) -> Result<History, ForgetError> {
    rules.check(version)?;
    let keys = keys_of(runs);
    let mut history = History::of(runs, forgets);
    for (number, _) in (0_u32..).zip(runs) {
        counted.run(number, &keys);
        if !history.forgotten(counted.present()) && version.refuses_remove_all() {
            return Err(ForgetError::WouldRemoveAll);
        }
    }
    Ok(history)
}

/// The periods that each run lies in.
fn keys_of(runs: &[Run]) -> Vec<Keys> {
    (0_i64..)
        .zip(runs)
        .map(|(unique, run)| keys(run.at, run.offset_seconds, unique))
        .collect()
}

/// Runs `forget` at the given moments, in order of time, on a machine with the clock given with them; a run
/// at the same moment comes first.
///
/// # Errors
/// See [`simulate_iterated`].
pub fn simulate_with_forgets(
    rules: &KeepRules,
    version: ResticVersion,
    runs: &[Run],
    (forgets, clock): (&[Timestamp], &TimeZone),
) -> Result<History, ForgetError> {
    rules.check(version)?;
    let empty = rules.is_empty();
    if empty && version.refuses_remove_all() {
        return Err(ForgetError::EmptyPolicy);
    }
    let keys = keys_of(runs);
    let mut history = History::of(runs, forgets.to_vec());
    let mut present: Vec<u32> = Vec::new();
    let mut coming = (0_u32..).zip(runs).peekable();
    let mut latest = None;
    let mut pass = Pass::new(rules, version, clock);
    let mut left = Vec::new();
    for forget in forgets {
        while let Some((index, run)) = coming.next_if(|(_, run)| run.at <= *forget) {
            present.push(index);
            latest = Some((run.at, run.offset_seconds));
        }
        if !empty {
            pass.restart(latest);
            thin(&present, &mut left, &mut pass, &keys, &history.runs);
            std::mem::swap(&mut present, &mut left);
        }
        let some_left = history.forgotten(&present);
        if !some_left && latest.is_some() && version.refuses_remove_all() {
            return Err(ForgetError::WouldRemoveAll);
        }
    }
    Ok(history)
}

/// One forget over the runs present, oldest first: those that it keeps.
fn thin(present: &[u32], kept: &mut Vec<u32>, pass: &mut Pass, keys: &[Keys], runs: &[Timestamp]) {
    let mut left = present.len();
    kept.clear();
    for index in present.iter().rev() {
        left -= 1;
        let place = *index as usize;
        if let (Some(keys), Some(at)) = (keys.get(place), runs.get(place))
            && pass.visit(keys, *at, left == 0).any()
        {
            kept.push(*index);
        }
    }
    kept.reverse();
}

impl History {
    /// Runs that nothing was forgotten of yet.
    fn of(runs: &[Run], forgets: Vec<Timestamp>) -> Self {
        Self {
            runs: runs.iter().map(|run| run.at).collect(),
            kept: Vec::new(),
            ends: Vec::with_capacity(forgets.len()),
            forgets,
        }
    }

    /// Notes what the next forget leaves, oldest first; says whether that is anything.
    fn forgotten(&mut self, left: &[u32]) -> bool {
        let before = self.kept.len();
        self.kept.extend_from_slice(left);
        self.ends.push(self.kept.len());
        self.kept.len() > before
    }

    /// The number of forgets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.forgets.len()
    }

    /// Whether nothing was ever forgotten.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.forgets.is_empty()
    }

    /// The moment of a forget.
    #[must_use]
    pub fn forget_at(&self, index: usize) -> Option<Timestamp> {
        self.forgets.get(index).copied()
    }

    /// The first forget at or after a moment; [`Self::len`] if there is none.
    #[must_use]
    pub fn first_from(&self, moment: Timestamp) -> usize {
        self.forgets.partition_point(|forget| *forget < moment)
    }

    /// The runs left after a forget, as indices into the runs simulated, oldest first.
    #[must_use]
    pub fn kept(&self, index: usize) -> &[u32] {
        let start = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied();
        self.ends
            .get(index)
            .and_then(|end| self.kept.get(start.unwrap_or(0)..*end))
            .unwrap_or_default()
    }

    /// The moment of a run.
    pub(crate) fn run_at(&self, run: u32) -> Option<Timestamp> {
        self.runs.get(run as usize).copied()
    }

    /// The moments of the runs left after a forget, oldest first.
    pub fn kept_moments(&self, index: usize) -> impl DoubleEndedIterator<Item = Timestamp> + '_ {
        self.kept(index)
            .iter()
            .filter_map(|run| self.runs.get(*run as usize).copied())
    }

    /// The ages of the versions left after a forget, youngest first.
    #[must_use]
    pub fn ages(&self, index: usize) -> Vec<Seconds> {
        let now = self
            .forgets
            .get(index)
            .map_or(0, |forget| forget.as_second());
        let mut ages: Vec<_> = self
            .kept_moments(index)
            .map(|run| Seconds(now - run.as_second()))
            .collect();
        ages.reverse();
        ages
    }

    /// What the forgets from `first` on guarantee; `None` if there are none, or if one leaves
    /// nothing. Bounds are those seen: an unbounded rule shows only as far as the simulation went.
    #[must_use]
    pub fn guarantee(&self, first: usize) -> Option<Guarantee> {
        let mut seen: Option<Guarantee> = None;
        for index in first..self.len() {
            let ages = self.ages(index);
            let age = *ages.last()?;
            let gap = widest(&ages, Seconds(i64::MAX));
            let now = seen.unwrap_or(Guarantee {
                reach: Some(age),
                oldest: Some(age),
                widest_gap: gap,
                most_kept: ages.len(),
                fewest_kept: ages.len(),
            });
            seen = Some(Guarantee {
                reach: now.reach.map(|reach| reach.min(age)),
                oldest: now.oldest.map(|oldest| oldest.max(age)),
                widest_gap: now.widest_gap.max(gap),
                most_kept: now.most_kept.max(ages.len()),
                fewest_kept: now.fewest_kept.min(ages.len()),
            });
        }
        seen
    }

    /// The widest hole on the way back to `reach`, over the forgets from `first` on; `None`
    /// where some moment has no version that old.
    #[must_use]
    pub fn widest_gap_within(&self, first: usize, reach: Seconds) -> Option<Seconds> {
        let mut widest_gap = Seconds::ZERO;
        for index in first..self.len() {
            let ages = self.ages(index);
            if ages.last().is_none_or(|oldest| *oldest < reach) {
                return None;
            }
            widest_gap = widest_gap.max(widest(&ages, reach));
        }
        Some(widest_gap)
    }

    /// The forget after which the repository may hold the most, among those from `first` on,
    /// with that bound (see [`repository_bound`]).
    #[must_use]
    pub fn worst_bound(
        &self,
        first: usize,
        size_at: impl Fn(Timestamp) -> Bytes,
        churn: BytesPerDay,
    ) -> Option<(usize, Bytes)> {
        let mut worst: Option<(usize, Bytes)> = None;
        for index in first..self.len() {
            let ages = self.ages(index);
            let mut moments = self
                .kept_moments(index)
                .collect::<Vec<_>>()
                .into_iter()
                .rev();
            let sizes = std::iter::from_fn(|| moments.next().map(&size_at));
            let bound = repository_bound(&ages, sizes, churn);
            if worst.is_none_or(|(_, most)| bound > most) {
                worst = Some((index, bound));
            }
        }
        worst
    }
}

/// The widest distance between neighbours, as far as the younger is younger than `reach`.
fn widest(ages: &[Seconds], reach: Seconds) -> Seconds {
    ages.iter()
        .zip(ages.iter().skip(1))
        .take_while(|(younger, _)| **younger < reach)
        .map(|(younger, older)| older.saturating_sub(*younger))
        .max()
        .unwrap_or(Seconds::ZERO)
}
