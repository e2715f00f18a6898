//! Where data lies.

use ecow::EcoString;

use crate::id::StoreId;

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
}
