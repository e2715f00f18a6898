//! An emitted script back to plain facts.

use std::collections::BTreeMap;

use thrice_target::shell;

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
    let mut said: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        if !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') || name.is_empty() {
            continue;
        }
        let list = value
            .strip_prefix('(')
            .and_then(|value| value.strip_suffix(')'));
        if let Some(words) = shell::words(list.unwrap_or(value)) {
            said.entry(name).or_insert(words);
        }
    }
    let mut list = |name: &str| said.remove(name);
    let mut one = |name: &str| list(name).and_then(|words| words.into_iter().next());
    Some(Facts {
        policy: one("policy")?,
        step: one("step")?,
        repository: one("repository")?,
        host: one("host").unwrap_or_default(),
        tag: one("tag").unwrap_or_default(),
        paths: list("paths").unwrap_or_default(),
        excludes: list("excludes").unwrap_or_default(),
        keep: list("keep").unwrap_or_default(),
        prune: list("prune").unwrap_or_default(),
    })
}
