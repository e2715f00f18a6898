//! When something is gone from each copy at the latest, summed along the way it came.
//!
//! The clock starts when it is deleted or replaced where it lives; for items, which nobody deletes, when
//! they are written. Until it is gone from its place in a source a step may read it once more, so a copy's time is that
//! of its source, the time that a run takes, and what it keeps itself. What a store still keeps of what is deleted in
//! it no step reads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::{AgeClock, ClassKind, Location, Lock, Source, Step, StepId, StepTarget, Verb};
use thrice_plan::{Copy, CopyId, FOR_EVER, LIFECYCLE_LATE, Leave};
use thrice_quantity::Seconds;
use thrice_retention::closed_form;

use super::super::kept::{Noncurrent, noncurrent};
use super::waiting::waits;
use crate::context::Context;

/// What takes it away from a copy, or why nothing does.
#[derive(Clone, Debug)]
pub(super) struct Death {
    /// How long after it was deleted at home it is gone from here; `None`: never.
    pub at: Option<Seconds>,
    /// The same, of its place here: the store may keep it for longer, and nothing reads that.
    pub read: Option<Seconds>,
    /// When the last run is done that still brings it.
    pub entered: Seconds,
    /// The latest time that its file may bear: that at which it was written at home, or its dump was done.
    pub bears: Seconds,
    /// Why so late, or why never.
    pub why: String,
    /// Steps that must go on running for it, its sources' too.
    pub relies: BTreeSet<StepId>,
}

/// What the versions of a mirror were made from.
fn versions_of(context: &Context<'_>, copy: &Copy) -> Option<CopyId> {
    let plan = context.plan;
    plan.model.followed(&plan.model.steps[copy.made_by?])?;
    plan.copies[copy.source?].source
}

/// What is looked at, and how.
pub(super) struct Path<'c, 'p> {
    pub context: &'c Context<'p>,
    /// The first of the period.
    pub day: Date,
    pub with_missed: bool,
}

impl Path<'_, '_> {
    /// The death in a copy, those in its sources being known. What was there `before` the period stayed so long at most while who
    /// cleared it then did.
    pub(super) fn of(
        &self,
        copy: &Copy,
        known: &BTreeMap<CopyId, Death>,
        before: Option<Seconds>,
    ) -> Death {
        // A mirror forgets by the times of its backup's versions, and not anew by those of their arrival.
        let from = versions_of(self.context, copy).or(copy.source);
        let source = from.and_then(|source| known.get(&source)).cloned();
        self.death(copy, source, before)
    }

    fn death(&self, copy: &Copy, source: Option<Death>, before: Option<Seconds>) -> Death {
        let mut relies = source
            .as_ref()
            .map_or_else(BTreeSet::new, |source| source.relies.clone());
        let base = match &source {
            None => Some(Seconds::ZERO),
            Some(source) => source.read,
        };
        let bears = match (&source, copy.made_by) {
            (Some(source), Some(by)) => self.bears(source, by),
            _ => Seconds::ZERO,
        };
        let (at, why) = match (base, copy.made_by) {
            (None, _) => (None, "what it is made from never goes".to_owned()),
            (Some(base), None) => self.at_home(copy, (base, before), &mut relies),
            (Some(base), Some(by)) => self.made(copy, by, (base, bears, before), &mut relies),
        };
        let (read, (at, why)) = match at {
            Some(at) => (Some(at), self.kept_at_last(copy, at, why)),
            None => (None, (None, why)),
        };
        let entered = match (base, copy.made_by) {
            (Some(base), Some(by)) => {
                base.saturating_add(self.context.plan.cadences[by].duration.high())
            }
            _ => Seconds::ZERO,
        };
        Death {
            at,
            read,
            entered,
            bears,
            why,
            relies,
        }
    }

    /// Dumps bear the time at which they are done, whatever else brings files the time that they have.
    fn bears(&self, source: &Death, by: StepId) -> Seconds {
        let plan = self.context.plan;
        match (&plan.model.steps[by].verb, source.read) {
            (Verb::Capture(_), Some(base)) => {
                base.saturating_add(plan.cadences[by].duration.high())
            }
            _ => source.bears,
        }
    }

    fn at_home(
        &self,
        copy: &Copy,
        (base, before): (Seconds, Option<Seconds>),
        relies: &mut BTreeSet<StepId>,
    ) -> (Option<Seconds>, String) {
        match self.context.plan.model.classes[copy.class].kind {
            ClassKind::State | ClassKind::Files => (Some(base), "deleted or replaced".to_owned()),
            ClassKind::Items => self.leaves(copy, (base, Seconds::ZERO, before), relies),
        }
    }

    /// Through the earliest of its ways to leave, of what came by then and bears such a time.
    fn leaves(
        &self,
        copy: &Copy,
        (entered, bears, before): (Seconds, Seconds, Option<Seconds>),
        relies: &mut BTreeSet<StepId>,
    ) -> (Option<Seconds>, String) {
        let plan = self.context.plan;
        let ways = self.context.leaves(copy, self.day).filter_map(|leave| {
            let at = self.way(copy, leave, (entered, bears))?;
            Some((self.taken_over(leave.by(), at, before), leave.by()))
        });
        // Rules that spare the newest version take the older ones, and what is erased is in these.
        let older = copy.older_by.iter().filter_map(|by| {
            let step = &plan.model.steps[*by];
            if !step.lifetime.contains(self.day) || !plan.clears_all(*by, copy) {
                return None;
            }
            let at = self.cleared(*by, (entered, bears))?;
            Some((self.taken_over(*by, at, before), *by))
        });
        match ways.chain(older).min() {
            Some((at, by)) => {
                self.relies(by, relies);
                let name = &plan.model.steps[by].named.name;
                (Some(at), format!("`{name}` takes it away"))
            }
            None => {
                let nothing = || "nothing ever deletes it there".to_owned();
                (None, self.asked_for(copy).unwrap_or_else(nothing))
            }
        }
    }

    /// That somebody clears all of a copy when he thinks of it, where he does.
    pub(super) fn asked_for(&self, copy: &Copy) -> Option<String> {
        let all = |by: &StepId| self.context.plan.clears_all(*by, copy);
        self.asked(copy.cleared_by().filter(all))
    }

    /// The same of steps.
    fn asked(&self, mut steps: impl Iterator<Item = StepId>) -> Option<String> {
        let model = &self.context.plan.model;
        let asked = steps.find(|by| {
            let step = &model.steps[*by];
            step.clears_when_asked() && step.lifetime.contains(self.day)
        });
        let name = &model.steps[asked?].named.name;
        Some(format!("`{name}` runs when somebody thinks of it"))
    }

    /// When it is gone in one way, if that takes away all of what came by then and bears such a time.
    pub(super) fn way(
        &self,
        copy: &Copy,
        leave: &Leave,
        (entered, bears): (Seconds, Seconds),
    ) -> Option<Seconds> {
        let plan = self.context.plan;
        // What is outside of the part that somebody moves or clears stays.
        let part = match (leave, &plan.model.steps[leave.by()].source) {
            (Leave::Into { copy, .. }, _) => plan.is_part(&plan.copies[*copy]),
            (_, Source::Location(place, _)) => !place.contains(&copy.location),
            _ => false,
        };
        if part {
            return None;
        }
        match leave {
            Leave::AfterEntering { by, .. }
            | Leave::AtAge { by, .. }
            | Leave::AfterEnding { by, .. } => self.cleared(*by, (entered, bears)),
            Leave::Into { copy, by } => {
                let older = plan.copies[*copy].enter.older_than.as_deref();
                let ready = older.map_or(entered, |older| entered.saturating_add(older.high()));
                Some(ready.saturating_add(self.delay(*by)?))
            }
            Leave::With { .. } => None,
        }
    }

    /// When it is gone if a step takes it away that has begun with the period: what whoever cleared it before had not come to
    /// waits for it anew.
    fn taken_over(&self, by: StepId, at: Seconds, before: Option<Seconds>) -> Seconds {
        let step = &self.context.plan.model.steps[by];
        let Some(before) = before.filter(|_| step.lifetime.from == self.day) else {
            return at;
        };
        let late = self.late(by).unwrap_or_default();
        at.max(before.saturating_add(late))
    }

    /// How late who takes something away comes to what is due.
    fn late(&self, by: StepId) -> Option<Seconds> {
        let step = &self.context.plan.model.steps[by];
        match (&step.verb, &step.timing.schedule) {
            // People say themselves how late they are.
            (
                Verb::Expire {
                    clock: AgeClock::Use,
                    ..
                },
                _,
            ) => Some(Seconds::ZERO),
            (_, Some(_)) => self.delay(by),
            (_, None) => Some(LIFECYCLE_LATE),
        }
    }

    /// That it takes a step to run, or somebody to do it.
    pub(super) fn relies(&self, by: StepId, relies: &mut BTreeSet<StepId>) {
        let step = &self.context.plan.model.steps[by];
        if step.timing.schedule.is_some() || step.application == thrice_model::Application::ByHand {
            relies.insert(by);
        }
    }

    /// When a rule or a clean-up has deleted what entered by then; `None` for a clean-up that runs when somebody thinks
    /// of it.
    fn cleared(&self, by: StepId, (entered, bears): (Seconds, Seconds)) -> Option<Seconds> {
        let step = &self.context.plan.model.steps[by];
        let Verb::Expire { after, clock, .. } = &step.verb else {
            return None;
        };
        let due = match clock {
            AgeClock::Upload | AgeClock::Snapshot => entered.saturating_add(after.high()),
            AgeClock::Mtime | AgeClock::Use => entered.max(bears.saturating_add(after.high())),
        };
        if step.clears_when_asked() {
            return None;
        }
        Some(due.saturating_add(self.late(by)?))
    }

    fn made(
        &self,
        copy: &Copy,
        by: StepId,
        (base, bears, before): (Seconds, Seconds, Option<Seconds>),
        relies: &mut BTreeSet<StepId>,
    ) -> (Option<Seconds>, String) {
        let plan = self.context.plan;
        let step = &plan.model.steps[by];
        let name = &step.named.name;
        let cadence = &plan.cadences[by];
        let run = cadence.duration.high().saturating_add(cadence.jitter);
        let run = run.saturating_add(waits(plan, by));
        let replaced = |relies: &mut BTreeSet<StepId>, more: Seconds, why: String| {
            relies.insert(by);
            match self.delay(by) {
                Some(delay) => (Some(base.saturating_add(delay).saturating_add(more)), why),
                None => (None, format!("`{name}` runs when somebody thinks of it")),
            }
        };
        // Only what comes anew under its name is overwritten: not a file that people deleted.
        let overwrites = matches!(step.verb, Verb::Seed { .. })
            || plan.model.classes[copy.class].kind == ClassKind::State;
        match &step.verb {
            Verb::Capture(parts) => match &parts.keeps {
                // Their age counts from when the last of them is done, and a run that is done sooner than that one may
                // not find it old enough.
                Some((keeps, _)) => replaced(
                    relies,
                    keeps.high().saturating_add(
                        cadence
                            .duration
                            .high()
                            .saturating_sub(cadence.duration.low()),
                    ),
                    format!("`{name}` cleans up after {keeps}"),
                ),
                None => replaced(relies, Seconds::ZERO, format!("`{name}` replaces it")),
            },
            Verb::Backup { keep, prune, .. } => {
                let rules = keep.as_ref().map(|(rules, _)| rules.as_ref());
                self.forgotten(
                    copy,
                    by,
                    (base.saturating_add(run), before),
                    (rules, *prune),
                    relies,
                )
            }
            Verb::Sync {
                backup_dir: Some(_),
                ..
            } => match self.cleared_aside((base, bears, before), by) {
                Some((at, clears)) => {
                    relies.insert(by);
                    self.relies(clears, relies);
                    let clears = &plan.model.steps[clears].named.name;
                    let why = format!("`{name}` puts it aside, and `{clears}` takes it away there");
                    (Some(at), why)
                }
                None => {
                    let why = format!("`{name}` puts what it deletes aside");
                    match self.asked(plan.model.clears_aside(by)) {
                        Some(asked) => (None, format!("{why}, and {asked}")),
                        None => (None, why),
                    }
                }
            },
            Verb::Sync { .. } => replaced(
                relies,
                Seconds::ZERO,
                format!("`{name}` deletes it at its next run"),
            ),
            Verb::Copy {
                latest_only: true, ..
            }
            | Verb::Seed { .. }
                if overwrites =>
            {
                let why = format!("`{name}` replaces it at its next run");
                replaced(relies, Seconds::ZERO, why)
            }
            // It reads by then what it brings: only how long that takes makes it later.
            _ => {
                let entered = base.saturating_add(cadence.duration.high());
                self.leaves(copy, (entered, bears, before), relies)
            }
        }
    }

    /// When what a sync puts aside is taken away there, and by whom, if somebody clears all of that folder by age.
    fn cleared_aside(
        &self,
        (base, bears, before): (Seconds, Seconds, Option<Seconds>),
        by: StepId,
    ) -> Option<(Seconds, StepId)> {
        let model = &self.context.plan.model;
        let entered = base.saturating_add(self.delay(by)?);
        let clears = model.clears_aside(by);
        let clears = clears.filter(|id| model.steps[*id].lifetime.contains(self.day));
        let clears = clears.filter_map(|id| {
            let at = self.cleared(id, (entered, bears))?;
            Some((self.taken_over(id, at, before), id))
        });
        clears.min()
    }

    /// With what the store keeps of it, where it lay and where it was put aside.
    fn kept_at_last(&self, copy: &Copy, at: Seconds, why: String) -> (Option<Seconds>, String) {
        let by = copy.made_by.map(|by| &self.context.plan.model.steps[by]);
        let Some(place) = by.and_then(Step::puts_aside) else {
            return self.kept_by_store(&copy.location, at, why);
        };
        let (there, there_why) = self.kept_by_store(&copy.location, at, why.clone());
        let (aside, aside_why) = self.kept_by_store(place, at, why);
        match (there, aside) {
            (Some(there), Some(aside)) if there <= aside => (Some(aside), aside_why),
            (Some(_), None) => (None, aside_why),
            _ => (there, there_why),
        }
    }

    /// Through forget and prune.
    fn forgotten(
        &self,
        copy: &Copy,
        by: StepId,
        (entered, before): (Seconds, Option<Seconds>),
        (rules, prunes): (Option<&thrice_retention::KeepRules>, bool),
        relies: &mut BTreeSet<StepId>,
    ) -> (Option<Seconds>, String) {
        let plan = self.context.plan;
        let name = &plan.model.steps[by].named.name;
        let cadence = &plan.cadences[by];
        relies.insert(by);
        let Some(rules) = rules else {
            return (
                None,
                format!("`{name}` has no keep rules: nothing is ever forgotten"),
            );
        };
        let missed = if self.with_missed { cadence.missed } else { 0 };
        let oldest = cadence
            .widest
            .filter(|_| rules.tags.is_empty())
            .and_then(|period| {
                closed_form::oldest_if_late(rules, period, missed, self.late_past_a_day(by))
            });
        let Some(oldest) = oldest else {
            return (
                None,
                format!("`{rules}` of `{name}` never gives something up"),
            );
        };
        let forgotten = entered.saturating_add(oldest);
        let why = format!("`{name}` forgets it after {oldest} at most");
        if prunes {
            return (Some(forgotten), why);
        }
        // Whoever prunes a repository removes what others have forgotten there.
        let pruning = plan.model.steps.iter().filter(|(_, step)| {
            let of = match (&step.verb, &step.source, &step.target) {
                (Verb::Prune, Source::Repository(of, _), _)
                | (Verb::Backup { prune: true, .. }, _, StepTarget::Repository(of, _)) => Some(*of),
                _ => None,
            };
            of.is_some() && of == copy.repository && step.lifetime.contains(self.day)
        });
        let pruning = pruning.map(|(id, _)| id);
        let soonest = pruning.filter_map(|id| Some((self.delay(id)?, id))).min();
        match soonest {
            Some((delay, id)) => {
                relies.insert(id);
                let prune = &plan.model.steps[id].named.name;
                (
                    Some(self.taken_over(id, forgotten.saturating_add(delay), before)),
                    format!("{why}, and `{prune}` removes it within {delay}"),
                )
            }
            None => (None, format!("{why}, and nothing prunes the repository")),
        }
    }

    /// How late runs begin, if one may thereby come in another hour, or day, than it is planned in: then a rule that
    /// counts those counts it there. No other period begins but with a day.
    fn late_past_a_day(&self, by: StepId) -> Seconds {
        let plan = self.context.plan;
        let jitter = plan.cadences[by].jitter;
        let rules = match &plan.model.steps[by].verb {
            Verb::Backup {
                keep: Some((rules, _)),
                ..
            } => rules,
            _ => return Seconds::ZERO,
        };
        let period = match rules.hourly {
            None => Seconds::DAY,
            Some(_) => Seconds::HOUR,
        };
        let another = |start: &i64| {
            let late = start.saturating_add(jitter.0);
            late.div_euclid(period.0) != start.div_euclid(period.0)
        };
        match plan.calendars.starts(by) {
            Some(starts) if !starts.iter().any(another) => Seconds::ZERO,
            _ => jitter,
        }
    }

    /// What snapshots, versions and locks of the store add.
    pub(super) fn kept_by_store(
        &self,
        place: &Location,
        at: Seconds,
        why: String,
    ) -> (Option<Seconds>, String) {
        let store = &self.context.plan.model.stores[place.store];
        let (mut at, mut why) = (at, why);
        if let Some(own) = self.context.own_snapshots(place.store) {
            let kept = own.stay;
            if kept >= FOR_EVER {
                let never = format!("{why}, and snapshots that are taken on demand need never go");
                return (None, never);
            }
            at = at.saturating_add(kept);
            why.push_str(&format!(", and snapshots keep it for {kept} more"));
        }
        match noncurrent(self.context, place, Some(self.day)) {
            Noncurrent::Gone => {}
            Noncurrent::For(after, _) => {
                let (kept, locked) = as_old_version(after.high(), store.lock);
                at = at.saturating_add(kept);
                let until = if locked {
                    "until the lock ends"
                } else {
                    "as an old version"
                };
                why.push_str(&format!(", and {until} it stays for {kept} more"));
            }
            Noncurrent::ForEver => {
                return (
                    None,
                    format!("{why}, and old versions in the bucket never go"),
                );
            }
        }
        (Some(at), why)
    }

    /// From there being something to do to its being done, at worst.
    pub(super) fn delay(&self, step: StepId) -> Option<Seconds> {
        let cadence = &self.context.plan.cadences[step];
        let delay = match self.with_missed {
            true => cadence.worst_delay(),
            false => cadence.nominal_delay(),
        };
        Some(delay?.saturating_add(waits(self.context.plan, step)))
    }
}

/// How long after it was deleted or overwritten an object is gone from its bucket at the latest, and whether that is
/// because of a lock.
///
/// Both clocks run at once, and so the longer one decides, never their sum. The rule counts from when the object became an
/// old version; a lock from its upload, which is no later than that, and nothing here extends one. A lifecycle passes
/// over what is locked and looks at it anew the next day (Ceph's `rgw_lc.cc`: `NoncurrentExpiration` asks
/// `pass_object_lock_check` of each old version in each run, and remembers nothing), so it is as late after the end of a
/// lock as after its own days.
fn as_old_version(after: Seconds, lock: Option<Lock>) -> (Seconds, bool) {
    let locked = lock.map_or(Seconds::ZERO, |lock| Seconds::days(lock.days));
    let kept = after.max(locked).saturating_add(LIFECYCLE_LATE);
    (kept, locked > after)
}
