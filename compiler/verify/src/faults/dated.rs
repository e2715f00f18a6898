//! How long files with dates in their names lie side by side.

use thrice_model::{StepId, Verb};
use thrice_plan::staleness::Known;
use thrice_plan::{Copy, CopyKind, FOR_EVER, Leave, Missed};
use thrice_quantity::Seconds;

use crate::context::Context;
use crate::indexed::Wanted;

/// What is sure of the dumps that lie side by side in a copy.
#[derive(Clone, Copy)]
pub(crate) struct Dated {
    /// How long each lies there, from when it was made.
    pub kept: Kept,
    /// How much older the newest of them that stays can be than the copy may be stale, and how much further apart they lie,
    /// while runs are missed.
    pub wider: Seconds,
}

/// How long files with dates in their names stay.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    /// Of what is asked about.
    there: Seconds,
    /// Of what was there before: somebody may have cleared until then who does no more.
    before: Seconds,
}

/// What is sure of the dumps of a capture in a copy: a clean-up takes them there. A sync takes away what its source has
/// let go; a copy adds, and what it has brought stays until somebody clears that place, however soon it goes at
/// its source. `None` for what overwrites what the run before has left.
pub(crate) fn dated(context: &Context<'_>, copy: &Copy, wanted: Wanted) -> Option<Dated> {
    let verb = &context.plan.model.steps[copy.made_by?].verb;
    let source = copy.source.map(|source| &context.plan.copies[source]);
    // What is moved on may go at any time.
    let is_moved = |leave: &Leave| matches!(leave, Leave::Into { .. });
    if copy.leaves.iter().any(is_moved) {
        return None;
    }
    let here = cleared(context, copy, wanted);
    match verb {
        Verb::Capture(parts) => Some(Dated {
            kept: here.within(parts.keeps.as_ref()?.0.low()),
            wider: Seconds::ZERO,
        }),
        Verb::Sync { .. } => {
            let there = dated(context, source?, wanted)?;
            Some(Dated {
                kept: here.and(there.kept),
                ..there
            })
        }
        Verb::Copy {
            latest_only: false, ..
        } => Some(brought(
            context,
            copy,
            dated(context, source?, wanted)?,
            here,
        )),
        _ => None,
    }
}

/// The same where a copy adds what its source has, and somebody clears it after some time.
///
/// A dump bears the name of the newest one until the next is made, and only then one that nothing overwrites. Under that
/// one it must be brought before it goes at its source. While runs are missed it may not be; then those are there that
/// were brought before, unless not even while all succeed is one brought in time.
fn brought(context: &Context<'_>, copy: &Copy, there: Dated, here: Kept) -> Dated {
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
    if named < there.kept.least() {
        Dated {
            kept: here,
            ..there
        }
    } else if !newest_goes && oldest(context, copy) < there.kept.least() {
        Dated {
            kept: here,
            wider: there.wider.max(made.saturating_add(made)),
        }
    } else {
        Dated {
            kept: here.and(there.kept),
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

impl Kept {
    /// The same, and at most so long.
    pub(crate) fn within(self, most: Seconds) -> Self {
        Self {
            there: self.there.min(most),
            ..self
        }
    }

    /// How far back the files reach of which the newest may be that old.
    pub(crate) fn reach(self, newest: Seconds) -> Seconds {
        match self.before > newest {
            true => self.there.saturating_sub(newest).max(Seconds::ZERO),
            // It may have gone before.
            false => Seconds::ZERO,
        }
    }

    /// How long they surely stay, whoever takes them.
    fn least(self) -> Seconds {
        self.there.min(self.before)
    }

    /// What lies in one place goes with what lies in another one.
    fn and(self, other: Self) -> Self {
        Self {
            there: self.there.min(other.there),
            before: self.before.min(other.before),
        }
    }
}

/// How long files with dates in their names lie in a copy itself, of what is asked about.
pub(crate) fn cleared(context: &Context<'_>, copy: &Copy, wanted: Wanted) -> Kept {
    let (Wanted::From(day) | Wanted::Before(day)) = wanted;
    let least = |wanted: Wanted| {
        let left = letting_go(context, copy);
        let left = left.filter_map(|(by, after)| context.left_by(wanted, by, after));
        left.min().unwrap_or(FOR_EVER)
    };
    Kept {
        there: least(wanted),
        before: least(Wanted::Before(day)),
    }
}

/// Who lets go of what lies in a copy by age, and after how long. What goes with what it mirrors is told further up.
pub(crate) fn letting_go<'c>(
    context: &'c Context<'_>,
    copy: &'c Copy,
) -> impl Iterator<Item = (StepId, Seconds)> + 'c {
    let leaves = copy.leaves.iter().filter_map(|leave| match leave {
        Leave::AfterEntering { after, by } | Leave::AtAge { age: after, by } => {
            Some((*by, after.low()))
        }
        Leave::With { .. } | Leave::AfterEnding { .. } | Leave::Into { .. } => None,
    });
    let rules = copy.older_by.iter().filter_map(|by| {
        let verb = &context.plan.model.steps[*by].verb;
        let Verb::Expire { after, .. } = verb else {
            return None;
        };
        Some((*by, after.low()))
    });
    leaves.chain(rules)
}
