//! `policy`: name, zone, horizon.

use ecow::EcoString;
use thrice_diagnostics::{Diagnostic, FileId, Span};
use thrice_grammar::{LANGUAGE_VERSION, TokenKind};
use thrice_model::{Named, Policy};
use thrice_quantity::{CalendarSpan, Seconds};

use crate::clauses::{self, Clause, Construct};
use crate::codes::{DUPLICATE_NAME, NOT_YET, OUT_OF_RANGE};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::item::Item;
use crate::values::dates::is_in_calendar;

/// `policy`
pub const FORM: Construct = Construct {
    keyword: "policy",
    inside: &[],
    form: "policy NAME [\"TITLE\"]",
    text: "The policy as a whole. A folder has at most one; without it the policy has the folder's \
           name and the defaults.",
    example: "policy vpai \"VPAI: data lifecycle and tiering\" {\n    timezone \"Europe/Paris\"\n    \
              horizon 3 years\n    response time 72h\n}",
    clauses: &[
        Clause::once("language", "NUMBER", "version of the language: 1"),
        Clause::once(
            "timezone",
            "\"ZONE\"",
            "the people's time zone; UTC where it is not said",
        ),
        Clause::once(
            "horizon",
            "SPAN",
            "how far proofs reach from the start, and no phase begins after that; 3 years unless said",
        ),
        Clause::once(
            "response time",
            "DURATION",
            "from an alarm until somebody has acted; 72h unless said",
        ),
    ],
};

const DEFAULT_RESPONSE: Seconds = Seconds::hours(72);
const DEFAULT_HORIZON: CalendarSpan = CalendarSpan {
    months: 36,
    days: 0,
    seconds: 0,
};

/// Reads the one policy statement, or makes up what it would say.
pub fn read_all<'a>(cx: &'a Context<'a>, draft: &mut Draft, items: &[Item<'a>]) {
    if let [first, others @ ..] = items {
        for other in others {
            let found = Diagnostic::error(DUPLICATE_NAME, "the policy is declared twice")
                .at(other.span, "declared again")
                .at(first.span, "first declared here")
                .help("all files of a folder are one policy: keep one `policy` statement");
            cx.report(found);
        }
    }
    let file = draft.first_file.unwrap_or(FileId::new(0));
    let default = Policy {
        named: Named {
            name: draft.default_name.as_str().into(),
            span: Span::new(file, 0, 0),
            doc: EcoString::new(),
        },
        title: draft.default_name.clone(),
        timezone: "UTC".to_owned(),
        start: draft.start,
        end: DEFAULT_HORIZON
            .add_to_date(draft.start)
            .unwrap_or(draft.start),
        response: DEFAULT_RESPONSE,
        response_stated: false,
    };
    draft.policy = Some(default);
    for item in items.iter().rev() {
        read(cx, draft, item);
    }
    beyond(cx, draft);
}

/// Phases of which nothing would be looked at, so that whatever is asked for in them would seem to hold.
fn beyond<'a>(cx: &'a Context<'a>, draft: &Draft) {
    let Some(policy) = &draft.policy else {
        return;
    };
    let late = draft
        .phases
        .iter()
        .filter(|(_, phase)| phase.start > policy.end);
    for (_, phase) in late {
        let name = &phase.named.name;
        let message = format!(
            "`{name}` begins on {}, and nothing is looked at after {}",
            phase.start, policy.end
        );
        let years = i32::from(phase.start.year()) - i32::from(policy.start.year()) + 1;
        let found = Diagnostic::error(OUT_OF_RANGE, message)
            .at(phase.named.span, "begins after the horizon");
        cx.report(found.help(format!(
            "let proofs reach further: `horizon {years} years` in `policy`; or leave the phase out until then"
        )));
    }
}

fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let start = draft.start;
    let Some(policy) = &mut draft.policy else {
        return;
    };
    let mut cursor = item.cursor(cx);
    if cursor.peek_kind() == Some(TokenKind::Text) {
        // Folders are often named so, and nothing refers to a policy by name.
        cursor.wrong::<()>(
            "a name",
            "a policy has a bare name before its title: `policy vpai \"VPAI\"`",
        );
    } else if let Some((name, span)) = cursor.name("a name") {
        policy.named = Named {
            name: name.into(),
            span,
            doc: cx.doc(item.statement),
        };
        policy.title = cursor
            .text_if_any()
            .map_or_else(|| name.to_owned(), |(title, _)| title);
    }
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        read_clause(entry.word, &mut entry.cursor, policy, start);
        entry.cursor.end();
    }
    cursor.end();
}

fn read_clause(
    word: &str,
    cursor: &mut Cursor<'_>,
    policy: &mut Policy,
    start: jiff::civil::Date,
) -> Option<()> {
    match word {
        "language" => {
            let (version, span) = cursor.count("the version of the language")?;
            if version != LANGUAGE_VERSION {
                let message = format!("there is no version {version} of the language here");
                let help = format!(
                    "this is version {LANGUAGE_VERSION}: write `language {LANGUAGE_VERSION}`"
                );
                return cursor.error(NOT_YET, span, message, "not known", help);
            }
        }
        "timezone" => policy.timezone = cursor.time_zone()?.0,
        "horizon" => {
            let (horizon, span) = cursor.quantity::<CalendarSpan>()?;
            let end = horizon
                .add_to_date(start)
                .filter(|end| *end > start && is_in_calendar(*end));
            let Some(end) = end else {
                let help = "a day at least, and not beyond the year 2199";
                return cursor.error(
                    OUT_OF_RANGE,
                    span,
                    "this horizon is out of range",
                    "here",
                    help,
                );
            };
            policy.end = end;
        }
        _ => {
            policy.response = cursor.quantity::<Seconds>()?.0;
            policy.response_stated = true;
        }
    }
    Some(())
}
