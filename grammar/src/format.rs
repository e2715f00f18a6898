//! The one style.
//!
//! The formatter only decides about blanks, line ends and `;`: it writes every word, value and
//! comment of the tree, in order, and none of its own. This file decides about lines;
//! [`spacing`] about the blanks between words.

use thrice_diagnostics::Span;

use crate::tree::{Block, Element, Elements, Statement, Token, TokenKind, Tree};

mod spacing;
use spacing::joined;

/// Lines are not longer than this, in characters, where they can be broken; a comment that
/// stands behind something does not count.
const WIDTH: usize = 100;

/// One level of indentation, in blanks.
const INDENT: usize = 4;

/// The text of a tree in the one style, or nothing if the tree holds mistakes.
///
/// `text` is what `tree` was parsed from. A byte order mark and carriage returns are no obstacle:
/// they are taken away. Any other mistake of form (codes `T0101` to `T0106`) gives `None`: a file
/// that is not understood is better left as it is.
///
/// Formatting its own output changes nothing, and both texts mean the same.
#[must_use]
pub fn format(tree: &Tree, text: &str) -> Option<String> {
    if !is_sound(tree) {
        return None;
    }
    let mut writer = Writer {
        text,
        out: String::with_capacity(text.len()),
    };
    writer.elements(tree.elements(), 0);
    Some(writer.out)
}

fn is_sound(tree: &Tree) -> bool {
    let fits = |token: Token| match token.kind {
        TokenKind::Unknown | TokenKind::OpenText | TokenKind::Stray => false,
        TokenKind::Close => token.span.start < token.span.end,
        _ => true,
    };
    let ends_in_comma = |statement: Statement<'_>| {
        let last = statement.values().next_back();
        last.is_none_or(|token| token.kind == TokenKind::Comma)
    };
    tree.tokens().all(fits) && !tree.all_statements().any(ends_in_comma)
}

/// A stretch of a statement's head up to a comma, and the comments behind that comma.
struct Piece {
    words: String,
    /// Each with whether it has a line of its own.
    comments: Vec<(bool, Span)>,
}

struct Writer<'a> {
    text: &'a str,
    out: String,
}

impl<'a> Writer<'a> {
    fn words(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    fn comment(&mut self, span: Span) {
        self.out
            .push_str(self.words(span).trim_end_matches([' ', '\t']));
    }

    /// A comment behind what the line holds already.
    fn trailing(&mut self, comment: Span) {
        self.out.push_str("  ");
        self.comment(comment);
    }

    fn margin(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// How many lines end between two places.
    fn line_ends(&self, from: Span, to: Span) -> usize {
        let between = self.words(Span {
            start: from.end,
            end: to.start,
            ..from
        });
        let ends = |sign: &str| between.matches(sign).count();
        ends("\n") + ends("\r") - ends("\r\n")
    }

    /// Writes what stands in a file or block, each on lines of its own.
    fn elements(&mut self, elements: Elements<'_>, indent: usize) {
        let mut last: Option<Span> = None;
        let mut after_doc = false;
        for element in elements {
            let span = element.span();
            // Since the last thing written; `None` before the first.
            let line_ends = last.map(|last| self.line_ends(last, span));
            match element {
                Element::Separator(_) | Element::Stray(_) => continue,
                Element::Comment(span) if line_ends == Some(0) => {
                    self.out.pop();
                    self.trailing(span);
                }
                Element::Comment(span) | Element::Doc(span) => {
                    self.begin(line_ends, after_doc, indent);
                    self.comment(span);
                }
                Element::Statement(statement) => {
                    self.begin(line_ends, after_doc, indent);
                    self.statement(statement, indent);
                }
            }
            self.out.push('\n');
            last = Some(span);
            after_doc = matches!(element, Element::Doc(_));
        }
    }

    /// Begins a line; leaves one empty before it where the source has any, but not between
    /// documentation and what it belongs to.
    fn begin(&mut self, line_ends: Option<usize>, after_doc: bool, indent: usize) {
        if line_ends.is_some_and(|n| n > 1) && !after_doc {
            self.out.push('\n');
        }
        self.margin(indent);
    }

    fn statement(&mut self, statement: Statement<'_>, indent: usize) {
        let pieces = self.pieces(statement);
        let block = statement.block();
        if let Some(line) = self.on_one_line(&pieces, block)
            && indent + width(&line) <= WIDTH
        {
            self.out.push_str(&line);
            return;
        }
        match block {
            None => self.head(&pieces, indent, ""),
            Some(block) if is_empty(block) => self.head(&pieces, indent, " {}"),
            Some(block) => {
                self.head(&pieces, indent, " {");
                self.block(block, indent);
            }
        }
    }

    /// The statement on one line, unless a comment or a block that the author broke forbids it.
    fn on_one_line(&self, pieces: &[Piece], block: Option<Block<'_>>) -> Option<String> {
        let mut line = String::new();
        for piece in pieces {
            if !piece.comments.is_empty() {
                return None;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&piece.words);
        }
        let Some(block) = block else {
            return Some(line);
        };
        if is_empty(block) {
            line.push_str(" {}");
            return Some(line);
        }
        let inside = Span {
            end: block.close()?.start,
            ..block.open()
        };
        if self.words(inside).contains(['\n', '\r']) {
            return None;
        }
        let mut before = " { ";
        for statement in block.statements() {
            line.push_str(before);
            let pieces = self.pieces(statement);
            line.push_str(&self.on_one_line(&pieces, statement.block())?);
            before = "; ";
        }
        line.push_str(" }");
        Some(line)
    }

    /// The inside of a block, a statement a line, and its end.
    fn block(&mut self, block: Block<'_>, indent: usize) {
        let mut inside = block.elements();
        let mut rest = inside.clone();
        if let Some(Element::Comment(span)) = rest.next()
            && self.line_ends(block.open(), span) == 0
        {
            self.trailing(span);
            inside = rest;
        }
        self.out.push('\n');
        self.elements(inside, indent + INDENT);
        self.margin(indent);
        self.out.push('}');
    }

    /// A head that needs several lines: as much on each as fits, broken after commas.
    fn head(&mut self, pieces: &[Piece], indent: usize, opening: &str) {
        let mut column = indent;
        let mut must_break = false;
        for (at, piece) in pieces.iter().enumerate() {
            let is_last = at + 1 == pieces.len();
            let wide = width(&piece.words) + if is_last { opening.len() } else { 0 };
            if must_break || (at > 0 && column + 1 + wide > WIDTH) {
                self.out.push('\n');
                self.margin(indent + INDENT);
                column = indent + INDENT;
            } else if at > 0 {
                self.out.push(' ');
                column += 1;
            }
            self.out.push_str(&piece.words);
            column += wide;
            must_break = !piece.comments.is_empty();
            for (own_line, comment) in &piece.comments {
                if *own_line {
                    self.out.push('\n');
                    self.margin(indent + INDENT);
                    self.comment(*comment);
                } else {
                    self.trailing(*comment);
                }
            }
        }
        self.out.push_str(opening);
    }

    /// The head, cut after its commas.
    fn pieces(&self, statement: Statement<'_>) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let tokens: Vec<Token> = statement.tokens().collect();
        let mut before = statement.span();
        for tokens in tokens.split_inclusive(|t| t.kind == TokenKind::Comma) {
            let mut own_line = false;
            for token in tokens {
                if let (TokenKind::Comment, Some(piece)) = (token.kind, pieces.last_mut()) {
                    own_line |= self.line_ends(before, token.span) > 0;
                    piece.comments.push((own_line, token.span));
                }
                before = token.span;
            }
            pieces.push(Piece {
                words: joined(tokens, self.text),
                comments: Vec::new(),
            });
        }
        pieces
    }
}

/// Whether nothing is to be written between the braces.
fn is_empty(block: Block<'_>) -> bool {
    block
        .elements()
        .all(|element| matches!(element, Element::Separator(_)))
}

/// Columns, counted in characters as everywhere in messages.
fn width(words: &str) -> usize {
    words.chars().count()
}
