//! What is written otherwise and means the same gives the same model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use thrice_grammar::TokenKind;
use thrice_resolve::constructs;

use crate::canonical::MARK;
use crate::text::{beginnings, exchange, statements, tokens};
use crate::{EVERYTHING, FACTS, accepted, meaning, resolved_with};

/// Names that are words of the language too: where they mean which is not told by their looks.
const AMBIGUOUS: [&str; 3] = ["s3", "local", "truenas"];

/// All words of the tables: keywords, clauses, and what stands in forms and arguments.
fn words_of_the_language() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for construct in constructs() {
        let clauses = construct.clauses.iter();
        let texts = clauses.flat_map(|clause| [clause.word, clause.takes]);
        for text in texts.chain([construct.keyword, construct.form]) {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
            all.extend(words.map(str::to_owned));
        }
    }
    all
}

/// The names that are declared, each part of a joined name by itself.
fn declared(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    // These declare nothing by the word behind them.
    let not = ["accept", "require", "estimate", "use", "fact"];
    let declares = |word: &str| {
        !not.contains(&word) && constructs().any(|construct| construct.keyword == word)
    };
    for (first, second) in beginnings(text) {
        if declares(first) {
            out.insert(second.to_owned());
        }
    }
    let language = words_of_the_language();
    out.retain(|name| {
        !language.contains(name)
            && !AMBIGUOUS.contains(&name.as_str())
            && !name.contains(['.', '/', ':', '*'])
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
    });
    out
}

/// Marks some names wherever they stand, be it as part of `a.b`, `a/b` or `a.b:/path`.
fn renamed(text: &str, names: &BTreeSet<String>) -> String {
    exchange(text, |_, kind, word| {
        if kind != TokenKind::Name {
            return None;
        }
        let (name, path) = word.split_at(word.find(':').unwrap_or(word.len()));
        let mut out = String::new();
        for part in name.split_inclusive(['.', '/']) {
            let bare = part.trim_end_matches(['.', '/']);
            out += if names.contains(bare) { MARK } else { "" };
            out += part;
        }
        Some(out + path)
    })
}

/// A unit, how many of another it is, and that one.
const UNITS: [(&str, u64, &str); 12] = [
    ("TB", 1000, "GB"),
    ("GB", 1000, "MB"),
    ("MB", 1000, "kB"),
    ("days", 24, "h"),
    ("day", 1440, "minutes"),
    ("h", 60, "min"),
    ("m", 60, "s"),
    ("weeks", 7, "days"),
    ("years", 12, "months"),
    ("MB/s", 8, "Mbit/s"),
    ("GB/year", 1000, "MB/year"),
    ("EUR/month", 12, "EUR/year"),
];

/// A decimal number so many times.
fn times(number: &str, factor: u64) -> String {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits: u64 = format!("{whole}{part}").parse().unwrap();
    let scaled = format!("{:0>1$}", digits * factor, part.len() + 1);
    let (whole, part) = scaled.split_at(scaled.len() - part.len());
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

/// The quantities of a text that can be written in another unit: their numbers and unit, as indices
/// of tokens.
fn quantities(text: &str) -> Vec<(Vec<usize>, usize, u64, &'static str)> {
    let all = tokens(text);
    let word = |at: usize| all.get(at).map_or("", |(_, s, e)| &text[*s..*e]);
    let is_number = |at: usize| all.get(at).is_some_and(|(k, ..)| *k == TokenKind::Number);
    let mut out = Vec::new();
    for at in 1..all.len() {
        let unit = UNITS.iter().find(|(unit, ..)| *unit == word(at));
        let Some((_, factor, other)) = unit.filter(|_| is_number(at - 1)) else {
            continue;
        };
        // `keep within 30d` counts in its own units: days there are days of the calendar.
        if at >= 2 && word(at - 2) == "within" {
            continue;
        }
        // Both ends of an interval that share a unit change together.
        let shares = at >= 3 && word(at - 2) == ".." && is_number(at - 3);
        let numbers = if shares {
            vec![at - 3, at - 1]
        } else {
            vec![at - 1]
        };
        out.push((numbers, at, *factor, *other));
    }
    out
}

fn in_other_units(text: &str, chosen: &[bool]) -> String {
    let mut changes: BTreeMap<usize, Result<u64, &str>> = BTreeMap::new();
    for ((numbers, unit, factor, other), chosen) in quantities(text).into_iter().zip(chosen) {
        if *chosen {
            changes.extend(numbers.into_iter().map(|at| (at, Ok(factor))));
            changes.insert(unit, Err(other));
        }
    }
    exchange(text, |at, _, word| match changes.get(&at)? {
        Ok(factor) => Some(times(word, *factor)),
        Err(unit) => Some((*unit).to_owned()),
    })
}

/// Fails unless this is what the policy means.
fn same(other: &[String]) -> Result<(), TestCaseError> {
    static MEANT: LazyLock<Vec<String>> = LazyLock::new(|| meaning(&[EVERYTHING]));
    let meant = &*MEANT;
    let differing: Vec<_> = meant
        .iter()
        .zip(other)
        .filter(|(a, b)| a != b)
        .take(1)
        .collect();
    prop_assert_eq!(differing, []);
    prop_assert_eq!(meant.len(), other.len());
    Ok(())
}

/// There is enough to rename, to scale and to move about; otherwise nothing is tested.
#[test]
fn the_policy_offers_enough() {
    let names = declared(EVERYTHING);
    assert!(names.len() > 50, "{names:?}");
    assert!(names.contains("databases") && names.contains("seko"));
    assert!(quantities(EVERYTHING).len() > 30);
    assert!(statements(EVERYTHING).len() > 60);
    assert_eq!(times("4.99", 12), "59.88");
    assert_eq!(times("0.67", 100), "67");
    let marked = renamed("host a at b/c { x on a.d:/a }", &["a".to_owned()].into());
    assert_eq!(marked, "host zz-a at b/c { x on zz-a.d:/a }");
    assert_ne!(
        meaning(&[EVERYTHING]),
        meaning(&[&EVERYTHING.replace("150..600 MB", "150..601 MB")])
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn names_mean_nothing(chosen in prop::collection::vec(any::<bool>(), 128)) {
        let names = declared(EVERYTHING).into_iter().zip(chosen);
        let names: BTreeSet<String> = names.filter(|(_, yes)| *yes).map(|(name, _)| name).collect();
        let text = renamed(EVERYTHING, &names);
        prop_assert!(names.is_empty() || text != EVERYTHING);
        same(&meaning(&[&text]))?;
    }

    #[test]
    fn units_mean_nothing(chosen in prop::collection::vec(any::<bool>(), 128)) {
        same(&meaning(&[&in_other_units(EVERYTHING, &chosen)]))?;
    }

    /// In any order, and in however many files.
    #[test]
    fn order_and_files_mean_nothing(
        order in Just(statements(EVERYTHING)).prop_shuffle(),
        files in prop::collection::vec(0..4_usize, 128),
    ) {
        let mut folder = vec![String::new(); 4];
        for (statement, file) in order.iter().zip(files) {
            folder[file] += statement;
        }
        let folder: Vec<&str> = folder.iter().map(String::as_str).collect();
        same(&meaning(&folder))?;
    }
}

/// A part that is used is the same as a part that lies there.
#[test]
fn used_files_mean_the_same() {
    let all = statements(EVERYTHING);
    for cut in (0..=all.len()).step_by(9) {
        let (first, second) = all.split_at(cut);
        let root = format!("{}use \"second.thrice\"\n", first.concat());
        let shelf = vec![("second.thrice".to_owned(), second.concat())];
        same(&accepted(resolved_with(&[&root], shelf))).unwrap();
    }
}

/// Facts brought in by `use` and facts that lie in the folder are the same.
#[test]
fn facts_may_lie_in_the_folder() {
    let without = EVERYTHING.replace("use \"facts.thrice\"", "");
    same(&meaning(&[&without, FACTS])).unwrap();
}
