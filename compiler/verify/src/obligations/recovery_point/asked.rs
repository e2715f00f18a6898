//! What recovery points are asked of which classes, and which of them age alike.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::civil::Date;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::Span;
use thrice_model::{ClassId, Demand, Requirement, StepId, Table};
use thrice_plan::{CopyId, Missed, Period};
use thrice_quantity::Seconds;

use super::unwatched;
use crate::context::Context;

/// What is asked of a class.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Limits {
    pub(super) nominal: Option<(Seconds, Span)>,
    pub(super) guaranteed: Option<(Seconds, Span)>,
}

impl Limits {
    /// What is asked while every run succeeds, and while runs fail, each with its words.
    pub(super) const fn each(self) -> [(Missed, Option<(Seconds, Span)>); 2] {
        [
            (Missed::Nominal, self.nominal),
            (Missed::Guaranteed, self.guaranteed),
        ]
    }
}

/// How a copy ages, from when on, and who of those that make it is watched by nobody: that is told by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Ageing {
    shape: usize,
    from: Date,
    silent: Option<StepId>,
}

impl Ageing {
    fn of(context: &Context<'_>, copy: CopyId) -> Self {
        Self {
            shape: context.plan.staleness().shape(copy),
            from: context.plan.copies[copy].lifetime.from,
            silent: unwatched(context, copy),
        }
    }
}

/// The copies of a class with their last days, which requirements name it, and what it states itself.
type Key = (Vec<(Ageing, Option<Date>)>, Vec<bool>, Limits);

/// For each class a number that it shares with those of which the same is asked at all times, and whose copies
/// age alike.
pub(super) fn asked(context: &Context<'_>) -> Table<ClassId, usize> {
    let model = &context.plan.model;
    let about_age = |requirement: &&Requirement| {
        let demand = &requirement.demand;
        matches!(demand, Demand::RecoveryPoint { .. } | Demand::Survive(_))
    };
    let requirements: Vec<&Requirement> = model.requirements.iter().filter(about_age).collect();
    let mut known: IndexMap<Key, usize, FxBuildHasher> = IndexMap::default();
    let mut out = Table::with_capacity(model.classes.len());
    let mut key = Key::default();
    for (id, class) in model.classes.iter() {
        let (copies, asks, own) = &mut key;
        copies.clear();
        copies.extend(context.copies_of(id).iter().map(|copy| {
            let until = context.plan.copies[*copy].lifetime.until;
            (Ageing::of(context, *copy), until)
        }));
        asks.clear();
        asks.extend(requirements.iter().map(|ask| ask.selection.contains(id)));
        *own = Limits {
            nominal: class.asked().rpo,
            guaranteed: class.asked().rpo_guaranteed,
        };
        let number = known.get(&key).copied().unwrap_or_else(|| {
            let number = known.len();
            known.insert(key.clone(), number);
            number
        });
        out.push(number);
    }
    out
}

/// Classes of which the same is asked, and whose copies fall and age alike.
pub(super) fn alike(
    context: &Context<'_>,
    asked: &Table<ClassId, usize>,
    period: &Period,
) -> Vec<(Vec<ClassId>, Limits)> {
    let mut out = Vec::new();
    for group in context.kinds_in(period).iter() {
        let mut index: BTreeMap<(Vec<Ageing>, Limits, Vec<usize>), usize> = BTreeMap::new();
        // Those of one number are alike in each period; those of several numbers may be so in some.
        let mut known: BTreeMap<usize, usize> = BTreeMap::new();
        for class in group.iter().copied() {
            let number = asked.get(class).copied().unwrap_or(usize::MAX);
            let place = known.get(&number).copied();
            if let Some((group, _)) = place.and_then(|place| out.get_mut(place)) {
                Vec::push(group, class);
                continue;
            }
            let copies = context.copies_there(class, period);
            let ageing = copies.iter().map(|copy| Ageing::of(context, *copy));
            let limits = limits(context, class, period);
            let asked = survived(context, class, period).map(|(at, _)| at);
            let next = out.len();
            let key = (ageing.collect(), limits, asked.collect());
            let at = *index.entry(key).or_insert(next);
            known.insert(number, at);
            match out.get_mut(at) {
                Some((group, _)) => Vec::push(group, class),
                None => out.push((vec![class], limits)),
            }
        }
    }
    out
}

/// The least of what a class states and what is required of it: whoever asks for less elsewhere takes nothing back.
pub(super) fn limits(context: &Context<'_>, id: ClassId, period: &Period) -> Limits {
    let own = context.plan.model.classes[id].asked();
    let mut out = Limits {
        nominal: own.rpo,
        guaranteed: own.rpo_guaranteed,
    };
    let least = |old: Option<(Seconds, Span)>, new: (Seconds, Span)| match old {
        Some(old) if old.0 <= new.0 => Some(old),
        _ => Some(new),
    };
    for requirement in &context.plan.model.requirements {
        let Demand::RecoveryPoint {
            nominal,
            guaranteed,
        } = requirement.demand
        else {
            continue;
        };
        let mine = requirement.selection.contains(id);
        if mine && Context::in_force(requirement.lifetime, period) {
            out.nominal = least(out.nominal, (nominal, requirement.span));
            if let Some(guaranteed) = guaranteed {
                out.guaranteed = least(out.guaranteed, (guaranteed, requirement.span));
            }
        }
    }
    out
}

/// The requirements of survival that hold for a class.
pub(super) fn survived<'c>(
    context: &'c Context<'_>,
    class: ClassId,
    period: &'c Period,
) -> impl Iterator<Item = (usize, &'c thrice_model::Survive)> {
    let requirements = context.plan.model.requirements.iter().enumerate();
    requirements.filter_map(move |(at, requirement)| match &requirement.demand {
        Demand::Survive(survive)
            if requirement.selection.contains(class)
                && Context::in_force(requirement.lifetime, period) =>
        {
            Some((at, survive))
        }
        _ => None,
    })
}

/// The recovery points that are asked of a class: nominal and guaranteed.
pub(crate) fn asked_of(
    context: &Context<'_>,
    class: ClassId,
    period: &Period,
) -> [Option<Seconds>; 2] {
    let limits = limits(context, class, period);
    [limits.nominal, limits.guaranteed].map(|limit| limit.map(|(limit, _)| limit))
}
