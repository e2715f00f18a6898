//! Plays what is told of somebody who destroys copies on the simulator before anybody sees it.
//!
//! The simulator finds out by itself who reaches what, and which runs carry a deletion on. All chains have
//! delivered, then the principal falls into hostile hands: when a carrier starts, when a store takes its next
//! snapshot, or at midnight, when old versions expire. It is judged when all that the class gives to notice it is nearly over.
//! Each copy that the case calls gone or unreadable must have been of use before, and be of none then.
//!
//! Not played is what has no course: several carriers that no calendar brings one after the other in time, and what
//! a store or a lock holds on to of that which comes after the deletion, which the rules do not count on.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_model::{
    AgeClock, Hostile, Mishap, Obligation, Source, StepId, StepTarget, Strike, Verb, Versioning,
};
use thrice_plan::calendar::midnight;
use thrice_plan::{Copy, CopyId, FOR_EVER, snapshot_zone};
use thrice_quantity::Seconds;
use thrice_simulate::{Case, Choices, Course, simulate};

use super::super::playing::{
    ENDS_BEFORE, ON_DEMAND, Played, UNFILLED, delay, may_be_told, on_demand, timestamp,
};
use super::{Group, Happens};
use crate::context::Context;
use crate::hands::Principal;
use crate::indexed::Wanted;
use crate::verification::Verification;

/// How many moments are tried.
const TRIED: usize = 8;

/// What a case rests on that no moment of its phase shows.
const NEXT_PHASE: &str = "the next phase";

/// Whether what a finding tells may be told.
pub(super) fn is_borne_out(context: &Context<'_>, out: &mut Verification, group: &Group) -> bool {
    let class = group
        .case
        .first()
        .map(|(id, _)| context.plan.copies[*id].class);
    let subject = class.map(|class| &context.plan.model.classes[class].named);
    let about = (subject, "this class");
    let confirm = || confirm(context, group);
    may_be_told(context, out, Obligation::Deletion, about, confirm)
}

/// A case with all that its play needs.
struct Play<'c, 'p> {
    context: &'c Context<'p>,
    mishap: Mishap,
    /// The copies that are told to be gone or unreadable.
    gone: BTreeSet<CopyId>,
    /// The steps that carry on what was deleted or overwritten.
    carriers: BTreeSet<StepId>,
    /// The copies of which no good version is left in time.
    thinned: BTreeSet<CopyId>,
    noticed: Seconds,
    /// How long the slowest chain takes to deliver, and a store to hold all that it keeps of what was deleted.
    delay: Seconds,
    /// From when on all have delivered, and when the next phase begins.
    from: i64,
    until: i64,
    /// The first day of the period.
    day: Date,
}

/// Whether each copy that is told to be gone is; why not, if it is not.
fn confirm(context: &Context<'_>, group: &Group) -> Result<Played, String> {
    let Some(play) = Play::of(context, group) else {
        return Ok(Played::Not(ENDS_BEFORE));
    };
    let (mut left, mut empty) = (None, None);
    for at in play.moments() {
        let course = play.course(at)?;
        let usable = play.usable(&course);
        if !usable.is_empty() {
            left = left.or(Some(usable));
            continue;
        }
        let mut unfilled = play.gone.difference(&course.had).peekable();
        if unfilled.peek().is_none() {
            return Ok(Played::Out);
        }
        // What there was is gone.
        match unfilled.all(|id| on_demand(context, *id)) {
            true => return Ok(Played::Not(ON_DEMAND)),
            false => empty = Some(UNFILLED),
        }
    }
    if let Some(rests_on) = empty {
        return Ok(Played::Not(rests_on));
    }
    let left = left.unwrap_or_default();
    if let Some(rests_on) = left.iter().find_map(|id| play.rests_on(*id)) {
        return Ok(Played::Not(rests_on));
    }
    let plan = context.plan;
    let stores = left.iter().map(|id| plan.copies[*id].location.store);
    let stores = stores.map(|store| format!("`{}`", context.store_name(store)));
    let stores: BTreeSet<String> = stores.collect();
    let stores: Vec<String> = stores.into_iter().collect();
    Err(format!("played, what is on {} is left", stores.join(", ")))
}

impl<'c, 'p> Play<'c, 'p> {
    /// `None` where no moment of the period comes after all copies have been filled.
    fn of(context: &'c Context<'p>, group: &Group) -> Option<Self> {
        let plan = context.plan;
        let (principal, index) = group.by?;
        let is_gone = |happens: &Happens| !matches!(happens, Happens::Left);
        let gone = group.case.iter().filter(|(_, happens)| is_gone(happens));
        let gone: BTreeSet<CopyId> = gone.map(|(id, _)| *id).collect();
        let class = plan.copies[*gone.first()?].class;
        let thinned = group.case.iter();
        let thinned = thinned.filter(|(_, happens)| matches!(happens, Happens::Damaged));
        let carried = group.case.iter();
        let carried = carried.filter(|(_, happens)| {
            matches!(
                happens,
                Happens::Carried | Happens::Overwritten | Happens::Damaged
            )
        });
        let next = plan.periods.get(index + 1).map(|period| period.from);
        let until = midnight(next.unwrap_or(plan.model.policy.end));
        let begin = midnight(plan.periods.get(index)?.from);
        let there = gone
            .iter()
            .map(|id| context.noticed_there(&plan.copies[*id]));
        let noticed = there.fold(context.noticed_after(class), Seconds::max);
        let day = group.day(context);
        let long = |id: &CopyId| delay(context, *id).saturating_add(history(context, *id, day));
        let delays = gone.iter().map(long);
        let filled = gone.iter().map(|id| {
            let begins = midnight(plan.copies[*id].lifetime.from);
            begins.saturating_add(long(id).0)
        });
        let from = filled.max()?.max(begin);
        Some(Self {
            context,
            mishap: Mishap::Steal(match principal {
                Principal::Host(id) => Hostile::Host(id),
                Principal::Credential(id) => Hostile::Credential(id),
            }),
            carriers: carried
                .filter_map(|(id, _)| plan.copies[*id].made_by)
                .collect(),
            thinned: thinned.map(|(id, _)| *id).collect(),
            // Who is noticed at once has had a moment.
            noticed: noticed.max(Seconds(1)),
            delay: delays.max()?,
            gone,
            from,
            until,
            day,
        })
        .filter(|play| play.from < play.until)
    }

    /// Moments at which the hands may become hostile, those that are more likely to bear the case out first.
    fn moments(&self) -> Vec<i64> {
        let plan = self.context.plan;
        let carriers = self.carriers.iter().filter_map(|step| self.next(*step));
        // What is carried on may have to come to the place that is read first.
        let before = self.gone.iter().flat_map(|id| self.before(*id));
        let snapshots = self
            .gone
            .iter()
            .filter_map(|id| self.snapshot(&plan.copies[*id]));
        let days = self
            .from
            .saturating_add(Seconds::DAY.0 - 1)
            .div_euclid(Seconds::DAY.0);
        let all = carriers
            .chain(before)
            .chain(snapshots)
            .chain([days * Seconds::DAY.0, self.from]);
        let mut out: Vec<i64> = Vec::new();
        for at in all {
            if at < self.until && !out.contains(&at) && out.len() < TRIED {
                out.push(at);
            }
        }
        out
    }

    /// When a step is due next.
    fn next(&self, step: StepId) -> Option<i64> {
        let starts = self.context.plan.calendars.starts(step)?;
        let next = starts.partition_point(|at| *at < self.from);
        starts.get(next).copied()
    }

    /// When those steps are due that fill what the carrier of a copy reads, last before its next run.
    fn before(&self, id: CopyId) -> Vec<i64> {
        let plan = self.context.plan;
        let carrier = plan.copies[id].made_by;
        let carrier = carrier.filter(|step| self.carriers.contains(step));
        let Some(mut at) = carrier.and_then(|step| self.next(step)) else {
            return Vec::new();
        };
        let sources = plan.way(id).skip(1);
        let mut out = Vec::new();
        for step in sources.filter_map(|id| plan.copies[id].made_by) {
            let Some(starts) = plan.calendars.starts(step) else {
                continue;
            };
            let due = starts.partition_point(|start| *start < at);
            if let Some(start) = due.checked_sub(1).and_then(|last| starts.get(last)) {
                at = *start;
                out.push(at);
            }
        }
        out
    }

    /// When the store of a copy takes a snapshot next.
    fn snapshot(&self, copy: &Copy) -> Option<i64> {
        let model = &self.context.plan.model;
        let store = &model.stores[copy.location.store];
        let (schedule, ..) = store.snapshots.as_ref()?;
        let zone = snapshot_zone(model, store, schedule);
        let from = Timestamp::from_second(self.from).ok()?;
        let to = Timestamp::from_second(self.until).ok()?;
        let next = schedule.occurrences(&zone, from, to).next();
        next.map(Timestamp::as_second)
    }

    /// What comes of it if the hands become hostile at a moment.
    fn course(&self, at: i64) -> Result<Course, String> {
        let classes = self
            .gone
            .iter()
            .map(|id| self.context.plan.copies[*id].class);
        let case = Case {
            strikes: vec![Strike {
                at: timestamp(at)?,
                mishap: self.mishap,
                span: None,
            }],
            from: Some(timestamp(
                at.saturating_sub(self.delay.0).saturating_sub(1),
            )?),
            judged: timestamp(at.saturating_add(self.noticed.0).saturating_sub(1))?,
            classes: classes.collect(),
            choices: Choices {
                response: Some(self.noticed),
                ..Choices::default()
            },
        };
        Ok(simulate(self.context.plan, &case))
    }

    /// The copies that are told to be gone, and are of use.
    fn usable(&self, course: &Course) -> Vec<CopyId> {
        let states = course.outcomes.iter().flat_map(|outcome| &outcome.copies);
        let usable = states.filter(|state| state.why_not.is_none());
        let usable = usable.map(|state| state.copy);
        usable.filter(|id| self.gone.contains(id)).collect()
    }

    /// What the case rests on where a copy is left in the play, if on anything.
    fn rests_on(&self, id: CopyId) -> Option<&'static str> {
        let plan = self.context.plan;
        let copy = &plan.copies[id];
        let store = &plan.model.stores[copy.location.store];
        let step = copy.made_by.filter(|step| self.carriers.contains(step));
        // What surely stays is counted, not what one calendar leaves.
        if self.thinned.contains(&id) {
            return Some("versions that are thinned");
        }
        if store.lock.is_some() {
            return Some("locks");
        }
        if store.versioning == Versioning::On {
            return Some("old versions that are given up");
        }
        if self.goes_along(copy) {
            return Some("what is put aside and another step takes along");
        }
        if self.is_cleared_by_age(copy) {
            return Some("what is put aside and is not old enough to be cleared");
        }
        if self.is_cleared_later(copy) {
            return Some(NEXT_PHASE);
        }
        // The moment is that of one snapshot.
        let kept = |id: &CopyId| {
            self.context
                .spared(&plan.copies[*id], Wanted::From(self.day))
        };
        let several = || self.gone.iter().filter_map(kept).count() > 1;
        if store.snapshots.is_some() && (step.is_some() || several()) {
            return Some("snapshots that are given up");
        }
        match step {
            Some(_) if self.carriers.len() > 1 => Some("mirrors of mirrors"),
            _ if self.from.saturating_add(self.noticed.0) >= self.until => Some(NEXT_PHASE),
            // Nothing is carried on any more in this one.
            Some(step) if self.next(step).is_none_or(|at| at >= self.until) => Some(NEXT_PHASE),
            _ => None,
        }
    }
}

impl Play<'_, '_> {
    /// Whether a step moves on, or syncs away, what is put aside of a copy: where it then lies is no copy, and nobody plays that.
    fn goes_along(&self, copy: &Copy) -> bool {
        let steps = &self.context.plan.model.steps;
        let sync = copy.made_by.map(|step| &steps[step]);
        let Some(place) = sync.and_then(|sync| sync.puts_aside()) else {
            return false;
        };
        steps.iter().any(|(_, step)| {
            let at = match (&step.verb, &step.source, &step.target) {
                (Verb::Move { .. }, Source::Location(of, _), _)
                | (Verb::Sync { .. }, _, StepTarget::Location(of, _)) => of,
                _ => return false,
            };
            at.meets(place)
        })
    }

    /// Whether somebody begins only after the period to clear what is put aside of a copy.
    fn is_cleared_later(&self, copy: &Copy) -> bool {
        let place = self.context.aside(copy);
        place.is_some_and(|place| {
            let mut steps = self.context.plan.model.steps.iter().map(|(_, step)| step);
            steps.any(|step| {
                let cleared = step.clears_by_age();
                step.lifetime.from > self.day && cleared.is_some_and(|of| of.meets(place))
            })
        })
    }

    /// Whether what is put aside of a copy goes by the files' own times: what is old goes the next day, and is what
    /// the rules count with; what is young stays.
    fn is_cleared_by_age(&self, copy: &Copy) -> bool {
        let Some(place) = self.context.aside(copy) else {
            return false;
        };
        let mut steps = self.context.plan.model.steps.iter().map(|(_, step)| step);
        steps.any(|step| {
            let by_times = matches!(
                step.verb,
                Verb::Expire {
                    clock: AgeClock::Mtime | AgeClock::Use,
                    ..
                }
            );
            by_times && matches!(&step.source, Source::Location(of, _) if of.meets(place))
        })
    }
}

/// For how long a store may hold on to what is deleted where a copy lies, if that is not for ever.
fn history(context: &Context<'_>, id: CopyId, day: Date) -> Seconds {
    let copy = &context.plan.copies[id];
    let Some(kept) = context
        .spared(copy, Wanted::From(day))
        .filter(|kept| *kept < FOR_EVER)
    else {
        return Seconds::ZERO;
    };
    // Surely that long, and at most as much longer as the next snapshot or clean-up is away.
    let snapshots = &context.plan.model.stores[copy.location.store].snapshots;
    let period = snapshots
        .as_ref()
        .and_then(|(schedule, ..)| schedule.nominal_period());
    kept.saturating_add(period.unwrap_or(Seconds::DAY))
}

#[cfg(test)]
mod tests;
