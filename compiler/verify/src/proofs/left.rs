//! What faults leave of a class.

use thrice_model::ClassId;
use thrice_plan::{CopyId, CopyKind, Period};

use crate::context::Context;
use crate::faults::{Struck, Why};

/// What is left of a class.
pub(super) struct Left {
    /// Whether the faults leave the data where it lives, though it may be decided as if it were lost.
    pub untouched: bool,
    /// The copies that count and are of use, the data itself among them, in the order of the plan.
    pub copies: Vec<CopyId>,
}

/// What faults leave of a class in a period.
pub(super) fn left(
    context: &Context<'_>,
    struck: &Struck,
    class: ClassId,
    period: &Period,
) -> Left {
    let mut copies = context.copies_in(class, period);
    let useless = struck.useless(context, &copies);
    let untouched = copies
        .iter()
        .filter(|id| is_live(context, **id))
        .all(|id| matches!(useless.get(*id), None | Some(Why::LiveDataLost)));
    copies.retain(|id| context.plan.copies[*id].counts && !useless.contains(*id));
    Left { untouched, copies }
}

/// Whether a copy is the data itself.
pub(super) fn is_live(context: &Context<'_>, copy: CopyId) -> bool {
    context.plan.copies[copy].kind == CopyKind::Live
}
