//! A step before which another one takes away each time what it comes to read.

use std::collections::BTreeSet;

use thrice_diagnostics::Diagnostic;
use thrice_model::StepId;
use thrice_plan::staleness::Known;
use thrice_plan::{CopyId, Missed};

use super::{DOES_NOTHING, finding};
use crate::context::Context;
use crate::verification::Finding;

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let plan = context.plan;
    for (id, step) in plan.model.steps.iter() {
        let made = context.made_by(id);
        if step.timing.schedule.is_none() || made.is_empty() {
            continue;
        }
        let comes = |copy| plan.staleness().of(copy, Missed::Nominal).known != Known::Nothing;
        let is_emptied = |copy: &CopyId| {
            let source = plan.copies[*copy].source;
            !comes(*copy) && source.is_some_and(comes) && plan.emptied_by(*copy).next().is_some()
        };
        if !made.iter().all(is_emptied) {
            continue;
        }
        let by = made.iter().flat_map(|copy| plan.emptied_by(*copy));
        let by: BTreeSet<StepId> = by.collect();
        // Who comes when somebody starts it need not come each time.
        let scheduled = |by: &&StepId| plan.cadences[**by].widest.is_some();
        let Some(by) = by.iter().find(scheduled) else {
            continue;
        };
        let by = &plan.model.steps[*by].named;
        let name = &step.named.name;
        let message = format!(
            "`{name}` may never find anything to do: `{}` may have taken away what it reads before each of its runs",
            by.name
        );
        let diagnostic = Diagnostic::warning(DOES_NOTHING, message)
            .at(step.named.span, "comes too late")
            .at(by.span, "takes it away")
            .about(name.to_string())
            .help("let it run before that, or read where that has been brought");
        out.push(finding(diagnostic, Vec::new(), vec![name.to_string()]));
    }
}
