//! Sizes and the rates at which bytes arrive or travel.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::duration::Seconds;

/// A size in bytes. `MB` is 10^6 bytes, `MiB` is 2^20.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// Decimal units from the largest, with their factors.
const DECIMAL: [(&str, u64); 5] = [
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1000),
    ("B", 1),
];

/// Binary units from the largest, with their factors.
const BINARY: [(&str, u64); 4] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];

impl Bytes {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// The sum, or `None` beyond `u64`.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The sum; beyond `u64` the greatest size, which no store can hold.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, never below nothing.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `count` times as much; beyond `u64` the greatest size.
    #[must_use]
    pub fn saturating_mul(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// About as much, for reports: three digits (`2.01 GB`), rounded half up.
    #[must_use]
    pub fn rounded(self) -> Self {
        let digits = self.0.checked_ilog10().unwrap_or(0);
        let step = 10_u64.pow(digits.saturating_sub(2));
        Self(self.0.saturating_add(step / 2) / step * step)
    }
}

/// A number of bytes as number and unit, exactly: `(1.5, "TB")`. The largest decimal unit is
/// taken, but a size that is short only in a binary unit was surely written in it.
fn spell(bytes: u64) -> (Decimal, &'static str) {
    let (name, factor) = DECIMAL
        .into_iter()
        .find(|(_, factor)| bytes >= *factor)
        .unwrap_or(("B", 1));
    // 10^12 / factor is whole, so this many 10^-12 parts of the unit are exact.
    let parts = u128::from(bytes) * u128::from(1_000_000_000_000 / factor);
    let short = factor > 1000 && parts.is_multiple_of(1_000_000_000) || bytes.is_multiple_of(1000);
    let binary = BINARY
        .iter()
        .find(|(_, factor)| bytes > 0 && bytes.is_multiple_of(*factor));
    match binary {
        Some((name, factor)) if !short => {
            (Decimal::from_parts(u128::from(bytes / factor), 0), name)
        }
        _ => (Decimal::from_parts(parts, 12), name),
    }
}

impl fmt::Display for Bytes {
    /// Exact: `30 GB`, `1.5 TB`, `64 MiB`, `1.234567 MB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = spell(self.0);
        write!(f, "{number} {unit}")
    }
}

/// A bandwidth in bytes per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BytesPerSecond(pub u64);

impl BytesPerSecond {
    /// The time that `size` takes, rounded up to a second; `None` when nothing ever moves.
    #[must_use]
    pub fn time_for(self, size: Bytes) -> Option<Seconds> {
        (self.0 > 0).then(|| Seconds(i64::try_from(size.0.div_ceil(self.0)).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for BytesPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = spell(self.0);
        write!(f, "{number} {unit}/s")
    }
}

/// The time over which a volume is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumePeriod {
    /// 3600 s.
    Hour,
    /// 24 h.
    Day,
    /// 7 days.
    Week,
    /// Counted as 30 days.
    Month,
    /// Counted as 365 days.
    Year,
}

impl VolumePeriod {
    /// Its length in seconds. Months and years count as 30 and 365 days, a little less than their
    /// mean, so that a greatest rate is never understated over a long time.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Hour => 3600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 30 * 86_400,
            Self::Year => 365 * 86_400,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hour => "h",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A volume that arrives over time (churn, growth), kept as it was written: `20 GB/year`.
/// Two are equal when they bring the same bytes in the same time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct BytesPerDay {
    /// The volume of one period.
    pub volume: Bytes,
    /// The period.
    pub per: VolumePeriod,
}

impl BytesPerDay {
    /// `bytes` a day.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self {
            volume: Bytes(bytes),
            per: VolumePeriod::Day,
        }
    }

    /// Bytes a day, rounded up.
    #[must_use]
    pub fn bytes_per_day(self) -> u64 {
        self.over(Seconds(86_400)).0
    }

    /// The most that arrives in `time`, rounded up; nothing for a negative time, and the greatest
    /// size beyond `u64`.
    #[must_use]
    pub fn over(self, time: Seconds) -> Bytes {
        let seconds = u128::try_from(time.0).unwrap_or(0);
        let total = u128::from(self.volume.0) * seconds;
        Bytes(u64::try_from(total.div_ceil(u128::from(self.per.seconds()))).unwrap_or(u64::MAX))
    }

    /// Two rates brought to a common denominator.
    fn crossed(self, other: Self) -> (u128, u128) {
        (
            u128::from(self.volume.0) * u128::from(other.per.seconds()),
            u128::from(other.volume.0) * u128::from(self.per.seconds()),
        )
    }
}

impl PartialEq for BytesPerDay {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for BytesPerDay {}

impl PartialOrd for BytesPerDay {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BytesPerDay {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, theirs) = self.crossed(*other);
        mine.cmp(&theirs)
    }
}

impl fmt::Display for BytesPerDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.volume, self.per.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_short_and_exact() {
        for (bytes, text) in [
            (30_000_000_000, "30 GB"),
            (1_500_000_000_000, "1.5 TB"),
            (64 << 20, "64 MiB"),
            (1 << 40, "1 TiB"),
            (1024, "1 KiB"),
            (1000, "1 kB"),
            (1_234_567, "1.234567 MB"),
            (1_234_567_891, "1.234567891 GB"),
            (999, "999 B"),
            (0, "0 B"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
        assert_eq!(Bytes(2_012_345_678).rounded().to_string(), "2.01 GB");
        assert_eq!(Bytes(7).rounded(), Bytes(7));
        assert_eq!(Bytes(u64::MAX).rounded().0 % 10_u64.pow(17), 0);
    }

    #[test]
    fn rates_compare_and_accumulate() {
        let yearly = BytesPerDay {
            volume: Bytes(20_000_000_000),
            per: VolumePeriod::Year,
        };
        assert_eq!(yearly.to_string(), "20 GB/year");
        assert_eq!(yearly.bytes_per_day(), 54_794_521);
        assert_eq!(yearly.over(Seconds(365 * 86_400)), Bytes(20_000_000_000));
        let hourly = BytesPerDay {
            volume: Bytes(1_000_000),
            per: VolumePeriod::Hour,
        };
        assert_eq!(hourly, BytesPerDay::new(24_000_000));
        assert!(yearly > hourly);
        assert_eq!(hourly.over(Seconds(-5)), Bytes::ZERO);
        assert_eq!(
            BytesPerDay::new(u64::MAX).over(Seconds(i64::MAX)),
            Bytes(u64::MAX)
        );
    }

    #[test]
    fn bandwidth_gives_time() {
        assert_eq!(
            BytesPerSecond(1_200_000).time_for(Bytes(1_200_001)),
            Some(Seconds(2))
        );
        assert_eq!(BytesPerSecond(0).time_for(Bytes(1)), None);
        assert_eq!(BytesPerSecond(1_200_000).to_string(), "1.2 MB/s");
    }
}
