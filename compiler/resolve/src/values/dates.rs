//! Dates, phases, and the time between which something exists.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_grammar::TokenKind;
use thrice_model::{Lifetime, PhaseId};

use crate::codes::{IMPOSSIBLE_DATE, OUT_OF_RANGE, REVERSED};
use crate::cursor::Cursor;
use crate::draft::Draft;

/// The years that dates lie in. Before 1970 there were no such clocks as schedules go by (time zones went by the
/// sun), and whoever plans for the year 2200 has written a sentinel.
const YEARS: RangeInclusive<i16> = 1970..=2199;
/// What is to be written in their stead.
pub const YEARS_HELP: &str =
    "dates lie between 1970-01-01 and 2199-12-31; what has no end needs no date";

/// Whether a policy can speak of a day.
#[must_use]
pub fn is_in_calendar(date: Date) -> bool {
    YEARS.contains(&date.year())
}

/// `since PHASE` and `until PHASE` as written; both may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenLifetime {
    /// The phase of `since` and its first day.
    pub since: Option<(PhaseId, Date)>,
    /// The first day of the phase of `until`.
    pub until: Option<Date>,
}

impl WrittenLifetime {
    /// The lifetime: what is not written comes from the things it sits on: the latest start and
    /// the earliest end of them, and the policy's start where it sits on nothing.
    #[must_use]
    pub fn on(self, bases: &[Lifetime], policy_start: Date) -> Lifetime {
        let latest = bases.iter().map(|base| base.from).max();
        let earliest = bases.iter().filter_map(|base| base.until).min();
        Lifetime {
            from: self
                .since
                .map(|(_, day)| day)
                .or(latest)
                .unwrap_or(policy_start),
            until: self.until.or(earliest),
            since: self.since.map(|(phase, _)| phase),
        }
    }
}

impl Cursor<'_> {
    /// A date, `2026-02-15`.
    pub fn date(&mut self, what: &str) -> Option<(Date, Span)> {
        if self.peek_kind() != Some(TokenKind::Date) {
            return self.wrong(what, "dates are written `2026-02-15`: year, month, day");
        }
        let span = self.advance()?.span;
        let text = self.cx.text(span);
        if let Ok(date) = text.parse() {
            if is_in_calendar(date) {
                return Some((date, span));
            }
            let message = format!("the year of {text} is out of range");
            return self.error(OUT_OF_RANGE, span, message, "out of range", YEARS_HELP);
        }
        let message = format!("there is no {text} in the calendar");
        let help = "year, month 01–12 and a day that the month has: `2026-02-15`";
        self.error(IMPOSSIBLE_DATE, span, message, "impossible date", help)
    }

    /// A date, or a phase for its first day.
    pub fn date_or_phase(&mut self, draft: &Draft, what: &str) -> Option<(Date, Span)> {
        match self.peek_kind() {
            Some(TokenKind::Date) => self.date(what),
            Some(TokenKind::Name) => {
                let (phase, span) = self.phase()?;
                Some((draft.phases.get(phase)?.start, span))
            }
            _ => self.wrong(
                what,
                "write a date such as `2026-02-15`, or the name of a phase",
            ),
        }
    }

    /// `[since PHASE] [until PHASE]`, in either order, each at most once; what stands otherwise is
    /// left for the caller.
    pub fn lifetime(&mut self, draft: &Draft) -> WrittenLifetime {
        let mut written = WrittenLifetime::default();
        let start = self.here();
        let (mut since, mut until) = (false, false);
        loop {
            if !since && self.take_words("since") {
                since = true;
                written.since = self.phase_day(draft);
            } else if !until && self.take_words("until") {
                until = true;
                written.until = self.phase_day(draft).map(|(_, day)| day);
            } else {
                break;
            }
        }
        if let (Some((_, from)), Some(until)) = (written.since, written.until)
            && until <= from
        {
            let message = format!("it ends on {until} and begins on {from}");
            let span = self.since(start);
            let help = "name the earlier phase after `since`";
            self.error::<()>(REVERSED, span, message, "never exists", help);
        }
        written
    }

    fn phase_day(&mut self, draft: &Draft) -> Option<(PhaseId, Date)> {
        let (phase, _) = self.phase()?;
        Some((phase, draft.phases.get(phase)?.start))
    }
}
