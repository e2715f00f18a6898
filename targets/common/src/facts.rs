//! What an emitted file says, in a form that can be compared: for `thrice verify`.
//!
//! A file that says the same in other words (comments, blank lines, quotes, the order of keys in JSON)
//! gives the same facts; one that says something else does not. What no reader understands is a fact of
//! its own, word by word, so that nothing that matters can be changed unseen.

mod json;
mod script;
mod settings;

use std::fmt;
use std::ops::Range;

pub use json::json;
pub use script::{program, script};
pub use settings::settings;

/// What the facts of a program's text that is no plain assignment are about.
pub const CODE: &str = "what it runs";
/// What a fact is about whose value is the SHA-256 of the script of its step, as it lies beside it.
pub const CHECKSUM: &str = "checksum of its script";

/// One thing that a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The step that it is about, by its name in the policy or in names of files.
    pub step: Option<String>,
    /// What it says something of: `schedule`, `keep`, `Expiration.Days`. Facts about the same are
    /// compared in their order.
    pub about: String,
    /// What it says, in one form for all that means the same.
    pub value: String,
    /// What it says, as it stands there.
    pub shown: String,
    /// Where, in bytes.
    pub at: Range<usize>,
}

impl Fact {
    /// A fact whose value stands there as it is.
    #[must_use]
    pub fn new(
        step: Option<&str>,
        about: impl Into<String>,
        value: impl Into<String>,
        at: Range<usize>,
    ) -> Self {
        let value = value.into();
        Self {
            step: step.map(str::to_owned),
            about: about.into(),
            shown: value.clone(),
            value,
            at,
        }
    }
}

/// A file that is not of the form that its target gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong.
    pub why: String,
    /// Where, in bytes; nothing where it is all of it.
    pub at: Range<usize>,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Unreadable {}

/// Reads what a kind of file says.
pub type Reader = fn(&str) -> Result<Vec<Fact>, Unreadable>;

/// The lines of a text with the bytes that each covers, line breaks left out.
pub fn lines(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    text.split('\n').scan(0, |start, line| {
        let at = *start..*start + line.len();
        *start = at.end + 1;
        Some((line, at))
    })
}

/// A file with comments that start with `#` on lines of their own, as YAML has them: every other line
/// counts, its indentation too.
///
/// # Errors
/// None: every text has lines.
pub fn commented(whole: &str) -> Result<Vec<Fact>, Unreadable> {
    let mut facts = text(whole)?;
    facts.retain(|fact| !fact.value.trim_start().starts_with('#'));
    Ok(facts)
}

/// A file of which every line counts, blanks at their ends and empty ones apart.
///
/// # Errors
/// None: every text has lines.
pub fn text(text: &str) -> Result<Vec<Fact>, Unreadable> {
    let said = lines(text).filter(|(line, _)| !line.trim().is_empty());
    Ok(said
        .map(|(line, at)| Fact::new(None, "text", line.trim_end(), at))
        .collect())
}
