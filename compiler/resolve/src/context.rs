//! What every reader needs: the texts, the names, and a place for messages.

use std::cell::RefCell;

use thrice_diagnostics::{Diagnostic, SourceMap, Span};

use crate::names::Names;

/// Shared by all readers of one run.
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
    /// All declared names.
    pub names: Names,
    reports: RefCell<Vec<Diagnostic>>,
}

impl<'a> Context<'a> {
    /// A context for texts whose names have been declared.
    #[must_use]
    pub fn new(sources: &'a SourceMap, names: Names) -> Self {
        Self {
            sources,
            names,
            reports: RefCell::default(),
        }
    }

    /// The words of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }

    /// Adds a message.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.reports.borrow_mut().push(diagnostic);
    }

    /// All messages so far, taken out.
    #[must_use]
    pub fn take_reports(&self) -> Vec<Diagnostic> {
        self.reports.take()
    }

    /// The lines of a `///` comment without their marks, joined by line feeds.
    #[must_use]
    pub fn doc(&self, lines: &[Span]) -> String {
        let line = |span: &Span| {
            let text = self.text(*span);
            let text = text.strip_prefix("///").unwrap_or(text);
            text.strip_prefix(' ').unwrap_or(text).trim_end()
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
