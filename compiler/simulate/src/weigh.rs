//! Plays a plan and adds up the room that its stores' contents take.

use thrice_plan::{Copy, Plan};

use crate::calendar::{instant, midnight};
use crate::room::{Ledger, Weighed, Weighing};
use crate::{Case, engine};

/// Adds up what lies on some stores, from the beginning of the policy on, run by run. Where no more is asked than whether
/// that is more than they may hold, it is played until it is.
#[must_use]
pub fn weigh(plan: &Plan, weighing: &Weighing) -> Weighed {
    let there = |copy: &&Copy| weighing.stores.contains(&copy.location.store);
    let copies = plan.copies.iter().map(|(_, copy)| copy);
    let case = Case {
        strikes: weighing.strikes.clone(),
        from: Some(instant(midnight(plan.model.policy.start))),
        judged: weighing.until,
        classes: copies.filter(there).map(|copy| copy.class).collect(),
        choices: weighing.choices.clone(),
    };
    let mut ledger = Ledger::new(plan, weighing, &case.classes);
    if !case.classes.is_empty() {
        engine::weigh(plan, &case, &mut ledger);
    }
    ledger.weighed()
}
