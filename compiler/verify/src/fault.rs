//! What can go wrong.

mod chosen;

use std::collections::BTreeSet;

use thrice_model::{FaultKind, Holder, SiteId, Target};
use thrice_plan::Period;

pub(crate) use chosen::BY_FAULT;
pub use chosen::{Chosen, NoFault};

use crate::hands::machines;
use crate::indexed::Indexed;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It is lost, or (a credential) in hostile hands.
    Loss(Target),
    /// One mistaken command deletes a store's content.
    Operator(thrice_model::StoreId),
    /// The data is damaged where it lives, unnoticed for a while.
    Corruption,
    /// A host is in hostile hands, with all that it opens.
    Compromise(thrice_model::HostId),
    /// What lies in a store decays unseen: all that is in one container.
    Rot(thrice_model::StoreId),
    /// The live data is gone for whatever reason: asked together with faults that leave it untouched.
    LiveData,
}

/// Faults that strike together.
pub(crate) type FaultSet = Vec<Fault>;

/// Of sets of faults those of which no fewer are among them: what fewer bring about, more of them do as well.
pub(crate) fn least(sets: &BTreeSet<FaultSet>) -> impl Iterator<Item = &FaultSet> {
    let within = |fewer: &FaultSet, more: &FaultSet| {
        fewer.len() < more.len() && fewer.iter().all(|fault| more.contains(fault))
    };
    sets.iter()
        .filter(move |set| !sets.iter().any(|fewer| within(fewer, set)))
}

/// All kinds of faults.
pub(crate) const KINDS: [FaultKind; 10] = [
    FaultKind::Host,
    FaultKind::Store,
    FaultKind::Site,
    FaultKind::Provider,
    FaultKind::Credential,
    FaultKind::Key,
    FaultKind::Operator,
    FaultKind::Corruption,
    FaultKind::Compromise,
    FaultKind::Rot,
];

/// All faults of a kind that can happen in a period.
pub(crate) fn of_kind(indexed: &Indexed<'_>, kind: FaultKind, period: &Period) -> Vec<Fault> {
    let model = &indexed.plan.model;
    let hosts = || {
        model
            .hosts
            .iter()
            .filter(|(_, h)| h.lifetime.contains(period.from))
    };
    let stores = || {
        model
            .stores
            .iter()
            .filter(|(_, s)| s.lifetime.contains(period.from))
            .map(|(id, _)| id)
    };
    match kind {
        FaultKind::Host => hosts()
            .map(|(id, _)| Fault::Loss(Target::Host(id)))
            .collect(),
        FaultKind::Store => stores().map(|id| Fault::Loss(Target::Store(id))).collect(),
        FaultKind::Site => sites(indexed, period)
            .into_iter()
            .map(|id| Fault::Loss(Target::Site(id)))
            .collect(),
        FaultKind::Provider => {
            let sites = sites(indexed, period).into_iter();
            let used: BTreeSet<_> = sites.map(|site| indexed.provider_of(site)).collect();
            used.into_iter()
                .map(|id| Fault::Loss(Target::Provider(id)))
                .collect()
        }
        FaultKind::Credential => model
            .credentials
            .ids()
            .map(|id| Fault::Loss(Target::Credential(id)))
            .collect(),
        FaultKind::Key => model
            .keys
            .ids()
            .map(|id| Fault::Loss(Target::Key(id)))
            .collect(),
        FaultKind::Operator => stores().map(Fault::Operator).collect(),
        FaultKind::Corruption => vec![Fault::Corruption],
        FaultKind::Compromise => machines(indexed, period).map(Fault::Compromise).collect(),
        FaultKind::Rot => stores().map(Fault::Rot).collect(),
    }
}

/// Where something is that can be lost with its site: a host, or what holds a key off line.
fn sites(indexed: &Indexed<'_>, period: &Period) -> BTreeSet<SiteId> {
    let model = &indexed.plan.model;
    let hosts = model.hosts.iter().map(|(_, host)| host);
    let hosts = hosts.filter(|host| host.lifetime.contains(period.from));
    let holders = model.keys.ids().flat_map(|key| indexed.holders(key));
    let vaults = holders.filter_map(|holder| match holder {
        Holder::Vault(id) => Some(&model.vaults[*id]),
        Holder::Host(_) => None,
    });
    let vaults = vaults.filter(|vault| vault.lifetime.contains(period.from));
    let vaults = vaults.filter_map(|vault| vault.site);
    hosts.map(|host| host.site).chain(vaults).collect()
}

/// A fault in words: "`truenas` is lost".
pub(crate) fn words(indexed: &Indexed<'_>, fault: Fault) -> String {
    let m = &indexed.plan.model;
    match fault {
        Fault::Loss(Target::Host(id)) => format!("host `{}` is lost", m.hosts[id].named.name),
        Fault::Loss(Target::Store(id)) => format!("store `{}` is lost", m.stores[id].named.name),
        Fault::Loss(Target::Site(id)) => format!("site `{}` is lost", m.sites[id].named.name),
        Fault::Loss(Target::Provider(id)) => {
            format!(
                "provider `{}` fails or closes the account",
                m.providers[id].named.name
            )
        }
        Fault::Loss(Target::Credential(id)) => {
            format!(
                "credential `{}` is in hostile hands",
                m.credentials[id].named.name
            )
        }
        Fault::Loss(Target::Key(id)) => format!("key `{}` is lost", m.keys[id].named.name),
        Fault::Operator(id) => {
            format!(
                "one mistaken command deletes what is on `{}`",
                m.stores[id].named.name
            )
        }
        Fault::Compromise(id) => {
            format!("host `{}` is in hostile hands", m.hosts[id].named.name)
        }
        Fault::Rot(id) => format!("what lies on `{}` decays", m.stores[id].named.name),
        Fault::Corruption => {
            "the data is damaged where it lives, and nobody notices at once".to_owned()
        }
        Fault::LiveData => "the live data is lost as well".to_owned(),
    }
}

/// Where the thing that a fault hits is declared.
pub(crate) fn place(indexed: &Indexed<'_>, fault: Fault) -> Option<thrice_diagnostics::Span> {
    let m = &indexed.plan.model;
    match fault {
        Fault::Loss(Target::Host(id)) | Fault::Compromise(id) => Some(m.hosts[id].named.span),
        Fault::Loss(Target::Store(id)) | Fault::Operator(id) | Fault::Rot(id) => {
            Some(m.stores[id].named.span)
        }
        Fault::Loss(Target::Site(id)) => Some(m.sites[id].named.span),
        Fault::Loss(Target::Provider(id)) => Some(m.providers[id].named.span),
        Fault::Loss(Target::Credential(id)) => Some(m.credentials[id].named.span),
        Fault::Loss(Target::Key(id)) => Some(m.keys[id].named.span),
        Fault::Corruption | Fault::LiveData => None,
    }
}
