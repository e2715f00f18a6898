//! `monitor`: what notices that a step did not succeed.

use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_model::{Monitor, MonitorId, MonitorKind};
use thrice_quantity::Seconds;

use crate::clauses::{self, Clause, Construct};
use crate::codes::MONITOR_PLACE;
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::item::Item;

/// `monitor`
pub const FORM: Construct = Construct {
    keyword: "monitor",
    inside: &[],
    form: "monitor NAME",
    text: "What notices that a step did not succeed, or did not run. It says where steps find its \
           URL, never the URL itself, which is a secret.",
    example: "monitor deadman { healthchecks at \"HC_PING_KEY\"; hosted by healthchecks_io }",
    clauses: &[
        Clause::once(
            "healthchecks",
            "at \"VARIABLE\"",
            "healthchecks.io, or a server like it",
        ),
        Clause::once(
            "uptime-kuma",
            "at \"VARIABLE\"",
            "a push monitor of Uptime Kuma",
        ),
        Clause::once(
            "hosted by",
            "PROVIDER",
            "who runs it, if it is not one of your hosts",
        ),
        Clause::once("on", "HOST", "the host it runs on"),
        Clause::once(
            "grace",
            "DURATION",
            "how long a signal may be overdue before it raises the alarm; 1h unless said",
        ),
    ],
};

/// How long a signal may be overdue unless a monitor says otherwise.
const DEFAULT_GRACE: Seconds = Seconds(3600);

const HELP: &str = "name the environment variable or the file that holds its URL: \
                    `healthchecks at \"HC_PING_KEY\"`";

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let (mut kinds, mut host, mut provider) = (Vec::new(), None, None);
    let mut grace = DEFAULT_GRACE;
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        match entry.word {
            "hosted by" => provider = entry.cursor.provider().map(|(id, _)| id),
            "on" => host = entry.cursor.host().map(|(id, _)| id),
            "grace" => {
                if let Some((time, _)) = entry.cursor.quantity() {
                    grace = time;
                }
            }
            word => {
                let kind = match word {
                    "healthchecks" => MonitorKind::Healthchecks,
                    _ => MonitorKind::UptimeKuma,
                };
                kinds.push((kind, place(&mut entry.cursor), entry.span()));
            }
        }
        entry.cursor.end();
    }
    cursor.end();
    let (kind, url_from) = match kinds.as_slice() {
        [(kind, place, _)] => (*kind, place.clone()),
        [] => {
            let message = format!("the monitor `{}` has no place", item.name);
            let found = Diagnostic::error(MONITOR_PLACE, message);
            cx.report(
                found
                    .at(item.span, "nothing says where its URL is")
                    .help(HELP),
            );
            return;
        }
        [(_, _, first), .., (_, _, last)] => {
            let message = format!("the monitor `{}` has two places", item.name);
            let found = Diagnostic::error(MONITOR_PLACE, message)
                .at(*last, "said again")
                .at(*first, "first said here")
                .help("declare two monitors");
            cx.report(found);
            return;
        }
    };
    let Some(url_from) = url_from else { return };
    let monitor = Monitor {
        named: item.named(cx),
        kind,
        url_from,
        host,
        provider,
        grace,
    };
    draft.monitors.set(MonitorId::new(item.index), monitor);
}

/// `at "VARIABLE"`, or the absolute path of a file.
fn place(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.expect("at", "healthchecks at \"HC_PING_KEY\"")?;
    if cursor.peek_kind() != Some(TokenKind::Text) {
        return cursor.wrong_text("the name of a variable");
    }
    // Read without the search for secrets: a URL is refused here, with better help.
    let span = cursor.advance()?.span;
    let text = cursor.unescape(span)?;
    let reason = if text.is_empty() {
        "is empty"
    } else if text.contains("://") {
        "holds a URL, which is a secret"
    } else if is_variable(&text) || text.starts_with('/') {
        return Some(text);
    } else {
        "is neither a variable nor a file"
    };
    refuse(cursor, span, reason)
}

fn refuse(cursor: &mut Cursor<'_>, span: Span, reason: &str) -> Option<String> {
    let message = format!("the place of this monitor {reason}");
    cursor.error(MONITOR_PLACE, span, message, "not a place", HELP)
}

/// As shells name variables.
fn is_variable(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}
