//! A reader by the grammar itself: `thrice.pest`, run by pest.

use pest::Parser as _;
use pest::iterators::Tokens;
use thrice_diagnostics::{Diagnostic, FileId, Span};
use thrice_grammar::{MAX_DEPTH, TokenKind};

use crate::mistakes::{self, Mistakes, small};
use crate::seen::Seen;

mod rules {
    #[derive(pest_derive::Parser)]
    #[grammar = "thrice.pest"]
    pub struct Rules;
}
use rules::{Rule, Rules};

/// What the grammar says about a text, and the mistakes found on the way.
pub fn parse(file: FileId, text: &str) -> (Vec<Seen>, Vec<Diagnostic>) {
    let mut mistakes: Mistakes = mistakes::line_ends(file, text).collect();
    if let Some(at) = too_deep(text) {
        mistakes.add(mistakes::too_deep(file, at, MAX_DEPTH));
        let all = Span::new(file, 0, small(text.len()));
        return (vec![Seen::Element("stray", all)], mistakes.into());
    }
    let start = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let pairs = Rules::parse(Rule::file, &text[start..]).expect("the grammar is total");
    let mut reader = Reader {
        all: Span::new(file, small(start), small(text.len())),
        text,
        events: pairs.tokens(),
        strays_open: 0,
        seen: Vec::new(),
        mistakes,
    };
    let _file_begins = reader.events.next();
    reader.elements();
    (reader.seen, reader.mistakes.into())
}

/// Where blocks first nest deeper than allowed: pest would run out of stack. Braces are counted, the
/// stray ones too, but not those in texts and comments.
fn too_deep(text: &str) -> Option<usize> {
    let inside_line = |(_, byte): &(usize, u8)| !matches!(byte, b'\n' | b'\r');
    let mut depth = 0usize;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'/' if bytes.peek().is_some_and(|(_, next)| *next == b'/') => {
                while bytes.next_if(inside_line).is_some() {}
            }
            b'"' => {
                while let Some((_, byte)) = bytes.next_if(inside_line) {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next_if(inside_line)),
                        _ => {}
                    }
                }
            }
            b'{' if depth == MAX_DEPTH => return Some(at),
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// What pest says, in the order of the text: a rule begins, or the one begun last is over.
enum Event {
    Begins(Rule, u32),
    Over(u32),
}

/// The head of a statement: from its first word to its last.
type Head = Span;

struct Reader<'a> {
    /// What is read; pest counts from its start.
    all: Span,
    text: &'a str,
    events: Tokens<'a, Rule>,
    /// How many stray `{` wait for a `}`: one mistake is reported once.
    strays_open: usize,
    seen: Vec<Seen>,
    mistakes: Mistakes,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Event {
        match self.events.next() {
            Some(pest::Token::Start { rule, pos }) => {
                Event::Begins(rule, self.all.start + small(pos.pos()))
            }
            Some(pest::Token::End { pos, .. }) => Event::Over(self.all.start + small(pos.pos())),
            None => Event::Over(self.all.end),
        }
    }

    /// The span of a rule that began at `start` and holds no others, or none that matter.
    fn leaf(&mut self, start: u32) -> Span {
        loop {
            if let Event::Over(end) = self.next() {
                return Span::new(self.all.file, start, end);
            }
        }
    }

    fn words(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// Reads what stands in a file or block; returns the heads of its statements, and the brace that
    /// closes a block.
    fn elements(&mut self) -> (Vec<Head>, Option<Span>) {
        let (mut heads, mut close) = (Vec::new(), None);
        loop {
            let (rule, start) = match self.next() {
                Event::Begins(rule, start) => (rule, start),
                Event::Over(_) => return (heads, close),
            };
            if rule == Rule::statement {
                heads.push(self.statement(start));
                continue;
            }
            let span = self.leaf(start);
            match rule {
                Rule::newline | Rule::EOI => {}
                Rule::separator => self.seen.push(Seen::Element("separator", span)),
                Rule::comment => self.seen.push(Seen::Element("comment", span)),
                Rule::doc => self.seen.push(Seen::Element("doc", span)),
                Rule::close => close = Some(span),
                _ => self.stray(rule, span),
            }
        }
    }

    fn stray(&mut self, rule: Rule, span: Span) {
        let words = self.words(span);
        if rule != Rule::stray_close {
            self.strays_open += usize::from(words == "{");
            self.mistakes
                .add_with(mistakes::STRAY, || mistakes::stray(span, words));
        } else if self.strays_open > 0 {
            self.strays_open -= 1;
        } else {
            self.mistakes
                .add_with(mistakes::STRAY_CLOSE, || mistakes::stray_close(span));
        }
        self.seen.push(Seen::Element("stray", span));
    }

    fn statement(&mut self, start: u32) -> Head {
        let at = self.seen.len();
        self.seen.push(Seen::Statement(self.all));
        let mut last = (TokenKind::Unknown, self.all);
        let end = loop {
            let (rule, start) = match self.next() {
                Event::Begins(rule, start) => (rule, start),
                Event::Over(end) => break end,
            };
            match rule {
                Rule::block => self.block(start),
                Rule::continuation => last = (TokenKind::Comma, self.continuation(start)),
                _ => {
                    let span = self.leaf(start);
                    last = (self.token(rule, span), span);
                }
            }
        };
        self.seen[at] = Seen::Statement(Span::new(self.all.file, start, end));
        if last.0 == TokenKind::Comma {
            self.mistakes
                .add_with(mistakes::STRAY, || mistakes::last_comma(last.1));
        }
        Span::new(self.all.file, start, last.1.end)
    }

    /// Reads a comma and what carries the statement on.
    fn continuation(&mut self, start: u32) -> Span {
        let comma = Span::new(self.all.file, start, start + 1);
        self.seen.push(Seen::Token(TokenKind::Comma, comma));
        while let Event::Begins(rule, start) = self.next() {
            let span = self.leaf(start);
            if rule == Rule::comment {
                self.seen.push(Seen::Token(TokenKind::Comment, span));
            }
        }
        comma
    }

    fn token(&mut self, rule: Rule, span: Span) -> TokenKind {
        let kind = match rule {
            Rule::name => TokenKind::Name,
            Rule::text => TokenKind::Text,
            Rule::path => TokenKind::Path,
            Rule::date => TokenKind::Date,
            Rule::time => TokenKind::Time,
            Rule::version => TokenKind::Version,
            Rule::number => TokenKind::Number,
            Rule::percent => TokenKind::Percent,
            Rule::operator => TokenKind::Operator,
            Rule::open_text => {
                self.mistakes
                    .add_with(mistakes::OPEN_TEXT, || mistakes::open_text(span));
                TokenKind::OpenText
            }
            Rule::unknown => {
                let words = self.words(span);
                self.mistakes
                    .add_with(mistakes::UNEXPECTED, || mistakes::unknown(span, words));
                TokenKind::Unknown
            }
            other => unreachable!("{other:?} is no value"),
        };
        self.seen.push(Seen::Token(kind, span));
        kind
    }

    fn block(&mut self, start: u32) {
        let open = Span::new(self.all.file, start, start + 1);
        self.seen.push(Seen::Block(open));
        let (heads, close) = self.elements();
        self.seen.push(Seen::BlockOver(close));
        if close.is_none() {
            let text = self.text;
            let at_margin = |head: &Head| text[..head.start as usize].ends_with(['\n', '\r']);
            let suspect = heads.into_iter().find(at_margin);
            self.mistakes
                .add_with(mistakes::UNCLOSED, || mistakes::unclosed(open, suspect));
        }
    }
}
