//! From the pairs that pest recognised to the elements of a tree.

use pest::iterators::{Pairs, Tokens};
use thrice_diagnostics::Span;

use crate::mistakes::{self, small};
use crate::parse::Mistakes;
use crate::parse::rules::Rule;
use crate::tree::{Block, Element, Statement, Token, TokenKind};

/// What pest says, in the order of the text: a rule begins, or the one begun last is over.
enum Event {
    Begins(Rule, u32),
    Over(u32),
}

/// Reads one part of a file.
pub struct Reader<'a> {
    /// The part that is being read; pest counts from its start.
    all: Span,
    text: &'a str,
    events: Tokens<'a, Rule>,
    /// How many stray `{` wait for a `}`: one mistake is reported once.
    strays_open: usize,
    /// What was found so far.
    pub mistakes: Mistakes,
}

impl<'a> Reader<'a> {
    /// Reads `pairs`, which hold the rule `file` for the bytes `all` of `text`.
    pub fn new(all: Span, text: &'a str, pairs: Pairs<'a, Rule>, mistakes: Mistakes) -> Self {
        let mut events = pairs.tokens();
        let _file_begins = events.next();
        Self {
            all,
            text,
            events,
            strays_open: 0,
            mistakes,
        }
    }

    fn next(&mut self) -> Event {
        match self.events.next() {
            Some(pest::Token::Start { rule, pos }) => {
                Event::Begins(rule, self.all.start + small(pos.pos()))
            }
            Some(pest::Token::End { pos, .. }) => Event::Over(self.all.start + small(pos.pos())),
            None => Event::Over(self.all.end),
        }
    }

    /// The span of a rule that began at `start` and holds no others.
    fn leaf(&mut self, start: u32) -> Span {
        loop {
            if let Event::Over(end) = self.next() {
                return Span {
                    start,
                    end,
                    ..self.all
                };
            }
        }
    }

    fn words(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Reads what stands in a file or block; returns the brace that closes a block.
    pub fn elements(&mut self, out: &mut Vec<Element>) -> Option<Span> {
        let mut close = None;
        loop {
            let (rule, start) = match self.next() {
                Event::Begins(rule, start) => (rule, start),
                Event::Over(_) => return close,
            };
            if rule == Rule::statement {
                out.push(Element::Statement(Box::new(self.statement(start))));
                continue;
            }
            let span = self.leaf(start);
            out.push(match rule {
                Rule::newline => Element::Newline(span),
                Rule::separator => Element::Separator(span),
                Rule::comment => Element::Comment(span),
                Rule::doc => Element::Doc(span),
                Rule::EOI => continue,
                Rule::close => {
                    close = Some(span);
                    continue;
                }
                _ => self.stray(rule, span),
            });
        }
    }

    fn stray(&mut self, rule: Rule, span: Span) -> Element {
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
        Element::Stray(span)
    }

    fn statement(&mut self, start: u32) -> Statement {
        let mut tokens = Vec::with_capacity(8);
        let mut block = None;
        let end = loop {
            let (rule, start) = match self.next() {
                Event::Begins(rule, start) => (rule, start),
                Event::Over(end) => break end,
            };
            match rule {
                Rule::block => block = Some(self.block(start)),
                Rule::continuation => self.continuation(start, &mut tokens),
                _ => {
                    let span = self.leaf(start);
                    tokens.push(self.token(rule, span));
                }
            }
        };
        tokens.shrink_to_fit();
        let statement = Statement {
            span: Span {
                start,
                end,
                ..self.all
            },
            tokens,
            block,
        };
        if let Some(last) = statement
            .values()
            .last()
            .filter(|t| t.kind == TokenKind::Comma)
        {
            let comma = last.span;
            self.mistakes
                .add_with(mistakes::STRAY, || mistakes::last_comma(comma));
        }
        statement
    }

    /// Reads a comma and what carries the statement on.
    fn continuation(&mut self, start: u32, tokens: &mut Vec<Token>) {
        tokens.push(Token {
            kind: TokenKind::Comma,
            span: Span {
                start,
                end: start + 1,
                ..self.all
            },
        });
        while let Event::Begins(rule, start) = self.next() {
            let kind = if rule == Rule::newline {
                TokenKind::Newline
            } else {
                TokenKind::Comment
            };
            let span = self.leaf(start);
            tokens.push(Token { kind, span });
        }
    }

    fn token(&mut self, rule: Rule, span: Span) -> Token {
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
            _ => {
                let words = self.words(span);
                self.mistakes
                    .add_with(mistakes::UNEXPECTED, || mistakes::unknown(span, words));
                TokenKind::Unknown
            }
        };
        Token { kind, span }
    }

    fn block(&mut self, start: u32) -> Block {
        let open = Span {
            start,
            end: start + 1,
            ..self.all
        };
        let mut elements = Vec::new();
        let close = self.elements(&mut elements);
        if close.is_none() {
            let text = self.text;
            self.mistakes.add_with(mistakes::UNCLOSED, || {
                mistakes::unclosed(open, &elements, text)
            });
        }
        elements.shrink_to_fit();
        Block {
            open,
            elements,
            close,
        }
    }
}
