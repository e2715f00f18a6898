//! After which faults restores are asked about, and of which classes.
//!
//! After those that requirements name everything counts as lost that is not surely there, as survival asks it. Without any
//! requirement each class is asked about the loss of its own store and of its own host: other data of that host is lost
//! with it and comes over the same lines, and what lies elsewhere is left where it is. So it is after faults that matter
//! only together ([`super::together`]).

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{ClassId, Demand, Survive, Target};

use super::Due;
use super::jobs::Scope;
use super::together::Together;
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{self, Asked};

/// Of what something is asked after some faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Of all that comes back. What the faults leave where it is counts as lost with the rest, if no promise may rest on
    /// that alone.
    All,
    /// Of all that they take. What they leave where it is stays there.
    Taken,
    /// Of these among all that they take.
    These(BTreeSet<ClassId>),
}

impl Of {
    /// Whether something is asked of a class.
    fn is_about(&self, class: ClassId) -> bool {
        match self {
            Self::All | Self::Taken => true,
            Self::These(classes) => classes.contains(&class),
        }
    }

    /// The same, but for what comes back only for others to be read.
    pub(super) fn asks(&self, scope: &Scope<'_, '_>, class: ClassId) -> bool {
        self.is_about(class) && scope.wanted.contains_key(&class)
    }

    /// The same, and what else is asked after the same faults. Where all counts as lost, so does what they take.
    fn and(&mut self, other: Self) {
        match (self, other) {
            (Self::These(classes), Self::These(more)) => classes.extend(more),
            (Self::All, _) | (Self::Taken, Self::Taken | Self::These(_)) => {}
            (own, more) => *own = more,
        }
    }
}

/// What is asked after which faults. Whoever wants to know what comes of other sizes needs `every` set in which a class
/// might keep another one waiting, not just the worst.
pub(super) fn sets(
    scope: &Scope<'_, '_>,
    due: &BTreeMap<ClassId, Due>,
    every: bool,
) -> BTreeMap<FaultSet, Of> {
    let &Scope {
        context, period, ..
    } = scope;
    if let Some(chosen) = context.chosen() {
        return [(chosen.clone(), Of::All)].into();
    }
    let mut out: BTreeMap<FaultSet, Of> = BTreeMap::new();
    let mut ask = |faults: FaultSet, of: Of| match out.get_mut(&faults) {
        Some(known) => known.and(of),
        None => drop(out.insert(faults, of)),
    };
    let model = &context.plan.model;
    for class in due.keys() {
        let store = model.classes[*class].home.store;
        ask(vec![Fault::Loss(Target::Store(store))], Of::All);
        let host = Target::Host(context.plan.host_of(store));
        ask(vec![Fault::Loss(host)], Of::Taken);
    }
    for requirement in &model.requirements {
        let Demand::Survive(survive) = &requirement.demand else {
            continue;
        };
        if !Context::in_force(requirement.lifetime, period) {
            continue;
        }
        let classes = &requirement.selection.classes;
        for faults in faults::sets(context, survive, classes, period) {
            ask(faults, Of::All);
        }
        let of = asked_of(scope, classes);
        for faults in together(scope, survive, &of, every) {
            ask(faults, Of::These(of.clone()));
        }
    }
    out
}

/// Those that a requirement is about, and what they need.
fn asked_of(scope: &Scope<'_, '_>, classes: &[ClassId]) -> BTreeSet<ClassId> {
    let wanted = |class: &&ClassId| scope.wanted.contains_key(*class);
    let asked = classes.iter().filter(wanted);
    asked
        .flat_map(|class| scope.context.with_needs(*class))
        .collect()
}

/// The sets of several of the faults of a requirement that take what comes over one line.
fn together(
    scope: &Scope<'_, '_>,
    survive: &Survive,
    of: &BTreeSet<ClassId>,
    every: bool,
) -> BTreeSet<FaultSet> {
    if of.is_empty() || !matches!(survive, Survive::Any { count, .. } if *count > 1) {
        return BTreeSet::new();
    }
    let Asked::Any(most, singles) = faults::asked(scope.context, survive, scope.period) else {
        return BTreeSet::new();
    };
    let all: Vec<ClassId> = scope.wanted.keys().copied().collect();
    let known = faults::sets(scope.context, survive, &all, scope.period);
    Together::of(scope, (most, &singles), known).sets(of, every)
}
