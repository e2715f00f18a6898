//! The loop: what comes next, until the case is judged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use thrice_model::{ClassId, StepId, StoreId, Verb};
use thrice_plan::calendar::after_is_enforced;
use thrice_plan::{CopyId, CopyKind, Leave, Plan};
use thrice_quantity::Seconds;

use crate::calendar::{beginning, day, instant, midnight, starts};
use crate::content::Quality;
use crate::room::Ledger;
use crate::verbs::{self, Taken};
use crate::world::{World, deletes_in};
use crate::{Case, Course, RunChoice, Sort, judge};

const DAY: i64 = 86_400;

/// What happens at an instant. Of those at the same instant, what is done comes before what goes wrong,
/// and that before what begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Job {
    /// A run is done: its number.
    End(usize),
    /// A strike: its number.
    Strike(usize),
    /// Somebody has noticed a strike and acted.
    Act(usize),
    /// A step is due.
    Due(StepId),
    /// A step starts, late or waiting for another.
    Start(StepId),
    /// A day is over: what lies there is added up.
    Day,
}

/// A run on its way.
struct Run {
    step: StepId,
    start: i64,
    taken: Vec<Taken>,
}

/// How a step is doing.
#[derive(Default)]
struct Progress {
    /// The runs still to come.
    starts: Option<Box<dyn Iterator<Item = i64>>>,
    /// Runs that are missed.
    missed: BTreeSet<i64>,
    /// Runs that start when they are due, however late the others are.
    on_time: BTreeSet<i64>,
    /// Until when its last run takes.
    busy_until: i64,
    /// Whether its last due run failed.
    failed: bool,
    /// Whether it is due, and begins when the step that it follows is done.
    awaiting: bool,
    /// The last run that went well, and what it wrote.
    last: Option<(i64, Vec<CopyId>)>,
    /// How long a run takes, and how late it starts.
    duration: i64,
    late: i64,
}

struct Engine<'p, 'l> {
    plan: &'p Plan,
    /// Adds up what lies where, if that is wanted.
    ledger: Option<&'l mut Ledger<'p>>,
    case: &'p Case,
    world: World<'p>,
    steps: BTreeMap<StepId, Progress>,
    makes: BTreeMap<StepId, Vec<CopyId>>,
    queue: BinaryHeap<Reverse<(i64, Job)>>,
    runs: BTreeMap<usize, Run>,
    started: usize,
    /// The last time somebody wrote in place into a copy: start and end.
    writing: BTreeMap<CopyId, (i64, i64)>,
    /// Whether something has gone wrong yet.
    struck: bool,
    /// Sound pieces of each class right before the first strike.
    before: judge::Before,
}

/// Plays a case.
pub(crate) fn run(plan: &Plan, case: &Case) -> Course {
    run_with(plan, case, None)
}

/// The same, and adds up what lies where.
pub(crate) fn run_with<'p>(
    plan: &'p Plan,
    case: &'p Case,
    ledger: Option<&mut Ledger<'p>>,
) -> Course {
    let from = beginning(plan, case);
    let to = case.judged.as_second();
    let classes = classes(plan, &case.classes);
    let copies: BTreeSet<CopyId> = plan
        .copies
        .iter()
        .filter(|(_, copy)| classes.contains(&copy.class))
        .map(|(id, _)| id)
        .collect();
    let mut makes: BTreeMap<StepId, Vec<CopyId>> = BTreeMap::new();
    for id in &copies {
        if let Some(step) = plan.copies[*id].made_by {
            makes.entry(step).or_default().push(*id);
        }
    }
    let mut engine = Engine {
        plan,
        ledger,
        case,
        world: World::new(plan, &copies, from, to),
        steps: BTreeMap::new(),
        makes,
        queue: BinaryHeap::new(),
        runs: BTreeMap::new(),
        started: 0,
        writing: BTreeMap::new(),
        struck: false,
        before: judge::Before::default(),
    };
    engine.world.late = engine.ledger.as_ref().is_some_and(|l| l.is_late());
    let mut left_out = engine.prepare(&copies, from, to);
    engine.play(to);
    engine.day(to);
    if !engine.struck {
        engine.tell_last_runs();
    }
    if from > midnight(plan.model.policy.start) {
        left_out.insert(
            0,
            format!(
                "what happened before {} is not played: older versions are left out",
                crate::moment(plan, instant(from))
            ),
        );
    }
    let asked: Vec<ClassId> = if case.classes.is_empty() {
        classes.into_iter().collect()
    } else {
        case.classes.iter().copied().collect()
    };
    let outcomes = judge::outcomes(&mut engine.world, &asked, &engine.before, to);
    let mut trace = engine.world.trace;
    trace.retain(|event| event.at <= case.judged);
    trace.sort_by_key(|event| event.at);
    trace.dedup();
    Course {
        from: instant(from),
        judged: case.judged,
        trace,
        outcomes,
        left_out,
    }
}

/// The classes asked about, and all that they must be restored with.
fn classes(plan: &Plan, asked: &BTreeSet<ClassId>) -> BTreeSet<ClassId> {
    if asked.is_empty() {
        return plan.model.classes.ids().collect();
    }
    let mut out = BTreeSet::new();
    let mut next: Vec<ClassId> = asked.iter().copied().collect();
    while let Some(class) = next.pop() {
        if out.insert(class) {
            next.extend(
                plan.model.classes[class]
                    .needs
                    .iter()
                    .map(|need| need.class),
            );
        }
    }
    out
}

impl Engine<'_, '_> {
    /// Sets up strikes and the steps that matter; what is left out, in sentences.
    fn prepare(&mut self, copies: &BTreeSet<CopyId>, from: i64, to: i64) -> Vec<String> {
        let plan = self.plan;
        let response = plan.model.policy.response.0;
        for (number, strike) in self.case.strikes.iter().enumerate() {
            let at = strike.at.as_second();
            self.queue.push(Reverse((at, Job::Strike(number))));
            self.queue
                .push(Reverse((at.saturating_add(response), Job::Act(number))));
        }
        let first = self
            .case
            .strikes
            .iter()
            .map(|strike| strike.at.as_second())
            .min()
            .unwrap_or(to);
        let mut by_hand = Vec::new();
        for id in self.relevant(copies) {
            let Some(runs) = starts(plan, id, from, to) else {
                by_hand.push(plan.model.steps[id].named.name.as_str());
                continue;
            };
            let progress = self.progress(id, from, first, runs);
            self.steps.insert(id, progress);
            self.next_due(id);
        }
        if self.ledger.is_some() {
            self.queue.push(Reverse((from + DAY - 1, Job::Day)));
        }
        if by_hand.is_empty() {
            return Vec::new();
        }
        let verb = if by_hand.len() == 1 { "runs" } else { "run" };
        vec![format!(
            "{} {verb} on demand alone, and nobody asks for it",
            crate::names(by_hand)
        )]
    }

    /// The steps that make copies of what is asked about, or delete in the stores where they lie.
    fn relevant(&self, copies: &BTreeSet<CopyId>) -> BTreeSet<StepId> {
        let plan = self.plan;
        let mut out: BTreeSet<StepId> = self.makes.keys().copied().collect();
        for id in copies {
            out.extend(plan.copies[*id].leaves.iter().map(Leave::by));
        }
        let stores: BTreeSet<StoreId> = copies
            .iter()
            .map(|id| plan.copies[*id].location.store)
            .collect();
        for (id, step) in plan.model.steps.iter() {
            if deletes_in(step).is_some_and(|place| stores.contains(&place.store)) {
                out.insert(id);
            }
        }
        out.extend(self.ledger.iter().flat_map(|ledger| ledger.prunes(copies)));
        out
    }

    fn progress(
        &self,
        id: StepId,
        from: i64,
        first: i64,
        runs: Box<dyn Iterator<Item = i64>>,
    ) -> Progress {
        let choices = &self.case.choices;
        let cadence = self.plan.cadences[id];
        let worst = choices.worst;
        let usual = if worst {
            cadence.duration.high()
        } else {
            cadence.duration.low()
        };
        let count =
            choices
                .missed
                .get(&id)
                .copied()
                .unwrap_or(if worst { cadence.missed } else { 0 });
        let mut missed = if count == 0 {
            BTreeSet::new()
        } else {
            let before: Vec<i64> = starts(self.plan, id, from, first.saturating_sub(1))
                .into_iter()
                .flatten()
                .collect();
            before.into_iter().rev().take(count as usize).collect()
        };
        let mut on_time = BTreeSet::new();
        for (at, choice) in choices.runs.get(&id).into_iter().flatten() {
            match choice {
                RunChoice::OnTime => on_time.insert(at.as_second()),
                RunChoice::Missed => missed.insert(at.as_second()),
            };
        }
        let latest = if worst { cadence.jitter } else { Seconds::ZERO };
        Progress {
            starts: Some(runs),
            missed,
            on_time,
            duration: choices
                .durations
                .get(&id)
                .copied()
                .unwrap_or(usual)
                .0
                .max(0),
            late: choices.late.get(&id).copied().unwrap_or(latest).0.max(0),
            ..Progress::default()
        }
    }

    fn next_due(&mut self, id: StepId) {
        let next = self
            .steps
            .get_mut(&id)
            .and_then(|progress| progress.starts.as_mut())
            .and_then(Iterator::next);
        if let Some(at) = next {
            self.queue.push(Reverse((at, Job::Due(id))));
        }
    }

    fn play(&mut self, to: i64) {
        while let Some(Reverse((now, job))) = self.queue.pop() {
            if now > to {
                break;
            }
            match job {
                Job::End(number) => self.end(number, now),
                Job::Strike(number) => self.strike(number, now),
                Job::Act(number) => {
                    if let Some(strike) = self.case.strikes.get(number) {
                        let what = crate::words::mishap(self.plan, strike.mishap);
                        self.world.log(
                            now,
                            Sort::Response,
                            format!("somebody has noticed that {what}, and acts"),
                        );
                    }
                }
                Job::Due(id) => {
                    self.next_due(id);
                    self.due(id, now);
                }
                Job::Start(id) => self.start(id, now),
                Job::Day => {
                    self.queue.push(Reverse((now + DAY, Job::Day)));
                    self.day(now);
                }
            }
        }
    }

    /// Adds up all that lies there.
    fn day(&mut self, now: i64) {
        if let Some(ledger) = self.ledger.as_mut() {
            for class in self.world.live.keys().copied().collect::<Vec<_>>() {
                self.world.grow(class, now);
            }
            ledger.day(&self.world, now);
        }
    }

    fn add_up(&mut self, with: impl FnOnce(&mut Ledger<'_>, &World<'_>)) {
        if let Some(ledger) = self.ledger.as_mut() {
            with(ledger, &self.world);
        }
    }

    fn strike(&mut self, number: usize, now: i64) {
        if !self.struck {
            self.tell_last_runs();
            self.before = judge::before(&mut self.world, now);
        }
        self.struck = true;
        if let Some(strike) = self.case.strikes.get(number) {
            let until = now.saturating_add(self.plan.model.policy.response.0);
            self.world.strike(strike, until);
        }
    }

    /// The last runs before anything went wrong: what there is to restore from.
    fn tell_last_runs(&mut self) {
        for (id, progress) in &self.steps {
            let Some((at, copies)) = &progress.last else {
                continue;
            };
            let counts = |copy: &CopyId| !matches!(self.plan.copies[*copy].kind, CopyKind::Seed);
            if copies.iter().any(counts) {
                let stores = verbs::stores(&self.world, copies.iter().copied());
                let name = &self.plan.model.steps[*id].named.name;
                self.world.trace.push(crate::Event {
                    at: instant(*at),
                    sort: Sort::Run,
                    what: format!("`{name}` is done: the last run before, to {stores}"),
                });
            }
        }
    }

    fn due(&mut self, id: StepId, now: i64) {
        let step = &self.plan.model.steps[id];
        let today = day(now);
        if !step.lifetime.contains(today) {
            return;
        }
        let Some(progress) = self.steps.get_mut(&id) else {
            return;
        };
        progress.awaiting = false;
        if progress.missed.contains(&now) {
            progress.failed = true;
            let line = format!("`{}` does not run: missed", step.named.name);
            self.world.log(now, Sort::Failure, line);
            return;
        }
        if self.plan.model.followed(step).is_some() {
            progress.awaiting = true;
            return;
        }
        let late = match progress.on_time.contains(&now) {
            true => 0,
            false => progress.late,
        };
        let at = now.saturating_add(late);
        self.queue.push(Reverse((at, Job::Start(id))));
    }

    fn start(&mut self, id: StepId, now: i64) {
        let step = &self.plan.model.steps[id];
        // A step waits for those it comes after, and does not run where they failed: as far as anything
        // keeps it from running. Else the times alone count.
        let before = step
            .timing
            .after
            .iter()
            .filter(|(other, _)| after_is_enforced(step, *other, &self.plan.model.steps[*other]))
            .filter_map(|(other, _)| Some((*other, self.steps.get(other)?)));
        let mut wait = now;
        let mut failed = None;
        for (other, progress) in before {
            wait = wait.max(progress.busy_until);
            if progress.failed {
                failed = Some(other);
            }
        }
        if wait > now {
            self.queue.push(Reverse((wait, Job::Start(id))));
            return;
        }
        let lost = step
            .runner
            .host
            .is_some_and(|host| self.world.lost_hosts.contains(&host));
        if lost {
            return self.fail(id, now, "its host is lost");
        }
        if let Some(other) = failed {
            let why = format!(
                "`{}`, which it comes after, failed",
                self.plan.model.steps[other].named.name
            );
            return self.fail(id, now, &why);
        }
        if matches!(step.verb, Verb::Expire { .. }) {
            verbs::expire(&mut self.world, id, now);
            self.add_up(|ledger, world| ledger.deleted(world, id, now));
            return;
        }
        self.read(id, now);
    }

    fn read(&mut self, id: StepId, now: i64) {
        let step = &self.plan.model.steps[id];
        let mut taken = Vec::new();
        let mut problem = None;
        for copy in self.makes.get(&id).into_iter().flatten() {
            let what = &self.plan.copies[*copy];
            let today = day(now);
            if !what.lifetime.contains(today) {
                continue;
            }
            match verbs::take(&mut self.world, step, *copy, now) {
                Ok(Some(mut found)) => {
                    if self
                        .writing
                        .get(&found.source)
                        .is_some_and(|(start, end)| *start <= now && now < *end)
                    {
                        tear(&mut found);
                    }
                    taken.push(found);
                }
                Ok(None) => {}
                Err(why) => problem = Some(why),
            }
        }
        if taken.is_empty()
            && let Some(why) = problem
        {
            return self.fail(id, now, &why);
        }
        let Some(progress) = self.steps.get_mut(&id) else {
            return;
        };
        let end = now.saturating_add(progress.duration);
        progress.busy_until = end;
        if let Verb::Capture(parts) = &step.verb
            && !parts.atomic
            && parts.keeps.is_none()
        {
            self.writing
                .extend(taken.iter().map(|found| (found.copy, (now, end))));
        }
        self.runs.insert(
            self.started,
            Run {
                step: id,
                start: now,
                taken,
            },
        );
        self.queue.push(Reverse((end, Job::End(self.started))));
        self.started += 1;
    }

    fn end(&mut self, number: usize, now: i64) {
        let Some(run) = self.runs.remove(&number) else {
            return;
        };
        let step = &self.plan.model.steps[run.step];
        let lost = step
            .runner
            .host
            .is_some_and(|host| self.world.lost_hosts.contains(&host));
        if lost {
            return self.fail(run.step, now, "its host is lost while it runs");
        }
        let mut written = BTreeSet::new();
        for mut taken in run.taken {
            let gone = |id| !self.world.is_up(self.world.store_of(id));
            if gone(taken.copy) || gone(taken.source) {
                continue;
            }
            if self
                .writing
                .get(&taken.source)
                .is_some_and(|(start, _)| run.start <= *start && *start < now)
            {
                tear(&mut taken);
            }
            written.insert(taken.copy);
            let copy = taken.copy;
            self.add_up(|ledger, world| ledger.before(world, run.step, &taken, now));
            let source = taken.source;
            verbs::leave(&mut self.world, run.step, taken, run.start, now);
            self.add_up(|ledger, world| ledger.after(world, run.step, (source, copy), now));
            self.tell_return(run.step, copy, now);
        }
        if matches!(step.verb, Verb::Sync { .. }) {
            verbs::sweep(&mut self.world, run.step, &written, now);
            self.add_up(|ledger, world| ledger.deleted(world, run.step, now));
        }
        self.add_up(|ledger, world| ledger.done(world, run.step, now));
        if let Some(progress) = self.steps.get_mut(&run.step) {
            progress.failed = false;
            if !written.is_empty() {
                progress.last = Some((now, written.into_iter().collect()));
            }
        }
        self.begin_followers(run.step, now);
    }

    /// The end of a backup begins its mirrors.
    fn begin_followers(&mut self, id: StepId, now: i64) {
        let plan = self.plan;
        for (other, progress) in &mut self.steps {
            if progress.awaiting && plan.model.followed(&plan.model.steps[*other]) == Some(id) {
                progress.awaiting = false;
                self.queue.push(Reverse((now, Job::Start(*other))));
            }
        }
    }

    /// Says where something comes to a copy again of which everything was deleted.
    fn tell_return(&mut self, id: StepId, copy: CopyId, now: i64) {
        let held = self.world.held.get(&copy);
        let is_back = held.is_some_and(|held| !held.pieces.is_empty());
        if is_back && self.world.emptied.remove(&copy) {
            let name = &self.plan.model.steps[id].named.name;
            let store = self.world.store_name(copy);
            let line = format!("`{name}` is done: there is something on `{store}` again");
            self.world.log(now, Sort::Run, line);
        }
    }

    /// A run fails; the first of a row is told, and only after something went wrong: before that it means
    /// that nothing was there yet.
    fn fail(&mut self, id: StepId, now: i64, why: &str) {
        let Some(progress) = self.steps.get_mut(&id) else {
            return;
        };
        let first = !progress.failed;
        progress.failed = true;
        if first && self.struck {
            let name = &self.plan.model.steps[id].named.name;
            self.world
                .log(now, Sort::Failure, format!("`{name}` fails: {why}"));
        }
    }
}

/// What was read while somebody wrote it is of no use.
fn tear(taken: &mut Taken) {
    for piece in &mut taken.pieces {
        piece.quality = piece.quality.max(Quality::Torn);
    }
}
