//! When keys are at hand, and what waits for them.

use std::collections::BTreeMap;

use thrice_model::{ClassId, KeyId};
use thrice_plan::Copy;
use thrice_quantity::Seconds;

/// The keys that nobody has after some faults, and that come back with the content of vaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Waiting {
    /// For each of them when it is at hand if nothing else comes, and the content of its vault; `None`: not from what there is
    /// to restore from.
    pub(super) keys: BTreeMap<KeyId, Option<(Seconds, ClassId)>>,
}

/// What a restore waits for before its first byte can come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// The key, and the content of the vault that it lies in.
    pub(super) key: Option<(KeyId, ClassId)>,
    /// Until the vault's program is set up.
    pub(super) opened: Seconds,
    /// What of that content, and of what it needs, comes back itself: that must be in use.
    pub(super) classes: Vec<ClassId>,
}

impl Waiting {
    /// Whether nothing waits for any key.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// When a copy can be read if nothing else comes; `None`: never.
    pub(super) fn at_hand(&self, copy: &Copy) -> Option<Seconds> {
        match copy.key.and_then(|key| self.keys.get(&key)) {
            Some(later) => later.map(|(at, _)| at),
            None => Some(Seconds::ZERO),
        }
    }
}
