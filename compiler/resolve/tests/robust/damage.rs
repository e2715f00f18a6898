//! Policies with words and lines lost, doubled, swapped and misspelt, as editing leaves them.

use proptest::prelude::*;
use proptest::sample::Index;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap, explain};

use crate::text::tokens;
use crate::{EVERYTHING, Resolved, resolved};

/// One thing that goes wrong.
#[derive(Clone, Debug)]
enum Damage {
    LoseWord(Index),
    DoubleWord(Index),
    SwapWords(Index, Index),
    OtherWord(Index, Index),
    Misspell(Index, Index, char),
    LoseLine(Index),
    DoubleLine(Index),
    SwapLines(Index, Index),
    Truncate(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    let sign = prop::sample::select(vec![
        'x', 'é', '"', '{', '}', ';', '.', ':', '/', '9', '\n', ',', '%',
    ]);
    prop_oneof![
        4 => at().prop_map(Damage::LoseWord),
        2 => at().prop_map(Damage::DoubleWord),
        2 => (at(), at()).prop_map(|(a, b)| Damage::SwapWords(a, b)),
        4 => (at(), at()).prop_map(|(a, b)| Damage::OtherWord(a, b)),
        4 => (at(), at(), sign).prop_map(|(a, b, c)| Damage::Misspell(a, b, c)),
        2 => at().prop_map(Damage::LoseLine),
        2 => at().prop_map(Damage::DoubleLine),
        2 => (at(), at()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        1 => at().prop_map(Damage::Truncate),
    ]
}

fn damaged(text: &str, damage: &Damage) -> String {
    match damage {
        Damage::LoseLine(..) | Damage::DoubleLine(..) | Damage::SwapLines(..) => {
            damaged_lines(text, damage)
        }
        Damage::Truncate(at) => text
            .chars()
            .take(at.index(text.chars().count() + 1))
            .collect(),
        _ => damaged_words(text, damage),
    }
}

fn damaged_lines(text: &str, damage: &Damage) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let count = lines.len().max(1);
    match damage {
        _ if lines.is_empty() => {}
        Damage::LoseLine(at) => drop(lines.remove(at.index(count))),
        Damage::DoubleLine(at) => lines.insert(at.index(count), lines[at.index(count)]),
        Damage::SwapLines(a, b) => lines.swap(a.index(count), b.index(count)),
        _ => unreachable!("a damage of words"),
    }
    lines.concat()
}

fn damaged_words(text: &str, damage: &Damage) -> String {
    let words = tokens(text);
    if words.is_empty() {
        return text.to_owned();
    }
    let place = |at: &Index| {
        (
            words[at.index(words.len())].1,
            words[at.index(words.len())].2,
        )
    };
    let word = |at: &Index| &text[place(at).0..place(at).1];
    let replaced = |at: &Index, new: &str| {
        let (start, end) = place(at);
        [&text[..start], new, &text[end..]].concat()
    };
    match damage {
        Damage::LoseWord(at) => replaced(at, ""),
        Damage::DoubleWord(at) => replaced(at, &format!("{0} {0}", word(at))),
        Damage::OtherWord(at, other) => replaced(at, word(other)),
        Damage::SwapWords(a, b) if place(a).0 < place(b).0 => {
            let (first, second) = (place(a), place(b));
            let between = &text[first.1..second.0];
            let before = [&text[..first.0], word(b), between, word(a)].concat();
            before + &text[second.1..]
        }
        Damage::SwapWords(..) => text.to_owned(),
        Damage::Misspell(at, place, sign) => {
            let mut signs: Vec<char> = word(at).chars().collect();
            let place = place.index(signs.len());
            signs[place] = *sign;
            replaced(at, &signs.iter().collect::<String>())
        }
        _ => unreachable!("a damage of lines"),
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let Resolved {
        sources,
        model,
        found,
    } = resolved(&[text]);
    let errors = found.iter().any(|d| d.severity == Severity::Error);
    prop_assert_eq!(
        model.is_none(),
        errors,
        "a model exactly if nothing is wrong"
    );
    for diagnostic in &found {
        check_message(&sources, diagnostic)?;
    }
    Ok(())
}

/// It points at words that are there, and its code has a page.
fn check_message(sources: &SourceMap, found: &Diagnostic) -> Result<(), TestCaseError> {
    prop_assert!(explain(found.code).is_some(), "no page for {}", found.code);
    prop_assert!(!found.labels.is_empty(), "nowhere: {:?}", found);
    for label in &found.labels {
        let file = sources.get(label.span.file);
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        let there = file.is_some_and(|file| file.text.get(start..end).is_some());
        prop_assert!(there, "outside of its file: {:?}", found);
        prop_assert!(
            !label.text.is_empty(),
            "a place without a word: {:?}",
            found
        );
    }
    let message = &found.message;
    prop_assert!(!message.is_empty() && !message.ends_with('.') && !message.contains('\n'));
    prop_assert!(found.help.as_ref().is_none_or(|help| !help.is_empty()));
    Ok(())
}

/// Each statement alone lacks nearly everything that it refers to.
#[test]
fn every_statement_alone_is_refused_in_order() {
    for statement in crate::text::statements(EVERYTHING) {
        check(&statement).unwrap();
    }
}

#[test]
fn every_beginning_is_refused_in_order() {
    for (end, _) in EVERYTHING.char_indices().step_by(97) {
        check(&EVERYTHING[..end]).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn damage_is_told_in_order(all in prop::collection::vec(damage(), 1..7)) {
        let text = all.iter().fold(EVERYTHING.to_owned(), |text, one| damaged(&text, one));
        check(&text)?;
    }
}
