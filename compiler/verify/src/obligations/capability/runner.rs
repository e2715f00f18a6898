//! What each runner and tool version can and cannot do.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{HostId, Repository, RunnerKind, Source, Step, StepTarget, Verb, Version};
use thrice_quantity::schedule::ScheduleZone;

use super::{SHOWN, finding, rank};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const ZONE: Code = Code("T2313");
const UNLIMITED: Code = Code("T2315");
const WITHOUT_TOOL: Code = Code("T2316");
const OTHER_VERSION: Code = Code("T2317");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let hosts = &context.plan.model.hosts;
    let mut without: BTreeMap<(HostId, &str, usize), Vec<&Step>> = BTreeMap::new();
    for (_, step) in context.plan.model.steps.iter() {
        zone(context, step, out);
        rules(context, step, out);
        flags(context, step, out);
        if let Some((host, program)) = tools(context, step, out) {
            let rank = rank(context, [&step.named, &hosts[host].named]);
            without.entry((host, program, rank)).or_default().push(step);
        }
    }
    for ((host, program, _), steps) in &without {
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

/// Flags of restic that came with some version, by its changelog: <https://github.com/restic/restic/blob/master/CHANGELOG.md>.
/// What is longer comes first.
const SINCE: [(&str, (u16, u16)); 7] = [
    ("--compression=better", (0, 18)),
    ("--compression=fastest", (0, 18)),
    ("--compression", (0, 14)),
    (MAX_UNUSED, (0, 12)),
    ("--no-scan", (0, 15)),
    ("--pack-size", (0, 14)),
    ("--read-concurrency", (0, 15)),
];

/// How much a prune may leave unused is said to each.
const MAX_UNUSED: &str = "--max-unused";

/// Flags that the repository's restic does not know: each run ends with that.
fn flags(context: &Context<'_>, step: &Step, out: &mut Vec<Finding>) {
    let own: &[String] = match &step.verb {
        Verb::Backup { flags, .. } => flags,
        _ => &[],
    };
    let prunes = matches!(step.verb, Verb::Prune | Verb::Backup { prune: true, .. });
    let repository = match (&step.target, &step.source) {
        (StepTarget::Repository(id, _), _) | (_, Source::Repository(id, _)) => *id,
        _ => return,
    };
    let repository = &context.plan.model.repositories[repository];
    let restic = repository.restic;
    for flag in own
        .iter()
        .map(String::as_str)
        .chain(prunes.then_some(MAX_UNUSED))
    {
        let since = SINCE.iter().find(|(known, _)| flag.starts_with(known));
        let Some((known, (major, minor))) = since else {
            continue;
        };
        if Version::from(restic).at_least(*major, *minor) {
            continue;
        }
        let diagnostic = Diagnostic::error(
            UNLIMITED,
            format!("restic {restic} does not know `{known}`"),
        )
        .at(step.named.span, "hands it on in each run")
        .at(
            repository.named.span,
            format!("worked on by restic {restic}"),
        )
        .help(match flag {
            MAX_UNUSED => format!("use restic {major}.{minor} or later"),
            _ => format!("use restic {major}.{minor} or later, or take the flag away"),
        });
        let subjects = [&step.named.name, &repository.named.name];
        out.push(finding(
            diagnostic,
            subjects.map(ToString::to_string).into(),
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
        (StepTarget::Repository(id, _), _) | (_, Source::Repository(id, _)) => {
            Some(&context.plan.model.repositories[*id])
        }
        _ => None,
    };
    let installed = tool.version.map(thrice_retention::ResticVersion::from);
    if let (Some(repository), "restic", Some(installed)) = (repository, program, installed) {
        // Scripts do nothing with a restic that is older than what is counted on, said or not.
        let refuses = installed < repository.restic;
        if refuses || repository.restic_stated.is_some() && installed != repository.restic {
            out.push(other_version(
                step,
                repository,
                (installed, tool.span),
                refuses,
            ));
        }
    }
    None
}

fn other_version(
    step: &Step,
    repository: &Repository,
    (installed, span): (thrice_retention::ResticVersion, Span),
    refuses: bool,
) -> Finding {
    let (name, counted) = (&repository.named.name, repository.restic);
    let message = format!(
        "`{}` runs restic {installed}, and `{name}` counts on {counted}",
        step.named.name
    );
    let (diagnostic, installed) = match refuses {
        true => (
            Diagnostic::error(OTHER_VERSION, message),
            "older: its script refuses to run",
        ),
        false => (Diagnostic::warning(OTHER_VERSION, message), "installed"),
    };
    let said = match repository.restic_stated {
        Some(_) => "counted on: versions differ in what they keep and refuse",
        None => "counted on, for no `engine restic VERSION` says otherwise",
    };
    let diagnostic = diagnostic
        .at(span, installed)
        .at(repository.named.span, said)
        .help("name one version in both places");
    finding(
        diagnostic,
        vec![step.named.name.to_string(), name.to_string()],
    )
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
