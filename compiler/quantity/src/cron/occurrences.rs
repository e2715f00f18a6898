//! The instants at which cron starts a line.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::CronSpec;
use crate::schedule::runs::{DAY, cron_weekday, date_of, in_order, start_of_fixed, table_around};
use crate::zone::ZoneTable;

impl CronSpec {
    /// The runs from `from` up to but excluding `to`, in order, with the host's clock in `zone`.
    /// Two times that one clock jump skips come as one run.
    #[must_use]
    pub fn occurrences(&self, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let (from, to) = (from.as_second(), to.as_second());
        let table = table_around(zone, from, to);
        let starts: Vec<i64> = if self.follows_clock() {
            self.starts_by_clock(&table, from, to)
        } else {
            let locals = self.wall_times(from - 2 * DAY, to + 2 * DAY);
            let starts = locals
                .into_iter()
                .filter_map(|local| start_of_fixed(&table, local));
            in_order(starts, from, to).collect()
        };
        starts
            .into_iter()
            .filter_map(|start| Timestamp::from_second(start).ok())
            .collect()
    }

    /// Whether no date of the calendar fits, such as `0 0 30 2 *`, which cron accepts.
    #[must_use]
    pub fn never_matches(&self) -> bool {
        // Dates and weekdays together repeat after 28 years, leap days included.
        (0..28 * 366).all(|day| !self.matches_day(day))
    }

    fn starts_by_clock(&self, table: &ZoneTable, from: i64, to: i64) -> Vec<i64> {
        let mut starts = Vec::new();
        for segment in table.segments() {
            let (start, end) = (segment.start.max(from), segment.end.min(to));
            if start < end {
                let locals = self.wall_times(start + segment.offset, end + segment.offset);
                starts.extend(locals.into_iter().map(|local| local - segment.offset));
            }
        }
        starts
    }

    /// The times on the wall from `low` up to `high`, as seconds from 1970-01-01 on the wall.
    fn wall_times(&self, low: i64, high: i64) -> Vec<i64> {
        (low.div_euclid(DAY)..=high.div_euclid(DAY))
            .filter(|day| self.matches_day(*day))
            .flat_map(|day| {
                self.hour.values().flat_map(move |hour| {
                    self.minute.values().map(move |minute| {
                        day * DAY + i64::from(hour) * 3600 + i64::from(minute) * 60
                    })
                })
            })
            .filter(|local| (low..high).contains(local))
            .collect()
    }

    fn matches_day(&self, day: i64) -> bool {
        date_of(day).is_some_and(|date| {
            self.matches_date(
                date.day().unsigned_abs(),
                date.month().unsigned_abs(),
                cron_weekday(day),
            )
        })
    }
}
