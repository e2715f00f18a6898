//! What a step takes along, is told to leave out, and refuses: a class within another one, a backup whose
//! patterns leave out all that it is there for, and a copy that never takes what has changed.
//!
//! Patterns that leave out a part are an assumption: nothing here knows the names of a class's files.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    CaptureMethod, ClassId, ClassKind, Lifetime, Location, Model, Source, Step, StepId, StoreId,
    Verb,
};
use thrice_plan::{Copy, CopyId, CopyKind, Plan};

use super::by_place::ByPlace;
use super::finding;
use super::patterns::leaves_out_all;
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const NOTHING_TAKEN: Code = Code("T2321");
const NEVER_AGAIN: Code = Code("T2322");
const TAKEN_ALONG: Code = Code("T2323");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    taken_along(context, out);
    for (id, step) in context.plan.model.steps.iter() {
        match &step.verb {
            // What begins with `!` takes back what was left out before it.
            Verb::Backup { exclude, .. } if !exclude.iter().any(|p| p.starts_with('!')) => {
                left_out(context, (id, step), exclude, out);
            }
            Verb::Copy {
                immutable: true,
                include,
                ..
            } => refused(context, (id, step), include.is_empty(), out),
            _ => {}
        }
    }
}

/// What lies inside of a class without being of it: steps that take the class take that along.
fn taken_along(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let inside = inside(context.plan);
    if inside.is_empty() {
        return;
    }
    for (_, step) in model.steps.iter().filter(|(_, step)| takes_a_tree(step)) {
        let named = |class: ClassId| step.classes.iter().any(|(named, _)| *named == class);
        for (outer, _) in &step.classes {
            let along = inside.get(outer).into_iter().flatten();
            let along = along.map(|id| &context.plan.copies[*id]);
            let along: Vec<&Copy> = along
                .filter(|copy| !named(copy.class) && together(&copy.lifetime, &step.lifetime))
                .filter(|copy| !passes_by(model, step, &copy.location))
                .collect();
            if !along.is_empty() {
                out.push(along_with(context.plan, step, *outer, &along));
            }
        }
    }
}

/// For each class, the copies of others that lie where it lives or below; only classes that have some.
fn inside(plan: &Plan) -> BTreeMap<ClassId, Vec<CopyId>> {
    let classes = plan.model.classes.iter();
    let stores: BTreeSet<StoreId> = classes.map(|(_, class)| class.home.store).collect();
    let classes = plan.model.classes.iter();
    let homes = classes.map(|(id, class)| (id, class.home.store, class.home.path.as_str()));
    let homes = ByPlace::of(homes);
    let mut out: BTreeMap<ClassId, Vec<CopyId>> = BTreeMap::new();
    for (id, copy) in plan.copies.iter() {
        let place = Some(&copy.location).filter(|place| stores.contains(&place.store));
        let outer = place.into_iter().flat_map(|place| homes.holding(place));
        for outer in outer.filter(|outer| *outer != copy.class) {
            out.entry(outer).or_default().push(id);
        }
    }
    out
}

/// Whether two things are there on one day.
pub(super) fn together(one: &Lifetime, other: &Lifetime) -> bool {
    one.contains(one.from.max(other.from)) && other.contains(one.from.max(other.from))
}

/// Whether a step takes a whole tree of files where its classes live.
fn takes_a_tree(step: &Step) -> bool {
    let takes = match &step.verb {
        Verb::Capture(parts) => parts.method == CaptureMethod::Files,
        Verb::Backup { mirror, .. } => mirror.is_none(),
        Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => true,
        _ => false,
    };
    takes && matches!(step.source, Source::Home)
}

/// Whether a backup's patterns leave out all that lies at a place.
fn passes_by(model: &Model, step: &Step, place: &Location) -> bool {
    let Verb::Backup { exclude, .. } = &step.verb else {
        return false;
    };
    let mounted = &model.stores[place.store].mounted_at;
    let mut patterns = exclude.iter();
    !exclude.iter().any(|pattern| pattern.starts_with('!'))
        && patterns.any(|pattern| leaves_out_all(pattern, &[mounted, &place.path]))
}

fn along_with(plan: &Plan, step: &Step, outer: ClassId, along: &[&Copy]) -> Finding {
    let model = &plan.model;
    let name = |class: ClassId| model.classes[class].named.name.as_str();
    let classes: BTreeSet<ClassId> = along.iter().map(|copy| copy.class).collect();
    let message = format!(
        "`{}` takes {} along with `{}`, and does not say so",
        step.named.name,
        some(names(model, &classes)),
        name(outer)
    );
    let mut diagnostic = Diagnostic::error(TAKEN_ALONG, message)
        .at(step.named.span, "the step")
        .at(model.classes[outer].named.span, "what it takes");
    for copy in along.iter().take(super::SHOWN) {
        let says = match copy.made_by {
            None => "lies inside of that",
            Some(_) => "leaves it inside of that",
        };
        diagnostic = diagnostic.at(plan.span_of(copy), says);
    }
    let help = match &step.verb {
        Verb::Backup { .. } => {
            "name it as well (`of …, … from STORE:/PATH`), or leave it out: `exclude` with its path; else nothing is known of \
             where it goes, how long it stays and who sees it there"
        }
        _ => {
            "take the place with all that lies there (`of STORE:/PATH` instead of the class), or let the one live outside of \
             the other; else nothing is known of where it goes, how long it stays and who sees it there"
        }
    };
    let subjects = names(model, &classes).map(str::to_owned);
    finding(diagnostic.help(help), subjects.collect())
}

fn names<'m>(model: &'m Model, classes: &BTreeSet<ClassId>) -> impl Iterator<Item = &'m str> {
    let classes = classes.iter().map(|class| &model.classes[*class]);
    classes.map(|class| class.named.name.as_str())
}

/// What a step makes, each with what it makes it from.
fn made<'c>(
    context: &'c Context<'_>,
    id: StepId,
) -> impl Iterator<Item = (&'c Copy, &'c Copy)> + use<'c> {
    let copies = &context.plan.copies;
    let made = context.made_by(id).iter().map(|id| &copies[*id]);
    made.filter_map(|copy| Some((copy, copies.get(copy.source?)?)))
}

fn left_out(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    patterns: &[String],
    out: &mut Vec<Finding>,
) {
    let model = &context.plan.model;
    for pattern in patterns {
        let classes: BTreeSet<ClassId> = made(context, id)
            .filter(|(_, source)| {
                let place = &source.location;
                let mounted = &model.stores[place.store].mounted_at;
                leaves_out_all(pattern, &[mounted, &place.path])
            })
            .map(|(copy, _)| copy.class)
            .collect();
        if classes.is_empty() {
            continue;
        }
        let names = || names(model, &classes);
        let message = format!(
            "`{}` leaves out all of {}: `{pattern}` matches the whole of it",
            step.named.name,
            some(names())
        );
        let mut diagnostic =
            Diagnostic::error(NOTHING_TAKEN, message).at(step.named.span, "the step");
        for class in classes.iter().take(super::SHOWN) {
            diagnostic = diagnostic.at(
                model.classes[*class].named.span,
                "nothing of it is ever taken",
            );
        }
        out.push(finding(
            diagnostic.help(
                "a pattern leaves out what it matches with all that lies below; without `/` at its beginning it matches \
                 at any depth, the folders above the data too: narrow it, or take it away",
            ),
            names().map(str::to_owned).collect(),
        ));
    }
}

/// `all_names`: whether it takes whatever lies there. Dumps that are named by their time are never written again,
/// and only patterns can pick them out.
fn refused(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    all_names: bool,
    out: &mut Vec<Finding>,
) {
    let model = &context.plan.model;
    let classes: BTreeSet<ClassId> = made(context, id)
        .filter(|(copy, source)| match model.classes[copy.class].kind {
            ClassKind::Items => false,
            ClassKind::Files => source.kind != CopyKind::Versions,
            ClassKind::State => source.kind != CopyKind::Versions && all_names,
        })
        .map(|(copy, _)| copy.class)
        .collect();
    if classes.is_empty() {
        return;
    }
    let names = || names(model, &classes);
    let name = &step.named.name;
    let message = format!(
        "`{name}` never takes what has changed of {}: it is `immutable`",
        some(names())
    );
    let mut diagnostic = Diagnostic::error(NEVER_AGAIN, message).at(step.named.span, "the step");
    for class in classes.iter().take(super::SHOWN) {
        let class = &model.classes[*class];
        let why = match class.kind {
            ClassKind::State => "each set overwrites the one before",
            _ => "files that people change",
        };
        diagnostic = diagnostic.at(class.named.span, why);
    }
    let diagnostic = diagnostic
        .event("first", format!("`{name}` brings a file there"))
        .event("later", "the file is changed where it lives")
        .event(
            "then",
            format!(
                "each run of `{name}` refuses the change and fails; the copy stays as it was at first"
            ),
        )
        .help(
            "leave `immutable` to what is written once (`items`); what changes needs versions: a backup, or a copy to a \
             store with `versioning on` or `snapshots`",
        );
    out.push(finding(diagnostic, names().map(str::to_owned).collect()));
}
