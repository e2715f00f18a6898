//! How far apart runs lie.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::runs::{DAY, table_around};
use super::{Recurrence, Schedule};
use crate::duration::Seconds;
use crate::zone::ZoneTable;

/// The longest a rule can go without a run: 29 February may be eight years away from the next.
const LONGEST_YEARLY: i64 = 8 * 366 * DAY;
/// Day 31 leaves out at most one month at a time.
const LONGEST_MONTHLY: i64 = 62 * DAY;

impl Schedule {
    /// The longest time between two runs that touches the `years` from `from`, clock changes
    /// and short months included. `None` for what never recurs.
    #[must_use]
    pub fn widest_gap(&self, zone: &TimeZone, from: Timestamp, years: u32) -> Option<Seconds> {
        self.widest_gap_with_missed(zone, from, years, 0)
    }

    /// The same when up to `missed` runs in a row may fail.
    #[must_use]
    pub fn widest_gap_with_missed(
        &self,
        zone: &TimeZone,
        from: Timestamp,
        years: u32,
        missed: u32,
    ) -> Option<Seconds> {
        self.gaps(zone, from, years, missed).max().map(Seconds)
    }

    /// The shortest time between two runs that touches the `years` from `from`.
    #[must_use]
    pub fn narrowest_gap(&self, zone: &TimeZone, from: Timestamp, years: u32) -> Option<Seconds> {
        self.gaps(zone, from, years, 0).min().map(Seconds)
    }

    /// The shortest time between a run and the one after so many `between` them.
    #[must_use]
    pub fn narrowest_gap_of(
        &self,
        zone: &TimeZone,
        from: Timestamp,
        years: u32,
        between: u32,
    ) -> Option<Seconds> {
        self.gaps(zone, from, years, between).min().map(Seconds)
    }

    /// Every different distance between a run and the one after `missed` failures.
    fn gaps(
        &self,
        zone: &TimeZone,
        from: Timestamp,
        years: u32,
        missed: u32,
    ) -> impl Iterator<Item = i64> {
        let from = from.as_second();
        let to = from.saturating_add(i64::from(years.max(1)).saturating_mul(366 * DAY));
        let reach = self.longest().saturating_mul(i64::from(missed) + 2);
        let table = table_around(zone, from.saturating_sub(reach), to.saturating_add(reach));
        let step = usize::try_from(missed)
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        let windows = self.windows(&table, from, to, reach);
        let mut gaps = Vec::new();
        for (start, end) in windows {
            let starts: Vec<i64> = self.starts(table.clone(), start, end).collect();
            let pairs = starts.iter().zip(starts.iter().skip(step));
            gaps.extend(
                pairs
                    .filter(|(a, b)| **a < to && **b > from)
                    .map(|(a, b)| b - a),
            );
        }
        gaps.into_iter()
    }

    /// The stretches that show every distance there is. A rule that repeats by the day or the
    /// week is regular but for the clock changes, so it is enough to look at one piece and
    /// around each change.
    fn windows(&self, table: &ZoneTable, from: i64, to: i64, reach: i64) -> Vec<(i64, i64)> {
        match self.when {
            Recurrence::Monthly { .. } | Recurrence::Yearly { .. } => {
                vec![(from - reach, to + reach)]
            }
            _ => std::iter::once(from)
                .chain(
                    table
                        .transitions()
                        .map(|(at, ..)| at)
                        .filter(|at| from <= *at && *at < to),
                )
                .map(|at| (at - reach, at + reach))
                .collect(),
        }
    }

    /// An upper bound of the distance between two runs.
    fn longest(&self) -> i64 {
        match &self.when {
            Recurrence::EveryMinutes(step) => i64::from(*step) * 60 + 2 * 3600,
            Recurrence::Hourly { .. } => 2 * 3600,
            Recurrence::Daily { .. } => DAY + 2 * 3600,
            Recurrence::Weekly { .. } => 7 * DAY + 2 * 3600,
            Recurrence::Monthly { .. } => LONGEST_MONTHLY,
            Recurrence::Yearly {
                month: 2, day: 29, ..
            } => LONGEST_YEARLY,
            Recurrence::Yearly { .. } => 367 * DAY,
            Recurrence::OnDemand => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{TimeOfDay, Weekday, zone_named};
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn daily(times: &[&str]) -> Recurrence {
        Recurrence::Daily {
            times: times
                .iter()
                .map(|time| TimeOfDay::parse(time).unwrap())
                .collect(),
        }
    }

    fn widest(when: Recurrence, zone: &str, missed: u32) -> Option<String> {
        Schedule::utc(when)
            .widest_gap_with_missed(
                &zone_named(zone).unwrap(),
                at("2026-02-15T00:00Z"),
                3,
                missed,
            )
            .map(|gap| gap.to_string())
    }

    #[test]
    fn daily_rules_have_a_25_hour_day_in_autumn() {
        assert_eq!(widest(daily(&["03:00"]), "UTC", 0).unwrap(), "24 h");
        assert_eq!(
            widest(daily(&["03:00"]), "Europe/Paris", 0).unwrap(),
            "25 h"
        );
        assert_eq!(
            widest(daily(&["03:00"]), "Europe/Paris", 1).unwrap(),
            "2 d 1 h"
        );
        assert_eq!(
            widest(daily(&["03:00", "15:00"]), "UTC", 0).unwrap(),
            "12 h"
        );
        // 02:00 comes first on 25 October at 00:00 UTC, then on the 26th at 01:00 UTC.
        assert_eq!(
            widest(daily(&["02:00"]), "Europe/Paris", 0).unwrap(),
            "25 h"
        );
    }

    #[test]
    fn longer_rules() {
        let time = TimeOfDay::parse("05:00").unwrap();
        let monthly = |day| Recurrence::Monthly { day, time };
        assert_eq!(widest(monthly(1), "UTC", 0).unwrap(), "31 d");
        assert_eq!(widest(monthly(1), "UTC", 1).unwrap(), "62 d");
        assert_eq!(widest(monthly(31), "UTC", 0).unwrap(), "61 d");
        let weekly = Recurrence::Weekly {
            weekday: Weekday::Sunday,
            time,
        };
        assert_eq!(widest(weekly, "Europe/Paris", 0).unwrap(), "7 d 1 h");
        let yearly = |month, day| Recurrence::Yearly { month, day, time };
        assert_eq!(widest(yearly(6, 1), "UTC", 0).unwrap(), "366 d");
        assert_eq!(widest(yearly(2, 29), "UTC", 0).unwrap(), "1461 d");
        assert_eq!(widest(yearly(2, 30), "UTC", 0), None);
        assert_eq!(widest(Recurrence::OnDemand, "UTC", 0), None);
    }

    #[test]
    fn repeating_rules() {
        assert_eq!(
            widest(Recurrence::EveryMinutes(15), "Europe/Paris", 3).unwrap(),
            "1 h"
        );
        assert_eq!(
            widest(Recurrence::EveryMinutes(120), "Europe/Paris", 0).unwrap(),
            "3 h"
        );
        assert_eq!(
            widest(Recurrence::Hourly { minute: 5 }, "Europe/Paris", 0).unwrap(),
            "1 h"
        );
        // The half-hour change of Lord Howe moves the minute of the hour.
        assert_eq!(
            widest(Recurrence::Hourly { minute: 5 }, "Australia/Lord_Howe", 0).unwrap(),
            "1 h 30 min"
        );
    }

    #[test]
    fn the_narrowest_gap_shrinks_in_spring() {
        let zone = zone_named("Europe/Paris").unwrap();
        let narrowest = |when| Schedule::utc(when).narrowest_gap(&zone, at("2026-02-15T00:00Z"), 1);
        assert_eq!(narrowest(daily(&["04:00"])), Some(Seconds::hours(23)));
        assert_eq!(narrowest(daily(&["02:00", "04:00"])), Some(Seconds::HOUR));
    }

    proptest! {
        #[test]
        fn windows_miss_no_gap(
            hour in 0_u8..24, minute in 0_u8..60, second_hour in 0_u8..24, missed in 0_usize..4,
            zone in prop::sample::select(vec!["UTC", "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe"]),
            weekly in any::<bool>(),
        ) {
            let time = TimeOfDay::new(hour, minute).unwrap();
            let when = if weekly {
                Recurrence::Weekly { weekday: Weekday::Sunday, time }
            } else {
                Recurrence::Daily { times: vec![time, TimeOfDay::new(second_hour, 0).unwrap()] }
            };
            let schedule = Schedule::utc(when);
            let zone = zone_named(zone).unwrap();
            let from = at("2026-02-15T00:00Z");
            let runs: Vec<i64> = schedule
                .occurrences(&zone, from, at("2028-02-10T00:00Z"))
                .map(jiff::Timestamp::as_second)
                .collect();
            let widest = runs.windows(missed + 2).map(|run| run[missed + 1] - run[0]).max().unwrap();
            let missed = u32::try_from(missed).unwrap();
            prop_assert_eq!(
                schedule.widest_gap_with_missed(&zone, from, 2, missed),
                Some(Seconds(widest))
            );
        }
    }
}
