//! What a step has left: a record is followed past the end of the step, on the days that are written.
//!
//! It is deleted (of items: written) at some moments up to that end, every run being as late and as long as it may; in
//! some it is written just before a run finds it, and deleted right after.

use std::cell::Cell;
use std::collections::BTreeMap;

use jiff::civil::Date;
use thrice_model::ClassKind;
use thrice_plan::calendar::midnight;
use thrice_plan::{CopyId, Plan};
use thrice_presence::DAY;
use thrice_quantity::Seconds;
use thrice_simulate::Erasure;

use super::super::super::playing::{Played, timestamp};
use super::super::Outlived;
use super::super::ended::is_synced_over;
use super::YEARS;
use super::adverse::Way;
use super::effort::{EFFORT, Unplayed, follow};
use super::rhythm::due_between;
use crate::context::Context;

/// So long before the end, in seconds, something is deleted or written.
const BEFORE: [i64; 9] = [
    0,
    DAY / 4,
    DAY,
    2 * DAY,
    4 * DAY,
    8 * DAY,
    16 * DAY,
    40 * DAY,
    100 * DAY,
];

/// In so many seconds before the end runs are looked for, and of so many it is tried.
const LAST: i64 = 40 * DAY;
const RUNS: usize = 3;

/// Whether something stays as long as is told in what a step has left; why not, if it does not.
pub(super) fn try_out(
    context: &Context<'_>,
    outlived: &Outlived,
    (copies, on): (&[CopyId], Date),
) -> Result<Played, Unplayed> {
    let plan = context.plan;
    if copies
        .iter()
        .any(|id| is_synced_over(context, &plan.copies[*id]))
    {
        return Ok(Played::Not("what syncs of other steps delete"));
    }
    let left = &plan.copies[outlived.copy];
    let ends = left.lifetime.until.map_or(i64::MAX, midnight);
    let death = outlived.deaths.get(&outlived.copy);
    let told = death.and_then(|death| death.at);
    let waits = match told {
        // It is looked at for some time more, to see whether it stays longer.
        Some(at) => at.saturating_add(Seconds::days(40)),
        None => outlived.most.saturating_add(YEARS),
    };
    let from = begins(plan, copies);
    let way = Way {
        plan,
        copies: copies.to_vec(),
        on,
        lasts: Seconds(ends.saturating_sub(from)).max(waits),
        ends: told.is_some(),
        effort: Cell::new(EFFORT),
    };
    if way.has_many_runs() {
        return Err(Unplayed::TooMuch);
    }
    let items = plan.model.classes[left.class].kind == ClassKind::Items;
    let mut came = false;
    for (written, moment) in moments(plan, copies, (from, ends)) {
        let until = moment.saturating_add(waits.0);
        let erasure = Erasure {
            copies: copies.iter().copied().collect(),
            on,
            as_written: true,
            from: timestamp(from)?,
            written: timestamp(if items { moment } else { written })?,
            deleted: (!items).then(|| timestamp(moment)).transpose()?,
            until: timestamp(until)?,
            runs: BTreeMap::new(),
        };
        let stays = follow(plan, &erasure, &way.effort)?;
        let stay = stays.get(&outlived.copy).copied().unwrap_or_default();
        let gone = stay.gone.map(|at| at.as_second());
        let store = || context.store_name(left.location.store);
        match (told, gone) {
            (None, None) if stay.remains() => return Ok(Played::Out),
            // Who ends before that is done may still take some of it.
            (None, Some(at)) if at > ends && left.leaves.is_empty() => {
                let age = Seconds(at.saturating_sub(moment));
                let why = format!("played, it is gone from `{}` after {age}", store());
                return Err(Unplayed::Refused(why));
            }
            (Some(most), gone) if stay.came.is_some() => {
                let age = Seconds(gone.unwrap_or(until).saturating_sub(moment));
                if age > most {
                    let store = store();
                    let why = format!("played, it is on `{store}` for {age}, not {most} at most");
                    return Err(Unplayed::Refused(why));
                }
                if age > outlived.most {
                    return Ok(Played::Out);
                }
            }
            _ => {}
        }
        came |= stay.came.is_some();
    }
    Ok(Played::Not(match came && told.is_some() {
        true => "waits that no calendar need bring together",
        false => "copies to which nothing comes",
    }))
}

/// When something may be written and deleted; what is written is deleted later.
fn moments(plan: &Plan, copies: &[CopyId], (from, ends): (i64, i64)) -> Vec<(i64, i64)> {
    let before = BEFORE.into_iter().map(|before| ends.saturating_sub(before));
    let mut out: Vec<(i64, i64)> = before.map(|moment| (from, moment)).collect();
    let first = copies.iter().find_map(|id| plan.copies[*id].made_by);
    if let Some(step) = first {
        let jitter = plan.cadences[step].jitter.0;
        let dues = due_between(plan, step, (ends.saturating_sub(LAST), ends));
        let dues = dues.into_iter().rev().take(RUNS).map(|due| due.as_second());
        out.extend(dues.map(|due| (due - 1, due.saturating_add(jitter).saturating_add(1))));
    }
    out.retain(|(written, moment)| from <= *written && written <= moment);
    out
}

/// From when on all that brings it is there.
fn begins(plan: &Plan, copies: &[CopyId]) -> i64 {
    let born = copies.iter().map(|id| plan.copies[*id].lifetime.from);
    let first = born.max().map_or(i64::MIN, midnight);
    first.max(midnight(plan.model.policy.start))
}
