//! A look over the whole text before it is parsed: how deep blocks nest, and where to cut.
//!
//! pest keeps about eighty bytes for every piece it recognises until its caller is done. Cutting
//! a file between two statements keeps that small whatever the file's size.

use std::iter::{Enumerate, Peekable};
use std::ops::Range;
use std::str::Bytes;

/// Parts are cut at the first chance after this many bytes.
const PART: usize = 64 * 1024;

/// What the scan found.
pub struct Scan {
    /// Ranges of the text that can be parsed one by one: together they are all of it, and no
    /// statement lies in two.
    pub parts: Vec<Range<usize>>,
    /// Where blocks first nest deeper than allowed.
    pub too_deep: Option<usize>,
}

/// Counts braces, skipping texts and comments exactly as the grammar does.
///
/// A `{` that the grammar calls stray counts here too, so the depth counted is never less than the
/// grammar's: a line's end at depth nought is outside every block.
pub fn scan(text: &str, max_depth: usize) -> Scan {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0usize);
    let mut carries_on = false;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\n' => {
                if depth == 0 && !carries_on && at - start >= PART {
                    parts.push(start..at + 1);
                    start = at + 1;
                }
                continue;
            }
            b' ' | b'\t' | b'\r' => continue,
            b'/' if bytes.peek().is_some_and(|(_, next)| *next == b'/') => {
                while bytes.next_if(inside_line).is_some() {}
                continue;
            }
            b'"' => skip_text(&mut bytes),
            b'{' if depth == max_depth => {
                return Scan {
                    parts,
                    too_deep: Some(at),
                };
            }
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        carries_on = byte == b',';
    }
    parts.push(start..text.len());
    Scan {
        parts,
        too_deep: None,
    }
}

fn inside_line((_, byte): &(usize, u8)) -> bool {
    !matches!(byte, b'\n' | b'\r')
}

fn skip_text(bytes: &mut Peekable<Enumerate<Bytes<'_>>>) {
    while let Some((_, byte)) = bytes.next_if(inside_line) {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next_if(inside_line)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_texts_and_comments_do_not_nest() {
        assert!(
            scan("a \"{{\" { // {{\r b \"\\\"{\" { } }", 2)
                .too_deep
                .is_none()
        );
        assert_eq!(scan("a { // x\r b { c {", 2).too_deep, Some(16));
    }

    #[test]
    fn parts_never_cut_a_statement() {
        let block = "host a {\n  b\n}\nlist x,\n// carried on\n y\n".repeat(10_000);
        let scan = scan(&block, 32);
        assert!(scan.parts.len() > 2);
        for part in &scan.parts {
            let text = &block[part.clone()];
            assert!(
                ["host a", "list x"].iter().any(|s| text.starts_with(s)),
                "{:?}",
                &text[..20]
            );
        }
        let whole: usize = scan.parts.iter().map(ExactSizeIterator::len).sum();
        assert_eq!(whole, block.len());
    }
}
