//! What a set of faults has taken, and into whose hands.

use std::collections::BTreeSet;
use std::rc::Rc;

use jiff::civil::Date;
use thrice_model::{HostId, KeyId, SiteId, StoreId};
use thrice_plan::Copy;

use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::hands::Owned;

/// What a set of faults has done.
pub(crate) struct Struck {
    pub(super) faults: FaultSet,
    /// The first day of the period in which they do it.
    pub(crate) day: Date,
    pub(super) lost_hosts: BTreeSet<HostId>,
    pub(super) lost_stores: BTreeSet<StoreId>,
    /// Stores whose content one mistaken command deletes.
    pub(super) mistaken: BTreeSet<StoreId>,
    /// Stores whose content decays unseen.
    pub(super) rotten: BTreeSet<StoreId>,
    /// What is in hostile hands.
    pub(super) owned: Vec<Rc<Owned>>,
    pub(super) lost_keys: BTreeSet<KeyId>,
    pub(super) lost_sites: BTreeSet<SiteId>,
}

impl Struck {
    /// Whether other faults have done just the same, and what was there goes in the same time.
    pub(crate) fn is_as(&self, context: &Context<'_>, other: &Self) -> bool {
        let same_owned = |(one, other): (&Rc<Owned>, &Rc<Owned>)| Rc::ptr_eq(one, other);
        self.faults == other.faults
            && context.lets_go_alike(self.day, other.day)
            && self.lost_hosts == other.lost_hosts
            && self.lost_stores == other.lost_stores
            && self.lost_keys == other.lost_keys
            && self.owned.len() == other.owned.len()
            && self.owned.iter().zip(&other.owned).all(same_owned)
    }

    /// Whether a key is lost.
    pub(crate) fn lost(&self, key: KeyId) -> bool {
        self.lost_keys.contains(&key)
    }

    /// Whether what lies in a copy is deleted or overwritten where it lies, if perhaps not for good.
    pub(super) fn empties(&self, copy: &Copy) -> bool {
        self.mistaken.contains(&copy.location.store)
            || self.owned.iter().any(|owned| owned.empties(copy))
    }

    /// Whether somebody hostile writes where a copy lies.
    pub(super) fn overwrites(&self, copy: &Copy) -> bool {
        self.owned.iter().any(|owned| owned.overwrites(copy))
    }

    /// Whether what lies in a copy, where the data lives, is damaged, deleted or overwritten there, so that whatever is made from it
    /// goes on with that.
    pub(crate) fn goes_wrong(&self, live: &Copy) -> bool {
        self.faults.contains(&Fault::Corruption)
            || self.is_rotten(live.location.store)
            || self.empties(live)
            || self.overwrites(live)
    }

    /// Whether what lies in a store decays unseen.
    pub(super) fn is_rotten(&self, store: StoreId) -> bool {
        self.rotten.contains(&store)
    }
}
