//! Which proofs something that is not so voids.

use std::collections::BTreeSet;

use thrice_model::{ClassId, Demand, Obligation, StepId, StoreId};
use thrice_plan::{CopyId, Plan, Room};
use thrice_report::audit::Voided;

/// The classes and stores that a statement of the policy reaches.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    classes: BTreeSet<ClassId>,
    stores: BTreeSet<StoreId>,
}

impl Reach {
    /// What a step makes, and what is made of that.
    pub fn of_step(plan: &Plan, step: StepId) -> Self {
        Self::from_copies(plan, |id| plan.copies[id].made_by == Some(step)).or_of_step(plan, step)
    }

    /// What lies on a store, and what is made of that.
    pub fn of_store(plan: &Plan, store: StoreId) -> Self {
        let mut out = Self::from_copies(plan, |id| plan.copies[id].location.store == store);
        out.stores.insert(store);
        out
    }

    /// A class, wherever it lies.
    pub fn of_class(plan: &Plan, class: ClassId) -> Self {
        let mut out = Self::from_copies(plan, |id| plan.copies[id].class == class);
        out.classes.insert(class);
        out
    }

    /// Sources stand before what is made of them, so one pass in order finds all of it.
    fn from_copies(plan: &Plan, is_root: impl Fn(CopyId) -> bool) -> Self {
        let mut reached: BTreeSet<CopyId> = BTreeSet::new();
        let mut out = Self::default();
        for (id, copy) in plan.copies.iter() {
            let from = copy.source.is_some_and(|source| reached.contains(&source));
            if (from || is_root(id)) && copy.lifetime.contains(plan.as_of) {
                reached.insert(id);
                out.classes.insert(copy.class);
                out.stores.insert(copy.location.store);
            }
        }
        out
    }

    /// A step that makes no copy (a clean-up, a prune) is about the classes that it names.
    fn or_of_step(mut self, plan: &Plan, step: StepId) -> Self {
        let named = plan.model.steps[step].classes.iter();
        self.classes.extend(named.map(|(class, _)| *class));
        self
    }

    /// The proofs of these obligations about what is reached, as `thrice check` names what each was
    /// decided for. An obligation that the policy asks of none of it has no proof.
    pub fn voids(&self, plan: &Plan, obligations: &[Obligation]) -> Vec<Voided> {
        let mut out = Vec::new();
        for obligation in obligations {
            let subjects = self.subjects(plan, *obligation);
            if !subjects.is_empty() {
                out.push(Voided {
                    obligation: obligation.word(),
                    subjects,
                });
            }
        }
        out
    }

    fn subjects(&self, plan: &Plan, obligation: Obligation) -> Vec<String> {
        let model = &plan.model;
        let of_policy = |asked: bool| {
            let name = model.policy.named.name.to_string();
            asked.then_some(name).into_iter().collect()
        };
        match obligation {
            Obligation::Capacity => {
                let stores = self.stores.iter().filter(|id| has_capacity(plan, **id));
                stores
                    .map(|id| model.stores[*id].named.name.to_string())
                    .collect()
            }
            Obligation::Cost => of_policy(
                model
                    .requirements
                    .iter()
                    .any(|requirement| matches!(requirement.demand, Demand::Cost(_))),
            ),
            Obligation::TimeTable => of_policy(true),
            _ => {
                let asked = self
                    .classes
                    .iter()
                    .filter(|id| is_asked(plan, obligation, **id));
                asked
                    .map(|id| model.classes[*id].named.name.to_string())
                    .collect()
            }
        }
    }
}

/// The room on a store on the day of the plan; `None` where nothing is said about it.
pub fn room(plan: &Plan, id: StoreId) -> Option<Room> {
    thrice_plan::room(&plan.model, id, |lifetime| lifetime.contains(plan.as_of))
}

/// Whether the capacity of a store is decided: the policy says what it holds, and how large all is that
/// lies there.
fn has_capacity(plan: &Plan, id: StoreId) -> bool {
    let mut there = plan
        .copies
        .iter()
        .filter(|(_, copy)| copy.location.store == id && copy.lifetime.contains(plan.as_of));
    room(plan, id).is_some() && there.all(|(_, copy)| plan.model.classes[copy.class].size.is_some())
}

/// Whether the policy asks for an obligation of a class that exists on its day.
fn is_asked(plan: &Plan, obligation: Obligation, id: ClassId) -> bool {
    let class = &plan.model.classes[id];
    let demanded = |is: fn(&Demand) -> bool| {
        plan.model.requirements.iter().any(|requirement| {
            is(&requirement.demand)
                && requirement.selection.contains(id)
                && requirement.lifetime.contains(plan.as_of)
        })
    };
    let asked = match obligation {
        Obligation::Copies => demanded(|demand| matches!(demand, Demand::Copies { .. })),
        Obligation::RecoveryTime => {
            class.asked().rto.is_some()
                || demanded(|demand| matches!(demand, Demand::RecoveryTime(_)))
        }
        Obligation::History => {
            class.asked().retain_at_least.is_some()
                || demanded(|demand| matches!(demand, Demand::History { .. }))
        }
        Obligation::Erasure => class.asked().retain_at_most.is_some(),
        Obligation::RecoveryPoint => {
            class.asked().rpo.is_some()
                || class.asked().rpo_guaranteed.is_some()
                || demanded(|demand| matches!(demand, Demand::RecoveryPoint { .. }))
        }
        _ => true,
    };
    asked && class.lifetime.contains(plan.as_of)
}
