//! Copies that are asked for at an age that the data never has.

use thrice_diagnostics::Diagnostic;
use thrice_model::{ClassId, Demand};
use thrice_quantity::Seconds;

use super::super::settling::gone_before;
use super::{ABOUT_NOTHING, finding};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

/// Requirements with a `within` that is longer than classes may be kept.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for requirement in &context.plan.model.requirements {
        let Demand::Copies {
            within: Some((limit, _)),
            ..
        } = requirement.demand
        else {
            continue;
        };
        let classes = requirement.selection.classes.iter().copied();
        let gone: Vec<ClassId> = classes
            .filter(|class| gone_before(context, *class, limit.0))
            .collect();
        if gone.is_empty() {
            continue;
        }
        let names = some(gone.iter().map(|class| context.class_name(*class)));
        let message = format!(
            "this requirement asks for nothing of {names}: it looks at ages from {} on, and by then that is gone",
            Seconds(limit.0)
        );
        let mut diagnostic =
            Diagnostic::warning(ABOUT_NOTHING, message).at(requirement.span, "always fulfilled");
        for class in gone.iter().take(3) {
            let kept = context.plan.model.classes[*class].asked().retain_at_most;
            if let Some((most, span)) = kept {
                diagnostic = diagnostic.at(span, format!("gone after {most}"));
            }
        }
        let diagnostic =
            diagnostic.help("ask for the copies sooner, or leave out what is not kept so long");
        out.push(finding(diagnostic, gone, Vec::new()));
    }
}
