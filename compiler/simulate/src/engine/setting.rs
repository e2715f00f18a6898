//! What is set up before a case is played.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use thrice_model::{StepId, StoreId};
use thrice_plan::CopyId;
use thrice_quantity::Seconds;

use super::{DAY, Engine, Job, Progress};
use crate::RunChoice;
use crate::calendar::{cleared_each_day, starts};
use crate::ended::Ending;
use crate::world::deletes_in;

impl Engine<'_, '_> {
    /// Sets up strikes and the steps that matter; what is left out, in sentences.
    pub(super) fn prepare(&mut self, copies: &BTreeSet<CopyId>, from: i64, to: i64) -> Vec<String> {
        let plan = self.plan;
        let response = self.response();
        for (number, strike) in self.case.strikes.iter().enumerate() {
            let at = strike.at.as_second();
            self.queue.push(Reverse((at, Job::Strike(number))));
            self.queue
                .push(Reverse((at.saturating_add(response), Job::Act(number))));
        }
        let endings = Ending::all(plan, copies).into_iter();
        let endings = endings.map(|(at, ending)| Reverse((at, Job::Ends(ending))));
        self.queue.extend(endings);
        let first = self
            .case
            .strikes
            .iter()
            .map(|strike| strike.at.as_second())
            .min()
            .unwrap_or(to);
        let mut by_hand = Vec::new();
        for id in self.relevant(copies) {
            let asked = || cleared_each_day(plan, id, (from, to)).filter(|_| self.clears);
            let Some(runs) = starts(plan, id, from, to).or_else(asked) else {
                by_hand.push(plan.model.steps[id].named.name.as_str());
                continue;
            };
            let progress = self.progress(id, from, first, runs);
            self.steps.insert(id, progress);
            self.next_due(id);
        }
        if self.ledger.is_some() {
            self.queue.push(Reverse((from + DAY - 1, Job::Day)));
        }
        if by_hand.is_empty() {
            return Vec::new();
        }
        let verb = if by_hand.len() == 1 { "runs" } else { "run" };
        vec![format!(
            "{} {verb} on demand alone, and nobody asks for it",
            crate::names(by_hand)
        )]
    }

    /// The steps that make copies of what is asked about, or delete in the stores where they lie.
    fn relevant(&self, copies: &BTreeSet<CopyId>) -> BTreeSet<StepId> {
        let plan = self.plan;
        let mut out: BTreeSet<StepId> = self.makes.keys().copied().collect();
        for id in copies {
            out.extend(plan.copies[*id].cleared_by());
        }
        let stores: BTreeSet<StoreId> = copies
            .iter()
            .map(|id| plan.copies[*id].location.store)
            .collect();
        for (id, step) in plan.model.steps.iter() {
            if deletes_in(step).is_some_and(|place| stores.contains(&place.store)) {
                out.insert(id);
            }
        }
        out.extend(self.ledger.iter().flat_map(|ledger| ledger.prunes(copies)));
        out.extend(self.log.iter().flat_map(|log| &log.steps));
        out
    }

    fn progress(
        &self,
        id: StepId,
        from: i64,
        first: i64,
        runs: Box<dyn Iterator<Item = i64>>,
    ) -> Progress {
        let choices = &self.case.choices;
        let cadence = self.plan.cadences[id];
        let worst = choices.worst;
        let usual = if worst {
            cadence.duration.high()
        } else {
            cadence.duration.low()
        };
        let count =
            choices
                .missed
                .get(&id)
                .copied()
                .unwrap_or(if worst { cadence.missed } else { 0 });
        let mut missed = if count == 0 {
            BTreeSet::new()
        } else {
            let before: Vec<i64> = starts(self.plan, id, from, first.saturating_sub(1))
                .into_iter()
                .flatten()
                .collect();
            before.into_iter().rev().take(count as usize).collect()
        };
        let mut on_time = BTreeSet::new();
        for (at, choice) in choices.runs.get(&id).into_iter().flatten() {
            match choice {
                RunChoice::OnTime => on_time.insert(at.as_second()),
                RunChoice::Missed => missed.insert(at.as_second()),
            };
        }
        let latest = if worst { cadence.jitter } else { Seconds::ZERO };
        Progress {
            starts: Some(runs),
            missed,
            on_time,
            duration: choices
                .durations
                .get(&id)
                .copied()
                .unwrap_or(usual)
                .0
                .max(0),
            late: choices.late.get(&id).copied().unwrap_or(latest).0.max(0),
            ..Progress::default()
        }
    }
}
