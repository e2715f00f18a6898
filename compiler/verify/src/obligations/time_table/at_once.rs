//! What several steps carry at once goes through the line that they share.
//!
//! Runs that begin and must be done within a window have to be carried within it: if they are more than the line
//! carries in so long a time, one of them is late, in whatever order they take it. And if there is no such window,
//! all are in time if the line always takes first what is due first. It is sure where they are too much with the
//! least that they carry, over all of the time in which each may be at work; else they may be, with the most, and
//! each as late as it may start.
//!
//! The two ways of a host's line are two lines, as one that passes something on takes it in and gives it out at once. A network is
//! one for all that it joins. What an object storage takes in is not bounded: its `link` says how fast it gives.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::{Diagnostic, Severity};
use thrice_model::{HostId, StepId};
use thrice_quantity::{Bytes, Seconds};

use super::super::story::in_time;
use super::played::{Case, Told};
use super::way::{self, Legs, TOO_SLOW};
use super::{Meetings, Rhythm, SHOWN, at_work, finding, if_late, pointing, rank};
use crate::context::Context;
use crate::wording::{instant, some};

/// A line that steps share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Out(HostId),
    Into(HostId),
    /// By its place.
    Network(usize),
}

/// What a step carries over a line.
#[derive(Clone)]
struct Load {
    id: StepId,
    /// What it is told by itself.
    alone: Option<Severity>,
    least: Bytes,
    most: Bytes,
}

/// What is carried over each line.
#[derive(Default)]
pub(super) struct Loads(BTreeMap<Line, Vec<Load>>);

impl Loads {
    /// Adds what one step carries, each part with its ways.
    pub(super) fn add<'l>(
        &mut self,
        context: &Context<'_>,
        (id, alone): (StepId, Option<Severity>),
        parts: impl Iterator<Item = (&'l Legs, (Bytes, Bytes))>,
    ) {
        for (legs, (least, most)) in parts {
            for line in lines(context, legs) {
                let loads = self.0.entry(line).or_default();
                match loads.last_mut().filter(|load| load.id == id) {
                    Some(load) => {
                        load.least = load.least.saturating_add(least);
                        load.most = load.most.saturating_add(most);
                    }
                    None => loads.push(Load {
                        id,
                        alone,
                        least,
                        most,
                    }),
                }
            }
        }
    }

    /// Tells of each line the steps that are the most too much for it. Where several lines are too slow for the same steps,
    /// it is the one that takes longest.
    pub(super) fn too_much(&self, context: &Context<'_>) -> Vec<Told> {
        let mut found: Vec<Crowd> = Vec::new();
        for (line, loads) in &self.0 {
            for crowd in crowds(context, *line, loads) {
                match found.iter_mut().find(|other| other.steps == crowd.steps) {
                    Some(other) if other.rank() < crowd.rank() => *other = crowd,
                    Some(_) => {}
                    None => found.push(crowd),
                }
            }
        }
        found.iter().map(|crowd| tell(context, crowd)).collect()
    }
}

/// The lines of which it is stated how fast they are, on some ways between hosts.
fn lines(context: &Context<'_>, legs: &Legs) -> BTreeSet<Line> {
    let model = &context.plan.model;
    let has_link = |host: HostId| model.hosts[host].link.is_some();
    let mut out = BTreeSet::new();
    for (from, to) in legs {
        if has_link(*from) {
            out.insert(Line::Out(*from));
        }
        if has_link(*to) && way::takes_in(context, *to) {
            out.insert(Line::Into(*to));
        }
        let networks = model.networks.iter().enumerate();
        let joining = networks.filter(|(_, network)| {
            let joins = |host: &HostId| network.hosts.contains(host);
            network.speed.is_some() && joins(from) && joins(to)
        });
        out.extend(joining.map(|(place, _)| Line::Network(place)));
    }
    out
}

impl Line {
    /// How much it carries in a second.
    fn speed(self, context: &Context<'_>) -> Option<u64> {
        let model = &context.plan.model;
        let speed = match self {
            Self::Out(host) | Self::Into(host) => model.hosts[host].link?,
            Self::Network(place) => model.networks.get(place)?.speed?,
        };
        Some(speed.0.max(1))
    }

    fn name(self, context: &Context<'_>) -> String {
        let model = &context.plan.model;
        match self {
            Self::Out(host) | Self::Into(host) => {
                format!("the link of `{}`", model.hosts[host].named.name)
            }
            Self::Network(place) => {
                let network = model.networks.get(place);
                network.map_or_else(String::new, |network| format!("`{}`", network.named.name))
            }
        }
    }
}

/// How many seconds before a phase runs are looked at that may last until it is late.
const BEFORE: i64 = 7 * 86_400;

/// Steps of one rhythm that share a line: their runs begin and end together.
struct Flock<'c> {
    /// While they exist.
    there: (i64, i64),
    starts: &'c [i64],
    /// How much later than planned a run may start, and how long it takes from then on.
    late: i64,
    lasts: i64,
    bytes: u64,
    steps: Vec<StepId>,
}

/// A run of a flock, by when it is planned.
#[derive(Clone, Copy, Debug)]
struct Run {
    at: i64,
    late: i64,
    lasts: i64,
    bytes: u64,
    flock: usize,
}

/// From one moment to another.
type Window = (i64, i64);

/// By how much runs are too much for a line, and when.
type Worst = (i128, Window);

/// Runs that must be carried within a window, and are more than the line carries in it.
struct Crowd {
    line: Line,
    speed: u64,
    severity: Severity,
    /// In order, each with when it is planned.
    runs: Vec<(i64, StepId)>,
    steps: BTreeSet<StepId>,
    /// Those whose lateness somebody accepts: they carry on all the same, and which of all is late nobody says.
    beside: BTreeSet<StepId>,
    bytes: u64,
    window: Window,
    /// Where they are too much only if a phase is late: the day that is written for it.
    overtime: Option<i64>,
}

impl Crowd {
    /// How long it takes to carry all of it.
    fn takes(&self) -> Seconds {
        way::takes(Bytes(self.bytes), Bytes(self.speed))
    }

    fn lasts(&self) -> Seconds {
        Seconds(self.window.1.saturating_sub(self.window.0))
    }

    /// What is sure is worse than what may be, and what takes longer than what does not.
    fn rank(&self) -> (bool, bool, i64) {
        let over = self.takes().saturating_sub(self.lasts());
        let sure = self.severity == Severity::Error;
        (sure, self.overtime.is_none(), over.0)
    }

    /// The last run of them, as one that is met in overtime.
    fn late(&self) -> Meetings {
        let last = self.runs.last().map(|(at, _)| (*at, *at));
        Meetings {
            runs: 1,
            hits: 1,
            first: last,
            overtime: self.overtime,
        }
    }
}

/// Those of a line that are the most too much for it; and, where somebody accepts that of some of them, those that still
/// are without these.
fn crowds(context: &Context<'_>, line: Line, loads: &[Load]) -> Vec<Crowd> {
    let steps = &context.plan.model.steps;
    let nobody = context.plan.model.acceptances.len();
    let of = |id: &StepId| rank(context, [&steps[*id].named]);
    let mut out = Vec::new();
    let mut loads = Cow::Borrowed(loads);
    while let Some(crowd) = crowd(context, line, &loads) {
        let accepted = crowd.steps.iter().map(of).min();
        out.push(crowd);
        let Some(accepted) = accepted.filter(|accepted| *accepted < nobody) else {
            return out;
        };
        loads.to_mut().retain(|load| of(&load.id) != accepted);
    }
    // Without those it is enough: but they are there.
    let last = out.last().map(|crowd| {
        let is_left = |id: &&StepId| of(id) >= nobody;
        let all = crowd.steps.iter();
        let (left, beside): (BTreeSet<_>, BTreeSet<_>) = all.partition(is_left);
        Crowd {
            runs: crowd.runs.clone(),
            steps: left,
            beside,
            ..*crowd
        }
    });
    out.extend(last.filter(|crowd| !crowd.steps.is_empty()));
    out
}

/// Those of a line that are the most too much for it, if any are: surely, or else perhaps, or else if a phase is late.
fn crowd(context: &Context<'_>, line: Line, loads: &[Load]) -> Option<Crowd> {
    if loads.len() < 2 {
        return None;
    }
    let speed = line.speed(context)?;
    let on_time = |severity| too_many((line, speed), severity, flocks(context, loads, severity));
    let late = || {
        let mut ends = ends(context, loads).into_iter().peekable();
        ends.peek()?;
        let all = flocks(context, loads, Severity::Warning);
        ends.find_map(|end @ (until, _)| {
            let there = all.iter().filter_map(|flock| flock.around(context, end));
            let crowd = too_many((line, speed), Severity::Warning, there.collect())?;
            Some(Crowd {
                overtime: Some(until),
                ..crowd
            })
        })
    };
    on_time(Severity::Error)
        .or_else(|| on_time(Severity::Warning))
        .or_else(late)
}

/// The ends of steps that may come later than they are written, and how late they may.
fn ends(context: &Context<'_>, loads: &[Load]) -> BTreeMap<i64, i64> {
    let rhythms = loads.iter();
    let rhythms = rhythms.filter_map(|load| Rhythm::of(context, load.id));
    let mut out = BTreeMap::new();
    for rhythm in rhythms.filter(|rhythm| rhythm.latest > rhythm.until) {
        let latest = out.entry(rhythm.until).or_insert(rhythm.latest);
        *latest = rhythm.latest.max(*latest);
    }
    out
}

/// The runs of some steps that are the most too much for a line.
fn too_many(
    (line, speed): (Line, u64),
    severity: Severity,
    mut flocks: Vec<Flock>,
) -> Option<Crowd> {
    while needs_a_look(&flocks, speed) {
        let runs = runs(&flocks);
        let (_, window) = worst_of(&runs, speed, severity == Severity::Warning)?;
        let within = runs.into_iter().filter(|run| run.is_within(window));
        let within: Vec<Run> = within.collect();
        let which: BTreeSet<usize> = within.iter().map(|run| run.flock).collect();
        let alone = |at: &usize| flocks.get(*at).is_none_or(|f| f.steps.len() < 2);
        match which.first() {
            // Its runs lie so close that one is due before the one before is done: that is told of it anyway.
            Some(only) if which.len() == 1 && alone(only) => {
                flocks.swap_remove(*only);
            }
            _ => return Some(told_of((line, speed), severity, &flocks, (&within, window))),
        }
    }
    None
}

impl<'c> Flock<'c> {
    /// Its runs around the time by which a phase is late, those that this adds included; `None` if there are none. What
    /// begins with the phase, or after it, does so when it comes.
    fn around(&self, context: &'c Context<'_>, (until, latest): (i64, i64)) -> Option<Self> {
        let (from, end) = self.there;
        let end = if end < until { end } else { latest };
        let starts = context.plan.calendars.starts(*self.steps.first()?)?;
        let since = from.max(until.saturating_sub(BEFORE));
        let starts = between(starts, since, end);
        let there = from < until && !starts.is_empty();
        there.then(|| Self {
            starts,
            steps: self.steps.clone(),
            ..*self
        })
    }
}

/// What begins from one moment on, and before another.
fn between(starts: &[i64], from: i64, until: i64) -> &[i64] {
    let first = starts.partition_point(|start| *start < from);
    let last = starts.partition_point(|start| *start < until);
    starts.get(first..last).unwrap_or_default()
}

fn told_of(
    (line, speed): (Line, u64),
    severity: Severity,
    flocks: &[Flock<'_>],
    (within, window): (&[Run], Window),
) -> Crowd {
    let each = |run: &Run| {
        let flock = flocks.get(run.flock);
        let steps = flock.map_or(&[][..], |flock| &flock.steps);
        let at = run.at;
        steps.iter().map(move |id| (at, *id)).collect::<Vec<_>>()
    };
    let mut runs: Vec<(i64, StepId)> = within.iter().flat_map(each).collect();
    runs.sort_unstable();
    let bytes = within.iter().map(|run| run.bytes);
    Crowd {
        line,
        speed,
        severity,
        steps: runs.iter().map(|(_, id)| *id).collect(),
        beside: BTreeSet::new(),
        runs,
        bytes: bytes.fold(0, u64::saturating_add),
        window,
        overtime: None,
    }
}

/// The steps of a line that carry something, those of one rhythm together; none that is too much for its line by itself
/// and is told so.
fn flocks<'c>(context: &'c Context<'_>, loads: &[Load], severity: Severity) -> Vec<Flock<'c>> {
    let plan = context.plan;
    let sure = severity == Severity::Error;
    let mut by_rhythm: BTreeMap<(Rhythm, bool), Flock<'c>> = BTreeMap::new();
    for load in loads {
        let is_told = match load.alone {
            Some(Severity::Error) => true,
            Some(_) => !sure,
            None => false,
        };
        let Bytes(bytes) = if sure { load.least } else { load.most };
        if is_told || bytes == 0 {
            continue;
        }
        let (Some(rhythm), Some(starts)) =
            (Rhythm::of(context, load.id), plan.calendars.starts(load.id))
        else {
            continue;
        };
        // What begins when a backup is done is not late by itself: that one may be at work until then.
        let begun = plan.model.followed(&plan.model.steps[load.id]).is_some();
        let late = if sure || begun { 0 } else { rhythm.late.0 };
        let flock = by_rhythm.entry((rhythm, begun)).or_insert_with(|| Flock {
            there: (rhythm.from, rhythm.until),
            starts: between(starts, rhythm.from, rhythm.until),
            late,
            lasts: rhythm.length.0.saturating_sub(late).max(1),
            bytes: 0,
            steps: Vec::new(),
        });
        flock.bytes = flock.bytes.saturating_add(bytes);
        flock.steps.push(load.id);
    }
    by_rhythm.into_values().collect()
}

/// Whether they would be too much if all of them were always at work, each as fast as it must be to be in time: in most
/// tables they are not, and no run is looked at.
fn needs_a_look(flocks: &[Flock<'_>], speed: u64) -> bool {
    let mut all: u128 = 0;
    for flock in flocks {
        let gaps = flock.starts.windows(2).map(|pair| match pair {
            [one, next] => next.saturating_sub(*one).saturating_sub(flock.late),
            _ => flock.lasts,
        });
        let time = gaps.min().map_or(flock.lasts, |gap| gap.min(flock.lasts));
        let Ok(time) = u128::try_from(time) else {
            return true;
        };
        if time == 0 {
            return true;
        }
        all = all.saturating_add(u128::from(flock.bytes).div_ceil(time));
    }
    all > u128::from(speed)
}

fn runs(flocks: &[Flock<'_>]) -> Vec<Run> {
    let runs = flocks.iter().enumerate().flat_map(|(at, flock)| {
        flock.starts.iter().map(move |start| Run {
            at: *start,
            late: flock.late,
            lasts: flock.lasts,
            bytes: flock.bytes,
            flock: at,
        })
    });
    let mut runs: Vec<Run> = runs.collect();
    runs.sort_unstable_by_key(|run| (run.at, run.flock));
    runs
}

impl Run {
    /// The latest at which it may start.
    const fn latest(&self) -> i64 {
        self.at.saturating_add(self.late)
    }

    /// Whether it may begin and have to be done within a window.
    const fn is_within(&self, (from, until): Window) -> bool {
        from <= self.latest()
            && self.at.saturating_add(self.lasts) <= until
            && until.saturating_sub(from) >= self.lasts
    }
}

/// The window in which runs, in order, are the most too much for a line and by how much, if they are in any: the first such one,
/// or the last.
///
/// What is over before others begin is looked at by itself: if they are too much together, one of them is by itself. Nearly all
/// days are like another one, and looked at once.
fn worst_of(runs: &[Run], speed: u64, last: bool) -> Option<Worst> {
    let mut known: IndexMap<Vec<(usize, i64)>, Option<Worst>, FxBuildHasher> = IndexMap::default();
    let mut over = i64::MIN;
    let mut worst_of: Option<Worst> = None;
    let mut rest = runs;
    while let Some(first) = rest.first() {
        let begun = first.at;
        let count = rest.iter().take_while(|run| {
            let joins = run.at < over || over < begun;
            over = over.max(run.latest().saturating_add(run.lasts));
            joins
        });
        let (these, others) = rest.split_at(count.count().max(1));
        (rest, over) = (others, i64::MIN);
        let alike = these.iter().map(|run| (run.flock, run.at - begun));
        let found = *known.entry(alike.collect()).or_insert_with(|| {
            let (over, (from, until)) = worst(these, speed, last)?;
            Some((over, (from - begun, until - begun)))
        });
        let found = found.map(|(over, (from, until))| (over, (from + begun, until + begun)));
        let is_worse = |known: &Worst, over| over > known.0 || (last && over == known.0);
        worst_of = match (worst_of, found) {
            (Some(known), Some((over, _))) if !is_worse(&known, over) => Some(known),
            (known, found) => found.or(known),
        };
    }
    worst_of
}

/// The same, whenever runs begin and end.
///
/// A window that cannot be made smaller from its beginning begins at the latest start of a run in it, and ends with the
/// end of one. So ends are gone through in order, and for each beginning it is kept how much has to be carried since then.
fn worst(runs: &[Run], speed: u64, last: bool) -> Option<Worst> {
    let mut begins: Vec<i64> = runs.iter().map(Run::latest).collect();
    begins.sort_unstable();
    begins.dedup();
    let place = |moment: i64| begins.partition_point(|begin| *begin <= moment);
    // From when on it counts for which beginnings: for those before it is planned when it can be done, for others when it
    // can be done if it starts then.
    let mut due: Vec<(i64, std::ops::Range<usize>, u64)> = Vec::with_capacity(runs.len());
    for run in runs {
        let (before, latest) = (place(run.at), place(run.latest()));
        due.push((run.at.saturating_add(run.lasts), 0..before, run.bytes));
        for at in before..latest {
            let begin = begins.get(at).copied().unwrap_or(run.at);
            due.push((begin.saturating_add(run.lasts), at..at + 1, run.bytes));
        }
    }
    due.sort_unstable_by_key(|(end, ..)| *end);
    let carries = |time: i64| i128::from(speed) * i128::from(time);
    let mut tree = Tree::new(begins.len());
    let mut begun = 0;
    let mut worst: Option<Worst> = None;
    for same in due.chunk_by(|one, other| one.0 == other.0) {
        let Some((end, ..)) = same.first() else {
            continue;
        };
        while let Some(begin) = begins.get(begun).filter(|begin| *begin < end) {
            tree.add(&(begun..begun + 1), Tree::HIDDEN + carries(*begin));
            begun += 1;
        }
        for (_, before, bytes) in same {
            tree.add(before, i128::from(*bytes));
        }
        let (most, at) = tree.most();
        // To the second, as a step by itself is measured.
        let over = most - carries(end.saturating_add(1));
        let is_worse = |known: &Worst| over > known.0 || (last && over == known.0);
        if over >= 0 && worst.as_ref().is_none_or(is_worse) {
            worst = begins.get(at).map(|begin| (over, (*begin, *end)));
        }
    }
    worst
}

/// Amounts in a row, of which the greatest is known while more is added to many at once.
struct Tree {
    /// A power of two.
    width: usize,
    /// By node, the root first: the greatest below it, without what is added to those above.
    most: Vec<i128>,
    added: Vec<i128>,
}

impl Tree {
    /// By so much less counts what does not count yet.
    const HIDDEN: i128 = i128::MAX / 4;

    fn new(count: usize) -> Self {
        let width = count.next_power_of_two();
        Self {
            width,
            most: vec![-Self::HIDDEN; 2 * width],
            added: vec![0; 2 * width],
        }
    }

    fn add(&mut self, to: &std::ops::Range<usize>, amount: i128) {
        self.add_below(1, 0..self.width, to, amount);
    }

    fn add_below(
        &mut self,
        node: usize,
        of: std::ops::Range<usize>,
        to: &std::ops::Range<usize>,
        amount: i128,
    ) {
        if to.end <= of.start || of.end <= to.start {
            return;
        }
        let whole = to.start <= of.start && of.end <= to.end;
        if !whole {
            let middle = of.start.midpoint(of.end);
            self.add_below(2 * node, of.start..middle, to, amount);
            self.add_below(2 * node + 1, middle..of.end, to, amount);
        }
        let below = |at: usize| self.most.get(at).copied().unwrap_or(-Self::HIDDEN);
        let greatest = below(2 * node).max(below(2 * node + 1));
        let (Some(most), Some(added)) = (self.most.get_mut(node), self.added.get_mut(node)) else {
            return;
        };
        if whole {
            *added += amount;
            *most += amount;
        } else {
            *most = greatest + *added;
        }
    }

    /// The greatest, and the last place of those where it is.
    fn most(&self) -> (i128, usize) {
        let below = |at: usize| self.most.get(at).copied().unwrap_or(-Self::HIDDEN);
        let mut node = 1;
        while node < self.width {
            node = match below(2 * node) > below(2 * node + 1) {
                true => 2 * node,
                false => 2 * node + 1,
            };
        }
        (below(1), node - self.width)
    }
}

fn tell(context: &Context<'_>, crowd: &Crowd) -> Told {
    let plan = context.plan;
    let (from, until) = crowd.window;
    let of = crowd.line.name(context);
    let name = |id: &StepId| plan.model.steps[*id].named.name.as_str();
    let (severity, cannot, when) = match crowd.severity {
        Severity::Error if crowd.beside.is_empty() => {
            (Severity::Error, "cannot", "what they carry")
        }
        Severity::Error => (Severity::Warning, "may not", "what they carry"),
        severity => (severity, "may not", "the most that they carry"),
    };
    let all = match crowd.beside.is_empty() {
        true => format!("{cannot} all be done in time"),
        false => {
            let beside = some(crowd.beside.iter().map(name));
            format!("{cannot} be done in time beside {beside}")
        }
    };
    let message = format!(
        "{} {all}: {when} at once takes {} through {of}, and they have {}",
        some(crowd.steps.iter().map(name)),
        crowd.takes(),
        crowd.lasts(),
    );
    let steps: Vec<StepId> = crowd.steps.iter().copied().collect();
    let diagnostic = Diagnostic::new(TOO_SLOW, severity, message);
    let mut diagnostic = pointing(context, diagnostic, &steps);
    let model = &plan.model;
    let (span, host) = match crowd.line {
        Line::Out(host) => (
            Some(model.hosts[host].named.span),
            "all of it goes out here",
        ),
        Line::Into(host) => (
            Some(model.hosts[host].named.span),
            "all of it comes in here",
        ),
        Line::Network(place) => {
            let network = model.networks.get(place);
            (network.map(|n| n.named.span), "all of it goes through here")
        }
    };
    if let Some(span) = span {
        diagnostic = diagnostic.at(span, host);
    }
    let shown = crowd.runs.iter().take(SHOWN).map(|(at, id)| {
        let cadence = &plan.cadences[*id];
        let length = cadence.jitter.saturating_add(cadence.duration.high());
        (*at, at_work(&model.steps[*id], *at, length))
    });
    let mut events: Vec<(i64, String)> = shown.collect();
    if let Some((at, _)) = crowd.runs.get(SHOWN) {
        let more = crowd.runs.len() - SHOWN;
        let runs = if more == 1 { "run" } else { "runs" };
        events.push((*at, format!("from here on, {more} more {runs}")));
    }
    let carried = u64::try_from(crowd.lasts().0).unwrap_or(0);
    let carried = Bytes(carried.saturating_mul(crowd.speed));
    let sizes = match crowd.severity {
        Severity::Error => "with the sizes of the start",
        _ => "with the greatest sizes at the horizon",
    };
    let bytes = Bytes(crowd.bytes);
    events.push((
        until,
        format!(
            "{sizes} they have to carry {bytes} since {}, and {of} carries {carried}",
            instant(from)
        ),
    ));
    let help = "set their times further apart, give them more time (`taking`), a faster line, or less to carry";
    let diagnostic = in_time(diagnostic, events, instant).help(help);
    let diagnostic = if_late(context, &crowd.late(), diagnostic);
    Told {
        finding: finding(
            diagnostic,
            steps.iter().map(|id| name(id).to_owned()).collect(),
        ),
        case: Case::Not("what a line carries"),
    }
}

#[cfg(test)]
mod tests;
