//! Texts cut into words and statements, and changed.

use thrice_diagnostics::{FileId, Span};
use thrice_grammar::{Statement, Token, TokenKind, parse};

/// All statements of a text, those in blocks too, in order.
fn walk(text: &str, visit: impl FnMut(Statement<'_>)) {
    let (tree, _) = parse(FileId::new(0), text);
    tree.all_statements().for_each(visit);
}

/// The words and values of a text with their places, in order.
pub fn tokens(text: &str) -> Vec<(TokenKind, usize, usize)> {
    let mut out = Vec::new();
    walk(text, |statement| {
        out.extend(
            statement
                .values()
                .map(|t| (t.kind, at(t.span).0, at(t.span).1)),
        );
    });
    out
}

/// The first two words of each statement that has two.
pub fn beginnings(text: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let word = |token: Token| &text[at(token.span).0..at(token.span).1];
    walk(text, |statement| {
        let mut values = statement.values();
        if let (Some(first), Some(second)) = (values.next(), values.next()) {
            out.push((word(first), word(second)));
        }
    });
    out
}

fn at(span: Span) -> (usize, usize) {
    (span.start as usize, span.end as usize)
}

/// The text with some of its tokens exchanged.
pub fn exchange(
    text: &str,
    mut change: impl FnMut(usize, TokenKind, &str) -> Option<String>,
) -> String {
    let (mut out, mut done) = (String::new(), 0);
    for (index, (kind, start, end)) in tokens(text).into_iter().enumerate() {
        if let Some(new) = change(index, kind, &text[start..end]) {
            out += &text[done..start];
            out += &new;
            done = end;
        }
    }
    out + &text[done..]
}

/// The statements of a text, each with its documentation lines, as lines of their own.
pub fn statements(text: &str) -> Vec<String> {
    let (tree, _) = parse(FileId::new(0), text);
    tree.statements()
        .map(|statement| {
            let spans = statement.docs().chain([statement.span()]);
            let lines = spans.map(|span| &text[at(span).0..at(span).1]);
            lines.collect::<Vec<_>>().join("\n") + "\n"
        })
        .collect()
}
