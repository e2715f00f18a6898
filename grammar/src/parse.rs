//! Text to tree. Never fails: mistakes are reported beside the tree.

use std::ops::Range;

use pest::Parser as _;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use thrice_diagnostics::{Code, Diagnostic, FileId, Span};

use crate::mistakes::{self, small};
use crate::reader::Reader;
use crate::scan::scan;
use crate::tree::{Element, Tree};

pub mod rules {
    #[derive(pest_derive::Parser)]
    #[grammar = "thrice.pest"]
    pub struct Rules;
}
use rules::{Rule, Rules};

/// Blocks may stand inside each other this deep. Policies use two levels; the bound keeps the
/// recursive parser from overflowing its stack on nonsense.
pub const MAX_DEPTH: usize = 32;

/// How many mistakes of one kind are shown for one file; nonsense would otherwise flood.
const SHOWN: usize = 20;

const MARK: &str = "\u{FEFF}";

/// Parses one file into a tree that holds all of it, and says what is wrong with its form.
///
/// The mistakes are errors with the codes `T0006`, `T0007` and `T0101` to `T0106`, at most
/// twenty of each. Takes time and memory in proportion to the text, whatever it holds; a large text
/// is read in parts, side by side.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let mut found = Mistakes(mistakes::line_ends(file, text).collect());
    let all = Span::new(file, 0, small(text.len()));
    let scan = scan(text, MAX_DEPTH);
    if let Some(at) = scan.too_deep {
        found.add(mistakes::too_deep(file, at, MAX_DEPTH));
        return (
            Tree {
                span: all,
                elements: vec![Element::Stray(all)],
            },
            found.0,
        );
    }
    let mut elements = Vec::new();
    let mut parts = scan.parts;
    if let Some(first) = parts.first_mut().filter(|_| text.starts_with(MARK)) {
        first.start = MARK.len();
    }
    let read = |range| part(file, text, range);
    let parts: Vec<_> = match <[_; 1]>::try_from(parts) {
        Ok([only]) => vec![read(only)],
        Err(several) => several.into_par_iter().map(read).collect(),
    };
    for (more, mistakes) in parts {
        elements.extend(more);
        mistakes
            .0
            .into_iter()
            .for_each(|mistake| found.add(mistake));
    }
    let span = all;
    (Tree { span, elements }, found.0)
}

/// Mistakes in the order of their places, not too many of one kind.
pub struct Mistakes(Vec<Diagnostic>);

impl Mistakes {
    /// Adds one, unless there are enough of its kind.
    pub fn add(&mut self, mistake: Diagnostic) {
        self.add_with(mistake.code, || mistake);
    }

    /// Words one of a kind and adds it, unless there are enough of that kind: nonsense has millions of
    /// mistakes, and wording them all would take longer than reading it.
    pub fn add_with(&mut self, code: Code, mistake: impl FnOnce() -> Diagnostic) {
        if self.0.iter().filter(|m| m.code == code).count() < SHOWN {
            self.0.push(mistake());
        }
    }
}

/// Reads one part of the text, which begins and ends between statements.
fn part(file: FileId, text: &str, range: Range<usize>) -> (Vec<Element>, Mistakes) {
    let all = Span::new(file, small(range.start), small(range.end));
    let mut elements = Vec::new();
    let Ok(pairs) = Rules::parse(Rule::file, text.get(range).unwrap_or("")) else {
        elements.push(Element::Stray(all));
        return (elements, Mistakes(vec![mistakes::unreadable(all)]));
    };
    let mut reader = Reader::new(all, text, pairs, Mistakes(Vec::new()));
    reader.elements(&mut elements);
    (elements, reader.mistakes)
}
