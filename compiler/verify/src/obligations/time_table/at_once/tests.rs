//! The worst window against all windows, one by one.

use proptest::prelude::*;

use super::*;

/// By how much the runs of each window are too much for a line, one window after the other.
fn one_by_one(runs: &[Run], speed: u64) -> Option<i128> {
    let (first, last) = (0, 60);
    let windows = (first..last).flat_map(|from| (from + 1..=last).map(move |until| (from, until)));
    let over = windows.map(|window| over(runs, speed, window));
    over.max().filter(|over| *over >= 0)
}

fn over(runs: &[Run], speed: u64, window: (i64, i64)) -> i128 {
    let within = runs.iter().filter(|run| run.is_within(window));
    let bytes: i128 = within.map(|run| i128::from(run.bytes)).sum();
    bytes - i128::from(speed) * i128::from(window.1 - window.0 + 1)
}

fn run() -> impl Strategy<Value = Run> {
    (0_i64..30, 0_i64..8, 1_i64..15, 1_u64..60).prop_map(|(at, late, lasts, bytes)| Run {
        at,
        late,
        lasts,
        bytes,
        flock: 0,
    })
}

/// Whether all are carried in time, each at its start, if the line always takes first what is due first.
fn goes_through(runs: &[(i64, i64, u64)], speed: u64) -> bool {
    let mut left: Vec<(i64, i64, u64)> = runs.to_vec();
    (0..80).all(|second| {
        let mut line = speed;
        left.sort_by_key(|(_, end, _)| *end);
        for (start, _, bytes) in &mut left {
            if *start <= second {
                let carried = line.min(*bytes);
                line -= carried;
                *bytes -= carried;
            }
        }
        left.iter()
            .all(|(_, end, bytes)| *bytes == 0 || second + 1 < *end)
    })
}

proptest! {
    #[test]
    fn no_window_is_worse(runs in prop::collection::vec(run(), 0..9), speed in 1_u64..20, last: bool) {
        let found = worst(&runs, speed, last);
        let most = found.map(|(_, window)| over(&runs, speed, window));
        prop_assert_eq!(most, one_by_one(&runs, speed));
        prop_assert_eq!(most, found.map(|(over, _)| over));
    }

    /// If all are too much, some are that are looked at apart, but for what is carried in a second each time; and then these are
    /// too much.
    #[test]
    fn what_is_over_before_others_begin_is_looked_at_by_itself(
        runs in prop::collection::vec(run(), 0..9), speed in 1_u64..20, last: bool,
    ) {
        let mut runs = runs;
        runs.sort_by_key(|run| run.at);
        for (flock, run) in runs.iter_mut().enumerate() {
            run.flock = flock;
        }
        let one = worst_of(&runs, speed, last);
        let all = worst(&runs, speed, last).map_or(-1, |(over, _)| over);
        match one {
            Some((apart, window)) => {
                prop_assert!(apart >= 0 && apart <= all);
                prop_assert!(over(&runs, speed, window) >= apart);
            }
            None => {
                let slack = i128::from(speed) * i128::try_from(runs.len()).unwrap_or(0);
                prop_assert!(all < slack.max(1), "{all}");
            }
        }
    }

    /// What is not too much goes through in time, however late each starts, but for what is carried in a second.
    #[test]
    fn what_is_not_too_much_is_in_time(runs in prop::collection::vec(run(), 0..7), speed in 1_u64..20, late in prop::collection::vec(0_i64..8, 7)) {
        let started = runs.iter().zip(&late).map(|(run, late)| {
            let start = run.at + late.min(&run.late);
            (start, start + run.lasts, run.bytes)
        });
        let started: Vec<_> = started.collect();
        // A faster line brings it in time; measured is to the second.
        let mut faster = speed;
        while worst(&runs, faster, false).is_some() {
            faster += 1;
        }
        let a_second_more: Vec<_> = started.iter().map(|(start, end, bytes)| (*start, end + 1, *bytes)).collect();
        prop_assert!(goes_through(&a_second_more, faster));
    }

    /// Where nothing is looked at, nothing is too much.
    #[test]
    fn what_needs_no_look_is_not_too_much(
        rhythms in prop::collection::vec((0_i64..20, 1_i64..12, 1_usize..5, (0_i64..6, 1_i64..15), 1_u64..60), 1..5),
        speed in 1_u64..40,
    ) {
        let starts: Vec<Vec<i64>> = rhythms
            .iter()
            .map(|(first, apart, count, ..)| {
                let apart = usize::try_from(*apart).unwrap_or(1);
                (*first..).step_by(apart).take(*count).collect()
            })
            .collect();
        let flocks = rhythms.iter().zip(&starts);
        let flocks = flocks.map(|((.., (late, lasts), bytes), starts)| Flock {
            there: (0, 0),
            starts,
            late: *late,
            lasts: *lasts,
            bytes: *bytes,
            steps: Vec::new(),
        });
        let flocks: Vec<Flock<'_>> = flocks.collect();
        if !needs_a_look(&flocks, speed) {
            prop_assert_eq!(worst(&runs(&flocks), speed, false), None);
        }
    }
}
