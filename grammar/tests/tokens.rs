//! What each kind of word looks like.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands"
)]

mod support;

use support::{FILE, words};
use thrice_grammar::{Element, Statements, TokenKind, parse};

/// The kinds and words of the first statement, written `Kind words`, joined by ` | `.
fn tokens(text: &str) -> String {
    let (tree, _) = parse(FILE, text);
    let statement = tree.statements().next().expect("a statement");
    let shown = |t: thrice_grammar::Token| format!("{:?} {}", t.kind, words(text, t.span));
    statement
        .values()
        .map(shown)
        .collect::<Vec<_>>()
        .join(" | ")
}

#[test]
fn names() {
    for name in [
        "vpai",
        "_x",
        "a-b-c",
        "s3.backups",
        "ovh/gravelines",
        "s3.*",
        "vpai.local:/backups",
        "vpai.local:\"/with space; and {more}\"",
        "EUR/month",
        "MB/day",
    ] {
        assert_eq!(tokens(name), format!("Name {name}"));
    }
    assert_eq!(tokens("a-"), "Name a | Operator -");
    assert_eq!(tokens("a--b"), "Name a | Operator - | Operator - | Name b");
    assert_eq!(tokens("a.b.*.c"), "Name a.b.*.c");
    assert_eq!(tokens("a: b"), "Name a | Operator : | Name b");
}

#[test]
fn numbers_dates_and_times() {
    assert_eq!(tokens("80 GB"), "Number 80 | Name GB");
    assert_eq!(tokens("4.99"), "Number 4.99");
    assert_eq!(tokens("1_000"), "Number 1_000");
    assert_eq!(tokens("0.18.1"), "Version 0.18.1");
    assert_eq!(tokens("2026-02-15"), "Date 2026-02-15");
    assert_eq!(tokens("03:00"), "Time 03:00");
    assert_eq!(tokens("3:00"), "Time 3:00");
    assert_eq!(
        tokens("1..3 %/month"),
        "Number 1 | Operator .. | Number 3 | Percent %/month"
    );
    assert_eq!(
        tokens("1m..15m"),
        "Number 1 | Name m | Operator .. | Number 15 | Name m"
    );
    assert_eq!(tokens("0.5..1.5"), "Number 0.5 | Operator .. | Number 1.5");
    assert_eq!(tokens("2 x 6 TB"), "Number 2 | Name x | Number 6 | Name TB");
}

#[test]
fn what_only_looks_like_a_date_or_time_is_taken_apart() {
    assert_eq!(
        tokens("2026-02-155"),
        "Number 2026 | Operator - | Number 02 | Operator - | Number 155"
    );
    assert_eq!(tokens("03:000"), "Number 03 | Operator : | Number 000");
    assert_eq!(tokens("1.2."), "Number 1.2 | Unknown .");
}

#[test]
fn texts_and_paths() {
    assert_eq!(tokens(r#""a \" b\\""#), r#"Text "a \" b\\""#);
    assert_eq!(tokens("\"a\nb"), "OpenText \"a");
    assert_eq!(tokens("\"a\\\nb"), "OpenText \"a\\");
    assert_eq!(tokens("/a/b*.x // c"), "Path /a/b*.x");
    assert_eq!(tokens("/a//c"), "Path /a");
    assert_eq!(tokens("to / x"), "Name to | Path / | Name x");
    assert_eq!(
        tokens("use ../shared"),
        "Name use | Operator .. | Path /shared"
    );
}

#[test]
fn operators() {
    for operator in ["..", ">=", "<=", ">", "<", "=", "+", "-", "*", "?", ":"] {
        assert_eq!(tokens(operator), format!("Operator {operator}"));
    }
    assert_eq!(tokens("copies>=3"), "Name copies | Operator >= | Number 3");
}

#[test]
fn a_comma_carries_on_and_a_line_does_not() {
    let (tree, mistakes) = parse(FILE, "a b,\n  // why\n  c\nd");
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let statements: Vec<_> = tree.statements().collect();
    assert_eq!(statements.len(), 2);
    let kinds: Vec<_> = statements[0].values().map(|t| t.kind).collect();
    assert_eq!(
        kinds,
        [
            TokenKind::Name,
            TokenKind::Name,
            TokenKind::Comma,
            TokenKind::Name
        ]
    );
}

#[test]
fn documentation_belongs_to_the_statement_below() {
    let text =
        "/// one\n\n// a note\n/// two\nhost a { /// three\n b }\n//// a rule\nhost c\n/// last\n";
    let (tree, mistakes) = parse(FILE, text);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let docs: Vec<Vec<&str>> = tree
        .statements()
        .map(|s| s.docs().map(|span| words(text, span)).collect())
        .collect();
    assert_eq!(docs, [vec!["/// one", "/// two"], vec![]]);
    let host = tree.statements().next().expect("a statement");
    let inner = host
        .block()
        .and_then(|b| b.statements().next())
        .expect("inside");
    let docs: Vec<_> = inner.docs().collect();
    assert_eq!(words(text, docs[0]), "/// three");
    let is_rule = |e: Element| matches!(e, Element::Comment(s) if words(text, s) == "//// a rule");
    assert!(tree.elements().any(is_rule));
}

#[test]
fn blocks_and_separators() {
    let text = "a { b 1; c { d } e }; f";
    let (tree, mistakes) = parse(FILE, text);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let heads = |statements: Statements| {
        statements
            .map(|s| words(text, s.head()))
            .collect::<Vec<_>>()
    };
    assert_eq!(heads(tree.statements()), ["a", "f"]);
    let a = tree.statements().next().expect("a");
    let block = a.block().expect("its block");
    assert_eq!(heads(block.statements()), ["b 1", "c", "e"]);
    assert_eq!(words(text, a.span()), "a { b 1; c { d } e }");
    assert_eq!(block.close().map(|s| words(text, s)), Some("}"));
}
