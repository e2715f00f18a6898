//! The grammar for editors cuts a policy into the same words as the parser does.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands"
)]

mod support;

use fancy_regex::Regex;
use serde_json::Value;
use support::{FILE, words};
use thrice_grammar::{TokenKind, parse};

struct Pattern {
    scope: String,
    regex: Regex,
}

fn patterns() -> Vec<Pattern> {
    let text = include_str!("../editors/thrice.tmLanguage.json");
    let grammar: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(grammar["scopeName"], "source.thrice");
    let pattern = |p: &Value| Pattern {
        scope: p
            .get("name")
            .unwrap_or(&p["captures"]["1"]["name"])
            .as_str()
            .expect("a name")
            .into(),
        regex: Regex::new(p["match"].as_str().expect("a match")).expect("a regular expression"),
    };
    grammar["patterns"]
        .as_array()
        .expect("patterns")
        .iter()
        .map(pattern)
        .collect()
}

/// Cuts a line as a TextMate editor does: the earliest match wins, then the first pattern.
fn cut<'a>(line: &'a str, patterns: &[Pattern]) -> Vec<(String, &'a str)> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let found = patterns
            .iter()
            .filter_map(|p| Some((p, p.regex.captures_from_pos(line, at).ok()??)))
            .min_by_key(|(_, captures)| captures.get(0).map(|whole| whole.start()));
        let Some((pattern, captures)) = found else {
            return out;
        };
        let whole = captures.get(0).expect("the whole match");
        let word = captures.get(1).unwrap_or(whole);
        out.push((pattern.scope.clone(), word.as_str()));
        at = whole.end();
    }
}

fn scopes(kind: TokenKind) -> &'static [&'static str] {
    match kind {
        TokenKind::Text => &["string.quoted.double.thrice"],
        TokenKind::OpenText => &["invalid.illegal.unclosed.thrice"],
        TokenKind::Path => &["constant.other.path.thrice"],
        TokenKind::Date => &["constant.numeric.date.thrice"],
        TokenKind::Time => &["constant.numeric.time.thrice"],
        TokenKind::Version => &["constant.numeric.version.thrice"],
        TokenKind::Number => &["constant.numeric.thrice"],
        TokenKind::Name => &["keyword.control.thrice", "variable.other.thrice"],
        TokenKind::Percent => &["keyword.other.unit.percent.thrice"],
        TokenKind::Operator => &["keyword.operator.thrice"],
        TokenKind::Comment => &["comment.line.double-slash.thrice"],
        TokenKind::Doc => &["comment.line.documentation.thrice"],
        TokenKind::Comma
        | TokenKind::Separator
        | TokenKind::Open
        | TokenKind::Close
        | TokenKind::Stray
        | TokenKind::Unknown => &[],
    }
}

/// What the parser sees: scopes allowed, and words, in the order of the text.
fn seen(text: &str) -> Vec<(&'static [&'static str], &str)> {
    let (tree, _) = parse(FILE, text);
    let seen = tree.tokens().map(|t| (scopes(t.kind), words(text, t.span)));
    seen.filter(|(scopes, _)| !scopes.is_empty()).collect()
}

#[track_caller]
fn agree(text: &str) {
    let parsed = seen(text);
    let patterns = patterns();
    let cut: Vec<_> = text.lines().flat_map(|line| cut(line, &patterns)).collect();
    let same = |((scopes, a), (scope, b)): (&(&[&str], &str), &(String, &str))| {
        a == b && scopes.contains(&scope.as_str())
    };
    let differs = parsed.iter().zip(&cut).find(|(p, c)| !same((p, c)));
    assert!(
        differs.is_none() && parsed.len() == cut.len(),
        "{differs:?}"
    );
}

#[test]
fn a_policy_is_cut_alike() {
    agree(include_str!("inputs/untidy.thrice"));
}

#[test]
fn every_kind_of_word_is_cut_alike() {
    agree("a.b/c-d.* x:/p/q:r x:\"a b\" \"q\\\" { // \" /a/b//c\n");
    agree("2026-02-15 03:00 0.18.1 4.99 1_000 20 % %/month 1..3 5m..15m >= <= > < = + - * ? :\n");
    agree("//// rule\n/// doc\n// note\ns3.* x\nu:/v w\nnote \"open\n");
}

#[test]
fn the_first_word_of_a_statement_stands_out() {
    let cut = cut("host vpai { cost 5; medium nvme }", &patterns());
    let heads: Vec<_> = cut
        .iter()
        .filter(|(s, _)| s == "keyword.control.thrice")
        .map(|(_, w)| *w)
        .collect();
    assert_eq!(heads, ["host", "cost", "medium"]);
}
