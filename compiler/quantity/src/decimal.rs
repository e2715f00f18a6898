//! Decimal number text, read exactly.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A non-negative decimal number, `mantissa / 10^scale`, in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decimal {
    mantissa: u128,
    scale: u32,
}

/// Why a piece of text is no decimal number, or why it does not fit where it should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not of the form `12`, `1_000` or `4.99`.
    Malformed,
    /// More digits than can be held exactly.
    Overflow,
    /// The value is no whole number of the smallest unit.
    PrecisionLoss,
}

/// More digits than this are refused; 10^30 leaves room for every unit factor in a `u128`.
const MOST_DIGITS: usize = 30;

/// So many digits fit 64 bits, whatever they are.
const MOST_SHORT: usize = 19;

impl Decimal {
    /// Reads `12`, `1_000` or `4.99`: digits, single underscores between digits, at most one
    /// point with digits on both sides. No sign, no exponent.
    ///
    /// # Errors
    /// [`DecimalError::Malformed`] or, beyond 30 digits, [`DecimalError::Overflow`].
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        if let Some(short) = short(text) {
            return Ok(short);
        }
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let whole = digits(whole)?;
        let fraction = fraction.map(digits).transpose()?.unwrap_or_default();
        let fraction = fraction.trim_end_matches('0');
        let whole = whole.trim_start_matches('0');
        let significant = match whole {
            "" => fraction.trim_start_matches('0').len(),
            _ => whole.len() + fraction.len(),
        };
        if significant > MOST_DIGITS || fraction.len() > MOST_DIGITS {
            return Err(DecimalError::Overflow);
        }
        let digit = |byte: u8| u128::from(byte.saturating_sub(b'0'));
        let all = whole.bytes().chain(fraction.bytes());
        let mantissa = all.fold(0, |before: u128, byte| before * 10 + digit(byte));
        let scale = u32::try_from(fraction.len()).map_err(|_| DecimalError::Overflow)?;
        Ok(Self { mantissa, scale })
    }

    /// The number times `numerator / denominator`, as a whole number.
    ///
    /// # Errors
    /// [`DecimalError::PrecisionLoss`] when the result is not whole, [`DecimalError::Overflow`]
    /// when it exceeds `u64` (or when `denominator` is 0).
    pub fn scaled(self, numerator: u64, denominator: u64) -> Result<u64, DecimalError> {
        let top = self
            .mantissa
            .checked_mul(u128::from(numerator))
            .ok_or(DecimalError::Overflow)?;
        let bottom = 10_u128
            .checked_pow(self.scale)
            .and_then(|power| power.checked_mul(u128::from(denominator)))
            .filter(|bottom| *bottom > 0)
            .ok_or(DecimalError::Overflow)?;
        // Division of 128 bits takes long, and most numbers are whole.
        let (whole, rest) = match bottom {
            1 => (top, 0),
            _ => (top / bottom, top % bottom),
        };
        if rest != 0 {
            return Err(DecimalError::PrecisionLoss);
        }
        u64::try_from(whole).map_err(|_| DecimalError::Overflow)
    }

    /// A decimal from a count of `1 / 10^scale` parts, with trailing zeros dropped.
    #[must_use]
    pub fn from_parts(mut mantissa: u128, mut scale: u32) -> Self {
        while scale > 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.mantissa);
        }
        let power = 10_u128.saturating_pow(self.scale);
        let width = usize::try_from(self.scale).unwrap_or(usize::MAX);
        write!(
            f,
            "{}.{:0width$}",
            self.mantissa / power,
            self.mantissa % power
        )
    }
}

/// Most numbers are a few digits alone, which need no second look.
fn short(text: &str) -> Option<Decimal> {
    if text.is_empty() || text.len() > MOST_SHORT {
        return None;
    }
    let mut mantissa = 0_u64;
    for byte in text.bytes() {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        mantissa = mantissa * 10 + u64::from(digit);
    }
    Some(Decimal {
        mantissa: u128::from(mantissa),
        scale: 0,
    })
}

/// The digits of one side of the point, without underscores.
fn digits(text: &str) -> Result<Cow<'_, str>, DecimalError> {
    let well_formed = !text.is_empty()
        && !text.starts_with('_')
        && !text.ends_with('_')
        && !text.contains("__")
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    match well_formed {
        true if text.contains('_') => Ok(text.replace('_', "").into()),
        true => Ok(text.into()),
        false => Err(DecimalError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, shown) in [
            ("4.99", "4.99"),
            ("0.67", "0.67"),
            ("1_000", "1000"),
            ("007.50", "7.5"),
            ("0", "0"),
            ("9999999999999999999", "9999999999999999999"),
            ("18446744073709551616", "18446744073709551616"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "", ".", "1.", ".5", "1.2.3", "-1", "+1", "1e3", "1__0", "_1", "1_", "1,5", "٣",
        ] {
            assert_eq!(Decimal::parse(text), Err(DecimalError::Malformed), "{text}");
        }
        let long = "9".repeat(31);
        assert_eq!(Decimal::parse(&long), Err(DecimalError::Overflow));
    }

    #[test]
    fn scales_exactly_or_not_at_all() {
        assert_eq!(Decimal::parse("1.5").unwrap().scaled(1000, 1), Ok(1500));
        assert_eq!(
            Decimal::parse("0.5").unwrap().scaled(1, 1),
            Err(DecimalError::PrecisionLoss)
        );
        let huge = Decimal::parse("20000000000").unwrap();
        assert_eq!(
            huge.scaled(1_000_000_000_000, 1),
            Err(DecimalError::Overflow)
        );
    }
}
