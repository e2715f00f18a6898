//! The lossless syntax tree: statements of words, values and blocks, and all that stands between.
//!
//! A tree is two tables: its leaves, which are all pieces of the text but its blanks and line ends, in order,
//! and its statements, which say from which leaf to which they go. What lies between two leaves is blank.
//! [`Statement`] and [`Block`] are places in these tables, to be copied like numbers.

use thrice_diagnostics::Span;

mod leaves;
mod statement;
mod walk;

use leaves::Leaves;
pub use statement::{Block, Element, Statement};
pub use walk::{Elements, Statements, Values};

/// What a piece of text is, by its looks alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `// …` up to the line's end.
    Comment,
    /// `/// …` above a statement.
    Doc,
    /// `;`
    Separator,
    /// `{` of a block.
    Open,
    /// `}` of a block; where that is missing, nothing, at the end of the text.
    Close,
    /// A bracket or comma where none belongs.
    Stray,
    /// `,`
    Comma,
    /// `"…"`, with its quotes and escapes.
    Text,
    /// A text without its closing quote.
    OpenText,
    /// `/some/path`, unquoted.
    Path,
    /// `2026-02-15`
    Date,
    /// `03:00`
    Time,
    /// `0.18.1`
    Version,
    /// `80`, `4.99`, `1_000`
    Number,
    /// A word, or words joined by `.` and `/`, perhaps with `:` and a path.
    Name,
    /// `%`, `%/month`
    Percent,
    /// `..`, `>=`, `=`, `+` …
    Operator,
    /// What no rule knows.
    Unknown,
}

/// The smallest piece of text with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it looks like.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The file, from its first byte to its last.
    pub span: Span,
    leaves: Leaves,
    /// In the order of their beginnings: what stands in a statement's block follows it.
    statements: Vec<Node>,
}

/// A statement in the table: places of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    /// Its first.
    first: u32,
    /// One past its last.
    end: u32,
}

impl Tree {
    /// The statements of the file.
    #[must_use]
    pub fn statements(&self) -> Statements<'_> {
        Statements::new(self, 0, self.leaves.len())
    }

    /// All statements, those in blocks too: each before what stands in its block.
    pub fn all_statements(&self) -> impl Iterator<Item = Statement<'_>> {
        (0..self.statements.len()).filter_map(|index| self.statement(index))
    }

    /// What stands in the file.
    #[must_use]
    pub fn elements(&self) -> Elements<'_> {
        Elements::new(0..self.leaves.len(), self.statements())
    }

    /// All pieces of the text but blanks and line ends, in order.
    pub fn tokens(&self) -> impl Iterator<Item = Token> {
        self.leaves.iter()
    }

    /// The spans of all leaves in order, and of the blanks, line ends and byte order mark between them:
    /// concatenated, their texts are the file.
    #[must_use]
    pub fn leaves(&self) -> Vec<Span> {
        let end = Span::new(self.span.file, self.span.end, self.span.end);
        let mut out = Vec::new();
        let mut at = self.span.start;
        for leaf in self.tokens().map(|token| token.span).chain([end]) {
            let blanks = Span::new(leaf.file, at, leaf.start);
            at = leaf.end;
            let seen = [blanks, leaf].into_iter();
            out.extend(seen.filter(|span| span.start < span.end));
        }
        out
    }

    fn statement(&self, index: usize) -> Option<Statement<'_>> {
        let Node { first, end } = *self.statements.get(index)?;
        let is = |at: u32, kind| self.leaves.kind(at) == Some(kind);
        let has_block = is(end.saturating_sub(1), TokenKind::Close);
        let open = || (first..end).find(|at| is(*at, TokenKind::Open));
        Some(Statement {
            tree: self,
            index,
            first,
            head: has_block.then(open).flatten().unwrap_or(end),
            end,
        })
    }

    /// The span of a leaf; past the last one, the end of the file.
    fn place(&self, leaf: u32) -> Span {
        let end = Span::new(self.span.file, self.span.end, self.span.end);
        self.leaves.get(leaf).map_or(end, |token| token.span)
    }
}

/// How the reader makes a tree, from left to right.
impl Tree {
    /// A tree of `text` that holds nothing yet.
    pub(crate) fn new(span: Span) -> Self {
        Self {
            span,
            leaves: Leaves::new(span.file),
            statements: Vec::new(),
        }
    }

    /// A text that is not looked into.
    pub(crate) fn unread(span: Span) -> Self {
        let mut tree = Self::new(span);
        tree.leaf(TokenKind::Stray, span.start, span.end);
        tree
    }

    /// Adds a leaf.
    pub(crate) fn leaf(&mut self, kind: TokenKind, start: u32, end: u32) {
        self.leaves.push(kind, start, end);
    }

    /// The next leaf begins a statement; returns its place in the table.
    pub(crate) fn begin(&mut self) -> usize {
        let first = self.leaves.len();
        self.statements.push(Node { first, end: first });
        self.statements.len() - 1
    }

    /// A statement ends with the leaf added last.
    pub(crate) fn end(&mut self, statement: usize) -> Option<Statement<'_>> {
        self.statements.get_mut(statement)?.end = self.leaves.len();
        self.statement(statement)
    }

    /// The text is over: gives back what is not needed.
    pub(crate) fn finished(mut self) -> Self {
        self.leaves.shrink();
        self.statements.shrink_to_fit();
        self
    }
}
