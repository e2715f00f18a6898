//! Keep rules as restic's `forget` takes them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

use crate::bucket::Bucket;
use crate::version::ResticVersion;

/// How many periods a rule keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// So many; 0 is as good as no rule.
    N(u32),
    /// All of them (restic 0.16 and later).
    Unlimited,
    /// `-1` as older habits write it: before 0.16 restic takes it and keeps *none*; later it is
    /// refused. Never emitted.
    MinusOne,
}

impl Count {
    /// Reads a number, `unlimited`, or `-1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "unlimited" => Some(Self::Unlimited),
            "-1" => Some(Self::MinusOne),
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                number.parse().ok().map(Self::N)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::N(count) => count.fmt(f),
            Self::Unlimited => f.write_str("unlimited"),
            Self::MinusOne => f.write_str("-1"),
        }
    }
}

/// A span back from the newest snapshot: years, months, days and hours. restic knows no weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct KeepWithin {
    pub years: u32,
    pub months: u32,
    pub days: u32,
    pub hours: u32,
}

impl KeepWithin {
    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self {
            years: 0,
            months: 0,
            days,
            hours: 0,
        }
    }

    /// Reads what restic reads: numbers with `y`, `m`, `d` or `h` behind each, as in `1y6m`. Of a unit
    /// that is said twice the last counts, as with restic.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut out = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let (number, behind) = rest.split_at_checked(digits)?;
            let number = number.parse().ok()?;
            let mut letters = behind.chars();
            match letters.next()? {
                'y' => out.years = number,
                'm' => out.months = number,
                'd' => out.days = number,
                'h' => out.hours = number,
                _ => return None,
            }
            rest = letters.as_str();
        }
        (!text.is_empty()).then_some(out)
    }

    /// Whether it is no rule at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// The moment this far before `latest`, on the clock that it was stored by; snapshots must be later.
    /// As Go's `AddDate`: 31 March less one month is 31 February, that is 3 March. `None`
    /// before the calendar begins: everything is later.
    ///
    /// `clock` is the zone of the machine that forgets. Go reads a stored time whose offset is the one that
    /// this machine then has as a time of its own zone (`time.Parse`), so that days and months are counted over
    /// its clock changes; any other offset holds all the way back, and so does `Z`, which stands for 0.
    #[must_use]
    pub fn before(
        self,
        latest: Timestamp,
        offset_seconds: i32,
        clock: &TimeZone,
    ) -> Option<Timestamp> {
        let offset = Offset::from_seconds(offset_seconds).ok()?;
        let local = offset.to_datetime(latest);
        let back = i64::from(self.years) * 12 + i64::from(self.months);
        let months = i64::from(local.year()) * 12 + i64::from(local.month()) - 1 - back;
        let year = i16::try_from(months.div_euclid(12)).ok()?;
        let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
        let days = i64::from(local.day()) - 1 - i64::from(self.days);
        let date = Date::new(year, month, 1)
            .ok()?
            .checked_add(jiff::SignedDuration::from_hours(days * 24))
            .ok()?;
        let shown = date.to_datetime(local.time());
        let of_clock = offset != Offset::UTC && clock.to_offset(latest) == offset;
        let moment = if of_clock {
            go_date(shown, clock)?
        } else {
            offset.to_timestamp(shown).ok()?
        };
        moment
            .checked_sub(jiff::SignedDuration::from_hours(i64::from(self.hours)))
            .ok()
    }
}

/// The moment at which a clock shows this, as Go's `time.Date` finds it: also where a clock change leaves
/// the time out or repeats it.
fn go_date(shown: DateTime, clock: &TimeZone) -> Option<Timestamp> {
    let as_utc = Offset::UTC.to_timestamp(shown).ok()?;
    let guess = clock.to_offset(as_utc);
    if guess == Offset::UTC {
        return Some(as_utc);
    }
    let offset = clock.to_offset(guess.to_timestamp(shown).ok()?);
    offset.to_timestamp(shown).ok()
}

impl KeepWithin {
    /// As a policy writes it: `m` is a minute there.
    fn spoken(self) -> String {
        let word = |count: u32, word: &str| {
            let end = if count == 1 { "" } else { "s" };
            (count > 0).then(|| format!("{count} {word}{end}"))
        };
        let short = |count: u32, unit: char| (count > 0).then(|| format!("{count}{unit}"));
        let months = match self.months {
            0 => word(self.years, "year"),
            months => word(
                self.years.saturating_mul(12).saturating_add(months),
                "month",
            ),
        };
        let parts = [months, short(self.days, 'd'), short(self.hours, 'h')];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            return "0h".to_owned();
        }
        parts.join(" ")
    }
}

impl fmt::Display for KeepWithin {
    /// As restic writes it: `1y2m3d4h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.years, 'y'),
            (self.months, 'm'),
            (self.days, 'd'),
            (self.hours, 'h'),
        ];
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count}{unit}")?;
        }
        if self.is_zero() {
            f.write_str("0h")
        } else {
            Ok(())
        }
    }
}

/// A whole policy: what any rule keeps is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    missing_docs,
    reason = "each field is the option `--keep-…` of the same name"
)]
pub struct KeepRules {
    pub last: Option<Count>,
    pub hourly: Option<Count>,
    pub daily: Option<Count>,
    pub weekly: Option<Count>,
    pub monthly: Option<Count>,
    pub yearly: Option<Count>,
    pub within: Option<KeepWithin>,
    pub within_hourly: Option<KeepWithin>,
    pub within_daily: Option<KeepWithin>,
    pub within_weekly: Option<KeepWithin>,
    pub within_monthly: Option<KeepWithin>,
    pub within_yearly: Option<KeepWithin>,
    /// Snapshots that carry all tags of one of these lists are kept.
    pub tags: Vec<Vec<String>>,
}

/// Why restic would not take a policy, or would not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// `unlimited` before restic 0.16.
    UnlimitedUnknown {
        /// The rule.
        bucket: Bucket,
        /// The version.
        version: ResticVersion,
    },
    /// `-1` from restic 0.16 on.
    NegativeCount {
        /// The rule.
        bucket: Bucket,
        /// The version.
        version: ResticVersion,
    },
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnlimitedUnknown { bucket, version } => write!(
                f,
                "restic {version} does not know `--keep-{} unlimited`; it came with 0.16",
                bucket.name()
            ),
            Self::NegativeCount { bucket, version } => write!(
                f,
                "restic {version} refuses `--keep-{} -1`; write `unlimited`",
                bucket.name()
            ),
        }
    }
}

impl std::error::Error for RuleError {}

impl KeepRules {
    /// The count rules in restic's order.
    #[must_use]
    pub fn counts(&self) -> [(Bucket, Option<Count>); 6] {
        [
            (Bucket::Last, self.last),
            (Bucket::Hourly, self.hourly),
            (Bucket::Daily, self.daily),
            (Bucket::Weekly, self.weekly),
            (Bucket::Monthly, self.monthly),
            (Bucket::Yearly, self.yearly),
        ]
    }

    /// The duration rules in restic's order; [`Bucket::Last`] stands for plain `within`.
    #[must_use]
    pub fn withins(&self) -> [(Bucket, Option<KeepWithin>); 6] {
        let used = |within: Option<KeepWithin>| within.filter(|within| !within.is_zero());
        [
            (Bucket::Last, used(self.within)),
            (Bucket::Hourly, used(self.within_hourly)),
            (Bucket::Daily, used(self.within_daily)),
            (Bucket::Weekly, used(self.within_weekly)),
            (Bucket::Monthly, used(self.within_monthly)),
            (Bucket::Yearly, used(self.within_yearly)),
        ]
    }

    /// Whether restic sees no policy at all: counts of 0, empty spans and no tags.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let counted = self
            .counts()
            .iter()
            .any(|(_, count)| !matches!(count, None | Some(Count::N(0))));
        let within = self.withins().iter().any(|(_, within)| within.is_some());
        !counted && !within && self.tags.is_empty()
    }

    /// Whether some rule keeps snapshots however old they become.
    #[must_use]
    pub fn is_unbounded(&self) -> bool {
        self.counts()
            .iter()
            .any(|(_, count)| *count == Some(Count::Unlimited))
    }

    /// Checks that this version of restic takes every count.
    ///
    /// # Errors
    /// [`RuleError`] for the first that it does not.
    pub fn check(&self, version: ResticVersion) -> Result<(), RuleError> {
        for (bucket, count) in self.counts() {
            match count {
                Some(Count::Unlimited) if !version.knows_unlimited() => {
                    return Err(RuleError::UnlimitedUnknown { bucket, version });
                }
                Some(Count::MinusOne) if version.knows_unlimited() => {
                    return Err(RuleError::NegativeCount { bucket, version });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The options of `restic forget`, one word each: `--keep-daily`, `7`, …
    ///
    /// # Errors
    /// [`RuleError`] where this version does not take a rule.
    pub fn arguments(&self, version: ResticVersion) -> Result<Vec<String>, RuleError> {
        self.check(version)?;
        let counts = self.counts().into_iter().filter_map(|(bucket, count)| {
            let count = count.filter(|count| *count != Count::N(0))?;
            Some([format!("--keep-{}", bucket.name()), count.to_string()])
        });
        let withins = self.withins().into_iter().filter_map(|(bucket, within)| {
            let option = match bucket {
                Bucket::Last => "--keep-within".to_owned(),
                _ => format!("--keep-within-{}", bucket.name()),
            };
            Some([option, within?.to_string()])
        });
        let tags = self
            .tags
            .iter()
            .map(|tags| ["--keep-tag".to_owned(), tags.join(",")]);
        Ok(counts.chain(withins).chain(tags).flatten().collect())
    }
}

impl fmt::Display for KeepRules {
    /// As a policy writes it: `keep 7 daily, 4 weekly, within 30d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts().into_iter().filter_map(|(bucket, count)| {
            Some(format!(
                "{} {}",
                count.filter(|count| *count != Count::N(0))?,
                bucket.name()
            ))
        });
        let withins = self.withins().into_iter().filter_map(|(bucket, within)| {
            let within = within?;
            Some(match bucket {
                Bucket::Last => format!("within {}", within.spoken()),
                _ => format!("within {} {}", within.spoken(), bucket.name()),
            })
        });
        let tags = self
            .tags
            .iter()
            .map(|tags| format!("tagged {}", tags.join(" and ")));
        let all: Vec<String> = counts.chain(withins).chain(tags).collect();
        write!(
            f,
            "keep {}",
            if all.is_empty() {
                "nothing".to_owned()
            } else {
                all.join(", ")
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_spelt_as_a_policy_writes_them() {
        let within = |years, months, days, hours| KeepWithin {
            years,
            months,
            days,
            hours,
        };
        for (span, spelt) in [
            (within(0, 6, 0, 0), "keep within 6 months daily"),
            (within(0, 1, 0, 0), "keep within 1 month daily"),
            (within(1, 0, 0, 0), "keep within 1 year daily"),
            (within(1, 3, 0, 0), "keep within 15 months daily"),
            (within(0, 0, 30, 0), "keep within 30d daily"),
            (within(0, 0, 0, 5), "keep within 5h daily"),
        ] {
            let rules = KeepRules {
                within_daily: Some(span),
                ..KeepRules::default()
            };
            assert_eq!(rules.to_string(), spelt);
        }
    }

    #[test]
    fn subtracts_dates_as_go_does() {
        let before = |within: KeepWithin, latest: &str, offset| {
            within
                .before(latest.parse().unwrap(), offset, &TimeZone::UTC)
                .unwrap()
                .to_string()
        };
        let month = KeepWithin {
            months: 1,
            ..KeepWithin::default()
        };
        assert_eq!(
            before(month, "2026-03-31T02:00Z", 0),
            "2026-03-03T02:00:00Z"
        );
        // 23:30 UTC on 30 March is 01:30 on the 31st at +02:00.
        assert_eq!(
            before(month, "2026-03-30T23:30Z", 7200),
            "2026-03-02T23:30:00Z"
        );
        let mixed = KeepWithin {
            years: 1,
            months: 0,
            days: 1,
            hours: 3,
        };
        assert_eq!(
            before(mixed, "2025-02-28T02:00Z", 0),
            "2024-02-26T23:00:00Z"
        );
        let ages = KeepWithin {
            years: 40_000,
            ..KeepWithin::default()
        };
        let latest = "2025-02-28T02:00Z".parse().unwrap();
        assert_eq!(ages.before(latest, 0, &TimeZone::UTC), None);
    }

    #[test]
    fn counts_over_the_clock_changes_of_the_machine_that_forgets() {
        let months = |months| KeepWithin {
            months,
            ..KeepWithin::default()
        };
        let before = |span: KeepWithin, latest: &str, hours: i32, zone: &str| {
            let latest = latest.parse().unwrap();
            let zone = TimeZone::get(zone).unwrap();
            span.before(latest, hours * 3600, &zone)
                .unwrap()
                .to_string()
        };
        // Played with restic 0.14.0, 0.18.0 and 0.19.1: two o'clock in July, and half a year before.
        let july = "2026-07-01T00:00Z";
        assert_eq!(
            before(months(6), july, 2, "Europe/Paris"),
            "2026-01-01T01:00:00Z"
        );
        assert_eq!(
            before(months(6), july, 2, "Pacific/Auckland"),
            "2026-01-01T00:00:00Z"
        );
        // Berlin has no 02:30 on 29 March, and two on 25 October.
        let skipped = before(months(1), "2026-04-29T00:30Z", 2, "Europe/Berlin");
        assert_eq!(skipped, "2026-03-29T01:30:00Z");
        let twice = before(months(1), "2026-11-25T01:30Z", 1, "Europe/Berlin");
        assert_eq!(twice, "2026-10-25T01:30:00Z");
        // A clock at 0 stores `Z`, whatever its zone.
        assert_eq!(
            before(months(6), "2026-01-01T02:00Z", 0, "Europe/London"),
            "2025-07-01T02:00:00Z"
        );
    }

    #[test]
    fn reads_what_restic_reads() {
        for text in ["1y2m3d4h", "30d", "1h", "2y"] {
            assert_eq!(KeepWithin::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(KeepWithin::parse("4h1y"), KeepWithin::parse("1y4h"));
        assert_eq!(KeepWithin::parse("4h1y2h"), KeepWithin::parse("1y2h"));
        for wrong in [
            "",
            "d",
            "30",
            "1w",
            "-1d",
            "1d 2h",
            "99999999999d",
            "1.5d",
            "1é",
        ] {
            assert_eq!(KeepWithin::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Count::parse("7"), Some(Count::N(7)));
        assert_eq!(Count::parse("-1"), Some(Count::MinusOne));
        assert_eq!(Count::parse("unlimited"), Some(Count::Unlimited));
        for wrong in ["", "-2", "+7", "7.0", "all", "4294967296"] {
            assert_eq!(Count::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn writes_restic_options_and_policy_words() {
        let rules = KeepRules {
            daily: Some(Count::N(7)),
            weekly: Some(Count::N(0)),
            yearly: Some(Count::Unlimited),
            within_monthly: Some(KeepWithin {
                years: 1,
                months: 2,
                ..KeepWithin::default()
            }),
            tags: vec![vec!["a".to_owned(), "b".to_owned()]],
            ..KeepRules::default()
        };
        let arguments = rules.arguments(ResticVersion::new(0, 18, 0)).unwrap();
        assert_eq!(
            arguments.join(" "),
            "--keep-daily 7 --keep-yearly unlimited --keep-within-monthly 1y2m --keep-tag a,b"
        );
        assert_eq!(
            rules.to_string(),
            "keep 7 daily, unlimited yearly, within 14 months monthly, tagged a and b"
        );
        let old = rules.arguments(ResticVersion::new(0, 14, 0)).unwrap_err();
        assert!(old.to_string().contains("0.16"), "{old}");
    }

    #[test]
    fn emptiness_is_restics() {
        let zero = KeepRules {
            last: Some(Count::N(0)),
            within: Some(KeepWithin::days(0)),
            ..KeepRules::default()
        };
        assert!(zero.is_empty());
        let minus = KeepRules {
            daily: Some(Count::MinusOne),
            ..KeepRules::default()
        };
        assert!(!minus.is_empty());
        assert!(minus.check(ResticVersion::new(0, 15, 2)).is_ok());
        assert!(minus.check(ResticVersion::new(0, 16, 0)).is_err());
    }
}
