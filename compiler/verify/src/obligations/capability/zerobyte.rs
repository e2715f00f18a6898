//! What Zerobyte cannot do, or does otherwise than the policy says.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{RunnerKind, Step, Verb};
use thrice_plan::zerobyte::{is_mirror, limits};

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const KEEP_RULES: Code = Code("T2314");
const NOT_AS_SAID: Code = Code("T2341");
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
