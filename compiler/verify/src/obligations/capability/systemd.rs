//! What systemd does not start as the policy says.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_plan::systemd::{Limit, limit};

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const NOT_STARTED: Code = Code("T2318");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    for (_, step) in model.steps.iter() {
        let Some(limit) = limit(model, step) else {
            continue;
        };
        let diagnostic = Diagnostic::error(NOT_STARTED, limit.words(model, step));
        let diagnostic = match limit {
            Limit::Calendar { at, .. } => diagnostic.at(at, "this schedule"),
            Limit::NoUnits => diagnostic,
        };
        let diagnostic = diagnostic
            .at(step.named.span, "systemd is to start it")
            .help(limit.help());
        out.push(finding(diagnostic, vec![step.named.name.to_string()]));
    }
}
