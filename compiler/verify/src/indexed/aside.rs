//! What syncs put beside their destinations instead of deleting it.
//!
//! Each run has a folder of its own there, so that what is taken away twice is there twice. It stays until somebody clears
//! it: by the files' own times, if it goes by these, for rclone leaves them as they are.

use std::collections::BTreeMap;

use thrice_model::{AgeClock, Lifetime, Location, Source, Step, StepId, Verb};
use thrice_plan::Plan;
use thrice_plan::places::Places;
use thrice_quantity::Seconds;

use super::left::cleared;
use super::letting::Wanted;

/// By the sync that puts it aside, who takes it away there, and how long each surely leaves it.
pub(super) struct Asides(BTreeMap<StepId, Vec<Clearing>>);

/// Somebody who clears such a place.
pub(super) struct Clearing {
    by: StepId,
    pub life: Lifetime,
    pub left: Seconds,
}

impl Asides {
    pub(super) fn of(plan: &Plan) -> Self {
        let steps = || plan.model.steps.iter();
        let putting = steps().filter_map(|(id, step)| Some((id, step.puts_aside()?)));
        let putting: Vec<(StepId, &Location)> = putting.collect();
        let mut cleared: Places<StepId> = Places::default();
        for (id, step) in steps().filter(|_| !putting.is_empty()) {
            if let Some((place, _)) = clears(step) {
                cleared.insert(place, id);
            }
        }
        let kept = putting.into_iter().map(|(id, place)| {
            let by = cleared.meeting(place).into_iter().filter(|by| *by != id);
            let clearing = by.filter_map(|by| {
                let step = &plan.model.steps[by];
                let (_, left) = clears(step)?;
                let life = step.lifetime;
                Some(Clearing { by, life, left })
            });
            (id, clearing.collect())
        });
        Self(kept.collect())
    }

    /// How long it surely stays, of what is asked about.
    pub(super) fn kept(&self, plan: &Plan, by: StepId, wanted: Wanted) -> Option<Seconds> {
        let clearing = self.0.get(&by)?.iter();
        Some(wanted.least(
            plan,
            clearing.map(|clearing| (clearing.life, clearing.left)),
        ))
    }

    /// Who clears the place in which a sync puts it.
    pub(super) fn clearing(&self, by: StepId) -> &[Clearing] {
        self.0.get(&by).map_or(&[], Vec::as_slice)
    }

    /// Whether somebody takes away there what any sync puts aside.
    pub(super) fn are_cleared_by(&self, id: StepId) -> bool {
        let mut all = self.0.values().flatten();
        all.any(|clearing| clearing.by == id)
    }
}

/// Where a step deletes or takes away, and how long it leaves what comes there.
fn clears(step: &Step) -> Option<(&Location, Seconds)> {
    match (&step.verb, &step.source) {
        (
            Verb::Expire {
                after,
                clock: AgeClock::Upload | AgeClock::Snapshot,
                ..
            },
            _,
        ) => Some((cleared(step)?, after.low())),
        (Verb::Move { .. }, Source::Location(place, _)) => Some((place, Seconds::ZERO)),
        // A sync; or by the times of files, which they keep when they are taken away.
        _ => Some((cleared(step)?, Seconds::ZERO)),
    }
}
