//! How long files with dates in their names lie side by side.

use thrice_model::Verb;
use thrice_plan::staleness::Known;
use thrice_plan::{Copy, CopyKind, FOR_EVER, Leave, Missed};
use thrice_quantity::Seconds;

use crate::context::Context;

/// What is sure of the dumps that lie side by side in a copy.
#[derive(Clone, Copy)]
pub(crate) struct Dated {
    /// How long each lies there, from when it was made.
    pub kept: Seconds,
    /// How much older the newest of them that stays can be than the copy may be stale, and how much further apart they lie,
    /// while runs are missed.
    pub wider: Seconds,
}

/// What is sure of the dumps of a capture in a copy: a clean-up takes them there. A sync takes away what its source has
/// let go; a copy adds, and what it has brought stays until somebody clears that place, however soon it goes at
/// its source. `None` for what overwrites what the run before has left.
pub(crate) fn dated(context: &Context<'_>, copy: &Copy) -> Option<Dated> {
    let verb = &context.plan.model.steps[copy.made_by?].verb;
    let source = copy.source.map(|source| &context.plan.copies[source]);
    let here = cleared(context, copy)?;
    match verb {
        Verb::Capture(parts) => Some(Dated {
            kept: here.min(parts.keeps.as_ref()?.0.low()),
            wider: Seconds::ZERO,
        }),
        Verb::Sync { .. } => {
            let there = dated(context, source?)?;
            Some(Dated {
                kept: here.min(there.kept),
                ..there
            })
        }
        Verb::Copy {
            latest_only: false, ..
        } => Some(brought(context, copy, dated(context, source?)?, here)),
        _ => None,
    }
}

/// The same where a copy adds what its source has, and somebody clears it after some time.
///
/// A dump bears the name of the newest one until the next is made, and only then one that nothing overwrites. Under that
/// one it must be brought before it goes at its source. While runs are missed it may not be; then those are there that
/// were brought before, unless not even while all succeed is one brought in time.
fn brought(context: &Context<'_>, copy: &Copy, there: Dated, here: Seconds) -> Dated {
    let plan = context.plan;
    let is_on = |copy: &&Copy| copy.kind != CopyKind::Dump;
    let mut above = plan.way_of(copy).skip_while(is_on);
    let made = above.next().map_or(FOR_EVER, |dump| dump.staleness);
    let delays = plan.way_of(copy).take_while(is_on);
    let named = delays.fold(made, |all, copy| {
        all.saturating_add(copy.enter.delay.high())
    });
    let goes = |leave: &Leave| matches!(leave, Leave::AfterEntering { .. } | Leave::AtAge { .. });
    let mut sources = plan.way_of(copy).skip(1);
    let newest_goes = sources.any(|copy| copy.leaves.iter().any(goes));
    if named < there.kept {
        Dated {
            kept: here,
            ..there
        }
    } else if !newest_goes && oldest(context, copy) < there.kept {
        Dated {
            kept: here,
            wider: there.wider.max(made.saturating_add(made)),
        }
    } else {
        Dated {
            kept: here.min(there.kept),
            ..there
        }
    }
}

/// How old the newest of a copy gets while every run succeeds: the next one has been brought then, and this one under
/// a name of its own.
fn oldest(context: &Context<'_>, copy: &Copy) -> Seconds {
    let plan = context.plan;
    let mut same = context.copies_of(copy.class).iter();
    let id = same.find(|id| {
        let other = &plan.copies[**id];
        (other.made_by, other.source) == (copy.made_by, copy.source)
    });
    let Some(id) = id else { return FOR_EVER };
    match &plan.staleness().of(*id, Missed::Nominal).known {
        Known::Within(age) => *age,
        Known::Nothing => FOR_EVER,
        Known::Runs { runs, .. } => {
            let pairs = runs.iter().zip(runs.iter().skip(1));
            let ages = pairs.map(|(run, next)| Seconds(next.done().saturating_sub(run.data())));
            ages.max().unwrap_or(FOR_EVER)
        }
    }
}

/// After how long somebody takes away what lies in a copy itself; `None` where it is moved on at any time.
fn cleared(context: &Context<'_>, copy: &Copy) -> Option<Seconds> {
    let leaves = copy.leaves.iter().map(|leave| match leave {
        Leave::AfterEntering { after, .. } | Leave::AtAge { age: after, .. } => Some(after.low()),
        // What it mirrors says it, further up.
        Leave::With { .. } | Leave::AfterEnding { .. } => Some(FOR_EVER),
        Leave::Into { .. } => None,
    });
    let least = leaves.collect::<Option<Vec<Seconds>>>()?.into_iter();
    let rules = context.plan.older_go(copy);
    Some(least.fold(rules, Seconds::min))
}
