//! When a step runs.
//!
//! A [`Schedule`] is a rule on the wall clock of a zone. Its runs are what Debian's cron makes of
//! the rule (cron 3.0pl1, `cron.c`, and man cron(8)): a fixed time that the clocks jump over runs
//! as soon as they have jumped; a fixed time that comes twice runs the first time only; rules
//! that repeat through the day (`*` or `*/n` as minute or hour) follow the new clock at once.

mod dst;
mod gap;
pub(crate) mod runs;
mod time;

use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use dst::{DstEffect, DstFinding};
pub use time::{TimeOfDay, Weekday};

use crate::duration::Seconds;

/// A rule and the zone whose clock it reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schedule {
    /// The rule.
    pub when: Recurrence,
    /// The clock.
    pub zone: ScheduleZone,
}

/// The rule of a schedule, on the wall clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recurrence {
    /// Each time the minutes since midnight are a multiple of this; even only for divisors of a
    /// day. 0 never runs.
    EveryMinutes(u32),
    /// At this minute (0–59) of each hour.
    Hourly {
        /// Minutes past the hour.
        minute: u8,
    },
    /// Each day at each of these times.
    Daily {
        /// In any order; none never runs.
        times: Vec<TimeOfDay>,
    },
    /// Each week.
    Weekly {
        /// The day of the week.
        weekday: Weekday,
        /// The time on that day.
        time: TimeOfDay,
    },
    /// Each month that has this day.
    Monthly {
        /// 1–31; months without it are left out, see [`Schedule::skipped_months`].
        day: u8,
        /// The time on that day.
        time: TimeOfDay,
    },
    /// Each year that has this date.
    Yearly {
        /// 1–12.
        month: u8,
        /// 1–31.
        day: u8,
        /// The time on that day.
        time: TimeOfDay,
    },
    /// Only when somebody starts it.
    OnDemand,
}

/// Whose clock a schedule reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleZone {
    /// Coordinated universal time: no clock changes.
    Utc,
    /// A zone of the IANA database, such as `Europe/Paris`.
    Named(String),
    /// Whatever zone the host that runs the step is set to.
    Host,
}

/// No zone of the IANA database has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownZone {
    /// What was written.
    pub name: String,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no time zone; write one like `Europe/Paris` or `UTC`",
            self.name
        )
    }
}

impl std::error::Error for UnknownZone {}

impl ScheduleZone {
    /// The concrete zone, given that of the host.
    ///
    /// # Errors
    /// [`UnknownZone`] for a name that the bundled IANA database does not hold.
    pub fn time_zone(&self, host: &TimeZone) -> Result<TimeZone, UnknownZone> {
        match self {
            Self::Utc => Ok(TimeZone::UTC),
            Self::Host => Ok(host.clone()),
            Self::Named(name) => zone_named(name),
        }
    }
}

/// The zone of the bundled IANA database with this name.
///
/// # Errors
/// [`UnknownZone`] if there is none.
pub fn zone_named(name: &str) -> Result<TimeZone, UnknownZone> {
    TimeZone::get(name).map_err(|_| UnknownZone {
        name: name.to_owned(),
    })
}

impl Schedule {
    /// A rule pinned to UTC.
    #[must_use]
    pub fn utc(when: Recurrence) -> Self {
        Self {
            when,
            zone: ScheduleZone::Utc,
        }
    }

    /// Each day at one time, UTC.
    #[must_use]
    pub fn daily_utc(time: TimeOfDay) -> Self {
        Self::utc(Recurrence::Daily { times: vec![time] })
    }

    /// Whether no date ever fits: 30 February, an empty list of times, a step of 0 minutes, a
    /// minute, day or month that does not exist. A step on demand is not meant to recur, and
    /// is not reported here.
    #[must_use]
    pub fn never_matches(&self) -> bool {
        match &self.when {
            Recurrence::EveryMinutes(step) => *step == 0,
            Recurrence::Hourly { minute } => *minute > 59,
            Recurrence::Daily { times } => times.is_empty(),
            Recurrence::Weekly { .. } | Recurrence::OnDemand => false,
            Recurrence::Monthly { day, .. } => !(1..=31).contains(day),
            Recurrence::Yearly { month, day, .. } => {
                *day == 0 || longest_month(*month).is_none_or(|longest| *day > longest)
            }
        }
    }

    /// The months (1–12) in which a monthly rule has no day to run on, at least in some years:
    /// day 31 leaves out five months, day 29 leaves out February in common years.
    #[must_use]
    pub fn skipped_months(&self) -> Vec<u8> {
        match &self.when {
            Recurrence::Monthly { day, .. } => (1..=12)
                .filter(|month| {
                    let shortest = if *month == 2 {
                        Some(28)
                    } else {
                        longest_month(*month)
                    };
                    shortest.is_some_and(|shortest| *day > shortest)
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The usual time between two runs: a week, 31 days, 366 days for the longer rules. `None`
    /// for what does not recur.
    #[must_use]
    pub fn nominal_period(&self) -> Option<Seconds> {
        if self.never_matches() {
            return None;
        }
        match &self.when {
            Recurrence::EveryMinutes(step) => Some(Seconds::minutes(i64::from(*step))),
            Recurrence::Hourly { .. } => Some(Seconds::HOUR),
            Recurrence::Daily { times } => {
                let count = i64::try_from(times.len()).unwrap_or(i64::MAX);
                Some(Seconds(86_400 / count.max(1)))
            }
            Recurrence::Weekly { .. } => Some(Seconds::days(7)),
            Recurrence::Monthly { .. } => Some(Seconds::days(31)),
            Recurrence::Yearly { .. } => Some(Seconds::days(366)),
            Recurrence::OnDemand => None,
        }
    }

    /// Whether the rule names times of the day, so that a clock change can hit one.
    #[must_use]
    pub fn is_fixed_time(&self) -> bool {
        !matches!(
            self.when,
            Recurrence::EveryMinutes(_) | Recurrence::Hourly { .. } | Recurrence::OnDemand
        )
    }
}

/// The days of a month in its longest year; `None` if there is no such month.
fn longest_month(month: u8) -> Option<u8> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(29),
        _ => None,
    }
}

impl fmt::Display for ScheduleZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("UTC"),
            Self::Named(name) => f.write_str(name),
            Self::Host => f.write_str("host time"),
        }
    }
}

impl fmt::Display for Schedule {
    /// As a policy writes it: `daily at 03:00 UTC`, `monthly on 1 at 05:00 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = &self.zone;
        match &self.when {
            Recurrence::EveryMinutes(step) => {
                write!(f, "every {}", Seconds::minutes(i64::from(*step)))
            }
            Recurrence::Hourly { minute } => write!(f, "hourly at :{minute:02}"),
            Recurrence::Daily { times } => {
                let times: Vec<_> = times.iter().map(ToString::to_string).collect();
                write!(f, "daily at {} {zone}", times.join(", "))
            }
            Recurrence::Weekly { weekday, time } => {
                write!(f, "weekly on {weekday} at {time} {zone}")
            }
            Recurrence::Monthly { day, time } => write!(f, "monthly on {day} at {time} {zone}"),
            Recurrence::Yearly { month, day, time } => {
                write!(f, "yearly on {month:02}-{day:02} at {time} {zone}")
            }
            Recurrence::OnDemand => f.write_str("on demand"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn monthly(day: u8) -> Schedule {
        Schedule::utc(Recurrence::Monthly {
            day,
            time: TimeOfDay::MIDNIGHT,
        })
    }

    fn yearly(month: u8, day: u8) -> Schedule {
        Schedule::utc(Recurrence::Yearly {
            month,
            day,
            time: TimeOfDay::MIDNIGHT,
        })
    }

    #[test]
    fn dates_that_never_come() {
        assert!(yearly(2, 30).never_matches());
        assert!(!yearly(2, 29).never_matches());
        assert!(yearly(13, 1).never_matches());
        assert!(yearly(1, 0).never_matches());
        assert!(monthly(32).never_matches());
        assert!(!monthly(31).never_matches());
        assert!(Schedule::utc(Recurrence::Daily { times: vec![] }).never_matches());
        assert!(!Schedule::utc(Recurrence::OnDemand).never_matches());
    }

    #[test]
    fn month_ends_are_flagged() {
        assert_eq!(monthly(31).skipped_months(), [2, 4, 6, 9, 11]);
        assert_eq!(monthly(29).skipped_months(), [2]);
        assert!(monthly(28).skipped_months().is_empty());
    }

    #[test]
    fn reads_as_a_policy_says_it() {
        let time = TimeOfDay::new(5, 0).unwrap();
        assert_eq!(Schedule::daily_utc(time).to_string(), "daily at 05:00 UTC");
        assert_eq!(monthly(1).to_string(), "monthly on 1 at 00:00 UTC");
        let weekly = Recurrence::Weekly {
            weekday: Weekday::Sunday,
            time,
        };
        let zone = ScheduleZone::Named("Europe/Paris".to_owned());
        assert_eq!(
            Schedule { when: weekly, zone }.to_string(),
            "weekly on Sunday at 05:00 Europe/Paris"
        );
        assert_eq!(
            Schedule::utc(Recurrence::EveryMinutes(15)).to_string(),
            "every 15 min"
        );
    }

    #[test]
    fn zones_are_looked_up() {
        let host = zone_named("America/New_York").unwrap();
        assert_eq!(ScheduleZone::Host.time_zone(&host), Ok(host.clone()));
        assert_eq!(ScheduleZone::Utc.time_zone(&host), Ok(TimeZone::UTC));
        let wrong = ScheduleZone::Named("Europe/Pairs".to_owned());
        assert_eq!(wrong.time_zone(&host).unwrap_err().name, "Europe/Pairs");
    }
}
