//! What Zerobyte cannot do, or does otherwise than the policy says.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{RunnerKind, Step, Verb};
use thrice_plan::zerobyte::{is_mirror, limits};

use super::{SHOWN, finding};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const KEEP_RULES: Code = Code("T2314");
const NOT_AS_SAID: Code = Code("T2341");
const NO_BACKUP: Code = Code("T2343");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let mut idle: Vec<&Step> = Vec::new();
    for (_, step) in model.steps.iter() {
        for limit in limits(model, step) {
            let code = if limit.keep { KEEP_RULES } else { NOT_AS_SAID };
            let diagnostic = Diagnostic::error(code, limit.what)
                .at(limit.at, limit.label)
                .help(limit.help);
            out.push(finding(diagnostic, vec![step.named.name.clone()]));
        }
        if step.runner.kind == RunnerKind::Zerobyte && !matches!(step.verb, Verb::Backup { .. }) {
            if is_mirror(model, step) {
                out.push(mirror(step));
            } else {
                idle.push(step);
            }
        }
    }
    if !idle.is_empty() {
        out.push(no_backup(&idle));
    }
}

/// A copy of a repository by Zerobyte, which has mirrors, but not with keep rules of their own.
fn mirror(step: &Step) -> Finding {
    let name = &step.named.name;
    let message = format!(
        "`{name}` is a {} of a repository by Zerobyte, which runs backups with restic and nothing else",
        step.verb.word()
    );
    let diagnostic = Diagnostic::error(NO_BACKUP, message)
        .at(step.named.span, "its mirrors tell nobody when they fail, and thin out nothing there")
        .help("write a second `backup` by Zerobyte to the other repository, with keep rules and a monitor of its own, or let cron run this");
    finding(diagnostic, vec![name.clone()])
}

/// Steps by Zerobyte that are no backups: nothing carries them out.
fn no_backup(steps: &[&Step]) -> Finding {
    let names = || steps.iter().map(|step| step.named.name.as_str());
    let message = format!(
        "nothing carries {} out: Zerobyte runs backups with restic and nothing else",
        some(names())
    );
    let mut diagnostic = Diagnostic::error(NO_BACKUP, message);
    for step in steps.iter().take(SHOWN) {
        let label = format!("a {} by Zerobyte", step.verb.word());
        diagnostic = diagnostic.at(step.named.span, label);
    }
    finding(
        diagnostic
            .help("let cron, systemd or the executor of a host that reaches both ends run them"),
        names().map(str::to_owned).collect(),
    )
}
