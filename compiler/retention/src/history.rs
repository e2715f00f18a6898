//! Forgetting again and again: the state after each run, not one evaluation of a full history.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_quantity::Seconds;

use crate::bucket::{Keys, keys};
use crate::evaluate::Pass;
use crate::forget::ForgetError;
use crate::rules::KeepRules;
use crate::runs::Run;
use crate::stepwise::Stepwise;
use crate::version::ResticVersion;

/// What is left after each forget: told by what each of them drops, as each run is dropped once at most,
/// and what is left at one time may be many runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    runs: Vec<Timestamp>,
    forgets: Vec<Timestamp>,
    /// How many runs there have been at each forget.
    come: Vec<u32>,
    /// What the forgets drop, one after the other, each oldest first.
    dropped: Vec<u32>,
    /// Where that of each forget ends.
    ends: Vec<u32>,
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
    if !apart || rules.is_empty() {
        return simulate_with_forgets(rules, version, runs, (&forgets, clock));
    }
    rules.check(version)?;
    let mut stepwise = Stepwise::new(rules, version, clock);
    let mut history = History::of(runs, forgets);
    for (number, _) in (0_u32..).zip(runs) {
        history.forgotten(number + 1, stepwise.run(number, runs));
        if stepwise.is_empty() && version.refuses_remove_all() {
            return Err(ForgetError::WouldRemoveAll);
        }
    }
    Ok(history)
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
    let keys: Vec<Keys> = (0_i64..)
        .zip(runs)
        .map(|(unique, run)| keys(run.at, run.offset_seconds, unique))
        .collect();
    let mut history = History::of(runs, forgets.to_vec());
    let mut present: Vec<u32> = Vec::new();
    let mut coming = (0_u32..).zip(runs).peekable();
    let (mut come, mut latest) = (0, None);
    let mut pass = Pass::new(rules, version, clock);
    let mut dropped = Vec::new();
    for forget in forgets {
        while let Some((index, run)) = coming.next_if(|(_, run)| run.at <= *forget) {
            present.push(index);
            come = index + 1;
            latest = Some((run.at, run.offset_seconds));
        }
        dropped.clear();
        if !empty {
            pass.restart(latest);
            thin(&mut present, &mut dropped, &mut pass, &keys, &history.runs);
        }
        history.forgotten(come, &dropped);
        if present.is_empty() && latest.is_some() && version.refuses_remove_all() {
            return Err(ForgetError::WouldRemoveAll);
        }
    }
    Ok(history)
}

/// One forget over the runs present, oldest first: those that it drops.
fn thin(
    present: &mut Vec<u32>,
    dropped: &mut Vec<u32>,
    pass: &mut Pass,
    keys: &[Keys],
    runs: &[Timestamp],
) {
    let mut left = present.len();
    for index in present.iter().rev() {
        left -= 1;
        let place = *index as usize;
        let keeps = match (keys.get(place), runs.get(place)) {
            (Some(keys), Some(at)) => pass.visit(keys, *at, left == 0).any(),
            _ => false,
        };
        if !keeps {
            dropped.push(*index);
        }
    }
    dropped.reverse();
    let mut gone = dropped.iter().peekable();
    present.retain(|index| gone.next_if_eq(&index).is_none());
}

impl History {
    /// Runs that nothing was forgotten of yet.
    fn of(runs: &[Run], forgets: Vec<Timestamp>) -> Self {
        Self {
            runs: runs.iter().map(|run| run.at).collect(),
            come: Vec::with_capacity(forgets.len()),
            dropped: Vec::new(),
            ends: Vec::with_capacity(forgets.len()),
            forgets,
        }
    }

    /// Notes the next forget: how many runs there have been, and what it drops, oldest first.
    fn forgotten(&mut self, come: u32, dropped: &[u32]) {
        self.come.push(come);
        self.dropped.extend_from_slice(dropped);
        let end = u32::try_from(self.dropped.len());
        self.ends.push(end.unwrap_or(u32::MAX));
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

    /// What changes at a forget: how many runs there have been, and what it drops, oldest first.
    pub(crate) fn change(&self, index: usize) -> Option<(u32, &[u32])> {
        let come = self.come.get(index).copied()?;
        let dropped = self
            .dropped
            .get(self.end_before(index)..self.end_before(index + 1))?;
        Some((come, dropped))
    }

    /// Where what the forgets before one drop ends.
    fn end_before(&self, index: usize) -> usize {
        let end = index.checked_sub(1).and_then(|last| self.ends.get(last));
        end.map_or(0, |end| *end as usize)
    }

    /// The runs left after a forget, as indices into the runs simulated, oldest first. Worked out from all
    /// changes up to then.
    #[must_use]
    pub fn kept(&self, index: usize) -> Vec<u32> {
        let come = self.come.get(index).copied().unwrap_or(0);
        let mut is_left = vec![true; come as usize];
        let dropped = self.dropped.get(..self.end_before(index + 1));
        for run in dropped.unwrap_or_default() {
            if let Some(is_left) = is_left.get_mut(*run as usize) {
                *is_left = false;
            }
        }
        let runs = (0..come).zip(is_left);
        runs.filter(|(_, is_left)| *is_left)
            .map(|(run, _)| run)
            .collect()
    }

    /// The number of runs.
    pub(crate) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// The moment of a run.
    pub(crate) fn run_at(&self, run: u32) -> Option<Timestamp> {
        self.runs.get(run as usize).copied()
    }

    /// The ages of the versions left after a forget, youngest first; as [`Self::kept`].
    #[must_use]
    pub fn ages(&self, index: usize) -> Vec<Seconds> {
        let now = self.forget_at(index).unwrap_or_default();
        let kept = self.kept(index);
        let moments = kept.iter().rev().filter_map(|run| self.run_at(*run));
        moments
            .map(|run| Seconds(now.as_second() - run.as_second()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::KeepWithin;
    use crate::runs::regular_runs;

    /// However many versions there are at a time, what is stored grows with the runs alone.
    #[test]
    fn a_dense_history_stores_a_few_numbers_for_each_run() {
        let start = Timestamp::from_second(1_861_920_000).unwrap();
        let runs = regular_runs(start, Seconds::minutes(5), 100_000);
        let rules = KeepRules {
            within: Some(KeepWithin::days(30)),
            ..KeepRules::default()
        };
        let version = ResticVersion::new(0, 18, 0);
        let history = simulate_iterated(&rules, version, &runs, &TimeZone::UTC).unwrap();
        assert_eq!(history.kept(99_999).len(), 30 * 288);
        let stored = history.dropped.len() + history.come.len() + history.ends.len();
        assert!(stored <= 3 * runs.len(), "{stored} numbers");
    }
}
