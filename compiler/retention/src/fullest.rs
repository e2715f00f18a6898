//! The sets of versions that take the most room, whatever size and churn the data has.

use std::collections::{BTreeMap, BTreeSet};

use thrice_quantity::Seconds;

use crate::history::History;
use crate::walk::Walk;

/// Gaps with how often each occurs, the narrowest first. The newest version has a gap that never ends.
type Gaps = [(i64, usize)];

impl History {
    /// Ages, youngest first, of the versions left after some forget: of all such sets those that none of the
    /// others outdoes. Whatever a class's size and churn, one of these takes the most room. Of sets that
    /// differ in the order of their gaps alone one is shown.
    ///
    /// A set takes `S + Σ min(S, c·gap)`: for each ratio of size to churn that is a concave, piecewise linear
    /// function with its breaks at the gaps, so one set outdoes another if it does so at all breaks of both.
    #[must_use]
    pub fn fullest(&self) -> Vec<Vec<Seconds>> {
        let front = front(self.peaks());
        let wanted: BTreeSet<usize> = front.into_iter().collect();
        let mut walk = Walk::new(self, 0);
        let mut sets = Vec::new();
        while let Some(index) = walk.step() {
            if wanted.contains(&index) {
                let ages = walk.ages();
                let mut gaps: Vec<i64> = ages.windows(2).map(difference).collect();
                gaps.sort();
                sets.push((gaps, ages));
                if sets.len() == wanted.len() {
                    break;
                }
            }
        }
        sets.sort();
        sets.into_iter().map(|(_, ages)| ages).collect()
    }

    /// The gaps after each forget that leaves a set which neither the one before nor the next one outdoes,
    /// each with the first such forget. One set outdoes the next if the gaps that go outdo those that come:
    /// what both have takes as much in both.
    fn peaks(&self) -> BTreeMap<Vec<(i64, usize)>, usize> {
        let mut walk = Walk::new(self, 0);
        let mut gaps: BTreeMap<i64, usize> = BTreeMap::new();
        let (mut come, mut gone) = (Vec::new(), Vec::new());
        let mut peaks = BTreeMap::new();
        let mut note = |gaps: &BTreeMap<i64, usize>, index: usize| {
            let gaps = gaps.iter().map(|(gap, often)| (*gap, *often)).collect();
            peaks.entry(gaps).or_insert(index);
        };
        // The forget before, unless one before that outdoes it.
        let mut before = None;
        let mut was_any = false;
        while let Some(index) = walk.step() {
            let is_any = walk.count() > 0;
            let endless = |is: bool| is.then_some((i64::MAX, 1));
            let gap = |pair| (walk.gap(pair).0, 1);
            come.clear();
            come.extend(walk.fresh.iter().copied().map(gap));
            come.extend(endless(is_any && !was_any));
            come.sort_unstable();
            gone.clear();
            gone.extend(walk.parted.iter().copied().map(gap));
            gone.extend(endless(was_any && !is_any));
            gone.sort_unstable();
            let rises = outdoes(&come, &gone);
            if let Some(before) = before.filter(|_| !rises) {
                note(&gaps, before);
            }
            for (gap, often) in &come {
                *gaps.entry(*gap).or_default() += often;
            }
            for (gap, often) in &gone {
                if let Some(left) = gaps.get_mut(gap) {
                    *left -= often;
                    if *left == 0 {
                        gaps.remove(gap);
                    }
                }
            }
            before = (rises || !outdoes(&gone, &come)).then_some(index);
            was_any = is_any;
        }
        if let Some(before) = before {
            note(&gaps, before);
        }
        peaks
    }
}

/// Of sets of gaps those that no other one outdoes.
fn front(sets: BTreeMap<Vec<(i64, usize)>, usize>) -> Vec<usize> {
    // The widest first: they outdo most of the others.
    let mut sets: Vec<_> = sets.into_iter().collect();
    sets.sort_by_cached_key(|(gaps, _)| std::cmp::Reverse(sum(gaps)));
    let mut front: Vec<(Vec<(i64, usize)>, usize)> = Vec::new();
    for (gaps, index) in sets {
        if front.iter().any(|(other, _)| outdoes(other, &gaps)) {
            continue;
        }
        front.retain(|(other, _)| !outdoes(&gaps, other));
        front.push((gaps, index));
    }
    front.into_iter().map(|(_, index)| index).collect()
}

fn difference(pair: &[Seconds]) -> i64 {
    match pair {
        [younger, older] => older.0.saturating_sub(younger.0),
        _ => 0,
    }
}

fn sum(gaps: &Gaps) -> i128 {
    let whole = gaps
        .iter()
        .map(|(gap, often)| i128::from(*gap) * count(*often));
    whole.sum()
}

fn count(often: usize) -> i128 {
    i128::try_from(often).unwrap_or(i128::MAX)
}

/// Whether one set takes at least as much as another at every break of both, and is no smaller. Sets that
/// outdo each other are the same.
fn outdoes(a: &Gaps, b: &Gaps) -> bool {
    if a == b {
        return true;
    }
    let size = |gaps: &Gaps| gaps.iter().map(|(_, often)| often).sum::<usize>();
    let (mut left, mut right) = (Taken::of(a, size(a)), Taken::of(b, size(b)));
    // At the least break all gaps count alike.
    if left.above < right.above {
        return false;
    }
    let (mut ours, mut theirs) = (a.iter().peekable(), b.iter().peekable());
    while let Some(at) = ours
        .peek()
        .into_iter()
        .chain(theirs.peek())
        .map(|(gap, _)| *gap)
        .min()
    {
        while ours.next_if(|(gap, _)| *gap <= at).is_some() {}
        while theirs.next_if(|(gap, _)| *gap <= at).is_some() {}
        if left.up_to(at) < right.up_to(at) {
            return false;
        }
    }
    true
}

/// `Σ min(gap, t)` for ascending `t`: what is below is summed once.
struct Taken<'g> {
    rest: &'g Gaps,
    below: i128,
    above: usize,
}

impl<'g> Taken<'g> {
    fn of(gaps: &'g Gaps, size: usize) -> Self {
        Self {
            rest: gaps,
            below: 0,
            above: size,
        }
    }

    fn up_to(&mut self, at: i64) -> i128 {
        while let Some(((gap, often), rest)) =
            self.rest.split_first().filter(|((gap, _), _)| *gap <= at)
        {
            self.below += i128::from(*gap) * count(*often);
            self.above -= often;
            self.rest = rest;
        }
        self.below + count(self.above).saturating_mul(i128::from(at))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::history::simulate_iterated;
    use crate::rules::{KeepRules, KeepWithin};
    use crate::runs::regular_runs;
    use crate::version::ResticVersion;

    /// Which of some sets, told by their gaps, are left.
    fn left(sets: &[&Gaps]) -> Vec<usize> {
        let sets = sets.iter().map(|gaps| gaps.to_vec()).zip(0..);
        let mut left = front(sets.collect());
        left.sort_unstable();
        left
    }

    #[test]
    fn of_two_sets_the_one_with_wider_gaps_is_fuller() {
        assert_eq!(left(&[&[(7, 2)], &[(1, 2)]]), [0]);
        assert_eq!(left(&[&[(1, 2)], &[(1, 1), (7, 1)]]), [1]);
        assert_eq!(left(&[&[(0, 1), (7, 1)], &[(7, 1)]]), [0]);
    }

    #[test]
    fn many_versions_and_a_wide_spread_both_stay() {
        // With a churn as large as the data the many take more, with a small one the wide.
        assert_eq!(left(&[&[(1, 3)], &[(30, 1)]]), [0, 1]);
        assert_eq!(left(&[&[(10, 3)], &[(30, 1)]]), [0]);
    }

    /// What is outdone by what comes next is not looked at.
    #[test]
    fn few_sets_of_a_dense_history_are_compared() {
        let start = Timestamp::from_second(1_861_920_000).unwrap();
        let runs = regular_runs(start, Seconds::minutes(5), 100_000);
        let rules = KeepRules {
            within: Some(KeepWithin::days(30)),
            within_daily: Some(KeepWithin::days(90)),
            ..KeepRules::default()
        };
        let version = ResticVersion::new(0, 18, 0);
        let history = simulate_iterated(&rules, version, &runs, &TimeZone::UTC).unwrap();
        let peaks = history.peaks();
        assert!(peaks.len() < 347, "{} peaks in 347 days", peaks.len());
        assert!(peaks.keys().all(|gaps| gaps.len() < 5));
        assert_eq!(history.fullest().len(), 1);
    }
}
