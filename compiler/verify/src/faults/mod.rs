//! What is lost with what goes wrong.

mod carried;
mod dated;
mod keys;
mod kill;
mod lasting;
mod reduce;
mod struck;

pub(crate) use dated::{cleared, dated, letting_go};
pub(crate) use keys::{at_times, in_data};
pub(crate) use kill::{Useless, Why, carries, history, strike};
pub(crate) use lasting::stays;
pub(crate) use reduce::{Stakes, grown};
pub(crate) use struck::Struck;

use std::collections::BTreeSet;

use thrice_model::{ClassId, Demand, FaultKind, Survive};
use thrice_plan::Period;

use crate::context::Context;
use crate::fault::{Fault, FaultSet, of_kind};

/// What a requirement asks to survive: any so many of some faults, or certain ones together.
pub(crate) enum Asked {
    /// Every set of up to so many of these.
    Any(usize, Vec<Fault>),
    /// These together.
    Set(FaultSet),
}

/// The faults that a requirement asks to survive, in a period, in canonical order.
pub(crate) fn asked(context: &Context<'_>, survive: &Survive, period: &Period) -> Asked {
    match survive {
        Survive::Loss(targets) => {
            let mut set: FaultSet = targets.iter().map(|t| Fault::Loss(*t)).collect();
            set.sort_unstable();
            set.dedup();
            Asked::Set(set)
        }
        Survive::Any { count, kinds } => {
            let singles = kinds.iter().flat_map(|k| of_kind(context, *k, period));
            Asked::Any(*count as usize, singles.collect())
        }
    }
}

/// The fault sets that a requirement asks about: each fault by itself, and those larger sets that can
/// do more to one of the classes than others do.
pub(crate) fn sets(
    context: &Context<'_>,
    survive: &Survive,
    classes: &[ClassId],
    period: &Period,
) -> Vec<FaultSet> {
    let (count, singles) = match asked(context, survive, period) {
        Asked::Set(set) => return vec![set],
        Asked::Any(count, singles) => (count, singles),
    };
    let mut out: BTreeSet<FaultSet> = singles.iter().map(|fault| vec![*fault]).collect();
    if count > 1 {
        for group in context.alike(classes, period) {
            let first = group.first().copied();
            let all = first.map_or_else(Vec::new, |class| context.with_needs(class));
            let stakes = Stakes::of(context, &all);
            let strongest = stakes.strongest(context, &singles, period.from);
            let mut larger: Vec<FaultSet> = strongest.iter().map(|f| vec![*f]).collect();
            for _ in 1..count {
                larger = grown(&larger, &strongest, &[]);
                out.extend(larger.iter().cloned());
            }
        }
    }
    out.into_iter().collect()
}

/// Whether a requirement asks a class to survive faults of a kind in a period: then survival says what
/// comes of them, and no other obligation does.
pub(crate) fn is_asked(
    context: &Context<'_>,
    class: ClassId,
    kind: FaultKind,
    period: &Period,
) -> bool {
    context.plan.model.requirements.iter().any(|requirement| {
        let kinds = match &requirement.demand {
            Demand::Survive(Survive::Any { kinds, .. }) => kinds.as_slice(),
            _ => &[],
        };
        kinds.contains(&kind)
            && requirement.selection.contains(class)
            && Context::in_force(requirement.lifetime, period)
    })
}
