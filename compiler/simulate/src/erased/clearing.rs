//! What is deleted by age.

use std::cmp::Reverse;

use thrice_model::{AgeClock, ClassKind, Source, StepId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, LIFECYCLE_LATE};

use super::follow::{Job, Player};
use super::thing::Thing;

impl Player<'_> {
    /// Whether nobody runs it: a lifecycle rule, or people who say themselves how late they are.
    pub(super) fn is_rule(&self, step: StepId) -> bool {
        let step = &self.plan.model.steps[step];
        match &step.verb {
            Verb::Expire { clock, .. } => *clock == AgeClock::Use || step.timing.schedule.is_none(),
            _ => false,
        }
    }

    /// When a clean-up by age may delete something in a copy; `None` where it never does.
    pub(super) fn is_due(&self, copy: CopyId, step: StepId, thing: &Thing) -> Option<i64> {
        let (what, rule) = (&self.plan.copies[copy], &self.plan.model.steps[step]);
        let (
            Verb::Expire {
                after,
                clock,
                noncurrent: false,
                ..
            },
            Source::Location(place, _),
        ) = (&rule.verb, &rule.source)
        else {
            return None;
        };
        // What lives there, people delete themselves.
        let at_home = what.kind == CopyKind::Live && !self.are_items(what);
        if at_home || !place.contains(&what.location) {
            return None;
        }
        let due = match clock {
            AgeClock::Upload | AgeClock::Snapshot => thing.entered.saturating_add(after.high().0),
            AgeClock::Mtime | AgeClock::Use => {
                let aged = thing.made.saturating_add(after.high().0);
                aged.max(thing.entered)
            }
        };
        let late = match (clock, self.is_rule(step)) {
            (AgeClock::Use, _) | (_, false) => 0,
            (_, true) => LIFECYCLE_LATE.0,
        };
        Some(due.saturating_add(late))
    }

    fn are_items(&self, copy: &Copy) -> bool {
        self.plan.model.classes[copy.class].kind == ClassKind::Items
    }

    /// Rules and people look at what has just come when it is old enough for them.
    pub(super) fn watch(&mut self, copy: CopyId, now: i64) {
        let player = &*self;
        let leaves = player.plan.copies[copy].cleared_by();
        let rules = leaves.filter(|step| player.ever_acts(*step) && player.is_rule(*step));
        let rules: Vec<StepId> = rules.collect();
        let Some(there) = player.there.get(&copy).filter(|_| !rules.is_empty()) else {
            return;
        };
        let came = there
            .things
            .values()
            .filter(|it| it.has && it.entered == now);
        let came: Vec<&Thing> = came.collect();
        let looks = rules.into_iter().flat_map(|step| {
            let dues = came
                .iter()
                .filter_map(move |thing| player.is_due(copy, step, thing));
            let (begins, ends) = player.in_force(step);
            let dues = dues.map(move |due| due.max(begins));
            let dues = dues.filter(move |due| *due < ends);
            dues.map(move |due| (due, Job::Clear(copy, step)))
        });
        let looks: Vec<_> = looks.collect();
        self.look(self.count(copy));
        self.queue.extend(looks.into_iter().map(Reverse));
    }
}
