//! What was measured, as the programs write it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use thrice_retention::stored_time;

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
    /// Its ID.
    pub id: String,
    /// When it was taken.
    pub time: Taken,
    /// By which host.
    pub hostname: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// When a snapshot was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The moment.
    pub at: Timestamp,
    /// How many seconds the clock that took it was ahead of UTC: keep rules count by that clock.
    pub offset_seconds: i32,
}

impl<'de> Deserialize<'de> for Taken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (at, offset_seconds) =
            stored_time(&text).ok_or_else(|| D::Error::custom("no time in RFC 3339"))?;
        Ok(Self { at, offset_seconds })
    }
}

/// What the newest snapshot of a step added to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// When the one before was taken, in Unix seconds.
    pub since: i64,
    /// When the newest was taken.
    pub until: i64,
    /// What it needs and the one before did not, in bytes before compression.
    pub bytes: u64,
}

/// A file that a capture has listed in its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its path.
    pub path: String,
    /// Its size when it was listed.
    pub bytes: u64,
    /// How it is now.
    pub now: Now,
}

/// How a listed file is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// Of the listed size, and, if it was read, of the listed checksum.
    Same,
    /// It is not there.
    Gone,
    /// It has another size.
    OtherSize(u64),
    /// It has the same size and another checksum.
    OtherContent,
    /// It cannot be read, and why.
    Unreadable(String),
}

/// What a file system holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What fits into it, in bytes, without what only root may use.
    pub size: u64,
    /// What is used of that.
    pub used: u64,
}

/// A folder that the policy may not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// Its name for people: that of a volume, or the path.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Whether it looks like a repository of restic.
    pub is_repository: bool,
}

/// A bucket as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// In what it differs from the policy, its usage apart.
    pub differences: Vec<Difference>,
    /// Objects, old versions and the parts of unfinished uploads, in bytes.
    pub bytes: u64,
    /// How many objects and old versions there are.
    pub objects: u64,
    /// What lies outside of all places that the policy names, by the prefix that it has in common.
    pub strange: BTreeMap<String, Strange>,
}

/// A difference between a bucket and the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs: a rule (by its ID), versioning, lock.
    pub about: About,
    /// How it is, and how it should be.
    pub detail: String,
    /// Whether something is there that should not be, rather than that something is lacking.
    pub excess: bool,
}

/// What of a bucket differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The lifecycle rule with this ID.
    Rule(String),
    /// Whether old versions stay.
    Versioning,
    /// The lock.
    Lock,
}

/// Objects that the policy does not mention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strange {
    /// How much they take, in bytes.
    pub bytes: u64,
    /// How many they are.
    pub objects: u64,
    /// Whether a repository of restic seems to begin there.
    pub is_repository: bool,
}

/// What was measured, or why it was not, in words.
pub type Answer<T> = Result<T, String>;

/// All that was measured on a host.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Of each step, its record; `None` if there is none.
    pub records: BTreeMap<String, Answer<Option<Record>>>,
    /// Of each repository, its snapshots.
    pub snapshots: BTreeMap<String, Answer<Vec<Snapshot>>>,
    /// Of each backup with two snapshots, what the newest added.
    pub added: BTreeMap<String, Answer<Added>>,
    /// Of each capture, what it listed; `None` if there is no list.
    pub manifests: BTreeMap<String, Answer<Option<Vec<Listed>>>>,
    /// Of each file system, by its store.
    pub rooms: BTreeMap<String, Answer<Room>>,
    /// Of each bucket, by its store.
    pub buckets: BTreeMap<String, Answer<Bucket>>,
    /// Of each object storage, the names of all its buckets.
    pub accounts: BTreeMap<String, Answer<Vec<String>>>,
    /// Of each capture of databases, those that exist.
    pub databases: BTreeMap<String, Answer<Vec<String>>>,
    /// The volumes of containers.
    pub volumes: Option<Answer<Vec<Folder>>>,
    /// Of each folder around data, the folders in it.
    pub folders: BTreeMap<String, Answer<Vec<Folder>>>,
}
