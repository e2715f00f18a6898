//! Where text is, and what is said about it.
//!
//! The lowest crate of the house: every other one points at source text with a [`Span`] and speaks
//! to people with a [`Diagnostic`]. It knows nothing of policies and prints nothing: rendering is
//! the business of `thrice-report`.

mod code;
mod diagnostic;
mod source;
mod suggest;

pub use code::{Code, all_codes, explain, find_code};
pub use diagnostic::{Diagnostic, Diagnostics, Event, Label, Severity};
pub use source::{FileId, Line, SourceFile, SourceMap, Span};
pub use suggest::{nearest, one_of};
