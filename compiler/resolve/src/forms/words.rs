//! Phrases that several statements share: reasons, selections of classes, things that can be lost.

use std::collections::BTreeMap;

use smallvec::{SmallVec, smallvec};
use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_model::{
    ClassId, ClassKind, CredentialId, HostId, KeyId, ProviderId, Selection, SiteId, StoreId, Target,
};
use thrice_quantity::Seconds;

use crate::codes::{OUT_OF_RANGE, REPEATED, REVERSED, WRONG_VALUE};
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::names::Kind;

const KINDS: [(&str, ClassKind); 3] = [
    ("state", ClassKind::State),
    ("files", ClassKind::Files),
    ("items", ClassKind::Items),
];

/// `because "REASON"`; `form` shows the whole statement.
pub fn reason(cursor: &mut Cursor<'_>, form: &str) -> Option<String> {
    cursor.expect("because", form)?;
    spoken(cursor, "a reason")
}

/// A text that says something. `what` says what is expected: "a reason".
pub fn spoken(cursor: &mut Cursor<'_>, what: &str) -> Option<String> {
    let (text, span) = cursor.text(what)?;
    if text.trim().is_empty() {
        let message = format!("{what} is expected, not an empty text");
        return cursor.error(WRONG_VALUE, span, message, "empty", "say it in a few words");
    }
    Some(text)
}

/// The guaranteed recovery point, unless it is below the nominal one: with missed runs more is lost.
pub fn not_less(
    cursor: &mut Cursor<'_>,
    nominal: Seconds,
    guaranteed: Seconds,
    span: Span,
) -> Option<Seconds> {
    if guaranteed < nominal {
        let message = format!("{guaranteed} with missed runs is less than {nominal} without");
        let help = "say how much may be lost while runs fail until somebody has acted";
        return cursor.error(
            REVERSED,
            span,
            message,
            "less than without missed runs",
            help,
        );
    }
    Some(guaranteed)
}

/// `all`, `all state|files|items` or `CLASS, …`; perhaps with `except CLASS, …`. Skipped classes
/// are in no `all`.
pub fn selection(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<Selection> {
    let start = cursor.here();
    let all = cursor.take_words("all");
    let mut kind = None;
    let mut classes: Vec<ClassId> = if all {
        kind = KINDS
            .iter()
            .find(|(word, _)| cursor.take_words(word))
            .map(|(_, kind)| *kind);
        every(draft, kind)
    } else {
        named(cursor)
    };
    if cursor.take_words("except") {
        let except = named(cursor);
        classes.retain(|class| !except.contains(class));
    }
    let span = cursor.since(start);
    (!cursor.is_lost()).then_some(Selection {
        classes,
        all,
        kind,
        span,
    })
}

fn every(draft: &Draft, kind: Option<ClassKind>) -> Vec<ClassId> {
    let skipped: std::collections::BTreeSet<&str> = draft
        .skips
        .iter()
        .map(|skip| skip.named.name.as_str())
        .collect();
    draft
        .classes
        .iter()
        .filter(|(_, class)| kind.is_none_or(|kind| class.kind == kind))
        .filter(|(_, class)| !skipped.contains(class.named.name.as_str()))
        .map(|(at, _)| ClassId::from(at))
        .collect()
}

/// Classes by name, in the order of declaration.
fn named(cursor: &mut Cursor<'_>) -> Vec<ClassId> {
    let found = classes(cursor, &[Kind::Class]);
    let mut classes: Vec<ClassId> = found.into_iter().map(|(class, _)| class).collect();
    classes.sort_unstable();
    classes
}

/// `CLASS, …` as written, each once. `kinds` are what a message says is expected here: classes,
/// and perhaps what else the caller has already looked for.
pub fn classes(cursor: &mut Cursor<'_>, kinds: &[Kind]) -> SmallVec<[(ClassId, Span); 1]> {
    let written: SmallVec<[_; 1]> = cursor.list_as(|cursor| cursor.reference_any(kinds));
    // Most name one.
    if let [(_, index, span)] = written.as_slice() {
        return smallvec![(ClassId::new(*index), *span)];
    }
    let mut found = SmallVec::new();
    let mut known: BTreeMap<ClassId, Span> = BTreeMap::new();
    for (_, index, span) in written {
        let class = ClassId::new(index);
        match known.get(&class) {
            Some(first) => {
                let name = cursor.cx.text(span);
                let twice =
                    Diagnostic::error(REPEATED, format!("the class `{name}` is named twice"))
                        .at(span, "named again")
                        .at(*first, "first named here")
                        .help("keep one of them");
                cursor.complain(twice);
            }
            None => {
                known.insert(class, span);
                found.push((class, span));
            }
        }
    }
    found
}

/// The kinds of things that can be lost by name.
const TARGETS: [(&str, Kind); 6] = [
    ("host", Kind::Host),
    ("store", Kind::Store),
    ("site", Kind::Site),
    ("provider", Kind::Provider),
    ("credential", Kind::Credential),
    ("key", Kind::Key),
];

/// `KIND NAME`: `credential s3_writer`, `site ovh/gravelines`.
pub fn target_of_kind(cursor: &mut Cursor<'_>) -> Option<Target> {
    let (kind, _) = cursor.choice("a kind of thing that can be lost", &TARGETS)?;
    let (index, _) = cursor.reference(kind)?;
    Some(target(kind, index))
}

/// The same without counting as a use.
pub fn mentioned_target(cursor: &mut Cursor<'_>) -> Option<Target> {
    let (kind, _) = cursor.choice("a kind of thing that can be lost", &TARGETS)?;
    let (index, _) = cursor.mention(kind)?;
    Some(target(kind, index))
}

/// Whether a word such as `host` and a name are next. Things may be called `host` or `key` themselves:
/// then no name follows.
pub fn is_kind_of_target(cursor: &Cursor<'_>) -> bool {
    let next = cursor.peek_second();
    TARGETS.iter().any(|(word, _)| cursor.starts_with(word))
        && next.is_some_and(|token| {
            token.kind == TokenKind::Name
                && !matches!(cursor.cx.text(token.span), "at" | "on" | "a" | "an")
        })
}

/// A thing that can be lost, by its name alone, and its place.
pub fn any_target(cursor: &mut Cursor<'_>) -> Option<(Target, Span)> {
    let (kind, index, span) = cursor.reference_any(&TARGETS.map(|(_, kind)| kind))?;
    Some((target(kind, index), span))
}

/// Only for the kinds of [`TARGETS`].
fn target(kind: Kind, index: u32) -> Target {
    match kind {
        Kind::Store => Target::Store(StoreId::new(index)),
        Kind::Site => Target::Site(SiteId::new(index)),
        Kind::Provider => Target::Provider(ProviderId::new(index)),
        Kind::Credential => Target::Credential(CredentialId::new(index)),
        Kind::Key => Target::Key(KeyId::new(index)),
        _ => Target::Host(HostId::new(index)),
    }
}

/// `>= N` behind `word`. At least one: less is no demand.
pub fn at_least(cursor: &mut Cursor<'_>, word: &str) -> Option<u32> {
    let form = format!("{word} >= 3");
    compared(cursor, ">=", &form)?;
    let (count, span) = cursor.count("a number")?;
    if count == 0 {
        let message = format!("`{word} >= 0` demands nothing");
        return cursor.error(OUT_OF_RANGE, span, message, "at least 1", "take it away");
    }
    Some(count)
}

/// The operator `sign`; another one is reported in words. `form` shows how it goes on.
pub fn compared(cursor: &mut Cursor<'_>, sign: &str, form: &str) -> Option<()> {
    if cursor.take_operator(sign) {
        return Some(());
    }
    let help = format!("write `{form}`");
    if cursor.peek_kind() == Some(TokenKind::Operator) {
        let bound = if sign == ">=" {
            "a least value"
        } else {
            "a greatest value"
        };
        return cursor.wrong(&format!("`{sign}`"), &format!("this is {bound}: {help}"));
    }
    cursor.wrong(&format!("`{sign}`"), &help)
}
