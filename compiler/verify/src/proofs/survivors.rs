//! What each fault leaves: for people who restore, from the very rules by which survival is decided.

use std::collections::BTreeSet;
use std::rc::Rc;

use thrice_model::{ClassId, FaultKind, Hostile, Mishap, Target};
use thrice_plan::{CopyId, Period, Plan};

use super::left::{Left, is_live, left};
use crate::context::Context;
use crate::fault::{Fault, FaultSet, KINDS, of_kind, words};
use crate::faults::{Struck, strike};

/// What is left of a class after a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The class.
    pub class: ClassId,
    /// Whether the fault leaves the data where it lives.
    pub untouched: bool,
    /// Copies besides the data itself from which it can be restored, the freshest first.
    pub usable: Vec<CopyId>,
}

/// Faults that come to the same, and what they leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// The faults in words: "host `a` is lost". They strike one at a time.
    pub faults: Vec<String>,
    /// Every class of the period, in the order of the policy.
    pub fates: Vec<Fate>,
}

/// What each single fault leaves in a period: the loss of a host, store, site, provider or key, a
/// credential in hostile hands, a mistaken command, damage to the data.
#[must_use]
pub fn survivors(plan: &Plan, period: &Period) -> Vec<Aftermath> {
    // Nothing is asked of a solver here.
    let context = Context::new(plan, Rc::default());
    let classes = context.classes_in(period);
    let kinds = KINDS
        .into_iter()
        .filter(|kind| !matches!(kind, FaultKind::Compromise | FaultKind::Rot));
    let mut out: Vec<Aftermath> = Vec::new();
    for fault in kinds.flat_map(|kind| of_kind(&context, kind, period)) {
        let struck = strike(&context, &vec![fault], period.from);
        let fates: Vec<Fate> = classes
            .iter()
            .map(|class| fate(&context, &struck, *class, period))
            .collect();
        let words = words(&context, fault);
        match out.iter_mut().find(|known| known.fates == fates) {
            Some(known) => known.faults.push(words),
            None => out.push(Aftermath {
                faults: vec![words],
                fates,
            }),
        }
    }
    out
}

fn fate(context: &Context<'_>, struck: &Struck, class: ClassId, period: &Period) -> Fate {
    let Left { untouched, copies } = left(context, struck, class, period);
    let mut seen = BTreeSet::new();
    let mut usable: Vec<CopyId> = copies
        .into_iter()
        .filter(|id| !is_live(context, *id))
        .filter(|id| seen.insert(context.plan.copies[*id].location.clone()))
        .collect();
    usable.sort_by_key(|id| context.plan.copies[*id].staleness);
    Fate {
        class,
        untouched,
        usable,
    }
}

/// What some things that go wrong together leave of each class of a period.
#[must_use]
pub fn fates(plan: &Plan, period: &Period, mishaps: &[Mishap]) -> Vec<Fate> {
    let context = Context::new(plan, Rc::default());
    let mut faults: FaultSet = mishaps.iter().map(|mishap| fault(*mishap)).collect();
    faults.sort_unstable();
    faults.dedup();
    let struck = strike(&context, &faults, period.from);
    let classes = context.classes_in(period);
    let fates = classes
        .iter()
        .map(|class| fate(&context, &struck, *class, period));
    fates.collect()
}

const fn fault(mishap: Mishap) -> Fault {
    match mishap {
        Mishap::Lose(target) => Fault::Loss(target),
        Mishap::Steal(Hostile::Credential(id)) => Fault::Loss(Target::Credential(id)),
        Mishap::Steal(Hostile::Host(id)) => Fault::Compromise(id),
        Mishap::Delete(store) => Fault::Operator(store),
        Mishap::Corrupt(_) => Fault::Corruption,
        Mishap::Rot(store) => Fault::Rot(store),
    }
}
