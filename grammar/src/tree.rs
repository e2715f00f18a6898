//! The lossless syntax tree: statements of words, values and blocks, and all that stands between.
//!
//! A tree is one part, or several one behind the other where a text is long; and a part is two tables: its
//! leaves, which are all pieces of the text but its blanks and line ends, in order, and its statements, which
//! say from which leaf to which they go. What lies between two leaves is blank. [`Statement`] and [`Block`]
//! are places in these tables, to be copied like numbers.

use thrice_diagnostics::Span;

mod leaves;
mod part;
mod statement;
mod walk;

pub(crate) use part::Part;
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
#[derive(Clone, Debug)]
pub struct Tree {
    /// The file, from its first byte to its last.
    pub span: Span,
    /// One behind the other.
    parts: Vec<Part>,
}

impl Tree {
    /// The tree of a file from its parts, in order.
    pub(crate) const fn new(span: Span, parts: Vec<Part>) -> Self {
        Self { span, parts }
    }

    /// A text that is not looked into.
    pub(crate) fn unread(span: Span) -> Self {
        let mut part = Part::new(span);
        part.leaf(TokenKind::Stray, span.start, span.end);
        Self::new(span, vec![part])
    }

    /// The statements of the file.
    #[must_use]
    pub fn statements(&self) -> Statements<'_> {
        Statements::of_all(&self.parts)
    }

    /// The same in runs, one behind the other, for several who read at once.
    pub fn runs(&self) -> impl Iterator<Item = Statements<'_>> {
        self.parts.chunks(1).map(Statements::of_all)
    }

    /// All statements, those in blocks too: each before what stands in its block.
    pub fn all_statements(&self) -> impl Iterator<Item = Statement<'_>> {
        self.parts.iter().flat_map(Part::statements)
    }

    /// What stands in the file.
    #[must_use]
    pub fn elements(&self) -> Elements<'_> {
        Elements::of_all(&self.parts)
    }

    /// All pieces of the text but blanks and line ends, in order.
    pub fn tokens(&self) -> impl Iterator<Item = Token> {
        self.parts.iter().flat_map(|part| part.leaves.iter())
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
}
