//! Days until a day.

use jiff::civil::Date;
use thrice_plan::{Copy, CopyKind, calendar};
use thrice_quantity::Seconds;

use crate::context::Context;

/// Whole days from one to the other; none if it is earlier.
pub(super) fn days_between(from: Date, to: Date) -> u32 {
    u32::try_from(calendar::days_between(from, to)).unwrap_or(0)
}

/// How long something has been where a copy is, up to a day.
pub(super) fn since(context: &Context<'_>, copy: &Copy, day: Date) -> Seconds {
    Seconds::days(i64::from(days_between(begun(context, copy), day)))
}

/// From when on there has been anything where a copy is: steps may fill a place one after the other. Each has versions of
/// its own.
pub(super) fn begun(context: &Context<'_>, copy: &Copy) -> Date {
    let own = copy.lifetime.from;
    if copy.kind == CopyKind::Versions {
        return own;
    }
    let all = context.copies_of(copy.class).iter();
    let others = all.map(|id| &context.plan.copies[*id]).filter(|other| {
        other.kind != CopyKind::Versions
            && other.lifetime.from < own
            && other.location == copy.location
    });
    let first = others.map(|other| other.lifetime.from).min();
    first.unwrap_or(own)
}
