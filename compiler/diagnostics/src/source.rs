//! Files of a policy and places in them.

use std::num::NonZeroU32;
use std::sync::OnceLock;

use memchr::{memchr_iter, memrchr};

/// A file of a [`SourceMap`]. Never zero inside, so that a place that may be missing takes no more room than
/// one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(NonZeroU32);

impl FileId {
    /// The file that was added after so many others.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    /// How many were added before it.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.0.get() - 1
    }
}

/// A place in a file: bytes `start..end` of its text.
///
/// Spans travel as plain data through every stage, so that any verdict can point at the words it
/// is about. Line and column are computed only when something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    #[must_use]
    pub const fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The smallest span that holds both; `self` where they are in different files.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A line and column, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A file's name, as it is shown, and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name as people wrote or will recognise it; never an absolute path of this machine.
    pub name: String,
    /// The whole text, as read.
    pub text: Box<str>,
    /// How many line feeds stand before each multiple of [`STRIDE`]: counted when a line is first asked
    /// for, which a policy without findings never is.
    line_feeds: OnceLock<Vec<u32>>,
}

/// So many bytes are looked through for the line of a place in them. A place for each line's beginning
/// would take a fifth of the text's room.
const STRIDE: usize = 4096;

impl SourceFile {
    const fn new(name: String, text: Box<str>) -> Self {
        Self {
            name,
            text,
            line_feeds: OnceLock::new(),
        }
    }

    /// Line and column of byte `at`.
    #[must_use]
    pub fn line(&self, at: u32) -> Line {
        let at = at as usize;
        let before = self.text.as_bytes().split_at_checked(at);
        let before = before.map_or(self.text.as_bytes(), |(before, _)| before);
        let start = memrchr(b'\n', before).map_or(0, |line_feed| line_feed + 1);
        let column = self.text.get(start..at).map_or(0, |t| t.chars().count());
        Line {
            line: self.line_feeds(before).saturating_add(1),
            column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    /// How many line feeds there are in `before`, the first bytes of the text.
    fn line_feeds(&self, before: &[u8]) -> u32 {
        let counted = self.line_feeds.get_or_init(|| {
            let mut counted = vec![0];
            let strides = self.text.as_bytes().chunks(STRIDE);
            counted.extend(strides.scan(0, |sum, stride| {
                *sum += line_feeds(stride);
                Some(*sum)
            }));
            counted
        });
        let full = before.len() / STRIDE;
        let rest = before.get(full * STRIDE..).unwrap_or(&[]);
        counted.get(full).copied().unwrap_or(0) + line_feeds(rest)
    }
}

fn line_feeds(bytes: &[u8]) -> u32 {
    u32::try_from(memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}

/// All files of one run, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and returns its id. The name is shown to people as it is.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Box<str>>) -> FileId {
        let id = FileId::new(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(name.into(), text.into()));
        id
    }

    /// The file, if this map has it.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.index() as usize)
    }

    /// The file's name, or `?` for one this map does not have.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.get(file).map_or("?", |f| f.name.as_str())
    }

    /// The words a span stands on; empty where the span does not fit the text.
    // Every word of a policy is looked at, from other crates.
    #[inline]
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file)
            .and_then(|f| f.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// Line and column where a span begins.
    #[must_use]
    pub fn line(&self, span: Span) -> Line {
        self.get(span.file)
            .map_or(Line { line: 1, column: 1 }, |f| f.line(span.start))
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(i, f)| (FileId::new(u32::try_from(i).unwrap_or(0)), f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let mut map = SourceMap::new();
        let file = map.add("a.thrice", "é b\nsecond\n");
        let at = |start| map.line(Span::new(file, start, start));
        assert_eq!(at(0), Line { line: 1, column: 1 });
        assert_eq!(at(3), Line { line: 1, column: 3 });
        assert_eq!(at(5), Line { line: 2, column: 1 });
        assert_eq!(map.text(Span::new(file, 5, 11)), "second");
    }

    #[test]
    fn lines_of_a_long_text_are_those_that_are_counted() {
        let text: String = (0..2_000).map(|n| format!("{n:0$}\n", n % 9)).collect();
        let mut map = SourceMap::new();
        let file = map.add("long", text.as_str());
        let past = text.len() + 1;
        let near = STRIDE - 2..STRIDE + 3;
        for at in (0..text.len())
            .step_by(7)
            .chain(near)
            .chain([text.len(), past])
        {
            let before = text.get(..at).unwrap_or(&text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, str::len) + 1;
            let at = u32::try_from(at).unwrap();
            let found = map.line(Span::new(file, at, at));
            let column = if at as usize == past { 1 } else { column };
            assert_eq!(
                (found.line as usize, found.column as usize),
                (line, column),
                "{at}"
            );
        }
        assert!(text.len() > 2 * STRIDE);
    }
}
