//! Who has rights on a part of a store only, and which rules for old versions are about a part of it: such are what tells one
//! copy there from another.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use jiff::civil::Date;
use rustc_hash::FxBuildHasher;
use thrice_model::{HostId, Lifetime, Location, Model, Source, Step, Verb};
use thrice_plan::places::Places;
use thrice_plan::{Copy, Plan};

/// The parts of stores that somebody has rights on, each with a number for whoever that is and what he may.
pub(super) struct Narrowed {
    at: Places<usize>,
}

/// Whoever may change a place because a step of his does, and from when to when.
type Changer = (HostId, Date, Option<Date>);

impl Narrowed {
    /// Those of credentials, mounts and rules have a number each. Of steps all that one host changes at one time have one
    /// number: most hosts have many steps, and none of these tells copies apart that the host can reach by others.
    pub(super) fn of(plan: &Plan) -> Self {
        let model = &plan.model;
        let mut found: BTreeSet<(Location, usize)> = BTreeSet::new();
        let mut next = 0;
        for place in written(model).chain(ruled(model)) {
            found.insert((place, next));
            next += 1;
        }
        let mut changers: IndexMap<Changer, usize, FxBuildHasher> = IndexMap::default();
        for (host, lifetime, place) in changed(plan) {
            let changer = (host, lifetime.from, lifetime.until);
            let number = next + changers.len();
            let number = *changers.entry(changer).or_insert(number);
            // All that lies in the store is reached alike by whoever has all of it.
            if place.path != "/" {
                found.insert((place, number));
            }
        }
        let mut at = Places::default();
        for (place, number) in &found {
            at.insert(place, *number);
        }
        Self { at }
    }

    /// The numbers of those who can reach what lies at a place, in order, each once.
    pub(super) fn meeting(&self, place: &Location) -> Vec<usize> {
        let mut out = self.at.meeting(place);
        out.dedup();
        out
    }
}

/// The parts of stores that credentials and mounts are about.
fn written(model: &Model) -> impl Iterator<Item = Location> {
    let granted = model.credentials.iter().flat_map(|(_, c)| &c.rights);
    let granted = granted.flat_map(|grant| {
        let stores = grant.stores.iter();
        stores.map(|store| (*store, &grant.path))
    });
    let mounted = model.mounts.iter().map(|m| (m.store, &m.path));
    let parts = granted.chain(mounted).filter(|(_, path)| *path != "/");
    parts.map(|(store, path)| Location {
        store,
        path: path.clone(),
    })
}

/// The parts of stores that rules for old versions are about.
fn ruled(model: &Model) -> impl Iterator<Item = Location> {
    let steps = model.steps.iter();
    let places = steps.filter_map(|(_, step)| step.clears_old_versions());
    places.filter(|place| place.path != "/").cloned()
}

/// What hosts change on others besides what they bring there: what they move away, which repositories they prune, and what
/// they clear.
/// Also where a credential says what they may: then they are told apart for nothing. Who has brought a copy and to which
/// repository is told of each copy itself, and who writes where another one does is an error (`T2306`, `T2324`).
fn changed(plan: &Plan) -> impl Iterator<Item = (HostId, Lifetime, Location)> {
    let model = &plan.model;
    let by = |step: &Step, place: Location| {
        let host = step.runner.host?;
        // Its own stores a host has anyway, all of them.
        (plan.host_of(place.store) != host).then_some((host, step.lifetime, place))
    };
    let moved = plan.copies.iter().filter_map(move |(_, copy)| {
        let step = copy.made_by.map(|step| &model.steps[step]);
        let moved = step.filter(|step| matches!(step.verb, Verb::Move { .. }));
        let source: Option<&Copy> = moved.and(copy.source).map(|id| &plan.copies[id]);
        source.and_then(|source| by(step?, source.location.clone()))
    });
    let pruned = model.steps.iter().filter_map(move |(_, step)| {
        let (Verb::Prune, Source::Repository(id, _)) = (&step.verb, &step.source) else {
            return None;
        };
        let repository = &model.repositories[*id];
        let place = repository.place();
        by(step, place)
    });
    let cleared =
        model
            .steps
            .iter()
            .filter_map(move |(_, step)| match (&step.verb, &step.source) {
                (Verb::Expire { .. }, Source::Location(place, _)) => {
                    by(step, Location::clone(place))
                }
                _ => None,
            });
    moved.chain(pruned).chain(cleared)
}
