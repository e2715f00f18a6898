//! The parser reads every text as the grammar does. `thrice.pest` defines the language; pest, which runs
//! it, is too slow for large policies and is asked here alone.
//!
//! `PROPTEST_CASES=200000 cargo test --release -p thrice-grammar --test oracle` tries a million texts.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands"
)]

// The code that pest derives names this crate.
extern crate alloc;

#[path = "../../src/mistakes.rs"]
mod mistakes;
mod reader;
mod seen;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use support::{FILE, PIECES};

/// The policies of the repository, and those that its pages show.
static POLICIES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut out = Vec::new();
    for folder in ["compiler", "grammar", "policies", "targets", "tests"] {
        collect(&root.join(folder), &mut out);
    }
    out
});

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads what is in the repository"
)]
fn collect(folder: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let ends = path.extension().and_then(|ends| ends.to_str());
        match ends {
            _ if path.is_dir() => collect(&path, out),
            Some("thrice") => out.push(std::fs::read_to_string(&path).expect("a policy")),
            Some("md") => {
                let page = std::fs::read_to_string(&path).expect("a page");
                let shown = page.split("```thrice\n").skip(1);
                out.extend(shown.filter_map(|rest| rest.split("```").next().map(str::to_owned)));
            }
            _ => {}
        }
    }
}

/// Whether both read a text alike: the same tree and the same mistakes.
fn alike(text: &str) -> Result<(), TestCaseError> {
    let (tree, mistakes) = seen::parse(FILE, text);
    let (by_grammar, mistakes_by_grammar) = reader::parse(FILE, text);
    let differs = tree
        .iter()
        .zip(&by_grammar)
        .find(|(ours, theirs)| ours != theirs);
    prop_assert_eq!(differs, None, "in {:?}", text);
    prop_assert_eq!(tree.len(), by_grammar.len(), "in {:?}", text);
    prop_assert_eq!(mistakes, mistakes_by_grammar, "in {:?}", text);
    Ok(())
}

#[test]
fn policies_are_read_alike() {
    assert!(POLICIES.len() > 100, "{}", POLICIES.len());
    for text in &*POLICIES {
        alike(text).expect("the same tree");
    }
}

/// Signs of the language, and some that are not.
const SIGNS: &str =
    "abcmZ__-019..//::%%\"\\\"{}{},;=<>*+?   \t\n\n\r#!~^|$@é\u{FEFF}\u{1F4BE}\0\u{7F}";

/// What looks like dates, times, versions and numbers, or only nearly.
const DIGITS: &[&str] = &[
    "2026-02-15",
    "2026",
    "-02",
    "-15",
    "-",
    "03",
    ":00",
    ":0",
    "1",
    "_",
    ".2",
    ".",
    "a",
    "é",
    " ",
];

/// What damages a text.
#[derive(Clone, Debug)]
enum Damage {
    Lose(Index, usize),
    Double(Index, usize),
    Swap(Index, usize, Index),
    Insert(Index, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let (place, length) = (any::<Index>, || 1..12usize);
    prop_oneof![
        (place(), length()).prop_map(|(at, n)| Damage::Lose(at, n)),
        (place(), length()).prop_map(|(at, n)| Damage::Double(at, n)),
        (place(), length(), place()).prop_map(|(at, n, to)| Damage::Swap(at, n, to)),
        (place(), prop::sample::select(PIECES)).prop_map(|(at, piece)| Damage::Insert(at, piece)),
    ]
}

fn damaged(text: &mut Vec<char>, damage: &Damage) {
    let place = |at: &Index, text: &Vec<char>| at.index(text.len() + 1);
    match damage {
        Damage::Lose(at, n) => {
            let from = place(at, text);
            text.drain(from..(from + n).min(text.len()));
        }
        Damage::Double(at, n) => {
            let from = place(at, text);
            let piece = text[from..(from + n).min(text.len())].to_vec();
            text.splice(from..from, piece);
        }
        Damage::Swap(at, n, to) => {
            let from = place(at, text);
            let to_end = (from + n).min(text.len());
            let piece: Vec<char> = text.drain(from..to_end).collect();
            let to = place(to, text);
            text.splice(to..to, piece);
        }
        Damage::Insert(at, piece) => {
            let at = place(at, text);
            text.splice(at..at, piece.chars());
        }
    }
}

/// A stretch of a policy, damaged in some places.
fn damaged_policy() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(damage(), 1..8);
    (any::<Index>(), any::<Index>(), 20..1500usize, pieces).prop_map(
        |(which, from, length, all)| {
            let whole = which.get(&POLICIES);
            let from = from.index(whole.chars().count().saturating_sub(length) + 1);
            let mut text: Vec<char> = whole.chars().skip(from).take(length).collect();
            for one in &all {
                damaged(&mut text, one);
            }
            text.into_iter().collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn pieces_of_the_language(text in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        alike(&text.concat())?;
    }

    #[test]
    fn signs_of_the_language(
        signs in prop::collection::vec(prop::sample::select(SIGNS.chars().collect::<Vec<_>>()), 0..80),
    ) {
        alike(&signs.into_iter().collect::<String>())?;
    }

    #[test]
    fn digits(text in prop::collection::vec(prop::sample::select(DIGITS), 0..12)) {
        alike(&text.concat())?;
    }

    #[test]
    fn any_signs(text in any::<String>()) {
        alike(&text)?;
    }

    #[test]
    fn damaged_policies(text in damaged_policy()) {
        alike(&text)?;
    }
}
