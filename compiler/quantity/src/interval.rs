//! Closed intervals: what is unknown is written as one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::duration::Seconds;
use crate::ratio::Ratio;
use crate::size::Bytes;

/// All values from `low` to `high`, both included; `low <= high` always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval<T> {
    low: T,
    high: T,
}

/// The two ends of an interval are the wrong way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversed<T> {
    /// What was written first.
    pub first: T,
    /// What was written second, and is less.
    pub second: T,
}

impl<T: Copy + PartialOrd> Interval<T> {
    /// The interval from `low` to `high`.
    ///
    /// # Errors
    /// [`Reversed`] unless `low <= high`.
    pub fn new(low: T, high: T) -> Result<Self, Reversed<T>> {
        if low <= high {
            Ok(Self { low, high })
        } else {
            Err(Reversed {
                first: low,
                second: high,
            })
        }
    }

    /// The interval that holds one value only.
    #[must_use]
    pub fn point(value: T) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// The least value.
    #[must_use]
    pub fn low(&self) -> T {
        self.low
    }

    /// The greatest value.
    #[must_use]
    pub fn high(&self) -> T {
        self.high
    }

    /// Whether exactly one value is possible.
    #[must_use]
    pub fn is_point(&self) -> bool {
        self.low == self.high
    }

    /// Whether `value` is possible.
    #[must_use]
    pub fn contains(&self, value: T) -> bool {
        self.low <= value && value <= self.high
    }

    /// Both ends through `change`; the ends are put in order again if it reverses them.
    #[must_use]
    pub fn map<U: Copy + PartialOrd>(&self, change: impl Fn(T) -> U) -> Interval<U> {
        let (a, b) = (change(self.low), change(self.high));
        if a <= b {
            Interval { low: a, high: b }
        } else {
            Interval { low: b, high: a }
        }
    }

    /// The values possible in both, if any.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let low = if self.low >= other.low {
            self.low
        } else {
            other.low
        };
        let high = if self.high <= other.high {
            self.high
        } else {
            other.high
        };
        (low <= high).then_some(Self { low, high })
    }
}

macro_rules! midpoint {
    ($($number:ty),*) => {$(
        impl Interval<$number> {
            /// The value half-way, rounded towards zero.
            #[must_use]
            pub fn midpoint(&self) -> $number {
                self.low.midpoint(self.high)
            }
        }
    )*};
}

midpoint!(u32, u64, i64);

macro_rules! midpoint_of_unit {
    ($($unit:ident),*) => {$(
        impl Interval<$unit> {
            /// The value half-way, rounded towards zero.
            #[must_use]
            pub fn midpoint(&self) -> $unit {
                $unit(self.low.0.midpoint(self.high.0))
            }
        }
    )*};
}

midpoint_of_unit!(Bytes, Seconds, Ratio);

impl<T: PartialEq + fmt::Display> fmt::Display for Interval<T> {
    /// `5 MB` for a point, `5 MB..30 MB` otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            self.low.fmt(f)
        } else {
            write!(f, "{}..{}", self.low, self.high)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_its_ends_in_order() {
        assert_eq!(
            Interval::new(5, 3),
            Err(Reversed {
                first: 5,
                second: 3
            })
        );
        let i = Interval::new(5_i64, 30).unwrap();
        assert!(i.contains(5) && i.contains(30) && !i.contains(31) && !i.contains(4));
        assert_eq!(i.map(|v| -v), Interval::new(-30, -5).unwrap());
        assert_eq!(i.midpoint(), 17);
        assert_eq!(i.to_string(), "5..30");
        assert_eq!(Interval::point(4).to_string(), "4");
    }

    #[test]
    fn a_midpoint_of_extremes_does_not_overflow() {
        assert_eq!(
            Interval::new(u64::MAX - 2, u64::MAX).unwrap().midpoint(),
            u64::MAX - 1
        );
        let sizes = Interval::new(Bytes(5), Bytes(30)).unwrap();
        assert_eq!(sizes.midpoint(), Bytes(17));
    }

    #[test]
    fn intersects() {
        let (a, b) = (Interval::new(1, 5).unwrap(), Interval::new(4, 9).unwrap());
        assert_eq!(a.intersection(&b), Some(Interval::new(4, 5).unwrap()));
        assert_eq!(a.intersection(&Interval::point(6)), None);
    }
}
