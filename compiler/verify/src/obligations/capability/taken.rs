//! What a step takes along, is told to leave out, and refuses: a class within another one, a backup whose
//! patterns leave out all that it is there for, and a copy or move that never takes what has changed.
//!
//! Patterns that leave out a part are an assumption: nothing here knows the names of a class's files.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{CaptureMethod, ClassId, ClassKind, Model, Source, Step, StepId, StoreId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, Plan};

use super::by_place::ByPlace;
use super::{finding, point_at};
use crate::context::Context;
use crate::patterns::{leaves_out_all, passes_by};
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
            Verb::Move { .. } => moved(context, (id, step), out),
            _ => {}
        }
    }
}

/// What lies inside of a class without being of it: steps that take the class take that along.
fn taken_along(context: &Context<'_>, out: &mut Vec<Finding>) {
    let plan = context.plan;
    let inside = inside(plan);
    if inside.is_empty() {
        return;
    }
    // For each class and one that lies in it, which steps take that along, and what of it.
    let mut along: BTreeMap<(ClassId, ClassId), Along> = BTreeMap::new();
    for (id, step) in plan.model.steps.iter().filter(|(_, s)| takes_a_tree(s)) {
        for (copy, outer) in along_with(plan, step, &inside) {
            let inner = plan.copies[copy].class;
            let found = along.entry((outer, inner)).or_default();
            found.steps.insert(id);
            found.copies.insert(copy);
        }
    }
    // What the same steps take along with one class is one mistake.
    let mut causes: BTreeMap<(ClassId, BTreeSet<StepId>), BTreeSet<CopyId>> = BTreeMap::new();
    for ((outer, _), Along { steps, copies }) in along {
        causes.entry((outer, steps)).or_default().extend(copies);
    }
    let causes = causes.iter();
    out.extend(causes.map(|((outer, steps), copies)| tell(plan, *outer, steps, copies)));
}

/// The steps that take what lies inside of a class along with it, and what they take.
#[derive(Default)]
struct Along {
    steps: BTreeSet<StepId>,
    copies: BTreeSet<CopyId>,
}

/// What a step takes along, each with the class that it lies in: of several the innermost.
fn along_with(
    plan: &Plan,
    step: &Step,
    inside: &BTreeMap<ClassId, Vec<CopyId>>,
) -> BTreeMap<CopyId, ClassId> {
    let model = &plan.model;
    let named: BTreeSet<ClassId> = step.classes.iter().map(|(class, _)| *class).collect();
    let depth = |class: ClassId| model.classes[class].home.path.len();
    let mut out: BTreeMap<CopyId, ClassId> = BTreeMap::new();
    for outer in &named {
        for id in inside.get(outer).into_iter().flatten() {
            let copy = &plan.copies[*id];
            let place = &copy.location;
            let mounted = &model.stores[place.store].mounted_at;
            let taken = !named.contains(&copy.class)
                && copy.lifetime.meets(step.lifetime)
                && !passes_by(step, &[mounted, &place.path]);
            if taken {
                let known = out.entry(*id).or_insert(*outer);
                if depth(*outer) > depth(*known) {
                    *known = *outer;
                }
            }
        }
    }
    out
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

/// One finding for all steps that take the same along with a class.
fn tell(
    plan: &Plan,
    outer: ClassId,
    steps: &BTreeSet<StepId>,
    copies: &BTreeSet<CopyId>,
) -> Finding {
    let model = &plan.model;
    let outer = &model.classes[outer].named;
    let classes: BTreeSet<ClassId> = copies.iter().map(|id| plan.copies[*id].class).collect();
    let (takes, does) = match steps.len() {
        1 => ("takes", "does"),
        _ => ("take", "do"),
    };
    let message = format!(
        "{} {takes} {} along with `{}`, and {does} not say so",
        some(steps.iter().map(|id| model.steps[*id].named.name.as_str())),
        some(names(model, &classes)),
        outer.name
    );
    let mut diagnostic = Diagnostic::error(TAKEN_ALONG, message);
    for step in steps {
        diagnostic = diagnostic.at(model.steps[*step].named.span, "the step");
    }
    diagnostic = diagnostic.at(outer.span, "what it takes");
    for id in copies.iter().take(super::SHOWN) {
        let copy = &plan.copies[*id];
        let says = match copy.made_by {
            None => "lies inside of that",
            Some(_) => "leaves it inside of that",
        };
        diagnostic = diagnostic.at(plan.span_of(copy), says);
    }
    let subjects = names(model, &classes).map(str::to_owned);
    finding(diagnostic.help(advice(model, steps)), subjects.collect())
}

/// What a backup can do about it, and what other steps can.
fn advice(model: &Model, steps: &BTreeSet<StepId>) -> String {
    let backup = |id: &StepId| matches!(model.steps[*id].verb, Verb::Backup { .. });
    let what = match (steps.iter().any(backup), steps.iter().all(backup)) {
        (_, true) => {
            "name it as well (`of …, … from STORE:/PATH`), or leave it out: `exclude` with its path"
        }
        (false, _) => {
            "take the place with all that lies there (`of STORE:/PATH` instead of the class), or let the one live outside of \
             the other"
        }
        (true, false) => {
            "let the one live outside of the other; or let a backup name it as well (`of …, … from STORE:/PATH`) or leave it \
             out (`exclude` with its path), and any other step take the place with all that lies there (`of STORE:/PATH` \
             instead of the class)"
        }
    };
    format!(
        "{what}; else nothing is known of where it goes, how long it stays and who sees it there"
    )
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

/// A move of dumps: none is written over the one before, which bears the same name.
fn moved(context: &Context<'_>, (id, step): (StepId, &Step), out: &mut Vec<Finding>) {
    let plan = context.plan;
    let made = made(context, id);
    let mut found = made.filter_map(|(copy, _)| Some((copy, plan.brings_one(copy)?)));
    let Some((copy, capture)) = found.next() else {
        return;
    };
    let dump = &plan.model.steps[capture].named;
    let age = match &step.verb {
        Verb::Move { older_than } => older_than.as_ref().map(|(age, ..)| *age),
        _ => None,
    };
    let name = &step.named.name;
    let class = &plan.model.classes[copy.class].named;
    let (message, then) = match age.zip(plan.cadences[capture].nominal_delay()) {
        Some((age, rhythm)) if rhythm <= age => (
            format!(
                "`{name}` never finds a dump of `{}` that is {age} old: each one of `{}` overwrites the one before",
                class.name, dump.name
            ),
            format!(
                "each run of `{name}` leaves the newest where it is, and nothing else is there"
            ),
        ),
        _ => (
            format!(
                "`{name}` brings but one dump of `{}`: the next one of `{}` has the same name",
                class.name, dump.name
            ),
            format!("each run of `{name}` refuses to write over what it has brought, and fails"),
        ),
    };
    let diagnostic = Diagnostic::error(NEVER_AGAIN, message)
        .at(step.named.span, "the step")
        .at(dump.span, "its newest dump has one name")
        .event("first", format!("`{name}` may bring one dump there"))
        .event("then", then)
        .help(
            "a `copy` writes the newest over the one before, and a backup keeps versions; or let the capture keep former \
             dumps beside the newest (`keeps`), and the move wait until they are older (`older than`)",
        );
    out.push(finding(diagnostic, vec![class.name.to_string()]));
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
        let diagnostic = Diagnostic::error(NOTHING_TAKEN, message).at(step.named.span, "the step");
        let text = "nothing of it is ever taken";
        let diagnostic = point_at(context, diagnostic, &classes, text);
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
