//! The periods by which snapshots are thinned.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use thrice_quantity::CalendarSpan;

/// A kind of period; restic keeps the newest snapshot of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Each snapshot is its own.
    Last,
    /// The clock hour.
    Hourly,
    /// The calendar day.
    Daily,
    /// The ISO week, from Monday.
    Weekly,
    /// The calendar month.
    Monthly,
    /// The calendar year.
    Yearly,
}

impl Bucket {
    /// In restic's order.
    pub const ALL: [Self; 6] = [
        Self::Last,
        Self::Hourly,
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Yearly,
    ];

    /// restic's word, as in `--keep-daily`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    /// The length of `count` periods in a row; nothing for [`Bucket::Last`], which has no length.
    #[must_use]
    pub fn span(self, count: u32) -> CalendarSpan {
        let days = i64::from(count);
        let months = i32::try_from(count).unwrap_or(i32::MAX);
        let none = CalendarSpan::default();
        match self {
            Self::Last => none,
            Self::Hourly => CalendarSpan {
                seconds: days.saturating_mul(3600),
                ..none
            },
            Self::Daily => CalendarSpan { days, ..none },
            Self::Weekly => CalendarSpan {
                days: days.saturating_mul(7),
                ..none
            },
            Self::Monthly => CalendarSpan { months, ..none },
            Self::Yearly => CalendarSpan {
                months: months.saturating_mul(12),
                ..none
            },
        }
    }
}

/// The numbers of the periods a moment lies in, in the order of [`Bucket::ALL`].
/// The first, of `last`, is the caller's to make unique.
pub(crate) type Keys = [i64; 6];

/// The periods of an instant on a clock `offset` seconds ahead of UTC. restic takes the offset
/// stored in the snapshot, not that of the machine that runs forget.
pub(crate) fn keys(instant: Timestamp, offset: i32, unique: i64) -> Keys {
    let offset = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
    let local = offset.to_datetime(instant);
    let week = local.date().iso_week_date();
    let year = i64::from(local.year());
    let month = year * 100 + i64::from(local.month());
    let day = month * 100 + i64::from(local.day());
    let hour = day * 100 + i64::from(local.hour());
    [
        unique,
        hour,
        day,
        i64::from(week.year()) * 100 + i64::from(week.week()),
        month,
        year,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_follow_the_stored_offset() {
        let instant: Timestamp = "2026-12-31T23:30Z".parse().unwrap();
        let shown = |offset| {
            keys(instant, offset, 7)
                .map(|key| key.to_string())
                .join(" ")
        };
        assert_eq!(shown(0), "7 2026123123 20261231 202653 202612 2026");
        assert_eq!(shown(3600), "7 2027010100 20270101 202653 202701 2027");
    }
}
