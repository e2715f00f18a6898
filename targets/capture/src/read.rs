//! An emitted script back to plain facts.

use thrice_target::read::{assignments, word, words};

/// What an emitted script says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The policy of its records and signals.
    pub policy: String,
    /// The step.
    pub step: String,
    /// The method, in the word of the language.
    pub method: String,
    /// What it lists; empty for all that is there.
    pub parts: Vec<String>,
    /// Whether what is not listed is a failure.
    pub undeclared_fail: bool,
    /// The user that it runs as; empty for the one of cron.
    pub user: String,
    /// The container that it enters; empty for none.
    pub container: String,
    /// Where it leaves what it captures.
    pub destination: String,
    /// How long old versions stay, in seconds; `None`: there are none.
    pub keep_seconds: Option<i64>,
}

/// Reads a script that this target emitted. `None` if it is not of that form.
#[must_use]
pub fn read(text: &str) -> Option<Facts> {
    let mut said = assignments(text);
    Some(Facts {
        policy: word(&mut said, "policy")?,
        step: word(&mut said, "step")?,
        method: word(&mut said, "method")?,
        parts: words(&mut said, "parts"),
        undeclared_fail: word(&mut said, "undeclared").is_some_and(|word| word == "fail"),
        user: word(&mut said, "user")?,
        container: word(&mut said, "container")?,
        destination: word(&mut said, "destination")?,
        keep_seconds: word(&mut said, "keep_seconds").and_then(|seconds| seconds.parse().ok()),
    })
}
