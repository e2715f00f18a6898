//! Text to tree. Never fails: mistakes are reported beside the tree.

use thrice_diagnostics::{Diagnostic, FileId, Span};

use crate::mistakes::{self, Mistakes, small};
use crate::pieces;
use crate::reader::{Reader, TooDeep};
use crate::tree::Tree;

/// Blocks may stand inside each other this deep. Policies use two levels; the bound keeps whoever
/// walks the tree from overflowing its stack on nonsense.
pub const MAX_DEPTH: usize = 32;

const MARK: &str = "\u{FEFF}";

/// Parses one file into a tree that holds all of it, and says what is wrong with its form.
///
/// The mistakes are errors with the codes `T0006`, `T0007` and `T0101` to `T0106`, at most
/// twenty of each. Takes time and memory in proportion to the text, whatever it holds.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let found: Mistakes = mistakes::line_ends(file, text).collect();
    let all = Span::new(file, 0, small(text.len()));
    let start = if text.starts_with(MARK) {
        MARK.len()
    } else {
        0
    };
    if let Some(parts) = pieces::read(all, text, start, pieces::WORTH, MAX_DEPTH) {
        return (Tree::new(all, parts), found.into());
    }
    match Reader::new(all, text, start, found.clone()).read(MAX_DEPTH) {
        Ok((part, found)) => (Tree::new(all, vec![part]), found.into()),
        Err(TooDeep(at)) => {
            let mut found = found;
            found.add(mistakes::too_deep(file, at, MAX_DEPTH));
            (Tree::unread(all), found.into())
        }
    }
}
