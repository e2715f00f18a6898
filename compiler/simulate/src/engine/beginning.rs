//! From when on a case must be played.

use thrice_model::{StepId, Verb};
use thrice_plan::{CopyKind, FOR_EVER, Leave, Plan};
use thrice_quantity::{Interval, Seconds};

use super::{DAY, classes};
use crate::Case;
use crate::calendar::midnight;
use crate::dumps::refuses_next;

/// From when on a case must be played so that every chain has delivered, and what is deleted by age
/// has gone: twice the longest bounded way of data through the plan, before anything goes wrong and before what has ended
/// by then did. But not before the policy begins, and then where but what was first ever stays; unless the case says it.
pub(super) fn beginning(plan: &Plan, case: &Case) -> i64 {
    if let Some(from) = case.from {
        return from.as_second();
    }
    let start = midnight(plan.model.policy.start);
    // What is restored with them, and what opens them, must have come as well.
    let classes = classes(plan, &case.classes);
    let asked = |class| classes.contains(&class);
    let mut copies = plan.copies.iter();
    if copies.any(|(_, copy)| asked(copy.class) && refuses_next(plan, copy)) {
        return start;
    }
    let bounded = |seconds: i64| if seconds < FOR_EVER.0 { seconds } else { 0 };
    // What may be cleared at any time, and never, so that its age has no upper end, has had the time that its step states.
    let cleared = |by: StepId, after: Interval<Seconds>| match &plan.model.steps[by].verb {
        Verb::Expire { after: own, .. } if plan.model.steps[by].clears_when_asked() => {
            bounded(own.high().0)
        }
        _ => bounded(after.high().0),
    };
    let mut longest = 0;
    for (_, copy) in plan.copies.iter() {
        if !asked(copy.class) {
            continue;
        }
        let mut way = bounded(copy.staleness.0);
        way += copy
            .enter
            .older_than
            .as_ref()
            .map_or(0, |age| bounded(age.high().0));
        way += copy
            .leaves
            .iter()
            .map(|leave| match leave {
                Leave::AfterEntering { after, by } => cleared(*by, *after),
                Leave::AtAge { age, by } => cleared(*by, *age),
                Leave::AfterEnding {
                    after, stays, by, ..
                } => cleared(*by, *after).max(bounded(stays.0)),
                Leave::With { .. } | Leave::Into { .. } => 0,
            })
            .max()
            .unwrap_or(0);
        if copy.kind == CopyKind::Versions {
            way = way.max(400 * DAY);
        }
        longest = longest.max(way);
    }
    let first = case
        .strikes
        .iter()
        .map(|strike| strike.at.as_second())
        .min()
        .unwrap_or(case.judged.as_second());
    // What has ended by then has left what it had brought, where its store is still there.
    let left = plan.copies.iter().map(|(_, copy)| copy).filter(|copy| {
        let store = plan.model.stores[copy.location.store].lifetime.until;
        asked(copy.class) && store.is_none_or(|end| first < midnight(end))
    });
    let ended = left.filter_map(|copy| copy.lifetime.until).map(midnight);
    let first = ended.fold(first, i64::min);
    first
        .saturating_sub(longest.saturating_mul(2))
        .saturating_sub(2 * DAY)
        .max(start)
}
