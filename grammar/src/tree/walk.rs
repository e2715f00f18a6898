//! Walks through a tree.

use std::ops::Range;

use super::leaves::Leaves;
use super::{Element, Node, Statement, Token, TokenKind, Tree};

/// The words and values of a statement.
#[derive(Clone, Debug)]
pub struct Values<'t> {
    leaves: &'t Leaves,
    rest: Range<u32>,
}

impl<'t> Values<'t> {
    pub(super) const fn new(leaves: &'t Leaves, rest: Range<u32>) -> Self {
        Self { leaves, rest }
    }
}

impl Iterator for Values<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let (leaves, rest) = (self.leaves, self.rest.by_ref());
        rest.find_map(|at| leaves.get(at).filter(is_value))
    }
}

impl DoubleEndedIterator for Values<'_> {
    fn next_back(&mut self) -> Option<Token> {
        let (leaves, rest) = (self.leaves, self.rest.by_ref());
        rest.rev().find_map(|at| leaves.get(at).filter(is_value))
    }
}

fn is_value(token: &Token) -> bool {
    token.kind != TokenKind::Comment
}

/// The statements of a file or block.
#[derive(Clone, Debug)]
pub struct Statements<'t> {
    tree: &'t Tree,
    next: usize,
    /// One past the last leaf of the file or block.
    end: u32,
}

impl<'t> Statements<'t> {
    /// From the one at place `next` of the table on, up to the leaf `end`.
    pub(super) const fn new(tree: &'t Tree, next: usize, end: u32) -> Self {
        Self { tree, next, end }
    }

    /// The first leaf of the one that comes next.
    fn first_leaf(&self) -> Option<u32> {
        self.tree.statements.get(self.next).map(|node| node.first)
    }
}

impl<'t> Iterator for Statements<'t> {
    type Item = Statement<'t>;

    fn next(&mut self) -> Option<Statement<'t>> {
        let next = self.tree.statement(self.next)?;
        if next.first >= self.end {
            return None;
        }
        self.next += 1;
        let behind = self.tree.statements.get(self.next..).unwrap_or(&[]);
        let inside = |node: &&Node| node.first < next.end;
        self.next += behind.iter().take_while(inside).count();
        Some(next)
    }
}

/// What stands in a file or block.
#[derive(Clone, Debug)]
pub struct Elements<'t> {
    leaves: Range<u32>,
    /// Those that are still to come.
    statements: Statements<'t>,
}

impl<'t> Elements<'t> {
    pub(super) const fn new(leaves: Range<u32>, statements: Statements<'t>) -> Self {
        Self { leaves, statements }
    }
}

impl<'t> Iterator for Elements<'t> {
    type Item = Element<'t>;

    fn next(&mut self) -> Option<Element<'t>> {
        let at = self.leaves.next()?;
        if self.statements.first_leaf() == Some(at) {
            let statement = self.statements.next()?;
            self.leaves.start = statement.end;
            return Some(Element::Statement(statement));
        }
        let Token { kind, span } = self.statements.tree.leaves.get(at)?;
        Some(match kind {
            TokenKind::Separator => Element::Separator(span),
            TokenKind::Comment => Element::Comment(span),
            TokenKind::Doc => Element::Doc(span),
            _ => Element::Stray(span),
        })
    }
}
