//! In which order things come back.

use std::collections::BTreeSet;

use thrice_model::{ClassId, ServiceId};
use thrice_plan::Plan;

/// Classes in the order of restoring: what others need first, then the most urgent.
pub fn classes(plan: &Plan, there: &[ClassId]) -> Vec<ClassId> {
    let model = &plan.model;
    let urgency = |id: &ClassId| {
        model.classes[*id]
            .asked()
            .rto
            .map_or(i64::MAX, |(time, _)| time.0)
    };
    let mut waiting: Vec<ClassId> = there.to_vec();
    waiting.sort_by_key(urgency);
    in_order(waiting, |id, done| {
        let needs = &model.classes[*id].needs;
        needs
            .iter()
            .all(|need| done.contains(&need.class) || !there.contains(&need.class))
    })
}

/// Services in the order of starting: each after those that the policy says.
pub fn services(plan: &Plan, there: &[ServiceId]) -> Vec<ServiceId> {
    let services = &plan.model.services;
    in_order(there.to_vec(), |id, done| {
        let after = &services[*id].after;
        after
            .iter()
            .all(|other| done.contains(other) || !there.contains(other))
    })
}

/// Takes the first that is ready until none is left; of a circle the first, since it must begin somewhere.
fn in_order<I: Copy + Ord>(
    mut waiting: Vec<I>,
    ready: impl Fn(&I, &BTreeSet<I>) -> bool,
) -> Vec<I> {
    let mut done = BTreeSet::new();
    let mut out = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let next = waiting.iter().position(|id| ready(id, &done)).unwrap_or(0);
        let id = waiting.remove(next);
        done.insert(id);
        out.push(id);
    }
    out
}
