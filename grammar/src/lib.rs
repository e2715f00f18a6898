//! The language as text: grammar, lossless syntax tree, formatter.
//!
//! What goes in: the text of one file. What comes out: a [`Tree`] that holds every byte of it, with
//! a span on every node, and the mistakes found on the way. Parsing never fails: it yields a tree
//! and a list of [`thrice_diagnostics::Diagnostic`].

mod format;
mod lexer;
mod mistakes;
mod parse;
mod pieces;
mod reader;
mod tree;

pub use format::format;
pub use parse::{MAX_DEPTH, parse};
pub use tree::{Block, Element, Elements, Statement, Statements, Token, TokenKind, Tree, Values};

/// The version of the language that this grammar and its reference describe.
pub const LANGUAGE_VERSION: u32 = 1;
