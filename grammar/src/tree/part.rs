//! A part of a file that ends between statements: the tables that a tree is made of.

use thrice_diagnostics::Span;

use super::leaves::Leaves;
use super::{Statement, TokenKind};

/// A part of a file, or all of it.
#[derive(Clone, Debug)]
pub struct Part {
    /// The file, from its first byte to its last.
    pub file: Span,
    pub(super) leaves: Leaves,
    /// In the order of their beginnings: what stands in a statement's block follows it.
    pub(super) nodes: Vec<Node>,
}

/// A statement in the table: places of leaves.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Its first.
    pub first: u32,
    /// The `{` of its block; any place behind its end where it has none.
    open: u32,
    /// One past its last.
    end: u32,
}

impl Part {
    /// All statements, those in blocks too: each before what stands in its block.
    pub(super) fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        (0..self.nodes.len()).filter_map(|index| self.statement(index))
    }

    pub(super) fn statement(&self, index: usize) -> Option<Statement<'_>> {
        let Node { first, open, end } = *self.nodes.get(index)?;
        Some(Statement {
            part: self,
            index,
            first,
            head: open.min(end),
            end,
        })
    }

    /// The span of a leaf; past the last one, the end of the file.
    pub(super) fn place(&self, leaf: u32) -> Span {
        let end = Span::new(self.file.file, self.file.end, self.file.end);
        self.leaves.get(leaf).map_or(end, |token| token.span)
    }
}

/// How the reader makes a part, from left to right.
impl Part {
    /// A part of a file that holds nothing yet.
    pub fn new(file: Span) -> Self {
        Self {
            file,
            leaves: Leaves::new(file.file),
            nodes: Vec::new(),
        }
    }

    /// Adds a leaf.
    pub fn leaf(&mut self, kind: TokenKind, start: u32, end: u32) {
        self.leaves.push(kind, start, end);
    }

    /// The next leaf begins a statement; returns its place in the table.
    pub fn begin(&mut self) -> usize {
        let first = self.leaves.len();
        self.nodes.push(Node {
            first,
            open: u32::MAX,
            end: first,
        });
        self.nodes.len() - 1
    }

    /// The next leaf opens the block of a statement.
    pub fn open(&mut self, statement: usize) {
        let open = self.leaves.len();
        if let Some(node) = self.nodes.get_mut(statement) {
            node.open = open;
        }
    }

    /// A statement ends with the leaf added last.
    pub fn end(&mut self, statement: usize) -> Option<Statement<'_>> {
        self.nodes.get_mut(statement)?.end = self.leaves.len();
        self.statement(statement)
    }

    /// The text is over: gives back what is not needed.
    pub fn finished(mut self) -> Self {
        self.leaves.shrink();
        self.nodes.shrink_to_fit();
        self
    }
}
