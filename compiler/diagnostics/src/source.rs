//! Files of a policy and places in them.

use std::num::NonZeroU32;
use std::sync::OnceLock;

use memchr::{memchr, memchr_iter, memrchr};

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
    /// What stands before each multiple of [`STRIDE`]: counted when a line is first asked for, which a policy
    /// without findings never is.
    before: OnceLock<Vec<Count>>,
}

/// So many bytes are looked through for the line and the column of a place in them, however long its line is. A place for
/// each line's beginning would take a fifth of the text's room.
const STRIDE: usize = 4096;
/// Most lines begin and end no further than this from any place in them.
const NEAR: usize = 256;

/// What stands before a place.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    line_feeds: u32,
    characters: u32,
}

fn line_feeds(bytes: &[u8]) -> u32 {
    looked(bytes.len());
    u32::try_from(memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}

/// The characters that begin there: a byte that begins with the bits 10 goes on with one.
fn characters(bytes: &[u8]) -> u32 {
    looked(bytes.len());
    let begins = bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    u32::try_from(begins).unwrap_or(u32::MAX)
}

impl Count {
    fn of(bytes: &[u8]) -> Self {
        Self {
            line_feeds: line_feeds(bytes),
            characters: characters(bytes),
        }
    }

    const fn and(self, more: Self) -> Self {
        Self {
            line_feeds: self.line_feeds.saturating_add(more.line_feeds),
            characters: self.characters.saturating_add(more.characters),
        }
    }
}

impl SourceFile {
    const fn new(name: String, text: Box<str>) -> Self {
        Self {
            name,
            text,
            before: OnceLock::new(),
        }
    }

    /// Line and column of byte `at`. A place past the end is in the last line.
    #[must_use]
    pub fn line(&self, at: u32) -> Line {
        let at = at as usize;
        let inside = self.text.is_char_boundary(at);
        let column = match inside {
            true => self.characters(self.line_start(at), at),
            false => 0,
        };
        Line {
            line: self.line_feeds_before(at).saturating_add(1),
            column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    /// The first byte of the line that byte `at` is in.
    #[must_use]
    pub fn line_start(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        let near = at.saturating_sub(NEAR);
        let bytes = self.text.as_bytes().get(near..at).unwrap_or(&[]);
        looked(bytes.len());
        if let Some(line_feed) = memrchr(b'\n', bytes) {
            return near + line_feed + 1;
        }
        let feeds = self.line_feeds_before(at);
        if feeds == 0 {
            return 0;
        }
        // The stride that holds the last line feed before the place.
        let counts = self.counts();
        let stride = counts.partition_point(|count| count.line_feeds < feeds);
        let from = stride.saturating_sub(1).saturating_mul(STRIDE);
        let to = from.saturating_add(STRIDE).min(at);
        let bytes = self.text.as_bytes().get(from..to).unwrap_or(&[]);
        looked(bytes.len());
        memrchr(b'\n', bytes).map_or(0, |line_feed| from + line_feed + 1)
    }

    /// The end of the line that byte `at` is in: the place of its line feed, or of the end of the text.
    #[must_use]
    pub fn line_end(&self, at: usize) -> usize {
        let end = self.text.len();
        let at = at.min(end);
        let near = at.saturating_add(NEAR).min(end);
        let bytes = self.text.as_bytes().get(at..near).unwrap_or(&[]);
        looked(bytes.len());
        if let Some(line_feed) = memchr(b'\n', bytes) {
            return at + line_feed;
        }
        let feeds = self.line_feeds_before(at);
        // The first stride before whose end there are more.
        let counts = self.counts();
        let stride = counts.partition_point(|count| count.line_feeds <= feeds);
        let from = stride.saturating_sub(1).saturating_mul(STRIDE).max(at);
        let bytes = self.text.as_bytes().get(from..).unwrap_or(&[]);
        let line_feed = memchr(b'\n', bytes);
        looked(line_feed.unwrap_or(bytes.len()));
        line_feed.map_or(end, |line_feed| from + line_feed)
    }

    /// How many characters begin in bytes `from..to`.
    #[must_use]
    pub fn characters(&self, from: usize, to: usize) -> usize {
        if to.saturating_sub(from) <= STRIDE {
            let to = to.min(self.text.len());
            return characters(self.text.as_bytes().get(from..to).unwrap_or(&[])) as usize;
        }
        let before = |bytes: usize| {
            let (full, rest) = self.strides(bytes);
            full.characters.saturating_add(characters(rest))
        };
        before(to).saturating_sub(before(from)) as usize
    }

    fn line_feeds_before(&self, bytes: usize) -> u32 {
        let (full, rest) = self.strides(bytes);
        full.line_feeds.saturating_add(line_feeds(rest))
    }

    fn counts(&self) -> &[Count] {
        self.before.get_or_init(|| {
            let mut counted = vec![Count::default()];
            let strides = self.text.as_bytes().chunks(STRIDE);
            counted.extend(strides.scan(Count::default(), |sum, stride| {
                *sum = sum.and(Count::of(stride));
                Some(*sum)
            }));
            counted
        })
    }

    /// What stands in the whole strides among the first bytes of the text, and the bytes behind them.
    fn strides(&self, bytes: usize) -> (Count, &[u8]) {
        let bytes = bytes.min(self.text.len());
        let full = bytes / STRIDE;
        let rest = self.text.as_bytes().get(full * STRIDE..bytes);
        let counted = self.counts().get(full).copied().unwrap_or_default();
        (counted, rest.unwrap_or(&[]))
    }
}

/// Counts how many bytes are looked at for an answer: tests hold it against [`STRIDE`].
#[cfg(not(test))]
const fn looked(_: usize) {}
#[cfg(test)]
fn looked(bytes: usize) {
    tests::LOOKED.set(tests::LOOKED.get() + bytes);
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
    use std::cell::Cell;

    use super::*;

    thread_local! {
        pub(super) static LOOKED: Cell<usize> = const { Cell::new(0) };
    }

    /// However long its line is: a line may have as many mistakes as it has words.
    #[test]
    fn a_place_in_a_long_line_is_found_by_looking_at_little() {
        let mut map = SourceMap::new();
        let text = format!("short\n{}\nshort\n", "wörd ".repeat(100_000));
        let file = map.add("long", text.as_str());
        let source = map.get(file).unwrap();
        assert_eq!(source.line(0).line, 1);
        for at in (0..text.len()).step_by(40_001) {
            let at = text.floor_char_boundary(at);
            LOOKED.set(0);
            let column = source.line(u32::try_from(at).unwrap()).column as usize;
            let (start, end) = (source.line_start(at), source.line_end(at));
            assert_eq!(column, source.characters(start, at) + 1);
            assert!(end > start);
            assert!(LOOKED.get() <= 12 * STRIDE, "{}", LOOKED.get());
        }
    }

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

    /// Lines short and long, of characters of one to four bytes, with places in them and past them.
    #[test]
    fn lines_of_a_long_text_are_those_that_are_counted() {
        let short: String = (0..2_000).map(|n| format!("{n:0$}\n", n % 9)).collect();
        let long = format!("{}\n{}é\n", "aé字𝄞".repeat(2_000), "x".repeat(STRIDE - 1));
        let text = format!("{short}{long}\n\n{long}end");
        let mut map = SourceMap::new();
        let file = map.add("long", text.as_str());
        let source = map.get(file).unwrap();
        let past = text.len() + 1;
        let near = (0..6).flat_map(|n| n * STRIDE..n * STRIDE + 3);
        let ends = text.match_indices('\n').flat_map(|(at, _)| [at, at + 1]);
        let places = (0..text.len())
            .step_by(7)
            .chain(near)
            .chain([text.len(), past]);
        for at in places.chain(ends) {
            let before = &text[..text.floor_char_boundary(at)];
            let line = before.matches('\n').count() + 1;
            let last = before.rsplit('\n').next().unwrap_or("");
            let column = match text.is_char_boundary(at) {
                true => last.chars().count() + 1,
                false => 1,
            };
            let start = before.len() - last.len();
            let end = text[start..]
                .find('\n')
                .map_or(text.len(), |end| start + end);
            let found = source.line(u32::try_from(at).unwrap());
            assert_eq!(
                (found.line as usize, found.column as usize),
                (line, column),
                "{at}"
            );
            assert_eq!(
                (source.line_start(at), source.line_end(at)),
                (start, end),
                "{at}"
            );
        }
        assert!(text.len() > 5 * STRIDE);
    }
}
