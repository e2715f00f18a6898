//! What is taken out of a copy again before somebody reads it there.
//!
//! A move, a clean-up or a rule may empty a place after it was filled and before the step comes that reads it. A run
//! that finds nothing fails, and leaves what it had brought before as it is; but a sync makes its destination as empty,
//! and a move has nothing to do. So runs count of which it is sure that what was brought last is still there when they
//! read: nothing empties the place from when that may have come until the run may start at the latest. Live data is never
//! asked about: what is new there is there. Nor are rules that clear a part of it only, since the rest stays.

use thrice_model::{AgeClock, StepId, Verb};
use thrice_quantity::Seconds;

use super::{Known, Newest, Run};
use crate::Plan;
use crate::calendar::{Starts, after_is_enforced, midnight};
use crate::copies::{Copy, CopyKind, Leave, takes_part};

/// How something empties a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Emptying {
    /// It takes what has this age, in seconds: that of its data, or counted from when it came.
    age: i64,
    of_data: bool,
    /// The number of its calendar; `None`: it may come at any time.
    calendar: Option<usize>,
    jitter: i64,
    /// Its shortest duration.
    short: i64,
    /// From when on, and until when at most.
    lives: (i64, i64),
    /// It does not start before the reader is done that is due then.
    waits: bool,
}

/// What decides whether a step finds what was brought to its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Emptied {
    by: Vec<Emptying>,
    /// How long a run takes at least that fills the source.
    short: i64,
    /// What the reader does with an empty source.
    pub(super) then: Then,
}

/// What a run does that finds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Then {
    /// It fails, and leaves what is there.
    #[default]
    Fails,
    /// It has nothing to do.
    Idles,
    /// It deletes what is there.
    Clears,
}

/// The steps that may empty a copy's source before the copy's own step reads it, so far as times do not forbid it.
pub(crate) fn emptied_by(plan: &Plan, copy: &Copy) -> impl Iterator<Item = StepId> {
    let source = copy.source.map(|source| &plan.copies[source]);
    let source = source.into_iter();
    let steps = source.flat_map(|source| empties(plan, source));
    steps.filter(|by| copy.made_by != Some(*by))
}

/// The steps that take away what is in a copy, by its age or at once.
pub(crate) fn empties(plan: &Plan, copy: &Copy) -> impl Iterator<Item = StepId> {
    let copy = Some(copy).filter(|copy| copy.kind != CopyKind::Live);
    copy.into_iter().flat_map(move |copy| {
        let leaves = copy.leaves.iter().filter(move |leave| {
            let by = leave.by();
            let step = &plan.model.steps[by];
            match (leave, &step.verb) {
                (Leave::AfterEntering { .. } | Leave::AtAge { .. }, Verb::Expire { .. }) => {
                    plan.clears_all(by, copy)
                }
                // What a move refuses to bring it leaves where it is.
                (Leave::Into { copy: into, .. }, Verb::Move { .. }) => {
                    !takes_part(step, copy) && plan.brings_one(&plan.copies[*into]).is_none()
                }
                // A capture cleans up behind its newest version.
                _ => false,
            }
        });
        leaves.map(Leave::by)
    })
}

impl Emptying {
    fn of(plan: &Plan, by: StepId, reader: Option<StepId>) -> Option<Self> {
        let steps = &plan.model.steps;
        let (age, clock) = match &steps[by].verb {
            Verb::Expire { after, clock, .. } => (after.low().0, Some(*clock)),
            Verb::Move { older_than } => match older_than {
                Some((age, clock, _)) => (age.0, Some(*clock)),
                None => (0, None),
            },
            _ => return None,
        };
        let cadence = &plan.cadences[by];
        let calendar = plan.calendars.number(by);
        let life = steps[by].lifetime;
        let ends = |until| {
            let late = plan.late_days(until).saturating_mul(Seconds::DAY.0);
            midnight(until).saturating_add(late)
        };
        // Runs are listed as if what is there from the first day on had always been.
        let begins = match life.from <= plan.model.policy.start {
            true => i64::MIN,
            false => midnight(life.from),
        };
        let waits = |reader| after_is_enforced(&steps[by], reader, &steps[reader]);
        Some(Self {
            age,
            of_data: matches!(clock, Some(AgeClock::Mtime | AgeClock::Use)),
            calendar: calendar.filter(|_| plan.calendars.starts(by).is_some()),
            jitter: cadence.jitter.0,
            short: cadence.duration.low().0,
            lives: (begins, life.until.map_or(i64::MAX, ends)),
            waits: reader.is_some_and(waits),
        })
    }
}

impl Emptied {
    pub(super) fn of(plan: &Plan, copy: &Copy, step: StepId) -> Self {
        let by = emptied_by(plan, copy);
        let by = by.filter_map(|by| Emptying::of(plan, by, Some(step)));
        let mut by: Vec<Emptying> = by.collect();
        if by.is_empty() {
            return Self::default();
        }
        by.sort_unstable();
        by.dedup();
        let writer = copy.source.and_then(|source| plan.copies[source].made_by);
        Self {
            by,
            short: writer.map_or(0, |writer| plan.cadences[writer].duration.low().0),
            then: match plan.model.steps[step].verb {
                Verb::Sync { .. } => Then::Clears,
                Verb::Move { .. } => Then::Idles,
                _ => Then::Fails,
            },
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.by.is_empty()
    }

    /// The same with the runs of those that empty the place.
    pub(super) fn with<'p>(
        &self,
        plan: &'p Plan,
        steps: impl Iterator<Item = StepId> + Clone,
    ) -> Finding<'p> {
        let starts = |number: usize| {
            let mut steps = steps.clone();
            let of = steps.find(|step| plan.calendars.number(*step) == Some(number))?;
            plan.calendars.starts(of)
        };
        let by = self.by.iter();
        Finding {
            by: by
                .map(|by| (by.clone(), by.calendar.and_then(starts)))
                .collect(),
            short: self.short,
            then: self.then,
        }
    }
}

/// Whether what is newest in a copy surely lies there until the next one does. What somebody moves on when he likes is in
/// the one place or in the other, and is not asked about; nor who does it for a part of the time only.
pub(super) fn lasts(plan: &Plan, copy: &Copy, newest: &Newest) -> bool {
    let by = empties(plan, copy).filter_map(|by| {
        let emptying = Emptying::of(plan, by, None)?;
        let is_move = matches!(plan.model.steps[by].verb, Verb::Move { .. });
        let starts = emptying.calendar.and_then(|_| plan.calendars.starts(by));
        let (own, life) = (copy.lifetime, plan.model.steps[by].lifetime);
        let ends_before = life
            .until
            .is_some_and(|ends| own.until.is_none_or(|own| ends < own));
        let always = life.from <= own.from && !ends_before;
        (always && (starts.is_some() || !is_move)).then_some((emptying, starts))
    });
    let by: Vec<(Emptying, Option<&Starts>)> = by.collect();
    if by.is_empty() {
        return true;
    }
    let short = copy
        .made_by
        .map_or(0, |step| plan.cadences[step].duration.low().0);
    let finding = Finding {
        by,
        short,
        then: Then::Fails,
    };
    match &newest.known {
        Known::Nothing => true,
        Known::Within(_) => finding.lasts(newest, Seconds::ZERO),
        Known::Runs { runs, missed } => {
            let next = runs.iter().skip(missed.saturating_add(1));
            let mut pairs = runs.iter().zip(next);
            !pairs.any(|(run, next)| finding.takes_within(run, next.done() - run.done() - 1))
        }
    }
}

/// What empties a place, and when.
pub(super) struct Finding<'p> {
    by: Vec<(Emptying, Option<&'p Starts>)>,
    short: i64,
    pub(super) then: Then,
}

impl Finding<'_> {
    /// Whether what is newest in a source is surely there when a run reads it that is due at a moment and reads at
    /// another one at the latest. `last`: it waits for what was due last.
    pub(super) fn finds(
        &self,
        source: &Newest,
        last: Option<Run>,
        (due, reads): (i64, i64),
    ) -> bool {
        let (came, data) = match (&source.known, last) {
            (Known::Within(age), _) => {
                let at = due.saturating_sub(age.0);
                (at, at)
            }
            (Known::Runs { .. }, last) => match last.or_else(|| source.run_at(due)) {
                Some(run) => (run.start().saturating_add(self.short), run.data()),
                None => return false,
            },
            (Known::Nothing, _) => return false,
        };
        !self.takes((came, data), due, reads)
    }

    /// Whether what came with a run may be gone so long after that was done.
    pub(super) fn takes_within(&self, run: Run, delay: i64) -> bool {
        let came = run.start().saturating_add(self.short);
        let reads = run.done().saturating_add(delay);
        self.takes((came, run.data()), reads, reads)
    }

    /// Whether what is in a source without a calendar is there until it is read, so long after.
    pub(super) fn lasts(&self, source: &Newest, delay: Seconds) -> bool {
        let Known::Within(age) = source.known else {
            return false;
        };
        let long = age.saturating_add(delay).0;
        self.by.iter().all(|(by, _)| by.age > long)
    }

    fn takes(&self, (came, data): (i64, i64), due: i64, reads: i64) -> bool {
        self.by.iter().any(|(by, starts)| {
            let since = if by.of_data { data } else { came };
            let ripe = since.saturating_add(by.age).max(came);
            let (begins, ends) = by.lives;
            let Some(starts) = starts else {
                return ripe.max(begins) <= reads && came < ends;
            };
            let is_before = |start: &i64| *start < begins || start.saturating_add(by.jitter) < ripe;
            let next = starts.partition_point(is_before);
            starts.get(next).is_some_and(|start| {
                let in_time = start.saturating_add(by.short) <= reads;
                in_time && *start < ends && !(by.waits && *start >= due)
            })
        })
    }
}
