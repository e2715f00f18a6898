//! Places as people and editors count them.

use thrice_diagnostics::{Line, SourceMap, Span};

/// A span with its file's name and the lines and columns at which it begins and ends.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The file's name as it is shown.
    pub file: &'a str,
    /// Where it begins, from 1.
    pub start: Line,
    /// One past its last character, from 1.
    pub end: Line,
}

/// Looks up a span; none for a file that the map does not have.
pub fn place<'a>(sources: &'a SourceMap, span: Span) -> Option<Place<'a>> {
    let file = sources.get(span.file)?;
    let last = u32::try_from(file.text.len()).unwrap_or(u32::MAX);
    let start = span.start.min(last);
    let end = span.end.clamp(start, last);
    Some(Place {
        file: &file.name,
        start: file.line(start),
        end: file.line(end),
    })
}

/// `file:line`, for one-line mentions.
pub fn short(sources: &SourceMap, span: Span) -> Option<String> {
    place(sources, span).map(|p| format!("{}:{}", p.file, p.start.line))
}
