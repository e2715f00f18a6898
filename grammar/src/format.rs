//! The one style.

use crate::Tree;

/// The text of a tree in the one style.
#[must_use]
pub fn format(tree: &Tree, text: &str) -> String {
    let _ = tree;
    text.to_owned()
}
