//! From some moment on a step fails for ever, or what it runs on is lost: of each step that does not run well any more
//! somebody is told before more runs are missed than are counted with, no other step fails, and half a set is never
//! success. While nothing fails nobody speaks up.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use thrice_model::{RunnerKind, StepId, Target, Verb};
use thrice_plan::{CopyId, Plan};
use thrice_quantity::Seconds;
use thrice_simulate::{Choices, Heard, Listening, RunChoice, heard};

use super::{Came, DAY, Played, Said, day, instant, midnight};
use crate::Random;
use crate::stands::moment::choices;

/// What is told of a step of which silence is heard by nobody.
const SILENT: [&str; 3] = ["T2501", "T2507", "T2508"];
/// What is told of one whose monitor falls with it.
const SHARED: [&str; 3] = ["T2502", "T2503", "T2504"];
/// The step may start or end later than its monitor was told, for it waits for others or for a lock.
const WAITS: [&str; 3] = ["T2103", "T2106", "T2107"];

pub(super) fn one(said: &Said<'_>, random: &mut Random, played: &mut Played) -> Came {
    let plan = said.plan;
    let model = &plan.model;
    let watched = watched(plan);
    let step = *watched.iter().choose(random)?;
    let (at, until) = moments(plan, &watched, step, random)?;
    let host = model.steps[step].runner.host;
    let lost = match (random.random_range(0..6), host) {
        (0, Some(host)) => Some(Target::Host(host)),
        (1, Some(host)) => Some(Target::Site(model.hosts[host].site)),
        (2, Some(host)) => Some(Target::Provider(
            model.sites[model.hosts[host].site].provider,
        )),
        _ => None,
    };
    let chosen = Choices {
        missed: [].into(),
        worst: false,
        ..varied(plan, &watched, (at - 60 * DAY, until), random)
    };
    let begin = (at - 120 * DAY).max(midnight(model.policy.start));
    let listening = Listening {
        steps: watched.clone(),
        copies: BTreeSet::new(),
        fails: lost.is_none().then_some(step).into_iter().collect(),
        lost: lost.into_iter().collect(),
        from: instant(begin),
        at: instant(at),
        until: instant(until),
        choices: chosen.clone(),
    };
    let all = heard(plan, &listening);
    let mut out = Vec::new();
    for (id, of) in &all {
        let name = said.step(*id);
        let fails = is_silent(plan, *id, of, (at, until));
        if fails {
            let codes: Vec<&str> = SILENT
                .into_iter()
                .chain(SHARED.into_iter().filter(|_| lost.is_some()))
                .collect();
            if said.is_told(&codes, &[name]) || said.is_told(&WAITS, &[name]) {
                continue;
            }
            *played
                .entry(if lost.is_some() {
                    "lost steps"
                } else {
                    "failing steps"
                })
                .or_default() += 1;
            out.extend(told(said, *id, of, &chosen, until).map(|why| {
                format!(
                    "alarm: {why}; from {} on `{}` fails, {lost:?}",
                    instant(at),
                    said.step(step)
                )
            }));
        } else if lost.is_none() && *id != step && !hangs_on(said, *id, step) {
            *played.entry("neighbours").or_default() += 1;
            let failed = of.failed.iter().find(|when| when.as_second() >= at);
            out.extend(
                failed.map(|when| {
                    format!("alarm: `{name}` fails at {when} with `{}`", said.step(step))
                }),
            );
        }
    }
    out.extend(half(said, step, listening, played));
    Some(out)
}

/// Nothing fails, and nobody speaks up.
pub(super) fn quiet(said: &Said<'_>, random: &mut Random, played: &mut Played) -> Came {
    let plan = said.plan;
    let watched = watched(plan);
    let step = *watched.iter().choose(random)?;
    let (at, until) = moments(plan, &watched, step, random)?;
    let listening = Listening {
        steps: watched.clone(),
        copies: BTreeSet::new(),
        fails: BTreeSet::new(),
        lost: Vec::new(),
        from: instant((at - 90 * DAY).max(midnight(plan.model.policy.start))),
        at: instant(until),
        until: instant(until),
        choices: varied(plan, &watched, (at - 60 * DAY, until), random),
    };
    let all = heard(plan, &listening).into_iter();
    let wrong = all.filter_map(|(id, of)| {
        let name = said.step(id);
        let (monitor, when) = of.told?;
        let lifetime = plan.model.steps[id].lifetime;
        let ended = lifetime.until.is_some_and(|end| midnight(end) <= until);
        if ended || said.is_told(&WAITS, &[name]) || said.is_told(&SILENT, &[name]) {
            return None;
        }
        let monitor = &plan.model.monitors[monitor].named.name;
        Some(format!(
            "alarm: `{monitor}` speaks up about `{name}` at {when}, and nothing fails: {:?}",
            of.well.iter().rev().take(4).collect::<Vec<_>>()
        ))
    });
    let wrong = wrong.collect();
    *played.entry("quiet").or_default() += watched.len() as u64;
    Some(wrong)
}

/// The steps that run by themselves at some time.
fn watched(plan: &Plan) -> BTreeSet<StepId> {
    let steps = plan.model.steps.iter();
    let by_itself = |kind| !matches!(kind, RunnerKind::Hand | RunnerKind::Lifecycle);
    let steps = steps
        .filter(|(id, step)| by_itself(step.runner.kind) && plan.calendars.starts(*id).is_some());
    steps.map(|(id, _)| id).collect()
}

/// When something goes wrong while a step is there, and until when it may be heard of.
fn moments(
    plan: &Plan,
    watched: &BTreeSet<StepId>,
    step: StepId,
    random: &mut Random,
) -> Option<(i64, i64)> {
    let policy = &plan.model.policy;
    let lifetime = plan.model.steps[step].lifetime;
    let from = midnight(lifetime.from.max(policy.start));
    let end = midnight(lifetime.until.unwrap_or(policy.end).min(policy.end));
    let bounds = watched.iter().filter_map(|id| {
        let cadence = &plan.cadences[*id];
        let silent = cadence.freshness.unwrap_or_default();
        Some(cadence.widest?.0 * 2 + cadence.duration.high().0 + cadence.jitter.0 + silent.0)
    });
    let longest = bounds.max()?.saturating_add(policy.response.0);
    (from < end).then(|| {
        let at = random.random_range(from..end);
        (at, at.saturating_add(longest))
    })
}

/// Whether a step has run well before and does not any more, for as long as it is there.
fn is_silent(plan: &Plan, id: StepId, of: &Heard, (at, until): (i64, i64)) -> bool {
    let lifetime = plan.model.steps[id].lifetime;
    let there =
        lifetime.contains(day(at)) && lifetime.until.is_none_or(|end| midnight(end) > until);
    let Some(failed) = of.failed.iter().find(|when| when.as_second() >= at) else {
        return false;
    };
    let before = of.well.iter().any(|when| when.as_second() < at);
    there && before && !of.well.iter().any(|when| when > failed)
}

/// Why nobody hears of a step in time.
fn told(said: &Said<'_>, id: StepId, of: &Heard, chosen: &Choices, until: i64) -> Option<String> {
    let plan = said.plan;
    let name = said.step(id);
    let Some((_, told)) = of.told else {
        return Some(format!(
            "nobody is told of `{name}`, which last ran well at {:?}",
            of.well.last()
        ));
    };
    let last = of.well.last()?;
    if told <= *last {
        return Some(format!(
            "of `{name}` somebody is told at {told}, before it fails"
        ));
    }
    let acts = told
        .as_second()
        .saturating_add(plan.model.policy.response.0);
    if acts > until {
        return None;
    }
    // A run has ended well since it was due; what deletes by age does it at once.
    let lasts = match plan.model.steps[id].verb {
        Verb::Expire { .. } => Seconds::ZERO,
        _ => {
            let chosen = chosen.durations.get(&id).copied();
            chosen.unwrap_or(plan.cadences[id].duration.low())
        }
    };
    let began = last.as_second() - lasts.0;
    let starts = plan.calendars.starts(id)?;
    let due = starts.iter().filter(|due| **due <= began).max()?;
    let missed = starts
        .iter()
        .filter(|start| *due < **start && **start < acts)
        .count();
    let counted = plan.cadences[id].missed as usize;
    (missed > counted).then(|| format!("`{name}`, last due at {} and well at {last}, misses {missed} runs until somebody acts at {}, and {counted} are counted with", instant(*due), instant(acts)))
}

/// Whether a step comes after another one that fails, or is made by the same program, which is told.
fn hangs_on(said: &Said<'_>, id: StepId, other: StepId) -> bool {
    let plan = said.plan;
    let mut next = vec![id];
    let mut known = BTreeSet::new();
    while let Some(step) = next.pop() {
        if known.insert(step) {
            next.extend(plan.waits_for(step));
        }
    }
    known.iter().any(|step| {
        *step == other || said.is_told(&["T2505"], &[said.step(*step), said.step(other)])
    })
}

/// What a capture leaves on failing nobody takes for a whole set, unless that is told.
fn half(said: &Said<'_>, step: StepId, listening: Listening, played: &mut Played) -> Vec<String> {
    let plan = said.plan;
    let (name, verb) = (said.step(step), &plan.model.steps[step].verb);
    if !matches!(verb, Verb::Capture(_))
        || said.is_told(&["T2506"], &[name])
        || !listening.lost.is_empty()
    {
        return Vec::new();
    }
    let reads = |id: &CopyId| {
        plan.copies[*id]
            .source
            .is_some_and(|source| plan.copies[source].made_by == Some(step))
    };
    let copies: BTreeSet<CopyId> = plan.copies.ids().filter(reads).collect();
    let steps: BTreeSet<StepId> = copies
        .iter()
        .filter_map(|id| plan.copies[*id].made_by)
        .collect();
    if copies.is_empty() {
        return Vec::new();
    }
    *played.entry("half sets").or_default() += 1;
    let at = listening.at;
    let all = heard(
        plan,
        &Listening {
            steps,
            copies,
            ..listening
        },
    );
    let wrong = all.iter().filter_map(|(id, of)| {
        let half = of.half.iter().find(|when| **when >= at)?;
        let reader = said.step(*id);
        // That it reads while the other still writes is told of the time table.
        let meets = said.is_told(&["T2105", "T2110"], &[name, reader]);
        (!meets).then(|| format!("alarm: `{reader}` reports half of what `{name}` makes at {half}"))
    });
    wrong.collect()
}

/// Runs that are late, on time and long as each may be by itself.
fn varied(
    plan: &Plan,
    steps: &BTreeSet<StepId>,
    (from, to): (i64, i64),
    random: &mut Random,
) -> Choices {
    let mut out = Choices {
        worst: false,
        missed: [].into(),
        ..choices(plan, random)
    };
    if random.random_bool(0.5) {
        // Everything at the ends of what may be.
        for id in steps {
            let cadence = &plan.cadences[*id];
            let takes = [cadence.duration.low(), cadence.duration.high()];
            out.durations
                .insert(*id, *takes.choose(random).unwrap_or(&takes[0]));
            out.late.insert(*id, cadence.jitter);
        }
    }
    for id in steps.iter().filter(|id| plan.cadences[**id].jitter.0 > 0) {
        let starts = plan.calendars.starts(*id);
        let starts = starts.iter().flat_map(|starts| starts.iter().copied());
        for due in starts.filter(|due| (from..to).contains(due)) {
            if random.random_bool(0.3) {
                let of_step = out.runs.entry(*id).or_default();
                of_step.insert(instant(due), RunChoice::OnTime);
            }
        }
    }
    out
}
