//! What can be lost, and what is lost with it.

mod chosen;
mod keys;
mod kill;
mod principals;
mod reduce;

pub(crate) use chosen::BY_FAULT;
pub use chosen::{Chosen, NoFault};
pub(crate) use keys::holders;
pub(crate) use kill::{Struck, Useless, Why, history, strike};
pub(crate) use principals::{
    By, Grant, Owned, Principal, cannot_narrow, closure, first_write, machines, spared,
    stays_locked,
};
pub(crate) use reduce::{Stakes, grown};

use std::collections::BTreeSet;

use thrice_model::{ClassId, Demand, FaultKind, Survive, Target};
use thrice_plan::Period;

use crate::context::Context;

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

/// What a requirement asks to survive: any so many of some faults, or certain ones together.
pub(crate) enum Asked {
    /// Every set of up to so many of these.
    Any(usize, Vec<Fault>),
    /// These together.
    Set(FaultSet),
}

/// The faults that a requirement asks to survive, in a period, in canonical order.
pub(crate) fn asked(context: &Context<'_>, survive: &Survive, period: &Period) -> Asked {
    match survive {
        Survive::Loss(targets) => {
            let mut set: FaultSet = targets.iter().map(|t| Fault::Loss(*t)).collect();
            set.sort_unstable();
            set.dedup();
            Asked::Set(set)
        }
        Survive::Any { count, kinds } => {
            let singles = kinds.iter().flat_map(|k| of_kind(context, *k, period));
            Asked::Any(*count as usize, singles.collect())
        }
    }
}

/// The fault sets that a requirement asks about: each fault by itself, and those larger sets that can
/// do more to one of the classes than others do.
pub(crate) fn sets(
    context: &Context<'_>,
    survive: &Survive,
    classes: &[ClassId],
    period: &Period,
) -> Vec<FaultSet> {
    let (count, singles) = match asked(context, survive, period) {
        Asked::Set(set) => return vec![set],
        Asked::Any(count, singles) => (count, singles),
    };
    let mut out: BTreeSet<FaultSet> = singles.iter().map(|fault| vec![*fault]).collect();
    if count > 1 {
        for group in context.alike(classes, period) {
            let stakes = Stakes::of(context, group.get(..1).unwrap_or(&[]));
            let strongest = stakes.strongest(context, &singles, period.from);
            let mut larger: Vec<FaultSet> = strongest.iter().map(|f| vec![*f]).collect();
            for _ in 1..count {
                larger = grown(&larger, &strongest, &[]);
                out.extend(larger.iter().cloned());
            }
        }
    }
    out.into_iter().collect()
}

/// Whether a requirement asks a class to survive faults of a kind in a period: then survival says what
/// comes of them, and no other obligation does.
pub(crate) fn is_asked(
    context: &Context<'_>,
    class: ClassId,
    kind: FaultKind,
    period: &Period,
) -> bool {
    context.plan.model.requirements.iter().any(|requirement| {
        let kinds = match &requirement.demand {
            Demand::Survive(Survive::Any { kinds, .. }) => kinds.as_slice(),
            _ => &[],
        };
        kinds.contains(&kind)
            && requirement.selection.contains(class)
            && Context::in_force(requirement.lifetime, period)
    })
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
pub(crate) fn of_kind(context: &Context<'_>, kind: FaultKind, period: &Period) -> Vec<Fault> {
    let model = &context.plan.model;
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
        FaultKind::Site => {
            let used: std::collections::BTreeSet<_> = hosts().map(|(_, h)| h.site).collect();
            used.into_iter()
                .map(|id| Fault::Loss(Target::Site(id)))
                .collect()
        }
        FaultKind::Provider => {
            let used: std::collections::BTreeSet<_> =
                hosts().map(|(_, h)| context.provider_of(h.site)).collect();
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
        FaultKind::Compromise => machines(context, period).map(Fault::Compromise).collect(),
        FaultKind::Rot => stores().map(Fault::Rot).collect(),
    }
}

/// A fault in words: "`truenas` is lost".
pub(crate) fn words(context: &Context<'_>, fault: Fault) -> String {
    let m = &context.plan.model;
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
pub(crate) fn place(context: &Context<'_>, fault: Fault) -> Option<thrice_diagnostics::Span> {
    let m = &context.plan.model;
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
