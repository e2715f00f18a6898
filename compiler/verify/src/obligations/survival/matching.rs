//! What keeps a class and what it is restored with from matching.

use thrice_model::StepId;
use thrice_plan::Copy;
use thrice_quantity::Seconds;

use crate::context::Context;

/// What does not fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mismatch {
    /// While runs fail what is left of both may be so far apart, and the one is needed within so long of the other.
    Failing(Seconds, Seconds),
    /// Versions reach back so far, and those of what they need only so far.
    Reach(Seconds, Seconds),
    /// Versions of what is needed are so far apart, and one is needed within so long.
    Apart(Seconds, Seconds),
    /// Copies are made so far apart, nothing keeps what was by then of what they need, and it is needed within so long.
    Behind(Seconds, Seconds),
    /// What is needed can be so old, `None`: of any age; within so long it matches, and no more than so much may be lost.
    Old(Option<Seconds>, Seconds, Seconds),
}

/// How far apart the data of a copy is at most from run to run: what a step finds is no newer than what brings it.
pub(super) fn widest(context: &Context<'_>, copy: &Copy) -> Option<Seconds> {
    let gaps: Option<Vec<Seconds>> = steps(context, copy)
        .map(|step| context.plan.cadences[step].widest)
        .collect();
    gaps?.into_iter().max()
}

/// The same while as many runs fail as may before somebody has acted, of one step on the way after the other.
pub(super) fn widest_missed(context: &Context<'_>, copy: &Copy) -> Option<Seconds> {
    let widest = widest(context, copy)?;
    let outages = steps(context, copy).map(|step| context.plan.cadences[step].outage());
    Some(outages.fold(widest, Seconds::saturating_add))
}

/// Whether the same runs bring some of both, all the way from the data: what they leave is of one moment.
pub(super) fn together(context: &Context<'_>, mine: &[&Copy], theirs: &[&Copy]) -> bool {
    let same = |copy: &&Copy| {
        let steps: Vec<StepId> = steps(context, copy).collect();
        let mut theirs = theirs.iter();
        !steps.is_empty()
            && theirs.any(|other| steps.iter().copied().eq(self::steps(context, other)))
    };
    mine.iter().any(same)
}

/// The steps on the way to a copy, the last one first.
fn steps<'p>(context: &Context<'p>, copy: &'p Copy) -> impl Iterator<Item = StepId> + use<'p> {
    let plan = context.plan;
    let way = std::iter::successors(Some(copy), |copy| copy.source.map(|id| &plan.copies[id]));
    way.filter_map(|copy| copy.made_by)
}
