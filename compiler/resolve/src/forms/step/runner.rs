//! `by HOST.RUNNER`, `by HOST`, `by hand`: who starts a step.

use thrice_diagnostics::{Diagnostic, Span, nearest, one_of};
use thrice_grammar::TokenKind;
use thrice_model::{Host, HostId, HostKind, Runner, RunnerKind};

use crate::codes::{RUNNER, WRONG_VALUE};
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::host::RUNNERS;
use crate::names::Kind;

/// Reads a runner, behind the word `by`.
pub fn read(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<Runner> {
    if cursor.take_words("hand") {
        return Some(Runner {
            host: None,
            kind: RunnerKind::Hand,
            span: Some(cursor.last()),
        });
    }
    if cursor.peek_kind() != Some(TokenKind::Name) {
        return cursor.wrong("a runner", "write `by HOST.cron`, `by HOST` or `by hand`");
    }
    let (name, span) = cursor.name("a runner")?;
    let (host, kind) = match name.split_once('.') {
        Some((host, kind)) => (host, Some(kind)),
        None => (name, None),
    };
    let id = match cursor.cx.names.look_up(host, Kind::Host, span) {
        Ok(index) => HostId::new(index),
        Err(found) => {
            cursor.complain(*found);
            return None;
        }
    };
    let host = draft.hosts.get(id)?;
    let kind = match kind {
        Some(kind) => named(cursor, host, kind, span)?,
        None => only(cursor, host, span)?,
    };
    Some(Runner {
        host: Some(id),
        kind,
        span: Some(span),
    })
}

/// The runner that is named, if the host runs it.
fn named(cursor: &mut Cursor<'_>, host: &Host, word: &str, span: Span) -> Option<RunnerKind> {
    let Some((_, kind)) = RUNNERS.iter().find(|(name, _)| *name == word) else {
        let near = nearest(word, RUNNERS.iter().map(|(name, _)| *name));
        let help = match near.as_slice() {
            [] => format!("write {}", one_of(RUNNERS.iter().map(|(name, _)| *name))),
            near => format!("did you mean {}?", one_of(near.iter().copied())),
        };
        let message = format!("`{word}` is no runner");
        return cursor.error(WRONG_VALUE, span, message, "unknown runner", help);
    };
    if host.runners.iter().any(|(runner, _)| runner == kind) {
        return Some(*kind);
    }
    let name = &host.named.name;
    let found = Diagnostic::error(RUNNER, format!("`{name}` does not run `{word}`"));
    cursor.complain(with_runners(
        found.at(span, "nothing would start this step"),
        host,
        word,
    ));
    None
}

/// The one runner of a host for which none is named.
fn only(cursor: &mut Cursor<'_>, host: &Host, span: Span) -> Option<RunnerKind> {
    let name = &host.named.name;
    match host.runners.as_slice() {
        [(kind, _)] if host.kind != HostKind::ObjectStorage => return Some(*kind),
        [] => {
            let found = Diagnostic::error(
                RUNNER,
                format!("`{name}` says of no runner that it runs it"),
            );
            let found = found.at(span, "nothing would start this step");
            cursor.complain(with_runners(found, host, "cron"));
        }
        _ if host.kind == HostKind::ObjectStorage => {
            let found = Diagnostic::error(
                RUNNER,
                format!("`{name}` is an object storage: it runs no steps"),
            );
            let found = found.at(span, "nothing would start this step");
            cursor.complain(with_runners(found, host, "cron"));
        }
        runners => {
            let words = runners
                .iter()
                .map(|(kind, _)| format!("{name}.{}", word(*kind)));
            let words: Vec<String> = words.collect();
            let message = format!("`{name}` runs more than one: which starts this step?");
            let help = format!("write {}", one_of(words.iter().map(String::as_str)));
            let found = Diagnostic::error(RUNNER, message).at(span, "which one?");
            let found = runners.iter().fold(found, |found, (kind, at)| {
                found.at(*at, format!("it runs `{}`", word(*kind)))
            });
            cursor.complain(found.help(help));
        }
    }
    None
}

/// Adds what the host runs, and what to do.
fn with_runners(found: Diagnostic, host: &Host, wanted: &str) -> Diagnostic {
    let name = &host.named.name;
    if host.kind == HostKind::ObjectStorage {
        return found
            .at(host.named.span, "declared here")
            .help("name the host that does the work: `by HOST.cron`");
    }
    let found = host.runners.iter().fold(found, |found, (kind, at)| {
        found.at(*at, format!("`{name}` runs `{}`", word(*kind)))
    });
    if host.runners.is_empty() {
        let found = found.at(host.named.span, "no `runs` in its block");
        return found.help(format!("add `runs {wanted}` to `{name}`"));
    }
    found.help(format!(
        "name one that `{name}` runs, or add `runs {wanted}` to it"
    ))
}

/// The word of a runner.
fn word(kind: RunnerKind) -> &'static str {
    let written = RUNNERS
        .iter()
        .find(|(_, other)| *other == kind)
        .map(|(word, _)| *word);
    written.unwrap_or(match kind {
        RunnerKind::Lifecycle => "lifecycle",
        _ => "hand",
    })
}
