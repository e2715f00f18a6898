//! Emitted scripts back to plain facts.

use thrice_target::read::{assignments, word, words};

/// What an emitted script says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The policy of its records.
    pub policy: String,
    /// The step.
    pub step: String,
    /// Databases that go.
    pub parts: Vec<String>,
    /// Files that go as they are.
    pub files: Vec<String>,
    /// Rows of the matrix, one list for each database, as SQL.
    pub rules: Vec<String>,
    /// Where to, on the source; `None` for the script that receives.
    pub destination: Option<String>,
    /// Services that are started, on the environment.
    pub services: Vec<String>,
}

/// Reads a script that this target emitted. `None` if it is not of that form.
#[must_use]
pub fn read(text: &str) -> Option<Facts> {
    let mut said = assignments(text);
    said.get("manifest_name")?;
    let rules = text
        .split("\nINSERT INTO thrice_rule VALUES\n")
        .skip(1)
        .filter_map(|rest| rest.split(";\nTHRICE_SQL").next())
        .map(str::to_owned);
    Some(Facts {
        policy: word(&mut said, "policy")?,
        step: word(&mut said, "step")?,
        parts: words(&mut said, "parts"),
        files: words(&mut said, "files"),
        rules: rules.collect(),
        destination: word(&mut said, "destination"),
        services: words(&mut said, "services"),
    })
}
