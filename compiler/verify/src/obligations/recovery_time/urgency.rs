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
    /// When its first byte can come at the latest, counted from the fault.
    pub arrival: Seconds,
    /// The same at the earliest: that keeps nobody's deadline from being met if all can be, but whoever is late anyway may
    /// get in the way of others.
    pub soonest: Seconds,
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

impl Job {
    /// When its first byte comes where that keeps another one waiting for longest: as near to when that begins as it can. Before
    /// it, some of this one would be there already; long after it, the other one might be.
    pub(super) fn in_the_way_of(&self, other: &Self) -> Seconds {
        other.arrival.max(self.soonest).min(self.arrival)
    }
}

/// When the last byte of a job has come at the latest: of those that are as urgent it comes last, and all begin when that
/// keeps it waiting for longest. From some arrival on the link is busy with them without a pause; what arrives after that
/// holds nobody up.
pub(super) fn done(jobs: &[Job], which: usize, speed: BytesPerSecond) -> Option<Seconds> {
    let own = jobs.get(which)?;
    let others = jobs.iter().enumerate().filter(|(place, _)| *place != which);
    let urgent = others.filter(|(_, job)| job.deadline <= own.deadline);
    let urgent = urgent.map(|(_, job)| (job.in_the_way_of(own), job.bytes));
    let mut urgent: Vec<(Seconds, Bytes)> = urgent.collect();
    urgent.sort_unstable_by_key(|(arrival, _)| *arrival);
    let before = urgent.partition_point(|(arrival, _)| *arrival <= own.arrival);
    urgent.insert(before, (own.arrival, own.bytes));
    let (mut from, mut until, mut bytes) = (own.arrival, None, Bytes::ZERO);
    for (place, (arrival, more)) in urgent.into_iter().enumerate() {
        if until.is_none_or(|until| arrival >= until) {
            if place > before {
                break;
            }
            (from, bytes) = (arrival, Bytes::ZERO);
        }
        bytes = bytes.saturating_add(more);
        until = Some(from.saturating_add(speed.time_for(bytes)?));
    }
    until
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
            soonest: Seconds::minutes(setup_minutes),
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

    /// When the last byte of each has come, second by second, if those that are as urgent come first.
    fn played(jobs: &[Job]) -> Vec<i64> {
        let last = |which: usize| {
            let urgency = |place: usize, job: &Job| (job.deadline, place == which);
            let mut left: Vec<(Job, u64)> = jobs.iter().map(|job| (*job, job.bytes.0)).collect();
            for now in 0.. {
                let ready = left.iter_mut().enumerate();
                let ready = ready.filter(|(_, (job, bytes))| *bytes > 0 && job.arrival.0 <= now);
                let next = ready.min_by_key(|(place, (job, _))| urgency(*place, job));
                if let Some((place, (_, bytes))) = next {
                    *bytes -= 1;
                    if (place, *bytes) == (which, 0) {
                        return now + 1;
                    }
                }
            }
            unreachable!()
        };
        (0..jobs.len()).map(last).collect()
    }

    /// What arrives when somebody is done already, or just then, comes after it, however urgent it is.
    #[test]
    fn who_is_done_is_not_held_up() {
        let own = job(0, 9, 200);
        for (begins, until) in [(59, 120), (60, 60), (120, 60)] {
            let jobs = [own, job(begins, 9, 190)];
            assert_eq!(done(&jobs, 0, LINK), Some(Seconds::minutes(until)));
        }
        let nothing = [job(30, 0, 90), job(30, 9, 90)];
        assert_eq!(done(&nothing, 0, LINK), Some(Seconds::minutes(90)));
        assert_eq!(done(&nothing, 1, LINK), Some(Seconds::minutes(90)));
        assert_eq!(done(&nothing, 1, BytesPerSecond(0)), None);
    }

    proptest! {
        /// Whenever the others begin, within what may be: no choice of theirs keeps one waiting for longer than is told,
        /// one of them keeps it waiting for just so long, and none does where all are in time.
        #[test]
        fn whenever_the_others_begin(
            jobs in prop::collection::vec((0_i64..6, 0_i64..8, 1_i64..14, 1_u64..6), 1..5),
        ) {
            let jobs: Vec<Job> = jobs
                .into_iter()
                .map(|(soonest, longer, until, bytes)| Job {
                    arrival: Seconds(soonest + longer),
                    soonest: Seconds(soonest),
                    deadline: Seconds(soonest + longer + until),
                    bytes: Bytes(bytes),
                })
                .collect();
            let mut worst = vec![0; jobs.len()];
            let mut all: Vec<Vec<Job>> = vec![Vec::new()];
            for job in &jobs {
                let whens = (job.soonest.0..=job.arrival.0).map(Seconds);
                let begins = whens.map(|arrival| Job { arrival, ..*job });
                let begins: Vec<Job> = begins.collect();
                let each = |known: Vec<Job>| {
                    let with = begins.iter().map(move |job| [known.as_slice(), &[*job]].concat());
                    with.collect::<Vec<_>>()
                };
                all = all.into_iter().flat_map(each).collect();
            }
            for chosen in all {
                for (worst, last) in worst.iter_mut().zip(played(&chosen)) {
                    *worst = last.max(*worst);
                }
            }
            let fits = crowded(&jobs, BytesPerSecond(1)).is_none();
            for (which, (worst, job)) in worst.into_iter().zip(&jobs).enumerate() {
                prop_assert_eq!(done(&jobs, which, BytesPerSecond(1)), Some(Seconds(worst)));
                prop_assert!(!fits || worst <= job.deadline.0);
            }
        }

        #[test]
        fn the_formula_says_what_happens(
            jobs in prop::collection::vec((0_i64..20, 1_i64..40, 1_u64..12), 1..6),
        ) {
            let jobs: Vec<Job> = jobs
                .into_iter()
                .map(|(arrival, until, bytes)| Job {
                    arrival: Seconds(arrival),
                    soonest: Seconds(arrival),
                    deadline: Seconds(arrival + until),
                    bytes: Bytes(bytes),
                })
                .collect();
            let fits = crowded(&jobs, BytesPerSecond(1)).is_none();
            prop_assert_eq!(fits, simulated(&jobs));
            for (which, last) in (0..).zip(played(&jobs)) {
                prop_assert_eq!(done(&jobs, which, BytesPerSecond(1)), Some(Seconds(last)));
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
