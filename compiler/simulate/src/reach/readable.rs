//! What can be read by whoever has something in his hands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::{KeyId, Location, Right, Source, Step, StepId, StepTarget, Verb};
use thrice_plan::{Copy, Plan};

use super::{Fallen, by_default, is_about, opened, used};

/// Where somebody can read, and the keys that lie open to him.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Readable {
    places: Vec<Location>,
    keys: BTreeSet<KeyId>,
}

impl Readable {
    /// Whether what lies in a copy, or has lain there, can be read in a place: its bytes, and what they mean.
    pub(crate) fn reads(&self, copy: &Copy, at: &Location) -> bool {
        copy.key.is_none_or(|key| self.keys.contains(&key))
            && self.places.iter().any(|place| place.meets(at))
    }

    /// Whether something can be read that lies in a place under some keys.
    pub(super) fn has(&self, what: &Location, sealed_by: &BTreeSet<KeyId>) -> bool {
        sealed_by.is_subset(&self.keys) && self.places.iter().any(|place| place.meets(what))
    }
}

impl Fallen {
    /// What can be read with all that has fallen, on a day.
    pub(crate) fn readable(&self, plan: &Plan, day: Date) -> Readable {
        let model = &plan.model;
        let mut out = Readable {
            places: self.shown.clone(),
            keys: self.keys.clone(),
        };
        let everything = Location::whole;
        let own = model.stores.iter();
        let own = own.filter(|(_, store)| self.hosts.contains(&store.host));
        out.places.extend(own.map(|(id, _)| everything(id)));
        for id in &self.credentials {
            let rights = model.credentials[*id].rights.iter();
            let reads = rights.filter(|grant| grant.rights.contains(&Right::Read));
            for grant in reads {
                out.places.extend(grant.stores.iter().map(|store| Location {
                    store: *store,
                    path: grant.path.clone(),
                }));
            }
            out.places.extend(by_default(plan, *id).map(everything));
        }
        let jobs: BTreeMap<StepId, &Step> = self.jobs(plan, day).collect();
        read_by_jobs(plan, &jobs, &mut out.places);
        self.seeds(plan, day, &mut out.places);
        for mount in &model.mounts {
            let here = self.hosts.contains(&model.services[mount.service].host);
            if here && mount.credential.is_none() && mount.lifetime.contains(day) {
                out.places.push(mount.place());
            }
        }
        self.services(plan, day, &mut out.places);
        for (id, key) in model.keys.iter() {
            if key.held.iter().any(|(holder, _)| self.has(plan, *holder)) {
                out.keys.insert(id);
            }
        }
        let repositories = jobs.values().filter_map(|step| opened(step));
        let keys = repositories.filter_map(|id| model.repositories[id].key);
        out.keys.extend(keys.map(|(key, _)| key));
        for step in jobs.values() {
            let restored = restored(plan, step);
            out.keys.extend(restored.filter_map(|copy| copy.key));
        }
        out
    }

    /// Whoever owns a host reads where stores name its services as readers.
    fn services(&self, plan: &Plan, day: Date, out: &mut Vec<Location>) {
        let services = plan.model.services.iter().map(|(_, service)| service);
        let mine = services
            .filter(|service| self.hosts.contains(&service.host) && service.lifetime.contains(day));
        for service in mine {
            out.extend(plan.model.declared(&service.named.name));
        }
    }

    /// By where seeds come to an environment, whoever is at home there reads.
    fn seeds(&self, plan: &Plan, day: Date, out: &mut Vec<Location>) {
        let vias = plan.steps_on(day).filter_map(|(_, step)| {
            let StepTarget::Environment(to, Some(via), _) = &step.target else {
                return None;
            };
            let mut hosts = plan.model.environments[*to].hosts.iter();
            let mine = hosts.any(|host| self.hosts.contains(host));
            mine.then(|| via.as_ref().clone())
        });
        out.extend(vias);
    }
}

/// What jobs read: what they take, what they must compare it with where they do not just add, and what they open;
/// where none of a job's credentials says what it may do there.
fn read_by_jobs(plan: &Plan, jobs: &BTreeMap<StepId, &Step>, out: &mut Vec<Location>) {
    let mut add = |step: &Step, place: Location| {
        let mut credentials = used(plan, step).into_iter();
        if !credentials.any(|id| is_about(plan, id, place.store)) {
            out.push(place);
        }
    };
    for (_, copy) in plan.copies.iter() {
        let Some(step) = copy.made_by.and_then(|id| jobs.get(&id)) else {
            continue;
        };
        if let Some(source) = copy.source {
            add(step, plan.copies[source].location.clone());
        }
        let adds = matches!(
            step.verb,
            Verb::Capture(_) | Verb::Copy { .. } | Verb::Move { .. }
        );
        if !adds {
            add(step, copy.location.clone());
        }
    }
    for step in jobs.values() {
        // Whoever clears a place must see what lies there.
        if let (Verb::Expire { .. }, Source::Location(place, _)) = (&step.verb, &step.source) {
            add(step, Location::clone(place));
        }
        let reads = matches!(step.verb, Verb::Prune | Verb::Check(_) | Verb::Drill);
        if let Some(id) = opened(step).filter(|_| reads) {
            let repository = &plan.model.repositories[id];
            let place = repository.place();
            add(step, place);
        }
        for copy in restored(plan, step) {
            add(step, copy.location.clone());
        }
    }
}

/// What is read by a drill that names no repository, or by a seed that names no place: what lies in a place, or what a
/// step has left; of a seed, also where it lives, or what is in a repository.
fn restored<'p>(plan: &'p Plan, step: &'p Step) -> impl Iterator<Item = &'p Copy> {
    let seeds = is_direct(step);
    let reads = seeds || matches!(step.verb, Verb::Drill);
    let copies = reads.then(|| plan.copies.iter());
    let copies = copies.into_iter().flatten().map(|(_, copy)| copy);
    copies.filter(move |copy| is_of(step, copy) && (seeds || is_named(step)) && takes(step, copy))
}

/// Whether a step is a seed that names no place by which it goes.
pub(crate) const fn is_direct(step: &Step) -> bool {
    matches!(step.verb, Verb::Seed { .. })
        && matches!(step.target, StepTarget::Environment(_, None, _))
}

/// Whether a drill says what it restores.
const fn is_named(step: &Step) -> bool {
    matches!(step.source, Source::Step(..) | Source::Location(..))
}

fn is_of(step: &Step, copy: &Copy) -> bool {
    let mut classes = step.classes.iter();
    classes.any(|(class, _)| *class == copy.class)
}

/// Whether a copy is what a step says that it reads.
pub(crate) fn takes(step: &Step, copy: &Copy) -> bool {
    match &step.source {
        Source::Step(id, _) => copy.made_by == Some(*id),
        Source::Location(place, _) => place.meets(&copy.location),
        Source::Home => copy.made_by.is_none(),
        Source::Repository(id, _) => copy.repository == Some(*id),
    }
}
