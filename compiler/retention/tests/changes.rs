//! What is told of a history by its changes alone is what each of its sets says.

#![expect(clippy::unwrap_used, reason = "a fault in a test is a failed test")]
#![expect(
    clippy::indexing_slicing,
    reason = "runs are numbered in their own list"
)]

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use thrice_quantity::{Bytes, BytesPerDay, Seconds};
use thrice_retention::{
    Count, Guarantee, History, Hole, KeepRules, KeepWithin, ResticVersion, Run, SteadyHistory,
    keeps, repository_bound, simulate_iterated, simulate_with_forgets,
};

const VERSION: ResticVersion = ResticVersion::new(0, 18, 0);

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap()
}

fn rules() -> impl Strategy<Value = KeepRules> {
    let count = || prop::option::of((1_u32..6).prop_map(Count::N));
    let within = || prop::option::of((1_u32..60).prop_map(KeepWithin::days));
    let all = (count(), count(), count(), count(), within(), within());
    let all = all.prop_map(
        |(last, daily, weekly, monthly, within, within_weekly)| KeepRules {
            last,
            daily,
            weekly,
            monthly,
            within,
            within_weekly,
            ..KeepRules::default()
        },
    );
    all.prop_filter("some rule", |rules| !rules.is_empty())
}

/// Runs, some at one moment with the one before, and forgets after some of them.
fn times() -> impl Strategy<Value = (Vec<Run>, Vec<Timestamp>)> {
    let gap = prop_oneof![
        1 => Just(0_i64),
        4 => Just(21_600_i64),
        4 => Just(86_400_i64),
        4 => 1_i64..900_000,
    ];
    prop::collection::vec((gap, prop::bool::weighted(0.7)), 1..100).prop_map(|gaps| {
        let mut at = 1_790_000_000;
        let (mut runs, mut forgets) = (Vec::new(), Vec::new());
        for (gap, forget) in gaps {
            at += gap;
            runs.push(Run {
                at: second(at),
                offset_seconds: 0,
            });
            if forget {
                forgets.push(second(at + 60));
            }
        }
        (runs, forgets)
    })
}

/// What is left after each forget, worked out set by set.
fn sets(rules: &KeepRules, runs: &[Run], forgets: &[Timestamp]) -> Vec<Vec<u32>> {
    let mut left: Vec<u32> = Vec::new();
    let mut coming = (0_u32..).zip(runs).peekable();
    let mut sets = Vec::new();
    for forget in forgets {
        // A run at the moment of a forget is over by then.
        let now = second(forget.as_second() + 1).to_zoned(TimeZone::UTC);
        while let Some((number, _)) = coming.next_if(|(_, run)| run.at <= *forget) {
            left.push(number);
        }
        let told = |number: &u32| {
            let run = runs[*number as usize];
            (run.at, run.offset_seconds)
        };
        // Of two at one moment the one told first counts as newer.
        let times: Vec<_> = left.iter().rev().map(told).collect();
        let kept = keeps(rules, VERSION, &times, &now).unwrap();
        let mut kept = kept.into_iter().rev();
        left.retain(|_| kept.next().unwrap());
        sets.push(left.clone());
    }
    sets
}

fn gaps(ages: &[Seconds]) -> impl Iterator<Item = (Seconds, Seconds)> {
    let pairs = ages.iter().zip(ages.iter().skip(1));
    pairs.map(|(younger, older)| (*younger, older.saturating_sub(*younger)))
}

fn widest(ages: &[Seconds], reach: Seconds) -> Seconds {
    let within = gaps(ages).filter(|(younger, _)| *younger < reach);
    within.map(|(_, gap)| gap).max().unwrap_or(Seconds::ZERO)
}

fn guarantee(sets: &[Vec<Seconds>]) -> Option<Guarantee> {
    let oldest = || sets.iter().map(|ages| *ages.last().unwrap());
    Some(Guarantee {
        reach: Some(oldest().min()?),
        oldest: Some(oldest().max()?),
        widest_gap: sets
            .iter()
            .map(|ages| widest(ages, Seconds(i64::MAX)))
            .max()?,
        most_kept: sets.iter().map(Vec::len).max()?,
        fewest_kept: sets.iter().map(Vec::len).min()?,
    })
}

fn widest_gap_within(sets: &[Vec<Seconds>], reach: Seconds) -> Option<Seconds> {
    let all = sets.iter().all(|ages| *ages.last().unwrap() >= reach);
    let gaps = sets.iter().map(|ages| widest(ages, reach)).max();
    all.then(|| gaps.unwrap_or(Seconds::ZERO))
}

/// The widest holes, each wider than all that begin at a lesser age, and when each was seen first.
fn holes(sets: &[Vec<Seconds>], forgets: &[Timestamp]) -> Vec<Hole> {
    let seen = sets.iter().zip(forgets).flat_map(|(ages, at)| {
        gaps(ages).map(|(younger, gap)| Hole {
            at: *at,
            younger,
            older: Some(younger.saturating_add(gap)),
        })
    });
    let mut seen: Vec<Hole> = seen.collect();
    seen.sort_by_key(|hole| (hole.younger, Reverse(hole.older), hole.at));
    let mut widest = Some(Seconds::ZERO);
    seen.retain(|hole| {
        let is_wider = hole.width() > widest;
        widest = widest.max(hole.width());
        is_wider
    });
    seen
}

/// What a set takes at most of data of a size, where each second changes one of it.
fn taken(gaps: &[i64], size: i64) -> i64 {
    gaps.iter().map(|gap| *gap.min(&size)).sum()
}

fn outdoes(a: &[i64], b: &[i64]) -> bool {
    let mut breaks = a.iter().chain(b);
    a != b && a.len() >= b.len() && breaks.all(|at| taken(a, *at) >= taken(b, *at))
}

/// The gaps of a set, the narrowest first.
fn ascending(ages: &[Seconds]) -> Vec<i64> {
    let mut all: Vec<i64> = gaps(ages).map(|(_, gap)| gap.0).collect();
    all.sort();
    all
}

fn check(
    history: &History,
    sets: &[Vec<u32>],
    runs: &[Run],
    first: usize,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(history.len(), sets.len());
    let forgets: Vec<Timestamp> = (0..history.len())
        .filter_map(|index| history.forget_at(index))
        .collect();
    let mut ages = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        prop_assert_eq!(&history.kept(index), set);
        let now = forgets[index].as_second();
        let age = |run: &u32| Seconds(now - runs[*run as usize].at.as_second());
        ages.push(set.iter().rev().map(age).collect::<Vec<_>>());
        prop_assert_eq!(&history.ages(index), ages.last().unwrap());
    }
    let late = &ages[first..];
    prop_assert_eq!(history.guarantee(first), guarantee(late));
    for reach in [0, 1, 3, 9, 30, 90].map(Seconds::days) {
        let widest = widest_gap_within(late, reach);
        prop_assert_eq!(history.widest_gap_within(first, reach), widest);
    }
    // The size is another one at each run.
    let size_at = |at: Timestamp| Bytes(1_000 + at.as_second().unsigned_abs() % 977);
    for churn in [0, 40, 300, 5_000].map(BytesPerDay::new) {
        let bound = |index: usize| {
            let moments = sets[index].iter().rev().map(|run| runs[*run as usize].at);
            repository_bound(&ages[index], moments.map(size_at), churn)
        };
        let bounds = (first..sets.len()).map(|index| (index, bound(index)));
        let worst = bounds.rev().max_by_key(|(_, bound)| *bound);
        prop_assert_eq!(history.worst_bound(first, size_at, churn), worst);
    }
    let steady = SteadyHistory {
        history: history.clone(),
        first,
        unbounded: false,
    };
    match steady.profile() {
        None => prop_assert!(late.is_empty()),
        Some(profile) => {
            let found = guarantee(late).unwrap();
            prop_assert_eq!(profile.reach(), found.reach);
            prop_assert_eq!(profile.oldest, found.oldest);
            prop_assert_eq!(profile.widest, found.widest_gap);
            let before_end = |hole: &Hole| Some(hole.younger) < found.reach;
            for hole in holes(late, &forgets[first..])
                .into_iter()
                .filter(before_end)
            {
                let narrower = Seconds(hole.width().unwrap().0 - 1);
                prop_assert_eq!(profile.first_wider(narrower), Some(hole));
            }
        }
    }
    let all: BTreeSet<Vec<i64>> = ages.iter().map(|ages| ascending(ages)).collect();
    let is_outdone = |gaps: &Vec<i64>| all.iter().any(|other| outdoes(other, gaps));
    let front: Vec<_> = all
        .iter()
        .filter(|gaps| !is_outdone(gaps))
        .cloned()
        .collect();
    let fullest = history.fullest();
    prop_assert!(fullest.iter().all(|set| ages.contains(set)));
    prop_assert_eq!(
        fullest
            .iter()
            .map(|ages| ascending(ages))
            .collect::<Vec<_>>(),
        front
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn as_each_set_says(rules in rules(), (runs, forgets) in times(), from in 0_usize..60) {
        let history = simulate_with_forgets(&rules, VERSION, &runs, (&forgets, &TimeZone::UTC)).unwrap();
        let first = from.min(forgets.len());
        check(&history, &sets(&rules, &runs, &forgets), &runs, first)?;
        // A forget after each run.
        let mut runs = runs;
        runs.dedup_by_key(|run| run.at);
        let forgets: Vec<Timestamp> = runs.iter().map(|run| run.at).collect();
        let history = simulate_iterated(&rules, VERSION, &runs, &TimeZone::UTC).unwrap();
        let first = from.min(forgets.len());
        check(&history, &sets(&rules, &runs, &forgets), &runs, first)?;
    }
}
