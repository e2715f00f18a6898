//! What belongs to what in a plan, worked out once for all who ask.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use thrice_model::{HostId, Location, ServiceId, StepId, StoreId, Verb};
use thrice_plan::{CopyId, Plan};

use super::classes::Classes;
use super::left::Left;
use super::lying::Lies;
use crate::groups::Groups;
use crate::verdicts::Subjects;

/// Plans with more copies than this are worth a second core.
const MANY: usize = 5_000;

/// What belongs to what in a plan.
pub(crate) struct Index {
    pub classes: Classes,
    pub places: Places,
    /// What verdicts can be about.
    pub subjects: Subjects,
    /// What steps have left when they end.
    pub left: OnceLock<Left>,
    /// What secrets lie among data.
    pub lies: OnceLock<Lies>,
}

/// What lies where, and what is run by whom.
pub(crate) struct Places {
    /// Copies on each host, in the order of the plan.
    pub on_hosts: Groups<HostId, CopyId>,
    /// What each step makes.
    pub by_step: Groups<StepId, CopyId>,
    /// The lifecycle rules that give up noncurrent versions, in order: few, among many steps.
    pub noncurrent_rules: Vec<StepId>,
    /// The steps that prune, in order.
    pub prunes: Vec<StepId>,
    /// The seeds, in order.
    pub seeds: Vec<StepId>,
    /// The steps that each host runs, in order.
    pub run_by: Groups<HostId, StepId>,
    /// The stores of each host, in order.
    pub stores_on: Groups<HostId, StoreId>,
    /// Of what the services of each host are declared readers.
    pub declared_on: Groups<HostId, (ServiceId, Location)>,
}

impl Index {
    pub(crate) fn of(plan: &Plan) -> Self {
        let classes = || Classes::of(plan);
        let rest = || (Places::of(plan), Subjects::of(plan));
        let (classes, (places, subjects)) = if plan.copies.len() > MANY {
            rayon::join(classes, rest)
        } else {
            (classes(), rest())
        };
        Self {
            classes,
            places,
            subjects,
            left: OnceLock::new(),
            lies: OnceLock::new(),
        }
    }
}

impl Places {
    fn of(plan: &Plan) -> Self {
        let model = &plan.model;
        let copies = plan.copies.iter();
        let on_hosts = copies.map(|(id, copy)| (plan.host_of(copy.location.store), id));
        let copies = plan.copies.iter();
        let by_step = copies.filter_map(|(id, copy)| Some((copy.made_by?, id)));
        let steps = model.steps.iter();
        let run_by = steps.filter_map(|(id, step)| Some((step.runner.host?, id)));
        let stores_on = model.stores.iter().map(|(id, store)| (store.host, id));
        let (mut noncurrent_rules, mut prunes, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
        for (id, step) in model.steps.iter() {
            match step.verb {
                Verb::Expire {
                    noncurrent: true, ..
                } => noncurrent_rules.push(id),
                Verb::Prune => prunes.push(id),
                Verb::Seed { .. } => seeds.push(id),
                _ => {}
            }
        }
        Self {
            on_hosts: Groups::new(model.hosts.len(), on_hosts),
            by_step: Groups::new(model.steps.len(), by_step),
            noncurrent_rules,
            prunes,
            seeds,
            run_by: Groups::new(model.hosts.len(), run_by),
            stores_on: Groups::new(model.hosts.len(), stores_on),
            declared_on: Groups::new(model.hosts.len(), declared(plan).into_iter()),
        }
    }
}

/// The places of which services are declared readers, each with the service and its host.
fn declared(plan: &Plan) -> Vec<(HostId, (ServiceId, Location))> {
    let model = &plan.model;
    let stores = || model.stores.iter();
    if stores().all(|(_, store)| store.readers.is_empty()) {
        return Vec::new();
    }
    let services = model.services.iter();
    let services = services.map(|(id, service)| (&*service.named.name, (service.host, id)));
    let services: BTreeMap<&str, (HostId, ServiceId)> = services.collect();
    let declared = stores().flat_map(|(store, what)| {
        let readers = what.readers.iter();
        readers.map(move |reader| (store, reader))
    });
    let by_services = declared.filter_map(|(store, reader)| {
        let (host, service) = services.get(reader.who.as_str())?;
        Some((*host, (*service, reader.place(store))))
    });
    by_services.collect()
}
