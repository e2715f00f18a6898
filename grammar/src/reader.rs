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

    /// Reads what stands in a file or block from `start` on; returns where that ends, and the
    /// brace that closes a block.
    pub fn elements(&mut self, start: u32, out: &mut Vec<Element>) -> (u32, Option<Span>) {
        let mut gap = Gap(start);
        let mut close = None;
        loop {
            let (rule, start) = match self.next() {
                Event::Begins(rule, start) => (rule, start),
                Event::Over(end) => {
                    out.extend(
                        gap.before(Span {
                            start: end,
                            end,
                            ..self.all
                        })
                        .map(Element::Trivia),
                    );
                    return (end, close);
                }
            };
            let here = Span {
                start,
                end: start,
                ..self.all
            };
            out.extend(gap.before(here).map(Element::Trivia));
            let element = if rule == Rule::statement {
                Element::Statement(Box::new(self.statement(start)))
            } else {
                let span = self.leaf(start);
                gap.0 = span.end;
                match rule {
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
                }
            };
            gap.0 = element.span().end;
            out.push(element);
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
        let mut gap = Gap(start);
        let end = loop {
            let (rule, start) = match self.next() {
                Event::Begins(rule, start) => (rule, start),
                Event::Over(end) => break end,
            };
            let here = Span {
                start,
                end: start,
                ..self.all
            };
            tokens.extend(gap.before(here).map(space));
            gap.0 = match rule {
                Rule::block => {
                    let (read, end) = self.block(start);
                    block = Some(read);
                    end
                }
                Rule::continuation => self.continuation(start, &mut tokens),
                _ => {
                    let span = self.leaf(start);
                    tokens.push(self.token(rule, span));
                    span.end
                }
            };
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

    /// Reads a comma and what carries the statement on; returns where that ends.
    fn continuation(&mut self, start: u32, tokens: &mut Vec<Token>) -> u32 {
        let comma = Span {
            start,
            end: start + 1,
            ..self.all
        };
        tokens.push(Token {
            kind: TokenKind::Comma,
            span: comma,
        });
        let mut gap = Gap(comma.end);
        loop {
            match self.next() {
                Event::Begins(rule, start) => {
                    let span = self.leaf(start);
                    tokens.extend(gap.before(span).map(space));
                    let is_newline = rule == Rule::newline;
                    let kind = if is_newline {
                        TokenKind::Newline
                    } else {
                        TokenKind::Comment
                    };
                    tokens.push(Token { kind, span });
                }
                Event::Over(end) => {
                    tokens.extend(
                        gap.before(Span {
                            start: end,
                            end,
                            ..self.all
                        })
                        .map(space),
                    );
                    return end;
                }
            }
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

    fn block(&mut self, start: u32) -> (Block, u32) {
        let open = Span {
            start,
            end: start + 1,
            ..self.all
        };
        let mut elements = Vec::new();
        let (end, close) = self.elements(open.end, &mut elements);
        if close.is_none() {
            let text = self.text;
            self.mistakes.add_with(mistakes::UNCLOSED, || {
                mistakes::unclosed(open, &elements, text)
            });
        }
        elements.shrink_to_fit();
        (
            Block {
                open,
                elements,
                close,
            },
            end,
        )
    }
}

fn space(span: Span) -> Token {
    Token {
        kind: TokenKind::Space,
        span,
    }
}

/// Finds the blanks between one pair and the next: the grammar leaves no pair for them.
struct Gap(u32);

impl Gap {
    /// The blanks before `next`, if any; goes on after it.
    fn before(&mut self, next: Span) -> Option<Span> {
        let blanks = Span {
            start: self.0,
            end: next.start,
            ..next
        };
        self.0 = next.end;
        (blanks.start < blanks.end).then_some(blanks)
    }
}
