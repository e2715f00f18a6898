//! Plays the loss of a key on the simulator before anybody sees it.
//!
//! When all copies that the key opens are filled, that is lost of which the case speaks: those who are assumed to
//! hold the key, the data in which keys lie where it lives, or a site; the data that is asked about with it. Each of
//! the copies must have been of use before and be of none then, and it must be the key that is missing: with another
//! vault that holds it, far from everything and only in the play, they are of use.

use std::collections::BTreeSet;

use thrice_diagnostics::Span;
use thrice_model::{
    ClassId, Holder, Hostile, KeyId, Lifetime, Mishap, Obligation, Strike, Target, Vault,
};
use thrice_plan::{CopyId, Plan};
use thrice_simulate::{Case, Choices, Course, simulate};

use super::super::playing::{
    ENDS_BEFORE, Filled, ON_DEMAND, Played, UNFILLED, may_be_told, on_demand, timestamp,
};
use super::{Wrong, opens};
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{Why, at_times, in_data, strike};
use crate::verification::Verification;

/// What a loss of all who hold a key rests on where nothing outlives it.
const FALLS: &str = "copies that fall with those who hold their key";

/// What a case rests on where a vault may come back from what a step has left that has ended.
const LEFT: &str = "copies that ended steps have left";

/// What a case rests on where a vault comes back from a copy at some times only: the play is of one of them.
const AT_TIMES: &str = "copies of vaults that are empty at times";

const MINUTE: i64 = 60;

/// What is told of a key.
#[derive(Clone, Debug)]
pub(super) enum Loss {
    /// Nothing says who holds it: those who are assumed to are lost.
    Unsaid,
    /// The data in which keys lie is lost where it lives.
    Circle,
    /// All holders fall with these faults.
    Taken(FaultSet),
}

/// Whether what is told of a key may be told.
pub(super) fn is_borne_out(
    context: &Context<'_>,
    out: &mut Verification,
    (key, loss, found): (KeyId, &Loss, &Wrong),
) -> bool {
    let about = (Some(&context.plan.model.keys[key].named), "this key");
    let is_left = |case: &&(usize, ClassId)| !left(context, key, **case, loss).is_empty();
    let confirm = || {
        let case = match loss {
            Loss::Unsaid => found.opened.iter().find(is_left),
            Loss::Circle => found.circle.as_ref(),
            Loss::Taken(set) => found.taken.get(set),
        };
        case.map_or(Ok(Played::Not(FALLS)), |case| {
            confirm(context, key, *case, loss)
        })
    };
    may_be_told(context, out, Obligation::Keys, about, confirm)
}

/// Whether the copies that a key opens are of no use without it, and for no other reason; why not, if it is not so.
fn confirm(
    context: &Context<'_>,
    key: KeyId,
    (period, class): (usize, ClassId),
    loss: &Loss,
) -> Result<Played, String> {
    let opened = left(context, key, (period, class), loss);
    confirm_of(context, key, (period, class, opened), loss)
}

/// The same of these copies.
fn confirm_of(
    context: &Context<'_>,
    key: KeyId,
    (period, class, opened): (usize, ClassId, Vec<CopyId>),
    loss: &Loss,
) -> Result<Played, String> {
    if opened.is_empty() {
        return Ok(Played::Not(FALLS));
    }
    let made: Vec<CopyId> = opened
        .into_iter()
        .filter(|id| !on_demand(context, *id))
        .collect();
    if made.is_empty() {
        return Ok(Played::Not(ON_DEMAND));
    }
    let Some(filled) = Filled::of(context, &made, period) else {
        return Ok(Played::Not(ENDS_BEFORE));
    };
    let mishaps = mishaps(context, key, class, loss);
    let plan = context.plan;
    let course = play(plan, &filled, class, &mishaps)?;
    let elsewhere = play(&held_elsewhere(plan, key), &filled, class, &mishaps)?;
    if made.iter().any(|id| !elsewhere.had.contains(id)) && !mishaps.is_empty() {
        return Ok(Played::Not(UNFILLED));
    }
    let day = plan
        .periods
        .get(period)
        .map_or(plan.as_of, |period| period.from);
    let held = !strike(context, &FaultSet::new(), day).lost(key);
    let usable = usable(&course);
    let with_key = self::usable(&elsewhere);
    for id in &made {
        let store = context.store_name(plan.copies[*id].location.store);
        // Of a key that nobody holds, or nobody who is there then, nothing was ever of use.
        if held && !mishaps.is_empty() && !course.had.contains(id) {
            return Err(format!("played, nothing on `{store}` was of use before"));
        }
        if usable.contains(id) && is_anything_left(context) {
            return Ok(Played::Not(LEFT));
        }
        if usable.contains(id) && at_times(context, day) {
            return Ok(Played::Not(AT_TIMES));
        }
        if usable.contains(id) {
            return Err(format!("played, what is on `{store}` is of use"));
        }
        if !with_key.contains(id) {
            return Err(format!(
                "played, what is on `{store}` is of no use with the key either"
            ));
        }
    }
    Ok(Played::Out)
}

/// Whether steps that have ended have left anything of the data in which keys lie: the rules do not count on it, and the
/// simulator brings vaults back from it.
fn is_anything_left(context: &Context<'_>) -> bool {
    let in_data = in_data(context);
    let mut left = context.left().stays.keys();
    left.any(|id| in_data.contains(&context.plan.copies[*id].class))
}

/// The copies of a class that a key opens and that are told to be left without it.
fn left(
    context: &Context<'_>,
    key: KeyId,
    (period, class): (usize, ClassId),
    loss: &Loss,
) -> Vec<CopyId> {
    let plan = context.plan;
    let Some(period) = plan.periods.get(period) else {
        return Vec::new();
    };
    let copies = context.copies_in(class, period);
    let faults = match loss {
        Loss::Unsaid => holders(context, key).map(Fault::Loss).collect(),
        Loss::Circle => vec![Fault::LiveData],
        Loss::Taken(set) => set.iter().copied().chain([Fault::LiveData]).collect(),
    };
    let fate = strike(context, &faults, period.from).useless(context, &copies);
    let opened = copies
        .into_iter()
        .filter(|id| opens(key, &plan.copies[*id]));
    opened
        .filter(|id| fate.get(*id) == Some(Why::KeyLost(key)))
        .collect()
}

/// The hosts that hold a key.
fn holders(context: &Context<'_>, key: KeyId) -> impl Iterator<Item = Target> {
    let holders = context.holders(key).iter();
    holders.filter_map(|holder| match holder {
        Holder::Host(host) => Some(Target::Host(*host)),
        Holder::Vault(_) => None,
    })
}

/// What goes wrong in a case; nothing where nobody holds the key. Data that is lost is damaged where it lives, and nobody is given the time to carry that
/// on: whatever else lies in its store is left.
fn mishaps(context: &Context<'_>, key: KeyId, class: ClassId, loss: &Loss) -> Vec<Mishap> {
    let mut out: BTreeSet<Mishap> = BTreeSet::new();
    match loss {
        Loss::Unsaid => out.extend(holders(context, key).map(Mishap::Lose)),
        Loss::Circle => {}
        Loss::Taken(set) => out.extend(set.iter().filter_map(|fault| match *fault {
            Fault::Loss(Target::Credential(id)) => Some(Mishap::Steal(Hostile::Credential(id))),
            Fault::Loss(target) => Some(Mishap::Lose(target)),
            Fault::Compromise(host) => Some(Mishap::Steal(Hostile::Host(host))),
            Fault::Operator(store) => Some(Mishap::Delete(store)),
            Fault::Rot(store) => Some(Mishap::Rot(store)),
            Fault::Corruption | Fault::LiveData => None,
        })),
    }
    if !matches!(loss, Loss::Unsaid) && !context.holders(key).is_empty() {
        let kept = in_data(context).into_iter();
        out.extend(kept.chain([class]).map(Mishap::Corrupt));
    }
    out.into_iter().collect()
}

/// What comes of a class if all of it goes wrong when its copies are filled.
fn play(
    plan: &Plan,
    filled: &Filled,
    class: ClassId,
    mishaps: &[Mishap],
) -> Result<Course, String> {
    // No run starts in the last second of a minute, so none carries anything on at once.
    let at = timestamp(filled.from.div_euclid(MINUTE) * MINUTE + MINUTE - 1)?;
    let strike = |mishap: &Mishap| Strike {
        at,
        mishap: *mishap,
        span: None,
    };
    let case = Case {
        strikes: mishaps.iter().map(strike).collect(),
        from: Some(timestamp(filled.begin())?),
        judged: at,
        classes: [class].into(),
        choices: Choices::default(),
    };
    Ok(simulate(plan, &case))
}

fn usable(course: &Course) -> BTreeSet<CopyId> {
    let states = course.outcomes.iter().flat_map(|outcome| &outcome.copies);
    let usable = states.filter(|state| state.why_not.is_none());
    usable.map(|state| state.copy).collect()
}

/// The plan if a vault far from everything held a key as well.
fn held_elsewhere(plan: &Plan, key: KeyId) -> Plan {
    let mut out = plan.clone();
    let held: Vec<(Holder, Span)> = {
        let key = &plan.model.keys[key];
        let vault = out.model.vaults.push(Vault {
            named: key.named.clone(),
            site: None,
            host: None,
            data: None,
            sealed: false,
            lifetime: Lifetime {
                from: plan.model.policy.start,
                until: None,
                since: None,
            },
        });
        let all = key.held.iter().copied();
        all.chain([(Holder::Vault(vault), key.named.span)])
            .collect()
    };
    if let Some(key) = out.model.keys.get_mut(key) {
        key.held = held.into_iter().collect();
    }
    out
}

#[cfg(test)]
mod tests;
