//! An emitted script back to plain facts.

use thrice_target::read::{assignments, word, words};

/// What an emitted script says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The policy and step of its records and signals.
    pub policy: String,
    /// The step.
    pub step: String,
    /// The repository, as restic takes it.
    pub repository: String,
    /// The host of its snapshots; empty for what makes none.
    pub host: String,
    /// The tag of its snapshots.
    pub tag: String,
    /// What it backs up.
    pub paths: Vec<String>,
    /// What it leaves out, as options.
    pub excludes: Vec<String>,
    /// The options of `forget`.
    pub keep: Vec<String>,
    /// The options of pruning; empty if it does not prune.
    pub prune: Vec<String>,
}

/// Reads a script that this target emitted. `None` if it is not of that form.
#[must_use]
pub fn read(text: &str) -> Option<Facts> {
    let mut said = assignments(text);
    Some(Facts {
        policy: word(&mut said, "policy")?,
        step: word(&mut said, "step")?,
        repository: word(&mut said, "repository")?,
        host: word(&mut said, "host").unwrap_or_default(),
        tag: word(&mut said, "tag").unwrap_or_default(),
        paths: words(&mut said, "paths"),
        excludes: words(&mut said, "excludes"),
        keep: words(&mut said, "keep"),
        prune: words(&mut said, "prune"),
    })
}
