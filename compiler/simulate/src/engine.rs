//! The loop: what comes next, until the case is judged.

mod beginning;
mod runs;
mod setting;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use thrice_model::{ClassId, KeyId, StepId};
use thrice_plan::{CopyId, CopyKind, Plan};

use crate::calendar::{instant, midnight};
use crate::ended::Ending;
use crate::log::Log;
use crate::reach::lies_in;
use crate::room::Ledger;
use crate::verbs::{self, Taken};
use crate::witness::Witness;
use crate::world::World;
use crate::{Case, Course, Sort, judge};
use beginning::beginning;

const DAY: i64 = 86_400;

/// What happens at an instant. Of those at the same instant, what is done comes before what goes wrong,
/// and that before what begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Job {
    /// A run is done: its number.
    End(usize),
    /// Something ceases to be.
    Ends(Ending),
    /// A strike: its number.
    Strike(usize),
    /// Somebody has noticed a strike and acted.
    Act(usize),
    /// A step is due.
    Due(StepId),
    /// A step starts, late or waiting for another.
    Start(StepId, Wanted),
    /// A day is over: what lies there is added up.
    Day,
}

/// Since when a run has been meant to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    /// When it was due.
    due: i64,
    /// When it would have started if it waited for no other step.
    ready: i64,
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
    /// Since when it is due, and begins when the step that it follows is done.
    awaiting: Option<i64>,
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
    /// Lists the runs of some steps, if that is wanted.
    log: Option<&'l mut Log>,
    /// Follows what lies where in clear, if that is wanted.
    witness: Option<&'l mut Witness<'p>>,
    case: &'p Case,
    world: World<'p>,
    steps: BTreeMap<StepId, Progress>,
    makes: BTreeMap<StepId, Vec<CopyId>>,
    queue: BinaryHeap<Reverse<(i64, Job)>>,
    runs: BTreeMap<usize, Run>,
    started: usize,
    /// The last time somebody wrote in place into a copy: start and end.
    writing: BTreeMap<CopyId, (i64, i64)>,
    /// Whether somebody asks each day for the clean-ups that run on demand; else nobody ever does.
    clears: bool,
    /// Whether something has gone wrong yet.
    struck: bool,
    /// Sound pieces of each class right before the first strike.
    before: judge::Before,
}

/// Plays a case and adds up what lies where, until that has decided what is asked.
pub(crate) fn weigh<'p>(plan: &'p Plan, case: &'p Case, ledger: &mut Ledger<'p>) {
    let (from, to) = (beginning(plan, case), case.judged.as_second());
    let copies = copies(plan, &classes(plan, &case.classes));
    let mut engine = Engine::new(plan, case, &copies, (from, to));
    engine.world.late = ledger.is_late();
    engine.clears = !engine.world.late;
    engine.ledger = Some(ledger);
    engine.prepare(&copies, from, to);
    engine.play(to);
    if !engine.is_decided() {
        engine.day(to);
    }
}

/// Plays nothing but the runs of some steps, whatever they find, and lists them.
pub(crate) fn time(plan: &Plan, case: &Case, log: &mut Log) {
    follow(plan, case, &BTreeSet::new(), log);
}

/// Plays some steps, and what becomes of some copies, those that they are made of among them; lists the runs.
pub(crate) fn follow(plan: &Plan, case: &Case, copies: &BTreeSet<CopyId>, log: &mut Log) {
    let (from, to) = (beginning(plan, case), case.judged.as_second());
    let mut engine = Engine::new(plan, case, copies, (from, to));
    engine.log = Some(log);
    engine.prepare(copies, from, to);
    engine.play(to);
}

/// Plays what becomes of some copies, those that they are made of among them, and follows what lies there.
pub(crate) fn watch<'p>(
    plan: &'p Plan,
    case: &'p Case,
    copies: &BTreeSet<CopyId>,
    witness: &mut Witness<'p>,
) {
    let (from, to) = (beginning(plan, case), case.judged.as_second());
    let mut engine = Engine::new(plan, case, copies, (from, to));
    engine.witness = Some(witness);
    // What nobody clears is seen.
    engine.clears = false;
    engine.prepare(copies, from, to);
    engine.play(to);
    for (class, live) in engine.world.live.clone() {
        engine.world.grow(class, to);
        if !engine.world.is_empty(live)
            && let Some(witness) = engine.witness.as_mut()
        {
            witness.lives(live, to);
        }
    }
    for id in copies {
        if !engine.world.is_empty(*id)
            && let Some(witness) = engine.witness.as_mut()
        {
            witness.is_still_there(*id);
        }
    }
}

/// Plays a case.
pub(crate) fn run(plan: &Plan, case: &Case) -> Course {
    let from = beginning(plan, case);
    let to = case.judged.as_second();
    let classes = classes(plan, &case.classes);
    let copies = copies(plan, &classes);
    let mut engine = Engine::new(plan, case, &copies, (from, to));
    let mut left_out = engine.prepare(&copies, from, to);
    engine.play(to);
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
        had: engine.before.had,
        outcomes,
        left_out,
    }
}

/// The copies of some classes.
fn copies(plan: &Plan, classes: &BTreeSet<ClassId>) -> BTreeSet<CopyId> {
    let of_them = plan.copies.iter();
    let of_them = of_them.filter(|(_, copy)| classes.contains(&copy.class));
    of_them.map(|(id, _)| id).collect()
}

/// The classes asked about, all that they must be restored with, and the data in which the keys lie that open their
/// copies.
fn classes(plan: &Plan, asked: &BTreeSet<ClassId>) -> BTreeSet<ClassId> {
    let model = &plan.model;
    if asked.is_empty() {
        return model.classes.ids().collect();
    }
    // With which classes a key is lost does not hang on who asks.
    let mut known: BTreeMap<KeyId, BTreeSet<ClassId>> = BTreeMap::new();
    let mut out = BTreeSet::new();
    let mut next: Vec<ClassId> = asked.iter().copied().collect();
    while let Some(class) = next.pop() {
        if !out.insert(class) {
            continue;
        }
        next.extend(model.classes[class].needs.iter().map(|need| need.class));
        let copies = plan.copies.iter().filter(|(_, copy)| copy.class == class);
        for key in copies.filter_map(|(_, copy)| copy.key) {
            let lies_in = known.entry(key).or_insert_with(|| lies_in(plan, key));
            next.extend(lies_in.iter().copied());
        }
    }
    out
}

impl<'p> Engine<'p, '_> {
    /// Everything as it is before anything has run.
    fn new(
        plan: &'p Plan,
        case: &'p Case,
        copies: &BTreeSet<CopyId>,
        (from, to): (i64, i64),
    ) -> Self {
        let mut makes: BTreeMap<StepId, Vec<CopyId>> = BTreeMap::new();
        for id in copies {
            if let Some(step) = plan.copies[*id].made_by {
                makes.entry(step).or_default().push(*id);
            }
        }
        Engine {
            plan,
            ledger: None,
            log: None,
            witness: None,
            case,
            world: World::new(plan, copies, from, to),
            steps: BTreeMap::new(),
            makes,
            queue: BinaryHeap::new(),
            runs: BTreeMap::new(),
            started: 0,
            writing: BTreeMap::new(),
            clears: true,
            struck: false,
            before: judge::Before::default(),
        }
    }
}

impl Engine<'_, '_> {
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
            if now > to || self.is_decided() {
                break;
            }
            match job {
                Job::End(number) => self.end(number, now),
                Job::Ends(ending) => self.ends(ending, now),
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
                Job::Start(id, wanted) => self.start(id, now, wanted),
                Job::Day => {
                    self.queue.push(Reverse((now + DAY, Job::Day)));
                    self.day(now);
                }
            }
        }
    }

    /// Whether nothing else is asked of what is added up.
    fn is_decided(&self) -> bool {
        self.ledger
            .as_ref()
            .is_some_and(|ledger| ledger.is_decided())
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

    /// Something ceases to be. Who looks has seen what was there until then.
    fn ends(&mut self, ending: Ending, now: i64) {
        if let Ending::Class(class) = ending {
            self.world.grow(class, now.saturating_sub(1));
        }
        for copy in self.world.ending(ending) {
            let Some(witness) = self.witness.as_mut() else {
                break;
            };
            if matches!(ending, Ending::Class(_)) {
                witness.lives(copy, now.saturating_sub(1));
            }
            if witness.since < now {
                witness.is_still_there(copy);
            }
        }
        self.world.end(ending, now);
    }

    /// How long it takes until somebody acts.
    fn response(&self) -> i64 {
        let chosen = self.case.choices.response;
        chosen.unwrap_or(self.plan.model.policy.response).0
    }

    fn strike(&mut self, number: usize, now: i64) {
        if !self.struck {
            self.tell_last_runs();
            self.before = judge::before(&mut self.world, now);
        }
        self.struck = true;
        if let Some(strike) = self.case.strikes.get(number) {
            let until = now.saturating_add(self.response());
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
}
