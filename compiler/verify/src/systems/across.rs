//! What crosses from one period into the next, as a system of times.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::{ClassId, Lifetime, StepId, StepTarget, Verb};
use thrice_plan::calendar::days_between;
use thrice_plan::{CopyId, Leave};
use thrice_presence::{Changes, Crossing, DAY, Held, Life, NodeLife, System};

use super::symbolize::{Symbolized, leaving, node, symbolized_in};
use crate::indexed::Indexed;

/// What crosses into a period from those before.
pub(crate) struct Across {
    pub symbolized: Symbolized,
    /// The last day on which anything of the class changed.
    pub since: Date,
    /// The day on which the class began.
    born: Date,
    /// Whether that is the first day of this very period.
    pub new: bool,
    /// The copies that there have been all the time, if others have been added to them and nothing else has
    /// changed: whatever is added, these are as they would be alone.
    pub alone: Option<Symbolized>,
}

impl Across {
    /// When what was asked for since some day had been so for long enough to be there, as long as it takes for what
    /// was new by then: mostly when the period begins. Where the phase before may be over sooner than that, because
    /// it came late or was short from the beginning, what had been there when that one began must still be.
    ///
    /// Faults strike up to so much sooner: so long nobody has acted yet.
    ///
    /// `before` says from which age on enough is there in the long run of what there is before a day, if it is. What
    /// comes out is what to ask about, and from which age on: that of what had been there when the period begins.
    pub(crate) fn held(
        &self,
        asked: Date,
        within: (i64, i64),
        before: impl FnMut(Date) -> Option<i64>,
    ) -> Option<(Crossing, i64)> {
        let last = self.symbolized.days.last().filter(|_| self.new)?;
        self.held_by(*last, asked, within, before)
    }

    /// The same of what had been there when the class ended, whatever has changed since.
    pub(crate) fn held_at_end(
        &self,
        ends: Date,
        before: impl FnMut(Date) -> Option<i64>,
    ) -> Option<(Crossing, i64)> {
        self.held_by(ends, self.born, (0, 0), before)
    }

    fn held_by(
        &self,
        last: Date,
        asked: Date,
        (within, unnoticed): (i64, i64),
        mut before: impl FnMut(Date) -> Option<i64>,
    ) -> Option<(Crossing, i64)> {
        let changes = self.symbolized.system.changes.as_ref()?;
        let mut out: Vec<Held> = Vec::new();
        let mut first = None;
        let asked = asked.max(self.born);
        let mut from = within;
        let days = self.symbolized.days.iter().enumerate().rev();
        for (change, day) in days.filter(|(_, day)| **day <= last) {
            let Some(held) = before(*day) else { break };
            from = from.max(held);
            first = first.or(Some(from));
            let more = from.saturating_sub(days_between(asked, *day).saturating_mul(DAY));
            let most = |change: usize| changes.late.get(change).copied().unwrap_or(0);
            if more <= most(change).saturating_mul(DAY) {
                out.push(Held {
                    change,
                    from,
                    long: from,
                    asked: more,
                });
            }
            // However late the phase before is, it lasts long enough.
            let gap = changes.gaps.get(change).map_or(0, |(least, _)| *least);
            let least = |before: usize| gap.saturating_sub(most(before).saturating_mul(DAY));
            let before = change.checked_sub(1);
            let lasts = from.saturating_add(unnoticed);
            let asked = more.saturating_add(unnoticed) <= 0;
            if asked && before.is_some_and(|before| lasts <= least(before)) {
                break;
            }
        }
        first
            .filter(|_| !out.is_empty())
            .map(|from| (Crossing::Held(out), from))
    }
}

/// All copies that a class has had since it began, up to the period with this place, as they come and go:
/// the system of what comes to be in one period and is still there in a later one.
///
/// `None` where the periods before say nothing new of it: nothing of the class has changed since it began, or
/// copies have been added to others, and nothing is ever taken away.
pub(crate) fn across(indexed: &Indexed<'_>, class: ClassId, period: usize) -> Option<Across> {
    let plan = indexed.plan;
    let day = plan.periods.get(period)?.from;
    let begins = plan.model.classes[class].lifetime.from;
    let born = begins.max(plan.model.policy.start);
    if day <= born {
        return None;
    }
    let steps = &plan.model.steps;
    let begun = |id: &CopyId| plan.copies[*id].lifetime.from <= day;
    // What was over when the class began has never brought any of it, nor has who reads what that left.
    let ran = |id: &CopyId| {
        let mut made = plan.way(*id).filter_map(|id| plan.copies[id].made_by);
        made.all(|by| steps[by].lifetime.until.is_none_or(|until| until > born))
    };
    let copies = indexed.copies_of(class).iter().copied();
    let copies: Vec<CopyId> = copies.filter(|id| begun(id) && ran(id)).collect();
    let idle = copies.iter().flat_map(|id| plan.copies[*id].leaves.iter());
    let idle = idle.map(Leave::by).filter(|by| {
        let lifetime = steps[*by].lifetime;
        lifetime.from > day || lifetime.until.is_some_and(|until| until <= born)
    });
    let idle: BTreeSet<StepId> = idle.collect();
    let mut lives: Vec<CopyLife> = Vec::new();
    for id in &copies {
        lives.push(CopyLife::of(indexed, *id, &idle, (born, day)));
    }
    let all = lives.iter().flat_map(CopyLife::days);
    let mut days: BTreeSet<Date> = all.filter(|at| born < *at && *at <= day).collect();
    let ends = |until: Option<Date>| until.is_some_and(|until| until <= day);
    let taken = |life: &CopyLife| !life.leaves.is_empty() || ends(life.gone);
    if days.is_empty() || !lives.iter().any(taken) {
        return None;
    }
    // What a new step takes away from where it brings it is taken from nothing else.
    let as_ever = |life: &CopyLife| {
        let old = life.fed.from <= born;
        let mut leaves = life.leaves.iter().map(|(_, leaves)| leaves);
        !ends(life.gone)
            && !ends(life.fed.until)
            && leaves.all(|leaves| !old || (leaves.from <= born && !ends(leaves.until)))
    };
    let first = plan.periods.iter().find(|period| period.from >= born);
    let first = first.filter(|_| lives.iter().all(as_ever));
    let alone = first.map(|first| symbolized_in(indexed, class, first));
    let mut last = days.iter().rev();
    let since = last.next().copied()?;
    days.insert(day);
    let days: Vec<Date> = days.into_iter().collect();
    let index: BTreeMap<CopyId, usize> =
        copies.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    let change = |at: Date| days.binary_search(&at).ok();
    let end = |step: StepId| steps[step].lifetime.until.and_then(change);
    let life = |lifetime: &Lifetime| Life {
        from: change(lifetime.from),
        until: lifetime.until.and_then(change),
    };
    let nodes = lives.iter().map(|copy| {
        let ways = copy.leaves.iter();
        NodeLife {
            fed: life(&copy.fed),
            gone: copy.gone.and_then(change),
            leaves: ways
                .filter(|(leave, _)| leaving(leave, &index, end).is_some())
                .map(|(_, lifetime)| life(lifetime))
                .collect(),
        }
    });
    let late: Vec<i64> = days.iter().map(|day| plan.late_days(*day)).collect();
    let changes = Changes {
        gaps: gaps(born, &days, late.last().copied().unwrap_or(0)),
        late,
        nodes: nodes.collect(),
    };
    let nodes = copies.iter().map(|id| {
        let copy = &plan.copies[*id];
        let leaves = copy
            .leaves
            .iter()
            .filter(|leave| !idle.contains(&leave.by()));
        node(copy, leaves, &index, end)
    });
    let system = System {
        nodes: nodes.collect(),
        changes: Some(Box::new(changes)),
    };
    Some(Across {
        symbolized: Symbolized {
            system,
            copies,
            idle,
            days,
        },
        since,
        born,
        new: since == day,
        alone,
    })
}

/// When what concerns a copy is there.
struct CopyLife<'p> {
    fed: Lifetime,
    gone: Option<Date>,
    leaves: Vec<(&'p Leave, Lifetime)>,
}

impl<'p> CopyLife<'p> {
    fn of(
        indexed: &Indexed<'p>,
        id: CopyId,
        idle: &BTreeSet<StepId>,
        (born, day): (Date, Date),
    ) -> Self {
        let (plan, copy) = (indexed.plan, &indexed.plan.copies[id]);
        let steps = &plan.model.steps;
        let fed = copy
            .made_by
            .map_or(copy.lifetime, |step| steps[step].lifetime);
        let in_it = |until: Date| born < until && until <= day;
        let ended = |leave: &&Leave| match leave {
            Leave::AfterEnding { of, .. } => steps[*of].lifetime.until.is_some_and(in_it),
            _ => true,
        };
        let leaves = copy
            .leaves
            .iter()
            .filter(|leave| !idle.contains(&leave.by()))
            .filter(ended);
        let store = plan.model.stores[copy.location.store].lifetime.until;
        // A class ends where it lives: then a step that goes on finds nothing of it any more.
        let class = copy.lifetime.until.filter(|_| copy.made_by.is_none());
        Self {
            fed,
            gone: [store, class, overwritten(indexed, id, fed.until)]
                .into_iter()
                .flatten()
                .min(),
            leaves: leaves
                .map(|leave| (leave, steps[leave.by()].lifetime))
                .collect(),
        }
    }

    /// The days on which something of it begins or ends.
    fn days(&self) -> impl Iterator<Item = Date> {
        let lives = self.leaves.iter().map(|(_, life)| *life).chain([self.fed]);
        let days = lives.flat_map(|life| [Some(life.from), life.until]);
        days.chain([self.gone]).flatten()
    }
}

/// The day from which on others make the place of a copy equal to something else, after its own step has
/// ended: then nobody knows that it is still there.
fn overwritten(indexed: &Indexed<'_>, id: CopyId, ends: Option<Date>) -> Option<Date> {
    let (plan, ends) = (indexed.plan, ends?);
    let copy = &plan.copies[id];
    // Also those that bring nothing of any class: they delete all the same.
    let clearing = indexed.left().clearing(copy.location.store);
    let syncs = clearing.filter_map(|other| {
        let step = &plan.model.steps[other];
        let (Verb::Sync { .. }, StepTarget::Location(place, _)) = (&step.verb, &step.target) else {
            return None;
        };
        let life = step.lifetime;
        let after = copy.made_by != Some(other) && life.until.is_none_or(|until| until > ends);
        (after && place.meets(&copy.location)).then_some(life.from.max(ends))
    });
    syncs.min()
}

/// How old what comes to be after `born` is on the first of these days, and then from each to the next one; the
/// last one may come some days late.
fn gaps(born: Date, days: &[Date], late: i64) -> Vec<(i64, i64)> {
    let between = days.windows(2).filter_map(|pair| match pair {
        [one, next] => Some(days_between(*one, *next)),
        _ => None,
    });
    let between: Vec<i64> = between.collect();
    let all: i64 = between.iter().sum();
    let first = days
        .first()
        .map(|day| (-all - late, days_between(born, *day)));
    let gaps = first
        .into_iter()
        .chain(between.iter().map(|days| (*days, *days)));
    gaps.map(|(least, most)| (least * DAY, most * DAY))
        .collect()
}
