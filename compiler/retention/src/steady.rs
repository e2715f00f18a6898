//! What rules guarantee in the long run, for a regular schedule: the worst case over a whole cycle
//! of the calendar, after the start has worn off.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use thrice_quantity::schedule::Schedule;
use thrice_quantity::{Bytes, BytesPerDay, Seconds};

use crate::forget::ForgetError;
use crate::guarantee::Guarantee;
use crate::history::{History, simulate_iterated};
use crate::rules::{Count, KeepRules, KeepWithin};
use crate::runs::runs_of;
use crate::version::ResticVersion;

/// 2029-01-01, a Monday; the simulation stays before 2100, where every fourth year is a leap year.
const START: i64 = 1_861_920_000;

/// Weekdays, months and leap days come together again after 28 years.
const LONG_CYCLE: Seconds = Seconds::days(28 * 366);
/// Leap years come round every four years.
const SHORT_CYCLE: Seconds = Seconds::days(4 * 366);
/// Enough of rules that never give up anything to see how they lie.
const OPEN_CYCLE: Seconds = Seconds::days(3 * 366);
/// No settling time is waited for longer than this.
const LONGEST_SETTLING: Seconds = Seconds::days(40 * 366);

/// A schedule with the clocks it runs and is stored by.
#[derive(Clone, Copy, Debug)]
pub struct Regular<'a> {
    /// When it runs; forget follows each run.
    pub schedule: &'a Schedule,
    /// The zone of the schedule's clock.
    pub zone: &'a TimeZone,
    /// The zone whose offset the snapshots store: that of the host which takes them, and forgets.
    pub stored: &'a TimeZone,
}

/// A simulated history and the point from which its start no longer shows.
#[derive(Clone, Debug)]
pub struct SteadyHistory {
    /// All of it.
    pub history: History,
    /// The first forget that counts.
    pub first: usize,
    /// Whether some rule never gives anything up.
    pub unbounded: bool,
}

impl SteadyHistory {
    /// What is guaranteed; `None` if the history is too short to tell.
    #[must_use]
    pub fn guarantee(&self) -> Option<Guarantee> {
        let seen = self.history.guarantee(self.first)?;
        let bounded = |age: Option<Seconds>| if self.unbounded { None } else { age };
        Some(Guarantee {
            reach: bounded(seen.reach),
            oldest: bounded(seen.oldest),
            ..seen
        })
    }

    /// The widest hole on the way back to `reach`; `None` where that is not always reached.
    #[must_use]
    pub fn widest_gap_within(&self, reach: Seconds) -> Option<Seconds> {
        self.history.widest_gap_within(self.first, reach)
    }

    /// The ages, youngest first, of the versions for which data of constant `size` and `churn`
    /// takes the most, and that bound.
    #[must_use]
    pub fn worst_ages(&self, size: Bytes, churn: BytesPerDay) -> Option<(Vec<Seconds>, Bytes)> {
        let (index, bound) = self.history.worst_bound(self.first, |_| size, churn)?;
        Some((self.history.ages(index), bound))
    }
}

/// How long after the first run the start may still show, with runs at most `gap` apart: until
/// then there are fewer versions than the rules would keep. `None` for rules without an end.
#[must_use]
pub fn settling_time(rules: &KeepRules, gap: Seconds) -> Option<Seconds> {
    if rules.is_unbounded() {
        return None;
    }
    let counts = rules
        .counts()
        .into_iter()
        .filter_map(|(bucket, count)| match count? {
            Count::N(count) if count > 0 => {
                let period = bucket.span(1).to_seconds_max().max(gap);
                Some(period.saturating_mul(i64::from(count) + 1))
            }
            _ => None,
        });
    let withins = rules.withins().into_iter().filter_map(|(bucket, within)| {
        let KeepWithin {
            years,
            months,
            days,
            hours,
        } = within?;
        let days = i64::from(years) * 366 + i64::from(months) * 31 + i64::from(days);
        let span = Seconds::days(days).saturating_add(Seconds::hours(i64::from(hours)));
        Some(span.saturating_add(bucket.span(1).to_seconds_max()))
    });
    Some(
        counts
            .chain(withins)
            .max()
            .unwrap_or(Seconds::ZERO)
            .saturating_add(gap),
    )
}

/// Simulates the schedule from a fixed date until the start has worn off and then over a whole
/// cycle: 28 years, four years for runs more often than daily. `Ok(None)` if it does not recur.
///
/// # Errors
/// [`ForgetError`] where this version of restic refuses the rules.
pub fn steady_history(
    rules: &KeepRules,
    version: ResticVersion,
    regular: Regular<'_>,
) -> Result<Option<SteadyHistory>, ForgetError> {
    let start = Timestamp::from_second(START).unwrap_or(Timestamp::UNIX_EPOCH);
    let gaps = regular.schedule.widest_gap(regular.zone, start, 8);
    let Some((gap, period)) = gaps.zip(regular.schedule.nominal_period()) else {
        return Ok(None);
    };
    let settling = settling_time(rules, gap);
    let cycle = match settling {
        None => OPEN_CYCLE,
        Some(_) if period >= Seconds::DAY => LONG_CYCLE,
        Some(_) => SHORT_CYCLE,
    };
    let settled = after(
        start,
        settling.unwrap_or(Seconds::DAY).min(LONGEST_SETTLING),
    );
    let end = after(settled, cycle.max(gap.saturating_mul(4)));
    let runs = runs_of(regular.schedule, regular.zone, regular.stored, start, end);
    let history = simulate_iterated(rules, version, &runs, regular.stored)?;
    let first = history.first_from(settled);
    Ok(Some(SteadyHistory {
        history,
        first,
        unbounded: settling.is_none(),
    }))
}

fn after(moment: Timestamp, time: Seconds) -> Timestamp {
    moment
        .saturating_add(SignedDuration::from_secs(time.0))
        .unwrap_or(Timestamp::MAX)
}

/// The age up to which there is always a version at least that old, in the long run;
/// `Ok(None)` if the schedule does not recur or nothing is ever given up.
///
/// # Errors
/// See [`steady_history`].
pub fn guaranteed_reach(
    rules: &KeepRules,
    version: ResticVersion,
    regular: Regular<'_>,
) -> Result<Option<Seconds>, ForgetError> {
    let steady = steady_history(rules, version, regular)?;
    Ok(steady
        .and_then(|steady| steady.guarantee())
        .and_then(|guarantee| guarantee.reach))
}

/// The age that no version exceeds right after a run, while runs succeed; see
/// [`Guarantee::oldest`]. `Ok(None)` if there is no such age.
///
/// # Errors
/// See [`steady_history`].
pub fn oldest_possible(
    rules: &KeepRules,
    version: ResticVersion,
    regular: Regular<'_>,
) -> Result<Option<Seconds>, ForgetError> {
    let steady = steady_history(rules, version, regular)?;
    Ok(steady
        .and_then(|steady| steady.guarantee())
        .and_then(|guarantee| guarantee.oldest))
}

/// The ages, youngest first, of the versions kept at the moment when data of this size and
/// churn takes the most; see [`SteadyHistory::worst_ages`].
///
/// # Errors
/// See [`steady_history`].
pub fn kept_ages_at_worst(
    rules: &KeepRules,
    version: ResticVersion,
    regular: Regular<'_>,
    size: Bytes,
    churn: BytesPerDay,
) -> Result<Option<Vec<Seconds>>, ForgetError> {
    let steady = steady_history(rules, version, regular)?;
    Ok(steady
        .and_then(|steady| steady.worst_ages(size, churn))
        .map(|(ages, _)| ages))
}
