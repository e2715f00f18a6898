//! Damages texts as editing and malice leave them, and looks whether anything breaks.
//!
//! Three of four texts are changed by their grammar ([`grammar::mutate`]): statements and values are lost,
//! doubled, and exchanged for others of their kind; so most of them get past the parser, and many are still
//! policies. The others are damaged sign by sign.

mod grammar;

use std::panic::catch_unwind;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use thrice_diagnostics::{Diagnostic, FileId};
use thrice_model::Obligation;
use thrice_verify::Session;

use crate::policy::{POLICIES, Texts, judge, plan};
use crate::world::World;
use crate::{Random, random};
use grammar::{examples, mutate};

/// Words that make a difference where they stand.
const WORDS: [&str; 22] = [
    "{",
    "}",
    "\"",
    ";",
    "..",
    "copy",
    "sync",
    "move",
    "since",
    "until",
    "after",
    "by",
    "all",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "99999999999999999999 TB",
    "daily at 25:61",
    "é\u{202e}",
    "\u{0}",
    "loss of",
];

/// Damages a text in a few places.
#[must_use]
pub fn damage(text: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..=chars.len());
        let to = (at + random.random_range(0..=40)).min(chars.len());
        match random.random_range(0..6) {
            0 => drop(chars.drain(at..to)),
            1 => {
                let piece: Vec<char> = chars.get(at..to).unwrap_or_default().to_vec();
                let there = random.random_range(0..=chars.len());
                chars.splice(there..there, piece);
            }
            2 => chars.truncate(at),
            3 => {
                if let Some(c) = chars.get_mut(at) {
                    *c = char::from(random.random_range(0..=127u8));
                }
            }
            _ => {
                let word = WORDS.choose(random).copied().unwrap_or_default();
                let end = (at + random.random_range(0..=8)).min(chars.len());
                chars.splice(at..end, format!(" {word} ").chars());
            }
        }
    }
    chars.into_iter().collect()
}

fn damaged(text: &str, random: &mut Random) -> String {
    if random.random_bool(0.25) {
        damage(text, random)
    } else {
        mutate(text, random)
    }
}

/// A changed text for a fuzzer that has found something in `text`; now and then an example to go on from.
#[must_use]
pub fn another(text: &str, seed: u64) -> String {
    let mut random = random(seed, 0);
    if text.trim().is_empty() || random.random_range(0..32) == 0 {
        let all: Vec<&String> = examples().collect();
        return all
            .choose(&mut random)
            .map_or_else(String::new, |text| (*text).clone());
    }
    damaged(text, &mut random)
}

/// Reads a text, and writes it in the one style twice alike. What was written first, if the second time
/// is another.
#[must_use]
pub fn reading_breaks(text: &str) -> Option<String> {
    let (tree, mistakes) = thrice_grammar::parse(FileId::new(0), text);
    let once = thrice_grammar::format(&tree, text).filter(|_| mistakes.is_empty())?;
    let (tree, mistakes) = thrice_grammar::parse(FileId::new(0), &once);
    let twice = thrice_grammar::format(&tree, &once);
    (!mistakes.is_empty() || twice.as_deref() != Some(&once)).then_some(once)
}

/// A case of the parser: a damaged file is read, and written in the one style twice alike. What broke,
/// with the text.
#[must_use]
pub fn parser(seed: u64, case: u64) -> Option<String> {
    let mut random = random(seed, case);
    let of_policies = POLICIES.iter().map(|(_, text)| *text);
    let texts: Vec<&str> = of_policies.chain(examples().map(String::as_str)).collect();
    let text = damaged(texts.choose(&mut random)?, &mut random);
    match catch_unwind(|| reading_breaks(&text)) {
        Ok(None) => None,
        Ok(Some(once)) => Some(format!(
            "case {case}: formatting is not done at once:\n{text}\n---\n{once}"
        )),
        Err(_) => Some(format!("case {case}: the parser panics:\n{text}")),
    }
}

/// Judges text after text with one solver.
#[derive(Default)]
pub struct Judge {
    session: Session,
}

impl Judge {
    /// The internal errors of judging a policy of one file. Every sixteenth text, by its length, is
    /// judged as `thrice check` does, with a prover of its own.
    ///
    /// # Panics
    /// Where the compiler does.
    pub fn breaks(&mut self, text: &str) -> Option<String> {
        let texts = Texts::one(text);
        let found = if text.len().is_multiple_of(16) {
            judge(&texts).findings
        } else {
            let plan = plan(&texts).ok()?;
            let mut found = self.session.verify(&plan, &Obligation::ALL).internal;
            found.extend(thrice_simulate::findings(&plan));
            found
        };
        internal(&found)
    }
}

/// What says that something is wrong with the compiler, not with the policy.
fn internal(found: &[Diagnostic]) -> Option<String> {
    let mut internal = found.iter().filter(|f| f.code.0.starts_with("T9"));
    Some(internal.next()?.message.clone())
}

/// A case of the whole check: a damaged policy is judged. What broke, with the text, and whether it was
/// still a policy.
#[must_use]
pub fn check(seed: u64, case: u64) -> (Option<String>, bool) {
    let mut random = random(seed, case);
    let texts = match random.random_range(0..20) {
        0 => Texts::vpai(if random.random_bool(0.5) {
            "hardened"
        } else {
            "as-written"
        }),
        1..=3 => {
            let starter = POLICIES
                .iter()
                .find(|(path, _)| path.starts_with("starter"));
            Texts::one(starter.map_or("", |(_, text)| *text))
        }
        4..=13 => {
            let all: Vec<&String> = examples().collect();
            Texts::one(all.choose(&mut random).map_or("", |text| text.as_str()))
        }
        _ => Texts::one(&World::random(&mut random).text()),
    };
    let names: Vec<&String> = texts.all().map(|(name, _)| name).collect();
    let Some(name) = names.choose(&mut random).map(|name| (*name).clone()) else {
        return (None, false);
    };
    let text = damaged(texts.get(&name).map_or("", String::as_str), &mut random);
    let texts = texts.with(&name, text.clone());
    match catch_unwind(|| judge(&texts)) {
        Err(_) => (
            Some(format!(
                "case {case}: the check of this {name} panics:\n{text}"
            )),
            false,
        ),
        Ok(judged) => {
            let said = internal(&judged.findings)
                .map(|message| format!("case {case}, {name}: {message}\n{text}"));
            (said, judged.verified.is_some())
        }
    }
}
