//! Forgetting again and again, whatever else happens to the versions in between.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::forget::keeps;
use crate::rules::KeepRules;
use crate::runs::Run;
use crate::stepwise::Stepwise;
use crate::version::ResticVersion;

/// What is known of the versions of one group from when it was last thinned: where one has come since, which is the
/// newest, and none has gone, only what that changes is worked out.
#[derive(Default)]
pub struct Repeated {
    known: Option<Known>,
}

struct Known {
    /// What is left.
    stepwise: Stepwise,
    /// All that the numbers in it mean.
    runs: Vec<Run>,
}

impl Known {
    /// Whether just those are left that were taken at these seconds.
    fn left(&self, taken: &[i64]) -> bool {
        let left = self.stepwise.present();
        left.len() == taken.len() && moments(&self.runs, left).eq(taken.iter().copied())
    }
}

/// When the runs with some numbers were, in seconds since 1970.
fn moments(runs: &[Run], numbers: impl Iterator<Item = u32>) -> impl Iterator<Item = i64> {
    let runs = numbers.filter_map(|number| runs.get(number as usize));
    runs.map(|run| run.at.as_second())
}

impl Repeated {
    /// One forget, of versions without tags that were taken at these seconds, in order and each at another one: which of
    /// them go, as [`keeps`] says. The offsets that they are stored with are those of the clock of the machine that
    /// forgets. None goes where restic refuses. The rules, their version and the clock are always the same.
    pub fn goes(
        &mut self,
        rules: &KeepRules,
        version: ResticVersion,
        taken: &[i64],
        (now, clock): (Timestamp, &TimeZone),
    ) -> Vec<i64> {
        let Some((newest, before)) = taken.split_last() else {
            return Vec::new();
        };
        let known = self.known.take();
        let refused = rules.check(version).is_err() || rules.is_empty();
        if refused || *newest >= now.as_second() {
            return plainly(rules, version, taken, (now, clock));
        }
        let (known, dropped) = match known.filter(|known| known.left(before)) {
            Some(mut known) => {
                let number = u32::try_from(known.runs.len()).unwrap_or(u32::MAX);
                known.runs.push(run(*newest, clock));
                let dropped = known.stepwise.run(number, &known.runs).to_vec();
                (known, dropped)
            }
            None => {
                let runs: Vec<Run> = taken.iter().map(|at| run(*at, clock)).collect();
                let (stepwise, dropped) = Stepwise::after(rules, version, clock, &runs);
                (Known { stepwise, runs }, dropped)
            }
        };
        if known.stepwise.is_empty() && version.refuses_remove_all() {
            return Vec::new();
        }
        let gone = moments(&known.runs, dropped.into_iter()).collect();
        self.known = Some(known);
        gone
    }
}

/// The same, worked out from all of them.
fn plainly(
    rules: &KeepRules,
    version: ResticVersion,
    taken: &[i64],
    (now, clock): (Timestamp, &TimeZone),
) -> Vec<i64> {
    let snapshot = |at: &i64| {
        let run = run(*at, clock);
        (run.at, run.offset_seconds)
    };
    let snapshots: Vec<(Timestamp, i32)> = taken.iter().map(snapshot).collect();
    let kept = keeps(rules, version, &snapshots, &now.to_zoned(clock.clone()));
    let all = taken.iter().zip(kept.unwrap_or_default());
    all.filter_map(|(at, kept)| (!kept).then_some(*at))
        .collect()
}

/// What was taken then.
fn run(at: i64, clock: &TimeZone) -> Run {
    let at = Timestamp::from_second(at).unwrap_or(Timestamp::MAX);
    Run {
        at,
        offset_seconds: clock.to_offset(at).seconds(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stepwise::tests::{moving_back, no_files, rules, runs};

    /// What else happens before a forget.
    #[derive(Clone, Copy, Debug)]
    enum Else {
        Nothing,
        /// One that was left goes.
        Goes(prop::sample::Index),
        /// One comes that is not the newest.
        Comes(prop::sample::Index),
        /// The clock of the machine that forgets goes wrong: the newest are of the future.
        Future,
        /// What should go stays.
        Stays,
    }

    fn other() -> impl Strategy<Value = Else> {
        prop_oneof![
            12 => Just(Else::Nothing),
            1 => any::<prop::sample::Index>().prop_map(Else::Goes),
            1 => any::<prop::sample::Index>().prop_map(Else::Comes),
            1 => Just(Else::Future),
            1 => Just(Else::Stays),
        ]
    }

    fn as_all_at_once(
        rules: &KeepRules,
        minor: u16,
        (clock, runs): (&TimeZone, &[Run]),
        others: &[Else],
    ) -> Result<(), TestCaseError> {
        let version = ResticVersion::new(0, minor, 0);
        let mut repeated = Repeated::default();
        let mut present: Vec<i64> = Vec::new();
        for (run, other) in runs.iter().zip(others.iter().cycle()) {
            let at = run.at.as_second();
            let mut now = Timestamp::from_second(at + 1).unwrap();
            match other {
                Else::Goes(which) if !present.is_empty() => {
                    present.remove(which.index(present.len()));
                }
                Else::Comes(which) if !present.is_empty() => {
                    present.push(present[which.index(present.len())] - 1800);
                }
                Else::Future => now = Timestamp::from_second(at - 4000).unwrap(),
                _ => {}
            }
            present.push(at);
            present.sort_unstable();
            present.dedup();
            let gone = repeated.goes(rules, version, &present, (now, clock));
            prop_assert_eq!(&gone, &plainly(rules, version, &present, (now, clock)));
            if !matches!(other, Else::Stays) {
                present.retain(|at| gone.binary_search(at).is_err());
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(no_files())]

        /// In any rhythm, on any clock, and whatever happens in between.
        #[test]
        fn as_worked_out_from_all_of_them(
            rules in rules(),
            minor in 14_u16..19,
            (clock, runs) in runs(),
            others in prop::collection::vec(other(), 1..40),
        ) {
            as_all_at_once(&rules, minor, (&clock, &runs), &others)?;
        }
    }

    proptest! {
        // Each has hundreds of versions.
        #![proptest_config(ProptestConfig { cases: 48, ..no_files() })]

        #[test]
        fn edges_move_back(
            (rules, clock, runs) in moving_back(),
            minor in 14_u16..19,
            others in prop::collection::vec(other(), 1..40),
        ) {
            as_all_at_once(&rules, minor, (&clock, &runs), &[Else::Nothing])?;
            as_all_at_once(&rules, minor, (&clock, &runs), &others)?;
        }
    }
}
