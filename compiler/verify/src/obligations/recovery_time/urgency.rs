//! One link, restores with deadlines, the most urgent first.
//!
//! Preemptive, earliest deadline first, is optimal for one link: if it misses a deadline, every order
//! does. All deadlines are met if and only if for each arrival `a` and each deadline `d` what arrives
//! from `a` on and is due by `d` fits between them: `a + Σ bytes / speed ≤ d`.

use std::collections::BTreeSet;

use thrice_quantity::{Bytes, BytesPerSecond, Seconds};

/// What must come over the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Job {
    /// When its first byte can come, counted from the fault.
    pub arrival: Seconds,
    /// When its last byte must have come.
    pub deadline: Seconds,
    /// How much it is.
    pub bytes: Bytes,
}

/// A stretch into which what is due does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crowded {
    pub from: Seconds,
    pub until: Seconds,
    pub bytes: Bytes,
}

/// All stretches from an arrival to a deadline, each with what arrives in it and is due in it. Of each arrival the
/// deadlines come in their order, so that each job is counted once an arrival.
fn stretches(jobs: &[Job]) -> impl Iterator<Item = Crowded> {
    let mut jobs = jobs.to_vec();
    jobs.sort_unstable_by_key(|job| job.deadline);
    let arrivals: BTreeSet<Seconds> = jobs.iter().map(|job| job.arrival).collect();
    arrivals.into_iter().flat_map(move |from| {
        let mut bytes = Bytes::ZERO;
        let due = jobs.chunk_by(|one, other| one.deadline == other.deadline);
        let stretches = due.filter_map(|due| {
            let later = due.iter().filter(|job| job.arrival >= from);
            bytes = later.fold(bytes, |sum, job| sum.saturating_add(job.bytes));
            let until = due.first()?.deadline;
            Some(Crowded { from, until, bytes })
        });
        stretches.collect::<Vec<_>>()
    })
}

/// The first stretch, by its end, into which what is due does not fit; `None` if all deadlines are met.
pub(super) fn crowded(jobs: &[Job], speed: BytesPerSecond) -> Option<Crowded> {
    stretches(jobs)
        .filter(|stretch| stretch.bytes > Bytes::ZERO)
        .filter(|stretch| {
            speed
                .time_for(stretch.bytes)
                .is_none_or(|time| stretch.from.saturating_add(time) > stretch.until)
        })
        .min_by_key(|stretch| (stretch.until, stretch.from))
}

/// The least speed at which all deadlines are met, rounded up; `None` if there is none, because setup
/// alone takes longer.
pub(super) fn least_speed(jobs: &[Job]) -> Option<BytesPerSecond> {
    let mut least = 1;
    for stretch in stretches(jobs).filter(|stretch| stretch.bytes > Bytes::ZERO) {
        let time = u64::try_from(stretch.until.saturating_sub(stretch.from).0).ok()?;
        least = least.max(stretch.bytes.0.div_ceil((time > 0).then_some(time)?));
    }
    Some(BytesPerSecond(least))
}

/// The most that one of the jobs may measure for all deadlines to be met; `None` if the others alone
/// miss one, or if its setup takes too long.
pub(super) fn most_bytes(jobs: &[Job], which: usize, speed: BytesPerSecond) -> Option<Bytes> {
    let mut without = jobs.to_vec();
    let own = without.get_mut(which)?;
    let Job {
        arrival, deadline, ..
    } = *own;
    own.bytes = Bytes::ZERO;
    if crowded(&without, speed).is_some() {
        return None;
    }
    let mut most = u64::MAX;
    let around = |stretch: &Crowded| stretch.from <= arrival && stretch.until >= deadline;
    for stretch in stretches(&without).filter(around) {
        let time = stretch.until.saturating_sub(stretch.from).0;
        let room = speed.0.saturating_mul(u64::try_from(time).unwrap_or(0));
        most = most.min(room.saturating_sub(stretch.bytes.0));
    }
    (most > 0).then_some(Bytes(most))
}

/// When the last byte of a job has come at the latest: the link is busy with it and with what is as urgent
/// since it, or one before it, could begin. What arrives later and is due later does not hold it up.
pub(super) fn done(jobs: &[Job], which: usize, speed: BytesPerSecond) -> Option<Seconds> {
    let own = jobs.get(which)?;
    let mut urgent: Vec<&Job> = jobs.iter().filter(|j| j.deadline <= own.deadline).collect();
    urgent.sort_unstable_by_key(|job| std::cmp::Reverse(job.arrival));
    let mut last = own.arrival;
    let mut bytes = Bytes::ZERO;
    // The latest arrivals first: what has come since the one that is looked at is summed up on the way.
    for same in urgent.chunk_by(|one, other| one.arrival == other.arrival) {
        bytes = same
            .iter()
            .fold(bytes, |sum, job| sum.saturating_add(job.bytes));
        if let Some(first) = same.first().filter(|first| first.arrival <= own.arrival) {
            last = last.max(first.arrival.saturating_add(speed.time_for(bytes)?));
        }
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 9 GB an hour.
    const LINK: BytesPerSecond = BytesPerSecond(2_500_000);

    fn job(setup_minutes: i64, gb: u64, rto_minutes: i64) -> Job {
        Job {
            arrival: Seconds::minutes(setup_minutes),
            deadline: Seconds::minutes(rto_minutes),
            bytes: Bytes(gb * 1_000_000_000),
        }
    }

    #[test]
    fn worked_example() {
        let (database, media) = (job(30, 6, 90), job(30, 300, 72 * 60));
        assert_eq!(crowded(&[database, media], LINK), None);
        assert_eq!(
            done(&[database, media], 0, LINK),
            Some(Seconds::minutes(70))
        );
        // Sharing fairly each gets half: 6 GB take 80 minutes, and that is too long.
        let half = BytesPerSecond(LINK.0 / 2);
        assert!(crowded(&[database], half).is_some());
        let two = [database, database, media];
        let crowd = crowded(&two, LINK).unwrap();
        assert_eq!(
            (crowd.until, crowd.bytes.0),
            (Seconds::minutes(90), 12_000_000_000)
        );
    }

    #[test]
    fn break_even_values() {
        let jobs = [job(30, 6, 90), job(30, 6, 90)];
        let least = least_speed(&jobs).unwrap();
        assert_eq!(least.0, 12_000_000_000_u64.div_ceil(3600));
        assert_eq!(crowded(&jobs, least), None);
        assert!(crowded(&jobs, BytesPerSecond(least.0 - 1000)).is_some());
        assert_eq!(most_bytes(&jobs, 0, LINK), Some(Bytes(3_000_000_000)));
        assert_eq!(
            least_speed(&[job(90, 6, 90)]),
            None,
            "setup alone takes as long"
        );
        assert_eq!(most_bytes(&[job(90, 6, 90)], 0, LINK), None);
    }

    /// What the formula says, second by second: the most urgent first, a byte a second.
    fn simulated(jobs: &[Job]) -> bool {
        let mut left: Vec<(Job, u64)> = jobs.iter().map(|job| (*job, job.bytes.0)).collect();
        for now in 0..200 {
            if left
                .iter()
                .any(|(job, bytes)| *bytes > 0 && job.deadline.0 <= now)
            {
                return false;
            }
            let ready = left
                .iter_mut()
                .filter(|(job, bytes)| *bytes > 0 && job.arrival.0 <= now);
            if let Some((_, bytes)) = ready.min_by_key(|(job, _)| job.deadline) {
                *bytes -= 1;
            }
        }
        left.iter().all(|(_, bytes)| *bytes == 0)
    }

    proptest! {
        #[test]
        fn the_formula_says_what_happens(
            jobs in prop::collection::vec((0_i64..20, 1_i64..40, 1_u64..12), 1..6),
        ) {
            let jobs: Vec<Job> = jobs
                .into_iter()
                .map(|(arrival, until, bytes)| Job {
                    arrival: Seconds(arrival),
                    deadline: Seconds(arrival + until),
                    bytes: Bytes(bytes),
                })
                .collect();
            let fits = crowded(&jobs, BytesPerSecond(1)).is_none();
            prop_assert_eq!(fits, simulated(&jobs));
            let in_time = |which: usize| {
                done(&jobs, which, BytesPerSecond(1)).is_some_and(|at| at <= jobs[which].deadline)
            };
            prop_assert_eq!((0..jobs.len()).all(in_time), fits);
            // The same, as it is defined: for each arrival, all jobs once more.
            for own in &jobs {
                let since = |from: i64| {
                    let due = jobs.iter().filter(|j| j.arrival.0 >= from && j.deadline <= own.deadline);
                    Seconds(from + due.map(|job| job.bytes.0 as i64).sum::<i64>())
                };
                let arrivals = jobs.iter().map(|job| job.arrival.0);
                let last = arrivals.filter(|at| *at <= own.arrival.0).map(since).max();
                let which = jobs.iter().position(|job| job == own).unwrap();
                prop_assert_eq!(done(&jobs, which, BytesPerSecond(1)), last);
            }
            let least = least_speed(&jobs).unwrap();
            prop_assert_eq!(crowded(&jobs, least), None);
            if fits {
                let most = most_bytes(&jobs, 0, BytesPerSecond(1)).unwrap();
                prop_assert!(most >= jobs[0].bytes);
                let mut grown = jobs.clone();
                grown[0].bytes = most;
                prop_assert_eq!(crowded(&grown, BytesPerSecond(1)), None);
                grown[0].bytes = Bytes(most.0 + 1);
                prop_assert!(crowded(&grown, BytesPerSecond(1)).is_some());
            }
        }
    }
}
