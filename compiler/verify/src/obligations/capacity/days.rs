//! Days until a day.

use jiff::civil::Date;
use thrice_plan::{Copy, calendar};
use thrice_quantity::Seconds;

/// Whole days from one to the other; none if it is earlier.
pub(super) fn days_between(from: Date, to: Date) -> u32 {
    u32::try_from(calendar::days_between(from, to)).unwrap_or(0)
}

/// How long a copy has been there, up to a day.
pub(super) fn since(copy: &Copy, day: Date) -> Seconds {
    Seconds::days(i64::from(days_between(copy.lifetime.from, day)))
}
