//! Who comes to see what: steps are played, and what lies in clear in a place is followed field by field.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{
    Class, CredentialId, EnvironmentId, HostId, Hostile, Location, ServiceId, Step, StepId,
    StoreId, Verb,
};
use thrice_plan::{CopyId, CopyKind, Leave, Plan};

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
    /// The same, of all its hosts but one.
    Beside(EnvironmentId, HostId),
    /// Whoever has a credential.
    Credential(CredentialId),
    /// Whoever reads a store.
    Store(StoreId),
    /// A host: of what passes through it in its runs, and of all that whoever owns it can read.
    Host(HostId),
    /// Whoever a seed is for that names no place by which it goes: of what it makes of what it reads.
    Seed(StepId),
    /// The users of a service: of what it shows, of what it is declared a reader of, and of what they are said to browse on
    /// its host.
    Service(ServiceId),
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Looking {
    /// By whom.
    pub by: Onlooker,
    /// Which copies.
    pub copies: BTreeSet<CopyId>,
    /// Whether it is not these that are looked at, but what syncs that fill them put aside.
    pub aside: bool,
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
        if looking.aside {
            if let Some(put) = witness.aside.get(id).filter(|_| reader.reads_aside(*id)) {
                add(&mut seen, put);
            }
            return (!seen.is_empty()).then_some((*id, seen));
        }
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
    let there = match looking.aside {
        true => &witness.aside,
        false => &witness.lay,
    };
    Shown {
        fields,
        filled: copies().filter(|id| witness.has_come(*id)).collect(),
        there: copies().filter(|id| there.contains_key(id)).collect(),
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
            Onlooker::Environment(id) | Onlooker::Beside(id, _) => {
                let hosts = model.environments[id].hosts.iter();
                let apart = |host: &&HostId| looking.by == Onlooker::Beside(id, **host);
                let is_there = |host: &&HostId| model.hosts[**host].lifetime.contains(on);
                let hosts = hosts.filter(|host| !apart(host) && is_there(host));
                let hosts: Vec<Hostile> = hosts.map(|host| Hostile::Host(*host)).collect();
                let mut all = model.environments[id].hosts.iter();
                let is_nowhere = !model.environments[id].hosts.is_empty()
                    && !all.any(|host| model.hosts[*host].lifetime.contains(on));
                let name = &model.environments[id].named.name;
                let shown = plan.model.declared(name).filter(|_| !is_nowhere);
                (hosts, shown.collect())
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
                let shown = mounted.chain(plan.model.declared(name));
                (Vec::new(), shown.chain(browsed(plan, service)).collect())
            }
        };
        let opened = Fallen::together(plan, &who, shown, on).readable(plan, on);
        Self { plan, opened }
    }

    fn reads(&self, id: CopyId) -> bool {
        let copy = &self.plan.copies[id];
        self.opened.reads(copy, &copy.location)
    }

    fn reads_aside(&self, id: CopyId) -> bool {
        let copy = &self.plan.copies[id];
        let by = copy.made_by.map(|by| &self.plan.model.steps[by]);
        let aside = by.and_then(|by| by.puts_aside());
        aside.is_some_and(|place| self.opened.reads(copy, place))
    }
}

/// Where the classes lie on the host of a service that its users are said to browse: as plain files, whole.
fn browsed(plan: &Plan, service: ServiceId) -> impl Iterator<Item = Location> {
    let host = plan.model.services[service].host;
    let copies = plan.copies.iter().map(|(_, copy)| copy);
    let mine = copies.filter(move |copy| {
        let class = &plan.model.classes[copy.class];
        let plain = copy.key.is_none() && copy.kind != CopyKind::Versions && copy.counts;
        let mut by = class.browsed_by.iter();
        plain && plan.host_of(copy.location.store) == host && by.any(|(by, _)| *by == service)
    });
    mine.map(|copy| copy.location.clone())
}
