//! Text to tree. Never fails: mistakes are reported beside the tree.

use pest::Parser as _;
use pest::iterators::Pair;
use thrice_diagnostics::{Diagnostic, FileId, Span};

use crate::mistakes::{self, small};
use crate::scan::scan;
use crate::tree::{Block, Element, Statement, Token, TokenKind, Tree};

mod rules {
    #[derive(pest_derive::Parser)]
    #[grammar = "thrice.pest"]
    pub struct Rules;
}
use rules::{Rule, Rules};

/// Blocks may stand inside each other this deep. Policies use two levels; the bound keeps the
/// recursive parser from overflowing its stack on nonsense.
pub const MAX_DEPTH: usize = 32;

/// How many mistakes of one kind are shown for one file; nonsense would otherwise flood.
const SHOWN: usize = 20;

const MARK: &str = "\u{FEFF}";

/// Parses one file into a tree that holds all of it, and says what is wrong with its form.
///
/// Takes time and memory in proportion to the text, whatever it holds.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let mut reader = Reader { file, text, base: 0, mistakes: Vec::new() };
    reader.mistakes.extend(mistakes::line_ends(file, text));
    let scan = scan(text, MAX_DEPTH);
    if let Some(at) = scan.too_deep {
        reader.mistakes.push(mistakes::too_deep(file, at, MAX_DEPTH));
        let all = Span::new(file, 0, small(text.len()));
        return (Tree { file, elements: vec![Element::Stray(all)] }, reader.mistakes);
    }
    let mut elements = Vec::new();
    for mut part in scan.parts {
        if part.start == 0 && text.starts_with(MARK) {
            elements.push(Element::Trivia(Span::new(file, 0, small(MARK.len()))));
            part.start = MARK.len();
        }
        reader.part(part.start, text.get(part).unwrap_or(""), &mut elements);
    }
    (Tree { file, elements }, reader.mistakes)
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    /// Where the part that is being read begins.
    base: usize,
    mistakes: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn part(&mut self, base: usize, part: &str, out: &mut Vec<Element>) {
        self.base = base;
        let parsed = Rules::parse(Rule::file, part);
        if let Some(pair) = parsed.ok().and_then(|mut pairs| pairs.next()) {
            self.elements(pair, out);
        } else {
            let all = Span::new(self.file, small(base), small(base + part.len()));
            self.report(mistakes::unreadable(all));
            out.push(Element::Stray(all));
        }
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.file, small(self.base + span.start()), small(self.base + span.end()))
    }

    fn report(&mut self, mistake: Diagnostic) {
        if self.mistakes.iter().filter(|m| m.code == mistake.code).count() < SHOWN {
            self.mistakes.push(mistake);
        }
    }

    /// Reads what stands in a file or block; returns the brace that closes the block.
    fn elements(&mut self, parent: Pair<'_, Rule>, out: &mut Vec<Element>) -> Option<Span> {
        let whole = self.span(&parent);
        let is_block = parent.as_rule() == Rule::block;
        let mut gap = Gap(if is_block { whole.start + 1 } else { whole.start });
        for pair in parent.into_inner() {
            let span = self.span(&pair);
            out.extend(gap.before(span).map(Element::Trivia));
            out.push(match pair.as_rule() {
                Rule::newline => Element::Newline(span),
                Rule::statement => Element::Statement(self.statement(pair)),
                Rule::separator => Element::Separator(span),
                Rule::comment => Element::Comment(span),
                Rule::doc => Element::Doc(span),
                Rule::close => return Some(span),
                Rule::EOI => return None,
                rule => {
                    self.report(if rule == Rule::stray_close {
                        mistakes::stray_close(span)
                    } else {
                        mistakes::stray(span, pair.as_str())
                    });
                    Element::Stray(span)
                }
            });
        }
        out.extend(gap.before(Span { start: whole.end, ..whole }).map(Element::Trivia));
        None
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Statement {
        let span = self.span(&pair);
        let mut statement = Statement { span, tokens: Vec::new(), block: None };
        let mut gap = Gap(span.start);
        for inner in pair.into_inner() {
            let blanks = gap.before(self.span(&inner));
            statement.tokens.extend(blanks.map(|span| Token { kind: TokenKind::Space, span }));
            match inner.as_rule() {
                Rule::block => statement.block = Some(self.block(inner)),
                Rule::continuation => self.continuation(inner, &mut statement.tokens),
                _ => {
                    let token = self.token(&inner);
                    statement.tokens.push(token);
                }
            }
        }
        if let Some(last) = statement.values().last().filter(|t| t.kind == TokenKind::Comma) {
            self.report(mistakes::last_comma(last.span));
        }
        statement.tokens.shrink_to_fit();
        statement
    }

    fn continuation(&mut self, pair: Pair<'_, Rule>, tokens: &mut Vec<Token>) {
        let whole = self.span(&pair);
        let comma = Span { end: whole.start + 1, ..whole };
        tokens.push(Token { kind: TokenKind::Comma, span: comma });
        let mut gap = Gap(comma.end);
        for inner in pair.into_inner() {
            let span = self.span(&inner);
            tokens.extend(gap.before(span).map(|span| Token { kind: TokenKind::Space, span }));
            let is_newline = inner.as_rule() == Rule::newline;
            let kind = if is_newline { TokenKind::Newline } else { TokenKind::Comment };
            tokens.push(Token { kind, span });
        }
        let rest = gap.before(Span { start: whole.end, ..whole });
        tokens.extend(rest.map(|span| Token { kind: TokenKind::Space, span }));
    }

    fn token(&mut self, pair: &Pair<'_, Rule>) -> Token {
        let span = self.span(pair);
        let kind = match pair.as_rule() {
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
                self.report(mistakes::open_text(span));
                TokenKind::OpenText
            }
            _ => {
                self.report(mistakes::unknown(span, pair.as_str()));
                TokenKind::Unknown
            }
        };
        Token { kind, span }
    }

    fn block(&mut self, pair: Pair<'_, Rule>) -> Block {
        let start = self.span(&pair).start;
        let open = Span::new(self.file, start, start + 1);
        let mut elements = Vec::new();
        let close = self.elements(pair, &mut elements);
        if close.is_none() {
            self.report(mistakes::unclosed(open, &elements, self.text));
        }
        elements.shrink_to_fit();
        Block { open, elements, close }
    }
}

/// Finds the blanks between one pair and the next: the grammar leaves no pair for them.
struct Gap(u32);

impl Gap {
    /// The blanks before `next`, if any; goes on after it.
    fn before(&mut self, next: Span) -> Option<Span> {
        let blanks = Span { start: self.0, end: next.start, ..next };
        self.0 = next.end;
        (blanks.start < blanks.end).then_some(blanks)
    }
}
