//! Which steps feed which: sources first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use smallvec::SmallVec;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, Location, Model, Source, Step, StepId, StepTarget, StoreId, Table};

use crate::places::Places;

const CYCLE: Code = Code("T0204");

/// Where a step reads from, as places.
#[must_use]
pub fn read_places(model: &Model, step: &Step) -> Vec<Location> {
    match &step.source {
        Source::Location(location, _) => vec![location.clone()],
        Source::Repository(repository, _) => vec![model.repositories[*repository].place()],
        Source::Step(other, _) => written_place(model, &model.steps[*other])
            .into_iter()
            .collect(),
        Source::Home => step
            .classes
            .iter()
            .map(|(class, _)| model.classes[*class].home.clone())
            .collect(),
    }
}

/// All places that a step reads or writes.
pub fn touched_places(model: &Model, step: &Step) -> impl Iterator<Item = Location> {
    let read = read_places(model, step).into_iter();
    read.chain(written_place(model, step))
}

/// Where a step writes to, as a place: of a seed, the one by which it goes.
#[must_use]
pub fn written_place(model: &Model, step: &Step) -> Option<Location> {
    match &step.target {
        StepTarget::Environment(_, via, _) => via.as_deref().cloned(),
        _ => model.written(step),
    }
}

/// All steps, each after the steps that fill what it reads, else in the order of declaration; `read` are the
/// stores of which places are read.
///
/// # Errors
/// Steps that feed each other in a circle, with the words of all of them.
pub(crate) fn order(model: &Model, read: &BTreeSet<StoreId>) -> Result<Vec<StepId>, Diagnostic> {
    let feeds = feeding(model, read);
    // For how many others each one waits.
    let mut waiting = vec![0_usize; model.steps.len()];
    for fed in feeds.iter().flat_map(|(_, fed)| fed) {
        if let Some(count) = waiting.get_mut(usize::from(*fed)) {
            *count += 1;
        }
    }
    let free = |id: &StepId| waiting.get(usize::from(*id)) == Some(&0);
    let mut ready: BinaryHeap<Reverse<StepId>> =
        model.steps.ids().filter(free).map(Reverse).collect();
    let mut out = Vec::with_capacity(model.steps.len());
    while let Some(Reverse(id)) = ready.pop() {
        out.push(id);
        for fed in feeds.get(id).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(usize::from(*fed)) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Reverse(*fed));
                }
            }
        }
    }
    if out.len() == model.steps.len() {
        return Ok(out);
    }
    let waits = |id: &StepId| {
        waiting
            .get(usize::from(*id))
            .is_some_and(|count| *count > 0)
    };
    let waiting = model.steps.ids().filter(waits).collect();
    Err(circle(model, &waiting, &feeds))
}

/// For each step, those that read what it writes.
type Feeds = Table<StepId, SmallVec<[StepId; 4]>>;

fn feeding(model: &Model, read: &BTreeSet<StoreId>) -> Feeds {
    let mut writers: Places<StepId> = Places::default();
    for (id, step) in model.steps.iter() {
        let place = written_place(model, step);
        if let Some(place) = place.filter(|place| read.contains(&place.store)) {
            writers.insert(&place, id);
        }
    }
    let mut feeds: Feeds = vec![SmallVec::new(); model.steps.len()].into();
    for (id, step) in model.steps.iter() {
        let mut feed = |writer: StepId| {
            if let Some(fed) = feeds.get_mut(writer) {
                fed.push(id);
            }
        };
        match &step.source {
            Source::Step(other, _) => feed(*other),
            // What lives at home is there before every step.
            Source::Home => {}
            Source::Location(..) | Source::Repository(..) => {
                let places = read_places(model, step);
                let writers = places.iter().flat_map(|read| writers.meeting(read));
                let mut from: Vec<StepId> = writers.filter(|writer| *writer != id).collect();
                from.sort_unstable();
                from.dedup();
                from.into_iter().for_each(feed);
            }
        }
    }
    feeds
}

fn circle(model: &Model, waiting: &BTreeSet<StepId>, feeds: &Feeds) -> Diagnostic {
    // Walk forward inside what is left until a step comes round again: what lies between is a circle.
    let mut path: Vec<StepId> = Vec::new();
    let mut here = backward_start(waiting, feeds);
    while let Some(step) = here {
        if let Some(at) = path.iter().position(|s| *s == step) {
            path.drain(..at);
            break;
        }
        path.push(step);
        here = waiting
            .iter()
            .find(|from| feeds.get(**from).is_some_and(|fed| fed.contains(&step)))
            .copied();
    }
    path.reverse();
    let names: Vec<String> = path
        .iter()
        .map(|id| format!("`{}`", model.steps[*id].named.name))
        .collect();
    let mut out = Diagnostic::error(CYCLE, format!("steps feed each other in a circle: {}", names.join(", ")))
        .help("data that a step wrote must not come back to it; narrow the source or the destination of one of them");
    for id in &path {
        let step = &model.steps[*id];
        out = out.at(
            step.named.span,
            format!("`{}` reads what the one before it writes", step.named.name),
        );
    }
    out
}

fn backward_start(waiting: &BTreeSet<StepId>, feeds: &Feeds) -> Option<StepId> {
    waiting
        .iter()
        .find(|id| {
            feeds
                .get(**id)
                .is_some_and(|fed| fed.iter().any(|f| waiting.contains(f)))
        })
        .or_else(|| waiting.first())
        .copied()
}

/// Whether a step is about a class: it names it, or names none.
pub(crate) fn takes(step: &Step, class: ClassId) -> bool {
    step.classes.is_empty() || step.classes.iter().any(|(c, _)| *c == class)
}
