//! How old the newest version in a copy is at worst, exactly, on the real calendar.
//!
//! The time that counts is that of the *data*: the start of the run that took it. A run of step `i` that
//! is planned at `s` starts at most its jitter `J` later, and is done at most its duration `D` after that.
//! So at a moment `r` the newest version that is surely in a copy comes from the run
//!
//! ```text
//! n* = max { n : s(n) + J + D <= r },   or, where m runs in a row may be missed, from n* - m
//! ```
//!
//! and its data is what was surely in the source when that run was planned: `W(r) = W'(s(n* - m))`, where
//! `W'` is the same of the source, and live data has `W'(r) = r`. The newest version is oldest just before
//! a run is done. All of it is evaluated on the instants at which the schedules really run, in the zones
//! of their hosts, changes of the clocks included. The bound is attained: let the run that is read from
//! start on time, those after it be missed, and the next one start late and take long. No run is asked to
//! be both, so this is the exact worst over all durations, jitter, misses and moments, and not only a bound.
//!
//! Three things change what a reader gets:
//! - A capture that writes *in place* shows half of itself while it runs: a run that may overlap one of its
//!   runs takes nothing usable. Where versions replace each other that leaves nothing at all.
//! - A script that comes `after` a step on its own host refuses to run unless that one has succeeded since
//!   it was last due. If it succeeds it has what was made last, and what it misses while waiting in
//!   vain are missed runs of its own. On another host nothing enforces that order, and only times count.
//! - A move takes only what has reached an age.
//! - What was brought may be gone before it is read: `emptied` says which runs surely find it.
//!
//! Where a run may take longer than to the next one, or where a schedule has more runs than are worth
//! listing, the step is taken without its phase: everything it takes arrives within its worst delay. That
//! is sound, and [`Newest::exact`] says that it was done.

mod emptied;
mod run;
mod runs;

use std::collections::BTreeMap;
use std::sync::Arc;

use thrice_model::{StepId, Table, Verb};
use thrice_quantity::Seconds;

pub use run::Run;
pub use runs::Runs;

use emptied::{Emptied, Finding, Then};
pub(crate) use emptied::{emptied_by, empties};

use crate::Plan;
use crate::cadence::Cadence;
use crate::calendar::{Starts, after_is_enforced, going_on};
use crate::copies::{Copy, CopyId, FOR_EVER};

/// How many runs in a row fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missed {
    /// None.
    Nominal,
    /// As many as can before somebody who was told has acted ([`Cadence::missed`]), of each step.
    Guaranteed,
}

/// What the newest version in a copy is, at every moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// What is known.
    pub known: Known,
    /// Whether this is the exact worst, and not only a bound of it.
    pub exact: bool,
}

/// What is known of the newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is never older than this.
    Within(Seconds),
    /// It comes from the last run that is done, or from one so many before it.
    Runs {
        /// All runs, in order.
        runs: Runs,
        /// How many of the newest may have failed.
        missed: usize,
    },
    /// Nothing usable is surely there at any time: it is made only on demand, or always read half.
    Nothing,
}

/// The worst of the newest versions in some copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worst {
    /// How old it is.
    pub age: Seconds,
    /// When, in Unix seconds; the first of such moments.
    pub at: i64,
    /// In which of the copies.
    pub copy: usize,
}

impl Newest {
    /// Live data.
    const LIVE: Self = Self {
        known: Known::Within(Seconds::ZERO),
        exact: true,
    };

    const NOTHING: Self = Self {
        known: Known::Nothing,
        exact: true,
    };

    /// From when the data of the newest version is at `moment`, at the earliest.
    #[must_use]
    pub fn data_at(&self, moment: i64) -> Option<i64> {
        match &self.known {
            Known::Within(age) => Some(moment.saturating_sub(age.0)),
            Known::Runs { .. } => self.run_at(moment).map(|run| run.data()),
            Known::Nothing => None,
        }
    }

    /// From when on there is surely a version of data from `moment` or later; `None`: never.
    #[must_use]
    pub fn filled_since(&self, moment: i64) -> Option<i64> {
        match &self.known {
            Known::Within(age) => Some(moment.saturating_add(age.0)),
            Known::Runs { runs, missed } => {
                let first = runs.partition_point(|run| run.data() < moment);
                runs.get(first.saturating_add(*missed)).map(Run::done)
            }
            Known::Nothing => None,
        }
    }

    /// The run that made the newest version which is surely there at `moment`.
    #[must_use]
    pub fn run_at(&self, moment: i64) -> Option<Run> {
        let Known::Runs { runs, missed } = &self.known else {
            return None;
        };
        let done = runs.partition_point(|run| run.done() <= moment);
        runs.get(done.checked_sub(missed.saturating_add(1))?)
    }
}

/// How old the newest version in any of some copies is at worst, from `from` up to `until` (Unix seconds).
/// `None` where at some moment nothing usable is surely in any of them.
#[must_use]
pub fn worst(copies: &[&Newest], from: i64, until: i64) -> Option<Worst> {
    // The newest of them ages until the next run of one of them is done: those moments are looked at, in order.
    let start = from.min(until.saturating_sub(1));
    let mut walks: Vec<Walk<'_>> = copies
        .iter()
        .map(|newest| Walk::at(newest, start))
        .collect();
    let mut worst: Option<Worst> = None;
    loop {
        let next = walks.iter().filter_map(|walk| walk.next).min();
        let at = next.map_or(until, |next| next.min(until));
        let mut newest: Option<(i64, usize)> = None;
        for (copy, walk) in walks.iter().enumerate() {
            let data = walk.data_before(at);
            newest = match (newest, data) {
                (Some((newest, _)), Some(data)) if data > newest => Some((data, copy)),
                (None, Some(data)) => Some((data, copy)),
                _ => newest,
            };
        }
        let (data, copy) = newest?;
        let age = Seconds(at.saturating_sub(data));
        if worst.is_none_or(|worst| age > worst.age) {
            worst = Some(Worst { age, at, copy });
        }
        if at >= until {
            return worst;
        }
        walks.iter_mut().for_each(|walk| walk.pass(at));
    }
}

/// A way through the runs of a copy, in the order in which they are done.
struct Walk<'n> {
    runs: Option<&'n Runs>,
    missed: usize,
    /// How many are done.
    done: usize,
    /// When the next one is done.
    next: Option<i64>,
    /// The data that those which are done have surely brought.
    data: Option<i64>,
    /// How old the data is at all times, where no calendar says more.
    within: Option<Seconds>,
}

impl<'n> Walk<'n> {
    /// Runs that are done at a moment are passed.
    fn at(newest: &'n Newest, moment: i64) -> Self {
        let (runs, missed) = match &newest.known {
            Known::Runs { runs, missed } => (Some(runs), *missed),
            Known::Within(_) | Known::Nothing => (None, 0),
        };
        let done = |runs: &Runs| runs.partition_point(|run| run.done() <= moment);
        let mut walk = Self {
            runs,
            missed,
            done: runs.map_or(0, done),
            next: None,
            data: None,
            within: match newest.known {
                Known::Within(age) => Some(age),
                Known::Runs { .. } | Known::Nothing => None,
            },
        };
        walk.look();
        walk
    }

    /// The data just before a moment at which the next run is not done yet, or is just done.
    fn data_before(&self, at: i64) -> Option<i64> {
        match self.within {
            Some(age) => Some(at.saturating_sub(age.0)),
            None => self.data,
        }
    }

    /// Goes past the runs that are done at a moment.
    fn pass(&mut self, moment: i64) {
        while self.next.is_some_and(|done| done <= moment) {
            self.done += 1;
            self.look();
        }
    }

    /// Looks at the runs where it stands.
    fn look(&mut self) {
        let run = |at: usize| self.runs?.get(at);
        let last = self.done.checked_sub(self.missed.saturating_add(1));
        let (next, last) = (run(self.done), last.and_then(run));
        (self.next, self.data) = (next.map(Run::done), last.map(Run::data));
    }
}

/// The data at a moment; `done` counts the runs done by an earlier one, and is moved on.
fn data_by(newest: &Newest, done: &mut usize, at: i64) -> Option<i64> {
    match &newest.known {
        Known::Within(age) => Some(at.saturating_sub(age.0)),
        Known::Runs { runs, missed } => {
            while runs.get(*done).is_some_and(|run| run.done() <= at) {
                *done += 1;
            }
            let last = done.checked_sub(missed.saturating_add(1))?;
            runs.get(last).map(Run::data)
        }
        Known::Nothing => None,
    }
}

/// What a step's times come to, apart from what it reads.
#[derive(Clone, Debug)]
pub(crate) struct Rhythm {
    /// When it runs, in Unix seconds.
    pub starts: Starts,
    /// Jitter.
    pub late: i64,
    /// Greatest duration.
    pub long: i64,
    /// How many runs in a row may fail.
    pub missed: u32,
}

impl Rhythm {
    /// Whether a run may be going on at some moment.
    fn may_run(&self, from: i64, until: i64) -> bool {
        let length = Seconds(self.late.saturating_add(self.long));
        going_on(&self.starts, length, from, until).is_some()
    }
}

/// How a step takes what it reads; by default what is published when it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Read {
    /// It runs only if the writer has succeeded since it was last due.
    pub after: bool,
    /// The writer works in place: what a run may overlap is of no use.
    pub in_place: bool,
    /// Earlier versions stay beside a torn one.
    pub keeps_versions: bool,
}

/// What a step leaves, of what is in its source. `writer` is what fills the source; `finding` tells when that may be
/// empty, with what is in it while every run succeeds.
fn stage(
    source: &Newest,
    writer: Option<&Rhythm>,
    step: &Rhythm,
    read: Read,
    older_than: Option<Seconds>,
    finding: Option<(&Finding<'_>, &Newest)>,
) -> Newest {
    let mut runs = Vec::with_capacity(step.starts.len());
    let (mut torn, mut idle) = (false, false);
    // Starts ascend: what was done and due before one is looked for from the last on.
    let (mut by_start, mut due, mut due_nominally) = (0, 0, 0);
    for start in step.starts.iter().copied() {
        let mut done = start + step.late + step.long;
        let mut data = data_by(source, &mut by_start, start);
        // When the writer may be at work from: before that it is surely done.
        let mut busy = start;
        if let (true, Some(writer), Some(last)) =
            (read.after, writer, last_due(source, &mut due, start))
        {
            let ready = (start + step.late).max(last.start() + writer.late + writer.long);
            (done, data, busy) = (ready + step.long, Some(last.data()), ready);
        }
        let finds = finding.is_none_or(|(finding, nominal)| {
            // Who fails where nothing is missed those runs as well that found nothing since others were.
            let there = match finding.then {
                Then::Fails => nominal,
                Then::Idles | Then::Clears => source,
            };
            let waited = read.after && writer.is_some();
            let last = waited.then(|| last_due(there, &mut due_nominally, start));
            let reads = busy.max(start + step.late);
            finding.finds(there, last.flatten(), (start, reads))
        });
        if read.in_place && writer.is_some_and(|writer| writer.may_run(busy, done)) {
            torn = true;
        } else if !finds {
            let then = finding.map(|(finding, _)| finding.then);
            match then {
                _ if data.is_none() => {}
                Some(Then::Clears) => return Newest::NOTHING,
                Some(Then::Idles) => idle = true,
                _ => {}
            }
        } else if let Some(data) = data {
            let data = older_than.map_or(data, |age| data.min(start.saturating_sub(age.0)));
            runs.extend(Run::new(start, done, data));
        }
    }
    // A torn run is none that failed: nobody is told, and the count of misses begins anew.
    let torn = torn && (!read.keeps_versions || step.missed > 0);
    if runs.is_empty() || torn || (idle && step.missed > 0) {
        return Newest::NOTHING;
    }
    Newest {
        known: Known::Runs {
            runs: Runs::of(&runs, &step.starts),
            missed: usize::try_from(step.missed).unwrap_or(usize::MAX),
        },
        exact: source.exact,
    }
}

/// The last run of a writer that was due at a moment, done or not; `due` counts those due at an earlier
/// one, and is moved on.
fn last_due(source: &Newest, due: &mut usize, moment: i64) -> Option<Run> {
    let Known::Runs { runs, .. } = &source.known else {
        return None;
    };
    while runs.get(*due).is_some_and(|run| run.start() <= moment) {
        *due += 1;
    }
    runs.get(due.checked_sub(1)?)
}

/// The same without the step's phase: what is in the source arrives within `delay`, if it is there for so long.
fn within(source: &Newest, delay: Seconds, finding: Option<&Finding<'_>>) -> Newest {
    let known = match &source.known {
        Known::Nothing => Known::Nothing,
        Known::Within(_) if finding.is_some_and(|finding| !finding.lasts(source, delay)) => {
            Known::Nothing
        }
        Known::Within(age) => Known::Within(age.saturating_add(delay)),
        Known::Runs { runs, missed } => {
            let lasts = |run: &Run| finding.is_none_or(|by| !by.takes_within(*run, delay.0));
            let arrive = runs.changed(|run| run.later(delay).filter(|_| lasts(&run)));
            let clears = finding.is_some_and(|finding| finding.then != Then::Fails);
            match arrive.is_empty() || (clears && arrive.len() < runs.len()) {
                true => Known::Nothing,
                false => Known::Runs {
                    runs: arrive,
                    missed: *missed,
                },
            }
        }
    };
    Newest {
        known,
        exact: false,
    }
}

/// The newest versions of all copies.
#[derive(Clone, Debug, Default)]
pub struct Staleness {
    shapes: Vec<[Newest; 2]>,
    of: Table<CopyId, u32>,
    /// Of those in which the newest version may be gone before the next one comes.
    kept: BTreeMap<CopyId, u32>,
}

impl Staleness {
    /// What the newest version that has come to a copy is at every moment, though it may not lie there for long.
    #[must_use]
    pub fn of(&self, copy: CopyId, missed: Missed) -> &Newest {
        let shape = self.of.get(copy).map(|shape| *shape as usize);
        self.at(shape.unwrap_or(usize::MAX), missed)
    }

    /// The same of what lies there until the next one comes: nothing if it may be gone before.
    #[must_use]
    pub fn kept(&self, copy: CopyId, missed: Missed) -> &Newest {
        self.at(self.shape(copy), missed)
    }

    fn at(&self, shape: usize, missed: Missed) -> &Newest {
        match (self.shapes.get(shape), missed) {
            (Some([nominal, _]), Missed::Nominal) => nominal,
            (Some([_, guaranteed]), Missed::Guaranteed) => guaranteed,
            (None, _) => &Newest::NOTHING,
        }
    }

    /// Which copies are alike in this: the same number is the same newest version that is kept, at every moment.
    #[must_use]
    pub fn shape(&self, copy: CopyId) -> usize {
        let kept = self.kept.get(&copy).or_else(|| self.of.get(copy));
        kept.map_or(usize::MAX, |shape| *shape as usize)
    }
}

/// All that decides what a step makes of what is in its source.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: usize,
    read: Read,
    step: (usize, i64, i64, u32, i64),
    writer: Option<(usize, i64, i64)>,
    older_than: Option<Seconds>,
    emptied: Emptied,
}

struct Builder<'p> {
    plan: &'p Plan,
    shapes: Vec<[Newest; 2]>,
    index: BTreeMap<Key, usize>,
}

/// Works out the newest versions of all copies; sources stand before what is made of them.
pub(crate) fn staleness(plan: &Plan) -> Staleness {
    let copies = &plan.copies;
    let mut builder = Builder {
        plan,
        shapes: vec![
            [Newest::LIVE, Newest::LIVE],
            [Newest::NOTHING, Newest::NOTHING],
        ],
        index: BTreeMap::new(),
    };
    let mut of: Table<CopyId, u32> = Table::with_capacity(copies.len());
    for (_, copy) in copies.iter() {
        let shape = match (copy.made_by, copy.source) {
            (Some(step), Some(source)) => {
                let writer = copies.get(source).and_then(|source| source.made_by);
                let source = of.get(source).map_or(1, |shape| *shape as usize);
                builder.derived(copy, step, source, writer)
            }
            _ => 0,
        };
        of.push(u32::try_from(shape).unwrap_or(u32::MAX));
    }
    let kept = builder.kept(&of);
    Staleness {
        shapes: builder.shapes,
        of,
        kept,
    }
}

impl Builder<'_> {
    /// The shapes of what does not lie in its copy until the next one comes.
    fn kept(&mut self, of: &Table<CopyId, u32>) -> BTreeMap<CopyId, u32> {
        let mut out = BTreeMap::new();
        let mut known: BTreeMap<(u32, [bool; 2]), u32> = BTreeMap::new();
        for (id, copy) in self.plan.copies.iter() {
            let shape = of.get(id).copied().unwrap_or(1);
            let Some(pair) = self.shapes.get(shape as usize) else {
                continue;
            };
            if empties(self.plan, copy).next().is_none() {
                continue;
            }
            let lasts = [0, 1].map(|at| {
                let newest = pair.get(at);
                newest.is_none_or(|newest| emptied::lasts(self.plan, copy, newest))
            });
            if lasts == [true, true] {
                continue;
            }
            let next = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
            let new = *known.entry((shape, lasts)).or_insert(next);
            if new == next {
                let [nominal, guaranteed] = pair.clone();
                let [is_nominal, is_guaranteed] = lasts;
                let kept = |newest, lasts| if lasts { newest } else { Newest::NOTHING };
                let new = [kept(nominal, is_nominal), kept(guaranteed, is_guaranteed)];
                self.shapes.push(new);
            }
            out.insert(id, new);
        }
        out
    }

    fn derived(
        &mut self,
        copy: &Copy,
        step: StepId,
        source: usize,
        writer: Option<StepId>,
    ) -> usize {
        let cadence = self.plan.cadences[step];
        // What is on demand has no calendar, and of a part that is moved some never comes.
        let comes = copy.enter.delay.high() < FOR_EVER;
        let Some(calendar) = self.plan.calendars.number(step).filter(|_| comes) else {
            return 1;
        };
        let read = self.read(copy, step, writer);
        let of_writer = writer.and_then(|writer| {
            let cadence = self.plan.cadences[writer];
            let calendar = self.plan.calendars.number(writer)?;
            Some((calendar, cadence.jitter.0, cadence.duration.high().0))
        });
        let key = Key {
            source,
            read,
            step: (
                calendar,
                cadence.jitter.0,
                cadence.duration.high().0,
                cadence.missed,
                cadence.narrowest.map_or(0, |n| n.0),
            ),
            writer: of_writer.filter(|_| read != Read::default()),
            older_than: copy.enter.older_than.as_ref().map(|age| age.high()),
            emptied: Emptied::of(self.plan, copy, step),
        };
        if let Some(shape) = self.index.get(&key) {
            return *shape;
        }
        let starts = (
            self.plan.calendars.starts(step),
            writer.and_then(|writer| self.plan.calendars.starts(writer)),
        );
        let finding = (!key.emptied.is_none()).then(|| {
            let by: Vec<StepId> = emptied_by(self.plan, copy).collect();
            key.emptied.with(self.plan, by.iter().copied())
        });
        let sources = self.shapes.get(source);
        let made = [Missed::Nominal, Missed::Guaranteed].map(|missed| match (sources, missed) {
            (Some([from, _]), Missed::Nominal) | (Some([_, from]), Missed::Guaranteed) => {
                let nominal = sources.map_or(from, |[nominal, _]| nominal);
                let finding = finding.as_ref().map(|finding| (finding, nominal));
                made(from, &key, cadence, missed, starts, finding)
            }
            (None, _) => Newest::NOTHING,
        });
        let shape = self.shapes.len();
        self.shapes.push(made);
        self.index.insert(key, shape);
        shape
    }

    fn read(&self, copy: &Copy, step: StepId, writer: Option<StepId>) -> Read {
        let Some(writer_id) = writer else {
            return Read::default();
        };
        let (step, writer) = (
            &self.plan.model.steps[step],
            &self.plan.model.steps[writer_id],
        );
        let in_place = matches!(&writer.verb, Verb::Capture(parts) if !parts.atomic);
        Read {
            after: after_is_enforced(step, writer_id, writer),
            in_place,
            keeps_versions: in_place && copy.history,
        }
    }
}

fn made(
    from: &Newest,
    key: &Key,
    cadence: Cadence,
    missed: Missed,
    (starts, of_writer): (Option<&Starts>, Option<&Starts>),
    finding: Option<(&Finding<'_>, &Newest)>,
) -> Newest {
    let (late, long) = (cadence.jitter.0, cadence.duration.high().0);
    let (missed, widest) = match missed {
        Missed::Nominal => (0, cadence.widest),
        Missed::Guaranteed => (cadence.missed, cadence.widest_missed),
    };
    let writer = key.writer.zip(of_writer);
    if key.read.in_place && writer.is_none() {
        // The writer runs too often for a list: some of it is always half written.
        return Newest::NOTHING;
    }
    let period = cadence.narrowest.map_or(1, |n| n.0).max(1);
    let (Some(starts), true) = (starts, late + long < period) else {
        if key.read.in_place {
            return Newest::NOTHING;
        }
        // Runs that are still going on when the next one is due keep it from starting.
        let kept_off = (late + long) / period;
        let gap = cadence
            .widest
            .zip(widest)
            .map(|(one, all)| all.saturating_add(one.saturating_mul(kept_off)));
        // What was old enough when the step ran had been in its source when it was younger.
        let age = key.older_than.unwrap_or_default();
        let delay = gap.map(|gap| gap.saturating_add(age).saturating_add(Seconds(late + long)));
        let finding = finding.map(|(finding, _)| finding);
        return delay.map_or(Newest::NOTHING, |delay| within(from, delay, finding));
    };
    let step = Rhythm {
        starts: Arc::clone(starts),
        late,
        long,
        missed,
    };
    let writer = key
        .writer
        .zip(of_writer)
        .map(|((_, late, long), starts)| Rhythm {
            starts: Arc::clone(starts),
            late,
            long,
            missed: 0,
        });
    stage(
        from,
        writer.as_ref(),
        &step,
        key.read,
        key.older_than,
        finding,
    )
}

#[cfg(test)]
#[path = "staleness/tests.rs"]
mod tests;
