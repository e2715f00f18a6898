//! Snapshots and the groups in which restic thins them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// What `forget` looks at in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// Any name that tells it from the others.
    pub id: String,
    /// When the backup started to the nanosecond.
    pub time: Timestamp,
    /// Seconds ahead of UTC of the clock that took it, as stored with the time.
    pub offset_seconds: i32,
    /// Its tags.
    pub tags: Vec<String>,
    /// The host it names.
    pub host: String,
    /// The paths it holds.
    pub paths: Vec<String>,
}

/// A time as restic prints it, in RFC 3339, and how many seconds the clock that took it was ahead of UTC:
/// rules count by that clock. `Z` is a clock that showed UTC.
#[must_use]
pub fn stored_time(text: &str) -> Option<(Timestamp, i32)> {
    let offset = Pieces::parse(text).ok()?.to_numeric_offset();
    Some((text.parse().ok()?, offset.map_or(0, Offset::seconds)))
}

impl Snapshot {
    /// A snapshot at a moment, with nothing else to tell.
    #[must_use]
    pub fn at(id: impl Into<String>, time: Timestamp, offset_seconds: i32) -> Self {
        Self {
            id: id.into(),
            time,
            offset_seconds,
            tags: Vec::new(),
            host: String::new(),
            paths: Vec::new(),
        }
    }

    /// Whether it carries all of these tags.
    #[must_use]
    pub fn has_tags(&self, tags: &[String]) -> bool {
        tags.iter().all(|tag| self.tags.contains(tag))
    }
}

/// What `--group-by` groups by; restic's own default is host and paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct GroupBy {
    pub host: bool,
    pub paths: bool,
    pub tags: bool,
}

impl Default for GroupBy {
    fn default() -> Self {
        Self {
            host: true,
            paths: true,
            tags: false,
        }
    }
}

impl GroupBy {
    /// Reads words of `host`, `paths` and `tags` between commas; nothing is one group of all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut out = Self {
            host: false,
            paths: false,
            tags: false,
        };
        for word in text.split(',').filter(|word| !word.is_empty()) {
            match word {
                "host" | "hosts" => out.host = true,
                "path" | "paths" => out.paths = true,
                "tag" | "tags" => out.tags = true,
                _ => return None,
            }
        }
        Some(out)
    }
}

/// What the snapshots of one group share; what is not grouped by is empty. Paths and tags are
/// sorted: their order does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct GroupKey {
    pub host: String,
    pub paths: Vec<String>,
    pub tags: Vec<String>,
}

/// The groups, each with the indices of its snapshots; rules count in each group alone. A job
/// whose paths or host name change begins a new group and leaves the old one as it is, for ever.
#[must_use]
pub fn group_by(snapshots: &[Snapshot], by: GroupBy) -> BTreeMap<GroupKey, Vec<usize>> {
    let sorted = |wanted: bool, words: &[String]| {
        let mut words = if wanted { words.to_vec() } else { Vec::new() };
        words.sort_unstable();
        words
    };
    let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
    for (index, snapshot) in snapshots.iter().enumerate() {
        let key = GroupKey {
            host: if by.host {
                snapshot.host.clone()
            } else {
                String::new()
            },
            paths: sorted(by.paths, &snapshot.paths),
            tags: sorted(by.tags, &snapshot.tags),
        };
        groups.entry(key).or_default().push(index);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_ignore_the_order_of_words() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut first = Snapshot::at("1", Timestamp::UNIX_EPOCH, 0);
        first.host = "a".to_owned();
        first.paths = words(&["/x", "/y"]);
        first.tags = words(&["t"]);
        let mut second = first.clone();
        second.paths = words(&["/y", "/x"]);
        second.tags = words(&[]);
        let mut third = first.clone();
        third.host = "b".to_owned();
        let all = [first, second, third];
        let sizes = |by| {
            group_by(&all, by)
                .values()
                .map(Vec::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(GroupBy::default()), [2, 1]);
        assert_eq!(
            sizes(GroupBy {
                host: true,
                paths: true,
                tags: true
            }),
            [1, 1, 1]
        );
        assert_eq!(
            sizes(GroupBy {
                host: false,
                paths: false,
                tags: false
            }),
            [3]
        );
    }
}
