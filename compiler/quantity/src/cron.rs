//! The five fields of a crontab line, in the numeric subset of Debian's cron 3.0pl1.
//!
//! A field is `*`, `*/n`, a number, a range `a-b` or `a-b/n`, or a list of those; names (`mon`)
//! and `@daily` are not read, as nothing here writes them. Three habits of Debian's cron are
//! kept: a field that *begins* with `*`, even `*/2`, counts as unrestricted; day of month and
//! day of week are alternatives when both are restricted; Sunday is 0 and 7.

mod occurrences;
mod write;

use std::fmt;

pub use write::CronError;

/// The five fields, as sets of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronSpec {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

/// The values of one field as bits, and whether it begins with `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    bits: u64,
    star: bool,
}

impl Field {
    fn has(self, value: u8) -> bool {
        value < 64 && self.bits >> value & 1 == 1
    }

    fn values(self) -> impl Iterator<Item = u8> {
        (0..64).filter(move |value| self.has(*value))
    }
}

/// Why a line's fields cannot be read. Debian's cron ignores the whole file then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronParseError {
    /// Not exactly five fields.
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// A field is not of the numeric form.
    BadField {
        /// `minute`, `hour`, `day of month`, `month` or `day of week`.
        field: &'static str,
        /// What is written.
        text: String,
    },
}

impl fmt::Display for CronParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldCount { found } => write!(f, "a cron schedule has five fields, not {found}"),
            Self::BadField { field, text } => write!(f, "`{text}` is no {field} that cron reads"),
        }
    }
}

impl std::error::Error for CronParseError {}

impl CronSpec {
    /// Reads five fields separated by blanks.
    ///
    /// # Errors
    /// [`CronParseError`], exactly where Debian's cron refuses a numeric line.
    pub fn parse(text: &str) -> Result<Self, CronParseError> {
        let fields: Vec<&str> = text
            .split([' ', '\t'])
            .filter(|field| !field.is_empty())
            .collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronParseError::FieldCount {
                found: fields.len(),
            });
        };
        let mut weekday = field(weekday, "day of week", 0, 7)?;
        if weekday.has(0) || weekday.has(7) {
            weekday.bits |= 1 | 1 << 7;
        }
        Ok(Self {
            minute: field(minute, "minute", 0, 59)?,
            hour: field(hour, "hour", 0, 23)?,
            day: field(day, "day of month", 1, 31)?,
            month: field(month, "month", 1, 12)?,
            weekday,
        })
    }

    /// Whether cron takes a job of this date and time (weekday as cron counts, Sunday 0).
    #[must_use]
    pub fn matches(&self, minute: u8, hour: u8, day: u8, month: u8, weekday: u8) -> bool {
        self.minute.has(minute) && self.hour.has(hour) && self.matches_date(day, month, weekday)
    }

    fn matches_date(&self, day: u8, month: u8, weekday: u8) -> bool {
        let (day, weekday) = (self.day.has(day), self.weekday.has(weekday));
        let dates = if self.day.star || self.weekday.star {
            day && weekday
        } else {
            day || weekday
        };
        dates && self.month.has(month)
    }

    /// Whether minute or hour begins with `*`: such jobs follow the clock through its changes,
    /// all others are fixed times that cron catches up or does not repeat.
    #[must_use]
    pub fn follows_clock(&self) -> bool {
        self.minute.star || self.hour.star
    }

    /// Whether both day of month and day of week are restricted, which cron reads as *or* and
    /// other schedulers (systemd-cron) as *and*.
    #[must_use]
    pub fn restricts_both_days(&self) -> bool {
        !self.day.star && !self.weekday.star
    }
}

/// One field with values from `low` to `high`.
fn field(text: &str, name: &'static str, low: u8, high: u8) -> Result<Field, CronParseError> {
    let bits = text
        .split(',')
        .map(|item| item_bits(item, low, high))
        .try_fold(0, |bits, item| item.map(|item| bits | item))
        .ok_or_else(|| CronParseError::BadField {
            field: name,
            text: text.to_owned(),
        })?;
    Ok(Field {
        bits,
        star: text.starts_with('*'),
    })
}

/// `*`, `*/n`, `a`, `a-b` or `a-b/n` as bits.
fn item_bits(item: &str, low: u8, high: u8) -> Option<u64> {
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(number(step).filter(|step| *step > 0)?)),
        None => (item, None),
    };
    let (first, last) = match range.split_once('-') {
        _ if range == "*" => (low, high),
        Some((first, last)) => (number(first)?, number(last)?),
        // A step needs a range to walk through.
        None if step.is_some() => return None,
        None => (number(range)?, number(range)?),
    };
    if first < low || last > high || first > last {
        return None;
    }
    let step = usize::from(step.unwrap_or(1));
    Some(
        (first..=last)
            .step_by(step)
            .fold(0, |bits, value| bits | 1 << value),
    )
}

fn number(text: &str) -> Option<u8> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cron_reads() {
        let spec = CronSpec::parse("0,30 */6 1-7/2 * 7").unwrap();
        assert_eq!(spec.minute.values().collect::<Vec<_>>(), [0, 30]);
        assert_eq!(spec.hour.values().collect::<Vec<_>>(), [0, 6, 12, 18]);
        assert_eq!(spec.day.values().collect::<Vec<_>>(), [1, 3, 5, 7]);
        assert!(spec.weekday.has(0), "7 is Sunday too");
        assert!(spec.follows_clock() && spec.restricts_both_days());
        // Accepted by cron, and only minute 0.
        assert_eq!(
            CronSpec::parse("*/90 * * * *")
                .unwrap()
                .minute
                .values()
                .count(),
            1
        );
    }

    #[test]
    fn refuses_what_cron_refuses() {
        for wrong in [
            "60 * * * *",
            "*/0 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "5/2 * * * *",
            "1,,2 * * * *",
            "-1 * * * *",
            "a * * * *",
            "* * * *",
            "* * * * * *",
            "",
            "+1 * * * *",
            "1- * * * *",
            "*-5 * * * *",
            "٣ * * * *",
        ] {
            assert!(CronSpec::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_star_rule_of_debian() {
        // Monday 2026-11-23: both restricted means either.
        assert!(
            CronSpec::parse("0 0 31 * 1")
                .unwrap()
                .matches(0, 0, 23, 11, 1)
        );
        // A step counts as a star, so both must hold; the 24th is even but no Sunday.
        let stepped = CronSpec::parse("0 0 */2 * 0").unwrap();
        assert!(!stepped.matches(0, 0, 24, 11, 2));
        assert!(
            !stepped.matches(0, 0, 22, 11, 0),
            "*/2 of days is 1, 3, 5 …"
        );
        assert!(stepped.matches(0, 0, 29, 11, 0));
    }
}
