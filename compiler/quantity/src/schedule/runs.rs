//! The instants at which a schedule runs.

use jiff::civil::{Date, Weekday as CivilWeekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

use super::{Recurrence, Schedule, TimeOfDay};
use crate::zone::{Wall, ZoneTable};

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// A jump of the clocks by more than this is no clock change to cron: it catches nothing up
/// (cron.c, `3*MINUTE_COUNT`).
pub(crate) const LONGEST_CATCH_UP: i64 = 3 * 3600;

/// A stretch beyond which no date is looked for; well inside what jiff can hold.
const LAST_YEAR: i16 = 9000;

impl Schedule {
    /// The runs from `from` up to but excluding `to`, in order, on the clock of `zone` (see
    /// [`super::ScheduleZone::time_zone`]). Two times that one clock jump skips are started
    /// together and come as one run.
    pub fn occurrences(
        &self,
        zone: &TimeZone,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = Timestamp> + use<> {
        let table = table_around(zone, from.as_second(), to.as_second());
        self.starts(table, from.as_second(), to.as_second())
            .filter_map(|second| Timestamp::from_second(second).ok())
    }

    /// The same with the clock pinned to UTC, whatever zone is written.
    pub fn occurrences_utc(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = Timestamp> + use<> {
        self.occurrences(&TimeZone::UTC, from, to)
    }

    /// The first run at or after `from`, if one comes within about thirty years.
    #[must_use]
    pub fn next_from(&self, zone: &TimeZone, from: Timestamp) -> Option<Timestamp> {
        [40, 400, 11_000].into_iter().find_map(|days: i64| {
            let to = from.checked_add((days * 24).hours()).ok()?;
            self.occurrences(zone, from, to).next()
        })
    }

    /// The runs as Unix seconds; `table` must reach a few days beyond both ends.
    pub(super) fn starts(
        &self,
        table: ZoneTable,
        from: i64,
        to: i64,
    ) -> Box<dyn Iterator<Item = i64>> {
        if self.never_matches() || from >= to {
            return Box::new(std::iter::empty());
        }
        match &self.when {
            Recurrence::OnDemand => Box::new(std::iter::empty()),
            Recurrence::EveryMinutes(1440) => fixed(
                every_day(from, to),
                vec![TimeOfDay::MIDNIGHT],
                table,
                from,
                to,
            ),
            Recurrence::EveryMinutes(step) => {
                Box::new(repeating(table, from, to, i64::from(*step) * 60, 0))
            }
            Recurrence::Hourly { minute } => {
                Box::new(repeating(table, from, to, 3600, i64::from(*minute) * 60))
            }
            Recurrence::Daily { times } => {
                let mut times = times.clone();
                times.sort_unstable();
                fixed(every_day(from, to), times, table, from, to)
            }
            Recurrence::Weekly { weekday, time } => {
                // 1970-01-05 (day 4) was a Monday.
                let phase = (i64::from(weekday.from_monday()) + 4) % 7;
                let days = every_day(from, to).filter(move |day| day.rem_euclid(7) == phase);
                fixed(days, vec![*time], table, from, to)
            }
            Recurrence::Monthly { day, time } => {
                let days = month_days(from, to, 1..=12, *day);
                fixed(days, vec![*time], table, from, to)
            }
            Recurrence::Yearly { month, day, time } => {
                let days = month_days(from, to, *month..=*month, *day);
                fixed(days, vec![*time], table, from, to)
            }
        }
    }
}

/// A table with room for the days on either side.
pub(crate) fn table_around(zone: &TimeZone, from: i64, to: i64) -> ZoneTable {
    let at = |second: i64, otherwise| Timestamp::from_second(second).unwrap_or(otherwise);
    let from = at(from.saturating_sub(4 * DAY), Timestamp::MIN);
    let to = at(to.saturating_add(4 * DAY), Timestamp::MAX);
    ZoneTable::new(zone, from, to)
}

/// Days since 1970-01-01 whose wall clock may touch the stretch.
fn every_day(from: i64, to: i64) -> std::ops::Range<i64> {
    from.div_euclid(DAY) - 2..to.div_euclid(DAY) + 3
}

/// The days of that number in the given months of all years that may touch the stretch.
fn month_days(
    from: i64,
    to: i64,
    months: std::ops::RangeInclusive<u8>,
    day: u8,
) -> impl Iterator<Item = i64> {
    let year = |second: i64| {
        Timestamp::from_second(second).map_or(LAST_YEAR, |at| {
            Offset::UTC.to_datetime(at).year().min(LAST_YEAR)
        })
    };
    (year(from) - 1..=year(to) + 1)
        .flat_map(move |year| months.clone().map(move |month| (year, month)))
        .filter_map(move |(year, month)| {
            epoch_day(Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?)
        })
}

/// Days from 1970-01-01 to `date`.
pub(crate) fn epoch_day(date: Date) -> Option<i64> {
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    Some(
        Offset::UTC
            .to_timestamp(midnight)
            .ok()?
            .as_second()
            .div_euclid(DAY),
    )
}

/// The date that is `day` days after 1970-01-01.
pub(crate) fn date_of(day: i64) -> Option<Date> {
    let midnight = Timestamp::from_second(day.checked_mul(DAY)?).ok()?;
    Some(Offset::UTC.to_datetime(midnight).date())
}

/// The weekday of a day counted from 1970-01-01, as cron numbers it (Sunday is 0).
pub(crate) fn cron_weekday(day: i64) -> u8 {
    let thursday = i64::from(CivilWeekday::Thursday.to_sunday_zero_offset());
    u8::try_from((day + thursday).rem_euclid(7)).unwrap_or(0)
}

/// Fixed times on the given days.
fn fixed(
    days: impl Iterator<Item = i64> + 'static,
    times: Vec<TimeOfDay>,
    table: ZoneTable,
    from: i64,
    to: i64,
) -> Box<dyn Iterator<Item = i64>> {
    let start =
        move |day: i64, time: TimeOfDay| start_of_fixed(&table, day * DAY + time.second_of_day());
    if let [time] = times[..] {
        return Box::new(in_order(
            days.filter_map(move |day| start(day, time)),
            from,
            to,
        ));
    }
    let starts = days.flat_map(move |day| {
        let starts = times.iter().filter_map(|time| start(day, *time));
        starts.collect::<Vec<_>>()
    });
    Box::new(in_order(starts, from, to))
}

/// When cron starts a job with a fixed time; `None` where a jump is too long to catch up.
pub(crate) fn start_of_fixed(table: &ZoneTable, local: i64) -> Option<i64> {
    match table.wall(local) {
        Wall::Once(at) | Wall::Twice { first: at, .. } => Some(at),
        Wall::Skipped { at, width } => (width <= LONGEST_CATCH_UP).then_some(at),
    }
}

/// Cuts to the stretch and drops what is not later than its predecessor.
pub(crate) fn in_order(
    starts: impl Iterator<Item = i64>,
    from: i64,
    to: i64,
) -> impl Iterator<Item = i64> {
    let mut last = i64::MIN;
    starts
        .skip_while(move |start| *start < from)
        .take_while(move |start| *start < to)
        .filter(move |start| {
            let later = *start > last;
            last = last.max(*start);
            later
        })
}

/// All instants whose wall time since midnight is `phase` modulo `step` (both seconds).
fn repeating(
    table: ZoneTable,
    from: i64,
    to: i64,
    step: i64,
    phase: i64,
) -> impl Iterator<Item = i64> {
    let pieces: Vec<(i64, i64)> = table
        .segments()
        .iter()
        .map(|segment| {
            let (start, end) = (segment.start.max(from), segment.end.min(to));
            (
                start + (phase - start - segment.offset).rem_euclid(step),
                end,
            )
        })
        .collect();
    let width = usize::try_from(step).unwrap_or(usize::MAX).max(1);
    pieces
        .into_iter()
        .flat_map(move |(first, end)| (first..end).step_by(width))
}

#[cfg(test)]
mod tests {
    use super::super::{Weekday, zone_named};
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn time(text: &str) -> TimeOfDay {
        TimeOfDay::parse(text).unwrap()
    }

    fn runs(when: Recurrence, zone: &str, from: &str, to: &str) -> Vec<String> {
        Schedule::utc(when)
            .occurrences(&zone_named(zone).unwrap(), at(from), at(to))
            .map(|run| run.to_string())
            .collect()
    }

    #[test]
    fn a_skipped_time_runs_when_the_clocks_have_jumped() {
        let daily = Recurrence::Daily {
            times: vec![time("02:30")],
        };
        let found = runs(
            daily,
            "Europe/Berlin",
            "2027-03-27T00:00Z",
            "2027-03-30T00:00Z",
        );
        assert_eq!(
            found,
            [
                "2027-03-27T01:30:00Z",
                "2027-03-28T01:00:00Z",
                "2027-03-29T00:30:00Z"
            ]
        );
    }

    #[test]
    fn a_repeated_time_runs_once() {
        let daily = Recurrence::Daily {
            times: vec![time("02:30")],
        };
        let found = runs(
            daily,
            "Europe/Berlin",
            "2026-10-24T00:00Z",
            "2026-10-27T00:00Z",
        );
        assert_eq!(
            found,
            [
                "2026-10-24T00:30:00Z",
                "2026-10-25T00:30:00Z",
                "2026-10-26T01:30:00Z"
            ]
        );
    }

    #[test]
    fn repeating_rules_follow_the_clock() {
        let hourly = Recurrence::Hourly { minute: 30 };
        let found = runs(
            hourly.clone(),
            "Europe/Berlin",
            "2026-10-24T23:00Z",
            "2026-10-25T03:00Z",
        );
        assert_eq!(found.len(), 4, "the repeated hour has its own run");
        let found = runs(
            hourly,
            "Europe/Berlin",
            "2027-03-27T23:00Z",
            "2027-03-28T03:00Z",
        );
        assert_eq!(found.len(), 4, "the skipped hour takes no real time");
        let two_hours = Recurrence::EveryMinutes(120);
        let found = runs(
            two_hours,
            "Europe/Berlin",
            "2027-03-27T22:00Z",
            "2027-03-28T05:00Z",
        );
        assert_eq!(
            found,
            [
                "2027-03-27T23:00:00Z",
                "2027-03-28T02:00:00Z",
                "2027-03-28T04:00:00Z"
            ]
        );
    }

    #[test]
    fn months_without_the_day_are_left_out() {
        let monthly = Recurrence::Monthly {
            day: 31,
            time: time("05:00"),
        };
        let found = runs(monthly, "UTC", "2026-01-01T00:00Z", "2027-01-01T00:00Z");
        assert_eq!(found.len(), 7);
        let leap = Recurrence::Yearly {
            month: 2,
            day: 29,
            time: time("05:00"),
        };
        let found = runs(leap, "UTC", "2026-01-01T00:00Z", "2034-01-01T00:00Z");
        assert_eq!(found, ["2028-02-29T05:00:00Z", "2032-02-29T05:00:00Z"]);
    }

    #[test]
    fn weekdays_fall_where_they_should() {
        let weekly = Recurrence::Weekly {
            weekday: Weekday::Sunday,
            time: time("04:00"),
        };
        let found = runs(weekly, "UTC", "2026-11-20T00:00Z", "2026-12-01T00:00Z");
        assert_eq!(found, ["2026-11-22T04:00:00Z", "2026-11-29T04:00:00Z"]);
        assert_eq!(
            cron_weekday(epoch_day(jiff::civil::date(2026, 11, 22)).unwrap()),
            0
        );
        assert_eq!(date_of(0), Some(jiff::civil::date(1970, 1, 1)));
    }

    #[test]
    fn the_ends_are_half_open_and_times_sorted() {
        let daily = Recurrence::Daily {
            times: vec![time("15:00"), time("03:00")],
        };
        let found = runs(daily, "UTC", "2026-11-20T03:00Z", "2026-11-20T15:00Z");
        assert_eq!(found, ["2026-11-20T03:00:00Z"]);
    }

    #[test]
    fn the_next_run_is_found_or_not() {
        let next = |when| Schedule::utc(when).next_from(&TimeZone::UTC, at("2026-11-20T00:00Z"));
        let leap = Recurrence::Yearly {
            month: 2,
            day: 29,
            time: time("05:00"),
        };
        assert_eq!(next(leap), Some(at("2028-02-29T05:00Z")));
        assert_eq!(
            next(Recurrence::Yearly {
                month: 2,
                day: 30,
                time: time("05:00")
            }),
            None
        );
        assert_eq!(next(Recurrence::OnDemand), None);
    }
}
