//! From lexemes to a tree, in one pass from left to right.

use thrice_diagnostics::Span;

use crate::lexer::{Lexeme, Lexemes};
use crate::mistakes::{self, Mistakes, small};
use crate::tree::{Block, Part, Statement, TokenKind};

/// Reads one file.
pub struct Reader<'a> {
    text: &'a str,
    lexemes: Lexemes<'a>,
    part: Part,
    /// The statements whose blocks are open, the outermost first: their places in the part.
    open: Vec<usize>,
    /// The statement that is being read.
    statement: Option<usize>,
    /// What was read last is a comma of it, or a comment behind that: it goes on.
    carries_on: bool,
    /// How many stray `{` wait for a `}`: one mistake is reported once.
    strays_open: usize,
    /// What was found so far.
    mistakes: Mistakes,
}

/// Blocks are nested deeper than allowed, with this byte.
pub struct TooDeep(pub usize);

impl<'a> Reader<'a> {
    /// Reads `text`, which is all of a file `all`, from byte `start` on.
    pub fn new(all: Span, text: &'a str, start: usize, mistakes: Mistakes) -> Self {
        Self {
            text,
            lexemes: Lexemes::new(text, start),
            part: Part::new(all),
            open: Vec::new(),
            statement: None,
            carries_on: false,
            strays_open: 0,
            mistakes,
        }
    }

    /// Reads all of it. Stops where blocks nest deeper than `max_depth`.
    pub fn read(mut self, max_depth: usize) -> Result<(Part, Mistakes), TooDeep> {
        self.lexemes(max_depth)?;
        self.end_statement();
        while let Some(statement) = self.open.pop() {
            let end = self.part.file.end;
            self.part.leaf(TokenKind::Close, end, end);
            self.end(statement);
        }
        Ok((self.part.finished(), self.mistakes))
    }

    /// Reads all of it as a piece of a longer text. `None` if something is wrong with it, or what is behind it
    /// goes on with a statement of it.
    pub fn read_piece(mut self, max_depth: usize) -> Option<Part> {
        self.lexemes(max_depth).ok()?;
        if self.carries_on || !self.open.is_empty() {
            return None;
        }
        self.end_statement();
        self.mistakes.is_empty().then(|| self.part.finished())
    }

    fn lexemes(&mut self, max_depth: usize) -> Result<(), TooDeep> {
        while let Some(lexeme) = self.lexemes.next() {
            match lexeme {
                Lexeme::Newline if self.carries_on => {}
                Lexeme::Newline => self.end_statement(),
                Lexeme::Comment | Lexeme::Doc if self.carries_on => self.leaf(TokenKind::Comment),
                Lexeme::Comment => self.between(TokenKind::Comment),
                Lexeme::Doc => self.between(TokenKind::Doc),
                Lexeme::Separator => self.between(TokenKind::Separator),
                Lexeme::Value(kind) => self.value(kind),
                Lexeme::Comma if self.statement.is_some() => {
                    self.leaf(TokenKind::Comma);
                    self.carries_on = true;
                }
                Lexeme::Open if self.open.len() + self.strays_open == max_depth => {
                    return Err(TooDeep(self.lexemes.span().start));
                }
                Lexeme::Open if self.statement.is_some() => self.open(),
                Lexeme::Comma | Lexeme::Open => self.stray(),
                Lexeme::Close => self.close(),
            }
        }
        Ok(())
    }

    /// Where the last lexeme is.
    fn span(&self) -> Span {
        let range = self.lexemes.span();
        Span::new(self.part.file.file, small(range.start), small(range.end))
    }

    fn leaf(&mut self, kind: TokenKind) {
        let span = self.span();
        self.part.leaf(kind, span.start, span.end);
    }

    /// What stands between statements.
    fn between(&mut self, kind: TokenKind) {
        self.end_statement();
        self.leaf(kind);
    }

    fn value(&mut self, kind: TokenKind) {
        self.carries_on = false;
        if self.statement.is_none() {
            self.statement = Some(self.part.begin());
        }
        self.leaf(kind);
        if matches!(kind, TokenKind::OpenText | TokenKind::Unknown) {
            self.not_understood(kind);
        }
    }

    fn not_understood(&mut self, kind: TokenKind) {
        let (span, words) = (self.span(), self.lexemes.slice());
        if kind == TokenKind::OpenText {
            self.mistakes
                .add_with(mistakes::OPEN_TEXT, || mistakes::open_text(span));
        } else {
            self.mistakes
                .add_with(mistakes::UNEXPECTED, || mistakes::unknown(span, words));
        }
    }

    fn stray(&mut self) {
        let (span, words) = (self.span(), self.lexemes.slice());
        self.strays_open += usize::from(words == "{");
        self.mistakes
            .add_with(mistakes::STRAY, || mistakes::stray(span, words));
        self.between(TokenKind::Stray);
    }

    /// A block of the statement that is being read.
    fn open(&mut self) {
        self.carries_on = false;
        if let Some(statement) = self.statement.take() {
            self.part.open(statement);
            self.open.push(statement);
        }
        self.leaf(TokenKind::Open);
    }

    fn close(&mut self) {
        self.end_statement();
        if let Some(statement) = self.open.pop() {
            self.leaf(TokenKind::Close);
            self.end(statement);
            return;
        }
        if self.strays_open > 0 {
            self.strays_open -= 1;
        } else {
            let span = self.span();
            self.mistakes
                .add_with(mistakes::STRAY_CLOSE, || mistakes::stray_close(span));
        }
        self.leaf(TokenKind::Stray);
    }

    /// The statement that is being read, if any, is over without a block.
    fn end_statement(&mut self) {
        if let Some(statement) = self.statement.take() {
            self.carries_on = false;
            self.end(statement);
        }
    }

    /// A statement is over, perhaps with a block.
    fn end(&mut self, statement: usize) {
        let Some(statement) = self.part.end(statement) else {
            return;
        };
        if let Some(block) = statement.block().filter(|block| block.close().is_none()) {
            let text = self.text;
            self.mistakes.add_with(mistakes::UNCLOSED, || {
                mistakes::unclosed(block.open(), suspect(block, text))
            });
        }
        let last = statement.values().next_back();
        if let Some(comma) = last.filter(|token| token.kind == TokenKind::Comma) {
            self.mistakes
                .add_with(mistakes::STRAY, || mistakes::last_comma(comma.span));
        }
    }
}

/// What most likely stands behind the end that a block was meant to have. People indent: it is the first
/// statement inside that begins at the left margin.
fn suspect(block: Block<'_>, text: &str) -> Option<Span> {
    let at_margin = |head: &Span| {
        text.get(..head.start as usize)
            .is_some_and(|before| before.ends_with(['\n', '\r']))
    };
    block.statements().map(Statement::head).find(at_margin)
}
