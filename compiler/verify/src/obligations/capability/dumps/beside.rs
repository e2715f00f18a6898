//! What a capture leaves beside its parts: no part has it, and patterns that mean the parts pass it by.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, Step, StepId};
use thrice_plan::CopyKind;

use super::super::{finding, point_at};
use super::{left, takes};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const LEFT_BEHIND: Code = Code("T2334");

pub(super) fn check(context: &Context<'_>, id: StepId, step: &Step) -> Vec<Finding> {
    let mut behind: BTreeMap<(&str, &str), Vec<ClassId>> = BTreeMap::new();
    for copy in context.made_by(id) {
        let copy = &context.plan.copies[*copy];
        // What only passes, or is a seed, is not what anybody restores from.
        if matches!(copy.kind, CopyKind::Transit | CopyKind::Seed) {
            continue;
        }
        let Some(left) = left(context, copy) else {
            continue;
        };
        let beside = left.beside;
        if let Some(beside) = beside.filter(|(name, _)| !takes(context, &left, step, name)) {
            behind.entry(beside).or_default().push(copy.class);
        }
    }
    let behind = behind.into_iter();
    behind
        .map(|(beside, classes)| tell(context, step, beside, classes))
        .collect()
}

fn tell(
    context: &Context<'_>,
    step: &Step,
    (name, holds): (&str, &str),
    classes: Vec<ClassId>,
) -> Finding {
    let of = || classes.iter().map(|class| context.class_name(*class));
    let message = format!(
        "`{}` leaves behind `{name}` of {}: {holds}, which no part has",
        step.named.name,
        some(of())
    );
    let diagnostic =
        Diagnostic::warning(LEFT_BEHIND, message).at(step.named.span, "its patterns pass by that");
    let text = "what its capture leaves is more than its parts";
    let diagnostic = point_at(context, diagnostic, &classes, text);
    let diagnostic = diagnostic.help(format!("let its patterns take `{name}` as well"));
    let mut found = finding(diagnostic, of().map(str::to_owned).collect());
    found.classes = classes;
    found
}
