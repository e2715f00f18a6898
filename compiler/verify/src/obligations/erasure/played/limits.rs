//! What the plan's own figures do not reach.

use std::collections::BTreeSet;

use jiff::Timestamp;
use thrice_model::StepId;
use thrice_quantity::Seconds;

use super::adverse::{Course, Way};
use super::rhythm::{apart, count_of, snapshots};

/// No step is played for more runs: hourly ones for more than four years.
const MANY_RUNS: i64 = 40_000;

impl Way<'_> {
    /// Whether some step runs too often for all its runs to be played.
    pub(super) fn has_many_runs(&self) -> bool {
        let copies = &self.plan.copies;
        let makes = self.copies.iter().filter_map(|id| copies[*id].made_by);
        let clears = self.copies.iter().flat_map(|id| self.clears(*id));
        let mut apart = makes.chain(clears).filter_map(|step| {
            let apart = self.plan.cadences[step].narrowest?;
            Some(apart.0.max(1))
        });
        apart.any(|apart| self.lasts.0 / apart > MANY_RUNS)
    }

    /// Whether in a course no runs, nor snapshots of a store, lie further apart than the plan says: it knows those
    /// of the policy's years.
    pub(super) fn is_in_rhythm(&self, course: &Course) -> bool {
        let within = |dues: &[Timestamp], runs: usize, most: Option<Seconds>| {
            most.is_none_or(|most| apart(dues, runs).all(|gap| gap <= most))
        };
        let copies = &self.plan.copies;
        let makes = self.copies.iter().filter_map(|id| copies[*id].made_by);
        let clears = self.copies.iter().flat_map(|id| self.clears(*id));
        let steps: BTreeSet<StepId> = makes.chain(clears).collect();
        let runs = steps.into_iter().all(|step| {
            let cadence = &self.plan.cadences[step];
            let dues = self.dues(step, course);
            let next = count_of(cadence.missed).saturating_add(1);
            within(&dues, 1, cadence.widest) && within(&dues, next, cadence.widest_missed)
        });
        runs && self.copies.iter().all(|id| {
            let own = self.plan.snapshots.get(copies[*id].location.store);
            let most = own.copied().flatten().map(|own| own.stay);
            let (taken, keep) = snapshots(self.plan, *id, (course.from, course.until));
            within(&taken, keep, most)
        })
    }
}
