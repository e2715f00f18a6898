//! The runs that bring the versions.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_quantity::schedule::Schedule;
use thrice_quantity::{Seconds, ZoneTable};

/// A backup that succeeded: its moment and the offset of the clock that stored it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it started.
    pub at: Timestamp,
    /// Seconds ahead of UTC.
    pub offset_seconds: i32,
}

/// The runs of a schedule on the clock of `zone`, stored by hosts set to `stored`, from `from`
/// up to but excluding `to`.
#[must_use]
pub fn runs_of(
    schedule: &Schedule,
    zone: &TimeZone,
    stored: &TimeZone,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Run> {
    let table = ZoneTable::new(stored, from, to);
    let offset = |at: Timestamp| i32::try_from(table.offset_at(at.as_second())).unwrap_or(0);
    schedule
        .occurrences(zone, from, to)
        .map(|at| Run {
            at,
            offset_seconds: offset(at),
        })
        .collect()
}

/// `count` runs a fixed `period` apart, stored in UTC; fewer where the calendar ends.
#[must_use]
pub fn regular_runs(start: Timestamp, period: Seconds, count: usize) -> Vec<Run> {
    std::iter::successors(Some(start), |at| {
        at.checked_add(period.to_signed_duration()).ok()
    })
    .take(count)
    .map(|at| Run {
        at,
        offset_seconds: 0,
    })
    .collect()
}
