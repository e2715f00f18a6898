//! What the tests of this crate share: reading a text, and writing down what was found in it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands"
)]
#![allow(dead_code, reason = "each test program uses its own part")]

use std::fmt::Write as _;

use thrice_diagnostics::{Diagnostic, FileId, SourceMap, Span};
use thrice_grammar::{Element, Elements, TokenKind, Tree, parse};

pub const FILE: FileId = FileId::new(0);

/// Pieces that policies are made of, and pieces that break them.
pub const PIECES: &[&str] = &[
    "host",
    "a",
    "m",
    "h",
    "GB",
    "b.c",
    "s3.*",
    "x-y",
    "u:/p",
    "a:\"x y\"",
    "5",
    "80",
    "1_000",
    "4.99",
    "26h",
    "03:00",
    "2026-02-15",
    "0.18.1",
    "..",
    ">=",
    "=",
    "+",
    "-",
    "*",
    "?",
    ":",
    "%",
    "%/month",
    "\"text\"",
    "\"a\\\"b\"",
    "\"",
    "\\",
    "/",
    "/a/b",
    "//",
    "// c",
    "/// d",
    ",",
    ";",
    "{",
    "}",
    "{ ",
    " }\n",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "é",
    "#",
    ".",
    "\u{FEFF}",
    "$(x)",
];

/// The text in the one style; `None` where it holds mistakes.
pub fn formatted(text: &str) -> Option<String> {
    thrice_grammar::format(&parse(FILE, text).0, text)
}

pub fn words(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

/// All that means something, in order: words, values, braces, ends of statements, comments.
pub fn meaning(tree: &Tree, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    collect(tree.elements(), text, &mut out);
    out
}

fn collect(elements: Elements<'_>, text: &str, out: &mut Vec<String>) {
    for element in elements {
        match element {
            Element::Statement(statement) => {
                for token in statement.tokens() {
                    let words = words(text, token.span);
                    match token.kind {
                        TokenKind::Comment => out.push(words.trim_end().to_owned()),
                        kind => out.push(format!("{kind:?} {words}")),
                    }
                }
                if let Some(block) = statement.block() {
                    out.push("block".to_owned());
                    collect(block.elements(), text, out);
                }
                out.push("end".to_owned());
            }
            Element::Comment(span) | Element::Doc(span) => {
                out.push(words(text, span).trim_end().to_owned());
            }
            Element::Stray(span) => out.push(format!("stray {}", words(text, span))),
            Element::Separator(_) => {}
        }
    }
}

/// Source and messages together, for snapshots: carets under each place, as a reviewer reads them.
pub fn shown(text: &str) -> String {
    let (_, mistakes) = parse(FILE, text);
    let mut map = SourceMap::new();
    map.add("policy.thrice", text);
    let mut out = String::from("----- policy.thrice\n");
    for line in text.split_inclusive('\n') {
        out.push_str(
            &line
                .escape_debug()
                .to_string()
                .replace("\\\"", "\"")
                .replace("\\n", "\n"),
        );
    }
    out.push_str("\n----- messages\n");
    for mistake in &mistakes {
        show(mistake, &map, &mut out);
    }
    out
}

fn show(mistake: &Diagnostic, map: &SourceMap, out: &mut String) {
    let _ = writeln!(
        out,
        "{} {}: {}",
        mistake.severity.word(),
        mistake.code,
        mistake.message
    );
    for label in &mistake.labels {
        let at = map.line(label.span);
        let words = map.text(label.span).escape_debug();
        let _ = writeln!(out, "  {}:{} `{words}`: {}", at.line, at.column, label.text);
    }
    if let Some(help) = &mistake.help {
        let _ = writeln!(out, "  help: {help}");
    }
}
