//! What obligations have in common that play their cases on the simulator before anybody sees them.

mod filled;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_model::{Lifetime, Mishap, Named, Obligation, Target, Verb};
use thrice_plan::{CopyId, Leave, Plan};

use crate::context::Context;
use crate::fault::Fault;
use crate::replay::mismatch;
use crate::verification::Verification;

pub(crate) use filled::{ENDS_BEFORE, Filled, ON_DEMAND, UNFILLED, delay, on_demand};

/// What a case rests on that would be played beyond the calendar.
pub(crate) const NO_DATES: &str = "dates that there are not";

/// What a case rests on where a run may find nothing, and then leaves nothing.
pub(crate) const EMPTIED: &str = "places that are emptied between runs";

/// What the simulator says of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    /// It comes about.
    Out,
    /// It has no course that could be played: what it rests on, such as `missed runs`.
    Not(&'static str),
}

/// Whether a case may be told. One that does not come about is a mistake of this program; of one that was not
/// played the report says so.
pub(crate) fn may_be_told(
    context: &Context<'_>,
    out: &mut Verification,
    obligation: Obligation,
    (subject, label): (Option<&Named>, &str),
    confirm: impl FnOnce() -> Result<Played, String>,
) -> bool {
    if !context.plays {
        return true;
    }
    match confirm() {
        Ok(played) => {
            let plays = out.plays.entry(obligation).or_default();
            match played {
                Played::Out => plays.replayed += 1,
                Played::Not(rests_on) => drop(plays.rest_on.insert(rests_on)),
            }
            true
        }
        Err(why) => {
            let mut mismatches = context.mismatches.borrow_mut();
            mismatches.push(mismatch(subject, label, &why));
            false
        }
    }
}

/// An instant of a play.
pub(crate) fn timestamp(second: i64) -> Result<Timestamp, String> {
    Timestamp::from_second(second).map_err(|_| "a date that there is not".to_owned())
}

/// What is lost at once; `None` where any fault is of another kind.
pub(crate) fn lost(faults: &[Fault]) -> Option<Vec<Mishap>> {
    let target = |fault: &Fault| match fault {
        Fault::Loss(Target::Credential(_)) => None,
        Fault::Loss(target) => Some(Mishap::Lose(*target)),
        _ => None,
    };
    faults.iter().map(target).collect()
}

/// Whether a step of some kind takes away what is in a copy.
pub(crate) fn leaves_by(plan: &Plan, copy: CopyId, takes: impl Fn(&Verb) -> bool) -> bool {
    let mut by = plan.copies[copy].leaves.iter().map(Leave::by);
    by.any(|by| takes(&plan.model.steps[by].verb))
}

/// The plan if what is written for some days comes on others. What is to be played is set up in it: data, steps and
/// what they make, and the places where that lies and keys are.
pub(crate) fn late(plan: &Plan, days: &BTreeMap<Date, Date>) -> Plan {
    let mut out = plan.clone();
    let comes = |written: Date| days.get(&written).copied().unwrap_or(written);
    let shift = |lifetime: &mut Lifetime| {
        lifetime.from = comes(lifetime.from);
        lifetime.until = lifetime.until.map(comes);
    };
    of_places(&mut out, shift);
    for id in plan.model.classes.ids() {
        let class = out.model.classes.get_mut(id);
        class
            .into_iter()
            .for_each(|class| shift(&mut class.lifetime));
    }
    for id in plan.model.steps.ids() {
        let step = out.model.steps.get_mut(id);
        step.into_iter().for_each(|step| shift(&mut step.lifetime));
    }
    for id in plan.copies.ids() {
        let copy = out.copies.get_mut(id);
        copy.into_iter().for_each(|copy| shift(&mut copy.lifetime));
    }
    out
}

/// Changes when hosts, stores and vaults are there: what lies in them goes with them.
pub(crate) fn of_places(plan: &mut Plan, change: impl Fn(&mut Lifetime)) {
    let model = &mut plan.model;
    for host in model.hosts.values_mut() {
        change(&mut host.lifetime);
    }
    for store in model.stores.values_mut() {
        change(&mut store.lifetime);
    }
    for vault in model.vaults.values_mut() {
        change(&mut vault.lifetime);
    }
}
