//! How much later than it is due a run starts because it waits for others.

use thrice_model::StepId;
use thrice_plan::Plan;
use thrice_quantity::Seconds;

/// So many times a run finds another one at work before it is said to wait for as long as these take.
const ROUNDS: usize = 16;

/// By how much a run of a step is at most later than its own late start because others, which it comes `after`, or whose
/// end begins it, are still at work.
pub(super) fn waits(plan: &Plan, step: StepId) -> Seconds {
    waits_but_for(plan, step, &mut Vec::new())
}

/// The same, but for those that are asked about already: steps that wait for each other never start at all.
fn waits_but_for(plan: &Plan, step: StepId, asked: &mut Vec<StepId>) -> Seconds {
    let mut others = others(plan, step);
    others.retain(|other| !asked.contains(other));
    if others.is_empty() {
        return Seconds::ZERO;
    }
    asked.push(step);
    let late = others.iter().map(|other| {
        let late = plan.cadences[*other].jitter;
        late.saturating_add(waits_but_for(plan, *other, asked)).0
    });
    let late_others: Vec<i64> = late.collect();
    asked.pop();
    let lists = others.iter().map(|other| plan.calendars.starts(*other));
    let lists: Option<Vec<_>> = lists.collect();
    let lasts = |other: &StepId| plan.cadences[*other].duration.high();
    let (Some(starts), Some(lists)) = (plan.calendars.starts(step), lists) else {
        // Nothing says when they run: each may be in its way.
        let each = others.iter().zip(&late_others);
        return each.fold(Seconds::ZERO, |sum, (other, late)| {
            sum.saturating_add(lasts(other))
                .saturating_add(Seconds(*late))
        });
    };
    let late = plan.cadences[step].jitter.0;
    let mut most = 0;
    for start in starts.iter() {
        let ready = start.saturating_add(late);
        let mut begins = ready;
        for _ in 0..ROUNDS {
            let each = others.iter().zip(&lists).zip(&late_others);
            let ends = each.filter_map(|((other, starts), late)| {
                let last = starts.partition_point(|at| *at <= begins).checked_sub(1)?;
                let at = starts.get(last)?.saturating_add(*late).min(begins);
                Some(at.saturating_add(lasts(other).0))
            });
            let ends = ends.max().unwrap_or(begins);
            if ends <= begins {
                break;
            }
            begins = ends;
        }
        most = most.max(begins.saturating_sub(ready));
    }
    Seconds(most)
}

/// The steps that keep one waiting.
fn others(plan: &Plan, id: StepId) -> Vec<StepId> {
    let mut out: Vec<StepId> = plan.waits_for(id).collect();
    out.sort_unstable();
    out.dedup();
    out
}
