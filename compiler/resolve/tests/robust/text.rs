//! Texts cut into words and statements, and changed.

use thrice_diagnostics::{FileId, Span};
use thrice_grammar::{Statement, Token, TokenKind, parse};

/// The words and values of a text with their places, in order.
pub fn tokens(text: &str) -> Vec<(TokenKind, usize, usize)> {
    fn walk(statement: &Statement, out: &mut Vec<Token>) {
        out.extend(statement.values());
        for (_, inner) in statement.block.iter().flat_map(|block| block.statements()) {
            walk(inner, out);
        }
    }
    let (tree, _) = parse(FileId(0), text);
    let mut out = Vec::new();
    for (_, statement) in tree.statements() {
        walk(statement, &mut out);
    }
    out.iter()
        .map(|t| (t.kind, at(t.span).0, at(t.span).1))
        .collect()
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
    let (tree, _) = parse(FileId(0), text);
    tree.statements()
        .map(|(docs, statement)| {
            let spans = docs.iter().chain([&statement.span]);
            let lines = spans.map(|span| &text[at(*span).0..at(*span).1]);
            lines.collect::<Vec<_>>().join("\n") + "\n"
        })
        .collect()
}
