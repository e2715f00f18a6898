//! Obligation 11: steps that exclude each other never meet, readers start after writers have published, stores take
//! snapshots of themselves when nothing is half written there, a mirror is asked after when it is done, each run fits into its period and through its line, and so do all that share one.
//!
//! Unknown are durations and jitter. Two runs meet for some values of them if and only if they meet when
//! each may go on from its planned start to its latest end, so the upper ends decide, on every run of the
//! real calendar up to the horizon, both changes of the clocks a year included: *evaluated*. Where none
//! meet, it is looked at whether they do in what a late phase adds to the time in which both exist. What a person
//! does by hand at a stated time runs then, if at all: it meets whom a program would meet. What runs on demand has no time
//! of which anything could be said; it is left out, and so are the lines of people, who may carry a disk instead.
//!
//! One file a kind of rule.

mod asked;
mod at_once;
mod exclusive;
mod first;
mod fit;
mod line;
mod played;
mod readers;
mod shots;
mod users;
mod way;

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{Lifetime, Named, Obligation, Phase, RunnerKind, Step, StepId};
use thrice_plan::Plan;
use thrice_plan::calendar::{Starts, midnight, still_going_on};
use thrice_quantity::Seconds;

use super::lateness::{self, phase_on};
use crate::acceptance;
use crate::context::Context;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::instant;
use played::Told;

pub(super) const LATE: Code = Code("T2110");
/// How many steps a message points at.
const SHOWN: usize = 6;

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut found = Vec::new();
    exclusive::check(context, &mut found);
    readers::check(context, &mut found);
    shots::check(context, &mut found);
    asked::check(context, &mut found);
    let unchecked = fit::check(context, &mut found);
    first::check(context, &mut found);
    let holds = found
        .iter()
        .all(|told| told.finding.diagnostic.severity != Severity::Error);
    for told in found {
        if played::is_borne_out(context, out, &told.case) {
            out.findings.push(told.finding);
        }
    }
    let note = match unchecked {
        0 => String::new(),
        1 => "the line of one step is not checked: no speed or no size is stated".to_owned(),
        count => {
            format!("the lines of {count} steps are not checked: no speed or no size is stated")
        }
    };
    let said = Said {
        obligation: Obligation::TimeTable,
        engine: Engine::Evaluated,
        holds,
        note: note.into(),
    };
    let subjects = context.subjects();
    out.verdicts
        .push([subjects.policy()], subjects.always(), said);
}

/// The table of a policy, to ask for how long a step may take.
pub(crate) struct Table<'c, 'p> {
    context: &'c Context<'p>,
    shared: exclusive::Shared,
    readers: BTreeSet<(StepId, StepId)>,
    shots: shots::Shots,
    /// The steps that the end of each one begins.
    followers: BTreeMap<StepId, Vec<StepId>>,
}

impl<'c, 'p> Table<'c, 'p> {
    /// `None` where the verdict does not hold as things are.
    pub(crate) fn holding(context: &'c Context<'p>) -> Option<Self> {
        let out = Self {
            context,
            shared: exclusive::Shared::new(context),
            readers: readers::pairs(context),
            shots: shots::Shots::new(context),
            followers: context.plan.model.followers(),
        };
        let mut steps = context.plan.model.steps.ids();
        let holds = fits(context)
            && steps.all(|id| !out.fails_with(id, context.plan.cadences[id].duration.high()));
        holds.then_some(out)
    }

    /// Whether the verdict fails if a step may take as long as this, and all others as long as they do. A
    /// longer bound never makes a run too long for its line or its period.
    pub(crate) fn fails_with(&self, id: StepId, duration: Seconds) -> bool {
        let Some(rhythm) = Rhythm::of(self.context, id) else {
            return false;
        };
        let rhythm = rhythm.lasting(duration);
        // What its end begins may start as late as it is done.
        let followers = self.followers.get(&id).into_iter().flatten();
        let mut followers = followers.filter_map(|follower| {
            let follower = *follower;
            let other = Rhythm::of(self.context, follower)?;
            let own = other.length.saturating_sub(other.late);
            let late = rhythm.length;
            Some((follower, Rhythm { late, ..other }.lasting(own)))
        });
        self.fails_at(id, rhythm) || followers.any(|(id, rhythm)| self.fails_at(id, rhythm))
    }

    /// The same of one step with another rhythm.
    fn fails_at(&self, id: StepId, rhythm: Rhythm) -> bool {
        self.shared.fails_with(self.context, id, rhythm)
            || readers::fails_with(self.context, &self.readers, id, rhythm)
            || self.shots.fails_with(self.context, id, rhythm)
            || asked::fails_with(self.context, id, rhythm)
    }
}

/// Whether each run fits into its period, and what it carries through its line: all that sizes matter to.
pub(crate) fn fits(context: &Context<'_>) -> bool {
    let mut found = Vec::new();
    fit::check(context, &mut found);
    let is_error = |told: &Told| told.finding.diagnostic.severity == Severity::Error;
    !found.iter().any(is_error)
}

/// By which acceptance what is told of some things together is covered: who accepts that one step meets another one
/// accepts no meeting of others.
fn rank<const N: usize>(context: &Context<'_>, named: [&Named; N]) -> usize {
    let names = named.map(|named| named.name.as_str());
    acceptance::rank(context.plan, Obligation::TimeTable, names)
}

fn finding(diagnostic: Diagnostic, subjects: Vec<String>) -> Finding {
    Finding {
        diagnostic: diagnostic
            .about(subjects.join(" "))
            .by(Engine::Evaluated.word()),
        obligation: Obligation::TimeTable,
        classes: Vec::new(),
        subjects,
        fault: None,
        floor: false,
    }
}

/// A step's runs. Steps whose rhythms are equal in all fields are looked at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Rhythm {
    /// The number of its calendar.
    calendar: usize,
    /// How far apart its runs are, in seconds, where that is always the same.
    apart: Option<i64>,
    late: Seconds,
    /// From the planned start to the latest end.
    length: Seconds,
    /// When the step begins and ceases to exist, within the horizon.
    from: i64,
    until: i64,
    /// When it ceases to exist if phases come as late as they may.
    latest: i64,
    /// Whether it ceases to exist before the horizon: else its runs go on after it.
    ends: bool,
}

impl Rhythm {
    /// `None` for what has no times of its own.
    fn of(context: &Context<'_>, id: StepId) -> Option<Self> {
        let plan = context.plan;
        let step = &plan.model.steps[id];
        if step.runner.kind == RunnerKind::Lifecycle {
            return None;
        }
        let cadence = &plan.cadences[id];
        plan.calendars.starts(id)?;
        let calendar = plan.calendars.number(id)?;
        let (from, until, latest) = stays(plan, step.lifetime);
        Some(Self {
            calendar,
            apart: plan.calendars.apart(calendar),
            late: cadence.jitter,
            length: cadence.jitter.saturating_add(cadence.duration.high()),
            from,
            until,
            latest,
            ends: ends(plan, step.lifetime),
        })
    }

    /// The moment from which on it has no runs any more; `late`: if phases come as late as they may.
    const fn over(&self, late: bool) -> i64 {
        match (self.ends, late) {
            (false, _) => i64::MAX,
            (true, false) => self.until,
            (true, true) => self.latest,
        }
    }
}

/// Whether something ceases to exist before the horizon.
fn ends(plan: &Plan, lifetime: Lifetime) -> bool {
    lifetime
        .until
        .is_some_and(|end| end < plan.model.policy.end)
}

/// When something begins and ceases to exist, within the horizon, and when it does if phases come as late as they may.
fn stays(plan: &Plan, lifetime: Lifetime) -> (i64, i64, i64) {
    let policy = &plan.model.policy;
    let end = lifetime.until.unwrap_or(policy.end);
    let latest = end.checked_add(plan.late_days(end).days());
    let latest = latest.unwrap_or(end);
    let [until, latest] = [end, latest].map(|day| midnight(day.min(policy.end)));
    (midnight(lifetime.from.max(policy.start)), until, latest)
}

/// How often runs of one step meet runs of another.
#[derive(Clone, Copy)]
struct Meetings {
    /// Runs of the first while both exist.
    runs: usize,
    /// Those of them that may meet.
    hits: usize,
    /// The first two that meet, by their planned starts.
    first: Option<(i64, i64)>,
    /// From when on both exist only if a phase is late, where they meet after that alone.
    overtime: Option<i64>,
}

impl Meetings {
    /// Whether no run is safe.
    const fn always(&self) -> bool {
        self.overtime.is_none() && self.hits > 0 && self.hits == self.runs
    }
}

impl Rhythm {
    /// The same if a run took so long.
    fn lasting(self, duration: Seconds) -> Self {
        Self {
            length: self.late.saturating_add(duration),
            ..self
        }
    }
}

/// The planned starts of `a` while both exist, each with that of a run of `b` that may be going on in the
/// first `window` from it.
fn runs<'s>(
    (a, starts): (&Rhythm, &'s Starts),
    (b, others): (&'s Rhythm, &'s Starts),
    window: Seconds,
) -> impl Iterator<Item = (i64, Option<i64>)> + use<'s> {
    let while_both = (a.from.max(b.from), a.until.min(b.until));
    runs_within(starts, (b, others), window, (while_both, b.over(false)))
}

/// The same from one moment up to another, if `b` has no runs from some moment on.
fn runs_within<'s>(
    starts: &'s Starts,
    (b, others): (&'s Rhythm, &'s Starts),
    window: Seconds,
    ((from, until), over): ((i64, i64), i64),
) -> impl Iterator<Item = (i64, Option<i64>)> + use<'s> {
    let first = starts.partition_point(|start| *start < from);
    // What was due before the other one began is no run of it, and must not stand before those that are.
    let begun = others.partition_point(|other| *other < b.from);
    let mut others: &[i64] = others.get(begun..).unwrap_or_default();
    let starts = starts.iter().skip(first).copied();
    starts
        .take_while(move |start| *start < until)
        .map(move |start| {
            // What is over by now is over for all later runs.
            others = still_going_on(others, b.length, start);
            let meets = others.first().copied();
            let meets = meets.filter(|other| *other < start.saturating_add(window.0));
            let meets = meets.filter(|other| *other < over);
            (start, meets)
        })
}

/// How often runs of two steps meet; where they never do, whether they do if a phase is late.
fn meetings_however_late(
    a: (&Rhythm, &Starts),
    b: (&Rhythm, &Starts),
    window: Seconds,
) -> Meetings {
    let met = meetings(a, b, window);
    match met.hits {
        0 => overtime(a, b, window).unwrap_or(met),
        _ => met,
    }
}

/// The meetings of two steps that both exist for longer than is written if a phase is late. What begins when another
/// one ends does so however late that is.
fn overtime(
    (a, starts): (&Rhythm, &Starts),
    (b, others): (&Rhythm, &Starts),
    window: Seconds,
) -> Option<Meetings> {
    let (until, latest) = (a.until.min(b.until), a.latest.min(b.latest));
    if a.from.max(b.from) >= until || latest <= until {
        return None;
    }
    let later = ((until, latest), b.over(true));
    let runs = runs_within(starts, (b, others), window, later);
    let runs: Vec<(i64, Option<i64>)> = runs.collect();
    let mut hits = runs
        .iter()
        .filter_map(|(start, meets)| Some((*start, (*meets)?)));
    let first = hits.next()?;
    Some(Meetings {
        runs: runs.len(),
        hits: hits.count() + 1,
        first: Some(first),
        overtime: Some(until),
    })
}

/// Where two steps meet only if a phase is late, the day that is written for it, and by how many days it is late for both
/// to run: each exists up to the day on which the phase comes.
fn overdue(context: &Context<'_>, met: &Meetings) -> Option<(Date, i64)> {
    let (until, (start, other)) = (met.overtime?, met.first?);
    let days = start.max(other).saturating_sub(until);
    let mut periods = context.plan.periods.iter().map(|period| period.from);
    let ended = periods.find(|day| midnight(*day) == until)?;
    Some((ended, days.div_euclid(Seconds::DAY.0) + 1))
}

/// A finding about steps that meet only if a phase is late, as such; any other one as it is.
fn if_late(context: &Context<'_>, met: &Meetings, diagnostic: Diagnostic) -> Diagnostic {
    let Some((day, days)) = overdue(context, met) else {
        return diagnostic;
    };
    let phase = phase_on(context, day);
    let late: Vec<(&Phase, i64)> = phase.into_iter().map(|phase| (phase, days)).collect();
    let when = lateness::words(&late).unwrap_or_default();
    let help = diagnostic.help.unwrap_or_default();
    let found = Diagnostic {
        code: LATE,
        severity: Severity::Warning,
        message: format!("{} if {when}", diagnostic.message),
        help: Some(format!("{help}; or promise a smaller `slip`")),
        ..diagnostic
    };
    lateness::point_at(&late, found)
}

/// Counts the runs of `a` for which a run of `b` may be going on in the first `window` from the start.
fn meetings(a: (&Rhythm, &Starts), b: (&Rhythm, &Starts), window: Seconds) -> Meetings {
    if let Some(found) = in_step(a, b, window) {
        return found;
    }
    let mut out = Meetings {
        runs: 0,
        hits: 0,
        first: None,
        overtime: None,
    };
    for (start, meets) in runs(a, b, window) {
        out.runs += 1;
        if let Some(other) = meets {
            out.hits += 1;
            out.first = out.first.or(Some((start, other)));
        }
    }
    out
}

/// The same where the runs of both are always as far apart: then each run of `a` is as far from the first run of
/// `b` that is not over as every other one, if the first and the last of them are.
fn in_step(
    (a, starts): (&Rhythm, &Starts),
    (b, others): (&Rhythm, &Starts),
    window: Seconds,
) -> Option<Meetings> {
    a.apart.filter(|apart| b.apart == Some(*apart))?;
    let (from, until) = (a.from.max(b.from), a.until.min(b.until));
    let first = starts.partition_point(|start| *start < from);
    let starts = starts.get(first..starts.partition_point(|start| *start < until))?;
    let ahead = |start: i64| {
        let over = |other: &i64| other.saturating_add(b.length.0) <= start;
        let next = others.get(others.partition_point(over))?;
        Some(next.saturating_sub(start))
    };
    let distance = ahead(*starts.first()?)?;
    let other = |start: i64| start.saturating_add(distance);
    let (first, last) = (*starts.first()?, *starts.last()?);
    // Where the first is due before the other one begins, a later run of that one may be in its place.
    if ahead(last)? != distance || other(first) < b.from || other(last) >= b.over(false) {
        return None;
    }
    let hit = match distance < window.0 {
        true => starts,
        false => &[],
    };
    Some(Meetings {
        runs: starts.len(),
        hits: hit.len(),
        first: hit.first().map(|start| (*start, other(*start))),
        overtime: None,
    })
}

/// Whether [`Meetings::always`] would say so.
fn always(a: (&Rhythm, &Starts), b: (&Rhythm, &Starts), window: Seconds) -> bool {
    if let Some(found) = in_step(a, b, window) {
        return found.always();
    }
    let mut runs = runs(a, b, window).peekable();
    runs.peek().is_some() && runs.all(|(_, meets)| meets.is_some())
}

/// A step and what its schedule says, to be pointed at.
fn says_when(context: &Context<'_>, id: StepId) -> (String, Span) {
    let step = &context.plan.model.steps[id];
    let cadence = &context.plan.cadences[id];
    let stated = match step.timing.duration_stated {
        Some(_) => "",
        None => ", the default",
    };
    let text = format!(
        "`{}` may take {}{stated}",
        step.named.name,
        cadence.duration.high()
    );
    let span = step.timing.schedule.as_ref().map(|(_, span)| *span);
    (text, span.unwrap_or(step.named.span))
}

/// Points at some of many steps, each once.
fn pointing(context: &Context<'_>, mut diagnostic: Diagnostic, steps: &[StepId]) -> Diagnostic {
    let mut told: Vec<StepId> = Vec::new();
    for id in steps {
        if !told.contains(id) && told.len() < SHOWN {
            told.push(*id);
            let (text, _) = says_when(context, *id);
            diagnostic = diagnostic.at(context.plan.model.steps[*id].named.span, text);
        }
    }
    diagnostic
}

/// "`dump` starts, and may be at work until 2026-02-15 03:05 UTC".
fn at_work(step: &Step, start: i64, length: Seconds) -> String {
    format!(
        "`{}` starts, and may be at work until {}",
        step.named.name,
        instant(start.saturating_add(length.0))
    )
}

fn names(context: &Context<'_>, steps: impl IntoIterator<Item = StepId>) -> Vec<String> {
    let steps: std::collections::BTreeSet<StepId> = steps.into_iter().collect();
    steps
        .into_iter()
        .map(|id| context.plan.model.steps[id].named.name.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A step whose runs are this far apart, from the first of its list on.
    fn rhythm(apart: i64, (late, long): (i64, i64), (from, lasts): (i64, i64)) -> Rhythm {
        Rhythm {
            calendar: 0,
            apart: Some(apart),
            late: Seconds(late),
            length: Seconds(late + long),
            from,
            until: from + lasts,
            latest: from + lasts,
            ends: true,
        }
    }

    fn starts(first: i64, apart: i64, count: i64) -> Starts {
        (0..count).map(|run| first + run * apart).collect()
    }

    #[test]
    fn a_run_from_before_a_step_began_hides_none_after_it() {
        // The other one would be at work since 0, but begins to exist at 5; its run at 10 is met.
        let (a, b) = (rhythm(20, (0, 10), (5, 40)), rhythm(10, (0, 8), (5, 40)));
        let (own, others) = (starts(5, 20, 2), starts(0, 10, 9));
        for apart in [Some(20), None] {
            let a = Rhythm { apart, ..a };
            let met = meetings((&a, &own), (&b, &others), Seconds(10));
            assert_eq!((met.runs, met.hits, met.first), (2, 2, Some((5, 10))));
            assert!(always((&a, &own), (&b, &others), Seconds(10)));
        }
        let in_step = rhythm(10, (0, 10), (5, 40));
        let met = meetings((&in_step, &starts(5, 10, 4)), (&b, &others), Seconds(10));
        assert_eq!((met.runs, met.hits, met.first), (4, 4, Some((5, 10))));
    }

    #[test]
    fn nobody_meets_a_run_from_after_a_step_has_ended() {
        let a = rhythm(10, (0, 5), (0, 100));
        let (own, others) = (starts(8, 10, 3), starts(0, 10, 9));
        // Each run would meet the next one of the other step, the last of which is due at 10 or at 20.
        for (lasts, hits) in [(10, 0), (11, 1), (20, 1), (21, 2)] {
            let b = rhythm(10, (0, 1), (0, lasts));
            let met = meetings((&a, &own), (&b, &others), Seconds(5));
            assert_eq!(
                (met.hits, met.always()),
                (hits, hits == met.runs),
                "{lasts}"
            );
            let goes_on = Rhythm { ends: false, ..b };
            let met = meetings((&a, &own), (&goes_on, &others), Seconds(5));
            assert!(
                met.always(),
                "what ends with the horizon goes on after it: {lasts}"
            );
        }
    }

    proptest! {
        /// Lists that begin and end anywhere, runs longer than their distance, steps that come and go.
        #[test]
        fn runs_in_step_meet_as_they_do_one_by_one(
            apart in 1_i64..12,
            (first, count) in (0_i64..20, 1_i64..12),
            (other_first, other_count) in (0_i64..20, 1_i64..12),
            (a, a_there) in ((0_i64..5, 0_i64..20), (0_i64..60, 0_i64..120)),
            (b, b_there) in ((0_i64..5, 1_i64..20), (0_i64..60, 0_i64..120)),
            window in 1_i64..25,
        ) {
            let (a, b) = (rhythm(apart, a, a_there), rhythm(apart, b, b_there));
            let (own, others) = (starts(first, apart, count), starts(other_first, apart, other_count));
            let window = Seconds(window);
            let quick = meetings((&a, &own), (&b, &others), window);
            let unknown = Rhythm { apart: None, ..a };
            let counted = meetings((&unknown, &own), (&b, &others), window);
            prop_assert_eq!((quick.runs, quick.hits), (counted.runs, counted.hits));
            prop_assert_eq!(quick.first, counted.first);
            prop_assert_eq!(
                always((&a, &own), (&b, &others), window),
                always((&unknown, &own), (&b, &others), window)
            );
        }
    }
}
