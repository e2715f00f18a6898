//! What Zerobyte cannot do, or does otherwise than the policy says.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{RunnerKind, Step, Verb};
use thrice_plan::zerobyte::{CHECKS_AT, is_mirror, limits, meets_check};

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const KEEP_RULES: Code = Code("T2314");
const NOT_AS_SAID: Code = Code("T2341");
const MEETS_CHECK: Code = Code("T2342");
const NO_BACKUP: Code = Code("T2343");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    for (_, step) in model.steps.iter() {
        for limit in limits(model, step) {
            let code = if limit.keep { KEEP_RULES } else { NOT_AS_SAID };
            let diagnostic = Diagnostic::error(code, limit.what)
                .at(limit.at, limit.label)
                .help(limit.help);
            out.push(finding(diagnostic, vec![step.named.name.clone()]));
        }
        out.extend(no_backup(context, step));
        out.extend(meeting(context, step));
    }
}

/// A step by Zerobyte that is no backup: nothing carries it out.
fn no_backup(context: &Context<'_>, step: &Step) -> Option<Finding> {
    if step.runner.kind != RunnerKind::Zerobyte || matches!(step.verb, Verb::Backup { .. }) {
        return None;
    }
    let name = &step.named.name;
    let message = format!(
        "`{name}` is a {} by Zerobyte, which runs backups with restic and nothing else",
        step.verb.word()
    );
    let diagnostic = if is_mirror(&context.plan.model, step) {
        Diagnostic::error(NO_BACKUP, message)
            .at(step.named.span, "its mirrors copy new snapshots alone, and thin out nothing there")
            .help("write a second backup to the other repository, with keep rules of its own, or let cron run this")
    } else {
        Diagnostic::warning(NO_BACKUP, message)
            .at(step.named.span, "nothing that is emitted carries it out")
            .help("let cron, systemd or the executor of a host that reaches both ends run it")
    };
    Some(finding(diagnostic, vec![name.clone()]))
}

/// A run on a repository while Zerobyte checks it under the exclusive lock.
fn meeting(context: &Context<'_>, step: &Step) -> Option<Finding> {
    let (date, host) = meets_check(&context.plan.model, step)?;
    let (_, span) = step.timing.schedule.as_ref()?;
    let host = &context.plan.model.hosts[host].named;
    let (name, at) = (
        &step.named.name,
        format!("{:02}:{:02}", CHECKS_AT.0, CHECKS_AT.1),
    );
    let message = format!(
        "`{name}` runs while Zerobyte of `{}` checks its repository at {at}, first on {date}",
        host.name
    );
    let diagnostic = Diagnostic::warning(MEETS_CHECK, message)
        .at(*span, "this schedule")
        .at(
            host.span,
            format!("checks every repository daily at {at} by its clock, under the exclusive lock"),
        )
        .help("let it be over by then, or say how long it takes: `takes ..1 h`");
    Some(finding(diagnostic, vec![name.clone(), host.name.clone()]))
}
