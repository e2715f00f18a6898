//! A counterexample, told in the order of time.

use jiff::civil::Date;
use thrice_diagnostics::Diagnostic;
use thrice_model::StepId;
use thrice_plan::{CopyId, Leave, Period};
use thrice_presence::Run;

use super::lateness;
use crate::context::Context;
use crate::systems::Symbolized;
use crate::wording::{age, list, moment};

/// Adds what happens to the case of a finding, in the order of time, whichever order it was found in. What falls on
/// one moment stays in the order in which it is given.
pub(super) fn in_time<M: Ord + Copy>(
    mut diagnostic: Diagnostic,
    mut events: Vec<(M, String)>,
    when: impl Fn(M) -> String,
) -> Diagnostic {
    events.sort_by_key(|(at, _)| *at);
    for (at, what) in events {
        diagnostic = diagnostic.event(when(at), what);
    }
    diagnostic
}

/// A day, in seconds.
const DAY: i64 = 86_400;

/// The steps that take an item away from a node in a run; a move only if the item has arrived.
pub(super) fn takers(
    context: &Context<'_>,
    symbolized: &Symbolized,
    run: &Run,
    node: usize,
) -> Vec<StepId> {
    let Some(copy) = symbolized
        .copies
        .get(node)
        .map(|id| &context.plan.copies[*id])
    else {
        return Vec::new();
    };
    let moved = |to: &CopyId| {
        let at = symbolized.copies.iter().position(|id| id == to);
        at.and_then(|at| run.stay(at)).map(|(entered, _)| entered) == run.leaves(node)
    };
    let happens = |leave: &&Leave| match leave {
        Leave::Into { copy, .. } => moved(copy),
        Leave::With { source, .. } => {
            let at = symbolized.copies.iter().position(|id| id == source);
            at.is_some_and(|at| {
                run.leaves(at)
                    .is_some_and(|gone| Some(gone) <= run.leaves(node))
            })
        }
        Leave::AfterEntering { .. } | Leave::AtAge { .. } => true,
        Leave::AfterEnding { of, .. } => {
            let until = context.plan.model.steps[*of].lifetime.until;
            until.is_some_and(|until| symbolized.days.contains(&until))
        }
    };
    let mut out: Vec<StepId> = copy.leaves.iter().filter(happens).map(Leave::by).collect();
    out.retain(|by| !symbolized.idle.contains(by));
    out.sort_unstable();
    out.dedup();
    out
}

/// Tells a run in the order of time: when the item enters and leaves each copy up to the age asked,
/// and when the faults strike.
pub(super) fn tell_run(
    context: &Context<'_>,
    symbolized: &Symbolized,
    run: &Run,
    period: &Period,
    diagnostic: Diagnostic,
    faults: Option<String>,
    why: &dyn Fn(CopyId) -> Option<String>,
) -> Diagnostic {
    let plan = context.plan;
    // What crosses changes came to be before the last of them, on which the period begins.
    let late = run.late.last().copied().unwrap_or(0);
    let since = run.changes.last().copied().unwrap_or(0) - late * DAY;
    let moment = |day: Date, age: i64| moment(day, age.saturating_sub(since));
    // Sorted by age, then by rank: at one moment things are written, copied, taken away where they come
    // from and then where they went, struck.
    let mut events: Vec<(i64, usize, String)> = Vec::new();
    let copies = symbolized.copies.len();
    let strike = 2 * copies;
    events.extend(faults.map(|what| (run.struck, strike, what)));
    let changes = run.changes.iter().zip(&run.late);
    for (day, (at, late)) in symbolized.days.iter().zip(changes) {
        let begins = plan.periods.iter().find(|period| period.from == *day);
        if let Some(begins) = begins.filter(|_| 0 < *at && *at <= run.age) {
            events.push((*at, 0, lateness::begins(&begins.name, *late)));
        }
    }
    for (node, id) in symbolized.copies.iter().enumerate() {
        let copy = &plan.copies[*id];
        let store = context.store_name(copy.location.store);
        let step = copy
            .made_by
            .map_or("", |s| plan.model.steps[s].named.name.as_str());
        match run.stay(node) {
            None => events.push((
                run.age,
                strike + 2,
                match plan.is_part(copy) {
                    true => format!(
                        "it never reaches `{store}`: `{step}` takes but a part of where it lies"
                    ),
                    false => format!("it never reaches `{store}`: `{step}` comes too late"),
                },
            )),
            Some((entered, _)) if entered > run.age => {
                // Seconds are not shown: what comes within the minute must not seem to be there.
                let text = match moment(period.from, entered) {
                    when if when == moment(period.from, run.age) => {
                        format!("`{step}` has not brought it to `{store}` yet")
                    }
                    when => format!("`{step}` would bring it to `{store}` only at {when}"),
                };
                events.push((run.age, strike + 2, text));
            }
            Some((entered, _)) => {
                let text = if copy.made_by.is_none() {
                    format!("something is written on `{store}`")
                } else if !copy.counts && plan.is_part(copy) {
                    format!("`{step}` brings but a part to `{store}`, which never counts")
                } else {
                    format!("`{step}` has brought it to `{store}`")
                };
                events.push((entered, node, text));
            }
        }
        if let Some(left) = run.leaves(node).filter(|at| *at <= run.age) {
            let by = takers(context, symbolized, run, node);
            let take = if by.len() == 1 { "takes" } else { "take" };
            let by = list(
                by.iter()
                    .map(|step| plan.model.steps[*step].named.name.as_str()),
            );
            let stays =
                plan.model.stores[copy.location.store].lifetime.until != copy.lifetime.until;
            let gone = match by.is_empty() {
                true if copy.made_by.is_none() && stays => {
                    let class = context.class_name(copy.class);
                    format!("`{class}` is no longer on `{store}`")
                }
                true => format!("`{store}` is no longer there"),
                false => format!("{by} {take} it away from `{store}`"),
            };
            events.push((left, copies + node, gone));
        }
        if let Some(why) = why(*id).filter(|_| run.is_in(node)) {
            events.push((run.struck, strike + 1, format!("on `{store}`: {why}")));
        }
    }
    events.sort();
    events.dedup();
    let mut events: Vec<(i64, String)> =
        events.into_iter().map(|(at, _, what)| (at, what)).collect();
    let left: Vec<&str> = symbolized
        .copies
        .iter()
        .enumerate()
        .filter(|(node, id)| run.is_in(*node) && plan.copies[**id].counts && why(**id).is_none())
        .map(|(_, id)| context.store_name(plan.copies[*id].location.store))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let left = if left.is_empty() {
        "nothing is left".to_owned()
    } else {
        format!("left: {}", list(left))
    };
    events.push((run.age, format!("at the age of {}: {left}", age(run.age))));
    in_time(diagnostic, events, |at| moment(period.from, at))
}
