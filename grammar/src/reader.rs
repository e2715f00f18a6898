//! From lexemes to the elements of a tree, in one pass from left to right.

use logos::{Lexer, Logos as _};
use thrice_diagnostics::{FileId, Span};

use crate::lexer::Lexeme;
use crate::mistakes::{self, Mistakes, small};
use crate::tree::{Block, Element, Statement, Token, TokenKind};

/// A file or block that is being read, and the statement in it that is not over yet.
#[derive(Default)]
struct Level {
    elements: Vec<Element>,
    statement: Option<Statement>,
}

/// Reads one file.
pub struct Reader<'a> {
    file: FileId,
    text: &'a str,
    lexer: Lexer<'a, Lexeme>,
    /// What is open, the file itself first.
    levels: Vec<Level>,
    /// The innermost of them.
    level: Level,
    /// How many stray `{` wait for a `}`: one mistake is reported once.
    strays_open: usize,
    /// The last lexeme was a comma, or a comment after one: the statement goes on.
    carries_on: bool,
    /// What was found so far.
    pub mistakes: Mistakes,
}

/// Blocks are nested deeper than allowed, with this byte.
pub struct TooDeep(pub usize);

impl<'a> Reader<'a> {
    /// Reads `text` from byte `start` on.
    pub fn new(file: FileId, text: &'a str, start: usize, mistakes: Mistakes) -> Self {
        let mut lexer = Lexeme::lexer(text);
        lexer.bump(start);
        Self {
            file,
            text,
            lexer,
            levels: Vec::new(),
            level: Level::default(),
            strays_open: 0,
            carries_on: false,
            mistakes,
        }
    }

    /// Reads all of it. Stops where blocks nest deeper than `max_depth`.
    pub fn read(&mut self, max_depth: usize) -> Result<Vec<Element>, TooDeep> {
        while let Some(lexeme) = self.lexer.next() {
            // There is a pattern for every sign, so nothing is left over.
            let lexeme = lexeme.unwrap_or(Lexeme::Value(TokenKind::Unknown));
            let span = self.span();
            match lexeme {
                Lexeme::Newline if self.carries_on => self.carry_on(TokenKind::Newline, span),
                Lexeme::Comment | Lexeme::Doc if self.carries_on => {
                    self.carry_on(TokenKind::Comment, span);
                }
                Lexeme::Newline => self.element(Element::Newline(span)),
                Lexeme::Comment => self.element(Element::Comment(span)),
                Lexeme::Doc => self.element(Element::Doc(span)),
                Lexeme::Separator => self.element(Element::Separator(span)),
                Lexeme::Value(kind) => self.value(kind, span),
                Lexeme::Comma if self.level.statement.is_some() => {
                    self.value(TokenKind::Comma, span);
                    self.carries_on = true;
                }
                Lexeme::Comma => self.stray(span),
                Lexeme::Open if self.levels.len() + self.strays_open == max_depth => {
                    return Err(TooDeep(self.lexer.span().start));
                }
                Lexeme::Open if self.level.statement.is_some() => self.open(span),
                Lexeme::Open => self.stray(span),
                Lexeme::Close => self.close(span),
            }
        }
        let end = small(self.text.len());
        while !self.levels.is_empty() {
            self.end_statement(end);
            self.end_block(None, end);
        }
        self.end_statement(end);
        Ok(std::mem::take(&mut self.level.elements))
    }

    /// Where the last lexeme is.
    fn span(&self) -> Span {
        let range = self.lexer.span();
        Span::new(self.file, small(range.start), small(range.end))
    }

    fn words(&self) -> &'a str {
        self.lexer.slice()
    }

    fn element(&mut self, element: Element) {
        self.end_statement(element.span().start);
        self.level.elements.push(element);
    }

    /// What stands behind a comma, before the next value.
    fn carry_on(&mut self, kind: TokenKind, span: Span) {
        if let Some(statement) = &mut self.level.statement {
            statement.tokens.push(Token { kind, span });
        }
    }

    fn value(&mut self, kind: TokenKind, span: Span) {
        self.carries_on = false;
        let words = self.words();
        match kind {
            TokenKind::OpenText => self
                .mistakes
                .add_with(mistakes::OPEN_TEXT, || mistakes::open_text(span)),
            TokenKind::Unknown => self
                .mistakes
                .add_with(mistakes::UNEXPECTED, || mistakes::unknown(span, words)),
            _ => {}
        }
        let statement = self.level.statement.get_or_insert_with(|| Statement {
            span,
            tokens: Vec::with_capacity(8),
            block: None,
        });
        statement.span.end = span.end;
        statement.tokens.push(Token { kind, span });
    }

    fn stray(&mut self, span: Span) {
        let words = self.words();
        self.strays_open += usize::from(words == "{");
        self.mistakes
            .add_with(mistakes::STRAY, || mistakes::stray(span, words));
        self.element(Element::Stray(span));
    }

    fn open(&mut self, open: Span) {
        self.carries_on = false;
        if let Some(statement) = &mut self.level.statement {
            statement.block = Some(Block {
                open,
                elements: Vec::new(),
                close: None,
            });
        }
        self.levels.push(std::mem::take(&mut self.level));
    }

    fn close(&mut self, span: Span) {
        self.end_statement(span.start);
        if !self.levels.is_empty() {
            self.end_block(Some(span), span.end);
            return;
        }
        if self.strays_open > 0 {
            self.strays_open -= 1;
        } else {
            self.mistakes
                .add_with(mistakes::STRAY_CLOSE, || mistakes::stray_close(span));
        }
        self.level.elements.push(Element::Stray(span));
    }

    /// The block that is being read is over, and with it its statement.
    fn end_block(&mut self, close: Option<Span>, end: u32) {
        let inside = std::mem::take(&mut self.level);
        self.level = self.levels.pop().unwrap_or_default();
        let Some(statement) = &mut self.level.statement else {
            return;
        };
        statement.span.end = end;
        if let Some(block) = &mut statement.block {
            block.elements = inside.elements;
            block.elements.shrink_to_fit();
            block.close = close;
            if close.is_none() {
                let text = self.text;
                self.mistakes.add_with(mistakes::UNCLOSED, || {
                    mistakes::unclosed(block.open, suspect(block, text))
                });
            }
        }
        self.end_statement(end);
    }

    /// The statement that is being read, if any, is over. One that ends in a comma goes up to `next`, where
    /// something else begins.
    fn end_statement(&mut self, next: u32) {
        let Some(mut statement) = self.level.statement.take() else {
            return;
        };
        if std::mem::take(&mut self.carries_on) {
            statement.span.end = next;
        }
        let last = statement.values().last();
        if let Some(comma) = last.filter(|token| token.kind == TokenKind::Comma) {
            self.mistakes
                .add_with(mistakes::STRAY, || mistakes::last_comma(comma.span));
        }
        statement.tokens.shrink_to_fit();
        self.level
            .elements
            .push(Element::Statement(Box::new(statement)));
    }
}

/// What most likely stands behind the end that a block was meant to have. People indent: it is the first
/// statement inside that begins at the left margin.
fn suspect(block: &Block, text: &str) -> Option<Span> {
    let at_margin = |span: Span| {
        text.get(..span.start as usize)
            .is_some_and(|before| before.ends_with(['\n', '\r']))
    };
    let mut inside = block.statements().map(|(_, statement)| statement);
    inside
        .find(|statement| at_margin(statement.span))
        .map(Statement::head)
}
