//! Files of a policy and places in them.

use std::num::NonZeroU32;
use std::sync::OnceLock;

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
    /// Where its lines begin; found when a place is first shown, which many runs never do.
    line_starts: OnceLock<Box<[u32]>>,
}

impl SourceFile {
    const fn new(name: String, text: Box<str>) -> Self {
        Self {
            name,
            text,
            line_starts: OnceLock::new(),
        }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.match_indices('\n');
            let after = |(at, _)| u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
            std::iter::once(0).chain(breaks.map(after)).collect()
        })
    }

    /// Line and column of byte `at`.
    #[must_use]
    pub fn line(&self, at: u32) -> Line {
        let starts = self.line_starts();
        let index = starts
            .partition_point(|&start| start <= at)
            .saturating_sub(1);
        let start = starts.get(index).copied().unwrap_or(0);
        let text = self
            .text
            .get(start as usize..(at as usize).max(start as usize));
        let column = text.map_or(0, |t| t.chars().count());
        Line {
            line: u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1),
            column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        }
    }
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
}
