//! What keep rules leave in the long run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use thrice_retention::Profile;

/// Profiles already worked out: a simulation runs over decades, and many steps share their rules.
#[derive(Default)]
pub(crate) struct Profiles {
    known: RefCell<BTreeMap<String, Option<Arc<Profile>>>>,
}

impl Profiles {
    /// That of some rules, by a text that says all that decides it.
    pub(crate) fn of(
        &self,
        key: String,
        work_out: impl FnOnce() -> Option<Profile>,
    ) -> Option<Arc<Profile>> {
        let mut known = self.known.borrow_mut();
        let found = known.entry(key);
        found.or_insert_with(|| work_out().map(Arc::new)).clone()
    }
}
