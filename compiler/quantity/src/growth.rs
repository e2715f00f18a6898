//! Relative growth: `3 %/month`, compounded.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ratio::Ratio;
use crate::size::Bytes;

/// How often growth is compounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrowthPeriod {
    /// Every month.
    Month,
    /// Every year.
    Year,
}

/// Growth by a share of what is there, each month or year, kept as it was written.
/// Ordered by the yearly share without compounding.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RatioPerMonth {
    /// The share of one period.
    pub ratio: Ratio,
    /// The period.
    pub per: GrowthPeriod,
}

/// By how much something has grown, in parts of a fixed-point scale; none where no size can be as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrowthFactor(Option<u128>);

impl GrowthFactor {
    /// What `start` has become, rounded up; the greatest size beyond `u64`.
    #[must_use]
    pub fn of(self, start: Bytes) -> Bytes {
        if start == Bytes::ZERO {
            return start;
        }
        self.0
            .and_then(|factor| factor.checked_mul(u128::from(start.0)))
            .and_then(|total| u64::try_from(total.div_ceil(SCALE)).ok())
            .map_or(Bytes(u64::MAX), Bytes)
    }
}

/// Fixed-point scale of the compounding; a step errs by at most one part in it.
const SCALE: u128 = 1_000_000_000_000;

impl RatioPerMonth {
    /// `parts_per_million` a month.
    #[must_use]
    pub const fn new(parts_per_million: u64) -> Self {
        Self {
            ratio: Ratio(parts_per_million),
            per: GrowthPeriod::Month,
        }
    }

    /// No growth.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.ratio == Ratio(0)
    }

    /// The most that `start` may have become after `days`: compounded every 30 (365) days, and
    /// by the straight chord within an unfinished period, which lies above the curve. The
    /// greatest size beyond `u64`.
    #[must_use]
    pub fn grown_at_most(self, start: Bytes, days: u32) -> Bytes {
        self.factor_at_most(days).of(start)
    }

    /// The factor by which anything has grown at most after `days`, see [`Self::grown_at_most`].
    #[must_use]
    pub fn factor_at_most(self, days: u32) -> GrowthFactor {
        let period = if self.per == GrowthPeriod::Month {
            30
        } else {
            365
        };
        let share = u128::from(self.ratio.0);
        let mut factor = SCALE;
        for _ in 0..days / period {
            match grow(factor, share, 1, 1) {
                Some(next) => factor = next,
                None => return GrowthFactor(None),
            }
            // Not even one byte grown like this can be represented.
            if factor > SCALE * u128::from(u64::MAX) {
                return GrowthFactor(None);
            }
        }
        let rest = u128::from(days % period);
        GrowthFactor(grow(factor, share, rest, u128::from(period)))
    }

    /// The least that `start` has become after `days`: only finished periods of 31 (366) days
    /// count.
    #[must_use]
    pub fn grown_at_least(self, start: Bytes, days: u32) -> Bytes {
        let period = if self.per == GrowthPeriod::Month {
            31
        } else {
            366
        };
        let mut size = u128::from(start.0);
        for _ in 0..days / period {
            size += size * u128::from(self.ratio.0) / 1_000_000;
            if size > u128::from(u64::MAX) {
                return Bytes(u64::MAX);
            }
        }
        Bytes(u64::try_from(size).unwrap_or(u64::MAX))
    }

    fn yearly(self) -> u128 {
        let periods = if self.per == GrowthPeriod::Month {
            12
        } else {
            1
        };
        u128::from(self.ratio.0) * periods
    }
}

/// `factor · (1 + share/10^6 · part/whole)`, rounded up.
fn grow(factor: u128, share: u128, part: u128, whole: u128) -> Option<u128> {
    let added = factor
        .checked_mul(share)?
        .checked_mul(part)?
        .div_ceil(1_000_000 * whole);
    factor.checked_add(added)
}

impl PartialEq for RatioPerMonth {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for RatioPerMonth {}

impl PartialOrd for RatioPerMonth {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RatioPerMonth {
    fn cmp(&self, other: &Self) -> Ordering {
        self.yearly().cmp(&other.yearly())
    }
}

impl fmt::Display for RatioPerMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = if self.per == GrowthPeriod::Month {
            "month"
        } else {
            "year"
        };
        write!(f, "{}/{per}", self.ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compounds_by_the_month() {
        let three = RatioPerMonth::new(30_000);
        // 1.03^36 = 2.898278…
        assert_eq!(
            three.grown_at_most(Bytes(1_000_000), 36 * 30),
            Bytes(2_898_279)
        );
        assert_eq!(three.grown_at_most(Bytes(1_000_000), 15), Bytes(1_015_000));
        assert_eq!(three.grown_at_least(Bytes(1_000_000), 30), Bytes(1_000_000));
        assert_eq!(three.grown_at_least(Bytes(1_000_000), 62), Bytes(1_060_900));
    }

    #[test]
    fn never_wraps() {
        let wild = RatioPerMonth::new(1_000_000_000);
        assert_eq!(wild.grown_at_most(Bytes(1), 36_500), Bytes(u64::MAX));
        assert_eq!(wild.grown_at_least(Bytes(1), 36_500), Bytes(u64::MAX));
        assert_eq!(wild.grown_at_most(Bytes(0), 36_500), Bytes(0));
    }

    #[test]
    fn years_and_months_compare() {
        let yearly = RatioPerMonth {
            ratio: Ratio(120_000),
            per: GrowthPeriod::Year,
        };
        assert_eq!(yearly, RatioPerMonth::new(10_000));
        assert_eq!(yearly.to_string(), "12 %/year");
    }
}
