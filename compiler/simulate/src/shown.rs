//! Who comes to see what: steps are played, and what lies in clear in a place is followed field by field.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{
    Class, CredentialId, EnvironmentId, HostId, Hostile, Location, ServiceId, Step, StepId,
    StoreId, Verb,
};
use thrice_plan::{CopyId, Leave, Plan};

use crate::calendar::day;
use crate::fields::{Fields, Stage, add, seeded};
use crate::reach::{Fallen, Readable, is_direct, takes};
use crate::witness::Witness;
use crate::{Case, Choices, engine};

/// Somebody who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onlooker {
    /// Whoever is at home on the hosts of an environment, or is declared as a reader under its name.
    Environment(EnvironmentId),
    /// Whoever has a credential.
    Credential(CredentialId),
    /// Whoever reads a store.
    Store(StoreId),
    /// A host: of what passes through it in its runs, and of all that whoever owns it can read.
    Host(HostId),
    /// Whoever a seed is for that names no place by which it goes: of what it makes of what it reads.
    Seed(StepId),
    /// The users of a service: of what it shows and of what it is declared a reader of.
    Service(ServiceId),
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Looking {
    /// By whom.
    pub by: Onlooker,
    /// Which copies.
    pub copies: BTreeSet<CopyId>,
    /// From when on steps are played.
    pub from: Timestamp,
    /// From when on somebody looks: what has been cleared by then, nobody sees.
    pub since: Timestamp,
    /// Until when somebody looks. Who may read where is asked on this day.
    pub until: Timestamp,
    /// What is chosen of the runs.
    pub choices: Choices,
}

/// What somebody has come to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Of the copies that could be read in clear at some moment, the fields, each in its most sensitive form.
    pub fields: BTreeMap<CopyId, Fields>,
    /// The copies in which anything has lain at any time, whoever reads it.
    pub filled: BTreeSet<CopyId>,
    /// Those of them in which anything has lain while somebody looked.
    pub there: BTreeSet<CopyId>,
}

/// Plays until somebody looks, and says what there is to see.
#[must_use]
pub fn shown(plan: &Plan, looking: &Looking) -> Shown {
    let path = looking.copies.iter().flat_map(|id| plan.way(*id));
    let mut path: BTreeSet<CopyId> = path.collect();
    // What is moved on is not where it was.
    let moved = path.iter().flat_map(|id| &plan.copies[*id].leaves);
    let moved = moved.filter_map(|leave| match leave {
        Leave::Into { copy, .. } => Some(*copy),
        _ => None,
    });
    let moved: Vec<CopyId> = moved.collect();
    path.extend(moved);
    let case = Case {
        strikes: Vec::new(),
        from: Some(looking.from),
        judged: looking.until,
        classes: path.iter().map(|id| plan.copies[*id].class).collect(),
        choices: looking.choices.clone(),
    };
    let mut witness = Witness::new(plan, looking.since.as_second());
    engine::watch(plan, &case, &path, &mut witness);
    let reader = Reader::of(plan, looking);
    let fields = looking.copies.iter().filter_map(|id| {
        let mut seen = Fields::default();
        if let Some(lay) = witness.lay.get(id).filter(|_| reader.reads(*id)) {
            add(&mut seen, lay);
        }
        if let Onlooker::Host(host) = looking.by
            && let Some(handled) = witness.handled.get(&(host, *id))
        {
            add(&mut seen, handled);
        }
        if let Onlooker::Seed(seed) = looking.by
            && let Some(lay) = witness.lay.get(id)
        {
            let copy = &plan.copies[*id];
            let step = &plan.model.steps[seed];
            let is_there = step.lifetime.contains(day(looking.until.as_second()));
            let taken = step.classes.iter().any(|(class, _)| *class == copy.class);
            if taken && is_there && is_direct(step) && takes(step, copy) {
                let class = &plan.model.classes[copy.class];
                add(&mut seen, &arriving(lay, step, class));
            }
        }
        (!seen.is_empty()).then_some((*id, seen))
    });
    let fields = fields.collect();
    let copies = || looking.copies.iter().copied();
    Shown {
        fields,
        filled: copies().filter(|id| witness.has_come(*id)).collect(),
        there: copies().filter(|id| witness.lay.contains_key(id)).collect(),
    }
}

/// What a seed brings of something to whoever is there while it is at work.
fn arriving(lay: &Fields, step: &Step, class: &Class) -> Fields {
    match &step.verb {
        Verb::Seed { rules, .. } => seeded(lay, rules, class, Stage::Arriving),
        _ => Fields::new(),
    }
}

/// Where somebody reads, with all that this opens.
struct Reader<'p> {
    plan: &'p Plan,
    opened: Readable,
}

impl<'p> Reader<'p> {
    fn of(plan: &'p Plan, looking: &Looking) -> Self {
        let on = day(looking.until.as_second());
        let model = &plan.model;
        let (who, shown): (Vec<Hostile>, Vec<Location>) = match looking.by {
            Onlooker::Environment(id) => {
                let hosts = model.environments[id].hosts.iter();
                let hosts = hosts.map(|host| Hostile::Host(*host));
                let name = &model.environments[id].named.name;
                (hosts.collect(), declared(plan, name).collect())
            }
            Onlooker::Credential(id) => (vec![Hostile::Credential(id)], Vec::new()),
            // He has nothing but what is brought to him.
            Onlooker::Seed(_) => (Vec::new(), Vec::new()),
            Onlooker::Host(id) => (vec![Hostile::Host(id)], Vec::new()),
            Onlooker::Store(store) => {
                let path = "/".into();
                (Vec::new(), vec![Location { store, path }])
            }
            Onlooker::Service(service) => {
                let mounts = model.mounts.iter();
                let there = mounts.filter(|m| m.service == service && m.lifetime.contains(on));
                let mounted = there.map(|mount| mount.place());
                let name = &model.services[service].named.name;
                (Vec::new(), mounted.chain(declared(plan, name)).collect())
            }
        };
        let opened = Fallen::together(plan, &who, shown, on).readable(plan, on);
        Self { plan, opened }
    }

    fn reads(&self, id: CopyId) -> bool {
        self.opened.reads(&self.plan.copies[id])
    }
}

/// Where stores say that somebody of this name reads.
fn declared(plan: &Plan, name: &str) -> impl Iterator<Item = Location> {
    let stores = plan.model.stores.iter();
    stores.flat_map(move |(store, what)| {
        let readers = what.readers.iter().filter(move |reader| reader.who == name);
        readers.map(move |reader| {
            let path = reader.path.clone();
            Location { store, path }
        })
    })
}
