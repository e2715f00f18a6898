//! Plays steps that fail, and go on failing, on the simulator before anybody sees what is told of them.
//!
//! A step runs well for some time; then its runs fail, or its host, site or provider is lost. The simulator sends the
//! signals, waits for them as monitors do, and lets monitors fall with what is lost. Confirmed is that runs fail and
//! nobody is told until all who wait must have spoken up and the response time is over; of captures that fail together, that none of them is
//! made; of captures in place, that a reader reports success of half of a set. Of several steps the one is played that runs
//! most often.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{Named, Obligation, StepId, Target, Verb};
use thrice_plan::calendar::midnight;
use thrice_plan::{Copy, CopyId, Plan};
use thrice_quantity::Seconds;
use thrice_simulate::{Choices, Heard, Listening, heard, moment};

use super::super::playing::{Played, delay, may_be_told, on_demand, timestamp};
use super::clearing;
use crate::context::Context;
use crate::verification::Verification;

/// What a case rests on where steps end too early.
const SHORT: &str = "steps that end before they have run twice";
/// What it rests on where nobody starts a step.
const ON_DEMAND: &str = "steps that run on demand";
/// What it rests on where a dump is about as old when it is moved as when it is cleared away.
const CLEARED: &str = "dumps that are cleared away where they are read";

/// What it rests on where steps leave nothing anywhere: the simulator has no course of what they look at or clear.
const LEAVES_NOTHING: &str = "steps that make no copy";

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Case {
    /// Nobody is told if one of these fails, or its host is off.
    Silent(Vec<StepId>),
    /// Nobody is told if this mirror fails, and its backup reports success.
    NotAsked(StepId),
    /// Their monitor is lost with what they run on.
    Shared(Target, Vec<StepId>),
    /// Their monitor is lost with what they read or write.
    Cut(Target, Vec<StepId>),
    /// If one fails, so do all.
    Together(Vec<StepId>),
    /// What the first leaves behind on failing the second takes for a whole set.
    Half(BTreeSet<(StepId, StepId)>),
}

/// Whether what is told may be told.
pub(super) fn is_borne_out(context: &Context<'_>, out: &mut Verification, case: &Case) -> bool {
    let about = (subject(context, case), "this step");
    may_be_told(context, out, Obligation::Alarm, about, || {
        confirm(context, case)
    })
}

fn subject<'c>(context: &'c Context<'_>, case: &Case) -> Option<&'c Named> {
    let step = match case {
        Case::Silent(steps)
        | Case::Shared(_, steps)
        | Case::Cut(_, steps)
        | Case::Together(steps) => steps.first(),
        Case::NotAsked(step) => Some(step),
        Case::Half(pairs) => pairs.first().map(|(writer, _)| writer),
    };
    step.map(|step| &context.plan.model.steps[*step].named)
}

/// Whether a case comes about; why not, if it does not.
fn confirm(context: &Context<'_>, case: &Case) -> Result<Played, String> {
    let steps = &context.plan.model.steps;
    match case {
        Case::Silent(all) => {
            let (step, times) = match most_often(context, all) {
                Ok(first) => first,
                Err(rests_on) => return Ok(Played::Not(rests_on)),
            };
            let off = steps[step].runner.host.map(Target::Host);
            nobody_hears(context, step, times, Broken::Step(step))?;
            if let Some(off) = off {
                nobody_hears(context, step, times, Broken::Lost(off))?;
            }
            Ok(Played::Out)
        }
        Case::NotAsked(step) => match Times::of(context, &[*step]) {
            Err(rests_on) => Ok(Played::Not(rests_on)),
            Ok(times) => {
                let found = nobody_hears(context, *step, times, Broken::Step(*step))?;
                let backup = context.plan.model.followed(&steps[*step]);
                let of_backup = backup.and_then(|backup| found.get(&backup));
                match of_backup.is_some_and(|heard| !times.fails(heard)) {
                    true => Ok(Played::Out),
                    false => Err("played, its backup fails as well".to_owned()),
                }
            }
        },
        Case::Shared(lost, all) => match most_often(context, all) {
            Err(rests_on) => Ok(Played::Not(rests_on)),
            Ok((step, times)) => {
                nobody_hears(context, step, times, Broken::Lost(*lost))?;
                Ok(Played::Out)
            }
        },
        Case::Cut(lost, all) => cut(context, *lost, all),
        Case::Together(all) => together(context, all),
        Case::Half(pairs) => half(context, pairs),
    }
}

/// What goes wrong.
#[derive(Clone, Copy)]
enum Broken {
    Step(StepId),
    Lost(Target),
}

/// When steps are played.
#[derive(Clone, Copy, Debug)]
struct Times {
    from: i64,
    /// When it goes wrong: all have run, and sent a signal.
    at: i64,
    until: i64,
    /// How long a run that began before may still go on.
    runs_on: i64,
}

impl Times {
    /// The time of some steps; else what their case rests on.
    fn of(context: &Context<'_>, steps: &[StepId]) -> Result<Self, &'static str> {
        let plan = context.plan;
        let mut out = Self {
            from: midnight(plan.model.policy.start),
            at: 0,
            until: 0,
            runs_on: 0,
        };
        let (mut ends, mut rhythm, mut waits) = (i64::MAX, Seconds::ZERO, Seconds::ZERO);
        for id in steps {
            let cadence = plan.cadences[*id];
            let own = cadence.nominal_delay().ok_or(ON_DEMAND)?;
            let signals = cadence.signals.unwrap_or(Seconds::ZERO);
            rhythm = rhythm.max(own).max(signals);
            waits = waits.max(cadence.freshness.unwrap_or(Seconds::ZERO));
            let runs_on = cadence.duration.high().saturating_add(cadence.jitter);
            out.runs_on = out.runs_on.max(runs_on.0);
            let lifetime = plan.model.steps[*id].lifetime;
            out.from = out.from.max(midnight(lifetime.from));
            ends = ends.min(lifetime.until.map_or(i64::MAX, midnight));
        }
        let twice = rhythm.saturating_add(rhythm);
        out.at = out.from.saturating_add(twice.0).saturating_add(1);
        let response = plan.model.policy.response;
        let horizon = twice.saturating_add(waits).saturating_add(response);
        out.until = out.at.saturating_add(horizon.0);
        match out.at.saturating_add(rhythm.0) < ends {
            true => Ok(out),
            false => Err(SHORT),
        }
    }

    /// The same if it begins with what it makes, and goes wrong so much later: what it reads must be there first.
    const fn later(self, begins: i64, time: Seconds) -> Self {
        let begun_later = begins.saturating_sub(self.from);
        let late = begun_later.saturating_add(time.0);
        Self {
            from: begins,
            at: self.at.saturating_add(late),
            until: self.until.saturating_add(late),
            ..self
        }
    }

    /// Whether runs of a step that begin after it has gone wrong fail, all of them.
    fn fails(&self, heard: &Heard) -> bool {
        let last = self.at.saturating_add(self.runs_on);
        let after = |at: &Timestamp| at.as_second() > last;
        heard.failed.iter().any(|at| at.as_second() >= self.at) && !heard.well.iter().any(after)
    }
}

/// Of some steps the one whose case is over first; else what the case of the first rests on.
fn most_often(context: &Context<'_>, steps: &[StepId]) -> Result<(StepId, Times), &'static str> {
    let mut best: Result<(StepId, Times), &'static str> = Err(ON_DEMAND);
    for step in steps {
        let times = Times::of(context, &[*step]);
        best = match (best, times) {
            (Err(_), times) => times.map(|times| (*step, times)),
            (Ok(best), Ok(times)) if times.until - times.from < best.1.until - best.1.from => {
                Ok((*step, times))
            }
            (best, _) => best,
        };
    }
    best
}

/// Plays some steps, with all of it wrong from some instant on.
fn listen(
    context: &Context<'_>,
    (steps, copies): (BTreeSet<StepId>, BTreeSet<CopyId>),
    times: Times,
    broken: Broken,
) -> Result<BTreeMap<StepId, Heard>, String> {
    let mut listening = Listening {
        steps,
        copies,
        fails: BTreeSet::new(),
        lost: Vec::new(),
        from: timestamp(times.from)?,
        at: timestamp(times.at)?,
        until: timestamp(times.until)?,
        choices: Choices::default(),
    };
    match broken {
        Broken::Step(step) => drop(listening.fails.insert(step)),
        Broken::Lost(target) => listening.lost.push(target),
    }
    Ok(heard(context.plan, &listening))
}

/// Plays a step until somebody must have been told that it fails: nobody is.
fn nobody_hears(
    context: &Context<'_>,
    step: StepId,
    times: Times,
    broken: Broken,
) -> Result<BTreeMap<StepId, Heard>, String> {
    nobody_hears_with(context, (step, &[]), times, broken)
}

/// The same with copies of which runs find what there is.
fn nobody_hears_with(
    context: &Context<'_>,
    (step, copies): (StepId, &[CopyId]),
    times: Times,
    broken: Broken,
) -> Result<BTreeMap<StepId, Heard>, String> {
    let model = &context.plan.model;
    let backup = model.followed(&model.steps[step]);
    let steps = backup.into_iter().chain([step]).collect();
    let copies = copies.iter().copied().collect();
    let found = listen(context, (steps, copies), times, broken)?;
    let name = &model.steps[step].named.name;
    let heard = found.get(&step).cloned().unwrap_or_default();
    if let Some((monitor, at)) = heard.told {
        let monitor = &model.monitors[monitor].named.name;
        let at = moment(context.plan, at);
        return Err(format!(
            "played, `{monitor}` speaks up about `{name}` at {at}"
        ));
    }
    if !heard.well.iter().any(|at| at.as_second() <= times.at) {
        return Err(format!("played, `{name}` never ran before"));
    }
    match times.fails(&heard) {
        true => Ok(found),
        false => Err(format!("played, `{name}` does not fail")),
    }
}

/// Whether nobody hears of it if what steps read or write is lost: of the one whose case is over first.
fn cut(context: &Context<'_>, lost: Target, all: &[StepId]) -> Result<Played, String> {
    let mut best: Result<(StepId, Times), &'static str> = Err(LEAVES_NOTHING);
    for step in all {
        let times = filled_times(context, *step);
        best = match (best, times) {
            (Err(_), times) => times.map(|times| (*step, times)),
            (Ok(best), Ok(times)) if times.until - times.from < best.1.until - best.1.from => {
                Ok((*step, times))
            }
            (best, _) => best,
        };
    }
    match best {
        Err(rests_on) => Ok(Played::Not(rests_on)),
        Ok((step, times)) => {
            let made = (step, context.made_by(step));
            nobody_hears_with(context, made, times, Broken::Lost(lost))?;
            Ok(Played::Out)
        }
    }
}

/// The time of a step that has run well once all that it makes has been filled; else what its case rests on.
fn filled_times(context: &Context<'_>, step: StepId) -> Result<Times, &'static str> {
    let plan = context.plan;
    let made = context.made_by(step);
    if made.is_empty() {
        return Err(LEAVES_NOTHING);
    }
    if made.iter().any(|id| on_demand(context, *id)) {
        return Err(ON_DEMAND);
    }
    let mut times = Times::of(context, &[step])?;
    let (mut begins, mut ends, mut filled) = (times.from, i64::MAX, Seconds::ZERO);
    for id in made {
        let lifetime = plan.copies[*id].lifetime;
        begins = begins.max(midnight(lifetime.from));
        ends = ends.min(lifetime.until.map_or(i64::MAX, midnight));
        filled = filled.max(delay(context, *id));
    }
    times = times.later(begins, filled);
    match times.until < ends {
        true => Ok(times),
        false => Err(SHORT),
    }
}

/// Whether all of some captures fail if one does.
fn together(context: &Context<'_>, all: &[StepId]) -> Result<Played, String> {
    let plan = context.plan;
    let scheduled: Vec<StepId> = all
        .iter()
        .copied()
        .filter(|step| plan.calendars.starts(*step).is_some())
        .collect();
    let Some(first) = scheduled.first().filter(|_| scheduled.len() > 1) else {
        return Ok(Played::Not(ON_DEMAND));
    };
    // Not all of them need be there at one time.
    let beside = |step: &StepId| are_there_together(context, *first, *step);
    let steps: Vec<StepId> = scheduled.iter().copied().filter(beside).collect();
    if steps.len() < 2 {
        return Ok(Played::Not(ON_DEMAND));
    }
    let mut times = match Times::of(context, &steps) {
        Err(rests_on) => return Ok(Played::Not(rests_on)),
        Ok(times) => times,
    };
    // What has ended fails no more, and the others are made again.
    let ends = steps
        .iter()
        .filter_map(|step| plan.model.steps[*step].lifetime.until);
    if let Some(ends) = ends.min() {
        times.until = times.until.min(midnight(ends).saturating_sub(1));
    }
    let followed = (steps.iter().copied().collect(), BTreeSet::new());
    let found = listen(context, followed, times, Broken::Step(*first))?;
    for (step, heard) in &found {
        if !times.fails(heard) {
            let name = &plan.model.steps[*step].named.name;
            return Err(format!("played, `{name}` does not fail with the others"));
        }
    }
    Ok(Played::Out)
}

/// Whether there is a day on which two steps are there.
pub(super) fn are_there_together(context: &Context<'_>, one: StepId, other: StepId) -> bool {
    let lifetime = |step: StepId| context.plan.model.steps[step].lifetime;
    lifetime(one).meets(lifetime(other))
}

/// Whether what a copy takes is cleared away by its age where it is read: before the next one is there, or before it is old
/// enough to be taken.
fn is_cleared(plan: &Plan, copy: &Copy) -> bool {
    let waits = copy.enter.older_than.is_some();
    let mut cleared = clearing(plan, copy);
    cleared.any(|(_, by)| waits || matches!(plan.model.steps[by].verb, Verb::Expire { .. }))
}

/// Whether a reader takes what a capture leaves on failing for a whole set.
fn half(context: &Context<'_>, pairs: &BTreeSet<(StepId, StepId)>) -> Result<Played, String> {
    let plan = context.plan;
    let read = pairs.iter().flat_map(|(writer, reader)| {
        let made = context.made_by(*reader).iter().copied();
        let mine = move |id: &CopyId| {
            let source = plan.copies[*id].source;
            source.is_some_and(|source| plan.copies[source].made_by == Some(*writer))
        };
        made.filter(mine).map(move |id| (id, *writer, *reader))
    });
    let made = read.filter(|(id, ..)| !on_demand(context, *id));
    let Some((copy, writer, reader)) = made.min_by_key(|(id, ..)| (delay(context, *id), *id))
    else {
        return Ok(Played::Not(ON_DEMAND));
    };
    let lifetime = plan.copies[copy].lifetime;
    let takes = delay(context, copy).0;
    let from = midnight(lifetime.from);
    let at = from.saturating_add(takes).saturating_add(1);
    let times = Times {
        from,
        at,
        until: at.saturating_add(takes).saturating_add(1),
        runs_on: 0,
    };
    let ends = lifetime.until.map_or(i64::MAX, midnight);
    if times.until >= ends {
        return Ok(Played::Not(SHORT));
    }
    let followed = ([reader].into(), [copy].into());
    let found = listen(context, followed, times, Broken::Step(writer))?;
    let of_reader = found.get(&reader).cloned().unwrap_or_default();
    match of_reader.half.iter().any(|read| read.as_second() > at) {
        true => Ok(Played::Out),
        // Which of the two comes first may hang on minutes, and all runs of a play last the same.
        false if is_cleared(plan, &plan.copies[copy]) => Ok(Played::Not(CLEARED)),
        false => {
            let name = &plan.model.steps[reader].named.name;
            Err(format!("played, `{name}` does not report half of a set"))
        }
    }
}

#[cfg(test)]
mod tests;
