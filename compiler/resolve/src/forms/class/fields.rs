//! Parts of a class, and the labels of its fields.

use std::collections::{BTreeMap, BTreeSet};

use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, Span, nearest, one_of};
use thrice_grammar::TokenKind;
use thrice_model::{Class, Field};

use crate::codes::{REPEATED, UNKNOWN_NAME};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::forms::environment::LABELS;

/// Reads the names of parts. Names of databases and volumes are bare words, or in quotes where
/// they are none.
pub fn read_parts(cursor: &mut Cursor<'_>) -> ThinVec<(String, Span)> {
    let mut parts = ThinVec::new();
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    let read = cursor.list(|cursor| match cursor.peek_kind() {
        Some(TokenKind::Text) => cursor.text("a part"),
        _ => cursor
            .name("a part")
            .map(|(name, span)| (name.to_owned(), span)),
    });
    for (part, span) in read {
        match first.get(&part) {
            Some(first) => cursor.complain(twice("part", &part, span, *first)),
            None => {
                first.insert(part.clone(), span);
                parts.push((part, span));
            }
        }
    }
    parts
}

fn twice(what: &str, name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(REPEATED, format!("the {what} `{name}` is said twice"))
        .at(span, "said again")
        .at(first, "first said here")
        .help("keep the one that holds")
}

/// Reads the block of `fields`.
pub fn read<'a>(cx: &'a Context<'a>, cursor: &mut Cursor<'a>) -> Option<ThinVec<Field>> {
    let Some(block) = cursor.block() else {
        return cursor.wrong(
            "`{`",
            "`fields { n8n.credentials_entity.data credential; rest personal }`",
        );
    };
    let mut fields = ThinVec::new();
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    for statement in block.statements() {
        let mut line = Cursor::new(cx, statement);
        let field = read_field(&mut line);
        line.end();
        let Some(field) = field else { continue };
        match first.get(&field.name) {
            Some(other) => cx.report(twice("field", &field.name, field.span, *other)),
            None => {
                first.insert(field.name.clone(), field.span);
                fields.push(field);
            }
        }
    }
    Some(fields)
}

fn read_field(line: &mut Cursor<'_>) -> Option<Field> {
    let (name, span) = line.name("a field")?;
    let (label, _) = line.choice("a label", &LABELS)?;
    Some(Field {
        name: name.to_owned(),
        label,
        span,
    })
}

/// Reports fields of parts that the class does not have.
pub fn check(cx: &Context<'_>, class: &Class) {
    let parts: BTreeSet<&str> = class.parts.iter().map(|(part, _)| part.as_str()).collect();
    if parts.is_empty() {
        return;
    }
    for field in class.fields.iter().filter(|field| field.name != "rest") {
        // A part may have dots in its name, so each beginning of the field may be one.
        let name = field.name.as_str();
        let ends = name.match_indices('.').map(|(at, _)| at);
        let mut beginnings = ends.chain([name.len()]).filter_map(|end| name.get(..end));
        if !beginnings.any(|part| parts.contains(part)) {
            cx.report(unknown_part(cx, class, field));
        }
    }
}

fn unknown_part(cx: &Context<'_>, class: &Class, field: &Field) -> Diagnostic {
    let part = field.name.split('.').next().unwrap_or("");
    let message = format!("`{}` has no part `{part}`", class.named.name);
    let found = Diagnostic::error(UNKNOWN_NAME, message).at(field.span, "unknown part");
    if !cx.names.may_suggest() {
        return found;
    }
    let parts = || class.parts.iter().map(|(part, _)| part.as_str());
    match nearest(part, parts()) {
        near if near.is_empty() => found.help(format!("its parts are {}", one_of(parts().take(6)))),
        near => found.help(format!("did you mean {}?", one_of(near))),
    }
}
