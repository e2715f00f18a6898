//! The one style.
//!
//! The formatter only decides about blanks, line ends and `;`: it writes every word, value and
//! comment of the tree, in order, and none of its own. This file decides about lines;
//! [`spacing`] about the blanks between words.

use thrice_diagnostics::Span;

use crate::tree::{Block, Element, Statement, Token, TokenKind, Tree};

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
    if !tree.elements.iter().all(is_sound) {
        return None;
    }
    let mut writer = Writer {
        text,
        out: String::with_capacity(text.len()),
    };
    writer.elements(&tree.elements, 0);
    Some(writer.out)
}

fn is_sound(element: &Element) -> bool {
    let Element::Statement(statement) = element else {
        return !matches!(element, Element::Stray(_));
    };
    let unknown = |t: &Token| matches!(t.kind, TokenKind::Unknown | TokenKind::OpenText);
    let ends_in_comma = statement
        .values()
        .last()
        .is_none_or(|t| t.kind == TokenKind::Comma);
    let block_is_sound = statement
        .block
        .as_ref()
        .is_none_or(|block| block.close.is_some() && block.elements.iter().all(is_sound));
    block_is_sound && !ends_in_comma && !statement.tokens.iter().any(unknown)
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

    /// Writes what stands in a file or block, each on lines of its own.
    fn elements(&mut self, elements: &[Element], indent: usize) {
        // Line ends since the last thing written; `None` before the first.
        let mut line_ends: Option<usize> = None;
        let mut after_doc = false;
        for element in elements {
            match element {
                Element::Separator(_) | Element::Stray(_) => continue,
                Element::Newline(_) => {
                    line_ends = line_ends.map(|n| n + 1);
                    continue;
                }
                Element::Comment(span) if line_ends == Some(0) => {
                    self.out.pop();
                    self.trailing(*span);
                }
                Element::Comment(span) | Element::Doc(span) => {
                    self.begin(line_ends, after_doc, indent);
                    self.comment(*span);
                }
                Element::Statement(statement) => {
                    self.begin(line_ends, after_doc, indent);
                    self.statement(statement, indent);
                }
            }
            self.out.push('\n');
            line_ends = Some(0);
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

    fn statement(&mut self, statement: &Statement, indent: usize) {
        let pieces = self.pieces(statement);
        if let Some(line) = self.on_one_line(&pieces, statement.block.as_ref())
            && indent + width(&line) <= WIDTH
        {
            self.out.push_str(&line);
            return;
        }
        match &statement.block {
            None => self.head(&pieces, indent, ""),
            Some(block) if is_empty(block) => self.head(&pieces, indent, " {}"),
            Some(block) => {
                self.head(&pieces, indent, " {");
                self.block(block, indent);
            }
        }
    }

    /// The statement on one line, unless a comment or a block that the author broke forbids it.
    fn on_one_line(&self, pieces: &[Piece], block: Option<&Block>) -> Option<String> {
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
            end: block.close?.start,
            ..block.open
        };
        if self.words(inside).contains(['\n', '\r']) {
            return None;
        }
        let mut before = " { ";
        for (_, statement) in block.statements() {
            line.push_str(before);
            let pieces = self.pieces(statement);
            line.push_str(&self.on_one_line(&pieces, statement.block.as_ref())?);
            before = "; ";
        }
        line.push_str(" }");
        Some(line)
    }

    /// The inside of a block, a statement a line, and its end.
    fn block(&mut self, block: &Block, indent: usize) {
        let mut inside = block.elements.as_slice();
        if let [Element::Comment(span), rest @ ..] = inside {
            self.trailing(*span);
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
    fn pieces(&self, statement: &Statement) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for tokens in statement
            .tokens
            .split_inclusive(|t| t.kind == TokenKind::Comma)
        {
            let mut own_line = false;
            for token in tokens {
                match (token.kind, pieces.last_mut()) {
                    (TokenKind::Newline, _) => own_line = true,
                    (TokenKind::Comment, Some(piece)) => {
                        piece.comments.push((own_line, token.span))
                    }
                    _ => {}
                }
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
fn is_empty(block: &Block) -> bool {
    block
        .elements
        .iter()
        .all(|e| matches!(e, Element::Newline(_) | Element::Separator(_)))
}

/// Columns, counted in characters as everywhere in messages.
fn width(words: &str) -> usize {
    words.chars().count()
}
