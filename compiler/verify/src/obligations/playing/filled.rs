//! When copies are filled, so that something can be played about what lies in them.

use thrice_plan::CopyId;
use thrice_plan::calendar::midnight;
use thrice_quantity::Seconds;

use crate::context::Context;

/// What cases rest on where copies are not filled in a play.
pub(crate) const ON_DEMAND: &str = "copies that are made on demand";
pub(crate) const ENDS_BEFORE: &str = "phases that end before copies are filled";
pub(crate) const UNFILLED: &str = "copies that nothing has filled yet";

/// For no longer an age is waited in a play.
const YEARS: Seconds = Seconds::days(3 * 365);

/// The moments of a period from which on some copies are filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    /// How long the slowest chain takes to deliver.
    pub delay: Seconds,
    /// The first of them.
    pub from: i64,
}

impl Filled {
    /// `None` where no moment of the period comes after all copies have been filled, or there are none.
    pub(crate) fn of(context: &Context<'_>, copies: &[CopyId], period: usize) -> Option<Self> {
        let plan = context.plan;
        let begin = midnight(plan.periods.get(period)?.from);
        let next = plan.periods.get(period + 1).map(|period| period.from);
        let until = midnight(next.unwrap_or(plan.model.policy.end));
        let delays = copies.iter().map(|id| delay(context, *id));
        let filled = copies.iter().map(|id| {
            let begins = midnight(plan.copies[*id].lifetime.from);
            begins.saturating_add(delay(context, *id).0)
        });
        let from = filled.max()?.max(begin);
        Some(Self {
            delay: delays.max()?,
            from,
        })
        .filter(|filled| filled.from < until)
    }

    /// From when on steps are played so that all is there at its first moment.
    pub(crate) const fn begin(&self) -> i64 {
        self.from.saturating_sub(self.delay.0).saturating_sub(1)
    }
}

/// How long a copy takes to be filled, if no run is missed.
pub(crate) fn delay(context: &Context<'_>, id: CopyId) -> Seconds {
    let plan = context.plan;
    let mut sum = Seconds::ZERO;
    for copy in plan.way(id).map(|id| &plan.copies[id]) {
        let step = copy.made_by.map(|step| &plan.cadences[step]);
        let own = step.and_then(|cadence| cadence.nominal_delay());
        let age = copy.enter.older_than.as_ref();
        sum = sum
            .saturating_add(own.unwrap_or(Seconds::ZERO))
            .saturating_add(age.map_or(Seconds::ZERO, |age| age.high().min(YEARS)));
    }
    sum
}

/// Whether a copy is made on demand, or of one that is: nobody asks for it in a play.
pub(crate) fn on_demand(context: &Context<'_>, id: CopyId) -> bool {
    let plan = context.plan;
    let mut steps = plan.way(id).filter_map(|id| plan.copies[id].made_by);
    steps.any(|step| plan.calendars.starts(step).is_none())
}
