//! Places in a tree: statements, blocks, and what stands between.

use thrice_diagnostics::Span;

use super::{Elements, Part, Statements, Token, TokenKind, Values};

/// Words and values, and perhaps a block.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'t> {
    pub(super) part: &'t Part,
    /// Its place in the table.
    pub(super) index: usize,
    /// Its first leaf.
    pub(super) first: u32,
    /// One past its last before the block.
    pub(super) head: u32,
    /// One past its last.
    pub(super) end: u32,
}

/// `{ … }`
#[derive(Clone, Copy, Debug)]
pub struct Block<'t>(Statement<'t>);

/// A piece of a file or block, in order; together, and with the blanks and line ends between them, they are
/// the whole text.
#[derive(Clone, Copy, Debug)]
pub enum Element<'t> {
    /// `;`
    Separator(Span),
    /// `// …`
    Comment(Span),
    /// `/// …`: belongs to the statement that follows.
    Doc(Span),
    /// A statement.
    Statement(Statement<'t>),
    /// A bracket or comma where none belongs.
    Stray(Span),
}

impl Element<'_> {
    /// Where it is.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Separator(span) | Self::Comment(span) | Self::Doc(span) | Self::Stray(span) => {
                *span
            }
            Self::Statement(statement) => statement.span(),
        }
    }
}

impl<'t> Statement<'t> {
    /// From the first word to the end of the block.
    #[must_use]
    pub fn span(self) -> Span {
        let first = self.part.place(self.first);
        let last = self.end.saturating_sub(1);
        let carries_on = self.head == self.end
            && matches!(
                self.part.leaves.kind(last),
                Some(TokenKind::Comma | TokenKind::Comment)
            );
        let end = if carries_on {
            // The comma takes in all up to what does not go on with the statement.
            self.part.place(self.end).start
        } else {
            self.part.place(last).end
        };
        Span { end, ..first }
    }

    /// Everything before the block, comments included.
    pub fn tokens(self) -> impl Iterator<Item = Token> + 't {
        let leaves = self.first..self.head;
        leaves.filter_map(move |at| self.part.leaves.get(at))
    }

    /// The words and values, without what only separates.
    #[must_use]
    pub fn values(self) -> Values<'t> {
        Values::new(&self.part.leaves, self.first..self.head)
    }

    /// The span of the words before the block.
    #[must_use]
    pub fn head(self) -> Span {
        let first = self.part.place(self.first);
        let last = self.values().next_back();
        last.map_or(first, |last| first.to(last.span))
    }

    /// `{ … }`
    #[must_use]
    pub fn block(self) -> Option<Block<'t>> {
        (self.head < self.end).then_some(Block(self))
    }

    /// The documentation lines above: all since the statement before. What else stands between does not
    /// part them from it.
    pub fn docs(self) -> impl Iterator<Item = Span> + 't {
        let leaves = &self.part.leaves;
        let stands_between = |at: &u32| {
            matches!(
                leaves.kind(*at),
                Some(TokenKind::Doc | TokenKind::Comment | TokenKind::Separator | TokenKind::Stray)
            )
        };
        let from = (0..self.first).rev().take_while(stands_between).last();
        let above = from.unwrap_or(self.first)..self.first;
        let above = above.filter_map(|at| leaves.get(at));
        above
            .filter(|token| token.kind == TokenKind::Doc)
            .map(|token| token.span)
    }
}

impl<'t> Block<'t> {
    /// `{`
    #[must_use]
    pub fn open(self) -> Span {
        self.0.part.place(self.0.head)
    }

    /// `}`, unless it is missing.
    #[must_use]
    pub fn close(self) -> Option<Span> {
        let close = self.0.part.place(self.0.end.saturating_sub(1));
        (close.start < close.end).then_some(close)
    }

    /// The statements of the block.
    #[must_use]
    pub fn statements(self) -> Statements<'t> {
        Statements::in_block(self.0.part, self.0.index + 1, self.0.end)
    }

    /// What stands inside.
    #[must_use]
    pub fn elements(self) -> Elements<'t> {
        let inside = self.0.head + 1..self.0.end.saturating_sub(1);
        Elements::in_block(inside, self.statements())
    }
}
