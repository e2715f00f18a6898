//! `scenario`: a case that is played through, and what is expected to be left.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use thrice_diagnostics::Span;
use thrice_grammar::TokenKind;
use thrice_model::{
    CredentialId, Expectation, Expected, HostId, Hostile, Mishap, Scenario, Strike, Target,
};
use thrice_quantity::{CalendarSpan, Seconds};

use crate::clauses::{self, Clause, Construct};
use crate::codes::{MISSING, OUT_OF_RANGE, REVERSED};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::words::{any_target, classes, is_kind_of_target, spoken, target_of_kind};
use crate::item::Item;
use crate::names::Kind;
use crate::values::dates::{YEARS_HELP, is_in_calendar};

/// `scenario`
pub const FORM: Construct = Construct {
    keyword: "scenario",
    inside: &[],
    form: "scenario \"TITLE\"",
    text: "A case that `thrice check` plays on the calendar, step by step. WHEN is `at DATE [TIME]`, \
           `on DATE at TIME` or `at PHASE + SPAN [at TIME]`, on the clock of the policy's time zone, \
           midnight unless said; or `SPAN later` than what stands before it, and `a day later`.",
    example: "scenario \"the orchestrator dies, then production burns\" {\n    \
              lose host seko at t0 + 10 weeks\n    \
              lose site ovh/gravelines a day later\n    \
              expect databases recoverable losing at most 3 days\n}",
    clauses: &[
        Clause::many(
            "lose",
            "[KIND] NAME WHEN",
            "a host, store, site, provider or key is lost, for good",
        ),
        Clause::many(
            "steal",
            "credential|host NAME WHEN",
            "somebody deletes all that it reaches, until the response time is over",
        ),
        Clause::many(
            "operator deletes",
            "STORE WHEN",
            "one mistaken command deletes what is on a store",
        ),
        Clause::many(
            "corrupt",
            "CLASS WHEN",
            "the data is damaged where it lives, and stays so",
        ),
        Clause::many("rot", "STORE WHEN", "all that lies on a store is damaged"),
        Clause::once(
            "judged",
            "WHEN",
            "when it is looked at; the response time after the last of all that unless said",
        ),
        Clause::many(
            "expect",
            "CLASS, … recoverable [losing at most DURATION]|lost",
            "what must be so then: all that it needs is restorable too",
        ),
    ],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let title = spoken(&mut cursor, "a title");
    let mut reader = Reader::new(draft);
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        let cursor = &mut entry.cursor;
        let _read = match entry.word {
            "judged" => reader.judged(cursor),
            "expect" => reader.expect(cursor),
            word => reader.strike(cursor, word),
        };
        entry.cursor.end();
    }
    cursor.end();
    let Some(title) = title else {
        return;
    };
    let Some(last) = reader.strikes.iter().map(|strike| strike.at).max() else {
        if !reader.troubled {
            let help = "say what: `lose host NAME at DATE`";
            let message = "nothing goes wrong in this scenario";
            cursor.error::<()>(MISSING, item.span, message, "nothing happens", help);
        }
        return;
    };
    let response = draft
        .policy
        .as_ref()
        .map_or(Seconds::hours(72), |policy| policy.response);
    let usual = last
        .checked_add(response.to_signed_duration())
        .unwrap_or(Timestamp::MAX);
    let judged = reader.judged.unwrap_or((usual, item.span));
    if judged.0 < last {
        let help = "judge it after the last thing that goes wrong";
        let message = "the scenario is judged before all of it has happened";
        cursor.error::<()>(REVERSED, judged.1, message, "too early", help);
        return;
    }
    let mut strikes = reader.strikes;
    let expectations = reader.expectations;
    strikes.sort_by_key(|strike| strike.at);
    draft.scenarios.push(Scenario {
        title,
        strikes,
        judged: judged.0,
        expectations,
        span: item.statement.head(),
    });
}

struct Reader<'d> {
    draft: &'d Draft,
    zone: TimeZone,
    /// When the clause before happened.
    before: Option<DateTime>,
    strikes: Vec<Strike>,
    judged: Option<(Timestamp, Span)>,
    expectations: Vec<Expectation>,
    /// A clause could not be read.
    troubled: bool,
}

impl<'d> Reader<'d> {
    fn new(draft: &'d Draft) -> Self {
        let zone = draft
            .policy
            .as_ref()
            .map_or("UTC", |policy| policy.timezone.as_str());
        Self {
            draft,
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            before: None,
            strikes: Vec::new(),
            judged: None,
            expectations: Vec::new(),
            troubled: false,
        }
    }

    fn strike(&mut self, cursor: &mut Cursor<'_>, word: &str) -> Option<()> {
        let read = self.read_strike(cursor, word);
        self.troubled |= read.is_none();
        read
    }

    fn read_strike(&mut self, cursor: &mut Cursor<'_>, word: &str) -> Option<()> {
        let mishap = match word {
            "lose" => Mishap::Lose(lost(cursor)?),
            "steal" => Mishap::Steal(stolen(cursor)?),
            "operator deletes" => Mishap::Delete(cursor.store()?.0),
            "corrupt" => Mishap::Corrupt(cursor.class()?.0),
            _ => Mishap::Rot(cursor.store()?.0),
        };
        let at = self.when(cursor)?;
        self.strikes.push(Strike {
            at,
            mishap,
            span: Some(cursor.head()),
        });
        Some(())
    }

    fn judged(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let start = cursor.here();
        let at = self.when(cursor)?;
        self.judged = Some((at, cursor.since(start)));
        Some(())
    }

    fn expect(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let start = cursor.here();
        let found = classes(cursor, &[Kind::Class]);
        let (recoverable, _) =
            cursor.choice("an outcome", &[("recoverable", true), ("lost", false)])?;
        let outcome = if !recoverable {
            Expected::Lost
        } else if cursor.take_words("losing at most") {
            Expected::Recoverable(Some(cursor.quantity::<Seconds>()?.0))
        } else {
            Expected::Recoverable(None)
        };
        let span = cursor.since(start);
        self.expectations
            .extend(found.into_iter().map(|(class, _)| Expectation {
                class,
                outcome,
                span,
            }));
        Some(())
    }

    /// `at DATE [TIME]`, `on DATE [at TIME]`, `at PHASE + SPAN [at TIME]`, `SPAN later`, `a day later`.
    fn when(&mut self, cursor: &mut Cursor<'_>) -> Option<Timestamp> {
        let start = cursor.here();
        let civil = if cursor.take_words("at") || cursor.take_words("on") {
            self.moment(cursor)?
        } else {
            self.later(cursor)?
        };
        let civil = civil.filter(|civil| is_in_calendar(civil.date()));
        let instant = civil.and_then(|civil| Some((civil, self.zone.to_timestamp(civil).ok()?)));
        let Some((civil, at)) = instant else {
            let span = cursor.since(start);
            let message = "the year of this moment is out of range";
            return cursor.error(OUT_OF_RANGE, span, message, "out of range", YEARS_HELP);
        };
        self.before = Some(civil);
        Some(at)
    }

    fn moment(&self, cursor: &mut Cursor<'_>) -> Option<Option<DateTime>> {
        let (date, _) = cursor.date_or_phase(self.draft, "a date or a phase")?;
        let mut at = Some(date.to_datetime(Time::midnight()));
        if cursor.take_operator("+") {
            let (span, _) = cursor.quantity::<CalendarSpan>()?;
            at = at.and_then(|at| span.add_to(at));
        }
        if cursor.take_words("at") || cursor.peek_kind() == Some(TokenKind::Time) {
            let time = cursor.time_of_day()?;
            let seconds = jiff::SignedDuration::from_secs(time.second_of_day());
            at = at.and_then(|at| {
                at.date()
                    .to_datetime(Time::midnight())
                    .checked_add(seconds)
                    .ok()
            });
        }
        Some(at)
    }

    fn later(&self, cursor: &mut Cursor<'_>) -> Option<Option<DateTime>> {
        let start = cursor.here();
        let span = if cursor.take_words("a") || cursor.take_words("an") {
            one(cursor)?
        } else if cursor.peek_kind() == Some(TokenKind::Number) {
            cursor.quantity::<CalendarSpan>()?.0
        } else {
            let help = "write `at 2026-09-30 02:58`, `at PHASE + 10 weeks`, or `a day later` than the one before";
            return cursor.wrong("a moment", help);
        };
        cursor.expect("later", "2 days later")?;
        if self.before.is_none() && self.troubled {
            // What it is later than could not be read, and that is said already.
            cursor.give_up();
            return None;
        }
        let Some(before) = self.before else {
            let message = "there is nothing before it that it could be later than";
            let help = "give the first one a date: `at 2026-09-30 02:58`";
            return cursor.error(
                MISSING,
                cursor.since(start),
                message,
                "later than what?",
                help,
            );
        };
        Some(span.add_to(before))
    }
}

/// The unit of `a day later`.
fn one(cursor: &mut Cursor<'_>) -> Option<CalendarSpan> {
    let days = |days| CalendarSpan {
        days,
        ..CalendarSpan::default()
    };
    let table = [
        ("minute", CalendarSpan::from_seconds(Seconds::minutes(1))),
        ("hour", CalendarSpan::from_seconds(Seconds::HOUR)),
        ("day", days(1)),
        ("week", days(7)),
        (
            "month",
            CalendarSpan {
                months: 1,
                ..CalendarSpan::default()
            },
        ),
    ];
    cursor
        .choice("a unit of time", &table)
        .map(|(span, _)| span)
}

/// `host seko`, or a name alone.
fn lost(cursor: &mut Cursor<'_>) -> Option<Target> {
    if is_kind_of_target(cursor) {
        target_of_kind(cursor)
    } else {
        any_target(cursor).map(|(target, _)| target)
    }
}

/// `credential s3_writer`, `host seko`, or a name alone.
fn stolen(cursor: &mut Cursor<'_>) -> Option<Hostile> {
    let names_kind = is_kind_of_target(cursor);
    let kinds = [Kind::Credential, Kind::Host];
    let (kind, index) = if names_kind {
        let words = [("credential", Kind::Credential), ("host", Kind::Host)];
        let (kind, _) = cursor.choice("`credential` or `host`", &words)?;
        (kind, cursor.reference(kind)?.0)
    } else {
        let (kind, index, _) = cursor.reference_any(&kinds)?;
        (kind, index)
    };
    Some(match kind {
        Kind::Credential => Hostile::Credential(CredentialId::new(index)),
        _ => Hostile::Host(HostId::new(index)),
    })
}
