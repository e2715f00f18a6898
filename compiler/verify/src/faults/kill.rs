//! Which copies a set of faults leaves usable.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{
    CredentialId, Holder, HostId, HostKind, KeyId, LockMode, Right, StoreId, Target, Versioning,
};
use thrice_plan::{Copy, CopyId, CopyKind};

use super::{Fault, FaultSet};
use crate::context::Context;

/// What a set of faults has done.
pub(crate) struct Struck {
    faults: FaultSet,
    lost_hosts: BTreeSet<HostId>,
    lost_stores: BTreeSet<StoreId>,
    /// Stores whose content somebody deletes, as against stores that are gone.
    emptied: BTreeSet<StoreId>,
    lost_keys: BTreeSet<KeyId>,
}

/// Why a copy is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// The store is gone.
    StoreLost,
    /// Its content is deleted.
    Deleted,
    /// The deletion or damage travelled there along a sync.
    Propagated,
    /// Nothing can read it any more.
    KeyLost(KeyId),
    /// It has no version from before the damage.
    Damaged,
    /// It is the live data, and the question asks what is left without it.
    LiveDataLost,
    /// It is there, but a deletion upstream would reach it, and the floor asks for one that is spared.
    NotSpared,
}

impl Why {
    /// The key that is missing.
    pub(crate) const fn key(&self) -> Option<KeyId> {
        match self {
            Self::KeyLost(key) => Some(*key),
            _ => None,
        }
    }
}

/// Works out what a set of faults destroys, in the way that semantics section 3 says.
pub(crate) fn strike(context: &Context<'_>, faults: &FaultSet) -> Struck {
    let model = &context.plan.model;
    let mut lost_hosts = BTreeSet::new();
    let mut lost_stores = BTreeSet::new();
    let mut emptied = BTreeSet::new();
    let mut lost_keys = BTreeSet::new();
    for fault in faults {
        match *fault {
            Fault::Loss(Target::Host(id)) => drop(lost_hosts.insert(id)),
            Fault::Loss(Target::Store(id)) => drop(lost_stores.insert(id)),
            Fault::Loss(Target::Site(site)) => {
                lost_hosts.extend(
                    model
                        .hosts
                        .iter()
                        .filter(|(_, h)| h.site == site)
                        .map(|(id, _)| id),
                );
            }
            Fault::Loss(Target::Provider(provider)) => lost_hosts.extend(
                model
                    .hosts
                    .iter()
                    .filter(|(_, h)| context.provider_of(h.site) == provider)
                    .map(|(id, _)| id),
            ),
            Fault::Loss(Target::Credential(id)) => {
                emptied.extend(destroyable(context, id));
            }
            Fault::Loss(Target::Key(id)) => drop(lost_keys.insert(id)),
            Fault::Operator(store) => {
                let own_history = model.stores[store].snapshots.is_some()
                    || model.stores[store].versioning == Versioning::On;
                if !own_history {
                    emptied.insert(store);
                }
            }
            Fault::Corruption | Fault::LiveData => {}
        }
    }
    lost_stores.extend(
        model
            .stores
            .iter()
            .filter(|(_, s)| lost_hosts.contains(&s.host))
            .map(|(id, _)| id),
    );
    for (id, _) in model.keys.iter() {
        if !key_survives(context, id, faults, &lost_hosts) {
            lost_keys.insert(id);
        }
    }
    Struck {
        faults: faults.clone(),
        lost_hosts,
        lost_stores,
        emptied,
        lost_keys,
    }
}

/// The stores whose content a credential can destroy. Undeclared is hostile: a credential without
/// `may` can do anything on the stores of its account, or on all buckets where it names none. Writing
/// to what is neither versioned nor locked is overwriting.
pub(crate) fn destroyable(context: &Context<'_>, id: CredentialId) -> BTreeSet<StoreId> {
    let model = &context.plan.model;
    let credential = &model.credentials[id];
    let mut out = BTreeSet::new();
    for (store_id, store) in model.stores.iter() {
        let mine = match credential.account {
            Some(account) => store.host == account,
            None => model.hosts[store.host].kind == HostKind::ObjectStorage,
        };
        let mut rights: BTreeSet<Right> = BTreeSet::new();
        if credential.stated {
            for grant in credential
                .rights
                .iter()
                .filter(|g| g.stores.contains(&store_id))
            {
                rights.extend(grant.rights.iter().copied());
            }
        } else if mine {
            rights.extend([Right::Read, Right::Write, Right::Delete, Right::Administer]);
        }
        let locked = store.lock.is_some_and(|lock| {
            lock.mode == LockMode::Compliance || !rights.contains(&Right::Administer)
        });
        let versioned = store.versioning == Versioning::On;
        let destroys = rights.contains(&Right::Administer)
            || (!versioned && (rights.contains(&Right::Delete) || rights.contains(&Right::Write)));
        if destroys && !locked {
            out.insert(store_id);
        }
    }
    out
}

/// A key is usable while one holder of it is: least fixpoint, holders being hosts and vaults.
fn key_survives(
    context: &Context<'_>,
    id: KeyId,
    faults: &FaultSet,
    lost_hosts: &BTreeSet<HostId>,
) -> bool {
    if faults.contains(&Fault::Loss(Target::Key(id))) {
        return false;
    }
    holders(context, id)
        .into_iter()
        .any(|holder| holder_survives(context, holder, faults, lost_hosts))
}

/// Who holds a key: those who are named, else the hosts whose steps use it and nobody else.
pub(crate) fn holders(context: &Context<'_>, id: KeyId) -> BTreeSet<Holder> {
    let model = &context.plan.model;
    let named = &model.keys[id].held;
    if !named.is_empty() {
        return named.iter().map(|(holder, _)| *holder).collect();
    }
    model
        .steps
        .iter()
        .filter(|(_, step)| match &step.target {
            thrice_model::StepTarget::Repository(r, _) => {
                model.repositories[*r].key.is_some_and(|(key, _)| key == id)
            }
            _ => false,
        })
        .filter_map(|(_, step)| step.runner.host.map(Holder::Host))
        .collect()
}

fn holder_survives(
    context: &Context<'_>,
    holder: Holder,
    faults: &FaultSet,
    lost_hosts: &BTreeSet<HostId>,
) -> bool {
    let model = &context.plan.model;
    match holder {
        Holder::Host(host) => !lost_hosts.contains(&host),
        Holder::Vault(vault) => {
            let vault = &model.vaults[vault];
            let site_lost = vault.site.is_some_and(|site| {
                faults.contains(&Fault::Loss(Target::Site(site)))
                    || faults.contains(&Fault::Loss(Target::Provider(context.provider_of(site))))
            });
            !site_lost && vault.host.is_none_or(|host| !lost_hosts.contains(&host))
        }
    }
}

impl Struck {
    /// For each copy of a class, why it is of no use, for those that are not.
    pub(crate) fn useless(
        &self,
        context: &Context<'_>,
        copies: &[CopyId],
    ) -> BTreeMap<CopyId, Why> {
        let mut out: BTreeMap<CopyId, Why> = BTreeMap::new();
        let live_lost = self.live_lost(context, copies);
        for id in copies {
            let copy = &context.plan.copies[*id];
            if let Some(why) = self.why(copy, live_lost, &out) {
                out.insert(*id, why);
            }
        }
        out
    }

    fn why(&self, copy: &Copy, live_lost: bool, before: &BTreeMap<CopyId, Why>) -> Option<Why> {
        let store = copy.location.store;
        let upstream = copy.source.and_then(|source| before.get(&source));
        let deleted_upstream = matches!(
            upstream,
            Some(Why::Deleted | Why::Propagated | Why::Damaged)
        );
        if self.lost_stores.contains(&store) {
            return Some(Why::StoreLost);
        }
        if self.emptied.contains(&store) {
            return Some(Why::Deleted);
        }
        if copy.kind == CopyKind::Live && live_lost {
            return Some(Why::LiveDataLost);
        }
        if copy.propagates && deleted_upstream {
            return Some(Why::Propagated);
        }
        if self.faults.contains(&Fault::Corruption) && !copy.history {
            return Some(Why::Damaged);
        }
        copy.key
            .filter(|key| self.lost_keys.contains(key))
            .map(Why::KeyLost)
    }

    /// Live data must not make a proof hollow: where the faults leave it untouched because they hit a
    /// key, or only hosts that hold no copy of the class (an orchestrator, a vault), the question is
    /// what is left without it.
    fn live_lost(&self, context: &Context<'_>, copies: &[CopyId]) -> bool {
        if self.faults.contains(&Fault::LiveData) {
            return true;
        }
        let holds_none = |host: &HostId| {
            copies
                .iter()
                .all(|id| context.host(&context.plan.copies[*id]) != *host)
        };
        let key_fault = !self.lost_keys.is_empty()
            && copies.iter().any(|id| {
                context.plan.copies[*id]
                    .key
                    .is_some_and(|key| self.lost_keys.contains(&key))
            });
        let bystanders = !self.lost_hosts.is_empty()
            && self.emptied.is_empty()
            && self.lost_hosts.iter().all(holds_none);
        key_fault || bystanders
    }
}
