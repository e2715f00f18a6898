//! Walks through a tree.

use std::ops::Range;
use std::slice;

use super::leaves::{Leaf, Leaves};
use super::part::{Node, Part};
use super::{Element, Statement, Token, TokenKind};

/// The words and values of a statement.
#[derive(Clone, Debug)]
pub struct Values<'t> {
    leaves: &'t Leaves,
    /// Those that are left, and comments.
    rest: slice::Iter<'t, Leaf>,
}

impl<'t> Values<'t> {
    pub(super) fn new(leaves: &'t Leaves, places: Range<u32>) -> Self {
        let rest = leaves.among(places).iter();
        Self { leaves, rest }
    }
}

impl Iterator for Values<'_> {
    type Item = Token;

    // Once or more for every word, in another crate.
    #[inline]
    fn next(&mut self) -> Option<Token> {
        let leaf = self.rest.find(is_value)?;
        Some(self.leaves.token(leaf))
    }
}

impl DoubleEndedIterator for Values<'_> {
    fn next_back(&mut self) -> Option<Token> {
        let leaf = self.rest.rfind(is_value)?;
        Some(self.leaves.token(leaf))
    }
}

#[inline]
fn is_value(leaf: &&Leaf) -> bool {
    leaf.kind != TokenKind::Comment
}

/// The statements of a file or block.
#[derive(Clone, Debug)]
pub struct Statements<'t> {
    part: Option<&'t Part>,
    /// The place of the next one in that part's table.
    next: usize,
    /// One past the last leaf of the file or block in that part.
    end: u32,
    /// The parts of the file behind it.
    behind: slice::Iter<'t, Part>,
}

impl<'t> Statements<'t> {
    /// Those of a file.
    pub(super) fn of_all(parts: &'t [Part]) -> Self {
        let mut all = Self {
            part: None,
            next: 0,
            end: 0,
            behind: parts.iter(),
        };
        all.go_on();
        all
    }

    /// Those of a block: from the one at place `next` of the table on, up to the leaf `end`.
    pub(super) fn in_block(part: &'t Part, next: usize, end: u32) -> Self {
        Self {
            part: Some(part),
            next,
            end,
            behind: [].iter(),
        }
    }

    /// On to the next part.
    fn go_on(&mut self) {
        self.part = self.behind.next();
        self.next = 0;
        self.end = self.part.map_or(0, |part| part.leaves.len());
    }

    /// The next one of this part.
    fn next_here(&mut self) -> Option<Statement<'t>> {
        let part = self.part?;
        let next = part.statement(self.next).filter(|s| s.first < self.end)?;
        self.next += 1;
        let behind = part.nodes.get(self.next..).unwrap_or(&[]);
        let inside = |node: &&Node| node.first < next.end;
        self.next += behind.iter().take_while(inside).count();
        Some(next)
    }

    /// The first leaf of the one that comes next in this part.
    fn first_leaf(&self) -> Option<u32> {
        Some(self.part?.nodes.get(self.next)?.first)
    }
}

impl<'t> Iterator for Statements<'t> {
    type Item = Statement<'t>;

    fn next(&mut self) -> Option<Statement<'t>> {
        while self.part.is_some() {
            if let Some(next) = self.next_here() {
                return Some(next);
            }
            self.go_on();
        }
        None
    }
}

/// What stands in a file or block.
#[derive(Clone, Debug)]
pub struct Elements<'t> {
    /// What is left of this part.
    leaves: Range<u32>,
    /// Those that are still to come.
    statements: Statements<'t>,
}

impl<'t> Elements<'t> {
    /// What stands in a file.
    pub(super) fn of_all(parts: &'t [Part]) -> Self {
        let statements = Statements::of_all(parts);
        Self {
            leaves: 0..statements.end,
            statements,
        }
    }

    /// What stands in a block: these leaves.
    pub(super) const fn in_block(leaves: Range<u32>, statements: Statements<'t>) -> Self {
        Self { leaves, statements }
    }
}

impl<'t> Iterator for Elements<'t> {
    type Item = Element<'t>;

    fn next(&mut self) -> Option<Element<'t>> {
        let at = loop {
            if let Some(at) = self.leaves.next() {
                break at;
            }
            self.statements.go_on();
            self.leaves = 0..self.statements.end;
            self.statements.part?;
        };
        if self.statements.first_leaf() == Some(at) {
            let statement = self.statements.next_here()?;
            self.leaves.start = statement.end;
            return Some(Element::Statement(statement));
        }
        let Token { kind, span } = self.statements.part?.leaves.get(at)?;
        Some(match kind {
            TokenKind::Separator => Element::Separator(span),
            TokenKind::Comment => Element::Comment(span),
            TokenKind::Doc => Element::Doc(span),
            _ => Element::Stray(span),
        })
    }
}
