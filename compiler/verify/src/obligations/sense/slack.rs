//! Clauses that change nothing: what they ask for holds without them.

use thin_vec::ThinVec;
use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{Anonymise, Class, Label, SeedRule, Step, StepId, StepTarget, Verb};
use thrice_plan::CopyKind;

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const CHANGES_NOTHING: Code = Code("T2615");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for (id, step) in context.plan.model.steps.iter() {
        match &step.verb {
            Verb::Seed { rules, .. } => seed(context, step, rules, out),
            Verb::Copy { transit: true, .. } | Verb::Sync { transit: true, .. } => {
                transit(context, id, step, out);
            }
            _ => {}
        }
    }
    restarts(context, out);
}

/// Rules that hide what is cleared as it is. A prefix and what is left out serve other ends too.
fn seed(context: &Context<'_>, step: &Step, rules: &[SeedRule], out: &mut Vec<Finding>) {
    let StepTarget::Environment(to, ..) = &step.target else {
        return;
    };
    let environment = &context.plan.model.environments[*to];
    let Some(cleared) = environment.clearance else {
        return;
    };
    let classes = || {
        step.classes
            .iter()
            .map(|(class, _)| &context.plan.model.classes[*class])
    };
    for rule in rules {
        let hides = matches!(
            rule.action,
            Anonymise::Redact | Anonymise::Null | Anonymise::Hash
        );
        let what = match (hides, rule.before_leaving) {
            (true, _) => "the change",
            (false, true) => "`before leaving`",
            (false, false) => continue,
        };
        let label = classes().map(|class| label(class, &rule.field)).max();
        if label.is_some_and(|label| label <= cleared) {
            let message = format!(
                "`{}` may be seen in `{}` as it is: {what} hides nothing",
                rule.field, environment.named.name
            );
            let help = "take it away; or say how sensitive the field is (`fields { … }`), so that it is kept from others too";
            out.push(tell(
                message,
                &[(rule.span, "changed on its way")],
                &step.named.name,
                help,
            ));
        }
    }
}

/// The label of a field, or the highest in a part; of the rest where none is said.
fn label(class: &Class, field: &str) -> Label {
    let inside = |name: &str| {
        name == field
            || name
                .strip_prefix(field)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    let said = class
        .fields
        .iter()
        .filter(|f| inside(&f.name))
        .map(|f| f.label)
        .max();
    let rest = class
        .fields
        .iter()
        .find(|f| f.name == "rest")
        .map(|f| f.label);
    said.or(rest).unwrap_or(Label::Unclassified)
}

/// What a seed leaves never counts as a copy.
fn transit(context: &Context<'_>, id: StepId, step: &Step, out: &mut Vec<Finding>) {
    let made = context.made_by(id);
    if !made.is_empty()
        && made
            .iter()
            .all(|copy| context.plan.copies[*copy].kind == CopyKind::Seed)
    {
        let name = &step.named.name;
        let message =
            format!("what `{name}` brings is a seed, which never counts: `transit` adds nothing");
        out.push(tell(
            message,
            &[(step.named.span, "`transit`")],
            name,
            "take `transit` away",
        ));
    }
}

/// Services of an environment to which each seed says itself what it starts.
fn restarts(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    for (id, environment) in model.environments.iter() {
        let seeds = model
            .steps
            .iter()
            .filter_map(|(_, step)| match (&step.verb, &step.target) {
                (Verb::Seed { restart, .. }, StepTarget::Environment(to, ..)) if *to == id => {
                    Some((step, restart))
                }
                _ => None,
            });
        let seeds: Vec<_> = seeds.collect();
        let own = |(_, restart): &(&Step, &ThinVec<_>)| restart.as_slice() != environment.services;
        if let Some((first, _)) = seeds.first().filter(|_| !environment.services.is_empty())
            && seeds.iter().all(own)
        {
            let name = &environment.named.name;
            let message =
                format!("no seed starts the services of `{name}`: each says itself what it starts");
            let places = [
                (environment.named.span, "`service`"),
                (first.named.span, "`restart`"),
            ];
            out.push(tell(message, &places, name, "take one of the two away"));
        }
    }
}

fn tell(message: String, places: &[(Span, &str)], about: &str, help: &str) -> Finding {
    let mut diagnostic = Diagnostic::new(CHANGES_NOTHING, Severity::Note, message);
    for (span, text) in places {
        diagnostic = diagnostic.at(*span, *text);
    }
    finding(
        diagnostic.about(about).help(help),
        Vec::new(),
        vec![about.to_owned()],
    )
}
