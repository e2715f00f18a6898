//! What syncs put beside their destinations instead of deleting it.
//!
//! Each run has a folder of its own there, so that what is taken away twice is there twice. It stays until somebody clears
//! it: by the files' own times, if it goes by these, for rclone leaves them as they are.

use std::collections::BTreeMap;

use thrice_model::{AgeClock, Location, Source, Step, StepId, Verb};
use thrice_plan::places::Places;
use thrice_plan::{FOR_EVER, Plan};
use thrice_quantity::Seconds;

use super::left::cleared;

/// By the sync that puts it aside, how long it surely stays there.
pub(super) struct Asides(BTreeMap<StepId, Seconds>);

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
            let left = by.filter_map(|by| clears(&plan.model.steps[by]));
            let left = left.map(|(_, left)| left).min();
            (id, left.unwrap_or(FOR_EVER))
        });
        Self(kept.collect())
    }

    pub(super) fn kept(&self, by: StepId) -> Option<Seconds> {
        self.0.get(&by).copied()
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
