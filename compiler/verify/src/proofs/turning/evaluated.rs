//! Where verdicts turn that are evaluated at a worst case: capacity, recovery time, time table.
//!
//! What such a verdict has left over until it fails is known from its evaluation, and what one quantity does to
//! it takes a few sums: the value at which it turns is found without planning anything anew and without asking
//! the solver, so every report can say it. It is the least that can be told: the next lower one holds. Of the
//! other obligations nothing is said here.

use std::collections::BTreeSet;
use std::rc::Rc;

use thrice_model::{Class, ClassId, Model, Obligation};
use thrice_plan::Plan;
use thrice_quantity::Seconds;
use thrice_verdicts::{Assumptions, Turn};

use super::knob::Scale;
use super::{TRIED, named};
use crate::assumptions::{self, Assumed, Knob};
use crate::context::Context;
use crate::obligations::{capacity, recovery_time, time_table};

/// A verdict by its obligation and what it is about.
type Subject = (Obligation, String);

/// Of each of a plan's assumptions where such a verdict turns. Nothing where they are too many.
fn turns(context: &Context<'_>, assumed: &[Assumed<'_>]) -> Vec<Option<Turn>> {
    if quantities(&context.plan.model) > TRIED {
        return Vec::new();
    }
    let evaluated = Evaluated::new(context);
    let turn = |assumed: &Assumed<'_>| evaluated.turn(assumed.knob()?);
    assumed.iter().map(turn).collect()
}

/// The assumptions of a policy in words, with their turns.
pub(crate) fn assumptions(context: &Context<'_>) -> Assumptions {
    let model = &context.plan.model;
    let assumed: Vec<Assumed<'_>> = assumptions::all(context.plan).collect();
    let turns = turns(context, &assumed);
    let turning = assumed.iter().zip(&turns);
    let turning = turning.filter_map(|(assumed, turn)| Some((*assumed, turn.clone()?)));
    let turns_at = |at: usize| turns.get(at).is_some_and(Option::is_some);
    let others = assumed.iter().enumerate();
    let others = others.filter(|(at, _)| !turns_at(*at));
    assumptions::worded(
        model,
        turning.collect(),
        others.map(|(_, assumed)| *assumed),
    )
}

/// How many quantities of a policy are assumed, at most.
fn quantities(model: &Model) -> usize {
    let sized = model.classes.iter().filter(|(_, c)| c.size.is_some());
    1 + model.steps.len() + model.phases.len() + 3 * sized.count()
}

/// The verdicts that hold and are evaluated.
pub(super) struct Evaluated<'c, 'p> {
    context: &'c Context<'p>,
    stores: Vec<capacity::Holding>,
    restores: Vec<recovery_time::Holding>,
    table: Option<time_table::Table<'c, 'p>>,
}

impl<'c, 'p> Evaluated<'c, 'p> {
    pub(super) fn new(context: &'c Context<'p>) -> Self {
        Self {
            context,
            stores: capacity::holding(context),
            restores: recovery_time::holding(context),
            table: time_table::Table::holding(context),
        }
    }

    fn turn(&self, knob: Knob) -> Option<Turn> {
        let scale = knob.scale(self.context.plan);
        let (at, broken) = self.first(knob, &scale)?;
        let broken = broken.iter().map(|(of, subject)| (*of, subject.as_str()));
        Some(knob.turned(self.context.plan, &scale, at, named(broken.collect())))
    }

    /// Whether the time table fails with a value, all else being as it is; `None` where it does not hold today.
    pub(super) fn time_table_fails(&self, knob: Knob, value: i64, resized: &Plan) -> Option<bool> {
        let table = self.table.as_ref()?;
        Some(match knob {
            Knob::Duration(id) => table.fails_with(id, Seconds(value)),
            _ => !time_table::fits(&Context::new(resized, Rc::default())),
        })
    }

    /// The first place on a scale at which one of them fails, and which do there.
    pub(super) fn first(&self, knob: Knob, scale: &Scale) -> Option<(i64, BTreeSet<Subject>)> {
        match knob {
            Knob::Duration(id) => {
                let table = self.table.as_ref()?;
                let at = first(scale, |value| table.fails_with(id, Seconds(value)))?;
                let policy = self.context.plan.model.policy.named.name.to_string();
                Some((at, [(Obligation::TimeTable, policy)].into()))
            }
            Knob::Size(id) | Knob::Growth(id) | Knob::Volume(id) | Knob::Churn(id) => {
                let volume = Volume::new(self, id);
                let with = |value: i64| {
                    let mut class = self.context.plan.model.classes[id].clone();
                    knob.set_in(&mut class, value);
                    class
                };
                let at = first(scale, |value| volume.fails_with(&with(value)))?;
                Some((at, volume.broken_with(&with(scale.value(at)))))
            }
            // What these do goes through every path of the plan.
            Knob::Response | Knob::Slip(_) => None,
        }
    }
}

/// Worse is never better for these: the first place, if there is any up to the limit.
fn first(scale: &Scale, mut fails: impl FnMut(i64) -> bool) -> Option<i64> {
    let last = scale.last();
    fails(scale.value(last)).then(|| scale.turn((0, last), |_, _| false, fails))
}

/// What the volume of one class can matter to.
struct Volume<'e> {
    context: &'e Context<'e>,
    id: ClassId,
    stores: Vec<capacity::OfClass<'e>>,
    restores: Vec<&'e recovery_time::Holding>,
}

impl<'e> Volume<'e> {
    fn new(evaluated: &'e Evaluated<'_, '_>, id: ClassId) -> Self {
        let context = evaluated.context;
        let stores = evaluated.stores.iter();
        let restores = evaluated.restores.iter();
        Self {
            context,
            id,
            stores: stores.filter_map(|held| held.of(context, id)).collect(),
            restores: restores.filter(|held| held.concerns(id)).collect(),
        }
    }

    fn fails_with(&self, class: &Class) -> bool {
        let full = |of: &capacity::OfClass<'_>| of.fails_with(self.context, class);
        let late =
            |of: &&recovery_time::Holding| !of.late_with(self.context, self.id, class).is_empty();
        self.stores.iter().any(full) || self.restores.iter().any(late)
    }

    fn broken_with(&self, class: &Class) -> BTreeSet<Subject> {
        let full = self.stores.iter();
        let full = full.filter(|of| of.fails_with(self.context, class));
        let full = full.map(|of| {
            let name = self.context.store_name(of.holding.store);
            (Obligation::Capacity, name.to_owned())
        });
        let late = self.restores.iter();
        let late = late.flat_map(|of| of.late_with(self.context, self.id, class));
        let late = late.map(|late| {
            let name = self.context.class_name(late);
            (Obligation::RecoveryTime, name.to_owned())
        });
        full.chain(late).collect()
    }
}
