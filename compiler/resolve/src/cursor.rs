//! Typed reading of a statement's words and values, from left to right.
//!
//! A reading function returns `None` when what stands there is not what it reads; by then the
//! mistake has been reported. Once the structure of a statement is lost, the cursor reports
//! nothing more about it: one mistake, one message. More `impl Cursor` blocks, one for each sort
//! of value, are in `values/`.

use thrice_diagnostics::{Code, Diagnostic, Severity, Span, nearest};
use thrice_grammar::{Block, Statement, Token, TokenKind, Values};

use crate::codes::{LEFT_OVER, MISSING, WRONG_VALUE};
use crate::context::Context;

/// A place in a statement.
pub struct Cursor<'a> {
    /// What every reader needs.
    pub cx: &'a Context<'a>,
    statement: Statement<'a>,
    /// All of the file it stands in.
    file: &'a str,
    /// The next of its words and values, which is looked at more often than taken.
    next: Option<Token>,
    /// The text of that one; empty at the end.
    text: &'a str,
    /// What is left behind it.
    rest: Values<'a>,
    last: Span,
    block_taken: bool,
    /// A mistake has been reported; what is left over may be its consequence.
    troubled: bool,
    /// The rest cannot be read.
    lost: bool,
}

impl<'a> Cursor<'a> {
    /// The beginning of a statement, at its keyword.
    #[must_use]
    pub fn new(cx: &'a Context<'a>, statement: Statement<'a>) -> Self {
        let mut rest = statement.values();
        let next = rest.next();
        let start = next.map_or_else(|| statement.head(), |first| first.span);
        let file = cx.file(start.file);
        Self {
            cx,
            statement,
            file,
            next,
            text: words(file, next),
            rest,
            last: Span {
                end: start.start,
                ..start
            },
            block_taken: false,
            troubled: false,
            lost: false,
        }
    }

    /// The next token that means something, if any is left.
    #[must_use]
    pub fn peek(&self) -> Option<Token> {
        self.next
    }

    /// The token after the next.
    #[must_use]
    pub fn peek_second(&self) -> Option<Token> {
        self.rest.clone().next()
    }

    /// The text of the next token; empty at the end.
    #[must_use]
    pub fn peek_text(&self) -> &'a str {
        self.text
    }

    /// The sort of the next token.
    #[must_use]
    pub fn peek_kind(&self) -> Option<TokenKind> {
        self.next.map(|token| token.kind)
    }

    /// Whether nothing is left before the block.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.next.is_none()
    }

    /// Takes the next token, whatever it is.
    #[inline]
    pub fn advance(&mut self) -> Option<Token> {
        let token = self.next?;
        self.go_on(token.span);
        Some(token)
    }

    /// Behind the next token, which is here.
    fn go_on(&mut self, here: Span) {
        self.last = here;
        self.next = self.rest.next();
        self.text = words(self.file, self.next);
    }

    fn advance_by(&mut self, tokens: usize) {
        for _ in 0..tokens {
            self.advance();
        }
    }

    /// From the start of the statement to the end of its head.
    #[must_use]
    pub fn head(&self) -> Span {
        self.statement.head()
    }

    /// The span of what was taken last.
    #[must_use]
    pub fn last(&self) -> Span {
        self.last
    }

    /// From `start` to what was taken last.
    #[must_use]
    pub fn since(&self, start: Span) -> Span {
        start.to(self.last)
    }

    /// Where the next token stands, or where one should.
    #[must_use]
    pub fn here(&self) -> Span {
        self.peek().map_or(self.last, |token| token.span)
    }

    /// Whether a mistake has made the rest of the statement unreadable.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    // --- fixed words -------------------------------------------------------------------------

    /// Whether the next tokens are these words, separated by blanks in `words`.
    #[inline]
    #[must_use]
    pub fn starts_with(&self, words: &str) -> bool {
        self.fitting(words).is_some()
    }

    /// Takes these words if they are next. For one word as for several: `take_words("on demand")`.
    pub fn take_words(&mut self, words: &str) -> bool {
        let fitting = self.fitting(words);
        self.advance_by(fitting.unwrap_or(0));
        fitting.is_some()
    }

    /// How many tokens these words are, if they are next. Most words are not, and their first letters tell.
    #[inline]
    fn fitting(&self, words: &str) -> Option<usize> {
        if words.as_bytes().first() == self.text.as_bytes().first() {
            self.all_fitting(words)
        } else {
            None
        }
    }

    fn all_fitting(&self, words: &str) -> Option<usize> {
        let behind = words.strip_prefix(self.text)?;
        if behind.is_empty() {
            return Some(1);
        }
        let mut tokens = self.rest.clone();
        let mut count = 1;
        for word in behind.strip_prefix(' ')?.split(' ') {
            tokens
                .next()
                .filter(|token| words_of(self.file, token.span) == word)?;
            count += 1;
        }
        Some(count)
    }

    /// Takes an operator such as `..` or `=` if it is next.
    pub fn take_operator(&mut self, sign: &str) -> bool {
        self.peek_kind() == Some(TokenKind::Operator) && self.take_words(sign)
    }

    /// Takes a comma if it is next.
    pub fn take_comma(&mut self) -> bool {
        let found = self.peek_kind() == Some(TokenKind::Comma);
        if found {
            self.advance();
        }
        found
    }

    /// Takes a word or sign that must be there; `form` shows how it goes on: `at PROVIDER/SITE`.
    pub fn expect(&mut self, word: &str, form: &str) -> Option<Span> {
        if self.take_words(word) {
            return Some(self.last);
        }
        self.wrong(&format!("`{word}`"), &format!("write `{form}`"))
    }

    // --- mistakes ----------------------------------------------------------------------------

    /// Reports a mistake after which the rest of the statement cannot be read.
    pub fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        if !self.lost {
            self.cx.report(diagnostic);
        }
        self.lost = true;
        None
    }

    /// Gives the statement up without a message: its mistake has been reported elsewhere.
    pub fn give_up(&mut self) {
        self.lost = true;
    }

    /// Reports a mistake after which the statement can be read on. Quiet if it is lost already.
    pub fn complain(&mut self, diagnostic: Diagnostic) {
        self.troubled |= diagnostic.severity == Severity::Error;
        if !self.lost {
            self.cx.report(diagnostic);
        }
    }

    /// Reports an error about `span`, after which the statement can be read on.
    pub fn error<T>(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        label: &str,
        help: impl Into<String>,
    ) -> Option<T> {
        self.complain(Diagnostic::error(code, message).at(span, label).help(help));
        None
    }

    /// Reports that the next token is not `what` (with its article: "a size"), or that nothing is
    /// left. What the grammar has reported already is not reported again.
    pub fn wrong<T>(&mut self, what: &str, help: &str) -> Option<T> {
        let keyword = self
            .statement
            .values()
            .next()
            .map_or("", |t| self.cx.text(t.span));
        let Some(token) = self.peek() else {
            let label = format!("{what} should follow");
            let place = if self.last.start == self.last.end {
                self.head()
            } else {
                self.last
            };
            let found = Diagnostic::error(
                MISSING,
                format!("`{keyword}` ends where {what} is expected"),
            )
            .at(place, label);
            return self.fail(with_help(found, help));
        };
        if matches!(token.kind, TokenKind::Unknown | TokenKind::OpenText) {
            self.lost = true;
            return None;
        }
        let text = shown(self.cx.text(token.span));
        let found = Diagnostic::error(WRONG_VALUE, format!("{what} is expected, not `{text}`"))
            .at(token.span, format!("not {what}"));
        self.fail(with_help(found, help))
    }

    /// Reports the next word, which is none of `words`; `what` says what they are: "a medium".
    pub fn wrong_word<T>(&mut self, what: &str, words: &[&str]) -> Option<T> {
        let near = nearest(self.peek_text(), words.iter().copied());
        let help = if near.is_empty() {
            format!(
                "write {}",
                thrice_diagnostics::one_of(words.iter().copied())
            )
        } else {
            format!("did you mean {}?", thrice_diagnostics::one_of(near))
        };
        self.wrong(what, &help)
    }

    /// Reports what is left (words or a block) after a statement that is complete without it.
    /// Every reader ends with this. After another mistake it says nothing, for what is left may be
    /// a consequence.
    pub fn end(&mut self) {
        if self.lost || self.troubled {
            return;
        }
        if let Some(token) = self.peek() {
            if matches!(token.kind, TokenKind::Unknown | TokenKind::OpenText) {
                return;
            }
            let rest = token.span.to(self.head());
            let rest = Span::new(rest.file, token.span.start, rest.end);
            let found = Diagnostic::error(LEFT_OVER, "the statement is complete before this")
                .at(rest, "not expected here")
                .help("take it away, or begin a new statement on its own line or after `;`");
            self.fail::<()>(found);
        } else if let (Some(block), false) = (self.statement.block(), self.block_taken) {
            let found = Diagnostic::error(LEFT_OVER, "this takes no block")
                .at(block.open(), "not expected here")
                .help("take the block away; what it says may belong one level up");
            self.fail::<()>(found);
        }
    }

    // --- structure ---------------------------------------------------------------------------

    /// The block of the statement, if it has one. Whoever takes it reads it.
    pub fn block(&mut self) -> Option<Block<'a>> {
        self.block_taken = true;
        self.statement.block()
    }

    /// Reads a list with commas: what could be read of it. Always reads at least one.
    pub fn list<T>(&mut self, read: impl FnMut(&mut Self) -> Option<T>) -> Vec<T> {
        self.list_as(read)
    }

    /// [`Self::list`] as a collection of another sort.
    pub fn list_as<T, L: Default + Extend<T>>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> L {
        let mut out = L::default();
        loop {
            out.extend(read(self));
            if self.lost || !self.take_comma() {
                return out;
            }
        }
    }

    /// Reads one of a table of words: `("nvme", Medium::Nvme)`. `what` says what they are.
    pub fn choice<T: Copy>(&mut self, what: &str, table: &[(&str, T)]) -> Option<(T, Span)> {
        let start = self.here();
        // The longest: `read` must not hide `read only`.
        let fitting = table
            .iter()
            .filter_map(|row| Some((row, self.fitting(row.0)?)));
        if let Some(((_, value), tokens)) = fitting.max_by_key(|((word, _), _)| word.len()) {
            self.advance_by(tokens);
            return Some((*value, self.since(start)));
        }
        let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
        self.wrong_word(what, &words)
    }
}

/// The words of a span in the text of its file.
#[inline]
fn words_of(file: &str, span: Span) -> &str {
    file.get(span.start as usize..span.end as usize)
        .unwrap_or("")
}

/// The words of a token; none at the end.
#[inline]
fn words(file: &str, token: Option<Token>) -> &str {
    token.map_or("", |token| words_of(file, token.span))
}

fn with_help(diagnostic: Diagnostic, help: &str) -> Diagnostic {
    if help.is_empty() {
        diagnostic
    } else {
        diagnostic.help(help)
    }
}

/// A token as messages show it: short.
pub fn shown(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(39).collect();
    short.push('…');
    short
}
