//! What is asked: what the policy requires, faults that somebody chose, and the floor.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, Demand, HostId, Obligation, Selection, Target};
use thrice_plan::Period;

use super::Ask;
use super::decider::{Alike, Decider};
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{self, Asked, Stakes};
use crate::verification::{Finding, Verification};
use crate::wording::during;

const VACUOUS: Code = Code("T1204");

impl Decider<'_, '_> {
    /// Asks about faults that somebody chose, of all classes.
    pub(super) fn under(&mut self, faults: &FaultSet, alike: &[Vec<ClassId>], index: usize) {
        let ask = Ask {
            faults: faults.clone(),
            span: None,
            spared: false,
            since: self.context.plan.model.policy.start,
        };
        let mut all: Vec<Alike> = alike.iter().map(|c| self.alike(c.clone())).collect();
        drop(self.ask(&ask, &mut all, index));
        self.conclude(all, index);
    }

    /// Asks what the policy requires.
    pub(super) fn required(
        &mut self,
        alike: &[Vec<ClassId>],
        index: usize,
        period: &Period,
        out: &mut Verification,
    ) {
        let context = self.context;
        for requirement in &context.plan.model.requirements {
            let Demand::Survive(survive) = &requirement.demand else {
                continue;
            };
            if !Context::in_force(requirement.lifetime, period) {
                continue;
            }
            let chosen = within(alike, &requirement.selection);
            let mut chosen: Vec<Alike> = chosen.into_iter().map(|c| self.alike(c)).collect();
            let ask = |faults: FaultSet| Ask {
                faults,
                span: Some(requirement.span),
                spared: false,
                since: requirement.lifetime.from,
            };
            match faults::asked(context, survive, period) {
                Asked::Set(set) => drop(self.ask(&ask(set), &mut chosen, index)),
                Asked::Any(_, singles) if singles.is_empty() => {
                    out.findings.push(vacuous(requirement.span, period));
                }
                Asked::Any(count, singles) => self.any(&ask, count, &singles, &mut chosen, index),
            }
            self.conclude(chosen, index);
        }
    }

    /// Puts away what came out for classes in a period.
    pub(super) fn conclude(&mut self, alike: impl IntoIterator<Item = Alike>, index: usize) {
        let outcomes = alike.into_iter().map(|a| (a.classes, index, a.attained));
        self.verdicts.extend(outcomes);
    }

    /// Asks about every set of up to `count` faults: first about each by itself, then about growing
    /// sets of those that are not fatal yet and that no other one outdoes.
    pub(super) fn any(
        &mut self,
        ask: &dyn Fn(FaultSet) -> Ask,
        count: usize,
        singles: &[Fault],
        alike: &mut [Alike],
        index: usize,
    ) {
        let Some(day) = self.context.plan.periods.get(index).map(|p| p.from) else {
            return;
        };
        let mut fatal: BTreeMap<usize, Vec<Fault>> = BTreeMap::new();
        for fault in singles {
            for group in self.ask(&ask(vec![*fault]), alike, index) {
                fatal.entry(group).or_default().push(*fault);
            }
        }
        for (group, classes) in alike.iter_mut().enumerate().filter(|_| count > 1) {
            let fatal = fatal.remove(&group).unwrap_or_default();
            let stakes = Stakes::of(self.context, &classes.lost);
            let harmless: Vec<Fault> = singles
                .iter()
                .copied()
                .filter(|f| !fatal.contains(f))
                .collect();
            let strongest = stakes.strongest(self.context, &harmless, day);
            let one = std::slice::from_mut(classes);
            let mut sets: Vec<FaultSet> = strongest.iter().map(|f| vec![*f]).collect();
            let mut killers: Vec<FaultSet> = Vec::new();
            for _ in 1..count {
                sets = faults::grown(&sets, &strongest, &killers);
                for set in &sets {
                    if !self.ask(&ask(set.clone()), one, index).is_empty() {
                        killers.push(set.clone());
                    }
                }
                sets.retain(|set| !killers.contains(set));
            }
        }
    }

    /// The floor: the loss of the class's own host, alone and together with each host that holds none
    /// of its copies.
    pub(super) fn floor(&mut self, alike: &[Vec<ClassId>], index: usize, period: &Period) {
        let model = &self.context.plan.model;
        let hosts: Vec<_> = model
            .hosts
            .iter()
            .filter(|(_, h)| h.lifetime.contains(period.from))
            .map(|(id, _)| id)
            .collect();
        for classes in alike {
            let mut one = [self.alike(classes.clone())];
            let [group] = &one;
            let Some(class) = group.lost.first() else {
                continue;
            };
            let home = self.context.plan.host_of(model.classes[*class].home.store);
            let own = Fault::Loss(Target::Host(home));
            let alone = Ask {
                faults: vec![own],
                span: None,
                spared: true,
                since: model.policy.start,
            };
            // Accepted or not: with more faults it only gets worse.
            if self.ask(&alone, &mut one, index).is_empty() {
                self.floor_with(own, &hosts, &mut one, index);
            }
            self.conclude(one, index);
        }
    }

    /// The loss of a class's own host together with each host that holds none of its copies. Of those
    /// that have nothing to do with it one stands for all, if it is survived.
    pub(super) fn floor_with(
        &mut self,
        own: Fault,
        hosts: &[HostId],
        one: &mut [Alike; 1],
        index: usize,
    ) {
        let [group] = &*one;
        let class = group.lost.first().copied();
        let with_stakes = Rc::clone(&group.hosts);
        let symbols = class.and_then(|class| self.symbolized(class, index));
        let copies = symbols.iter().flat_map(|symbols| &symbols.copies);
        let across = class.and_then(|class| self.context.across(class, index));
        let before = across.iter().flat_map(|across| &across.symbolized.copies);
        let holding: BTreeSet<HostId> = copies
            .chain(before)
            .map(|id| self.context.host(&self.context.plan.copies[*id]))
            .collect();
        let mut held_idle = false;
        for other in hosts {
            let idle = !with_stakes.contains(other);
            if (idle && held_idle) || holding.contains(other) {
                continue;
            }
            let mut faults = vec![own, Fault::Loss(Target::Host(*other))];
            faults.sort_unstable();
            let both = Ask {
                faults,
                span: None,
                spared: false,
                since: self.context.plan.model.policy.start,
            };
            held_idle |= self.ask(&both, one, index).is_empty() && idle;
        }
    }
}

/// The classes of each group that are selected; groups stay apart.
pub(super) fn within(alike: &[Vec<ClassId>], selected: &Selection) -> Vec<Vec<ClassId>> {
    alike
        .iter()
        .map(|group| {
            group
                .iter()
                .copied()
                .filter(|c| selected.contains(*c))
                .collect::<Vec<_>>()
        })
        .filter(|group| !group.is_empty())
        .collect()
}

pub(super) fn vacuous(span: Span, period: &Period) -> Finding {
    Finding {
        diagnostic: Diagnostic::warning(
            VACUOUS,
            format!(
                "this requirement names no fault that can happen{}",
                during([period])
            ),
        )
        .at(span, "nothing of these kinds is there")
        .help("declare what it is about, or take it away"),
        obligation: Obligation::Survival,
        classes: Vec::new(),
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}
