//! Shares of a whole.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::size::Bytes;

/// A share in parts per million: `20 %` is 200 000. Shares above one (`150 %`) are possible.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Ratio(pub u64);

impl Ratio {
    /// The whole, in parts per million.
    pub const ONE: Self = Self(1_000_000);

    /// This share of `whole`, rounded up; the greatest size beyond `u64`.
    #[must_use]
    pub fn of(self, whole: Bytes) -> Bytes {
        let parts = (u128::from(whole.0) * u128::from(self.0)).div_ceil(1_000_000);
        Bytes(u64::try_from(parts).unwrap_or(u64::MAX))
    }

    /// What is left of one: `20 %` leaves `80 %`; nothing is left of more than one.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(Self::ONE.0.saturating_sub(self.0))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", Decimal::from_parts(u128::from(self.0), 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_sizes() {
        assert_eq!(Ratio(200_000).of(Bytes(80)), Bytes(16));
        assert_eq!(Ratio(1).of(Bytes(1)), Bytes(1), "rounded up");
        assert_eq!(Ratio(200_000).complement(), Ratio(800_000));
        assert_eq!(Ratio(2_000_000).complement(), Ratio(0));
        assert_eq!(Ratio(2_500).to_string(), "0.25 %");
        assert_eq!(Ratio(200_000).to_string(), "20 %");
    }
}
