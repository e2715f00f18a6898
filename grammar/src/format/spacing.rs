//! Blanks between the words of a statement.

use crate::tree::{Token, TokenKind};

/// Units that stand right behind their number: `26h`, `1m..15m`. All others keep a blank.
const SHORT_UNITS: [&str; 5] = ["s", "m", "h", "d", "w"];

/// The words and values among `tokens`, with the blanks that the style puts between them.
///
/// Leaving a blank out must never make two tokens one, or other two of them: see the test that
/// reads back whatever it wrote.
pub fn joined(tokens: &[Token], text: &str) -> String {
    let values: Vec<Value<'_>> = tokens
        .iter()
        .filter(|t| t.kind != TokenKind::Comment)
        .map(|t| Value {
            token: *t,
            words: words(*t, text),
        })
        .collect();
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        let before = values.get(..at).unwrap_or(&[]);
        if !before.is_empty() && blank(before, value, values.get(at + 1)) {
            out.push(' ');
        }
        out.push_str(value.words);
    }
    out
}

struct Value<'a> {
    token: Token,
    words: &'a str,
}

impl Value<'_> {
    fn is_range_sign(&self) -> bool {
        self.token.kind == TokenKind::Operator && self.words == ".."
    }

    fn touches(&self, next: &Self) -> bool {
        self.token.span.end == next.token.span.start
    }
}

fn words(token: Token, text: &str) -> &str {
    text.get(token.span.start as usize..token.span.end as usize)
        .unwrap_or("")
}

/// Whether a blank stands before `this`, which follows `before` and is followed by `next`.
fn blank(before: &[Value<'_>], this: &Value<'_>, next: Option<&Value<'_>>) -> bool {
    let Some(left) = before.last() else {
        return false;
    };
    if this.token.kind == TokenKind::Comma {
        return false;
    }
    if this.is_range_sign() {
        return !ends_a_bound(before, this, next);
    }
    let short = left.token.kind == TokenKind::Number
        && this.token.kind == TokenKind::Name
        && SHORT_UNITS.contains(&this.words);
    !left.is_range_sign() && !short
}

/// Whether `before` ends with the lower bound of the range whose `..` is `sign`.
///
/// It does not in `use ../shared`, and not in `size ..5 GB`.
fn ends_a_bound(before: &[Value<'_>], sign: &Value<'_>, next: Option<&Value<'_>>) -> bool {
    let Some(left) = before.last() else {
        return false;
    };
    // Before another `..` a blank is put, and then the two do not touch when they are read again.
    if next.is_some_and(|n| n.token.kind == TokenKind::Path || n.is_range_sign()) {
        return false;
    }
    match left.token.kind {
        TokenKind::Number
        | TokenKind::Percent
        | TokenKind::Date
        | TokenKind::Time
        | TokenKind::Version
        | TokenKind::Text => true,
        TokenKind::Operator => left.words == "?",
        // What ends in a path would swallow the dots.
        TokenKind::Name if left.words.contains(':') => false,
        TokenKind::Name => {
            let is_unit = before
                .iter()
                .nth_back(1)
                .is_some_and(|number| number.token.kind == TokenKind::Number);
            is_unit || next.is_some_and(|n| left.touches(sign) || !sign.touches(n))
        }
        _ => false,
    }
}
