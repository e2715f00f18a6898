//! A class's copies as a system of times.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::{ClassId, StepId};
use thrice_plan::{Copy, CopyId, Leave, Period};
use thrice_presence::{FOR_EVER, Leaving, Node, System};
use thrice_quantity::{Interval, Seconds};

use crate::indexed::Indexed;

/// What never happens is so here too.
const _: () = assert!(
    thrice_plan::FOR_EVER.0 == FOR_EVER,
    "for ever is not one time"
);

/// A system, and which copy each of its nodes is.
#[derive(Clone, Debug)]
pub(crate) struct Symbolized {
    pub system: System,
    pub copies: Vec<CopyId>,
    /// The steps that take nothing away, because their time has not come or is over.
    pub idle: BTreeSet<StepId>,
    /// The days on which what is in the system changes while the item is there.
    pub days: Vec<Date>,
}

/// The copies of a class in a period as a system; all alive.
pub(crate) fn symbolized_in(indexed: &Indexed<'_>, class: ClassId, period: &Period) -> Symbolized {
    let copies = indexed.copies_there(class, period);
    symbolize(indexed, &copies, period.from)
}

/// The copies of one class that exist in the period that begins on a day, as a system; all alive.
pub(crate) fn symbolize(indexed: &Indexed<'_>, copies: &[CopyId], day: Date) -> Symbolized {
    let steps = &indexed.plan.model.steps;
    let index: BTreeMap<CopyId, usize> =
        copies.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    let nodes = copies
        .iter()
        .map(|id| {
            let copy = &indexed.plan.copies[*id];
            node(copy, indexed.leaves(copy, day), &index, |_| None)
        })
        .collect();
    let system = System {
        nodes,
        changes: None,
    };
    let mut idle = BTreeSet::new();
    for copy in copies {
        let by = indexed.plan.copies[*copy].leaves.iter().map(Leave::by);
        idle.extend(by.filter(|by| !steps[*by].lifetime.contains(day)));
    }
    Symbolized {
        system,
        copies: copies.to_vec(),
        idle,
        days: Vec::new(),
    }
}

pub(super) fn node<'c>(
    copy: &Copy,
    leaves: impl Iterator<Item = &'c Leave>,
    index: &BTreeMap<CopyId, usize>,
    ends: impl Fn(StepId) -> Option<usize>,
) -> Node {
    Node {
        source: copy.source.and_then(|s| index.get(&s).copied()),
        delay: bounds(copy.enter.delay),
        older_than: copy.enter.older_than.as_deref().copied().map(bounds),
        leaves: leaves.filter_map(|l| leaving(l, index, &ends)).collect(),
        alive: true,
        fed: true,
    }
}

/// What is longer than for ever is for ever, at both ends: else no time would lie between them.
fn bounds(time: Interval<Seconds>) -> (i64, i64) {
    (time.low().0.min(FOR_EVER), time.high().0.min(FOR_EVER))
}

/// A leaving towards or with a copy that is not there in this period does not happen in it, nor does one after the end
/// of a step that ends with none of its changes.
pub(super) fn leaving(
    leave: &Leave,
    index: &BTreeMap<CopyId, usize>,
    ends: impl Fn(StepId) -> Option<usize>,
) -> Option<Leaving> {
    Some(match leave {
        Leave::AfterEntering { after, .. } => {
            let (low, high) = bounds(*after);
            Leaving::AfterEntering(low, high)
        }
        Leave::AtAge { age, .. } => {
            let (low, high) = bounds(*age);
            Leaving::AtAge(low, high)
        }
        Leave::AfterEnding {
            of, after, stays, ..
        } => Leaving::AfterChange {
            change: ends(*of)?,
            after: bounds(*after),
            stays: stays.0.min(FOR_EVER),
        },
        Leave::With { source, delay, .. } => {
            let (low, high) = bounds(*delay);
            Leaving::With(*index.get(source)?, low, high)
        }
        Leave::Into { copy, .. } => Leaving::Into(*index.get(copy)?),
    })
}

impl Symbolized {
    /// Whether it is the system of some copies of its class on a day.
    pub(crate) fn is_of(&self, indexed: &Indexed<'_>, copies: &[CopyId], day: Date) -> bool {
        let steps = &indexed.plan.model.steps;
        let mut leaves = copies
            .iter()
            .flat_map(|id| &indexed.plan.copies[*id].leaves);
        let as_before = |leave: &Leave| {
            let by = leave.by();
            steps[by].lifetime.contains(day) != self.idle.contains(&by)
        };
        self.copies == copies && leaves.all(as_before)
    }

    /// The same system after faults that leave only some copies usable. Nothing reaches a copy any more
    /// whose source is of no use, or whose store is gone.
    pub(crate) fn struck(
        &self,
        usable: impl Fn(CopyId) -> bool,
        gone: impl Fn(CopyId) -> bool,
    ) -> System {
        let mut system = self.system.clone();
        let alive: Vec<bool> = self.copies.iter().map(|id| usable(*id)).collect();
        for (at, node) in system.nodes.iter_mut().enumerate() {
            node.alive = alive.get(at).copied().unwrap_or(false);
            let source_alive = node
                .source
                .is_none_or(|s| alive.get(s).copied().unwrap_or(false));
            node.fed = source_alive && !self.copies.get(at).is_some_and(|id| gone(*id));
        }
        system
    }
}
