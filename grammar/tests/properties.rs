//! What holds for every text.

mod support;

use proptest::prelude::*;
use support::{FILE, PIECES, formatted, meaning, words};
use thrice_grammar::parse;

const VALUES: &[&str] = &[
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
    "\"a\\\"{b\"",
    "/a/b",
    "1m..15m",
    "1 ..2h",
    "80GB",
    "t0..t1",
    "..5",
    "5..",
    "a>=3+b",
    "../x",
    "a_name_that_takes_up_a_good_part_of_the_line",
];

/// What may stand between two values; commas are rarer than blanks.
const JOINTS: &[&str] = &[
    " ",
    " ",
    " ",
    "  ",
    "\t",
    ", ",
    ",",
    " ,\n",
    ",\r\n\n  ",
    ", // why\n",
    ",\n// own line\n  ",
    ", // one\n // two \n",
];

/// What may stand between two statements.
const BREAKS: &[&str] = &[
    "\n",
    "\n",
    "; ",
    ";;",
    "\n\n\n",
    ";\n",
    " // behind \n",
    "\n // own line\n",
    "\n/// doc\n",
    "\r\n",
    " /// late doc\n\n",
    ";\n;\n",
];

fn nonsense() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|p| p.concat()),
    ]
}

fn head() -> impl Strategy<Value = String> {
    let more = (prop::sample::select(JOINTS), prop::sample::select(VALUES));
    (
        prop::sample::select(VALUES),
        prop::collection::vec(more, 0..12),
    )
        .prop_map(|(first, more)| {
            more.iter().fold(first.to_owned(), |text, (joint, value)| {
                text + joint + value
            })
        })
}

fn statements(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let one = (inner, prop::sample::select(BREAKS));
    prop::collection::vec(one, 0..5).prop_map(|all| {
        all.iter().fold(String::new(), |text, (statement, end)| {
            text + statement + end
        })
    })
}

/// Texts without mistakes, of every shape that the grammar allows.
fn policy() -> impl Strategy<Value = String> {
    let statement = head().prop_recursive(3, 24, 4, |inner| {
        let opening = prop::sample::select(&["{", " { ", " {\n", " { // open\n", " {\n\n"][..]);
        (head(), opening, statements(inner))
            .prop_map(|(head, opening, inside)| format!("{head}{opening}{inside}}}"))
    });
    statements(statement)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_tree_holds_every_byte(text in nonsense()) {
        let (tree, _) = parse(FILE, &text);
        let leaves: String = tree.leaves().iter().map(|span| words(&text, *span)).collect();
        prop_assert_eq!(leaves, text);
    }

    #[test]
    fn formatting_nonsense_either_changes_blanks_alone_or_nothing(text in nonsense()) {
        let (tree, mistakes) = parse(FILE, &text);
        let spelling = mistakes.iter().all(|m| ["T0006", "T0007"].contains(&m.code.0));
        let Some(once) = thrice_grammar::format(&tree, &text) else {
            prop_assert!(!spelling, "left alone without a reason");
            return Ok(());
        };
        prop_assert!(spelling, "formatted in spite of {:?}", mistakes);
        prop_assert_eq!(meaning(&parse(FILE, &once).0, &once), meaning(&tree, &text));
        prop_assert_eq!(formatted(&once), Some(once));
    }

    #[test]
    fn formatting_keeps_the_meaning_and_settles_at_once(text in policy()) {
        let (tree, mistakes) = parse(FILE, &text);
        let once = thrice_grammar::format(&tree, &text);
        prop_assert!(once.is_some(), "{:?}", mistakes);
        let once = once.unwrap_or_default();
        let (again, mistakes) = parse(FILE, &once);
        prop_assert!(mistakes.is_empty(), "{:?} in {}", mistakes, once);
        prop_assert_eq!(meaning(&again, &once), meaning(&tree, &text), "{}", once);
        prop_assert_eq!(formatted(&once), Some(once.clone()), "{}", once);
    }

    #[test]
    fn formatted_text_is_tidy(text in policy()) {
        let tidy = formatted(&text).unwrap_or_default();
        prop_assert!(!tidy.contains('\r') && !tidy.contains("\n\n\n") && !tidy.starts_with('\n'));
        prop_assert!(tidy.is_empty() || tidy.ends_with('\n') && !tidy.ends_with("\n\n"));
        let hollow = tidy.contains("{\n\n") || tidy.contains("\n\n}");
        prop_assert!(!hollow, "{}", tidy);
        for line in tidy.lines() {
            prop_assert_eq!(line, line.trim_end());
            let code = line.split("//").next().unwrap_or("").trim_end();
            let margin = code.len() - code.trim_start().len();
            prop_assert_eq!(margin % 4, 0);
            // A long line is one that has no comma to be broken at.
            prop_assert!(code.chars().count() <= 100 || !code.trim_end_matches(',').contains(", "));
        }
    }
}
