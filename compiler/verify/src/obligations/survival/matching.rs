//! What keeps a class and what it is restored with from matching.

use thrice_plan::Copy;
use thrice_quantity::Seconds;

use crate::context::Context;

/// What does not fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mismatch {
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
    let source = |copy: &&Copy| copy.source.map(|id| &context.plan.copies[id]);
    let way = std::iter::successors(Some(copy), source);
    let steps = way.filter_map(|copy| copy.made_by);
    let gaps: Option<Vec<Seconds>> = steps
        .map(|step| context.plan.cadences[step].widest)
        .collect();
    gaps?.into_iter().max()
}
