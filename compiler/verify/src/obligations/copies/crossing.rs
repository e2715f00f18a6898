//! Copies of what comes to be in one period and is still there in a later one.
//!
//! A copy that is new has not been filled yet, one whose step has ended holds what it was given, as long as its
//! place is there; and what was deleted or moved before is not where a new step looks for it. What was asked
//! for before, and was there, must be there all the time; what is asked for anew, once new copies can surely
//! have been filled.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::{ClassId, Demand, Obligation, Requirement};
use thrice_plan::{CopyId, Period};
use thrice_presence::{Crossing, Question, Run};
use thrice_quantity::Seconds;

use super::super::lateness::{Claimed, claim_however_late};
use super::super::settling::{self, Against, ages, dependable, gone_before, held_before, settling};
use super::{Kind, counted, groupings};
use crate::context::Context;
use crate::replay::About;
use crate::systems::Symbolized;
use crate::verification::Engine;

/// What is missing after a change.
pub(super) struct Missing {
    pub kind: Kind,
    pub need: u32,
    pub symbolized: Symbolized,
    pub run: Option<Run>,
    pub unknown: Option<String>,
}

/// A requirement for a class in a period.
type Asked<'r> = (&'r Requirement, ClassId, usize);

/// What came out of a period.
pub(super) struct Crossed {
    /// What is missing though phases begin on their days; else who says that nothing is.
    pub on_time: Result<Engine, Box<Missing>>,
    /// What is missing if some are late.
    pub if_late: Option<Box<Missing>>,
}

/// Whether anything is missing of what crosses into a period in which `now` is there.
pub(super) fn missing(context: &Context<'_>, asked: Asked<'_>, now: &Symbolized) -> Crossed {
    let mut if_late = None;
    Crossed {
        on_time: on_time(context, asked, now, &mut if_late),
        if_late,
    }
}

fn on_time(
    context: &Context<'_>,
    (requirement, class, index): Asked<'_>,
    now: &Symbolized,
    if_late: &mut Option<Box<Missing>>,
) -> Result<Engine, Box<Missing>> {
    let mut engine = Engine::Evaluated;
    let across = context.across(class, index);
    let (Some(across), Some(period)) = (across, context.plan.periods.get(index)) else {
        return Ok(engine);
    };
    let symbolized = &across.symbolized;
    let there: BTreeSet<CopyId> = now.copies.iter().copied().collect();
    let about = About {
        obligation: Obligation::Copies,
        period: &period.name,
    };
    for (kind, need) in counted(&requirement.demand) {
        let alone = across.alone.as_ref();
        let alone =
            alone.and_then(|alone| held(context, (requirement, class), alone, (kind, need)));
        let mut known: BTreeMap<Date, Option<i64>> = BTreeMap::new();
        let mut before = |day: Date| {
            let asked = |before: &Period| Context::in_force(requirement.lifetime, before);
            let held = |_: &Period, system: &Symbolized| {
                held(context, (requirement, class), system, (kind, need))
            };
            let before = || held_before(context, class, day, asked, held);
            *known.entry(day).or_insert_with(before)
        };
        let when = (within(requirement), Some(period.from));
        for members in groupings(context, &symbolized.copies, kind, when) {
            let is_there = |(member, _): &&(usize, u32)| {
                let copy = symbolized.copies.get(*member);
                copy.is_some_and(|copy| there.contains(copy))
            };
            let lasting: Vec<(usize, u32)> = members.iter().filter(is_there).copied().collect();
            let Some((from, to)) = asked_ages(
                context,
                requirement,
                class,
                (&symbolized.copies, &lasting, need),
            ) else {
                continue;
            };
            if alone.is_some_and(|alone| alone <= from) {
                continue;
            }
            let settled = Some((Crossing::Settled(from), from));
            let held = across.held(requirement.lifetime.from, (from, 0), &mut before);
            for (crossing, from) in [settled, held].into_iter().flatten() {
                let question = Question {
                    members: members.clone(),
                    need,
                    from,
                    to: to.max(from),
                    window: 0,
                    crossing,
                };
                let system = (symbolized, &symbolized.system);
                let missing = |(run, unknown): Against| {
                    Box::new(Missing {
                        kind,
                        need,
                        symbolized: symbolized.clone(),
                        run,
                        unknown,
                    })
                };
                match claim_however_late(context, about, class, system, &question) {
                    Claimed::Holds(by) => engine = engine.weaker(by),
                    Claimed::OnTime(by, against) => {
                        engine = engine.weaker(by);
                        if_late.get_or_insert_with(|| missing(against));
                    }
                    Claimed::Fails(against) => return Err(missing(against)),
                }
            }
        }
    }
    Ok(engine)
}

/// From which age on what is asked for is there in a system that is always so, if it is.
fn held(
    context: &Context<'_>,
    (requirement, class): (&Requirement, ClassId),
    symbolized: &Symbolized,
    (kind, need): (Kind, u32),
) -> Option<i64> {
    let ids = &symbolized.copies;
    let mut since = 0;
    for members in groupings(context, ids, kind, (within(requirement), None)) {
        if dependable(context, ids, &members) < need {
            return None;
        }
        let Some((from, to)) = asked_ages(context, requirement, class, (ids, &members, need))
        else {
            continue;
        };
        let question = Question {
            members,
            need,
            from,
            to,
            window: 0,
            crossing: Crossing::Old,
        };
        since = settling::held(context, &symbolized.system, &question)?.max(since);
    }
    Some(since)
}

/// From which age on a requirement asks, if it says so.
fn within(requirement: &Requirement) -> Option<Seconds> {
    match requirement.demand {
        Demand::Copies { within, .. } => within.map(|(limit, _)| limit),
        _ => None,
    }
}

/// The ages that are asked about; `None`: there are none.
fn asked_ages(
    context: &Context<'_>,
    requirement: &Requirement,
    class: ClassId,
    (ids, members, need): (&[CopyId], &[(usize, u32)], u32),
) -> Option<(i64, i64)> {
    let Demand::Copies { within, .. } = &requirement.demand else {
        return None;
    };
    match within {
        Some((limit, _)) if gone_before(context, class, limit.0) => None,
        Some((limit, _)) => Some(ages(context, class, limit.0)),
        None => settling(context, ids, members, need).map(|from| ages(context, class, from)),
    }
}
