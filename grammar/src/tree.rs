//! The lossless syntax tree: statements of words, values and blocks, and all that stands between. What
//! lies between two of its leaves is blank.

use thrice_diagnostics::Span;

/// What a token is, by its looks alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A line's end inside a statement, after a comma.
    Newline,
    /// `// …` up to the line's end.
    Comment,
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

impl TokenKind {
    /// Whether a reader of the statement skips it.
    #[must_use]
    pub const fn is_trivia(self) -> bool {
        matches!(self, Self::Newline | Self::Comment)
    }
}

/// The smallest piece of text with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it looks like.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// A piece of a file or block, in order; together, and with the blanks between them, they are the whole
/// text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A line's end.
    Newline(Span),
    /// `;`
    Separator(Span),
    /// `// …`
    Comment(Span),
    /// `/// …`: belongs to the statement that follows.
    Doc(Span),
    /// A statement; boxed, so that the many line ends stay small.
    Statement(Box<Statement>),
    /// A bracket or comma where none belongs.
    Stray(Span),
}

/// Words and values, and perhaps a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From the first word to the end of the block.
    pub span: Span,
    /// Everything before the block, comments and line ends included.
    pub tokens: Vec<Token>,
    /// `{ … }`
    pub block: Option<Block>,
}

/// `{ … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// `{`
    pub open: Span,
    /// What stands inside.
    pub elements: Vec<Element>,
    /// `}`, unless it is missing.
    pub close: Option<Span>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The file, from its first byte to its last.
    pub span: Span,
    /// All of it.
    pub elements: Vec<Element>,
}

impl Element {
    /// Where it is.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Newline(span)
            | Self::Separator(span)
            | Self::Comment(span)
            | Self::Doc(span)
            | Self::Stray(span) => *span,
            Self::Statement(statement) => statement.span,
        }
    }
}

impl Statement {
    /// The words and values, without what only separates.
    pub fn values(&self) -> impl Iterator<Item = Token> + '_ {
        self.tokens.iter().copied().filter(|t| !t.kind.is_trivia())
    }

    /// The span of the words before the block.
    #[must_use]
    pub fn head(&self) -> Span {
        let mut backwards = self.tokens.iter().rev();
        let last = backwards.find(|t| !t.kind.is_trivia());
        let last = last.map_or(self.span, |t| t.span);
        Span::new(self.span.file, self.span.start, last.end)
    }
}

/// The statements among `elements`, each with the documentation lines above it: all since the
/// statement before. What else stands between does not part them from it.
pub fn statements(elements: &[Element]) -> impl Iterator<Item = (Vec<Span>, &Statement)> {
    let mut docs = Vec::new();
    elements.iter().filter_map(move |element| match element {
        Element::Doc(span) => {
            docs.push(*span);
            None
        }
        Element::Statement(statement) => Some((std::mem::take(&mut docs), statement.as_ref())),
        Element::Newline(_) | Element::Comment(_) | Element::Separator(_) | Element::Stray(_) => {
            None
        }
    })
}

impl Tree {
    /// The statements of the file, each with its documentation lines.
    pub fn statements(&self) -> impl Iterator<Item = (Vec<Span>, &Statement)> {
        statements(&self.elements)
    }

    /// The spans of all leaves in order, and of the blanks (or a byte order mark) between them:
    /// concatenated, their texts are the file.
    #[must_use]
    pub fn leaves(&self) -> Vec<Span> {
        let mut found = Vec::new();
        leaves(&self.elements, &mut found);
        let end = Span::new(self.span.file, self.span.end, self.span.end);
        let mut out = Vec::new();
        let mut at = self.span.start;
        for leaf in found.into_iter().chain([end]) {
            let blanks = Span::new(leaf.file, at, leaf.start);
            at = leaf.end;
            let seen = [blanks, leaf].into_iter();
            out.extend(seen.filter(|span| span.start < span.end));
        }
        out
    }
}

impl Block {
    /// The statements of the block, each with its documentation lines.
    pub fn statements(&self) -> impl Iterator<Item = (Vec<Span>, &Statement)> {
        statements(&self.elements)
    }
}

fn leaves(elements: &[Element], out: &mut Vec<Span>) {
    for element in elements {
        match element {
            Element::Newline(span)
            | Element::Separator(span)
            | Element::Comment(span)
            | Element::Doc(span)
            | Element::Stray(span) => out.push(*span),
            Element::Statement(statement) => {
                out.extend(statement.tokens.iter().map(|t| t.span));
                if let Some(block) = &statement.block {
                    out.push(block.open);
                    leaves(&block.elements, out);
                    out.extend(block.close);
                }
            }
        }
    }
}
