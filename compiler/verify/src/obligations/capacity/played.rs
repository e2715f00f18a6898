//! Plays the case of a store that is too full on the simulator before anybody sees it.
//!
//! The simulator adds up what lies there run by run, from the beginning of the policy on, with sizes, growths
//! and churns at the ends that the case names. In the time that the case names there must come to be more than
//! the store may hold, and not before the day that is told.
//!
//! What is evaluated is a bound, and some of it is more than any run need attain: all prunes on a store at
//! their fullest at once, a dump that one run leaves for the next, what is deleted just after a lifecycle rule
//! has looked. Where the play stays below the room and the bound rests on such a sum, the case is told and
//! named as not replayed.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use thrice_model::{CaptureParts, Lifetime, StoreId, Verb};
use thrice_plan::calendar::midnight;
use thrice_plan::{Copy, CopyId, CopyKind, FOR_EVER, Period, Plan, Room};
use thrice_quantity::Seconds;
use thrice_simulate::{Sizes, Weighing, weigh};

use super::super::kept::{Noncurrent, noncurrent, own_snapshots};
use super::super::playing::Played;
use super::bound::Bounds;
use crate::context::Context;

/// A store that is said to be too full.
#[derive(Clone, Copy)]
pub(super) struct TooFull<'t> {
    pub store: StoreId,
    /// Until its end, late or not.
    pub period: &'t Period,
    pub copies: &'t [CopyId],
    pub limit: &'t Room,
    /// From when on it can be.
    pub day: Date,
}

/// Whether it comes about; why not, if it does not.
pub(super) fn confirm(
    context: &Context<'_>,
    plan: &Plan,
    bounds: &Bounds<'_, '_>,
    told: TooFull<'_>,
) -> Result<Played, String> {
    let stores = match told.limit.shared {
        true => {
            let host = context.plan.host_of(told.store);
            let stores = context.plan.model.stores.ids();
            stores
                .filter(|id| context.plan.host_of(*id) == host)
                .collect()
        }
        false => [told.store].into(),
    };
    let (from, end) = (midnight(told.period.from), midnight(told.period.until) - 1);
    let (Ok(since), Ok(until)) = (Timestamp::from_second(from), Timestamp::from_second(end)) else {
        return Ok(Played::Not("without a date"));
    };
    let weighed = weigh(
        plan,
        &Weighing {
            stores,
            strikes: Vec::new(),
            since,
            until,
            sizes: Sizes::Most,
            limit: told.limit.usable,
        },
    );
    if let Some(over) = weighed.over_from {
        // Within a day it makes no difference when something comes.
        let early = midnight(told.day).saturating_sub(Seconds::DAY.0);
        if over.as_second() < early.max(from) {
            let over = over.to_zoned(jiff::tz::TimeZone::UTC).date();
            return Err(format!("played, it is too full on {over} already"));
        }
        return Ok(Played::Out);
    }
    let copies = told.copies.iter();
    if let Some(rests_on) = copies.filter_map(|copy| bounded(context, *copy)).min() {
        return Ok(Played::Not(rests_on));
    }
    // What is copied is as old as the copy: so long before the end it must have come already.
    let ages = told
        .copies
        .iter()
        .map(|id| context.plan.copies[*id].staleness);
    let days = ages.max().unwrap_or_default().whole_days();
    let last = days.saturating_mul(2).saturating_add(2).days();
    let before = told.period.until.checked_sub(last);
    let surely = before.is_ok_and(|day| {
        day >= told.period.from && bounds.total(told.copies, day) > told.limit.usable
    });
    match surely {
        true => Err(format!(
            "played, at most {} come together",
            weighed.most.rounded()
        )),
        false => Ok(Played::Not("of the last days of a phase")),
    }
}

/// On which sum a copy's bound rests that no run need attain; `None` where one does.
fn bounded(context: &Context<'_>, id: CopyId) -> Option<&'static str> {
    let plan = context.plan;
    let copy = &plan.copies[id];
    let path = || std::iter::successors(Some(id), |id| plan.copies[*id].source);
    if path().any(|id| ages(&plan.copies[id])) {
        return Some("of what goes at some age");
    }
    if copy.staleness >= FOR_EVER {
        return Some("of what is copied on demand");
    }
    let store = &plan.model.stores[copy.location.store];
    let keeps = noncurrent(context, copy) != Noncurrent::Gone
        || own_snapshots(context, copy).is_some()
        || store.lock.is_some();
    if keeps {
        return Some("of what stores keep of what is deleted");
    }
    let verb = |id: CopyId| plan.copies[id].made_by.map(|by| &plan.model.steps[by].verb);
    let piles = |id| {
        matches!(
            verb(id),
            Some(Verb::Capture(CaptureParts { keeps: Some(_), .. }))
        )
    };
    if copy.kind != CopyKind::Versions && path().any(piles) {
        return Some("of dumps that pile up");
    }
    let thinned = |id| matches!(verb(id), Some(Verb::Backup { keep: Some(_), .. }));
    (copy.kind == CopyKind::Versions && path().any(thinned)).then_some("of what prunes leave")
}

/// Whether what is there at some age is not there at another.
fn ages(copy: &Copy) -> bool {
    let goes = |leave: &thrice_plan::Leave| !matches!(leave, thrice_plan::Leave::With { .. });
    copy.enter.older_than.is_some() || copy.leaves.iter().any(goes)
}

/// The plan if a period ended late.
pub(super) fn late(plan: &Plan, until: Date, late: Date) -> Plan {
    let mut out = plan.clone();
    let stretch = |lifetime: &mut Lifetime| {
        if lifetime.until == Some(until) {
            lifetime.until = Some(late);
        }
        if lifetime.from == until {
            lifetime.from = late;
        }
    };
    for id in plan.model.classes.ids() {
        out.model
            .classes
            .get_mut(id)
            .map(|class| stretch(&mut class.lifetime))
            .unwrap_or_default();
    }
    for id in plan.model.steps.ids() {
        out.model
            .steps
            .get_mut(id)
            .map(|step| stretch(&mut step.lifetime))
            .unwrap_or_default();
    }
    for id in plan.copies.ids() {
        out.copies
            .get_mut(id)
            .map(|copy| stretch(&mut copy.lifetime))
            .unwrap_or_default();
    }
    out
}
