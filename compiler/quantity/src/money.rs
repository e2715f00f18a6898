//! Money, to a hundredth of a cent.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::size::Bytes;

/// A currency by its three-letter ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the codes are the names")]
pub enum Currency {
    Aud,
    Brl,
    Cad,
    Chf,
    Cny,
    Czk,
    Dkk,
    Eur,
    Gbp,
    Huf,
    Inr,
    Jpy,
    Nok,
    Nzd,
    Pln,
    Ron,
    Sek,
    Usd,
    Zar,
}

impl Currency {
    /// Every currency that can be written, by code.
    pub const ALL: [Self; 19] = [
        Self::Aud,
        Self::Brl,
        Self::Cad,
        Self::Chf,
        Self::Cny,
        Self::Czk,
        Self::Dkk,
        Self::Eur,
        Self::Gbp,
        Self::Huf,
        Self::Inr,
        Self::Jpy,
        Self::Nok,
        Self::Nzd,
        Self::Pln,
        Self::Ron,
        Self::Sek,
        Self::Usd,
        Self::Zar,
    ];

    /// The code, such as `EUR`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Aud => "AUD",
            Self::Brl => "BRL",
            Self::Cad => "CAD",
            Self::Chf => "CHF",
            Self::Cny => "CNY",
            Self::Czk => "CZK",
            Self::Dkk => "DKK",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Huf => "HUF",
            Self::Inr => "INR",
            Self::Jpy => "JPY",
            Self::Nok => "NOK",
            Self::Nzd => "NZD",
            Self::Pln => "PLN",
            Self::Ron => "RON",
            Self::Sek => "SEK",
            Self::Usd => "USD",
            Self::Zar => "ZAR",
        }
    }

    /// The currency with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.code() == code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in ten-thousandths of a currency unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// 1 EUR is 10 000.
    pub ten_thousandths: i64,
    /// The currency; amounts in different currencies are never added.
    pub currency: Currency,
}

impl Money {
    /// The sum, or `None` when the currencies differ or the amount overflows.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        let ten_thousandths = self.ten_thousandths.checked_add(other.ten_thousandths)?;
        Some(Self {
            ten_thousandths,
            currency: self.currency,
        })
    }
}

impl PartialOrd for Money {
    /// Amounts in different currencies are not comparable.
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (self.currency == other.currency).then(|| self.ten_thousandths.cmp(&other.ten_thousandths))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ten_thousandths < 0 {
            f.write_str("-")?;
        }
        let amount = u128::from(self.ten_thousandths.unsigned_abs());
        if amount % 10_000 != 0 && amount % 100 == 0 {
            // Cents are written with two digits: 4.50, not 4.5.
            return write!(
                f,
                "{}.{:02} {}",
                amount / 10_000,
                amount % 10_000 / 100,
                self.currency
            );
        }
        write!(f, "{} {}", Decimal::from_parts(amount, 4), self.currency)
    }
}

/// A recurring cost per calendar month. A yearly cost counts as its twelfth, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MoneyPerMonth(pub Money);

impl fmt::Display for MoneyPerMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/month", self.0)
    }
}

/// A price by volume (`1 EUR/TB`), or by volume kept for a month (`5.99 EUR/TB/month`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MoneyPerVolume {
    /// The price of one `volume`.
    pub price: Money,
    /// The volume priced.
    pub volume: Bytes,
    /// Whether the price recurs each month.
    pub monthly: bool,
}

impl MoneyPerVolume {
    /// The price of `amount`, rounded up to a ten-thousandth; `None` beyond `i64`.
    #[must_use]
    pub fn price_of(self, amount: Bytes) -> Option<Money> {
        let unit = i128::from(self.volume.0.max(1));
        let total = i128::from(self.price.ten_thousandths).checked_mul(i128::from(amount.0))?;
        let ten_thousandths = i64::try_from((total + unit - 1).div_euclid(unit)).ok()?;
        Some(Money {
            ten_thousandths,
            currency: self.price.currency,
        })
    }
}

impl fmt::Display for MoneyPerVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let volume = self.volume.to_string();
        let volume = volume.strip_prefix("1 ").unwrap_or(&volume);
        write!(
            f,
            "{}/{volume}{}",
            self.price,
            if self.monthly { "/month" } else { "" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(ten_thousandths: i64) -> Money {
        Money {
            ten_thousandths,
            currency: Currency::Eur,
        }
    }

    #[test]
    fn amounts_read_as_on_a_bill() {
        assert_eq!(MoneyPerMonth(eur(49_900)).to_string(), "4.99 EUR/month");
        assert_eq!(eur(45_000).to_string(), "4.50 EUR");
        assert_eq!(eur(300_0000).to_string(), "300 EUR");
        assert_eq!(eur(-67).to_string(), "-0.0067 EUR");
    }

    #[test]
    fn currencies_do_not_mix() {
        let usd = Money {
            ten_thousandths: 1,
            currency: Currency::Usd,
        };
        assert_eq!(eur(1).checked_add(usd), None);
        assert_eq!(eur(1).partial_cmp(&usd), None);
        assert_eq!(eur(i64::MAX).checked_add(eur(1)), None);
        assert_eq!(eur(1).checked_add(eur(2)), Some(eur(3)));
    }

    #[test]
    fn volume_has_its_price() {
        let price = MoneyPerVolume {
            price: eur(10_000),
            volume: Bytes(1_000_000_000_000),
            monthly: true,
        };
        assert_eq!(price.to_string(), "1 EUR/TB/month");
        assert_eq!(price.price_of(Bytes(1_500_000_000_000)), Some(eur(15_000)));
        assert_eq!(price.price_of(Bytes(1)), Some(eur(1)), "rounded up");
    }

    #[test]
    fn every_code_is_found_again() {
        for currency in Currency::ALL {
            assert_eq!(Currency::from_code(currency.code()), Some(currency));
        }
        assert_eq!(Currency::from_code("eur"), None);
    }
}
