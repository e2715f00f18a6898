//! Orders that are written and that nothing keeps but the time of day.
//!
//! `after` is kept where both steps have a script on one host. Elsewhere (a program with a schedule of its
//! own, another host) each starts by its clock. Whether a reader then comes too early for what it reads is
//! obligation 11's to say; here it is said that `after` itself does nothing.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{HostId, RunnerKind, StepId};
use thrice_plan::calendar::after_is_enforced;

use super::finding;
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const BY_TIMES_ALONE: Code = Code("T2614");

/// How many places a message points at.
const SHOWN: usize = 6;

/// The steps that one program of a host starts, each with the words that order it.
type Idle = BTreeMap<(Option<HostId>, RunnerKind), Vec<(StepId, Span)>>;

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let mut idle = Idle::new();
    for (id, step) in context.plan.model.steps.iter() {
        let by_clock = !matches!(step.runner.kind, RunnerKind::Hand | RunnerKind::Lifecycle);
        for (other, span) in &step.timing.after {
            let waits = after_is_enforced(step, *other, &context.plan.model.steps[*other]);
            if by_clock && !waits {
                let same = idle.entry((step.runner.host, step.runner.kind));
                same.or_default().push((id, *span));
            }
        }
    }
    out.extend(idle.values().map(|steps| tell(context, steps)));
}

fn tell(context: &Context<'_>, steps: &[(StepId, Span)]) -> Finding {
    let name = |id: StepId| context.plan.model.steps[id].named.name.as_str();
    let mut names: Vec<&str> = steps.iter().map(|(id, _)| name(*id)).collect();
    names.dedup();
    let (comes, waits) = match names.len() {
        1 => ("comes", "it"),
        _ => ("come", "them"),
    };
    let message = format!(
        "nothing makes {waits} wait: {} {comes} `after` other steps by the time of day alone",
        some(names.iter().copied())
    );
    let mut diagnostic = Diagnostic::new(BY_TIMES_ALONE, Severity::Note, message);
    for (_, span) in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(*span, "not waited for");
    }
    let subjects: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let diagnostic = diagnostic.about(subjects.join(" ")).help(
        "take `after` away and let the times keep the order, or give both steps a script on one host",
    );
    finding(diagnostic, Vec::new(), subjects)
}
