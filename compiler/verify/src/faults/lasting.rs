//! What lies in a copy at any moment, and not just at some.

use jiff::civil::Date;
use thrice_model::{ClassKind, Verb};
use thrice_plan::{Copy, CopyKind, FOR_EVER, Leave};

use crate::context::Context;

/// Whether something of a class is in a copy at any moment once that is filled: it is not made on demand alone, and
/// nothing empties it. What waits for an age to come is not counted on, nor what waits to be moved on.
pub(crate) fn stays(context: &Context<'_>, copy: &Copy, day: Date) -> bool {
    let is_emptied = || {
        let mut leaves = copy.leaves.iter();
        leaves.any(|leave| empties(context, copy, leave, day))
    };
    copy.kind == CopyKind::Live
        || (copy.staleness < FOR_EVER && !is_emptied() && comes(context, copy, day))
}

/// Whether a copy surely has what its source has: that is there when it is read.
fn comes(context: &Context<'_>, copy: &Copy, day: Date) -> bool {
    let source = copy.source.map(|source| &context.plan.copies[source]);
    let Some(source) = source.filter(|source| source.kind != CopyKind::Live) else {
        return copy.enter.older_than.is_none();
    };
    let follows = match &copy
        .made_by
        .map(|step| &context.plan.model.steps[step].verb)
    {
        // Versions of what has been emptied push those before out.
        Some(Verb::Backup { keep, .. }) => keep.is_some(),
        _ => copy.leaves.iter().any(|l| matches!(l, Leave::With { .. })),
    };
    // What only adds keeps what was there long enough to be brought.
    let in_time = |leave: &Leave| match leave {
        Leave::AfterEntering { after: age, .. } | Leave::AtAge { age, .. } => {
            age.low() > copy.staleness
        }
        Leave::Into { by, .. } => copy.made_by == Some(*by),
        Leave::With { .. } | Leave::AfterEnding { .. } => true,
    };
    let is_brought = |leave: &Leave| in_time(leave) || !empties(context, source, leave, day);
    copy.enter.older_than.is_none()
        && match follows {
            true => stays(context, source, day),
            false => source.leaves.iter().all(is_brought) && comes(context, source, day),
        }
}

/// Whether a copy may be empty because of a way in which something leaves it. What goes with its source does if
/// that does; of a state the next version comes in time until the step that makes it has ended.
fn empties(context: &Context<'_>, copy: &Copy, leave: &Leave, day: Date) -> bool {
    let plan = context.plan;
    match leave {
        Leave::With { .. } => false,
        Leave::AfterEnding { of, .. }
            if plan.model.classes[copy.class].kind == ClassKind::State =>
        {
            let until = plan.model.steps[*of].lifetime.until;
            until.is_some_and(|until| until <= day)
        }
        _ => true,
    }
}
