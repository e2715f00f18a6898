//! Changes to a policy that keep to its grammar: statements and values are lost, doubled, and exchanged for
//! others of their kind, from the text itself and from all examples of the codes' pages.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use thrice_diagnostics::{FileId, Span, all_codes, explain};
use thrice_grammar::{Statement, TokenKind};

use crate::Random;
use crate::policy::POLICIES;

/// Values that lie at the ends of what may be written.
const EXTREMES: [&str; 12] = [
    "0",
    "1",
    "0.001",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "9999-12-31",
    "0001-01-01",
    "2028-02-29",
    "00:00",
    "23:59",
    "\"\"",
];

/// A statement of a text: within which one it stands, its first word, and where it is.
struct Place {
    within: String,
    word: String,
    at: Range<usize>,
}

/// What a text is made of.
#[derive(Default)]
struct Parts {
    statements: Vec<Place>,
    values: Vec<(TokenKind, Range<usize>)>,
    /// Blocks, each with the first word of what it belongs to, and where it begins inside.
    blocks: Vec<(String, usize)>,
}

/// Statements by where they stand, and values by kind.
#[derive(Default)]
struct Corpus {
    examples: Vec<String>,
    statements: BTreeMap<String, Vec<String>>,
    values: BTreeMap<u8, Vec<String>>,
}

impl Parts {
    fn of(text: &str) -> Self {
        let (tree, _) = thrice_grammar::parse(FileId::new(0), text);
        let mut out = Self {
            blocks: vec![(String::new(), 0)],
            ..Self::default()
        };
        let mut waiting: Vec<(String, Statement<'_>)> = tree
            .statements()
            .map(|statement| (String::new(), statement))
            .collect();
        while let Some((within, statement)) = waiting.pop() {
            let mut values = statement.values();
            let word = values.next().map_or("", |token| piece(text, token.span));
            out.values
                .extend(values.map(|token| (token.kind, range(token.span))));
            out.statements.push(Place {
                within,
                word: word.to_owned(),
                at: range(statement.span()),
            });
            if let Some(block) = statement.block() {
                out.blocks.push((word.to_owned(), range(block.open()).end));
                let inside = block.statements();
                waiting.extend(inside.map(|statement| (word.to_owned(), statement)));
            }
        }
        out
    }
}

fn range(span: Span) -> Range<usize> {
    let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
    at(span.start)..at(span.end)
}

fn piece(text: &str, span: Span) -> &str {
    text.get(range(span)).unwrap_or_default()
}

/// The policies that the pages of the codes show.
pub(super) fn examples() -> impl Iterator<Item = &'static String> {
    corpus().examples.iter()
}

fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let mut out = Corpus::default();
        for page in all_codes().filter_map(explain) {
            let fenced = page.split("```thrice\n").skip(1);
            let fenced = fenced.filter_map(|rest| rest.split("```").next());
            out.examples.extend(fenced.map(str::to_owned));
        }
        let policies = POLICIES.iter().map(|(_, text)| (*text).to_owned());
        for text in out.examples.clone().into_iter().chain(policies) {
            let parts = Parts::of(&text);
            for place in parts.statements {
                let known = out.statements.entry(place.within).or_default();
                known.extend(text.get(place.at).map(str::to_owned));
            }
            for (kind, at) in parts.values {
                let known = out.values.entry(kind as u8).or_default();
                known.extend(text.get(at).map(str::to_owned));
            }
        }
        out
    })
}

/// A text with one to three changes.
pub(super) fn mutate(text: &str, random: &mut Random) -> String {
    let mut out = text.to_owned();
    for _ in 0..random.random_range(1..=3) {
        let parts = Parts::of(&out);
        if let Some((at, new)) = change(&out, &parts, random) {
            out.replace_range(at, &new);
        }
    }
    out
}

/// What is put where.
fn change(text: &str, parts: &Parts, random: &mut Random) -> Option<(Range<usize>, String)> {
    match random.random_range(0..10) {
        0 => {
            let place = parts.statements.choose(random)?;
            Some((place.at.clone(), String::new()))
        }
        1 | 2 => {
            let (within, at) = parts.blocks.choose(random)?;
            let known = corpus().statements.get(within)?;
            Some((*at..*at, format!("\n{}\n", known.choose(random)?)))
        }
        3 => {
            let place = parts.statements.choose(random)?;
            let known = corpus().statements.get(&place.within)?;
            let begins = |other: &&String| other.split_whitespace().next() == Some(&place.word);
            let alike: Vec<&String> = known.iter().filter(begins).collect();
            Some((place.at.clone(), (*alike.choose(random)?).clone()))
        }
        4 => {
            let place = parts.statements.choose(random)?;
            let again = text.get(place.at.clone())?.to_owned();
            Some((place.at.end..place.at.end, format!("\n{again}\n")))
        }
        5 => {
            let (_, at) = parts.values.choose(random)?;
            let new = EXTREMES.choose(random).copied().unwrap_or_default();
            Some((at.clone(), new.to_owned()))
        }
        6 => {
            let (kind, at) = parts.values.choose(random)?;
            let known = corpus().values.get(&(*kind as u8))?;
            Some((at.clone(), known.choose(random)?.clone()))
        }
        7 => {
            let (_, at) = parts.values.choose(random)?;
            Some((at.clone(), String::new()))
        }
        _ => {
            let (kind, at) = parts.values.choose(random)?;
            let alike = parts.values.iter().filter(|(other, _)| other == kind);
            let alike: Vec<&Range<usize>> = alike.map(|(_, at)| at).collect();
            let new = text.get((*alike.choose(random)?).clone())?;
            Some((at.clone(), new.to_owned()))
        }
    }
}
