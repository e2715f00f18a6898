//! What is deleted by age.

use std::cmp::Reverse;

use thrice_model::{AgeClock, ClassKind, Location, StepId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, LIFECYCLE_LATE};

use super::follow::{Job, Player};
use super::thing::Thing;

impl Player<'_> {
    /// Whether nobody runs it: a lifecycle rule, or people who say themselves how late they are.
    pub(super) fn is_rule(&self, step: StepId) -> bool {
        let step = &self.plan.model.steps[step];
        match &step.verb {
            Verb::Expire { clock, .. } => {
                let scheduled = step.timing.schedule.is_some();
                *clock == AgeClock::Use || !(scheduled || step.clears_when_asked())
            }
            _ => false,
        }
    }

    /// When a clean-up by age may delete something in a copy; `None` where it never does.
    pub(super) fn is_due(&self, copy: CopyId, step: StepId, thing: &Thing) -> Option<i64> {
        let what = &self.plan.copies[copy];
        // What lives there, people delete themselves.
        let at_home = what.kind == CopyKind::Live && !self.are_items(what);
        match at_home {
            true => None,
            false => self.is_due_in(&what.location, step, thing),
        }
    }

    /// The same of what was put aside.
    pub(super) fn is_due_aside(&self, copy: CopyId, step: StepId, thing: &Thing) -> Option<i64> {
        let by = self.plan.copies[copy].made_by?;
        let place = self.plan.model.steps[by].puts_aside()?;
        self.is_due_in(place, step, thing)
    }

    fn is_due_in(&self, location: &Location, step: StepId, thing: &Thing) -> Option<i64> {
        let rule = &self.plan.model.steps[step];
        let place = rule.clears_by_age()?;
        let Verb::Expire { after, clock, .. } = &rule.verb else {
            return None;
        };
        if !place.contains(location) {
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

    /// Who clears what is put aside from a copy.
    pub(super) fn clears_aside(&self, copy: CopyId) -> impl Iterator<Item = StepId> {
        let by = self.plan.copies[copy].made_by.into_iter();
        by.flat_map(|by| self.plan.model.clears_aside(by))
    }

    fn are_items(&self, copy: &Copy) -> bool {
        self.plan.model.classes[copy.class].kind == ClassKind::Items
    }

    /// Rules and people look at what has just come when it is old enough for them.
    pub(super) fn watch(&mut self, copy: CopyId, now: i64) {
        let player = &*self;
        let acts = |step: &StepId| player.ever_acts(*step) && player.is_rule(*step);
        let here = player.plan.copies[copy].cleared_by().filter(acts);
        let here: Vec<StepId> = here.collect();
        let aside: Vec<StepId> = player.clears_aside(copy).filter(acts).collect();
        let rules = !here.is_empty() || !aside.is_empty();
        let Some(there) = player.there.get(&copy).filter(|_| rules) else {
            return;
        };
        let came = |thing: &&Thing| thing.has && thing.entered == now;
        let mut looks = Vec::new();
        let mut look = |step: StepId, due: Option<i64>| {
            let (begins, ends) = player.in_force(step);
            let due = due.map(|due| due.max(begins)).filter(|due| *due < ends);
            looks.extend(due.map(|due| Reverse((due, Job::Clear(copy, step)))));
        };
        for thing in there.things.values().filter(came) {
            for step in &here {
                look(*step, player.is_due(copy, *step, thing));
            }
        }
        for thing in there.aside.iter().filter(came) {
            for step in &aside {
                look(*step, player.is_due_aside(copy, *step, thing));
            }
        }
        self.look(self.count(copy));
        self.queue.extend(looks);
    }

    /// A clean-up takes away what has been put aside and was old enough for it at an instant.
    pub(super) fn clear_aside(&mut self, copy: CopyId, step: StepId, (at, now): (i64, i64)) {
        let player = &*self;
        let there = player.there.get(&copy);
        let Some(there) = there.filter(|there| !there.aside.is_empty()) else {
            return;
        };
        let is_due = |thing: &&Thing| {
            let due = player.is_due_aside(copy, step, thing);
            due.is_some_and(|due| due <= at)
        };
        let (gone, left): (Vec<&Thing>, Vec<&Thing>) = there.aside.iter().partition(is_due);
        let kept = gone.iter();
        let kept = kept.map(|thing| {
            there
                .aside_keeps
                .as_ref()
                .map_or(now, |k| k.until(thing.entered, now))
        });
        let kept = kept.max();
        let left: Vec<Thing> = left.into_iter().copied().collect();
        let looked_at = there.aside.len();
        self.look(looked_at);
        if let (Some(kept), Some(there)) = (kept, self.there.get_mut(&copy)) {
            there.kept = there.kept.max(kept);
            there.aside = left;
        }
    }
}
