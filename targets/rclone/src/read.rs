//! The reader: an emitted script back to plain facts.

use std::collections::BTreeMap;

use thrice_target::shell;

/// What a script says it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// From where: a path, or `remote:bucket/path`.
    pub source: String,
    /// To where.
    pub destination: String,
    /// Flags of all calls.
    pub tuning: Vec<String>,
    /// Flags that choose files.
    pub chosen: Vec<String>,
    /// What it does, in order: `copy`, `sync_files`, `move`, `mirror_repository PATH`.
    pub work: Vec<Vec<String>>,
    /// Settings of remotes, by variable.
    pub remotes: BTreeMap<String, String>,
}

/// Reads a script; `None` for what is not one of ours, or was changed where it matters.
#[must_use]
pub fn read(text: &str) -> Option<Facts> {
    let mut facts = Facts::default();
    let mut in_work = false;
    for line in text.lines() {
        match line {
            "work() {" => in_work = true,
            "}" => in_work = false,
            _ if in_work => facts.work.extend(deed(line)),
            _ => setting(line, &mut facts)?,
        }
    }
    let complete =
        !facts.source.is_empty() && !facts.destination.is_empty() && !facts.work.is_empty();
    complete.then_some(facts)
}

fn deed(line: &str) -> Option<Vec<String>> {
    let words = shell::words(line)?;
    let known = ["copy", "sync_files", "move", "mirror_repository"];
    words
        .first()
        .is_some_and(|word| known.contains(&word.as_str()))
        .then_some(words)
}

fn setting(line: &str, facts: &mut Facts) -> Option<()> {
    let list = |rest: &str| shell::words(rest.strip_suffix(')')?);
    if let Some(rest) = line.strip_prefix("source=") {
        facts.source = shell::words(rest)?.concat();
    } else if let Some(rest) = line.strip_prefix("destination=") {
        facts.destination = shell::words(rest)?.concat();
    } else if let Some(rest) = line.strip_prefix("tuning=(") {
        facts.tuning = list(rest)?;
    } else if let Some(rest) = line.strip_prefix("chosen=(") {
        facts.chosen = list(rest)?;
    } else if let Some((name, value)) = line
        .strip_prefix("  export RCLONE_CONFIG_")
        .and_then(|rest| rest.split_once('='))
    {
        facts
            .remotes
            .insert(name.to_owned(), shell::words(value)?.concat());
    }
    Some(())
}
