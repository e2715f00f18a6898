//! What clock changes do to the times of a schedule.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::runs::{DAY, LONGEST_CATCH_UP, date_of, table_around};
use super::{Recurrence, Schedule, TimeOfDay};
use crate::zone::ZoneTable;

/// A date on which a clock change hits a time of the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DstFinding {
    /// The date on the wall.
    pub date: Date,
    /// The time of the schedule.
    pub time: TimeOfDay,
    /// What cron does.
    pub effect: DstEffect,
}

/// What cron does with a time that a clock change hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DstEffect {
    /// The clocks jump over it; it runs at this instant, right after the jump.
    SkippedRunsAt(Timestamp),
    /// The clocks jump over it and it does not run that day.
    SkippedNotRun,
    /// It comes twice and runs the first time only, at this instant.
    RepeatedRunsOnce(Timestamp),
    /// It comes twice and runs both times.
    RepeatedRunsTwice(Timestamp, Timestamp),
}

impl fmt::Display for DstFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, time, effect } = self;
        match effect {
            DstEffect::SkippedRunsAt(at) => {
                write!(
                    f,
                    "{time} does not exist on {date}; cron starts it at {at} instead"
                )
            }
            DstEffect::SkippedNotRun => {
                write!(f, "{time} does not exist on {date}; that run is left out")
            }
            DstEffect::RepeatedRunsOnce(at) => {
                write!(
                    f,
                    "{time} comes twice on {date}; cron starts it once, at {at}"
                )
            }
            DstEffect::RepeatedRunsTwice(first, second) => {
                write!(
                    f,
                    "{time} comes twice on {date}; cron starts it at {first} and at {second}"
                )
            }
        }
    }
}

impl Schedule {
    /// The dates between the two instants on which a time of the schedule is skipped or
    /// repeated, in order. Rules that repeat at least hourly just follow the clock and have none.
    #[must_use]
    pub fn dst_findings(&self, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<DstFinding> {
        let (from, to) = (from.as_second(), to.as_second());
        let table = table_around(zone, from, to);
        let mut findings = Vec::new();
        for (at, before, after) in table
            .transitions()
            .filter(|(at, ..)| from <= *at && *at < to)
        {
            let (low, high) = (at + before.min(after), at + before.max(after));
            for local in self.wall_times(low, high) {
                let effect = if after > before {
                    self.skipped(at, after - before)
                } else {
                    self.repeated(&table, local, before, after)
                };
                findings.extend(effect.and_then(|effect| finding(local, effect)));
            }
        }
        findings
    }

    fn skipped(&self, at: i64, width: i64) -> Option<DstEffect> {
        if self.is_fixed_time() && width <= LONGEST_CATCH_UP {
            Some(DstEffect::SkippedRunsAt(Timestamp::from_second(at).ok()?))
        } else {
            Some(DstEffect::SkippedNotRun)
        }
    }

    fn repeated(
        &self,
        table: &ZoneTable,
        local: i64,
        before: i64,
        after: i64,
    ) -> Option<DstEffect> {
        let first = Timestamp::from_second(local - before).ok()?;
        let second = Timestamp::from_second(local - after).ok()?;
        debug_assert_eq!(table.offset_at(local - before), before);
        Some(if self.is_fixed_time() {
            DstEffect::RepeatedRunsOnce(first)
        } else {
            DstEffect::RepeatedRunsTwice(first, second)
        })
    }

    /// The wall times of the rule from `low` up to `high`: its runs if the wall showed UTC.
    fn wall_times(&self, low: i64, high: i64) -> Vec<i64> {
        let at_least_hourly = match self.when {
            Recurrence::EveryMinutes(step) => step <= 60,
            Recurrence::Hourly { .. } => true,
            _ => false,
        };
        if at_least_hourly {
            return Vec::new();
        }
        let utc = ZoneTable::new(&TimeZone::UTC, Timestamp::MIN, Timestamp::MAX);
        self.starts(utc, low, high).collect()
    }
}

fn finding(local: i64, effect: DstEffect) -> Option<DstFinding> {
    let date = date_of(local.div_euclid(DAY))?;
    let minutes = local.rem_euclid(DAY) / 60;
    let time = TimeOfDay::new(
        u8::try_from(minutes / 60).ok()?,
        u8::try_from(minutes % 60).ok()?,
    )?;
    Some(DstFinding { date, time, effect })
}

#[cfg(test)]
mod tests {
    use super::super::zone_named;
    use super::*;

    fn findings(when: Recurrence, zone: &str) -> Vec<String> {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Schedule::utc(when)
            .dst_findings(
                &zone_named(zone).unwrap(),
                at("2026-02-15T00:00Z"),
                at("2026-12-31T00:00Z"),
            )
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn daily(time: &str) -> Recurrence {
        Recurrence::Daily {
            times: vec![TimeOfDay::parse(time).unwrap()],
        }
    }

    #[test]
    fn names_the_dates() {
        assert_eq!(
            findings(daily("02:55"), "Europe/Paris"),
            [
                "02:55 does not exist on 2026-03-29; cron starts it at 2026-03-29T01:00:00Z instead",
                "02:55 comes twice on 2026-10-25; cron starts it once, at 2026-10-25T00:55:00Z",
            ]
        );
        assert!(findings(daily("03:00"), "Europe/Paris").is_empty());
        assert!(findings(daily("02:55"), "UTC").is_empty());
    }

    #[test]
    fn only_rarer_repetitions_are_hit() {
        assert!(findings(Recurrence::Hourly { minute: 30 }, "Europe/Paris").is_empty());
        assert_eq!(
            findings(Recurrence::EveryMinutes(120), "Europe/Paris"),
            [
                "02:00 does not exist on 2026-03-29; that run is left out",
                "02:00 comes twice on 2026-10-25; cron starts it at 2026-10-25T00:00:00Z and at \
                 2026-10-25T01:00:00Z",
            ]
        );
    }

    #[test]
    fn a_monthly_rule_is_hit_only_on_its_date() {
        let monthly = |day| Recurrence::Monthly {
            day,
            time: TimeOfDay::parse("02:30").unwrap(),
        };
        assert_eq!(findings(monthly(29), "Europe/Paris").len(), 1);
        assert!(findings(monthly(1), "Europe/Paris").is_empty());
    }
}
