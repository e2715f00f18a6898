//! From number and unit text to a value, with errors that say what would have been right.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decimal::{Decimal, DecimalError};
use crate::duration::{CalendarSpan, Seconds};
use crate::growth::RatioPerMonth;
use crate::money::{Money, MoneyPerMonth, MoneyPerVolume};
use crate::ratio::Ratio;
use crate::size::{Bytes, BytesPerDay, BytesPerSecond};
use crate::unit::{Dimension, Unit, suggestions, unit};

/// A quantity of any dimension.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each variant is the dimension of the same name"
)]
pub enum Value {
    Size(Bytes),
    Duration(Seconds),
    Span(CalendarSpan),
    Money(Money),
    MonthlyCost(MoneyPerMonth),
    VolumePrice(MoneyPerVolume),
    Ratio(Ratio),
    Bandwidth(BytesPerSecond),
    VolumePerTime(BytesPerDay),
    RelativeGrowth(RatioPerMonth),
}

impl Value {
    /// What it measures.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        match self {
            Self::Size(_) => Dimension::Size,
            Self::Duration(_) => Dimension::Duration,
            Self::Span(_) => Dimension::Span,
            Self::Money(_) => Dimension::Money,
            Self::MonthlyCost(_) => Dimension::MonthlyCost,
            Self::VolumePrice(_) => Dimension::VolumePrice,
            Self::Ratio(_) => Dimension::Ratio,
            Self::Bandwidth(_) => Dimension::Bandwidth,
            Self::VolumePerTime(_) => Dimension::VolumePerTime,
            Self::RelativeGrowth(_) => Dimension::RelativeGrowth,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(value) => value.fmt(f),
            Self::Duration(value) => value.fmt(f),
            Self::Span(value) => value.fmt(f),
            Self::Money(value) => value.fmt(f),
            Self::MonthlyCost(value) => value.fmt(f),
            Self::VolumePrice(value) => value.fmt(f),
            Self::Ratio(value) => value.fmt(f),
            Self::Bandwidth(value) => value.fmt(f),
            Self::VolumePerTime(value) => value.fmt(f),
            Self::RelativeGrowth(value) => value.fmt(f),
        }
    }
}

/// Why number and unit make no value of a wanted dimension. `Display` is a full sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// The number is not of the form `12`, `1_000` or `4.99`.
    BadNumber {
        /// What was written.
        text: String,
    },
    /// A number stands alone where a unit is needed.
    MissingUnit {
        /// The number.
        number: String,
        /// What would be accepted, never empty.
        wanted: Vec<Dimension>,
    },
    /// No unit is spelt like this.
    UnknownUnit {
        /// What was written.
        unit: String,
        /// Near spellings, best first; may be empty.
        near: Vec<String>,
        /// What would be accepted.
        wanted: Vec<Dimension>,
    },
    /// A quantity of another kind.
    WrongDimension {
        /// What was written, number and unit.
        written: String,
        /// What that is.
        found: Dimension,
        /// What would be accepted.
        wanted: Vec<Dimension>,
    },
    /// Greater than anything this can hold.
    Overflow {
        /// What was written.
        written: String,
    },
    /// Finer than the smallest unit.
    PrecisionLoss {
        /// What was written.
        written: String,
        /// The smallest step in the plural, such as `bytes`; empty for plain numbers.
        smallest: &'static str,
    },
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadNumber { text } => {
                write!(f, "`{text}` is no number; write `12`, `1_000` or `4.99`")
            }
            Self::MissingUnit { number, wanted } => {
                write!(f, "`{number}` has no unit; {}", wanted_here(wanted))
            }
            Self::UnknownUnit { unit, near, wanted } => match near.as_slice() {
                [] => write!(f, "`{unit}` is no unit; {}", wanted_here(wanted)),
                near => {
                    let near: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
                    write!(
                        f,
                        "`{unit}` is no unit; did you mean {}?",
                        near.join(" or ")
                    )
                }
            },
            Self::WrongDimension {
                written,
                found,
                wanted,
            } => {
                write!(f, "`{written}` is {found}, {}", wanted_here(wanted))
            }
            Self::Overflow { written } => write!(f, "`{written}` is too large to reckon with"),
            Self::PrecisionLoss {
                written,
                smallest: "",
            } => {
                write!(f, "`{written}` is no whole number")
            }
            Self::PrecisionLoss { written, smallest } => {
                write!(f, "`{written}` is no whole number of {smallest}")
            }
        }
    }
}

impl std::error::Error for QuantityError {}

/// `a duration is wanted here, such as `26h``.
fn wanted_here(wanted: &[Dimension]) -> String {
    let names: Vec<_> = wanted.iter().map(|dimension| dimension.name()).collect();
    let examples: Vec<_> = wanted
        .iter()
        .map(|dimension| format!("`{}`", dimension.example()))
        .collect();
    format!(
        "{} is wanted here, such as {}",
        names.join(" or "),
        examples.join(" or ")
    )
}

/// Reads a quantity of one dimension; `number` and `unit` are the two words as written.
///
/// # Errors
/// See [`QuantityError`]; never panics, whatever the text.
pub fn quantity(number: &str, unit: &str, wanted: Dimension) -> Result<Value, QuantityError> {
    quantity_in(number, unit, &[wanted])
}

/// Reads a quantity of any of the wanted dimensions, the first that fits.
///
/// # Errors
/// See [`QuantityError`].
pub fn quantity_in(
    number: &str,
    unit_text: &str,
    wanted: &[Dimension],
) -> Result<Value, QuantityError> {
    let written = || {
        let joint = if unit_text.len() <= 1 && unit_text != "%" {
            ""
        } else {
            " "
        };
        format!("{number}{joint}{unit_text}")
    };
    let wanted_vec = || wanted.to_vec();
    let decimal = Decimal::parse(number).map_err(|error| number_error(error, number))?;
    if unit_text.is_empty() {
        return Err(QuantityError::MissingUnit {
            number: number.to_owned(),
            wanted: wanted_vec(),
        });
    }
    let Some(unit) = unit(unit_text) else {
        let near = suggestions(unit_text, wanted);
        return Err(QuantityError::UnknownUnit {
            unit: unit_text.to_owned(),
            near,
            wanted: wanted_vec(),
        });
    };
    let found = unit.dimension();
    let as_span =
        |dimension: &Dimension| *dimension == Dimension::Span && found == Dimension::Duration;
    let Some(dimension) = wanted
        .iter()
        .find(|wanted| **wanted == found || as_span(wanted))
    else {
        return Err(QuantityError::WrongDimension {
            written: written(),
            found,
            wanted: wanted_vec(),
        });
    };
    value(decimal, unit, *dimension).map_err(|error| match error {
        DecimalError::PrecisionLoss => QuantityError::PrecisionLoss {
            written: written(),
            smallest: smallest(unit),
        },
        DecimalError::Overflow | DecimalError::Malformed => {
            QuantityError::Overflow { written: written() }
        }
    })
}

/// Reads a number that counts things and has no unit.
///
/// # Errors
/// [`QuantityError::BadNumber`], [`QuantityError::Overflow`] or [`QuantityError::PrecisionLoss`].
pub fn count(number: &str) -> Result<u64, QuantityError> {
    Decimal::parse(number)
        .and_then(|decimal| decimal.scaled(1, 1))
        .map_err(|error| number_error(error, number))
}

fn number_error(error: DecimalError, number: &str) -> QuantityError {
    let written = number.to_owned();
    match error {
        DecimalError::Malformed => QuantityError::BadNumber { text: written },
        DecimalError::Overflow => QuantityError::Overflow { written },
        DecimalError::PrecisionLoss => QuantityError::PrecisionLoss {
            written,
            smallest: "",
        },
    }
}

fn smallest(unit: Unit) -> &'static str {
    match unit {
        Unit::Size(_) | Unit::Volume(..) => "bytes",
        Unit::Time(_) => "seconds",
        Unit::Months(_) => "months",
        Unit::Percent | Unit::PercentPer(_) => "ten-thousandths of a percent",
        Unit::Money(_)
        | Unit::MoneyPerMonth(_)
        | Unit::MoneyPerYear(_)
        | Unit::MoneyPerVolume(..) => "hundredths of a cent",
        Unit::BitsPerSecond(_) => "bytes per second",
    }
}

fn value(number: Decimal, unit: Unit, wanted: Dimension) -> Result<Value, DecimalError> {
    let money = |currency| -> Result<Money, DecimalError> {
        Ok(Money {
            ten_thousandths: signed(number.scaled(10_000, 1)?)?,
            currency,
        })
    };
    Ok(match unit {
        Unit::Size(factor) => Value::Size(Bytes(number.scaled(factor, 1)?)),
        Unit::Time(factor) => time(signed(number.scaled(factor, 1)?)?, factor, wanted),
        Unit::Months(factor) => {
            let months = number.scaled(u64::from(factor), 1)?;
            let months = i32::try_from(months).map_err(|_| DecimalError::Overflow)?;
            Value::Span(CalendarSpan {
                months,
                days: 0,
                seconds: 0,
            })
        }
        Unit::Percent => Value::Ratio(Ratio(number.scaled(10_000, 1)?)),
        Unit::Money(currency) => Value::Money(money(currency)?),
        Unit::MoneyPerMonth(currency) => Value::MonthlyCost(MoneyPerMonth(money(currency)?)),
        Unit::MoneyPerYear(currency) => {
            let yearly = number.scaled(10_000, 1)?;
            let ten_thousandths = signed(yearly.div_ceil(12))?;
            Value::MonthlyCost(MoneyPerMonth(Money {
                ten_thousandths,
                currency,
            }))
        }
        Unit::MoneyPerVolume(currency, bytes, monthly) => Value::VolumePrice(MoneyPerVolume {
            price: money(currency)?,
            volume: Bytes(bytes),
            monthly,
        }),
        Unit::BitsPerSecond(bits) => Value::Bandwidth(BytesPerSecond(number.scaled(bits, 8)?)),
        Unit::Volume(factor, per) => Value::VolumePerTime(BytesPerDay {
            volume: Bytes(number.scaled(factor, 1)?),
            per,
        }),
        Unit::PercentPer(per) => Value::RelativeGrowth(RatioPerMonth {
            ratio: Ratio(number.scaled(10_000, 1)?),
            per,
        }),
    })
}

/// A duration, or a span where one is wanted: days and weeks stay days.
fn time(seconds: i64, factor: u64, wanted: Dimension) -> Value {
    if wanted != Dimension::Span {
        return Value::Duration(Seconds(seconds));
    }
    let whole_days = factor >= 86_400 && seconds % 86_400 == 0;
    Value::Span(if whole_days {
        CalendarSpan {
            months: 0,
            days: seconds / 86_400,
            seconds: 0,
        }
    } else {
        CalendarSpan::from_seconds(Seconds(seconds))
    })
}

fn signed(number: u64) -> Result<i64, DecimalError> {
    i64::try_from(number).map_err(|_| DecimalError::Overflow)
}
