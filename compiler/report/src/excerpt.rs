//! The lines that a finding points at, cut to what a screen holds, as a source for miette.
//!
//! miette shows places in one source text; a finding may point into several files, some with lines
//! of megabytes. So each finding gets a small source of its own: blocks of a few lines out of any
//! file, laid one after the other in one address space, with the labels moved along.

use std::collections::BTreeMap;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use thrice_diagnostics::{FileId, Label, SourceFile, SourceMap};

use crate::text;

/// Lines of context above and below a place.
pub const CONTEXT: usize = 1;
/// A place that runs over more lines than this is shown by its first lines.
const TALLEST: usize = 6;
/// What stays visible to the left of a place in a line that is cut, in characters.
const LEAD: usize = 20;

/// A source for miette and the labels that fit it.
pub struct Excerpt {
    blocks: Vec<Block>,
    /// The labels, moved into this source.
    pub labels: Vec<LabeledSpan>,
    places: Vec<(SourceSpan, usize, usize)>,
}

struct Block {
    name: String,
    first_line: usize,
    base: usize,
    text: String,
    lines: usize,
}

/// Lines `first..=last` of a file, counted from 0, and the bytes they fill.
struct Range {
    file: FileId,
    first: usize,
    last: usize,
    start: usize,
    end: usize,
    pins: BTreeMap<usize, usize>,
}

impl Excerpt {
    /// The excerpt for these labels. Lines are cut to `width` characters.
    pub fn new(sources: &SourceMap, labels: &[Label], width: usize, unicode: bool) -> Self {
        let wanted: Vec<(&Label, &SourceFile, usize, usize)> = labels
            .iter()
            .filter_map(|label| {
                let file = sources.get(label.span.file)?;
                let (start, end) = bounds(file, label);
                Some((label, file, start, end))
            })
            .collect();
        let mut ranges = ranges(&wanted);
        let mut out = Self {
            blocks: Vec::new(),
            labels: Vec::new(),
            places: Vec::new(),
        };
        let mut base = 0;
        for range in &mut ranges {
            let Some(file) = sources.get(range.file) else {
                continue;
            };
            let block = block(file, range, base, width, unicode);
            // One address is left free after the end, so that a place at the very end of a block
            // is not also the beginning of the next.
            base += block.text.len() + 2;
            out.blocks.push(block);
        }
        for (index, (label, file, start, end)) in wanted.into_iter().enumerate() {
            out.label(label, file, (start, end), &ranges, (index == 0, unicode));
        }
        out
    }

    fn label(
        &mut self,
        label: &Label,
        file: &SourceFile,
        (start, end): (usize, usize),
        ranges: &[Range],
        (main, unicode): (bool, bool),
    ) {
        let range = ranges.iter().zip(&self.blocks).find(|(range, _)| {
            range.file == label.span.file && range.start <= start && end <= range.end
        });
        let Some((range, block)) = range else { return };
        let at = |offset: &usize| range.pins.get(offset).copied().unwrap_or(block.text.len());
        let (from, to) = (at(&start), at(&end));
        let span = SourceSpan::new((block.base + from).into(), to.saturating_sub(from));
        let text = Some(text::line(&label.text, unicode)).filter(|t| !t.is_empty());
        self.labels.push(if main {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        });
        let line = file.line(u32::try_from(start).unwrap_or(u32::MAX));
        self.places
            .push((span, line.line as usize - 1, line.column as usize - 1));
    }
}

/// The bytes of a label in its file: inside the text, on character boundaries, and not too tall.
fn bounds(file: &SourceFile, label: &Label) -> (usize, usize) {
    let text = &file.text;
    let start = text.floor_char_boundary(label.span.start as usize);
    let end = text.floor_char_boundary(label.span.end as usize).max(start);
    let inside = text.get(start..end).unwrap_or("");
    match inside.match_indices('\n').nth(TALLEST - 1) {
        Some((tall, _)) => (start, start + tall),
        None => (start, end),
    }
}

/// The ranges of lines to show, main place's file first; neighbours become one.
fn ranges(wanted: &[(&Label, &SourceFile, usize, usize)]) -> Vec<Range> {
    let mut order: Vec<FileId> = Vec::new();
    let mut all: Vec<Range> = Vec::new();
    for (label, file, start, end) in wanted {
        if !order.contains(&label.span.file) {
            order.push(label.span.file);
        }
        all.push(range(file, label.span.file, *start, *end));
    }
    let rank = |file: FileId| order.iter().position(|f| *f == file);
    all.sort_by_key(|r| (rank(r.file), r.start, r.end));
    let mut merged: Vec<Range> = Vec::new();
    for range in all {
        match merged.last_mut() {
            Some(last) if last.file == range.file && range.first <= last.last + 2 => {
                if range.end > last.end {
                    (last.end, last.last) = (range.end, range.last);
                }
                last.pins.extend(range.pins);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// The lines of `start..end` and [`CONTEXT`] lines around them.
fn range(file: &SourceFile, id: FileId, start: usize, end: usize) -> Range {
    let line = |at: usize| file.line(u32::try_from(at).unwrap_or(u32::MAX)).line as usize - 1;
    let mut from = file.line_start(start);
    let mut to = file.line_end(end);
    let (mut first, mut last) = (line(start), line(end));
    for _ in 0..CONTEXT {
        if from > 0 {
            from = file.line_start(from - 1);
            first -= 1;
        }
        if to + 1 < file.text.len() {
            to = file.line_end(to + 1);
            last += 1;
        }
    }
    let pins = BTreeMap::from([(start, 0), (end, 0)]);
    Range {
        file: id,
        first,
        last,
        start: from,
        end: to,
        pins,
    }
}

/// Copies the lines of a range, cut, and notes where its pins come to lie.
fn block(file: &SourceFile, range: &mut Range, base: usize, width: usize, unicode: bool) -> Block {
    let mut out = String::new();
    let mut lines = 0;
    let mut start = range.start;
    while start <= range.end {
        if lines > 0 {
            out.push('\n');
        }
        let end = file.line_end(start).min(range.end);
        copy_line(
            file,
            (start, end),
            &mut range.pins,
            width,
            unicode,
            &mut out,
        );
        start = end + 1;
        lines += 1;
    }
    if out.is_empty() || out.ends_with('\n') {
        // miette leaves out an empty last line, and what is said about it.
        out.push(' ');
    }
    // It also leaves out a place at the end of a line that no line feed ends.
    out.push('\n');
    Block {
        name: text::line(&file.name, unicode),
        first_line: range.first,
        base,
        text: out,
        lines,
    }
}

/// Copies one line, bytes `start..end` of its file, around the first pin in it. Of a long line no more is looked at
/// than is copied: there may be as many findings as it has words.
fn copy_line(
    file: &SourceFile,
    (start, end): (usize, usize),
    pins: &mut BTreeMap<usize, usize>,
    width: usize,
    unicode: bool,
    out: &mut String,
) {
    let mut here = pins.range_mut(start..=end).peekable();
    let ellipsis = if unicode { "…" } else { "..." };
    let pin = here.peek().map(|(at, _)| **at);
    let from = window(file, (start, end), pin, width);
    if from > start {
        out.push_str(ellipsis);
    }
    let shown = file.text.get(from..end).unwrap_or("");
    let shown = shown.char_indices().inspect(|_| looked());
    for (index, (at, ch)) in shown.enumerate().take(width + 1) {
        while let Some((_, pin)) = here.next_if(|(pin, _)| **pin <= from + at) {
            *pin = out.len();
        }
        match index == width {
            true => out.push_str(ellipsis),
            false => out.push(text::visible(ch, unicode)),
        }
    }
    for (_, pin) in here {
        *pin = out.len();
    }
}

/// From which byte on a line is shown, so that `width` characters of it hold the place at byte `pin`, and
/// none is left empty.
fn window(
    file: &SourceFile,
    (start, end): (usize, usize),
    pin: Option<usize>,
    width: usize,
) -> usize {
    let Some(pin) = pin else { return start };
    let (length, column) = (file.characters(start, end), file.characters(start, pin));
    if length <= width || column + LEAD < width {
        return start;
    }
    let from = column.saturating_sub(LEAD).min(length - width);
    let before = file.text.get(start..pin).unwrap_or("");
    let back = before.char_indices().rev().inspect(|_| looked());
    let back = back.take(column - from);
    back.last().map_or(pin, |(at, _)| start + at)
}

impl SourceCode for Excerpt {
    /// The whole block that holds `span`. Asked for no context, as miette does for the heading of
    /// a block, it tells where the place really is in its file.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let block = self
            .blocks
            .iter()
            .find(|b| b.base <= start && end <= b.base + b.text.len())
            .ok_or(MietteError::OutOfBounds)?;
        let (mut line, mut column) = (block.first_line, 0);
        let place = self.places.iter().find(|(place, _, _)| place == span);
        if let (0, 0, Some((_, real_line, real_column))) = (before, after, place) {
            (line, column) = (*real_line, *real_column);
        }
        let whole = SourceSpan::new(block.base.into(), block.text.len());
        let data = block.text.as_bytes();
        let name = block.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(
            name,
            data,
            whole,
            line,
            column,
            block.lines,
        )))
    }
}

/// Counts how many characters are looked at: tests hold it against what is shown.
#[cfg(not(test))]
const fn looked() {}
#[cfg(test)]
fn looked() {
    tests::LOOKED.set(tests::LOOKED.get() + 1);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use thrice_diagnostics::Span;

    use super::*;

    thread_local! {
        pub(super) static LOOKED: Cell<usize> = const { Cell::new(0) };
    }

    /// A finding costs as much in a line of half a million characters as in one that is shown whole.
    #[test]
    fn of_a_long_line_no_more_is_looked_at_than_is_shown() {
        const WIDTH: usize = 80;
        let mut sources = SourceMap::new();
        let line = "wörd ".repeat(100_000);
        let text = format!("{line}\n{line}\n{line}\n");
        let file = sources.add("long", text.as_str());
        for start in (0..text.len()).step_by(6 * 4_567) {
            LOOKED.set(0);
            let start = u32::try_from(start).unwrap();
            let label = Label {
                span: Span::new(file, start, start + 5),
                text: "here".to_owned(),
            };
            let excerpt = Excerpt::new(&sources, &[label], WIDTH, true);
            // The line and its two neighbours, once each, and the way back to where the first begins.
            let shown: usize = excerpt.blocks.iter().map(|b| b.text.chars().count()).sum();
            assert!(LOOKED.get() <= 4 * (WIDTH + 1), "{}", LOOKED.get());
            assert!((WIDTH..=3 * (WIDTH + 4)).contains(&shown), "{shown}");
        }
    }
}
