//! Durations in seconds, and calendar spans whose length depends on where they start.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

/// A duration in seconds. A day is 86 400 of them, whatever the clocks on the wall do.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Seconds {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// One minute.
    pub const MINUTE: Self = Self(60);
    /// One hour.
    pub const HOUR: Self = Self(3600);
    /// One day of 24 hours.
    pub const DAY: Self = Self(86_400);

    /// So many minutes; saturates.
    #[must_use]
    pub const fn minutes(count: i64) -> Self {
        Self(count.saturating_mul(60))
    }

    /// So many hours; saturates.
    #[must_use]
    pub const fn hours(count: i64) -> Self {
        Self(count.saturating_mul(3600))
    }

    /// So many days of 24 hours; saturates.
    #[must_use]
    pub const fn days(count: i64) -> Self {
        Self(count.saturating_mul(86_400))
    }

    /// The sum, or `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The sum, saturating.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, saturating; negative when `other` is longer.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `count` times as long, saturating.
    #[must_use]
    pub fn saturating_mul(self, count: i64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// Whole days of 24 hours, rounded towards less.
    #[must_use]
    pub fn whole_days(self) -> i64 {
        self.0.div_euclid(86_400)
    }

    /// The same for jiff's arithmetic.
    #[must_use]
    pub fn to_signed_duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.0)
    }
}

impl fmt::Display for Seconds {
    /// Short and exact: `26 h`, `31 d 4 h`, `1 d 2 h 15 min`. Whole hours below two days stay hours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let total = self.0.unsigned_abs();
        if total == 0 {
            return f.write_str("0 s");
        }
        if total.is_multiple_of(3600) && total < 48 * 3600 {
            return write!(f, "{} h", total / 3600);
        }
        let parts = [
            (total / 86_400, "d"),
            (total % 86_400 / 3600, "h"),
            (total % 3600 / 60, "min"),
            (total % 60, "s"),
        ];
        write_parts(f, parts.into_iter())
    }
}

/// Writes the non-zero parts with spaces between.
fn write_parts<'a>(
    f: &mut fmt::Formatter<'_>,
    parts: impl Iterator<Item = (u64, &'a str)>,
) -> fmt::Result {
    for (place, (count, unit)) in parts.filter(|(count, _)| *count > 0).enumerate() {
        if place > 0 {
            f.write_str(" ")?;
        }
        write!(f, "{count} {unit}")?;
    }
    Ok(())
}

/// A span of the calendar: `14 months` is between 424 and 428 days, by where it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CalendarSpan {
    /// Calendar months; a year is 12.
    pub months: i32,
    /// Days.
    pub days: i64,
    /// Seconds on top.
    pub seconds: i64,
}

/// Days of the 48 months from a January after a leap year; any four years within 1901–2099 are
/// a rotation of them.
const MONTH_DAYS: [[i64; 12]; 4] = [
    [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
    [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
    [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
    [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
];

impl CalendarSpan {
    /// A span of whole seconds.
    #[must_use]
    pub fn from_seconds(seconds: Seconds) -> Self {
        Self {
            months: 0,
            days: 0,
            seconds: seconds.0,
        }
    }

    /// Whether it has the same length wherever it starts.
    #[must_use]
    pub fn is_fixed(self) -> bool {
        self.months == 0
    }

    /// The sum, part by part, or `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            seconds: self.seconds.checked_add(other.seconds)?,
        })
    }

    /// The moment after this span: months first (31 January + 1 month is the last of February),
    /// then days, then seconds. `None` beyond the years -9999 to 9999.
    #[must_use]
    pub fn add_to(self, from: DateTime) -> Option<DateTime> {
        let span = Span::new()
            .try_months(self.months)
            .and_then(|span| span.try_days(self.days))
            .and_then(|span| span.try_seconds(self.seconds))
            .ok()?;
        from.checked_add(span).ok()
    }

    /// The date after this span, counted from midnight; see [`Self::add_to`].
    #[must_use]
    pub fn add_to_date(self, from: Date) -> Option<Date> {
        self.add_to(from.to_datetime(jiff::civil::Time::midnight()))
            .map(DateTime::date)
    }

    /// The shortest it can be: a month has at least 28 days, a year 365. Saturates.
    #[must_use]
    pub fn to_seconds_min(self) -> Seconds {
        self.to_seconds(|lengths| lengths.min())
    }

    /// The longest it can be: a month has at most 31 days, a year 366. Saturates.
    #[must_use]
    pub fn to_seconds_max(self) -> Seconds {
        self.to_seconds(|lengths| lengths.max())
    }

    fn to_seconds(self, choose: impl Fn(&mut dyn Iterator<Item = i64>) -> Option<i64>) -> Seconds {
        let months = self.months.unsigned_abs() as usize;
        let rest = months % 48;
        let mut sums = (0..48).map(|start| {
            MONTH_DAYS
                .iter()
                .flatten()
                .cycle()
                .skip(start)
                .take(rest)
                .sum::<i64>()
        });
        let days = choose(&mut sums).unwrap_or(0) + 1461 * i64::try_from(months / 48).unwrap_or(0);
        Seconds::days(days * i64::from(self.months.signum()))
            .saturating_add(Seconds::days(self.days))
            .saturating_add(Seconds(self.seconds))
    }
}

impl fmt::Display for CalendarSpan {
    /// `14 months`, `2 years`, `120 d`, `1 month 3 d`; spans without months read as durations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = Seconds::days(self.days).saturating_add(Seconds(self.seconds));
        if self.months == 0 {
            return rest.fmt(f);
        }
        let (count, unit) = if self.months % 12 == 0 {
            (self.months / 12, "year")
        } else {
            (self.months, "month")
        };
        write!(
            f,
            "{count} {unit}{}",
            if count.abs() == 1 { "" } else { "s" }
        )?;
        if rest == Seconds::ZERO {
            Ok(())
        } else {
            write!(f, " {rest}")
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_read_short() {
        for (seconds, text) in [
            (26 * 3600, "26 h"),
            (86_400, "24 h"),
            (48 * 3600, "2 d"),
            (31 * 86_400 + 4 * 3600, "31 d 4 h"),
            (86_400 + 2 * 3600 + 15 * 60, "1 d 2 h 15 min"),
            (5400, "1 h 30 min"),
            (45, "45 s"),
            (0, "0 s"),
            (-90, "-1 min 30 s"),
        ] {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn months_are_between_bounds() {
        let months = |months| CalendarSpan {
            months,
            ..CalendarSpan::default()
        };
        let days = |span: CalendarSpan| {
            (
                span.to_seconds_min().whole_days(),
                span.to_seconds_max().whole_days(),
            )
        };
        assert_eq!(days(months(1)), (28, 31));
        assert_eq!(days(months(12)), (365, 366));
        assert_eq!(days(months(14)), (424, 428));
        assert_eq!(days(months(48)), (1461, 1461));
        assert_eq!(days(months(-1)), (-28, -31));
        assert_eq!(
            days(CalendarSpan {
                months: 0,
                days: 120,
                seconds: 0
            }),
            (120, 120)
        );
    }

    #[test]
    fn spans_are_added_as_people_do() {
        let month = CalendarSpan {
            months: 1,
            ..CalendarSpan::default()
        };
        assert_eq!(
            month.add_to_date(date(2027, 1, 31)),
            Some(date(2027, 2, 28))
        );
        let weeks = CalendarSpan {
            days: 42,
            ..CalendarSpan::default()
        };
        assert_eq!(
            weeks.add_to_date(date(2026, 2, 15)),
            Some(date(2026, 3, 29))
        );
        assert_eq!(
            CalendarSpan {
                months: i32::MAX,
                days: 0,
                seconds: 0
            }
            .add_to_date(date(2026, 1, 1)),
            None
        );
    }

    #[test]
    fn spans_read_as_written() {
        let span = |months, days| {
            CalendarSpan {
                months,
                days,
                seconds: 0,
            }
            .to_string()
        };
        assert_eq!(span(14, 0), "14 months");
        assert_eq!(span(24, 0), "2 years");
        assert_eq!(span(12, 0), "1 year");
        assert_eq!(span(1, 3), "1 month 3 d");
        assert_eq!(span(0, 120), "120 d");
    }

    proptest! {
        #[test]
        fn every_start_lies_between_the_bounds(start in 0_i64..36_000, months in 0..200_i32) {
            let span = CalendarSpan { months, ..CalendarSpan::default() };
            let from = date(1972, 1, 1).checked_add(Span::new().days(start)).unwrap();
            let to = span.add_to_date(from).unwrap();
            let days = i64::from(from.until(to).unwrap().get_days());
            prop_assert!(span.to_seconds_min().whole_days() <= days);
            prop_assert!(days <= span.to_seconds_max().whole_days());
        }
    }
}
