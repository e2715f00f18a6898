//! Who writes over what others keep: files of one name from different sources, and what lies in a repository or
//! where another class lives. What a sync deletes is told by `writers`.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    Anonymise, ClassId, Label, Lifetime, Location, Model, Named, RepositoryId, Source, Step,
    StepId, StepTarget, Verb,
};

use thrice_plan::CopyKind;

use super::by_place::ByPlace;
use super::finding;
use crate::context::Context;
use crate::patterns::passes_by;
use crate::verification::Finding;

const ONE_PLACE: Code = Code("T2324");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let repositories = model.repositories.iter();
    let repositories = ByPlace::of(repositories.map(|(id, r)| (id, r.store, r.path.as_str())));
    for (id, repository) in model.repositories.iter() {
        let place = repository.place();
        let beside = |other| repositories.at(&place).any(|at| at == other);
        let mut around = repositories.holding(&place);
        let other = around.find(|other| *other != id && (*other < id || !beside(*other)));
        if let Some(other) = other.map(|other| &model.repositories[other]) {
            let who = (&repository.named, &repository.lifetime);
            let lies = (&other.named, &other.lifetime);
            let happens = "each takes the other one's packs, locks and snapshots for its own, or does not see them at all";
            out.extend(told(who, "lies in repository", lies, happens));
        }
    }
    let classes = model.classes.iter();
    let homes = classes.map(|(id, class)| (id, class.home.store, class.home.path.as_str()));
    let homes = ByPlace::of(homes);
    aside(context, &repositories, &homes, out);
    seeds(context, out);
    let writers: Vec<(StepId, &Step, &Location)> = writers(model).collect();
    let targets = writers.iter().filter(|(id, ..)| takes_trees(model, *id));
    let targets = targets.map(|(id, _, place)| (*id, place.store, place.path.as_str()));
    let targets = ByPlace::of(targets);
    for (id, step, place) in writers {
        let who = (&step.named, &step.lifetime);
        // Who brings a repository there brings it as it is.
        let brings_files = || {
            let mut copies = context.made_by(id).iter();
            copies.any(|copy| context.plan.copies[*copy].kind != CopyKind::Versions)
        };
        let repository = repositories.holding(place).next();
        if let Some(repository) = repository.filter(|_| brings_files()) {
            let repository = &model.repositories[repository];
            let lies = (&repository.named, &repository.lifetime);
            let happens = "files that are none of its own come to lie among its packs";
            out.extend(told(who, "writes into repository", lies, happens));
        }
        let brings = brings(context, id);
        let mut others = homes.at(place).filter(|class| !brings.contains(class));
        if let Some(class) = others.next() {
            let class = &model.classes[class];
            let lies = (&class.named, &class.lifetime);
            let happens = "what it brings overwrites the data itself";
            out.extend(told(who, "writes over class", lies, happens));
        }
        let first = targets.at(place).next().filter(|first| *first < id);
        let other =
            first.filter(|first| takes_trees(model, id) && self::brings(context, *first) != brings);
        if let Some(other) = other {
            let other = &model.steps[other];
            let lies = (&other.named, &other.lifetime);
            let happens =
                "a file overwrites the one of the same name that the other step has brought";
            out.extend(told(who, "writes to the same place as step", lies, happens));
        }
    }
}

/// What a sync takes away it puts into a folder of its own: not among packs, and not where data lives, above or below.
fn aside(
    context: &Context<'_>,
    repositories: &ByPlace<'_, RepositoryId>,
    homes: &ByPlace<'_, ClassId>,
    out: &mut Vec<Finding>,
) {
    let model = &context.plan.model;
    for (_, step) in model.steps.iter() {
        let Verb::Sync {
            backup_dir: Some(place),
            ..
        } = &step.verb
        else {
            continue;
        };
        let who = (&step.named, &step.lifetime);
        if let Some(repository) = repositories.holding(place).next() {
            let repository = &model.repositories[repository];
            let lies = (&repository.named, &repository.lifetime);
            let happens = "what it takes away comes to lie among its packs";
            out.extend(told(
                who,
                "puts its backup dir into repository",
                lies,
                happens,
            ));
        }
        if let Some(class) = homes.holding(place).next() {
            let class = &model.classes[class];
            let lies = (&class.named, &class.lifetime);
            let happens =
                "what it takes away comes to lie among the data, and goes where steps take that";
            out.extend(told(who, "puts its backup dir into class", lies, happens));
        }
        let reader = model
            .steps
            .iter()
            .find(|(_, reader)| takes_along(model, reader, (step, place)));
        out.extend(reader.map(|(_, reader)| goes_along(reader, step)));
    }
}

/// Whether a step reads what a sync puts aside, while that puts it there or later: what has been put there may lie there for
/// ever.
fn takes_along(model: &Model, reader: &Step, (sync, aside): (&Step, &Location)) -> bool {
    let Source::Location(place, _) = &reader.source else {
        return false;
    };
    let takes = matches!(
        reader.verb,
        Verb::Backup { .. }
            | Verb::Capture(_)
            | Verb::Copy { .. }
            | Verb::Sync { .. }
            | Verb::Move { .. }
            | Verb::Seed { .. }
    );
    let mounted = &model.stores[aside.store].mounted_at;
    let takes = takes && !passes_by(reader, &[mounted, &aside.path]);
    let ends = reader.lifetime.until;
    takes && place.meets(aside) && ends.is_none_or(|until| until > sync.lifetime.from)
}

/// What has been put aside is a copy of nothing that a policy names: whoever carries it on brings it under names that nothing
/// follows, once for each run that took it away.
fn goes_along(reader: &Step, sync: &Step) -> Finding {
    let (who, of) = (&reader.named, &sync.named);
    let message = format!("`{}` takes along what `{}` puts aside", who.name, of.name);
    let diagnostic = Diagnostic::error(ONE_PLACE, message)
        .at(who.span, "reads it")
        .at(of.span, "puts it there")
        .event(
            "each run",
            "what was deleted goes on to another place, where nothing is said of its room, its end or its readers",
        )
        .help("let the `backup dir` lie beside what is read, or name the folders to be read one by one; a backup can `exclude` it");
    finding(diagnostic, vec![who.name.to_string()])
}

/// What a seed brings by a place bears the names of its parts, as what is copied there of the same class does: whoever
/// fetches it gets what the last one has left there. Two that leave the same for the same environment may.
fn seeds(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let vias = context.seeds().iter().filter_map(|id| {
        let step = &model.steps[*id];
        match &step.target {
            StepTarget::Environment(_, Some(via), _) => Some((*id, step, via.as_ref())),
            _ => None,
        }
    });
    let vias: Vec<(StepId, &Step, &Location)> = vias.collect();
    let at = vias
        .iter()
        .map(|(id, _, via)| (*id, via.store, via.path.as_str()));
    let at = ByPlace::of(at);
    let earlier = |(id, _, place): &(StepId, &Step, &Location)| -> Vec<StepId> {
        at.at(place).filter(|other| other < id).collect()
    };
    for seed in &vias {
        let others = earlier(seed).into_iter();
        let others = others.filter(|other| !leave_the_same(seed.1, &model.steps[*other]));
        out.extend(clash(context, seed.0, others));
    }
    for (id, _, place) in writers(model).filter(|_| !vias.is_empty()) {
        out.extend(clash(context, id, at.at(place)));
    }
}

/// Tells of a step that brings what another one brings to the same place.
fn clash(
    context: &Context<'_>,
    id: StepId,
    mut others: impl Iterator<Item = StepId>,
) -> Option<Finding> {
    let steps = &context.plan.model.steps;
    let mine = brings(context, id);
    others.find_map(|other| {
        let shared = !mine.is_disjoint(&brings(context, other));
        let (step, other) = (&steps[id], &steps[other]);
        let happens = "what it brings overwrites what the other step has brought of the same data";
        let does = "writes to the same place as step";
        let (who, lies) = (
            (&step.named, &step.lifetime),
            (&other.named, &other.lifetime),
        );
        shared.then(|| told(who, does, lies, happens)).flatten()
    })
}

/// Whether two seeds bring the same to one environment.
fn leave_the_same(one: &Step, other: &Step) -> bool {
    let environment = |step: &Step| match step.target {
        StepTarget::Environment(id, ..) => Some(id),
        _ => None,
    };
    environment(one) == environment(other) && read(one) == read(other) && said(one) == said(other)
}

/// What a step reads, whatever words say it.
const fn read(step: &Step) -> (Option<StepId>, Option<&Location>, Option<RepositoryId>) {
    match &step.source {
        Source::Home => (None, None, None),
        Source::Step(id, _) => (Some(*id), None, None),
        Source::Location(place, _) => (None, Some(place), None),
        Source::Repository(id, _) => (None, None, Some(*id)),
    }
}

/// What the rules of a seed say, in whatever order.
fn said(step: &Step) -> BTreeMap<&str, (&Anonymise, bool, Option<Label>)> {
    let Verb::Seed { rules, .. } = &step.verb else {
        return BTreeMap::new();
    };
    let rules = rules.iter();
    let rules = rules.map(|rule| {
        let does = (&rule.action, rule.before_leaving, rule.label_after);
        (rule.field.as_str(), does)
    });
    rules.collect()
}

/// Steps that add files to a place.
fn writers(model: &Model) -> impl Iterator<Item = (StepId, &Step, &Location)> {
    model.steps.iter().filter_map(|(id, step)| {
        let adds = matches!(
            step.verb,
            Verb::Capture(_) | Verb::Copy { .. } | Verb::Move { .. }
        );
        match &step.target {
            StepTarget::Location(place, _) if adds => Some((id, step, place)),
            _ => None,
        }
    })
}

/// Whether a step takes files under the names that people gave them. What captures leave is named by its parts.
fn takes_trees(model: &Model, id: StepId) -> bool {
    let before = |id: &StepId| match &model.steps[*id].source {
        Source::Step(source, _) => Some(*source),
        _ => None,
    };
    let mut way = std::iter::successors(Some(id), before).take(model.steps.len());
    !way.any(|id| matches!(model.steps[id].verb, Verb::Capture(_)))
}

/// The classes that a step brings somewhere.
fn brings(context: &Context<'_>, id: StepId) -> BTreeSet<ClassId> {
    let copies = context.made_by(id).iter();
    copies
        .map(|copy| context.plan.copies[*copy].class)
        .collect()
}

/// One finding; none where the two are never there on one day.
fn told(
    (who, own): (&Named, &Lifetime),
    does: &str,
    (lies, others): (&Named, &Lifetime),
    happens: &str,
) -> Option<Finding> {
    let diagnostic = own.meets(*others).then(|| {
        Diagnostic::error(ONE_PLACE, format!("`{}` {does} `{}`", who.name, lies.name))
            .at(who.span, "this")
            .at(lies.span, "keeps its own there")
            .event("each run", happens)
            .help("give each a folder of its own")
    })?;
    Some(finding(diagnostic, vec![who.name.to_string()]))
}
