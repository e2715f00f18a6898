//! An emitted list of mounts back to plain facts.

use serde::Deserialize;

/// A mount that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The folder's name, with a slash in front.
    pub folder: String,
    /// The storage class.
    pub storage: String,
    /// Groups that see it; empty for everybody.
    pub groups: Vec<String>,
    /// Whether nobody can write there.
    pub read_only: bool,
}

#[derive(Deserialize)]
struct List {
    mounts: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    body: Import,
}

#[derive(Deserialize)]
struct Import {
    mount_point: String,
    storage: String,
    options: Options,
    applicable_groups: Vec<String>,
}

#[derive(Deserialize)]
struct Options {
    readonly: bool,
}

/// Reads `mounts.json`.
///
/// # Errors
/// What is not of that form.
pub fn read(text: &str) -> Result<Vec<Shown>, String> {
    let list: List = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let shown = |entry: Entry| Shown {
        folder: entry.body.mount_point,
        storage: entry.body.storage,
        groups: entry.body.applicable_groups,
        read_only: entry.body.options.readonly,
    };
    Ok(list.mounts.into_iter().map(shown).collect())
}
