//! Quantities of a policy: sizes, durations, money, rates, intervals and schedules.
//!
//! A number in a policy always carries its unit, and the unit decides its dimension: a size is
//! never a duration, and MB differs from MiB. Everything here is exact integer arithmetic; text
//! becomes a value through [`quantity`], and a value becomes text again through `Display`, in the
//! same units. What does not fit is an error, never a wrapped number.
//!
//! The [`schedule`] module says when a step runs, as Debian cron would run it, and the
//! [`cron`] module reads and writes the five fields.

pub mod cron;
mod decimal;
mod duration;
mod growth;
mod interval;
mod money;
mod quantity;
mod ratio;
pub mod schedule;
mod size;
mod unit;
mod zone;

pub use decimal::{Decimal, DecimalError};
pub use duration::{CalendarSpan, Seconds};
pub use growth::{GrowthFactor, GrowthPeriod, RatioPerMonth};
pub use interval::{Interval, Reversed};
pub use money::{Currency, Money, MoneyPerMonth, MoneyPerVolume};
pub use quantity::{QuantityError, Value, count, quantity, quantity_in};
pub use ratio::Ratio;
pub use size::{Bytes, BytesPerDay, BytesPerSecond, VolumePeriod};
pub use unit::{Dimension, Unit, all_unit_names, suggestions, unit};
pub use zone::ZoneTable;
