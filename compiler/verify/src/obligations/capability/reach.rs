//! Steps reach what they read and write.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{HostId, HostKind, RunnerKind, Step, Verb};

use thrice_plan::{read_places, written_place};

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const NO_NETWORK: Code = Code("T2311");
const NOT_LOCAL: Code = Code("T2312");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    mounted(context, out);
    for (_, step) in model.steps.iter() {
        let Some(runner) = step.runner.host else {
            continue;
        };
        let reads = read_places(model, step);
        let writes = written_place(model, step);
        for (place, reading) in reads
            .iter()
            .map(|p| (p, true))
            .chain(writes.iter().map(|p| (p, false)))
        {
            let other = context.plan.host_of(place.store);
            if other == runner || model.hosts[other].kind == HostKind::ObjectStorage {
                continue;
            }
            if !same_network(context, runner, other) {
                out.push(no_network(context, step, runner, other));
            } else if needs_local_files(step, reading) {
                out.push(not_local(context, step, runner, other, reading));
            }
        }
    }
}

/// A service reaches what it shows.
fn mounted(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    for mount in &model.mounts {
        let (service, other) = (
            &model.services[mount.service],
            context.plan.host_of(mount.store),
        );
        let near = service.host == other || model.hosts[other].kind == HostKind::ObjectStorage;
        if near || same_network(context, service.host, other) {
            continue;
        }
        let (name, other) = (&mount.named.name, &model.hosts[other].named);
        let message = format!(
            "`{}` shows `{name}` of `{}`, but no network joins their hosts",
            service.named.name, other.name
        );
        let diagnostic = Diagnostic::error(NO_NETWORK, message)
            .at(mount.named.span, "the mount")
            .at(model.hosts[service.host].named.span, "shown from here")
            .at(other.span, "its data is here")
            .help("declare the network they share: `network NAME { joins …, … }`");
        out.push(finding(diagnostic, vec![name.to_string()]));
    }
}

fn same_network(context: &Context<'_>, a: HostId, b: HostId) -> bool {
    context
        .plan
        .model
        .networks
        .iter()
        .any(|n| n.hosts.contains(&a) && n.hosts.contains(&b))
}

/// restic reads files of its own host, and captures run where the data is; rclone reaches other hosts
/// over SFTP, and Zerobyte mounts volumes.
fn needs_local_files(step: &Step, reading: bool) -> bool {
    let scripted = matches!(
        step.runner.kind,
        RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor
    );
    match &step.verb {
        Verb::Backup { .. } => scripted && reading,
        Verb::Capture(_) | Verb::Expire { .. } => scripted,
        _ => false,
    }
}

fn no_network(context: &Context<'_>, step: &Step, runner: HostId, other: HostId) -> Finding {
    let hosts = &context.plan.model.hosts;
    let (runner, other) = (&hosts[runner].named, &hosts[other].named);
    finding(
        Diagnostic::error(
            NO_NETWORK,
            format!("`{}` runs on `{}` and needs `{}`, but no network joins them", step.named.name, runner.name, other.name),
        )
        .at(step.named.span, "the step")
        .at(runner.span, "runs here")
        .at(other.span, "its data is here")
        .help("declare the network they share: `network NAME { joins …, … }`, or run the step where its data is"),
        vec![step.named.name.to_string()],
    )
}

fn not_local(
    context: &Context<'_>,
    step: &Step,
    runner: HostId,
    other: HostId,
    reading: bool,
) -> Finding {
    let hosts = &context.plan.model.hosts;
    let (runner, other) = (&hosts[runner].named, &hosts[other].named);
    let what = if reading {
        "reads files of"
    } else {
        "writes files on"
    };
    finding(
        Diagnostic::error(
            NOT_LOCAL,
            format!(
                "`{}` runs on `{}` but {what} `{}`",
                step.named.name, runner.name, other.name
            ),
        )
        .at(
            step.named.span,
            format!("a {} works on files of its own host", step.verb.word()),
        )
        .at(other.span, "the files are here")
        .help(format!(
            "run it `by {}.cron`, or by a program that mounts volumes of other hosts",
            other.name
        )),
        vec![step.named.name.to_string()],
    )
}
