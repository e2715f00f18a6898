//! Schedules: `daily at 03:00 UTC`, and what clock changes do to them.

use std::sync::Arc;

use jiff::tz::TimeZone;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_quantity::Seconds;
use thrice_quantity::schedule::{
    Recurrence, Schedule, ScheduleZone, TimeOfDay, Weekday, zone_named,
};

use crate::codes::{CLOCK_CHANGE, NEVER_RUNS, OUT_OF_RANGE, SHORT_MONTH, UNKNOWN_ZONE};
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::names::Kind;

const WORDS: [&str; 7] = crate::clauses::SCHEDULE_WORDS;

impl Cursor<'_> {
    /// A schedule, written or by name.
    pub fn schedule(&mut self, draft: &Draft) -> Option<(Arc<Schedule>, Span)> {
        if WORDS.iter().any(|word| self.starts_with(word)) {
            return self.written_schedule();
        }
        if self.peek_kind() != Some(TokenKind::Name) {
            return self.wrong("a schedule", "for example `daily at 03:00 UTC`");
        }
        let (index, span) = self.reference(Kind::Schedule)?;
        Some((Arc::clone(draft.schedules.get(index)?), span))
    }

    /// A written schedule: `monthly on 1 at 05:00 UTC`.
    pub fn written_schedule(&mut self) -> Option<(Arc<Schedule>, Span)> {
        let start = self.here();
        let when = self.recurrence()?;
        let zone = self.zone()?;
        let schedule = Schedule { when, zone };
        let span = self.since(start);
        if schedule.never_matches() {
            let message = format!("`{}` never runs", self.cx.text(span));
            let help = "no year has that day; the last day that every month has is 28";
            return self.error(NEVER_RUNS, span, message, "no such day", help);
        }
        self.warn_of_short_months(&schedule, span);
        Some((self.cx.schedules.one(schedule), span))
    }

    fn recurrence(&mut self) -> Option<Recurrence> {
        let words = WORDS.map(|word| (word, word));
        Some(match self.choice("a schedule", &words)?.0 {
            "hourly" => {
                self.expect("at", "hourly at minute 15")?;
                self.expect("minute", "hourly at minute 15")?;
                let (minute, _) = self.count_within("a minute", 0, 59)?;
                Recurrence::Hourly {
                    minute: small(minute),
                }
            }
            "every" => Recurrence::EveryMinutes(self.minutes()?),
            "daily" => {
                self.expect("at", "daily at 03:00 UTC")?;
                let mut times = self.list(Self::time_of_day);
                if times.is_empty() {
                    return None;
                }
                times.sort_unstable();
                times.dedup();
                Recurrence::Daily { times }
            }
            "weekly" => {
                self.expect("on", "weekly on Sunday at 03:00 UTC")?;
                let weekday = self.weekday()?;
                let time = self.at_time("weekly on Sunday at 03:00 UTC")?;
                Recurrence::Weekly { weekday, time }
            }
            "monthly" => {
                self.expect("on", "monthly on 1 at 05:00 UTC")?;
                let (day, _) = self.count_within("a day of the month", 1, 31)?;
                let time = self.at_time("monthly on 1 at 05:00 UTC")?;
                Recurrence::Monthly {
                    day: small(day),
                    time,
                }
            }
            "yearly" => {
                self.expect("on", "yearly on 01-01 at 04:00 UTC")?;
                let (month, _) = self.count_within("a month", 1, 12)?;
                self.expect("-", "yearly on 01-01 at 04:00 UTC")?;
                let (day, _) = self.count_within("a day of the month", 1, 31)?;
                let time = self.at_time("yearly on 01-01 at 04:00 UTC")?;
                Recurrence::Yearly {
                    month: small(month),
                    day: small(day),
                    time,
                }
            }
            _ => Recurrence::OnDemand,
        })
    }

    /// Cron can repeat evenly only what divides a day, within an hour or by whole hours.
    fn minutes(&mut self) -> Option<u32> {
        let (length, span) = self.quantity::<Seconds>()?;
        let minutes = u32::try_from(length.0 / 60).unwrap_or(0);
        let even = match minutes {
            0 => false,
            1..=60 => 60 % minutes == 0,
            _ => minutes % 60 == 0 && 1440 % minutes == 0,
        };
        if length.0 % 60 == 0 && even {
            return Some(minutes);
        }
        let message = format!("cron cannot repeat every `{}` evenly", self.cx.text(span));
        let help =
            "write a part of an hour (5, 10, 15, 20, 30 min) or of a day (1, 2, 3, 4, 6, 8, 12 h)";
        self.error(
            OUT_OF_RANGE,
            span,
            message,
            "does not divide an hour or a day",
            help,
        )
    }

    fn at_time(&mut self, form: &str) -> Option<TimeOfDay> {
        self.expect("at", form)?;
        self.time_of_day()
    }

    /// A time of the day, `03:00`.
    pub fn time_of_day(&mut self) -> Option<TimeOfDay> {
        if self.peek_kind() != Some(TokenKind::Time) {
            return self.wrong("a time", "times are written `03:00`");
        }
        let span = self.advance()?.span;
        let text = self.cx.text(span);
        TimeOfDay::parse(text).or_else(|| {
            let message = format!("there is no `{text}` on the clock");
            self.error(
                OUT_OF_RANGE,
                span,
                message,
                "no such time",
                "from `00:00` to `23:59`",
            )
        })
    }

    fn weekday(&mut self) -> Option<Weekday> {
        if let Some(day) = Weekday::parse(self.peek_text()) {
            self.advance();
            return Some(day);
        }
        let days = Weekday::ALL.map(|day| day.to_string());
        let words: Vec<&str> = days.iter().map(String::as_str).collect();
        self.wrong_word("a day of the week", &words)
    }

    /// `UTC`, a zone in quotes, or nothing for the clock of the host.
    fn zone(&mut self) -> Option<ScheduleZone> {
        if self.take_words("UTC") {
            return Some(ScheduleZone::Utc);
        }
        if self.peek_kind() == Some(TokenKind::Text) {
            return self.time_zone().map(|(name, _)| match name.as_str() {
                "UTC" => ScheduleZone::Utc,
                _ => ScheduleZone::Named(name),
            });
        }
        let zone_without_quotes = self.peek_text().contains('/');
        if zone_without_quotes && zone_named(self.peek_text()).is_ok() {
            return self.wrong(
                "a time zone in quotes",
                "write it in quotes: `\"Europe/Paris\"`",
            );
        }
        Some(ScheduleZone::Host)
    }

    /// A time zone by its IANA name in quotes.
    pub fn time_zone(&mut self) -> Option<(String, Span)> {
        let (name, span) = self.text("a time zone")?;
        if zone_named(&name).is_ok() {
            return Some((name, span));
        }
        let message = format!("no time zone is called `{name}`");
        let help = "zones have the names of the IANA database: `\"Europe/Paris\"`, `\"UTC\"`";
        self.error(UNKNOWN_ZONE, span, message, "unknown time zone", help)
    }

    fn warn_of_short_months(&mut self, schedule: &Schedule, span: Span) {
        let skipped = schedule.skipped_months();
        if skipped.is_empty() {
            return;
        }
        let message = match skipped.as_slice() {
            [_] => "this runs in February only in leap years".to_owned(),
            many => format!("this does not run in {} months of the year", many.len()),
        };
        let found = Diagnostic::warning(SHORT_MONTH, message)
            .at(span, "some months have no such day")
            .help("cron leaves such months out; a day up to 28 comes every month");
        self.complain(found);
    }

    /// Warns if a clock change in the zone in which `schedule` runs skips or repeats one of its
    /// times: `host_zone` is the host's, and `span` shows the schedule. Call it once the runner is
    /// known.
    pub fn warn_of_clock_changes(
        &mut self,
        draft: &Draft,
        schedule: &Schedule,
        host_zone: &str,
        span: Span,
    ) {
        let Some(found) = clock_change(draft, schedule, host_zone, span) else {
            return;
        };
        self.complain(found);
    }
}

/// The warning about the first clock change of each sort within the first 400 days.
fn clock_change(
    draft: &Draft,
    schedule: &Schedule,
    host_zone: &str,
    span: Span,
) -> Option<Diagnostic> {
    // No clock of this zone changes.
    if schedule.zone == ScheduleZone::Utc {
        return None;
    }
    let host = zone_named(host_zone).unwrap_or(TimeZone::UTC);
    let zone = schedule.zone.time_zone(&host).ok()?;
    let from = draft.start.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let to = from
        .checked_add(jiff::SignedDuration::from_hours(400 * 24))
        .ok()?;
    let findings = schedule.dst_findings(&zone, from, to);
    let first = findings.first()?;
    let name = match &schedule.zone {
        ScheduleZone::Named(name) => name.as_str(),
        ScheduleZone::Host | ScheduleZone::Utc => host_zone,
    };
    let mut found = Diagnostic::warning(
        CLOCK_CHANGE,
        format!("a clock change in `{name}` hits {}", first.time),
    )
    .at(span, "at an hour that is skipped or repeated")
    .help("pin it to `UTC`, or choose a time that no clock change touches");
    for finding in findings.iter().take(2) {
        found = found.event(finding.date.to_string(), finding.to_string());
    }
    Some(found)
}

/// Checked to be small by the caller.
fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
