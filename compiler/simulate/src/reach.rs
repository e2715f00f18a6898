//! What hostile hands reach, and which keys are still there.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{
    CredentialId, Holder, HostId, HostKind, Hostile, KeyId, Right, StepTarget, StoreId, Versioning,
};
use thrice_plan::Plan;

/// The stores whose content somebody can delete, and whether old versions and locks fall as well.
pub(crate) fn destroyable(plan: &Plan, hostile: Hostile) -> BTreeMap<StoreId, bool> {
    let mut out = BTreeMap::new();
    match hostile {
        Hostile::Credential(id) => by_credential(plan, id, &mut out),
        Hostile::Host(id) => {
            for (store, what) in plan.model.stores.iter() {
                if what.host == id {
                    out.insert(store, true);
                }
            }
            for credential in credentials_on(plan, id) {
                by_credential(plan, credential, &mut out);
            }
        }
    }
    out
}

/// The credentials that lie on a host: those it is said to hold, and those its steps use.
fn credentials_on(plan: &Plan, host: HostId) -> BTreeSet<CredentialId> {
    let held = plan
        .model
        .credentials
        .iter()
        .filter(|(_, c)| {
            c.held
                .iter()
                .any(|(holder, _)| *holder == Holder::Host(host))
        })
        .map(|(id, _)| id);
    let used = plan
        .model
        .steps
        .iter()
        .filter(|(_, step)| step.runner.host == Some(host))
        .flat_map(|(_, step)| {
            let repository = match &step.target {
                StepTarget::Repository(id, _) => plan.model.repositories[*id].credential,
                _ => None,
            };
            [step.credential, repository]
        })
        .flatten()
        .map(|(id, _)| id);
    held.chain(used).collect()
}

/// Undeclared is hostile: a credential without `may` can do anything in its account, or in all object
/// storages where it names none. Writing to what is not versioned is overwriting.
fn by_credential(plan: &Plan, id: CredentialId, out: &mut BTreeMap<StoreId, bool>) {
    let credential = &plan.model.credentials[id];
    for (store_id, store) in plan.model.stores.iter() {
        let rights: BTreeSet<Right> = if credential.stated {
            let grants = credential.rights.iter();
            grants
                .filter(|grant| grant.stores.contains(&store_id))
                .flat_map(|grant| grant.rights.iter().copied())
                .collect()
        } else {
            let mine = credential.account.map_or(
                plan.model.hosts[store.host].kind == HostKind::ObjectStorage,
                |account| store.host == account,
            );
            if mine {
                BTreeSet::from([Right::Delete, Right::Administer])
            } else {
                BTreeSet::new()
            }
        };
        let administers = rights.contains(&Right::Administer);
        let overwrites = store.versioning != Versioning::On && rights.contains(&Right::Write);
        if administers || overwrites || rights.contains(&Right::Delete) {
            let all = out.entry(store_id).or_default();
            *all |= administers;
        }
    }
}

/// Whether a key is still there: some holder of it is.
pub(crate) fn key_left(
    plan: &Plan,
    id: KeyId,
    lost_keys: &BTreeSet<KeyId>,
    lost_hosts: &BTreeSet<HostId>,
    lost_sites: &BTreeSet<thrice_model::SiteId>,
) -> bool {
    if lost_keys.contains(&id) {
        return false;
    }
    let left = |holder: Holder| match holder {
        Holder::Host(host) => !lost_hosts.contains(&host),
        Holder::Vault(vault) => {
            let vault = &plan.model.vaults[vault];
            vault.host.is_none_or(|host| !lost_hosts.contains(&host))
                && vault.site.is_none_or(|site| !lost_sites.contains(&site))
        }
    };
    let named = &plan.model.keys[id].held;
    if !named.is_empty() {
        return named.iter().any(|(holder, _)| left(*holder));
    }
    // Nothing says where it is: it is where the steps run that use it, and nowhere else.
    plan.model.steps.iter().any(|(_, step)| match &step.target {
        StepTarget::Repository(repository, _) => {
            let uses = plan.model.repositories[*repository]
                .key
                .is_some_and(|(key, _)| key == id);
            uses && step
                .runner
                .host
                .is_some_and(|host| left(Holder::Host(host)))
        }
        _ => false,
    })
}
