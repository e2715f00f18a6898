//! What single rules guarantee, by formula. They agree with the simulation (see the tests), and
//! serve where a number is unknown and nothing can be simulated.
//!
//! Right after a period begins, one of the `n` versions of a count rule is the brand-new one:
//! `n` monthly versions reach back over `n − 2` whole months, not over `n`.

use thrice_quantity::{CalendarSpan, Seconds};

use crate::bucket::Bucket;
use crate::rules::{Count, KeepRules, KeepWithin};

/// The age that a count rule always reaches back to, with a run every `period`: more than its
/// `count − 2` shortest periods, rounded up to whole runs. Where runs are rarer than the
/// periods, each version is a period of its own. Missed runs make it longer, never shorter.
#[must_use]
pub fn count_reach(bucket: Bucket, count: u32, period: Seconds) -> Seconds {
    if count <= 1 || period <= Seconds::ZERO {
        return Seconds::ZERO;
    }
    if bucket.span(1).to_seconds_min() <= period {
        return runs(period, count - 1);
    }
    let whole = bucket.span(count - 2).to_seconds_min();
    Seconds(period.0.saturating_mul(whole.0 / period.0 + 1))
}

/// An age that no version of a count rule ever exceeds, until the next run inclusive, with a run
/// every `period` of which up to `missed` in a row may fail: its `count − 1` longest periods, the
/// runs missed at the end of the first and at the beginning of the last of them, and one run
/// more; another where `period` does not divide the periods. Only while runs succeed again:
/// nothing is removed once they stop.
#[must_use]
pub fn count_oldest(bucket: Bucket, count: u32, period: Seconds, missed: u32) -> Seconds {
    count_oldest_if_late(bucket, count, period, (missed, Seconds::ZERO))
}

/// The same where runs may also begin late, by so much that one may come in the next period of the rule: then none may
/// be in its own, though no run was missed.
fn count_oldest_if_late(
    bucket: Bucket,
    count: u32,
    period: Seconds,
    (missed, jitter): (u32, Seconds),
) -> Seconds {
    if count == 0 {
        return Seconds::ZERO;
    }
    let late = runs(period, missed.saturating_add(1)).saturating_add(jitter);
    let longest = bucket.span(1).to_seconds_max();
    // What is late may come in one period with the next, if it is not much rarer: `period` is the widest.
    let alone = match jitter {
        Seconds::ZERO => longest,
        _ => runs(longest, 2),
    };
    if alone <= period {
        return runs(late, count);
    }
    if longest <= late {
        return runs(late.saturating_add(longest), count);
    }
    let uneven = if divides(period, bucket) && jitter == Seconds::ZERO {
        Seconds::ZERO
    } else {
        period
    };
    let whole = bucket.span(count - 1).to_seconds_max();
    whole
        .saturating_add(runs(period, missed))
        .saturating_add(late)
        .saturating_add(jitter)
        .saturating_add(uneven)
}

/// The widest hole between neighbours of a count rule: its longest period and `missed` runs, and
/// one more run where `period` does not divide the periods or whole periods can be missed.
#[must_use]
pub fn count_gap(bucket: Bucket, period: Seconds, missed: u32) -> Seconds {
    let late = runs(period, missed.saturating_add(1));
    let longest = bucket.span(1).to_seconds_max();
    if longest <= period {
        return late;
    }
    let even = divides(period, bucket) && longest > late;
    longest.saturating_add(if even { runs(period, missed) } else { late })
}

/// Whether the periods hold a whole number of runs.
fn divides(period: Seconds, bucket: Bucket) -> bool {
    let spans = [
        bucket.span(1).to_seconds_min(),
        bucket.span(1).to_seconds_max(),
    ];
    period > Seconds::ZERO && spans.iter().all(|span| span.0 % period.0 == 0)
}

/// The age that `keep-within` always reaches back to: the shortest it can be, less one run for
/// the strict comparison, and less what was missed. See [`KeepWithin::before`].
#[must_use]
pub fn within_reach(within: KeepWithin, period: Seconds, missed: u32) -> Seconds {
    let span = span_of(within);
    // 31 March less a month is 3 March: an overhang of up to three days.
    let overhang = Seconds::days(if span.is_fixed() { 0 } else { 3 });
    let shortest = span.to_seconds_min().saturating_sub(overhang);
    let whole = (shortest.0 - 1).max(0) / period.0.max(1);
    let reach = Seconds(whole.saturating_mul(period.0));
    reach
        .saturating_sub(runs(period, missed))
        .max(Seconds::ZERO)
}

/// An age that no version kept by `keep-within` exceeds, until the next run inclusive.
#[must_use]
pub fn within_oldest(within: KeepWithin, period: Seconds, missed: u32) -> Seconds {
    span_of(within)
        .to_seconds_max()
        .saturating_add(runs(period, missed.saturating_add(1)))
}

/// An age that no version kept by any of the rules exceeds, until the next run inclusive; `None`
/// if one rule never gives anything up.
#[must_use]
pub fn oldest(rules: &KeepRules, period: Seconds, missed: u32) -> Option<Seconds> {
    oldest_if_late(rules, period, missed, Seconds::ZERO)
}

/// The same where runs may begin so late that one may come in another period of a rule than it is planned in.
#[must_use]
pub fn oldest_if_late(
    rules: &KeepRules,
    period: Seconds,
    missed: u32,
    jitter: Seconds,
) -> Option<Seconds> {
    let late = (missed, jitter);
    let counts = rules
        .counts()
        .into_iter()
        .filter_map(|(bucket, count)| match count? {
            Count::N(count) => Some(Some(count_oldest_if_late(bucket, count, period, late))),
            Count::MinusOne => None,
            Count::Unlimited => Some(None),
        });
    let withins = rules.withins().into_iter().filter_map(|(_, within)| within);
    counts
        .chain(withins.map(|within| Some(within_oldest(within, period, missed))))
        .try_fold(Seconds::ZERO, |oldest, age| age.map(|age| oldest.max(age)))
}

fn runs(period: Seconds, count: u32) -> Seconds {
    period.saturating_mul(i64::from(count))
}

fn span_of(within: KeepWithin) -> CalendarSpan {
    let months = within
        .years
        .saturating_mul(12)
        .saturating_add(within.months);
    CalendarSpan {
        months: i32::try_from(months).unwrap_or(i32::MAX),
        days: i64::from(within.days),
        seconds: i64::from(within.hours) * 3600,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(seconds: Seconds) -> i64 {
        seconds.whole_days()
    }

    #[test]
    fn worked_examples() {
        let day = Seconds::DAY;
        assert_eq!(days(count_reach(Bucket::Daily, 7, day)), 6);
        assert_eq!(days(count_reach(Bucket::Weekly, 5, day)), 22);
        assert_eq!(days(count_reach(Bucket::Monthly, 12, day)), 304);
        assert_eq!(days(count_reach(Bucket::Monthly, 26, day)), 731);
        assert_eq!(days(count_reach(Bucket::Yearly, 4, day)), 731);
        // Weekly and five-daily runs do not fit the months and weeks.
        assert_eq!(
            days(count_reach(Bucket::Monthly, 12, Seconds::days(7))),
            308
        );
        assert_eq!(days(count_reach(Bucket::Weekly, 4, Seconds::days(5))), 15);
        assert_eq!(days(count_gap(Bucket::Monthly, day, 0)), 31);
        assert_eq!(days(count_gap(Bucket::Monthly, Seconds::days(7), 0)), 38);
        assert_eq!(days(within_reach(KeepWithin::days(30), day, 0)), 29);
        assert_eq!(
            days(count_oldest(Bucket::Yearly, 2, day, 0)),
            367,
            "366 right after a run"
        );
    }

    #[test]
    fn runs_that_may_come_after_midnight_leave_days_without_one() {
        let at = |jitter| {
            let late = (0, Seconds::hours(jitter));
            count_oldest_if_late(Bucket::Daily, 2, Seconds::DAY, late)
        };
        assert_eq!(at(0), Seconds::days(2));
        // At 23:00 and perhaps at 00:00: on the 1st at 23:00, on the 3rd at 00:00 and 23:00, on the 5th at 00:00. The
        // last of them lets go of the first.
        assert!(at(1) >= Seconds::hours(24 * 3 + 1), "{}", at(1));
        // On Friday at 22:00; Saturday's is missed, Sunday's comes on Monday; the next Monday's is missed: it goes on Tuesday.
        let late = (1, Seconds::hours(3));
        let weeks = count_oldest_if_late(Bucket::Weekly, 2, Seconds::DAY, late);
        assert_eq!(weeks, Seconds::hours(24 * 11 + 6));
        // Weekly on Sunday at 23:00, seven days and an hour apart where the clocks go back: two may come in one week.
        let week = Seconds::hours(7 * 24 + 1);
        let weeks = count_oldest_if_late(Bucket::Weekly, 2, week, (0, Seconds::HOUR));
        assert!(weeks >= Seconds::days(21), "{weeks}");
    }

    #[test]
    fn degenerate_rules() {
        assert_eq!(count_reach(Bucket::Daily, 1, Seconds::DAY), Seconds::ZERO);
        assert_eq!(count_reach(Bucket::Daily, 7, Seconds::ZERO), Seconds::ZERO);
        assert_eq!(days(count_reach(Bucket::Daily, 7, Seconds::days(7))), 42);
        assert_eq!(days(count_reach(Bucket::Last, 7, Seconds::DAY)), 6);
        assert_eq!(
            count_oldest(Bucket::Daily, 0, Seconds::DAY, 0),
            Seconds::ZERO
        );
        assert_eq!(
            days(within_reach(KeepWithin::days(30), Seconds::DAY, 40)),
            0
        );
    }
}
