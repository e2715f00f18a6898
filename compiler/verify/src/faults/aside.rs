//! What a sync puts beside its destination instead of deleting it.
//!
//! Each run has a folder of its own there, so that what is taken away twice is there twice. It stays until somebody clears
//! it: by the files' own times, if it goes by these, for rclone leaves them as they are.

use thrice_model::{AgeClock, Location, Source, Step, StepTarget, Verb};
use thrice_plan::{Copy, FOR_EVER};
use thrice_quantity::Seconds;

use crate::context::Context;

/// How long what was deleted or overwritten surely stays beside a copy; `None` where nothing is put there.
pub(crate) fn aside(context: &Context<'_>, copy: &Copy) -> Option<Seconds> {
    let made_by = copy.made_by?;
    let place = beside(&context.plan.model.steps[made_by])?;
    let steps = context.plan.model.steps.iter();
    let others = steps.filter(|(id, _)| *id != made_by);
    let left = others.filter_map(|(_, step)| left_by(step, place));
    Some(left.min().unwrap_or(FOR_EVER))
}

/// How long another step leaves what lies in a place, if it deletes or overwrites there.
fn left_by(step: &Step, place: &Location) -> Option<Seconds> {
    match (&step.verb, &step.source, &step.target) {
        (
            Verb::Expire {
                after,
                clock,
                noncurrent: false,
                ..
            },
            Source::Location(cleared, _),
            _,
        ) if cleared.meets(place) => Some(match clock {
            AgeClock::Upload | AgeClock::Snapshot => after.low(),
            // Files keep their times when they are taken away.
            AgeClock::Mtime | AgeClock::Use => Seconds::ZERO,
        }),
        (Verb::Move { .. }, Source::Location(taken, _), _) if taken.meets(place) => {
            Some(Seconds::ZERO)
        }
        (Verb::Sync { .. }, _, StepTarget::Location(equal, _)) if equal.meets(place) => {
            Some(Seconds::ZERO)
        }
        _ => None,
    }
}

/// Where a step puts what it takes away.
pub(super) fn beside(step: &Step) -> Option<&Location> {
    match &step.verb {
        Verb::Sync { backup_dir, .. } => backup_dir.as_deref(),
        _ => None,
    }
}
