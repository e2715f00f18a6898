//! Plays what is told of something that stays too long on the simulator before anybody sees it.
//!
//! A record is followed to the copy in which it stays longest, on the calendar, as if the period lasted for ever. Of
//! each step on the way the last run that still finds it comes when it can, and as many as may be are then missed; the
//! simulator refuses more than the plan allows. Some moments of its deletion are tried (of items, of their being
//! written): those after which the runs of a step on the way lie furthest apart, and ends of months, weeks and years,
//! which keep rules count. One of these courses must outlast what is asked for, or where it never goes, years. None
//! may outlast the sum of delays in any copy on the way: that would be a bound that is none.
//!
//! Not played is what no calendar need bring together: the sum holds of each delay by itself.

mod adverse;
mod effort;
mod ended;
mod limits;
mod moments;
mod rhythm;

use std::cell::Cell;
use std::collections::BTreeMap;

use thrice_model::{Obligation, StepId, Verb, Versioning};
use thrice_plan::{CopyId, CopyKind, Plan};
use thrice_quantity::Seconds;
use thrice_quantity::schedule::Recurrence;
use thrice_simulate::Stay;

use super::super::playing::{EMPTIED, NO_DATES, Played, leaves_by, may_be_told};
use super::ended::is_left;
use super::{Outlived, way};
use crate::context::Context;
use crate::verification::Verification;
use adverse::{Course, Way};
use effort::{EFFORT, Unplayed};

/// So long is waited, besides what is asked for, for what never goes.
const YEARS: Seconds = Seconds::days(3 * 366);
/// Nothing is played for longer.
const CENTURY: Seconds = Seconds::days(36_525);

/// Whether a finding may be told.
pub(super) fn is_borne_out(
    context: &Context<'_>,
    out: &mut Verification,
    outlived: &Outlived,
) -> bool {
    let class = context.plan.copies[outlived.copy].class;
    let about = (Some(&context.plan.model.classes[class].named), "this class");
    let confirm = || confirm(context, outlived);
    may_be_told(context, out, Obligation::Erasure, about, confirm)
}

/// Whether something stays as long as is told; why not, if it does not.
fn confirm(context: &Context<'_>, outlived: &Outlived) -> Result<Played, String> {
    match try_out(context, outlived) {
        Ok(played) => Ok(played),
        Err(Unplayed::TooMuch) => Ok(Played::Not("more runs than can be played")),
        Err(Unplayed::Refused(why)) => Err(why),
    }
}

fn try_out(context: &Context<'_>, outlived: &Outlived) -> Result<Played, Unplayed> {
    let plan = context.plan;
    let period = outlived.periods.first();
    let Some(period) = period.and_then(|index| plan.periods.get(*index)) else {
        return Ok(Played::Not(NO_DATES));
    };
    let death = outlived.deaths.get(&outlived.copy);
    let told = death.and_then(|death| death.at);
    let copies = way(context, outlived.copy);
    if is_left(context, outlived.copy, period.from) {
        return ended::try_out(context, outlived, (&copies, period.from));
    }
    let way = Way {
        plan,
        copies,
        on: period.from,
        lasts: match told {
            Some(at) => at,
            None => outlived.most.saturating_add(YEARS),
        },
        ends: told.is_some(),
        effort: Cell::new(EFFORT),
    };
    if way.lasts > CENTURY {
        return Ok(Played::Not("ages of more than a century"));
    }
    if way.has_many_runs() {
        return Err(Unplayed::TooMuch);
    }
    for course in moments::courses(&way, &outlived.deaths) {
        let stays = way.play(&course)?;
        unbounded(context, outlived, (&way, &course), &stays)?;
        let stay = stays.get(&outlived.copy).copied().unwrap_or_default();
        let outlives = match (told, course.age(stay.gone)) {
            // It never goes, or not within years.
            (None, _) => stay.remains(),
            (Some(_), age) => stay.remains() || age.is_some_and(|age| age > outlived.most),
        };
        if outlives {
            return Ok(Played::Out);
        }
        if told.is_none() {
            let Some(age) = course.age(stay.gone) else {
                return Ok(Played::Not("copies to which nothing comes"));
            };
            let rests_on = rests_on(plan, &way.copies).map(Played::Not);
            return rests_on.ok_or_else(|| {
                let store = context.store_name(plan.copies[outlived.copy].location.store);
                let why = format!("played, it is gone from `{store}` after {age}");
                Unplayed::Refused(why)
            });
        }
    }
    Ok(Played::Not("waits that no calendar need bring together"))
}

/// Refuses a course in which something outlasts what is the most for its copy.
fn unbounded(
    context: &Context<'_>,
    outlived: &Outlived,
    (way, course): (&Way<'_>, &Course),
    stays: &BTreeMap<CopyId, Stay>,
) -> Result<(), String> {
    for (id, stay) in stays {
        let Some(most) = outlived.deaths.get(id).and_then(|death| death.at) else {
            continue;
        };
        let longer = match course.age(stay.gone) {
            Some(age) => age > most,
            None => stay.remains() && course.lasts() > most,
        };
        // Beyond the policy's years runs may lie further apart than in them.
        if longer && way.is_in_rhythm(course) {
            let store = context.store_name(context.plan.copies[*id].location.store);
            let for_so_long = match course.age(stay.gone) {
                Some(age) => age.to_string(),
                None => format!("more than {}", course.lasts()),
            };
            return Err(format!(
                "played, it is on `{store}` for {for_so_long}, not {most} at most"
            ));
        }
    }
    Ok(())
}

/// What it rests on that something never goes, where no play shows it.
fn rests_on(plan: &Plan, way: &[CopyId]) -> Option<&'static str> {
    let mut stores = way.iter().map(|id| {
        let place = &plan.copies[*id].location;
        &plan.model.stores[place.store]
    });
    // Nobody takes any in the play, and of what was there before the policy began it knows nothing.
    let rests = stores.find_map(|store| match (&store.snapshots, store.versioning) {
        (Some((schedule, ..)), _) if schedule.when == Recurrence::OnDemand => {
            Some("snapshots that are taken on demand")
        }
        (_, Versioning::Suspended) => Some("old versions from before versioning was suspended"),
        _ => None,
    });
    if rests.is_some() {
        return rests;
    }
    // Rules are counted where the class lives and where things are only added, though what its source never gives up
    // comes anew there; elsewhere they delete what a step keeps.
    let by_rule = |verb: &Verb| matches!(verb, Verb::Expire { .. });
    let mut carried = way.iter().skip(1);
    if carried.any(|id| leaves_by(plan, *id, by_rule)) {
        return Some("rules that delete what a step keeps");
    }
    // What is put aside stays there, if it has not been moved away or cleared up before: whoever does that need not have
    // run just then.
    let gone_before = way.iter().any(|id| {
        let copy = &plan.copies[*id];
        let step = |id: StepId| &plan.model.steps[id];
        let takes = |verb: &Verb| matches!(verb, Verb::Move { .. } | Verb::Expire { .. });
        copy.made_by
            .is_some_and(|by| step(by).puts_aside().is_some())
            && copy.cleared_by().any(|by| takes(&step(by).verb))
    });
    if gone_before {
        return Some("what syncs put aside");
    }
    // Versions go when others are made, and a run that finds nothing makes none.
    let moves = |verb: &Verb| matches!(verb, Verb::Move { .. });
    let (last, read) = way.split_last()?;
    let is_version = plan.copies[*last].kind == CopyKind::Versions;
    let is_emptied = read.iter().any(|id| leaves_by(plan, *id, moves));
    (is_version && is_emptied).then_some(EMPTIED)
}

#[cfg(test)]
mod tests;
