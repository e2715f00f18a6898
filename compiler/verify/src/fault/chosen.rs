//! Faults that somebody chose: to be asked about alone, together, whether the policy asks about them or not.

use std::collections::BTreeSet;
use std::iter::once;

use thrice_model::{FaultKind, Obligation, Target};
use thrice_plan::{Period, Plan};

use super::{Fault, FaultSet, KINDS, of_kind, words};
use crate::indexed::Indexed;

/// The obligations that ask what faults leave.
pub(crate) const BY_FAULT: [Obligation; 6] = [
    Obligation::Survival,
    Obligation::RecoveryPoint,
    Obligation::RecoveryTime,
    Obligation::History,
    Obligation::Deletion,
    Obligation::Keys,
];

/// Faults that strike together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen(FaultSet);

/// No fault of the policy is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFault {
    /// None is called so: what was said, and what there are, by one name each.
    Unknown(String, Vec<String>),
    /// There is no period in which all of them can happen.
    NeverTogether,
}

impl Chosen {
    /// The faults that are meant by some words: those of the survival matrix, with backticks or without ("host
    /// vpai is lost"), or those of a scenario, without a date ("lose hetzner/fsn1", "steal credential writer").
    ///
    /// # Errors
    /// Words that no fault has which can happen in any period; faults that no period has together.
    pub fn new(plan: &Plan, said: &[String]) -> Result<Self, NoFault> {
        let indexed = Indexed::new(plan);
        let all = all(&indexed);
        let mut out = FaultSet::new();
        for said in said {
            let plain = plain(said);
            let meant = |fault: &&Fault| names(&indexed, **fault).contains(&plain);
            let Some(fault) = all.iter().find(meant) else {
                let known = all
                    .iter()
                    .map(|fault| names(&indexed, *fault).into_iter().next());
                return Err(NoFault::Unknown(said.clone(), known.flatten().collect()));
            };
            out.push(*fault);
        }
        out.sort_unstable();
        out.dedup();
        let out = Self(out);
        let mut periods = plan.periods.iter();
        let together = periods.any(|period| out.can_happen(&indexed, period));
        together.then_some(out).ok_or(NoFault::NeverTogether)
    }

    /// In words, one a fault.
    #[must_use]
    pub fn words(&self, plan: &Plan) -> Vec<String> {
        let indexed = Indexed::new(plan);
        self.0.iter().map(|fault| words(&indexed, *fault)).collect()
    }

    /// All other names by which faults of a plan can be called, for those who misspell one.
    #[must_use]
    pub fn all_names(plan: &Plan) -> Vec<String> {
        let indexed = Indexed::new(plan);
        let all = all(&indexed).into_iter();
        all.flat_map(|fault| names(&indexed, fault)).collect()
    }

    pub(crate) fn faults(&self) -> &FaultSet {
        &self.0
    }

    /// Whether all of them can happen in a period.
    pub(crate) fn can_happen(&self, indexed: &Indexed<'_>, period: &Period) -> bool {
        let possible: BTreeSet<Fault> = possible(indexed, period).collect();
        self.0.iter().all(|fault| possible.contains(fault))
    }
}

/// The faults that can happen in any period.
fn all(indexed: &Indexed<'_>) -> BTreeSet<Fault> {
    let periods = indexed.plan.periods.iter();
    periods
        .flat_map(|period| possible(indexed, period))
        .collect()
}

fn possible<'c>(indexed: &'c Indexed<'_>, period: &'c Period) -> impl Iterator<Item = Fault> + 'c {
    let kinds = KINDS.into_iter();
    kinds.flat_map(|kind: FaultKind| of_kind(indexed, kind, period))
}

fn plain(text: &str) -> String {
    text.trim().replace('`', "")
}

/// What a fault is called, without backticks: in the survival matrix, then in scenarios. Names of things are unique,
/// and so are these.
fn names(indexed: &Indexed<'_>, fault: Fault) -> Vec<String> {
    let model = &indexed.plan.model;
    let sentences = match fault {
        Fault::Loss(Target::Host(id)) => both("lose", "host", &model.hosts[id].named.name),
        Fault::Loss(Target::Store(id)) => both("lose", "store", &model.stores[id].named.name),
        Fault::Loss(Target::Site(id)) => both("lose", "site", &model.sites[id].named.name),
        Fault::Loss(Target::Provider(id)) => {
            both("lose", "provider", &model.providers[id].named.name)
        }
        Fault::Loss(Target::Key(id)) => both("lose", "key", &model.keys[id].named.name),
        Fault::Loss(Target::Credential(id)) => {
            both("steal", "credential", &model.credentials[id].named.name)
        }
        Fault::Compromise(id) => both("steal", "host", &model.hosts[id].named.name),
        Fault::Operator(id) => both("delete", "store", &model.stores[id].named.name),
        Fault::Rot(id) => both("rot", "store", &model.stores[id].named.name),
        Fault::Corruption => vec!["corrupt".to_owned()],
        Fault::LiveData => Vec::new(),
    };
    once(plain(&words(indexed, fault)))
        .chain(sentences)
        .collect()
}

/// A sentence with the kind of what it hits, and without.
fn both(verb: &str, kind: &str, name: &str) -> Vec<String> {
    vec![format!("{verb} {name}"), format!("{verb} {kind} {name}")]
}
