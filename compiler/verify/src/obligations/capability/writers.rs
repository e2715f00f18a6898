//! Who writes where: a sync deletes everything at its destination that is not in its source, and so
//! must be alone there; a host that only passes data on stores none.

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{Location, StepTarget, Verb};

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const NOT_ALONE: Code = Code("T2306");
const TRANSIT_ONLY: Code = Code("T2307");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    not_alone(context, out);
    transit_only(context, out);
}

/// Everything that somebody writes, or that lives somewhere: name, place and words.
fn written(context: &Context<'_>) -> Vec<(String, Location, Span, Option<usize>)> {
    let model = &context.plan.model;
    let mut out = Vec::new();
    for (id, step) in model.steps.iter() {
        let place = match &step.target {
            StepTarget::Location(place, _) => Some(place.clone()),
            StepTarget::Environment(_, via, _) => via.as_deref().cloned(),
            StepTarget::Repository(..) | StepTarget::Nothing => None,
        };
        if let Some(place) = place {
            out.push((
                format!("step `{}`", step.named.name),
                place,
                step.named.span,
                Some(usize::from(id)),
            ));
        }
    }
    for (_, repository) in model.repositories.iter() {
        let place = repository.place();
        out.push((
            format!("repository `{}`", repository.named.name),
            place,
            repository.named.span,
            None,
        ));
    }
    for (_, class) in model.classes.iter() {
        out.push((
            format!("class `{}`", class.named.name),
            class.home.clone(),
            class.named.span,
            None,
        ));
    }
    out
}

/// Where syncs put what they take away.
fn put_aside(
    context: &Context<'_>,
) -> impl Iterator<Item = (String, Location, Span, Option<usize>)> {
    let steps = context.plan.model.steps.iter();
    steps.filter_map(|(_, step)| match &step.verb {
        Verb::Sync {
            backup_dir: Some(place),
            ..
        } => Some((
            format!("the backup dir of `{}`", step.named.name),
            Location::clone(place),
            step.named.span,
            None,
        )),
        _ => None,
    })
}

fn not_alone(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let syncs: Vec<_> = model
        .steps
        .iter()
        .filter(|(_, step)| matches!(step.verb, Verb::Sync { .. }))
        .collect();
    if syncs.is_empty() {
        return;
    }
    let mut all = written(context);
    all.extend(put_aside(context));
    for (id, step) in syncs {
        let StepTarget::Location(place, _) = &step.target else {
            continue;
        };
        for (who, other, span, by) in &all {
            // Two syncs that meet are told once.
            let twice = by.is_some_and(|b| {
                b <= usize::from(id) && (b == usize::from(id) || is_sync(context, b))
            });
            // Who ends before the other begins leaves it the place; what then becomes of what was there is asked where
            // copies are.
            let apart = by.is_some_and(|b| {
                let other = &model.steps[b.into()];
                !matches!(other.verb, Verb::Seed { .. }) && !step.lifetime.meets(other.lifetime)
            });
            if twice || apart || !place.meets(other) {
                continue;
            }
            out.push(finding(
                Diagnostic::error(
                    NOT_ALONE,
                    format!(
                        "`{}` deletes what {who} keeps at its destination",
                        step.named.name
                    ),
                )
                .at(
                    step.named.span,
                    "deletes here all that is not in its source",
                )
                .at(*span, "lies there too")
                .event(
                    "each run",
                    format!(
                        "`{}` removes everything of {who}: it is not in its source",
                        step.named.name
                    ),
                )
                .help("give each its own folder, or `copy` instead of `sync`"),
                vec![step.named.name.to_string()],
            ));
        }
    }
}

fn is_sync(context: &Context<'_>, step: usize) -> bool {
    matches!(
        context.plan.model.steps[step.into()].verb,
        Verb::Sync { .. }
    )
}

/// Whether a step says that what it leaves is only on its way.
fn is_transit(context: &Context<'_>, step: usize) -> bool {
    matches!(
        context.plan.model.steps[step.into()].verb,
        Verb::Copy { transit: true, .. } | Verb::Sync { transit: true, .. }
    )
}

fn transit_only(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    if !model.hosts.iter().any(|(_, host)| host.transit_only) {
        return;
    }
    for (who, place, span, by) in written(context) {
        if by.is_some_and(|step| is_transit(context, step)) {
            continue;
        }
        let keeps = if by.is_some() { "keeps data" } else { "lies" };
        let host = &model.hosts[context.plan.host_of(place.store)];
        if host.transit_only {
            out.push(finding(
                Diagnostic::error(TRANSIT_ONLY, format!("{who} {keeps} on `{}`, which only passes data on", host.named.name))
                    .at(span, "stored there")
                    .at(host.named.span, "`transit only`")
                    .help("store it elsewhere, mark a step `transit` if what it leaves there is only on its way, or take `transit only` away"),
                vec![host.named.name.to_string()],
            ));
        }
    }
    out.extend(drilled(context));
}

/// A drill restores whole snapshots onto the host that runs it, and leaves them there until they have been looked at.
fn drilled<'c>(context: &'c Context<'_>) -> impl Iterator<Item = Finding> + use<'c> {
    let model = &context.plan.model;
    let drills = model
        .steps
        .iter()
        .filter(|(_, step)| step.verb == Verb::Drill);
    drills.filter_map(|(_, step)| {
        let host = &model.hosts[step.runner.host?];
        host.transit_only.then(|| {
            let message = format!(
                "step `{}` restores onto `{}`, which only passes data on",
                step.named.name, host.named.name
            );
            let diagnostic = Diagnostic::error(TRANSIT_ONLY, message)
                .at(
                    step.named.span,
                    "what it restores lies there until it is compared",
                )
                .at(host.named.span, "`transit only`")
                .help("let another host drill, or take `transit only` away");
            finding(diagnostic, vec![host.named.name.to_string()])
        })
    })
}
