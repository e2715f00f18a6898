//! What was measured, as the programs write it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The record that a script leaves of its last run: `STATE/runs/POLICY/STEP.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Record {
    /// When it started, in Unix seconds.
    pub start: i64,
    /// When it ended, in Unix seconds.
    pub end: i64,
    /// Whether it succeeded.
    pub ok: bool,
    /// Its exit code.
    pub code: i64,
    /// What it counted: `bytes`, `added`, `files` …
    #[serde(default)]
    pub numbers: BTreeMap<String, u64>,
}

/// A snapshot, as `restic snapshots --json` prints it; what else it says is not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Snapshot {
    /// When it was taken.
    #[serde(deserialize_with = "moment")]
    pub time: Timestamp,
    /// By which host.
    pub hostname: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// All that was measured on a host. What could not be measured is why, in words.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Of each step, its record; `None` if there is none.
    pub records: BTreeMap<String, Result<Option<Record>, String>>,
    /// Of each repository, its snapshots.
    pub snapshots: BTreeMap<String, Result<Vec<Snapshot>, String>>,
}

/// A time in RFC 3339.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}
