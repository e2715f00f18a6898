//! A class's copies as a system of times.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::{ClassId, Lifetime, StepId};
use thrice_plan::{Copy, CopyId, CopyKind, Leave};

use super::evaluate::FOR_EVER;
use super::{Changes, Leaving, Life, Node, NodeLife, System};
use crate::context::Context;

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

/// What crosses into a period from those before.
pub(crate) struct Across {
    pub symbolized: Symbolized,
    /// The last day on which anything of the class changed.
    pub since: Date,
    /// The one before, or the day on which the class began.
    pub before: Date,
    /// Whether that is the first day of this very period.
    pub new: bool,
}

impl Across {
    /// Whether what was asked for since some day had been so for long enough to be there when the period
    /// began: as long as it takes for what was new by then.
    pub(crate) fn was_settled(&self, asked: Date, within: i64) -> bool {
        let since = self.before.max(asked);
        self.new && within <= days_between(since, self.since) * 86_400
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The copies of one class that exist in the period that begins on a day, as a system; all alive.
pub(crate) fn symbolize(context: &Context<'_>, copies: &[CopyId], day: Date) -> Symbolized {
    let steps = &context.plan.model.steps;
    let index: BTreeMap<CopyId, usize> =
        copies.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    let nodes = copies
        .iter()
        .map(|id| {
            let copy = &context.plan.copies[*id];
            node(copy, context.leaves(copy, day), &index)
        })
        .collect();
    let system = System {
        nodes,
        changes: None,
    };
    let mut idle = BTreeSet::new();
    for copy in copies {
        let by = context.plan.copies[*copy].leaves.iter().map(Leave::by);
        idle.extend(by.filter(|by| !steps[*by].lifetime.contains(day)));
    }
    Symbolized {
        system,
        copies: copies.to_vec(),
        idle,
        days: Vec::new(),
    }
}

fn node<'c>(
    copy: &Copy,
    leaves: impl Iterator<Item = &'c Leave>,
    index: &BTreeMap<CopyId, usize>,
) -> Node {
    Node {
        source: copy.source.and_then(|s| index.get(&s).copied()),
        delay: (
            copy.enter.delay.low().0,
            copy.enter.delay.high().0.min(FOR_EVER),
        ),
        older_than: copy
            .enter
            .older_than
            .as_ref()
            .map(|i| (i.low().0, i.high().0)),
        leaves: leaves.filter_map(|l| leaving(l, index)).collect(),
        alive: true,
        fed: true,
    }
}

/// All copies that a class has had since it began, up to the period with this place, as they come and go:
/// the system of what comes to be in one period and is still there in a later one. With `late`, each
/// phase may begin as late as it may slip.
///
/// `None` where the periods before say nothing new of it: nothing of the class has changed since it began, or
/// copies have been added to others, and nothing is ever taken away.
pub(crate) fn across(
    context: &Context<'_>,
    class: ClassId,
    period: usize,
    late: bool,
) -> Option<Across> {
    let plan = context.plan;
    let day = plan.periods.get(period)?.from;
    let begins = plan.model.classes[class].lifetime.from;
    let born = begins.max(plan.model.policy.start);
    if day <= born {
        return None;
    }
    let steps = &plan.model.steps;
    let begun = |id: &CopyId| plan.copies[*id].lifetime.from <= day;
    let copies = context.copies_of(class).iter().copied().filter(begun);
    let copies: Vec<CopyId> = copies.collect();
    let idle = copies.iter().flat_map(|id| plan.copies[*id].leaves.iter());
    let idle = idle.map(Leave::by).filter(|by| {
        let lifetime = steps[*by].lifetime;
        lifetime.from > day || lifetime.until.is_some_and(|until| until <= born)
    });
    let idle: BTreeSet<StepId> = idle.collect();
    let mut lives: Vec<CopyLife> = Vec::new();
    for id in &copies {
        lives.push(CopyLife::of(context, *id, &idle));
    }
    let all = lives.iter().flat_map(CopyLife::days);
    let mut days: BTreeSet<Date> = all.filter(|at| born < *at && *at <= day).collect();
    let ends = |until: Option<Date>| until.is_some_and(|until| until <= day);
    let taken = |life: &CopyLife| !life.leaves.is_empty() || ends(life.gone);
    if days.is_empty() || !lives.iter().any(taken) {
        return None;
    }
    let mut last = days.iter().rev();
    let since = last.next().copied()?;
    let before = last.next().copied().unwrap_or(born);
    days.insert(day);
    let days: Vec<Date> = days.into_iter().collect();
    let index: BTreeMap<CopyId, usize> =
        copies.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    let change = |at: Date| days.binary_search(&at).ok();
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
                .filter(|(leave, _)| leaving(leave, &index).is_some())
                .map(|(_, lifetime)| life(lifetime))
                .collect(),
        }
    });
    let changes = Changes {
        gaps: gaps(context, born, &days, late),
        nodes: nodes.collect(),
    };
    let nodes = copies.iter().map(|id| {
        let copy = &plan.copies[*id];
        let leaves = copy
            .leaves
            .iter()
            .filter(|leave| !idle.contains(&leave.by()));
        node(copy, leaves, &index)
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
        before,
        new: since == day,
    })
}

/// When what concerns a copy is there.
struct CopyLife<'p> {
    fed: Lifetime,
    gone: Option<Date>,
    leaves: Vec<(&'p Leave, Lifetime)>,
}

impl<'p> CopyLife<'p> {
    fn of(context: &Context<'p>, id: CopyId, idle: &BTreeSet<StepId>) -> Self {
        let (plan, copy) = (context.plan, &context.plan.copies[id]);
        let steps = &plan.model.steps;
        let fed = copy
            .made_by
            .map_or(copy.lifetime, |step| steps[step].lifetime);
        let leaves = copy
            .leaves
            .iter()
            .filter(|leave| !idle.contains(&leave.by()));
        let store = plan.model.stores[copy.location.store].lifetime.until;
        Self {
            fed,
            gone: [store, overwritten(context, id, fed.until)]
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
fn overwritten(context: &Context<'_>, id: CopyId, ends: Option<Date>) -> Option<Date> {
    let (plan, ends) = (context.plan, ends?);
    let place = &plan.copies[id].location;
    let others = context.on_host(plan.host_of(place.store)).iter();
    let syncs = others.filter_map(|other| {
        let copy = &plan.copies[*other];
        let step = copy.made_by.filter(|_| copy.kind == CopyKind::Mirror)?;
        let until = plan.model.steps[step].lifetime.until;
        let after = *other != id && until.is_none_or(|until| until > ends);
        (after && copy.location.meets(place)).then_some(copy.lifetime.from.max(ends))
    });
    syncs.min()
}

/// How old what comes to be after `born` is on the first of these days, and then from each to the next one.
fn gaps(context: &Context<'_>, born: Date, days: &[Date], late: bool) -> Vec<(i64, i64)> {
    let periods = &context.plan.periods;
    let slip = |day: Date| {
        let before = periods.iter().find(|period| period.until == day);
        before.filter(|_| late).map_or(0, |period| period.slip_days)
    };
    let between = days.windows(2).filter_map(|pair| match pair {
        [one, next] => {
            let days = days_between(*one, *next);
            Some(((days - slip(*one)).max(0), days + slip(*next)))
        }
        _ => None,
    });
    let between: Vec<(i64, i64)> = between.collect();
    let all: i64 = between.iter().map(|(_, most)| *most).sum();
    let first = days
        .first()
        .map(|day| (-all, days_between(born, *day) + slip(*day)));
    let gaps = first.into_iter().chain(between);
    gaps.map(|(least, most)| (least * 86_400, most * 86_400))
        .collect()
}

/// A leaving towards or with a copy that is not there in this period does not happen in it.
fn leaving(leave: &Leave, index: &BTreeMap<CopyId, usize>) -> Option<Leaving> {
    Some(match leave {
        Leave::AfterEntering { after, .. } => {
            Leaving::AfterEntering(after.low().0, after.high().0.min(FOR_EVER))
        }
        Leave::AtAge { age, .. } => Leaving::AtAge(age.low().0, age.high().0.min(FOR_EVER)),
        Leave::With { source, delay, .. } => Leaving::With(
            *index.get(source)?,
            delay.low().0,
            delay.high().0.min(FOR_EVER),
        ),
        Leave::Into { copy, .. } => Leaving::Into(*index.get(copy)?),
    })
}

impl Symbolized {
    /// Whether it is the system of some copies of its class on a day.
    pub(crate) fn is_of(&self, context: &Context<'_>, copies: &[CopyId], day: Date) -> bool {
        let steps = &context.plan.model.steps;
        let mut leaves = copies
            .iter()
            .flat_map(|id| &context.plan.copies[*id].leaves);
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
