//! Puts what came out to what has one cause, and says it.

use std::collections::BTreeSet;

use ecow::EcoString;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_model::{ClassId, Obligation};
use thrice_plan::CopyKind;
use thrice_presence::Run;

use super::decider::{Attained, Decider};
use super::{Ask, Group, Violation, tell};
use crate::acceptance;
use crate::fault::{self, Fault, FaultSet};
use crate::faults::Why;
use crate::obligations::split::split;
use crate::verdicts::{Said, Word, by_class};
use crate::verification::Verification;

impl Decider<'_, '_> {
    /// Puts away what is so only if a phase is late, unless fewer faults do for it.
    pub(super) fn file_late(&mut self, ask: &Ask, violation: Violation) {
        let Some(first) = violation.classes.first() else {
            return;
        };
        let whose = (*first, violation.lost, violation.period);
        let known = self.late.entry(whose).or_default();
        let fewer = |faults: &FaultSet| {
            faults.len() < ask.faults.len() && faults.iter().all(|f| ask.faults.contains(f))
        };
        if !known.iter().any(fewer) {
            known.push(ask.faults.clone());
            self.file(ask, violation);
        }
    }

    /// Puts a violation to those of the same cause, unless its single fault is an accepted risk.
    pub(super) fn file(&mut self, ask: &Ask, mut violation: Violation) {
        self.accept(ask, &mut violation);
        if violation.classes.is_empty() {
            return;
        }
        let plan = self.context.plan;
        let causes: BTreeSet<String> = violation
            .useless
            .iter()
            .map(|(id, why)| (&plan.copies[id], why))
            .filter(|(copy, _)| copy.kind != CopyKind::Live && copy.counts)
            .map(|(copy, why)| match why {
                Why::KeyLost(_) => format!("{why:?}"),
                _ => format!("{why:?} {}", self.context.store_name(copy.location.store)),
            })
            .collect();
        let whose = if violation.own { "own" } else { "needed" };
        let causes: Vec<String> = causes.into_iter().collect();
        let run = violation.run.as_ref();
        let shown = match run.map(Run::is_late) {
            None => "false",
            Some(false) => "true",
            Some(true) => "late",
        };
        let key = format!("{whose} {shown} {}", causes.join(" "));
        let group = self.groups.entry(key).or_default();
        group.spans.extend(ask.span);
        group.floor |= ask.span.is_none();
        group.violations.push(violation.of_its_own(self.context));
    }

    /// Takes the classes out for which the single fault is accepted, and counts that.
    pub(super) fn accept(&mut self, ask: &Ask, violation: &mut Violation) {
        let [Fault::Loss(target)] = ask.faults.as_slice() else {
            return;
        };
        for (index, acceptance) in self.context.plan.model.acceptances.iter().enumerate() {
            let mine =
                acceptance.obligation == Obligation::Survival && acceptance.fault == Some(*target);
            let is_covered = |class: &ClassId| acceptance::is_about(acceptance, *class);
            let needed = mine && violation.classes.iter().any(is_covered);
            if !needed {
                continue;
            }
            // What somebody accepted until some day counts again, and is no less covered.
            if acceptance.until > self.context.plan.as_of {
                violation.classes.retain(|class| !is_covered(class));
            }
            *self.covered.entry(index).or_default() += 1;
            if ask.span.is_none() {
                self.floor_covered.insert(index);
            }
        }
    }

    /// Says after which faults the live data alone is left of a class, if enough is left under all.
    pub(super) fn only_live(
        &self,
        attained: &Attained,
        class: ClassId,
        index: usize,
    ) -> Option<String> {
        if !attained.holds || attained.only_live.is_empty() {
            return None;
        }
        let mut least: Vec<&FaultSet> = fault::least(&attained.only_live).collect();
        least.sort_by_key(|set| set.len());
        let only = least.iter().map(|set| tell::set_words(self.context, set));
        let only: Vec<String> = only.collect();
        let name = self.context.class_name(class);
        let period = self.context.plan.periods.get(index);
        let period = period.map_or("", |p| p.name.as_str());
        Some(format!("`{name}` in `{period}` if {}", only.join(", or ")))
    }

    pub(super) fn finish(self, out: &mut Verification) {
        let groups = self.verdicts.iter();
        let groups = groups.map(|(classes, index, _)| (&classes[..], *index));
        let cells = by_class(self.context.plan.model.classes.len(), groups);
        // Classes that are decided together throughout are told of in the same words.
        let mut words: IndexMap<Vec<u32>, Word, FxBuildHasher> = IndexMap::default();
        let mut together = Vec::new();
        for cells in
            cells.chunk_by(|one, next| (one.class, one.period) == (next.class, next.period))
        {
            let Some(first) = cells.first() else {
                continue;
            };
            let (class, index) = (first.class, first.period as usize);
            together.clear();
            together.extend(cells.iter().map(|cell| cell.group));
            if let Some(word) = words.get(&together) {
                out.verdicts.push_one(class, index, *word);
                continue;
            }
            let mut attained = Attained::default();
            for cell in cells {
                if let Some((.., other)) = self.verdicts.get(cell.group as usize) {
                    attained.add(other);
                }
            }
            let only = self.only_live(&attained, class, index);
            let word = out.verdicts.word(Said {
                obligation: Obligation::Survival,
                engine: attained.engine,
                holds: attained.holds,
                note: if attained.only_live.is_empty() {
                    EcoString::new()
                } else {
                    "partly through the live data alone".into()
                },
            });
            out.verdicts.push_one(class, index, word);
            match only {
                // This names the class.
                Some(only) => out.only_live.push(only),
                None => drop(words.insert(together.clone(), word)),
            }
        }
        let parts = self.groups.values().flat_map(|group| {
            let violations = split(&group.violations).into_iter();
            violations.map(|violations| Group {
                violations: violations
                    .into_iter()
                    .map(|violation| violation.of_its_own(self.context))
                    .collect(),
                ..group.clone()
            })
        });
        out.findings
            .extend(parts.filter_map(|part| tell::tell(self.context, &part)));
        out.floor_covered.extend(&self.floor_covered);
        for (index, count) in &self.covered {
            *out.covered.entry(*index).or_default() += count;
        }
    }
}
