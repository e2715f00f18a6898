//! What lies in a store when a period begins: all that came before, until what begins to delete has run.
//!
//! A clean-up, a rule for old versions or a prune that comes with a phase finds all of it. Until it has run, it lies beside
//! what is new from that day on; and a prune writes anew what it keeps before it deletes the rest.

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_diagnostics::Diagnostic;
use thrice_model::{Step, StepId, Verb};
use thrice_plan::{Copy, CopyId, Period};
use thrice_quantity::{Bytes, Seconds};

use super::super::lateness::last_day;
use super::bound::Bounds;
use super::days::days_between;
use super::{FULL, TooFull, finding};
use crate::context::Context;
use crate::verification::{Engine, Finding};

/// The first days of a period in which something begins to delete.
#[derive(Clone, Copy)]
pub(super) struct Opening<'c, 'p> {
    /// By the rules of before.
    before: Bounds<'c, 'p>,
    since: Bounds<'c, 'p>,
    /// The day on which all that begins has surely run.
    day: Date,
}

impl<'c, 'p> Opening<'c, 'p> {
    /// Of each period in order.
    pub(super) fn all(context: &'c Context<'p>) -> Vec<Option<Self>> {
        let periods = context.plan.periods.iter();
        periods.map(|period| Self::of(context, period)).collect()
    }

    /// `None` for a period in which nothing new deletes.
    pub(super) fn of(context: &'c Context<'p>, period: &Period) -> Option<Self> {
        let periods = &context.plan.periods;
        let first = periods.first()?.from;
        let steps = context.plan.model.steps.iter();
        let begun = steps.filter_map(|(id, step)| {
            let from = step.lifetime.from;
            if !deletes(step) || from <= first || from > period.from {
                return None;
            }
            let late = late(context, id, step)?;
            let since = Seconds::days(i64::from(days_between(from, period.from)));
            (since < late).then_some((from, late.saturating_sub(since)))
        });
        let begun: Vec<(Date, Seconds)> = begun.collect();
        let (earliest, _) = begun.iter().min()?;
        let late = begun.iter().map(|(_, late)| *late).max()?;
        let before = periods.iter().rfind(|other| other.from < *earliest)?;
        let last = last_day(period, 0);
        let days = late.whole_days().saturating_add(1).min(36_525);
        let day = period.from.checked_add(days.days()).unwrap_or(last);
        Some(Self {
            before: Bounds::new(context, before.from),
            since: Bounds::new(context, period.from),
            day: day.min(last),
        })
    }

    /// The most that these copies take together by then.
    pub(super) fn total(&self, copies: &[CopyId]) -> Bytes {
        let each = copies.iter().map(|id| {
            let copy = &self.before.context().plan.copies[*id];
            self.one(copy)
        });
        each.fold(Bytes::ZERO, Bytes::saturating_add)
    }

    fn one(&self, copy: &Copy) -> Bytes {
        let before = self.before.bound(copy, self.day).0;
        let since = self.since.bound(copy, self.day).0;
        if self.before.is_pruned(copy) || !self.since.is_pruned(copy) {
            return before.max(since);
        }
        // What its first prune writes anew is at most half of what it is counted with from then on.
        before.saturating_add(Bytes(since.0.div_ceil(2)))
    }

    pub(super) fn too_full(&self, case: TooFull<'_>) -> Finding {
        let context = self.before.context();
        let TooFull {
            store,
            copies,
            limit,
            ..
        } = case;
        let name = context.store_name(store);
        let mut diagnostic = Diagnostic::error(
            FULL,
            format!(
                "`{name}` can be too full from {} on: it may hold {}, and up to {} lie there until what begins then has deleted",
                case.day,
                limit.usable.rounded(),
                self.total(copies).rounded()
            ),
        )
        .by(Engine::Evaluated.word())
        .about(name);
        for (span, text) in &limit.spans {
            diagnostic = diagnostic.at(*span, text.clone());
        }
        let parts = self.before.parts(copies, self.day);
        for (bytes, text, _) in parts.iter().take(6) {
            let what = format!("{}: {text}", bytes.rounded());
            diagnostic = diagnostic.event(self.day.to_string(), what);
        }
        let help = "let it delete from sooner on, or what is new come later; or add room";
        finding(diagnostic.help(help), vec![name.to_owned()])
    }
}

/// Whether a step deletes by age, or removes what was forgotten.
const fn deletes(step: &Step) -> bool {
    matches!(
        step.verb,
        Verb::Expire { .. } | Verb::Prune | Verb::Backup { prune: true, .. }
    )
}

/// How long it takes at most until it has run; `None` where nobody knows.
fn late(context: &Context<'_>, id: StepId, step: &Step) -> Option<Seconds> {
    let cadences = &context.plan.cadences;
    match &step.verb {
        Verb::Expire { .. } => cadences.clears_within(id, step),
        _ => cadences[id].worst_delay(),
    }
}
