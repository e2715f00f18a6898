//! From a schedule to cron's five fields.

use std::fmt;

use crate::schedule::{Recurrence, Schedule, TimeOfDay};

/// Why a schedule cannot be one line for cron.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronError {
    /// It does not recur.
    OnDemand,
    /// No date ever fits it.
    NeverMatches,
    /// The step does not divide the hour or the day: cron would run it unevenly.
    Uneven {
        /// The step in minutes.
        minutes: u32,
    },
    /// Its times need more than one line; see [`Schedule::to_cron_lines`].
    SeveralLines {
        /// How many.
        lines: usize,
    },
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnDemand => f.write_str("a step on demand has no cron line"),
            Self::NeverMatches => f.write_str("no date ever fits this schedule"),
            Self::Uneven { minutes } => write!(
                f,
                "cron cannot repeat every {minutes} min evenly; take a divisor of 60 minutes, or of \
                 24 hours in whole hours"
            ),
            Self::SeveralLines { lines } => write!(f, "these times need {lines} cron lines"),
        }
    }
}

impl std::error::Error for CronError {}

impl Schedule {
    /// The five fields of one cron line, on the clock of the host's zone. Day of month and day
    /// of week are never both restricted.
    ///
    /// # Errors
    /// [`CronError`] where one line cannot say it.
    pub fn to_cron(&self) -> Result<String, CronError> {
        let mut lines = self.to_cron_lines()?;
        match (lines.pop(), lines.len()) {
            (Some(line), 0) => Ok(line),
            (_, others) => Err(CronError::SeveralLines { lines: others + 1 }),
        }
    }

    /// The same for times that need several lines, such as 03:00 and 15:30.
    ///
    /// # Errors
    /// [`CronError`], never [`CronError::SeveralLines`].
    pub fn to_cron_lines(&self) -> Result<Vec<String>, CronError> {
        if self.never_matches() {
            return Err(CronError::NeverMatches);
        }
        let at = |time: &TimeOfDay| format!("{} {}", time.minute(), time.hour());
        match &self.when {
            Recurrence::OnDemand => Err(CronError::OnDemand),
            Recurrence::EveryMinutes(minutes) => every(*minutes).map(|line| vec![line]),
            Recurrence::Hourly { minute } => Ok(vec![format!("{minute} * * * *")]),
            Recurrence::Daily { times } => Ok(daily(times)),
            Recurrence::Weekly { weekday, time } => {
                Ok(vec![format!("{} * * {}", at(time), weekday.cron_number())])
            }
            Recurrence::Monthly { day, time } => Ok(vec![format!("{} {day} * *", at(time))]),
            Recurrence::Yearly { month, day, time } => {
                Ok(vec![format!("{} {day} {month} *", at(time))])
            }
        }
    }
}

fn every(minutes: u32) -> Result<String, CronError> {
    Ok(match minutes {
        1 => "* * * * *".to_owned(),
        2..60 if 60_u32.is_multiple_of(minutes) => format!("*/{minutes} * * * *"),
        60 => "0 * * * *".to_owned(),
        1440 => "0 0 * * *".to_owned(),
        61..1440 if minutes.is_multiple_of(60) && 1440_u32.is_multiple_of(minutes) => {
            format!("0 */{} * * *", minutes / 60)
        }
        _ => return Err(CronError::Uneven { minutes }),
    })
}

/// One line for each set of hours that shares its minutes.
fn daily(times: &[TimeOfDay]) -> Vec<String> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.dedup();
    // (minutes, hours) in order of the first hour.
    let mut lines: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for of_hour in times.chunk_by(|a, b| a.hour() == b.hour()) {
        let minutes: Vec<u8> = of_hour.iter().map(|time| time.minute()).collect();
        let hour = of_hour.first().map(|time| time.hour());
        match lines.iter_mut().find(|(known, _)| *known == minutes) {
            Some((_, hours)) => hours.extend(hour),
            None => lines.push((minutes, hour.into_iter().collect())),
        }
    }
    lines
        .iter()
        .map(|(minutes, hours)| format!("{} {} * * *", list(minutes), list(hours)))
        .collect()
}

fn list(values: &[u8]) -> String {
    values
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Weekday;

    fn cron(when: Recurrence) -> Result<String, CronError> {
        Schedule::utc(when).to_cron()
    }

    fn times(texts: &[&str]) -> Vec<TimeOfDay> {
        texts
            .iter()
            .map(|text| TimeOfDay::parse(text).unwrap())
            .collect()
    }

    #[test]
    fn writes_five_fields() {
        let time = TimeOfDay::parse("05:07").unwrap();
        let daily = |texts| {
            cron(Recurrence::Daily {
                times: times(texts),
            })
            .unwrap()
        };
        assert_eq!(daily(&["05:07"]), "7 5 * * *");
        assert_eq!(daily(&["15:00", "03:00"]), "0 3,15 * * *");
        assert_eq!(daily(&["03:30", "03:00"]), "0,30 3 * * *");
        let weekly = Recurrence::Weekly {
            weekday: Weekday::Sunday,
            time,
        };
        assert_eq!(cron(weekly).unwrap(), "7 5 * * 0");
        assert_eq!(
            cron(Recurrence::Monthly { day: 1, time }).unwrap(),
            "7 5 1 * *"
        );
        assert_eq!(
            cron(Recurrence::Yearly {
                month: 12,
                day: 31,
                time
            })
            .unwrap(),
            "7 5 31 12 *"
        );
        assert_eq!(cron(Recurrence::Hourly { minute: 9 }).unwrap(), "9 * * * *");
    }

    #[test]
    fn refuses_uneven_steps() {
        for (minutes, line) in [
            (1, "* * * * *"),
            (15, "*/15 * * * *"),
            (60, "0 * * * *"),
            (360, "0 */6 * * *"),
            (1440, "0 0 * * *"),
        ] {
            assert_eq!(cron(Recurrence::EveryMinutes(minutes)).unwrap(), line);
        }
        for minutes in [7, 45, 90, 300, 2880] {
            let refused = cron(Recurrence::EveryMinutes(minutes));
            assert_eq!(refused, Err(CronError::Uneven { minutes }));
        }
    }

    #[test]
    fn refuses_what_is_no_single_line() {
        assert_eq!(cron(Recurrence::OnDemand), Err(CronError::OnDemand));
        assert_eq!(
            cron(Recurrence::EveryMinutes(0)),
            Err(CronError::NeverMatches)
        );
        let february = Recurrence::Yearly {
            month: 2,
            day: 30,
            time: TimeOfDay::MIDNIGHT,
        };
        assert_eq!(cron(february), Err(CronError::NeverMatches));
        let two = Schedule::utc(Recurrence::Daily {
            times: times(&["15:30", "03:00"]),
        });
        assert_eq!(two.to_cron(), Err(CronError::SeveralLines { lines: 2 }));
        assert_eq!(two.to_cron_lines().unwrap(), ["0 3 * * *", "30 15 * * *"]);
    }
}
