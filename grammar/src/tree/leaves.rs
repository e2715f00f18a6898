//! The pieces of a text in one table, eight bytes each.

use std::ops::Range;

use thrice_diagnostics::{FileId, Span};

use crate::tree::{Token, TokenKind};

/// The length of a piece that does not fit its field: its end is in a table of its own.
const LONG: u16 = u16::MAX;

/// All pieces of a text but its blanks, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaves {
    file: FileId,
    table: Vec<Leaf>,
    long: Vec<Long>,
}

/// A piece: what it is, where it begins, how many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    start: u32,
    length: u16,
    /// What it is.
    pub kind: TokenKind,
}

/// Where a piece of 65,535 bytes or more begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Long {
    start: u32,
    end: u32,
}

impl Leaves {
    /// None yet.
    pub const fn new(file: FileId) -> Self {
        Self {
            file,
            table: Vec::new(),
            long: Vec::new(),
        }
    }

    /// How many there are: at most as many as a text has bytes, and one for each block.
    pub fn len(&self) -> u32 {
        u32::try_from(self.table.len()).unwrap_or(u32::MAX)
    }

    /// Adds one behind all others.
    pub fn push(&mut self, kind: TokenKind, start: u32, end: u32) {
        let length = u16::try_from(end.saturating_sub(start)).unwrap_or(LONG);
        if length == LONG {
            self.long.push(Long { start, end });
        }
        self.table.push(Leaf {
            start,
            length,
            kind,
        });
    }

    /// Gives back what is not needed.
    pub fn shrink(&mut self) {
        self.table.shrink_to_fit();
        self.long.shrink_to_fit();
    }

    /// What the one at a place is.
    pub fn kind(&self, at: u32) -> Option<TokenKind> {
        self.table.get(at as usize).map(|leaf| leaf.kind)
    }

    /// The one at a place.
    pub fn get(&self, at: u32) -> Option<Token> {
        self.table.get(at as usize).map(|leaf| self.token(leaf))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Token> {
        self.table.iter().map(|leaf| self.token(leaf))
    }

    /// Those at these places, as far as there are such.
    pub fn among(&self, places: Range<u32>) -> &[Leaf] {
        let places = places.start as usize..places.end as usize;
        self.table.get(places).unwrap_or(&[])
    }

    /// A leaf of this table as a token.
    #[inline]
    pub fn token(&self, leaf: &Leaf) -> Token {
        let end = match leaf.length {
            LONG => self.end_of_long(leaf.start),
            length => leaf.start.saturating_add(u32::from(length)),
        };
        Token {
            kind: leaf.kind,
            span: Span::new(self.file, leaf.start, end),
        }
    }

    fn end_of_long(&self, start: u32) -> u32 {
        let found = self.long.binary_search_by_key(&start, |long| long.start);
        found
            .ok()
            .and_then(|at| self.long.get(at))
            .map_or(start, |long| long.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_takes_eight_bytes() {
        assert_eq!(size_of::<Leaf>(), 8);
    }

    #[test]
    fn pieces_of_any_length_keep_their_places() {
        let mut leaves = Leaves::new(FileId::new(0));
        let mut spans = Vec::new();
        let mut at = 0;
        for length in [0, 1, 65_534, 65_535, 65_536, 3, 5_000_000, 7] {
            leaves.push(TokenKind::Comment, at, at + length);
            spans.push(Span::new(FileId::new(0), at, at + length));
            at += length + 1;
        }
        let found: Vec<Span> = leaves.iter().map(|token| token.span).collect();
        assert_eq!(found, spans);
        assert_eq!(leaves.long.len(), 3);
    }
}
