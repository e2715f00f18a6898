//! Whoever deletes or moves away files of a repository by their age takes it apart: a version needs its oldest packs,
//! `config` and `keys`, which are never written again. The same holds of a repository that was brought elsewhere.

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{Location, Named, Repository, Source, Step, StepId, Verb};
use thrice_plan::CopyKind;

use super::finding;
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::list;

const OVER_REPOSITORY: Code = Code("T2301");

/// What a step does with files.
#[derive(Clone, Copy)]
enum Does {
    Deletes,
    Moves,
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for (id, step) in context.plan.model.steps.iter() {
        let does = match step.verb {
            Verb::Expire {
                noncurrent: false, ..
            } => Does::Deletes,
            Verb::Move { .. } => Does::Moves,
            _ => continue,
        };
        let place = place(context, &step.source).map(|place| (place, does));
        declared(context, (step, does), place.as_ref(), out);
        brought(context, (id, step, does), place.as_ref(), out);
    }
}

/// Whether what a step does with the files in a place it does with those of a repository that lies at another one.
fn takes((place, does): &(Location, Does), repository: &Location) -> bool {
    match does {
        // A rule for a folder beside the files of the repository meets none of them.
        Does::Deletes => place.meets_repository(repository),
        Does::Moves => place.meets(repository),
    }
}

/// The place whose files a step takes, if it names one.
fn place(context: &Context<'_>, source: &Source) -> Option<Location> {
    match source {
        Source::Location(place, _) => Some(place.clone()),
        Source::Repository(id, _) => Some(context.plan.model.repositories[*id].place()),
        Source::Home | Source::Step(..) => None,
    }
}

/// The repositories of the policy whose files a step takes.
fn met<'c>(
    context: &'c Context<'_>,
    step: &'c Step,
    place: Option<&'c (Location, Does)>,
) -> impl Iterator<Item = &'c Repository> {
    let repositories = context.plan.model.repositories.iter();
    let repositories = repositories.map(|(_, repository)| repository);
    repositories.filter(move |repository| {
        place.is_some_and(|place| takes(place, &repository.place()))
            && step.lifetime.meets(repository.lifetime)
    })
}

/// Repositories of the policy.
fn declared(
    context: &Context<'_>,
    (step, does): (&Step, Does),
    place: Option<&(Location, Does)>,
    out: &mut Vec<Finding>,
) {
    for repository in met(context, step, place) {
        let named = &repository.named;
        let found = tell(
            &step.named,
            does,
            &format!("the repository `{}`", named.name),
            &[named],
        );
        let subjects = vec![step.named.name.to_string(), named.name.to_string()];
        out.push(finding(found, subjects));
    }
}

/// Repositories that a step has brought somewhere as they are, and what it takes of one that another step fills.
fn brought(
    context: &Context<'_>,
    (id, step, does): (StepId, &Step, Does),
    place: Option<&(Location, Does)>,
    out: &mut Vec<Finding>,
) {
    let plan = context.plan;
    let moved = context.made_by(id).iter();
    let moved: BTreeSet<_> = moved.filter_map(|copy| plan.copies[*copy].source).collect();
    let copies = plan.copies.iter().filter(|(at, copy)| {
        let by_place = place.is_some_and(|place| takes(place, &copy.location));
        copy.kind == CopyKind::Versions
            && copy.made_by != Some(id)
            && (moved.contains(at) || by_place)
            && step.lifetime.meets(copy.lifetime)
    });
    let makers: BTreeSet<StepId> = copies.filter_map(|(_, copy)| copy.made_by).collect();
    // What is in a repository of the policy is told with that.
    if makers.is_empty() || met(context, step, place).next().is_some() {
        return;
    }
    let named: Vec<&Named> = makers
        .iter()
        .map(|id| &plan.model.steps[*id].named)
        .collect();
    let names = list(named.iter().map(|named| named.name.as_str()));
    let what = format!("a repository that {names} brings");
    let found = tell(&step.named, does, &what, &named);
    out.push(finding(found, vec![step.named.name.to_string()]));
}

fn tell(step: &Named, does: Does, what: &str, of: &[&Named]) -> Diagnostic {
    let name = &step.name;
    let (message, how, first, help) = match does {
        Does::Deletes => (
            format!("`{name}` deletes {what}"),
            "deletes by age",
            format!("`{name}` removes `config` and `keys/`, the oldest files"),
            "let keep rules thin it, and expire only noncurrent versions there",
        ),
        Does::Moves => (
            format!("`{name}` takes {what} apart"),
            "moves files away",
            format!("`{name}` takes `config`, `keys/` and the oldest packs away"),
            "let keep rules thin it, and `copy` or `sync` it as a whole",
        ),
    };
    let mut diagnostic = Diagnostic::error(OVER_REPOSITORY, message).at(step.span, how);
    for named in of {
        diagnostic = diagnostic.at(
            named.span,
            "its `config` and keys are its oldest objects, and never written again",
        );
    }
    diagnostic
        .event("first", first)
        .event(
            "then",
            "every restic command answers that there is no repository; nothing can be recovered",
        )
        .help(help)
}
