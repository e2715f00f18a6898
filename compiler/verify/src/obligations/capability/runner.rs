//! What each runner and tool version can and cannot do.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{HostId, RunnerKind, Step, StepTarget, Verb};
use thrice_quantity::schedule::ScheduleZone;

use super::{SHOWN, finding};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const ZONE: Code = Code("T2313");
const UNLIMITED: Code = Code("T2315");
const WITHOUT_TOOL: Code = Code("T2316");
const OTHER_VERSION: Code = Code("T2317");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let mut without: BTreeMap<(HostId, &str), Vec<&Step>> = BTreeMap::new();
    for (_, step) in context.plan.model.steps.iter() {
        zone(context, step, out);
        rules(context, step, out);
        if let Some(lacks) = tools(context, step, out) {
            without.entry(lacks).or_default().push(step);
        }
    }
    for ((host, program), steps) in &without {
        out.push(without_tool(context, *host, program, steps));
    }
}

/// Zerobyte knows one clock, that of its host: a time in another zone can only be told to it where
/// the two never drift apart. What cron starts looks at the right clock itself.
fn zone(context: &Context<'_>, step: &Step, out: &mut Vec<Finding>) {
    let (Some((schedule, span)), Some(host)) = (&step.timing.schedule, step.runner.host) else {
        return;
    };
    if step.runner.kind != RunnerKind::Zerobyte {
        return;
    }
    let host = &context.plan.model.hosts[host];
    let wanted = match &schedule.zone {
        ScheduleZone::Host => return,
        ScheduleZone::Utc => "UTC",
        ScheduleZone::Named(name) => name.as_str(),
    };
    if wanted == host.timezone || (is_utc(wanted) && is_utc(&host.timezone)) {
        return;
    }
    out.push(finding(
        Diagnostic::error(
            ZONE,
            format!(
                "`{}` is planned in {wanted}, but the clock of `{}` is {}",
                step.named.name, host.named.name, host.timezone
            ),
        )
        .at(*span, format!("a time in {wanted}"))
        .at(
            host.named.span,
            format!("its scheduler runs in {}", host.timezone),
        )
        .help(
            "plan it in the host's zone, set the host to UTC, or let cron or the executor run it",
        ),
        vec![step.named.name.to_string()],
    ));
}

fn is_utc(name: &str) -> bool {
    matches!(name, "UTC" | "Etc/UTC") || TimeZone::get(name).is_ok_and(|z| z == TimeZone::UTC)
}

fn rules(context: &Context<'_>, step: &Step, out: &mut Vec<Finding>) {
    let (
        Verb::Backup {
            keep: Some((rules, span)),
            ..
        },
        StepTarget::Repository(repository, _),
    ) = (&step.verb, &step.target)
    else {
        return;
    };
    let repository = &context.plan.model.repositories[*repository];
    let unlimited = rules
        .counts()
        .iter()
        .any(|(_, c)| matches!(c, Some(thrice_retention::Count::Unlimited)));
    if unlimited && !repository.restic.knows_unlimited() {
        out.push(finding(
            Diagnostic::error(
                UNLIMITED,
                format!("restic {} does not know `unlimited`", repository.restic),
            )
            .at(*span, "used here")
            .at(
                repository.named.span,
                format!("worked on by restic {}", repository.restic),
            )
            .help("use restic 0.16 or later, or a number"),
            vec![
                step.named.name.to_string(),
                repository.named.name.to_string(),
            ],
        ));
    }
}

/// The program that a script calls, if the host says which programs it has. What is returned is a host
/// that does not say that it has the program.
fn tools(
    context: &Context<'_>,
    step: &Step,
    out: &mut Vec<Finding>,
) -> Option<(HostId, &'static str)> {
    let id = step.runner.host?;
    let host = &context.plan.model.hosts[id];
    let scripted = matches!(
        step.runner.kind,
        RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor
    );
    let program = match &step.verb {
        Verb::Backup { .. } | Verb::Prune | Verb::Check(_) | Verb::Drill => "restic",
        Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => "rclone",
        _ => return None,
    };
    if !scripted {
        return None;
    }
    let Some(tool) = host.tools.iter().find(|t| t.name == program) else {
        return Some((id, program));
    };
    let repository = match (&step.target, &step.source) {
        (StepTarget::Repository(id, _), _) | (_, thrice_model::Source::Repository(id, _)) => {
            Some(&context.plan.model.repositories[*id])
        }
        _ => None,
    };
    let installed = tool.version.map(thrice_retention::ResticVersion::from);
    if let (Some(repository), "restic", Some(installed)) = (repository, program, installed)
        && repository.restic_stated.is_some()
        && installed != repository.restic
    {
        out.push(finding(
            Diagnostic::warning(
                OTHER_VERSION,
                format!(
                    "`{}` runs restic {installed}, and `{}` counts on {}",
                    step.named.name, repository.named.name, repository.restic
                ),
            )
            .at(tool.span, "installed")
            .at(
                repository.named.span,
                "counted on: versions differ in what they keep and refuse",
            )
            .help("name one version in both places"),
            vec![
                step.named.name.to_string(),
                repository.named.name.to_string(),
            ],
        ));
    }
    None
}

fn without_tool(context: &Context<'_>, host: HostId, program: &str, steps: &[&Step]) -> Finding {
    let host = &context.plan.model.hosts[host];
    let names = || steps.iter().map(|step| step.named.name.as_str());
    let need = if steps.len() == 1 { "needs" } else { "need" };
    let message = format!(
        "{} {need} {program}, and nothing says that `{}` has it",
        some(names()),
        host.named.name
    );
    let mut diagnostic = Diagnostic::warning(WITHOUT_TOOL, message)
        .at(host.named.span, format!("no `has {program} VERSION`"));
    for step in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(step.named.span, format!("calls {program}"));
    }
    let help = format!("write `has {program} VERSION`: what a script may use depends on it");
    let subjects = names().chain([host.named.name.as_str()]);
    finding(diagnostic.help(help), subjects.map(str::to_owned).collect())
}
