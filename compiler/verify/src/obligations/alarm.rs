//! The part of obligation 15 that the floor asks of every policy: each step reports to a monitor, and
//! the monitor does not fall with the step that it watches. The rest of that obligation (freshness
//! bounds, what passes for success) is not decided yet.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{HostId, MonitorId, Obligation, RunnerKind, Step, StepId};

use crate::context::Context;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::some;

const NO_MONITOR: Code = Code("T2501");
const BESIDE: Code = Code("T2502");

/// How many steps a message points at.
const SHOWN: usize = 5;

pub(crate) fn floor(context: &Context<'_>, out: &mut Verification) {
    let silent: Vec<&Step> = watched(context)
        .map(|(_, step)| step)
        .filter(|step| step.monitor.is_none())
        .collect();
    if !silent.is_empty() {
        out.findings.push(no_monitor(&silent));
    }
    let mut beside: BTreeMap<(MonitorId, HostId), Vec<&Step>> = BTreeMap::new();
    for (_, step) in watched(context) {
        let (Some((monitor, _)), Some(host)) = (step.monitor, step.runner.host) else {
            continue;
        };
        if context.plan.model.monitors[monitor].host == Some(host) {
            beside.entry((monitor, host)).or_default().push(step);
        }
    }
    for ((monitor, host), steps) in &beside {
        out.findings
            .push(watched_by_itself(context, *monitor, *host, steps));
    }
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
    let mut diagnostic = Diagnostic::error(NO_MONITOR, format!("{names} {report} to no monitor"))
        .event("some night", "a step fails, or its host is off, and nobody is told")
        .event("weeks later", "a restore is needed, and the newest copy is as old as that night")
        .help("declare one that falls with none of the hosts, and name it in each step: `monitor NAME`");
    for step in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(step.named.span, "fails in silence");
    }
    finding(diagnostic, steps)
}

fn watched_by_itself(
    context: &Context<'_>,
    monitor: MonitorId,
    host: HostId,
    steps: &[&Step],
) -> Finding {
    let (monitor, host) = (
        &context.plan.model.monitors[monitor],
        &context.plan.model.hosts[host],
    );
    let names = some(steps.iter().map(|s| s.named.name.as_str()));
    let run = if steps.len() == 1 { "runs" } else { "run" };
    let message = format!(
        "`{}` falls with the host on which {names} {run}",
        monitor.named.name
    );
    let mut diagnostic = Diagnostic::new(BESIDE, Severity::Warning, message)
        .at(monitor.named.span, format!("runs on `{}`", host.named.name))
        .at(
            host.named.span,
            "when it is down, steps and alarm are silent together",
        )
        .help("let a monitor elsewhere expect a signal from these steps, or from this monitor");
    for step in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(step.named.span, "runs there too");
    }
    finding(diagnostic, steps)
}

fn finding(diagnostic: Diagnostic, steps: &[&Step]) -> Finding {
    let subjects: Vec<String> = steps.iter().map(|s| s.named.name.clone()).collect();
    Finding {
        diagnostic: diagnostic
            .about(subjects.join(" "))
            .by(Engine::Evaluated.word()),
        obligation: Obligation::Alarm,
        classes: Vec::new(),
        subjects,
        fault: None,
    }
}
