//! A long text, read by several cores at once.
//!
//! Between two statements of a file the reader knows nothing but what it has read. So a long text is cut
//! where such places most likely are, behind lines of a `}` alone, and each piece is read by itself. If every
//! piece ends between statements and nothing is wrong with any of them, they are the parts of the tree.
//! Otherwise the text has to be read as a whole, from its beginning.

use std::ops::Range;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use thrice_diagnostics::Span;

use crate::mistakes::Mistakes;
use crate::reader::Reader;
use crate::tree::Part;

/// So many bytes are worth another core.
pub const WORTH: usize = 256 << 10;

/// What most likely ends a statement of a file.
const END: &str = "\n}\n";

/// The parts of `text`, which is all of a file `all`, from byte `start` on, read in pieces of some `size`.
/// `None` if it is too short for that, or has to be read as a whole.
pub fn read(
    all: Span,
    text: &str,
    start: usize,
    size: usize,
    max_depth: usize,
) -> Option<Vec<Part>> {
    let pieces = cut(text, start, size);
    if pieces.len() < 2 {
        return None;
    }
    let piece = |piece: Range<usize>| {
        let text = text.get(..piece.end)?;
        Reader::new(all, text, piece.start, Mistakes::default()).read_piece(max_depth)
    };
    pieces.into_par_iter().map(piece).collect()
}

/// Cuts a text into pieces of at least `size` bytes; the last may be shorter.
fn cut(text: &str, mut start: usize, size: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    while start < text.len() {
        let from = text.floor_char_boundary(start.saturating_add(size));
        let end = text.get(from..).and_then(|rest| rest.find(END));
        let end = end.map_or(text.len(), |at| from + at + END.len());
        pieces.push(start..end);
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use thrice_diagnostics::FileId;

    use super::*;
    use crate::parse::{MAX_DEPTH, parse};
    use crate::tree::{Block, Statement, Token, Tree};

    /// All that can be seen of a tree: its pieces, and its statements with their heads, blocks and comments.
    type Seen = (
        Vec<Token>,
        Vec<(Span, Span, Option<Span>, Vec<Span>)>,
        Vec<Span>,
    );

    fn seen(tree: &Tree) -> Seen {
        let statements = tree.all_statements().map(|statement| {
            let block = statement.block().map(Block::open);
            let docs = statement.docs().collect();
            (statement.span(), statement.head(), block, docs)
        });
        let top = tree.statements().map(Statement::span);
        let elements = tree.elements().map(|element| element.span());
        let (statements, all) = (statements.collect(), top.chain(elements).collect());
        (tree.tokens().collect(), statements, all)
    }

    /// The tree as it is read in small pieces, and as a whole where nothing is wrong with it.
    fn both(text: &str) -> (Option<Seen>, Option<Seen>) {
        let all = Span::new(FileId::new(0), 0, u32::try_from(text.len()).unwrap());
        let pieces = read(all, text, 0, 8, MAX_DEPTH);
        let (whole, found) = parse(FileId::new(0), text);
        let whole = found.is_empty().then(|| seen(&whole));
        (pieces.map(|parts| seen(&Tree::new(all, parts))), whole)
    }

    #[test]
    fn pieces_are_the_whole() {
        for text in [
            "a {\n b\n}\nc {\n d, e\n}\nf {\n g\n}\n",
            "/// one\na {\n b\n}\n/// two\nc \"é\" {\n d\n}\n// three\n\ne",
            "a {\n b {\n  c\n }\n}\nd {\n}\ne {\n}\nf {\n}\n",
        ] {
            let (pieces, whole) = both(text);
            assert!(whole.is_some());
            assert_eq!(pieces, whole, "{text}");
        }
    }

    #[test]
    fn a_text_is_read_as_a_whole_where_its_pieces_are_none() {
        for text in [
            // Cut inside a block, behind a comma, at too many or too few `}`, and too deep.
            "a {\nb {\n c\n}\nd {\n e\n}\n}\n",
            "a b,\n// c\n}\nd {\n e\n}\n",
            "a {\n b\n}\n}\nc {\n d\n}\n",
            "a {\n b\n}\nc {\n d\n}\ne {\n f\n",
            &format!("a {{\n b\n}}\n{}{}", "c {\n".repeat(40), "}\n".repeat(40)),
        ] {
            assert_eq!(both(text).0, None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_the_whole_or_nothing(lines in proptest::collection::vec(
            prop_oneof!["a \\{", "a \\{", " b,", " c", "/// d", " e \"f\"", " g; h", "\\}", "\\}"], 0..20,
        )) {
            let text = lines.join("\n");
            let (pieces, whole) = both(&text);
            prop_assert!(pieces.is_none() || pieces == whole);
        }
    }

    #[test]
    fn a_short_text_is_one_piece() {
        assert_eq!(cut("a {\n}\nb {\n}\n", 0, WORTH).len(), 1);
        assert_eq!(cut("", 0, WORTH).len(), 0);
        let long = "a {\n}\n".repeat(WORTH);
        let pieces = cut(&long, 0, WORTH);
        assert!(pieces.len() > 2);
        assert_eq!(pieces.last().map(|last| last.end), Some(long.len()));
    }
}
