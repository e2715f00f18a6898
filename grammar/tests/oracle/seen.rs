//! A tree written down flat, so that trees of different make can be compared.

use thrice_diagnostics::{Diagnostic, FileId, Span};
use thrice_grammar::{Element, Elements, TokenKind};

/// A piece of a tree, in the order of the text. Line ends are left out: they are blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// What stands between statements.
    Element(&'static str, Span),
    /// A statement begins: its tokens follow, then perhaps a block.
    Statement(Span),
    /// A word, value or comment of a statement.
    Token(TokenKind, Span),
    /// A block of the statement begun last, with its brace.
    Block(Span),
    /// The block begun last, and its statement, are over; the brace, if it is there.
    BlockOver(Option<Span>),
}

/// What this crate's parser says about a text.
pub fn parse(file: FileId, text: &str) -> (Vec<Seen>, Vec<Diagnostic>) {
    let (tree, mistakes) = thrice_grammar::parse(file, text);
    let mut out = Vec::new();
    elements(tree.elements(), &mut out);
    (out, mistakes)
}

fn elements(all: Elements<'_>, out: &mut Vec<Seen>) {
    for element in all {
        match element {
            Element::Separator(span) => out.push(Seen::Element("separator", span)),
            Element::Comment(span) => out.push(Seen::Element("comment", span)),
            Element::Doc(span) => out.push(Seen::Element("doc", span)),
            Element::Stray(span) => out.push(Seen::Element("stray", span)),
            Element::Statement(statement) => {
                out.push(Seen::Statement(statement.span()));
                let tokens = statement.tokens();
                out.extend(tokens.map(|t| Seen::Token(t.kind, t.span)));
                if let Some(block) = statement.block() {
                    out.push(Seen::Block(block.open()));
                    elements(block.elements(), out);
                    out.push(Seen::BlockOver(block.close()));
                }
            }
        }
    }
}
