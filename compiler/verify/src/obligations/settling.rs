//! From which age on, and up to which, copies can be asked for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::ClassId;
use thrice_plan::{CopyId, Period};
use thrice_presence::{Answer, Question, Run, System, settled};
use thrice_quantity::Seconds;

use crate::context::Context;
use crate::replay::{About, answered};
use crate::systems::Symbolized;
use crate::verification::Engine;

/// The first and the last age that is asked about, for copies that are surely made at some age.
///
/// Data that must be kept for less than that is mostly there for longer, and is asked about at that very age:
/// before it nothing is claimed, and a claim about no age at all would hold of anything. What must be gone by
/// then, or is beyond all that the policy plans, is asked about at the last age at which it is there: copies
/// that come later never are copies of it.
pub(super) fn ages(context: &Context<'_>, class: ClassId, settled: i64) -> (i64, i64) {
    let last = context.last_age(class);
    let horizon = context.horizon();
    let most = context.plan.model.classes[class].asked().retain_at_most;
    let most = most.map_or(horizon, |(most, _)| most.0.min(horizon));
    let from = settled.min(most.max(last));
    (from, last.max(from))
}

/// Whether a class must be gone before it has some age.
pub(super) fn gone_before(context: &Context<'_>, class: ClassId, age: i64) -> bool {
    let most = context.plan.model.classes[class].asked().retain_at_most;
    most.is_some_and(|(most, _)| most.0 < age)
}

/// From which age on a question's copies are there in a system that is always so, if they are.
pub(super) fn held(context: &Context<'_>, system: &System, question: &Question) -> Option<i64> {
    let holds = context.known.answers.ask(system, question).holds();
    holds.then_some(question.from)
}

/// From which age on what is asked for of a class was there in the period before a day, in the long run, if it was asked
/// for in that period and was there.
pub(super) fn held_before(
    context: &Context<'_>,
    class: ClassId,
    day: Date,
    asked: impl FnOnce(&Period) -> bool,
    held: impl FnOnce(&Period, &Symbolized) -> Option<i64>,
) -> Option<i64> {
    let period = context.before(day).filter(|period| asked(period))?;
    held(period, &context.symbolized_in(class, period))
}

/// What stands behind a claim that the solver proved up to the last age: that is all that is claimed, or
/// nothing happens any more then, or it is a bound.
fn proved(context: &Context<'_>, class: ClassId, system: &System, question: &Question) -> Engine {
    let class = &context.plan.model.classes[class];
    let kept = class
        .asked()
        .retain_at_least
        .or(class.asked().retain_at_most);
    let all = kept.is_some_and(|(kept, _)| kept.0 <= question.to);
    if all || settled(system, question) {
        Engine::Proved
    } else {
        Engine::ProvedUpTo(Seconds(question.to))
    }
}

/// What speaks against a claim: a run in which it fails, or why nobody knows.
pub(super) type Against = (Option<Run>, Option<String>);

/// Who says that a claim about a class's copies holds, as some faults leave them.
pub(super) fn claim(
    context: &Context<'_>,
    about: About<'_>,
    class: ClassId,
    (symbolized, system): (&Symbolized, &System),
    question: &Question,
) -> Result<Engine, Against> {
    match answered(context, about, symbolized, system, question) {
        Answer::Evaluated => Ok(Engine::Evaluated),
        Answer::Proved => Ok(proved(context, class, system, question)),
        Answer::Refuted(run) => Err((Some(run), None)),
        Answer::Unknown(why) => Err((None, Some(why))),
    }
}

/// The age from which enough groups can surely have been filled: the `need`-th fastest. Copies that
/// only take old items are no part of it: they come when they come, and until then others must do.
pub(super) fn settling(
    context: &Context<'_>,
    ids: &[CopyId],
    members: &[(usize, u32)],
    need: u32,
) -> Option<i64> {
    let mut fastest: BTreeMap<u32, i64> = BTreeMap::new();
    let mut slow: BTreeMap<u32, i64> = BTreeMap::new();
    for (member, group) in members {
        let Some(id) = ids.get(*member) else { continue };
        let Some((time, waits)) = chain(context, *id) else {
            continue;
        };
        let table = if waits { &mut slow } else { &mut fastest };
        let best = table.entry(*group).or_insert(time);
        *best = (*best).min(time);
    }
    let mut times: Vec<i64> = fastest.values().copied().collect();
    times.sort_unstable();
    // Where the fast copies are too few, the slow ones must do from the beginning: the question is
    // then asked as soon as the fast ones are there, and most likely fails.
    let enough =
        times.len() + slow.keys().filter(|g| !fastest.contains_key(g)).count() >= need as usize;
    let index = (need as usize).min(times.len()).checked_sub(1);
    enough.then(|| index.and_then(|i| times.get(i)).copied().unwrap_or(0))
}

/// The age at which the first of some copies has surely been filled, whether or not it takes only what is of some age.
pub(super) fn soonest(
    context: &Context<'_>,
    ids: &[CopyId],
    members: &[(usize, u32)],
) -> Option<i64> {
    let ids = members.iter().filter_map(|(member, _)| ids.get(*member));
    ids.filter_map(|id| chain(context, *id))
        .map(|(time, _)| time)
        .min()
}

/// The copy that has been filled last, where enough surely have been at some age.
pub(super) fn last_filled(
    context: &Context<'_>,
    ids: &[CopyId],
    members: &[(usize, u32)],
    settled: i64,
) -> Option<CopyId> {
    let mut ids = members.iter().filter_map(|(member, _)| ids.get(*member));
    ids.find(|id| chain(context, **id) == Some((settled, false)))
        .copied()
}

/// In how many groups a copy comes to be without somebody thinking of it: what is done on demand has
/// no bound, and cannot be counted on.
pub(super) fn dependable(context: &Context<'_>, ids: &[CopyId], members: &[(usize, u32)]) -> u32 {
    let groups: BTreeSet<u32> = members
        .iter()
        .filter(|(member, _)| {
            ids.get(*member)
                .is_some_and(|id| chain(context, *id).is_some())
        })
        .map(|(_, group)| *group)
        .collect();
    u32::try_from(groups.len()).unwrap_or(u32::MAX)
}

/// Whether a copy comes to be without somebody thinking of it.
pub(super) fn comes_by_itself(context: &Context<'_>, id: CopyId) -> bool {
    chain(context, id).is_some()
}

/// How long a copy's chain takes at worst, and whether it waits for an age on the way. A chain that
/// has a step without a schedule has no bound.
fn chain(context: &Context<'_>, id: CopyId) -> Option<(i64, bool)> {
    let mut time = 0i64;
    let mut waits = false;
    let mut at = Some(id);
    while let Some(id) = at {
        let copy = &context.plan.copies[id];
        if copy.source.is_some() {
            time = time.saturating_add(copy.enter.delay.high().0);
            if let Some(age) = &copy.enter.older_than {
                waits = true;
                time = time.max(age.high().0.saturating_add(copy.enter.delay.high().0));
            }
        }
        at = copy.source;
    }
    (time < thrice_plan::FOR_EVER.0).then_some((time, waits))
}
