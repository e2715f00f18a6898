//! Faults that somebody bears for a class: it is told of the others how old the newest version gets.

use std::collections::BTreeMap;
use std::rc::Rc;

use thrice_model::{ClassId, Obligation, Target};

use super::asked::Limits;
use super::asker::Sets;
use super::{Pass, Told, Violation};
use crate::acceptance::{self, Covered};
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::obligations::split::Violated as _;
use crate::verification::Verification;

const OF: Obligation = Obligation::RecoveryPoint;

/// What is left to be told where somebody bears some faults.
pub(super) struct Borne<'c, 'p> {
    context: &'c Context<'p>,
    /// Whether anybody has borne any.
    any: bool,
    covered: Covered,
    /// What is told of this period, and of the one before, of classes of which something is borne.
    told: Told,
    before: Told,
}

impl<'c, 'p> Borne<'c, 'p> {
    pub(super) fn new(context: &'c Context<'p>) -> Self {
        let mut all = context.plan.model.acceptances.iter();
        Self {
            context,
            any: all.any(|acceptance| acceptance.obligation == OF && acceptance.fault.is_some()),
            covered: Covered::new(),
            told: Told::new(),
            before: Told::new(),
        }
    }

    /// Another period begins.
    pub(super) fn begins(&mut self) {
        self.before = std::mem::take(&mut self.told);
    }

    /// What is found of classes that are alike, without what is borne.
    pub(super) fn left(
        &mut self,
        pass: &mut Pass<'_, '_>,
        (classes, limits): (&[ClassId], Limits),
        sets: &Sets,
        found: Vec<Violation>,
    ) -> Vec<Violation> {
        if !self.any {
            return found;
        }
        let mut groups: BTreeMap<Vec<bool>, Vec<ClassId>> = BTreeMap::new();
        for class in classes {
            let mine = found.iter().filter(|v| v.classes.contains(class));
            for set in mine.flat_map(|violation| &violation.faults) {
                is_borne(self.context, *class, set, &mut self.covered);
            }
            let mut unseen = Covered::new();
            let borne = |(set, _): &(FaultSet, _)| is_borne(self.context, *class, set, &mut unseen);
            let borne = sets.iter().map(borne).collect();
            groups.entry(borne).or_default().push(*class);
        }
        let mut out = Vec::new();
        for (borne, classes) in groups {
            if borne.contains(&true) {
                let left = sets.iter().zip(&borne).filter(|(_, borne)| !**borne);
                let left: Sets = Rc::new(left.map(|(set, _)| set.clone()).collect());
                std::mem::swap(&mut pass.before, &mut self.before);
                let found = pass.ask(&classes, limits, &left, &mut self.told);
                std::mem::swap(&mut pass.before, &mut self.before);
                out.extend(found.violations);
                continue;
            }
            let only = |violation: &Violation| {
                let mine = violation.classes.iter().copied();
                let mine: Vec<ClassId> = mine.filter(|class| classes.contains(class)).collect();
                (!mine.is_empty()).then(|| violation.only(mine))
            };
            out.extend(found.iter().filter_map(only));
        }
        out
    }

    /// Counts who bears something, with those that bear it of something else that is told.
    pub(super) fn count(&self, also: &Covered, out: &mut Verification) {
        let all = self.covered.union(also).copied().collect();
        acceptance::count(&all, out);
    }
}

/// Whether somebody bears the one fault of a set for a class. Of the live data alone it is told as of what it lies on, and
/// so it is borne.
pub(super) fn is_borne(
    context: &Context<'_>,
    class: ClassId,
    set: &FaultSet,
    covered: &mut Covered,
) -> bool {
    let plan = context.plan;
    let mut borne = |target| acceptance::of_single_fault(plan, OF, target, class, covered);
    match set.as_slice() {
        [Fault::Loss(target)] => borne(*target),
        [Fault::LiveData] => {
            let store = plan.model.classes[class].home.store;
            let host = borne(Target::Host(plan.host_of(store)));
            borne(Target::Store(store)) || host
        }
        _ => false,
    }
}
