//! What verdicts rest on: sentences, each said of many things.

use std::collections::BTreeMap;

use ecow::EcoString;
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::Span;

use crate::number;

/// What is assumed, but for the name of what it is assumed of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sentence {
    /// What stands before the name; all of it where no name is in it.
    pub before: String,
    /// What stands behind the name.
    pub after: Option<String>,
    /// Who says so, for facts: a provider's page, a measurement.
    pub source: Option<String>,
    /// When that was looked up, ISO.
    pub date: Option<String>,
    /// The monitor that would show it to be false.
    pub monitor: Option<String>,
}

impl Sentence {
    /// With a name in it, in backticks.
    #[must_use]
    pub fn about(&self, name: &str) -> String {
        let Self { before, after, .. } = self;
        match after {
            Some(after) => format!("{before}`{name}`{after}"),
            None => before.clone(),
        }
    }

    /// What follows the name, if the sentence begins with one: such a sentence can be said of several things
    /// at once.
    #[must_use]
    pub fn predicate(&self) -> Option<&str> {
        self.after.as_deref().filter(|_| self.before.is_empty())
    }
}

/// Where a verdict that rests on an assumption turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What is assumed today.
    pub now: String,
    /// A value that was tried, at which a verdict fails; a lower one that was tried holds.
    pub at: String,
    /// The verdicts that then fail: obligation and subject, in order.
    pub breaks: Vec<String>,
    /// How far away that is, in thousandths of today's value.
    pub permille: u64,
}

/// Something a proof rests on that nobody has proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumption<'a> {
    /// What is assumed.
    pub sentence: &'a Sentence,
    /// Its number: the same for all that assume the same.
    pub number: u32,
    /// Of what; empty where the sentence has no name in it.
    pub name: &'a str,
    /// The words it stands on.
    pub span: Option<Span>,
    /// At which value a verdict turns, as far as that is known.
    pub turns: Option<&'a Turn>,
}

impl Assumption<'_> {
    /// The whole sentence.
    #[must_use]
    pub fn text(&self) -> String {
        self.sentence.about(self.name)
    }
}

/// Assumptions in order; each sentence is kept once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    sentences: IndexSet<Sentence, FxBuildHasher>,
    /// Of what they are said; neighbours share a name.
    names: Vec<EcoString>,
    rows: Vec<Row>,
    /// Where verdicts turn, by row.
    turns: BTreeMap<usize, Turn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    sentence: u32,
    name: u32,
    span: Option<Span>,
}

impl Assumptions {
    /// Gives up the room that is left for more.
    pub fn shrink_to_fit(&mut self) {
        self.names.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// The number of a sentence.
    pub fn sentence(&mut self, sentence: Sentence) -> u32 {
        number(self.sentences.insert_full(sentence).0)
    }

    /// Adds a sentence by its number.
    pub fn push(&mut self, sentence: u32, name: &str, span: Option<Span>, turns: Option<Turn>) {
        if self.names.last().is_none_or(|last| last != name) {
            self.names.push(name.into());
        }
        if let Some(turns) = turns {
            self.turns.insert(self.rows.len(), turns);
        }
        self.rows.push(Row {
            sentence,
            name: number(self.names.len().saturating_sub(1)),
            span,
        });
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Assumption<'_>> {
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(at, row)| {
            Some(Assumption {
                sentence: self.sentences.get_index(row.sentence as usize)?,
                number: row.sentence,
                name: self.names.get(row.name as usize)?,
                span: row.span,
                turns: self.turns.get(&at),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_kept_once_and_said_of_each() {
        let mut all = Assumptions::default();
        let takes = |monitor: Option<&str>| Sentence {
            after: Some(" takes 5 min".into()),
            monitor: monitor.map(str::to_owned),
            ..Sentence::default()
        };
        let watched = all.sentence(takes(Some("deadman")));
        let alone = all.sentence(takes(None));
        let whole = all.sentence(Sentence {
            before: "somebody acts".into(),
            ..Sentence::default()
        });
        let of = all.sentence(Sentence {
            before: "of ".into(),
            after: Some(" all is new".into()),
            ..Sentence::default()
        });
        assert_eq!(all.sentence(takes(Some("deadman"))), watched);
        let turn = Turn {
            now: "5 min".into(),
            at: "6 min".into(),
            breaks: Vec::new(),
            permille: 1200,
        };
        all.push(whole, "", None, None);
        all.push(watched, "a", None, Some(turn.clone()));
        all.push(watched, "b", None, None);
        all.push(alone, "b", None, None);
        all.push(of, "b", None, None);
        let texts: Vec<String> = all.iter().map(|a| a.text()).collect();
        assert_eq!(
            texts,
            [
                "somebody acts",
                "`a` takes 5 min",
                "`b` takes 5 min",
                "`b` takes 5 min",
                "of `b` all is new"
            ]
        );
        let turns: Vec<Option<&Turn>> = all.iter().map(|a| a.turns).collect();
        assert_eq!(turns, [None, Some(&turn), None, None, None]);
        let same: Vec<bool> = all.iter().map(|a| a.number == watched).collect();
        assert_eq!(same, [false, true, true, false, false]);
        let predicates: Vec<bool> = all
            .iter()
            .map(|a| a.sentence.predicate().is_some())
            .collect();
        assert_eq!(predicates, [false, true, true, true, false]);
    }
}
