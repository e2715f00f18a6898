//! Drops and weakens what a policy says, one thing at a time, and sees what shows it.
//!
//! [`mutants`] makes them from the text, by the rules of [`operators`]; [`Base`] is the policy itself, judged,
//! and [`Base::shown`] says what of a mutant's report and of its artefacts differs; [`Score`] counts.

mod operators;
mod picture;
mod score;

use std::collections::BTreeSet;

use thrice_diagnostics::{FileId, Span};
use thrice_grammar::{Block, Statement, parse};
use thrice_resolve::Loader as _;

pub use picture::{Base, Fate, Shown};
pub use score::Score;

use crate::policy::Texts;

/// A policy with one thing less.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The file that was changed.
    pub file: String,
    /// The heads of the statement that was changed and of those around it, in bytes: from the first word
    /// to the block.
    pub heads: Vec<(usize, usize)>,
    /// What was done, in words.
    pub what: String,
    /// Whether the statement speaks to people alone.
    pub for_people: bool,
    /// Whether more is asked of the same plan, instead of less being promised.
    pub asks_more: bool,
    /// The policy.
    pub texts: Texts,
}

/// All mutants of the files that a policy is made of, in order.
#[must_use]
pub fn mutants(texts: &Texts) -> Vec<Mutant> {
    let mut out = Vec::new();
    for (file, text) in files(texts) {
        let source = Source {
            texts,
            file: &file,
            text: &text,
        };
        let (tree, _) = parse(FileId::new(0), &text);
        for statement in tree.statements() {
            let kept = ["policy", "use"].contains(&source.word(statement));
            source.statement(statement, &[], !kept, &mut out);
        }
    }
    out
}

/// The roots of a policy and the files that they use, but for the standard library.
fn files(texts: &Texts) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = texts.roots.clone().into_iter().collect();
    let mut used = BTreeSet::new();
    for (file, text) in &texts.roots {
        let paths = text.lines().filter_map(|line| line.strip_prefix("use \""));
        for path in paths.filter_map(|rest| rest.split('"').next()) {
            used.extend(texts.load(file, path).ok());
        }
    }
    out.extend(used);
    out
}

/// The file that is changed.
struct Source<'t> {
    texts: &'t Texts,
    file: &'t str,
    text: &'t str,
}

impl Source<'_> {
    fn word(&self, statement: Statement<'_>) -> &str {
        let span = statement.values().next().map(|token| token.span);
        span.map_or("", |span| self.slice(span.start, span.end))
    }

    fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    fn statement(
        &self,
        statement: Statement<'_>,
        around: &[(usize, usize)],
        may_go: bool,
        out: &mut Vec<Mutant>,
    ) {
        let Span { start, end, .. } = statement.span();
        let end = statement.block().map_or(end, |block| block.open().start);
        let head = self.slice(start, end).trim_end();
        let (start, end) = (start as usize, start as usize + head.len());
        let mut heads = vec![(start, end)];
        heads.extend(around);
        let outer = around
            .first()
            .map_or("", |(from, to)| self.text.get(*from..*to).unwrap_or(""));
        if may_go && operators::may_go(head) {
            out.extend(self.cut(statement, &heads));
        }
        for change in operators::weakened(head, outer) {
            let place = (start + change.at.0, start + change.at.1);
            let what = format!("{} in `{}`", change.what, short(head));
            out.extend(self.exchanged(place, &change.by, what, &heads));
        }
        for clause in statement.block().into_iter().flat_map(Block::statements) {
            self.statement(clause, &heads, true, out);
        }
    }

    fn cut(&self, statement: Statement<'_>, heads: &[(usize, usize)]) -> Option<Mutant> {
        let span = statement.span();
        let (start, mut end) = (span.start as usize, span.end as usize);
        let rest = self.text.get(end..)?;
        end += rest.len() - rest.trim_start_matches([' ', ';']).len();
        let head = short(self.text.get(start..end)?);
        let what = match heads {
            [_] => format!("without the statement `{head}`"),
            _ => format!("without the clause `{head}`"),
        };
        self.exchanged((start, end), "", what, heads)
    }

    fn exchanged(
        &self,
        place: (usize, usize),
        by: &str,
        what: String,
        heads: &[(usize, usize)],
    ) -> Option<Mutant> {
        let (from, to) = heads.first()?;
        let head = self.text.get(*from..*to)?;
        let (before, after) = (self.text.get(..place.0)?, self.text.get(place.1..)?);
        let asks_more = operators::asks_more(head, &what);
        let what = match heads {
            [_, .., outer] => {
                let outer = self.text.get(outer.0..outer.1)?;
                format!(
                    "{what} of `{}`",
                    outer.split(' ').take(2).collect::<Vec<_>>().join(" ")
                )
            }
            _ => what,
        };
        Some(Mutant {
            file: self.file.to_owned(),
            heads: heads.to_vec(),
            what,
            for_people: operators::is_for_people(head),
            asks_more,
            texts: self.texts.with(self.file, format!("{before}{by}{after}")),
        })
    }
}

/// The first line, as far as it fits.
fn short(head: &str) -> String {
    let line = head.lines().next().unwrap_or("");
    let cut: String = line.chars().take(70).collect();
    cut.trim_end_matches([' ', ';', '{']).to_owned()
}
