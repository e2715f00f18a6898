//! Where data lies.

use ecow::EcoString;

use crate::id::StoreId;

/// All that restic writes lies in these folders of its repository, and in one file.
const RESTIC_NAMES: [&str; 6] = ["config", "data", "index", "keys", "locks", "snapshots"];

/// A part of a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The store.
    pub store: StoreId,
    /// Absolute path below the store's mount point or bucket, `/` for all of it; no `.` or `..`,
    /// no doubled slash, no slash at the end.
    pub path: EcoString,
}

impl Location {
    /// All of a store.
    #[must_use]
    pub fn whole(store: StoreId) -> Self {
        Self {
            store,
            path: "/".into(),
        }
    }

    /// Whether `other` lies at or below this location.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.store == other.store
            && (self.path == "/"
                || other.path == self.path
                || other
                    .path
                    .strip_prefix(self.path.as_str())
                    .is_some_and(|rest| rest.starts_with('/')))
    }

    /// Whether the two have anything in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether files of a restic repository that lies at `other` may lie here: at or above it all do, and below it only
    /// under the names that restic gives them.
    #[must_use]
    pub fn meets_repository(&self, other: &Self) -> bool {
        let below = self.path.strip_prefix(other.path.as_str());
        let below = below.map_or("", |below| below.trim_start_matches('/'));
        let first = below.split('/').next().unwrap_or_default();
        let of_restic = |name: &&str| name.eq_ignore_ascii_case(first);
        self.meets(other) && (first.is_empty() || RESTIC_NAMES.iter().any(of_restic))
    }
}
