//! Obligation 15: each step has a success signal of its own, over a path that shares no domain with it;
//! steps that fail take dependents along and no neighbours; nothing half, empty or old passes for success.
//!
//! Emitted scripts send one signal a step, after its work and its checks, and the bound after which a
//! monitor speaks up follows from the widest gap of the real calendar (`Cadence::freshness`). So all of it
//! is *evaluated*. What people and providers do sends no signal: the verdict holds if they do it.

mod absent;
mod path;
mod played;

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{HostId, MonitorId, Obligation, RunnerKind, Step, StepId, Verb};
use thrice_plan::calendar::after_is_enforced;
use thrice_plan::{Copy, Leave, Plan};
use thrice_quantity::{Interval, Seconds};

use crate::acceptance;
use crate::context::Context;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::some;
use played::{Case, are_there_together, is_borne_out};

const NO_MONITOR: Code = Code("T2501");
const NEIGHBOURS: Code = Code("T2505");
const PASSES: Code = Code("T2506");
const NOT_ASKED: Code = Code("T2507");

/// How many steps a message points at.
const SHOWN: usize = 5;

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut found = Vec::new();
    let mut silent: BTreeMap<usize, Vec<(StepId, &Step)>> = BTreeMap::new();
    for (id, step) in watched(context).filter(|(_, step)| step.monitor.is_none()) {
        let same = silent.entry(rank(context, step)).or_default();
        same.push((id, step));
    }
    for steps in silent.into_values() {
        let (ids, steps): (Vec<StepId>, Vec<&Step>) = steps.into_iter().unzip();
        found.push((no_monitor(&steps), Some(Case::Silent(ids))));
    }
    not_asked(context, &mut found);
    path::check(context, &mut found);
    absent::check(context, &mut found);
    neighbours(context, &mut found);
    passes(context, &mut found);
    let said = Said {
        obligation: Obligation::Alarm,
        engine: Engine::Evaluated,
        holds: found
            .iter()
            .all(|(f, _)| f.diagnostic.severity != Severity::Error),
        note: note(context).into(),
    };
    let subjects = context.subjects();
    out.verdicts
        .push([subjects.policy()], subjects.always(), said);
    for (finding, case) in found {
        if case.is_none_or(|case| is_borne_out(context, out, &case)) {
            out.findings.push(finding);
        }
    }
}

/// What is found, with its case, if it has one.
type Found = Vec<(Finding, Option<Case>)>;

/// When silence is noticed at the latest, and what nobody would notice.
fn note(context: &Context<'_>) -> String {
    let steps = &context.plan.model.steps;
    let mut parts = Vec::new();
    let bounds = watched(context).filter_map(|(id, step)| {
        let freshness = context.plan.cadences[id].freshness?;
        Some((freshness, &step.named.name))
    });
    let mut latest = None;
    for (freshness, name) in bounds {
        if latest.is_none_or(|(most, _)| freshness > most) {
            latest = Some((freshness, name));
        }
    }
    if let Some((freshness, name)) = latest {
        parts.push(format!(
            "silence is noticed after {freshness} at the latest (`{name}`)"
        ));
    }
    for (kind, who) in [
        (RunnerKind::Hand, "somebody does"),
        (RunnerKind::Lifecycle, "the provider does"),
    ] {
        let names: Vec<&str> = steps
            .iter()
            .filter(|(_, step)| step.runner.kind == kind)
            .map(|(_, step)| step.named.name.as_str())
            .collect();
        if !names.is_empty() {
            parts.push(format!("proved if {who} {}", some(names)));
        }
    }
    parts.join("; ")
}

/// The steps that run by themselves: what a person does, and what a provider does by its rules, sends
/// no signals.
fn watched<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (StepId, &'c Step)> {
    context.plan.model.steps.iter().filter(|(_, step)| {
        step.timing.schedule.is_some()
            && !matches!(step.runner.kind, RunnerKind::Hand | RunnerKind::Lifecycle)
    })
}

fn no_monitor(steps: &[&Step]) -> Finding {
    let names = some(steps.iter().map(|s| s.named.name.as_str()));
    let report = if steps.len() == 1 {
        "reports"
    } else {
        "report"
    };
    let asked = if steps.iter().any(|step| step.mirror().is_some()) {
        ", and of a copy by Zerobyte say when it is asked after: `checked SCHEDULE`"
    } else {
        ""
    };
    let mut diagnostic = Diagnostic::error(NO_MONITOR, format!("{names} {report} to no monitor"))
        .event("some night", "a step fails, or its host is off, and nobody is told")
        .event("weeks later", "a restore is needed, and the newest copy is as old as that night")
        .help(format!("declare one that falls with none of the hosts, and name it in each step: `monitor NAME`{asked}"));
    for step in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(step.named.span, "fails in silence");
    }
    Finding {
        floor: true,
        ..finding(diagnostic, steps)
    }
}

/// Mirrors of which nothing hears: Zerobyte sends no notification when one fails, so somebody must ask.
fn not_asked(context: &Context<'_>, out: &mut Found) {
    let model = &context.plan.model;
    for (id, step) in watched(context) {
        let (Some(mirror), Some((monitor, span)), Some(host)) =
            (step.mirror(), step.monitor, step.runner.host)
        else {
            continue;
        };
        let (host, name) = (&model.hosts[host], &step.named.name);
        let has_cron = host
            .runners
            .iter()
            .any(|(runner, _)| *runner == RunnerKind::Cron);
        let (message, label, help) = match &mirror.checked {
            None => (
                format!("nothing tells the monitor of `{name}` whether its versions have arrived"),
                "hears of nothing",
                "say when to ask for them, such as `checked daily at 06:00 UTC`: then the monitor is told",
            ),
            Some(_) if !has_cron => (
                format!(
                    "nothing on `{}` asks whether the versions of `{name}` have arrived",
                    host.named.name
                ),
                "hears of nothing",
                "`checked` is what cron of that host does: add `cron` to its `runs`",
            ),
            Some(_) => continue,
        };
        let mut diagnostic = Diagnostic::error(NOT_ASKED, message)
            .at(step.named.span, "Zerobyte tells nobody when this fails")
            .at(span, label);
        if let Some((_, asked)) = &mirror.checked {
            diagnostic = diagnostic
                .at(*asked, "nobody asks then")
                .at(host.named.span, "runs no cron");
        }
        let diagnostic = diagnostic
            .event(
                "from some night on",
                "nothing is copied any more, and the backup still reports success",
            )
            .event(
                "weeks later",
                "the backup's repository is lost, and the other is as old as that night",
            )
            .help(help);
        let finding = Finding {
            floor: true,
            ..finding(diagnostic, &[step])
        };
        let finding = heard(context, monitor, finding);
        out.push((finding, Some(Case::NotAsked(id))));
    }
}

/// Captures that one program makes fail together.
fn neighbours(context: &Context<'_>, out: &mut Found) {
    let mut shared: BTreeMap<(HostId, &str), Vec<StepId>> = BTreeMap::new();
    for (id, step) in watched(context) {
        if let (Verb::Capture(parts), Some(host)) = (&step.verb, step.runner.host)
            && let Some(program) = &parts.runs
        {
            shared.entry((host, program)).or_default().push(id);
        }
    }
    for ((_, program), ids) in shared {
        let all = &context.plan.model.steps;
        // Nobody fails with what is not there any more, or not yet.
        let together = |one, other| are_there_together(context, one, other);
        let rank = |id: StepId| rank(context, &all[id]);
        for ids in acceptance::in_each_others_way(&ids, rank, together) {
            let steps: Vec<&Step> = ids.iter().map(|id| &all[*id]).collect();
            out.push((one_program(program, &steps), Some(Case::Together(ids))));
        }
    }
}

fn one_program(program: &str, steps: &[&Step]) -> Finding {
    let names = some(steps.iter().map(|s| s.named.name.as_str()));
    let message = format!("{names} fail together: all of them are `{program}`");
    let mut diagnostic = Diagnostic::warning(NEIGHBOURS, message)
        .event(
            "some night",
            format!("`{program}` stops at the first of its captures that fails"),
        )
        .event(
            "from then on",
            "the others are not made either, and no signal says which one it was",
        )
        .help("give each capture a program of its own");
    for step in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(step.named.span, format!("runs `{program}`"));
    }
    finding(diagnostic, steps)
}

/// Captures in place that fail leave half of a set, which the next reader takes for a whole one.
fn passes(context: &Context<'_>, out: &mut Found) {
    let plan = context.plan;
    let steps = &plan.model.steps;
    let pairs: BTreeSet<(StepId, StepId)> = plan
        .copies
        .iter()
        // What has brought one dump fails at any other.
        .filter(|(_, copy)| plan.brings_one(copy).is_none() && !gone_before_old(plan, copy))
        .filter_map(|(_, copy)| Some((plan.copies[copy.source?].made_by?, copy.made_by?)))
        .filter(|(writer, reader)| {
            let in_place = matches!(
                &steps[*writer].verb,
                Verb::Capture(parts) if !parts.atomic
            );
            in_place && !after_is_enforced(&steps[*reader], *writer, &steps[*writer])
        })
        .collect();
    let mut by_host: BTreeMap<(Option<HostId>, usize), BTreeSet<StepId>> = BTreeMap::new();
    for (writer, _) in &pairs {
        let step = &steps[*writer];
        let same = by_host.entry((step.runner.host, rank(context, step)));
        same.or_default().insert(*writer);
    }
    for writers in by_host.values() {
        let captures: Vec<&Step> = writers.iter().map(|id| &steps[*id]).collect();
        let mine = pairs.iter().filter(|(writer, _)| writers.contains(writer));
        let mine: BTreeSet<(StepId, StepId)> = mine.copied().collect();
        let readers: BTreeSet<StepId> = mine.iter().map(|(_, reader)| *reader).collect();
        let readers = some(readers.iter().map(|id| steps[*id].named.name.as_str()));
        let names = some(captures.iter().map(|s| s.named.name.as_str()));
        let leave = if captures.len() == 1 {
            "leaves"
        } else {
            "leave"
        };
        let message = format!("what {names} {leave} behind on failing passes for a whole set");
        let mut diagnostic = Diagnostic::warning(PASSES, message)
            .event(
                "some night",
                format!("a capture of {names} fails half way, where the last whole set was"),
            )
            .event(
                "minutes later",
                format!("{readers} read what there is, and report success"),
            )
            .help("publish with one rename, after looking at the whole set: `atomic`");
        for step in captures.iter().take(SHOWN) {
            diagnostic = diagnostic.at(step.named.span, "writes in place");
        }
        let finding = finding(diagnostic, &captures);
        out.push((finding, Some(Case::Half(mine))));
    }
}

/// Whether what a move takes at some age is surely cleared away before, but for the newest, which it leaves where it is.
fn gone_before_old(plan: &Plan, copy: &Copy) -> bool {
    let Some(age) = &copy.enter.older_than else {
        return false;
    };
    // A dump is as old as it lies there; what a program of one's own leaves may bear another time.
    let made_by = copy.source.and_then(|source| plan.copies[source].made_by);
    let own = made_by.is_some_and(
        |by| matches!(&plan.model.steps[by].verb, Verb::Capture(parts) if parts.runs.is_some()),
    );
    let age = if own { age.low() } else { age.high() };
    clearing(plan, copy).any(|(after, by)| {
        // Who clears comes up to a round later.
        let round = plan.cadences[by].nominal_delay();
        round.is_some_and(|round| after.high().saturating_add(round) < age)
    })
}

/// What clears by age what a copy is made from, and after how long.
fn clearing<'p>(
    plan: &'p Plan,
    copy: &Copy,
) -> impl Iterator<Item = (Interval<Seconds>, StepId)> + use<'p> {
    let source = copy.source.map(|source| &plan.copies[source]);
    let capture = source.and_then(|source| source.made_by);
    let keeps = capture.and_then(|by| match &plan.model.steps[by].verb {
        Verb::Capture(parts) => Some((parts.keeps.as_ref()?.0, by)),
        _ => None,
    });
    let leaves = source.into_iter().flat_map(|source| &source.leaves);
    let by_age = leaves.filter_map(|leave| match *leave {
        Leave::AfterEntering { after, by } => Some((after, by)),
        Leave::AtAge { age, by } => Some((age, by)),
        _ => None,
    });
    keeps.into_iter().chain(by_age)
}

/// By which acceptance a step's findings are covered: who accepts something of one step accepts it of no other.
fn rank(context: &Context<'_>, step: &Step) -> usize {
    acceptance::rank(context.plan, Obligation::Alarm, [step.named.name.as_str()])
}

/// The same of what is told of a monitor and of steps that no other listens to: who accepts it of the monitor accepts it
/// of all of them.
fn rank_heard(context: &Context<'_>, step: &Step, monitor: MonitorId) -> usize {
    let monitor = &context.plan.model.monitors[monitor].named.name;
    let names = [step.named.name.as_str(), monitor.as_str()];
    acceptance::rank(context.plan, Obligation::Alarm, names)
}

/// What is told of steps and of the monitor that listens to them.
fn heard(context: &Context<'_>, monitor: MonitorId, mut finding: Finding) -> Finding {
    let monitor = &context.plan.model.monitors[monitor].named.name;
    finding.subjects.push(monitor.to_string());
    finding
}

fn finding(diagnostic: Diagnostic, steps: &[&Step]) -> Finding {
    let subjects: Vec<String> = steps.iter().map(|s| s.named.name.to_string()).collect();
    Finding {
        diagnostic: diagnostic
            .about(subjects.join(" "))
            .by(Engine::Evaluated.word()),
        obligation: Obligation::Alarm,
        classes: Vec::new(),
        subjects,
        fault: None,
        floor: false,
    }
}
