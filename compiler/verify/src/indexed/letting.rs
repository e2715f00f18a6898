//! What those who let go of something by age leave, of what is asked about in a period.
//!
//! A rule that has ended takes nothing of what is lost or damaged later; one that begins after the period does so as soon as it is
//! there, and may be there before somebody has acted.

use jiff::civil::Date;
use thrice_model::{Lifetime, StepId, Verb};
use thrice_plan::calendar::days_between;
use thrice_plan::{FOR_EVER, Plan};
use thrice_quantity::Seconds;

use super::Indexed;

/// What is asked about in the period of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// What is lost or damaged in it: from then on, until somebody has acted.
    From(Date),
    /// What was there before, at any moment of it.
    Before(Date),
}

/// When a rule is there, seen from a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// It has ended, surely so long before the period.
    Ended(Seconds),
    There,
    /// It begins, surely so long after the period.
    Later(Seconds),
}

impl When {
    /// Nobody is earlier than written, and phases that are late come in order: so one that begins is no sooner, but the
    /// period may last longer, and what has ended may have ended later.
    pub(super) fn of(plan: &Plan, life: Lifetime, day: Date) -> Self {
        let at = plan.periods.partition_point(|period| period.from <= day);
        let Some(period) = at.checked_sub(1).and_then(|at| plan.periods.get(at)) else {
            return Self::There;
        };
        let apart = |from: Date, late: i64, to: Date| {
            Seconds::days(days_between(from, to).saturating_sub(late).max(0))
        };
        match life.until.filter(|until| *until <= period.from) {
            Some(until) => {
                let mut ends = plan.periods.iter().filter(|period| period.from == until);
                let late = ends.next().map_or(0, |period| period.late_days);
                Self::Ended(apart(until, late, period.from))
            }
            None if life.from < period.until => Self::There,
            None => Self::Later(apart(period.until, period.slip_days, life.from)),
        }
    }
}

impl Wanted {
    /// How long somebody who is there for a time leaves what he lets go after some time; `None`: he takes nothing of it.
    pub(super) fn left(self, plan: &Plan, life: Lifetime, after: Seconds) -> Option<Seconds> {
        let (Self::From(day) | Self::Before(day)) = self;
        match (When::of(plan, life, day), self) {
            (When::There, _) => Some(after),
            // What was as old when he ended is gone.
            (When::Ended(since), Self::Before(_)) => Some(after.saturating_add(since)),
            (When::Later(until), Self::From(_)) => Some(after.max(until)),
            (When::Ended(_), Self::From(_)) | (When::Later(_), Self::Before(_)) => None,
        }
    }

    /// The least that some leave, each with when he is there and after how long he lets go.
    pub(super) fn least(
        self,
        plan: &Plan,
        all: impl Iterator<Item = (Lifetime, Seconds)>,
    ) -> Seconds {
        let left = all.filter_map(|(life, after)| self.left(plan, life, after));
        left.min().unwrap_or(FOR_EVER)
    }
}

impl Indexed<'_> {
    /// How long a step leaves what it lets go after some time, of what is asked about; `None`: it takes nothing of it.
    pub(crate) fn left_by(&self, wanted: Wanted, by: StepId, after: Seconds) -> Option<Seconds> {
        wanted.left(self.plan, self.plan.model.steps[by].lifetime, after)
    }

    /// Whether all who let go of anything are there in the periods of two days alike.
    pub(crate) fn lets_go_alike(&self, one: Date, other: Date) -> bool {
        let comes_and_goes = self.coming_and_going.get_or_init(|| {
            let steps = self.plan.model.steps.iter();
            let always = |life: Lifetime| {
                let first = self.plan.periods.first();
                life.until.is_none() && first.is_none_or(|first| life.from <= first.from)
            };
            let asides = &self.index.classes.asides;
            let lets_go = steps.filter(|(id, step)| {
                !always(step.lifetime)
                    && (matches!(step.verb, Verb::Expire { .. }) || asides.are_cleared_by(*id))
            });
            lets_go.map(|(_, step)| step.lifetime).collect()
        });
        let mut lives = comes_and_goes.iter();
        one == other
            || lives
                .all(|life| When::of(self.plan, *life, one) == When::of(self.plan, *life, other))
    }
}
