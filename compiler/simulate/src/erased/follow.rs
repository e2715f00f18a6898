//! The record on its way: what each run finds, brings and takes away.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use thrice_model::{AgeClock, ClassKind, StepId, Verb};
use thrice_plan::{CopyId, CopyKind, Plan};
use thrice_quantity::Seconds;

use super::keeping::Keeps;
use super::thing::{Others, Thing};
use super::{Erasure, NotFollowed, OneRun, Stay};
use crate::calendar::{day, instant, midnight, starts};
use crate::forget::Forgetting;
use crate::taken::pruned;

/// Where moves bring what they take away from the copies that are followed, if that is not followed itself.
fn moved_on(plan: &Plan, erasure: &Erasure) -> Vec<CopyId> {
    let followed = |id: &CopyId| erasure.copies.contains(id);
    let moved = plan.copies.iter().filter(|(id, copy)| {
        let by = copy.made_by.map(|step| &plan.model.steps[step].verb);
        let from = copy.source.is_some_and(|source| followed(&source));
        from && !followed(id) && matches!(by, Some(Verb::Move { .. }))
    });
    moved.map(|(id, _)| id).collect()
}

/// What is in a copy.
pub(super) struct There {
    /// What is there, by when it was taken. Of versions without the record those that matter: where rules count
    /// versions all of them, elsewhere the newest, which a mirror takes and which a clean-up leaves.
    pub things: BTreeMap<Option<i64>, Thing>,
    /// Whether rules count the versions.
    pub is_counted: bool,
    pub keeps: Keeps,
    /// What of the record a sync has put aside instead of deleting it.
    pub aside: Vec<Thing>,
    /// What the store keeps of what is deleted there.
    pub aside_keeps: Option<Keeps>,
    pub stay: Stay,
    /// Until when the store keeps what was deleted.
    pub kept: i64,
}

/// What happens at an instant. Of those at the same instant, who reads comes before who deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Job {
    /// The record is written where its class lives.
    Written,
    /// A step is due.
    Due(StepId),
    /// A run starts, which takes so long.
    Start(StepId, i64),
    /// A run is done: its number.
    End(usize),
    /// A lifecycle rule, or people, look at a copy.
    Clear(CopyId, StepId),
    /// The record is deleted where its class lives.
    Deleted,
    /// The place of a copy ceases to be.
    Gone(CopyId),
}

/// A run on its way.
struct Run {
    step: StepId,
    start: i64,
    /// What it found for each copy that it makes.
    found: Vec<(CopyId, CopyId, Vec<Thing>)>,
    /// What it is about to delete, and when that came.
    due: Vec<(CopyId, Option<i64>, i64)>,
}

/// How a step is doing.
struct Progress {
    dues: Box<dyn Iterator<Item = i64>>,
    missed: u32,
    busy_until: i64,
    /// Whether it begins when the step that it follows is done, and how long it then takes.
    awaiting: Option<i64>,
}

pub(super) struct Player<'p> {
    pub plan: &'p Plan,
    erasure: &'p Erasure,
    pub there: BTreeMap<CopyId, There>,
    steps: BTreeMap<StepId, Progress>,
    makes: BTreeMap<StepId, Vec<CopyId>>,
    runs: BTreeMap<usize, Run>,
    started: usize,
    pub queue: BinaryHeap<Reverse<(i64, Job)>>,
    refused: Option<String>,
    /// What keep rules have left so far.
    pub forgetting: Forgetting,
    /// How much may yet be looked at.
    pub effort: u64,
}

impl<'p> Player<'p> {
    pub(super) fn new(plan: &'p Plan, erasure: &'p Erasure, effort: u64) -> Self {
        let (from, until) = (erasure.from.as_second(), erasure.until.as_second());
        let mut out = Self {
            plan,
            erasure,
            there: BTreeMap::new(),
            steps: BTreeMap::new(),
            makes: BTreeMap::new(),
            runs: BTreeMap::new(),
            started: 0,
            queue: BinaryHeap::new(),
            refused: None,
            forgetting: Forgetting::default(),
            effort,
        };
        for id in erasure
            .copies
            .iter()
            .copied()
            .chain(moved_on(plan, erasure))
        {
            let copy = &plan.copies[id];
            let by = copy.made_by.map(|step| &plan.model.steps[step].verb);
            let there = There {
                things: BTreeMap::new(),
                is_counted: matches!(by, Some(Verb::Backup { keep: Some(_), .. })),
                keeps: Keeps::of(plan, &copy.location, erasure.on, (from, until)),
                aside: Vec::new(),
                aside_keeps: copy.made_by.and_then(|by| {
                    let place = plan.model.steps[by].puts_aside()?;
                    Some(Keeps::of(plan, place, erasure.on, (from, until)))
                }),
                stay: Stay::default(),
                kept: i64::MIN,
            };
            out.there.insert(id, there);
            if let Some(step) = copy.made_by.filter(|step| out.ever_acts(*step)) {
                out.makes.entry(step).or_default().push(id);
            }
        }
        for id in out.relevant() {
            let chosen = erasure.runs.get(&id);
            let chosen = || chosen.into_iter().flatten().map(|(at, _)| at.as_second());
            let dues = starts(plan, id, from, until)
                .unwrap_or_else(|| Box::new(chosen().collect::<Vec<_>>().into_iter()));
            let progress = Progress {
                dues,
                missed: 0,
                busy_until: i64::MIN,
                awaiting: None,
            };
            out.steps.insert(id, progress);
            out.next_due(id);
        }
        let copies = erasure.copies.iter().filter(|_| erasure.as_written);
        for id in copies {
            let store = &plan.model.stores[plan.copies[*id].location.store];
            if let Some(gone) = store.lifetime.until {
                out.queue.push(Reverse((midnight(gone), Job::Gone(*id))));
            }
        }
        let mut push = |at: i64, job| out.queue.push(Reverse((at, job)));
        push(erasure.written.as_second(), Job::Written);
        if let Some(at) = erasure.deleted {
            push(at.as_second(), Job::Deleted);
        }
        out
    }

    /// When it was where.
    pub(super) fn stays(self) -> Result<BTreeMap<CopyId, Stay>, NotFollowed> {
        if let Some(why) = self.refused {
            return Err(NotFollowed::Refused(why));
        }
        if self.effort == 0 {
            return Err(NotFollowed::TooMuch);
        }
        let until = self.erasure.until.as_second();
        let stay = |there: There| {
            let left = there.stay.left;
            let gone = left.filter(|_| there.aside.is_empty());
            let gone = gone.map(|left| left.as_second().max(there.kept));
            Stay {
                gone: gone.filter(|at| *at <= until).map(instant),
                ..there.stay
            }
        };
        let all = self.there.into_iter();
        let all = all.filter(|(id, _)| self.erasure.copies.contains(id));
        Ok(all.map(|(id, there)| (id, stay(there))).collect())
    }

    pub(super) fn play(&mut self) {
        let until = self.erasure.until.as_second();
        while let Some(Reverse((now, job))) = self.queue.pop() {
            if now > until || self.refused.is_some() || self.effort == 0 {
                break;
            }
            self.look(1);
            match job {
                Job::Written => self.written(now),
                Job::Due(id) => {
                    self.next_due(id);
                    self.due(id, now);
                }
                Job::Start(id, takes) => self.start(id, takes, now),
                Job::End(number) => self.end(number, now),
                Job::Clear(copy, step) => {
                    self.take_away(copy, now, |player, thing| {
                        let due = player.is_due(copy, step, thing);
                        due.is_some_and(|due| due <= now)
                    });
                    self.clear_aside(copy, step, (now, now));
                }
                Job::Deleted => {
                    for id in self.live() {
                        self.take_away(id, now, |_, _| true);
                    }
                }
                Job::Gone(id) => {
                    self.take_away(id, now, |_, _| true);
                    if let Some(there) = self.there.get_mut(&id) {
                        there.kept = i64::MIN;
                        there.aside.clear();
                    }
                }
            }
        }
    }

    /// Takes what is looked at from the effort.
    pub(super) fn look(&mut self, things: usize) {
        let things = u64::try_from(things).unwrap_or(u64::MAX);
        self.effort = self.effort.saturating_sub(things);
    }

    /// How many things there are in a copy.
    pub(super) fn count(&self, copy: CopyId) -> usize {
        self.there.get(&copy).map_or(0, |there| there.things.len())
    }

    /// Whether a step is there at an instant.
    pub(super) fn acts(&self, step: StepId, now: i64) -> bool {
        let on = match self.erasure.as_written {
            true => day(now),
            false => self.erasure.on,
        };
        self.plan.model.steps[step].lifetime.contains(on)
    }

    /// Whether a step is there at any time that is played.
    pub(super) fn ever_acts(&self, step: StepId) -> bool {
        self.erasure.as_written || self.acts(step, 0)
    }

    /// From when on a step is there, and before when.
    pub(super) fn in_force(&self, step: StepId) -> (i64, i64) {
        if !self.erasure.as_written {
            return (i64::MIN, i64::MAX);
        }
        let lifetime = self.plan.model.steps[step].lifetime;
        let until = lifetime.until.map_or(i64::MAX, midnight);
        (midnight(lifetime.from), until)
    }

    fn live(&self) -> Vec<CopyId> {
        let copies = &self.plan.copies;
        let all = self.there.keys().copied();
        all.filter(|id| copies[*id].kind == CopyKind::Live)
            .collect()
    }

    /// The steps that bring the record somewhere, take it away, or keep one of these waiting.
    fn relevant(&self) -> BTreeSet<StepId> {
        let steps = &self.plan.model.steps;
        let copies = || self.there.keys().map(|id| &self.plan.copies[*id]);
        let repositories: BTreeSet<_> = copies().filter_map(|copy| copy.repository).collect();
        let prunes = steps.iter().filter(|(_, step)| {
            let of = pruned(step);
            of.is_some_and(|of| repositories.contains(&of))
        });
        let leaves = copies().flat_map(thrice_plan::Copy::cleared_by);
        let asides = self.there.keys().flat_map(|id| self.clears_aside(*id));
        let all = self.makes.keys().copied().chain(leaves).chain(asides);
        let mut next: Vec<StepId> = all.chain(prunes.map(|(id, _)| id)).collect();
        let mut out = BTreeSet::new();
        while let Some(id) = next.pop() {
            if !self.ever_acts(id) || self.is_rule(id) || !out.insert(id) {
                continue;
            }
            next.extend(self.plan.waits_for(id));
        }
        out
    }

    fn next_due(&mut self, id: StepId) {
        let progress = self.steps.get_mut(&id);
        if let Some(at) = progress.and_then(|progress| progress.dues.next()) {
            self.queue.push(Reverse((at, Job::Due(id))));
        }
    }

    fn written(&mut self, now: i64) {
        for id in self.live() {
            let record = Thing {
                taken: None,
                made: now,
                entered: now,
                has: true,
                forgotten: None,
            };
            self.put(id, &[record], now, Others::Stay);
        }
    }

    fn due(&mut self, id: StepId, now: i64) {
        if !self.acts(id, now) {
            return;
        }
        let cadence = &self.plan.cadences[id];
        let chosen = self.erasure.runs.get(&id);
        let chosen = chosen.and_then(|runs| runs.get(&instant(now)).copied());
        let name = &self.plan.model.steps[id].named.name;
        let Some(progress) = self.steps.get_mut(&id) else {
            return;
        };
        let (late, takes) = match chosen {
            Some(OneRun::Missed) => {
                progress.missed += 1;
                if progress.missed > cadence.missed {
                    let why = format!("`{name}` never misses {} runs in a row", progress.missed);
                    self.refused = Some(why);
                }
                return;
            }
            Some(OneRun::Goes { late, takes }) => (late, takes),
            None => (cadence.jitter, cadence.duration.high()),
        };
        progress.missed = 0;
        let fits = Seconds::ZERO <= late
            && late <= cadence.jitter
            && cadence.duration.low() <= takes
            && takes <= cadence.duration.high();
        if !fits {
            self.refused = Some(format!(
                "`{name}` never starts {late} late and takes {takes}"
            ));
            return;
        }
        if self
            .plan
            .model
            .followed(&self.plan.model.steps[id])
            .is_some()
        {
            progress.awaiting = Some(takes.0);
            return;
        }
        let start = now.saturating_add(late.0);
        self.queue.push(Reverse((start, Job::Start(id, takes.0))));
    }

    fn start(&mut self, id: StepId, takes: i64, now: i64) {
        let step = &self.plan.model.steps[id];
        let before = self.plan.comes_after(id);
        let before = before.filter_map(|other| Some(self.steps.get(&other)?.busy_until));
        let ready = before.max().unwrap_or(now);
        if ready > now {
            return self.queue.push(Reverse((ready, Job::Start(id, takes))));
        }
        let makes = self.makes.get(&id).into_iter().flatten();
        let found = makes.filter_map(|copy| self.find(&step.verb, *copy, now));
        let mut run = Run {
            step: id,
            start: now,
            found: found.collect(),
            due: Vec::new(),
        };
        if matches!(step.verb, Verb::Expire { .. }) {
            let all = self.there.values().map(|there| there.things.len()).sum();
            self.look(all);
            for (copy, there) in &self.there {
                let due = there.things.values().filter(|thing| {
                    let due = self.is_due(*copy, id, thing);
                    due.is_some_and(|due| due <= now)
                });
                run.due
                    .extend(due.map(|thing| (*copy, thing.taken, thing.entered)));
            }
        }
        let end = now.saturating_add(takes);
        if let Some(progress) = self.steps.get_mut(&id) {
            progress.busy_until = end;
        }
        let found: usize = run.found.iter().map(|(_, _, found)| found.len()).sum();
        self.look(found);
        self.runs.insert(self.started, run);
        self.queue.push(Reverse((end, Job::End(self.started))));
        self.started += 1;
    }

    /// What a run finds for a copy: where, and what of it is to come.
    fn find(&self, verb: &Verb, id: CopyId, now: i64) -> Option<(CopyId, CopyId, Vec<Thing>)> {
        let copy = &self.plan.copies[id];
        let source_id = copy.source?;
        let source = &self.plan.copies[source_id];
        let things = &self.there.get(&source_id)?.things;
        let found = match verb {
            // What is outside of the part that is moved stays where it is.
            Verb::Move { .. } if self.plan.is_part(copy) => Vec::new(),
            Verb::Move { older_than } => {
                let age = older_than.as_ref().map(|(age, clock, _)| (age.0, *clock));
                let old = things.values().filter(|thing| match age {
                    None => true,
                    Some((age, AgeClock::Mtime | AgeClock::Use)) => thing.made + age <= now,
                    Some((age, _)) => thing.entered + age <= now,
                });
                old.copied().collect()
            }
            Verb::Backup {
                mirror: Some(_), ..
            } => {
                let mut newest_first = things.values().rev();
                let newest = newest_first.find(|thing| thing.forgotten.is_none());
                newest.copied().into_iter().collect()
            }
            _ => things.values().copied().collect(),
        };
        // A state is always being written.
        let state = self.plan.model.classes[copy.class].kind == ClassKind::State;
        let anew = state && source.kind == CopyKind::Live;
        let found = found.into_iter().map(|thing| Thing {
            made: if anew { now } else { thing.made },
            ..thing
        });
        Some((id, source_id, found.collect()))
    }

    fn end(&mut self, number: usize, now: i64) {
        let Some(run) = self.runs.remove(&number) else {
            return;
        };
        let plan = self.plan;
        for (copy, source, found) in &run.found {
            self.leave(run.step, (*copy, *source), found, (run.start, now));
        }
        if matches!(plan.model.steps[run.step].verb, Verb::Expire { .. }) {
            let all: Vec<CopyId> = self.there.keys().copied().collect();
            for copy in all {
                self.clear_aside(copy, run.step, (run.start, now));
            }
        }
        for (copy, taken, entered) in run.due {
            self.take_away(copy, now, |_, thing| {
                (thing.taken, thing.entered) == (taken, entered)
            });
        }
        let step = &plan.model.steps[run.step];
        if let Some(repository) = pruned(step) {
            // A prune looks what is needed when it begins; after a backup it begins when that has forgotten.
            let looks = match step.verb {
                Verb::Prune => run.start,
                _ => now.saturating_add(1),
            };
            let all: Vec<CopyId> = self.there.keys().copied().collect();
            for id in all {
                let by = plan.copies[id].made_by.map(|by| &plan.model.steps[by].verb);
                let here = plan.copies[id].repository == Some(repository);
                if here && matches!(by, Some(Verb::Backup { .. })) {
                    self.take_away(id, now, |_, thing| {
                        thing.forgotten.is_some_and(|at| at < looks)
                    });
                }
            }
        }
        for (other, progress) in &mut self.steps {
            if plan.model.followed(&plan.model.steps[*other]) == Some(run.step)
                && let Some(takes) = progress.awaiting.take()
            {
                self.queue.push(Reverse((now, Job::Start(*other, takes))));
            }
        }
    }
}
