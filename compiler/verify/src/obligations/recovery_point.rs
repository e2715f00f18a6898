//! Obligation 3: under every set of faults that the policy asks to survive, and whenever they strike, the
//! newest usable version of a class is no older than its recovery point: while every run succeeds, and,
//! where the policy bounds it, while runs fail until somebody has acted.
//!
//! Unknown are durations, jitter, which runs are missed and when the faults strike. The age of the newest
//! version only grows with the first three (`thrice_plan::staleness` says why, and that it is attained), so
//! their upper ends are the worst; the moments are all looked at, on the real calendar. That decides it:
//! the verdict is *evaluated*, and nothing is left for a solver.
//!
//! This is about the newest version. That every other item is somewhere at every age is asked by
//! obligations 1, 2 and 5, and that a version from before a damage is kept by obligation 6. Where nothing
//! at all is left after some faults, obligation 2 says so, once.

mod played;
mod tell;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use indexmap::IndexMap;
use jiff::ToSpan as _;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::Span;
use thrice_model::{
    ClassId, Demand, HostId, Obligation, Requirement, StepId, Survive, Table, Target,
};
use thrice_plan::calendar::midnight;
use thrice_plan::staleness::{Known, Worst, worst};
use thrice_plan::{CopyId, CopyKind, Missed, Period};
use thrice_quantity::Seconds;

use super::playing::may_be_told;
use super::split::{split, violated};
use crate::context::Context;
use crate::faults::{self, Fault, FaultSet, Stakes, Struck, Useless, strike};
use crate::presence::ABOUT_CLASS;
use crate::verdicts::{Said, Word, by_class};
use crate::verification::{Engine, Verification};

/// What is asked of a class.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Limits {
    nominal: Option<(Seconds, Span)>,
    guaranteed: Option<(Seconds, Span)>,
}

/// The newest version at its oldest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Oldest {
    /// `None`: it has no bound.
    age: Option<Seconds>,
    /// When, in Unix seconds.
    at: i64,
    /// The copy that has it.
    copy: CopyId,
    /// Whether it is the exact worst, and not only a bound of it.
    exact: bool,
}

impl Oldest {
    /// Worse than another one: no bound is worst.
    fn exceeds(&self, other: &Self) -> bool {
        match (self.age, other.age) {
            (None, other) => other.is_some(),
            (Some(_), None) => false,
            (Some(age), Some(other)) => age > other,
        }
    }
}

/// The worst of a class over all fault sets.
#[derive(Clone)]
struct Attained {
    oldest: Oldest,
    faults: FaultSet,
}

/// A bound that is exceeded.
#[derive(Clone)]
struct Violation {
    classes: Vec<ClassId>,
    period: usize,
    missed: Missed,
    limit: Seconds,
    asked: Span,
    attained: Attained,
    /// All fault sets under which it is exceeded.
    faults: BTreeSet<FaultSet>,
}

violated!(Violation);

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut groups: BTreeMap<Cause, Vec<Violation>> = BTreeMap::new();
    let mut decided: Vec<(Vec<ClassId>, usize, Said)> = Vec::new();
    let asked = asked(context);
    let mut stakes = Hosts::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        let mut asker = Asker::new(context, period);
        asker.hosts = std::mem::take(&mut stakes);
        for (classes, limits) in alike(context, &asked, period) {
            let Some(class) = classes.first() else {
                continue;
            };
            let sets = asker.sets(*class);
            let outcome = asker.outcome(*class, sets);
            let violations = violations(&outcome, limits, &classes, index);
            let mut note = tell::note(context, &outcome);
            if limits.nominal.is_none() {
                note.push_str("; no `rpo` is asked for");
            }
            let said = Said {
                obligation: Obligation::RecoveryPoint,
                engine: Engine::Evaluated,
                holds: violations.is_empty(),
                note: note.into(),
            };
            decided.push((classes, index, said));
            for violation in violations {
                let cause = cause(context, &violation);
                groups.entry(cause).or_default().push(violation);
            }
        }
        stakes = asker.hosts;
    }
    let mut unknown: BTreeSet<(ClassId, usize)> = BTreeSet::new();
    for violations in groups.values() {
        for part in split(violations) {
            if borne_out(context, &part, out) {
                out.findings.extend(tell::tell(context, &part));
            } else {
                let cells = |v: &Violation| v.classes.iter().map(|c| (*c, v.period)).collect();
                unknown.extend(part.iter().flat_map::<Vec<_>, _>(cells));
            }
        }
    }
    let groups = decided
        .iter()
        .map(|(classes, index, _)| (&classes[..], *index));
    let cells = by_class(context.plan.model.classes.len(), groups);
    let all = decided.iter();
    let words = all.map(|(.., said)| out.verdicts.word(said.clone()));
    let words: Vec<Word> = words.collect();
    for cell in cells {
        let group = cell.group as usize;
        let (Some(word), Some((_, index, said))) = (words.get(group), decided.get(group)) else {
            continue;
        };
        if unknown.contains(&(cell.class, *index)) {
            let said = said.clone().if_borne_out(false);
            out.verdicts.push([cell.class], *index, said);
        } else {
            out.verdicts.push_one(cell.class, *index, *word);
        }
    }
}

/// Whether the case that is told of some violations comes about on the simulator; if not, that is a
/// mistake of this program.
fn borne_out(context: &Context<'_>, part: &[Violation], out: &mut Verification) -> bool {
    let Some(violation) = tell::worst_of(part) else {
        return true;
    };
    let class = violation.classes.first();
    let class = class.map(|class| &context.plan.model.classes[*class].named);
    let confirm = || played::confirm(context, violation);
    let of = Obligation::RecoveryPoint;
    may_be_told(context, out, of, (class, ABOUT_CLASS), confirm)
}

/// What makes violations one finding: what was asked, and the path that is too slow.
type Cause = (Missed, Span, Vec<StepId>);

fn cause(context: &Context<'_>, violation: &Violation) -> Cause {
    let path = path(context, violation.attained.oldest.copy);
    let steps = path
        .iter()
        .filter_map(|copy| context.plan.copies[*copy].made_by);
    (violation.missed, violation.asked, steps.collect())
}

/// A copy and all that it comes from, sources first.
fn path(context: &Context<'_>, copy: CopyId) -> Vec<CopyId> {
    let mut out = vec![copy];
    let mut at = copy;
    while let Some(source) = context.plan.copies[at].source {
        out.push(source);
        at = source;
    }
    out.reverse();
    out
}

/// For each class a number that it shares with those of which the same is asked at all times, and whose copies
/// age alike.
fn asked(context: &Context<'_>) -> Table<ClassId, usize> {
    let model = &context.plan.model;
    let staleness = context.plan.staleness();
    let about_age = |requirement: &&Requirement| {
        let demand = &requirement.demand;
        matches!(demand, Demand::RecoveryPoint { .. } | Demand::Survive(_))
    };
    let requirements: Vec<&Requirement> = model.requirements.iter().filter(about_age).collect();
    let mut known: IndexMap<(Vec<usize>, Limits), usize, FxBuildHasher> = IndexMap::default();
    let mut out = Table::with_capacity(model.classes.len());
    let mut key = (Vec::new(), Limits::default());
    for (id, class) in model.classes.iter() {
        let (numbers, own) = &mut key;
        numbers.clear();
        let copies = context.copies_of(id).iter();
        numbers.extend(copies.map(|copy| staleness.shape(*copy)));
        let asks = requirements.iter();
        numbers.extend(asks.map(|ask| usize::from(ask.selection.contains(id))));
        *own = Limits {
            nominal: class.asked().rpo,
            guaranteed: class.asked().rpo_guaranteed,
        };
        let number = known.get(&key).copied().unwrap_or_else(|| {
            let number = known.len();
            known.insert(key.clone(), number);
            number
        });
        out.push(number);
    }
    out
}

/// Classes of which the same is asked, and whose copies fall and age alike.
fn alike(
    context: &Context<'_>,
    asked: &Table<ClassId, usize>,
    period: &Period,
) -> Vec<(Vec<ClassId>, Limits)> {
    let mut out = Vec::new();
    for group in context.kinds_in(period).iter() {
        let mut index: BTreeMap<(Vec<usize>, Limits, Vec<usize>), usize> = BTreeMap::new();
        // Those of one number are alike in each period; those of several numbers may be so in some.
        let mut known: BTreeMap<usize, usize> = BTreeMap::new();
        for class in group.iter().copied() {
            let number = asked.get(class).copied().unwrap_or(usize::MAX);
            let place = known.get(&number).copied();
            if let Some((group, _)) = place.and_then(|place| out.get_mut(place)) {
                Vec::push(group, class);
                continue;
            }
            let copies = context.copies_there(class, period);
            let shapes = copies
                .iter()
                .map(|copy| context.plan.staleness().shape(*copy));
            let limits = limits(context, class, period);
            let asked = survived(context, class, period).map(|(at, _)| at);
            let next = out.len();
            let key = (shapes.collect(), limits, asked.collect());
            let at = *index.entry(key).or_insert(next);
            known.insert(number, at);
            match out.get_mut(at) {
                Some((group, _)) => Vec::push(group, class),
                None => out.push((vec![class], limits)),
            }
        }
    }
    out
}

/// What a class states, else the least that is required of it.
fn limits(context: &Context<'_>, id: ClassId, period: &Period) -> Limits {
    let class = &context.plan.model.classes[id];
    if class.asked().rpo.is_some() {
        return Limits {
            nominal: class.asked().rpo,
            guaranteed: class.asked().rpo_guaranteed,
        };
    }
    let mut out = Limits::default();
    let least = |old: Option<(Seconds, Span)>, new: (Seconds, Span)| match old {
        Some(old) if old.0 <= new.0 => Some(old),
        _ => Some(new),
    };
    for requirement in &context.plan.model.requirements {
        let Demand::RecoveryPoint {
            nominal,
            guaranteed,
        } = requirement.demand
        else {
            continue;
        };
        let mine = requirement.selection.contains(id);
        if mine && Context::in_force(requirement.lifetime, period) {
            out.nominal = least(out.nominal, (nominal, requirement.span));
            if let Some(guaranteed) = guaranteed {
                out.guaranteed = least(out.guaranteed, (guaranteed, requirement.span));
            }
        }
    }
    out
}

/// The requirements of survival that hold for a class.
fn survived<'c>(
    context: &'c Context<'_>,
    class: ClassId,
    period: &'c Period,
) -> impl Iterator<Item = (usize, &'c thrice_model::Survive)> {
    let requirements = context.plan.model.requirements.iter().enumerate();
    requirements.filter_map(move |(at, requirement)| match &requirement.demand {
        Demand::Survive(survive)
            if requirement.selection.contains(class)
                && Context::in_force(requirement.lifetime, period) =>
        {
            Some((at, survive))
        }
        _ => None,
    })
}

/// How old the newest version of a class gets under some faults.
#[derive(Clone, Copy)]
pub(crate) struct Newest {
    /// The copy that holds it at its worst moment.
    pub copy: CopyId,
    /// While every run succeeds; `None`: without bound.
    pub nominal: Option<Seconds>,
    /// With as many missed runs as monitors and the response time allow; `None`: without bound.
    pub guaranteed: Option<Seconds>,
}

/// Tells how old newest versions get in one period.
pub(crate) struct Ages<'c, 'p>(Asker<'c, 'p>);

impl<'c, 'p> Ages<'c, 'p> {
    pub(crate) fn new(context: &'c Context<'p>, period: &'c Period) -> Self {
        Self(Asker::new(context, period))
    }

    /// How old the newest version in those of a class's copies gets that are of use; `None` where the live data
    /// is left, or nothing is.
    pub(crate) fn newest(&mut self, copies: &[CopyId], useless: &Useless) -> Option<Newest> {
        let shapes = self.0.shapes(copies);
        let Left::Copies([nominal, guaranteed]) = self.0.left(copies, &shapes, useless) else {
            return None;
        };
        let copy = if guaranteed.age.is_some() {
            guaranteed.copy
        } else {
            nominal.copy
        };
        Some(Newest {
            copy,
            nominal: nominal.age,
            guaranteed: guaranteed.age,
        })
    }
}

/// The recovery points that are asked of a class: nominal and guaranteed.
pub(crate) fn asked_of(
    context: &Context<'_>,
    class: ClassId,
    period: &Period,
) -> [Option<Seconds>; 2] {
    let limits = limits(context, class, period);
    [limits.nominal, limits.guaranteed].map(|limit| limit.map(|(limit, _)| limit))
}

/// What is known of a class in a period.
struct Outcome {
    /// What was asked.
    sets: Sets,
    /// The oldest for each fault set, by its place, that leaves something, nominal and guaranteed. Of idle
    /// ones the first stands for all.
    left: Vec<(usize, [Oldest; 2])>,
    /// The places of fault sets that take nothing of the class along, and so leave the same.
    idle: Vec<usize>,
    /// Whether any fault set leaves nothing.
    gone: bool,
}

impl Outcome {
    fn worst(&self, missed: Missed) -> Option<Attained> {
        let mut out: Option<(Oldest, usize)> = None;
        for (place, oldest) in &self.left {
            let oldest = pick(oldest, missed);
            if out.is_none_or(|(worst, _)| oldest.exceeds(&worst)) {
                out = Some((oldest, *place));
            }
        }
        let (oldest, place) = out?;
        let faults = self.set(place)?.clone();
        Some(Attained { oldest, faults })
    }

    fn set(&self, place: usize) -> Option<&FaultSet> {
        self.sets.get(place).map(|(set, _)| set)
    }

    /// The fault sets after which the newest version is as old as a test wants it.
    fn sets_where(&self, missed: Missed, test: impl Fn(Oldest) -> bool) -> BTreeSet<FaultSet> {
        let left = self.left.iter();
        let left = left.filter(|(_, oldest)| test(pick(oldest, missed)));
        let places = left.flat_map(|(place, _)| match self.idle.as_slice() {
            [first, ..] if first == place => &self.idle,
            _ => std::slice::from_ref(place),
        });
        places
            .filter_map(|place| self.set(*place).cloned())
            .collect()
    }
}

fn pick([nominal, guaranteed]: &[Oldest; 2], missed: Missed) -> Oldest {
    match missed {
        Missed::Nominal => *nominal,
        Missed::Guaranteed => *guaranteed,
    }
}

/// Fault sets in canonical order, each with what it destroys.
type Sets = Rc<Vec<(FaultSet, Striking)>>;

/// What faults do, once somebody asks: mostly nobody need know what the loss of a host does that holds nothing.
type Striking = Rc<OnceCell<Struck>>;

/// What some faults leave.
#[derive(Clone, Copy)]
enum Left {
    /// The live data.
    Live,
    Nothing,
    /// A newest version, nominal and guaranteed.
    Copies([Oldest; 2]),
}

/// The worst over a period and the shape of the copy that has it; `None`: without bound.
type Found = Option<(Worst, usize)>;

/// What decides which fault sets a class is asked about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct SetsKey {
    /// The requirements of survival in force.
    requirements: Vec<usize>,
    /// The class, if it has larger sets of its own.
    class: Option<ClassId>,
    /// Its host, if no requirement asks about that.
    host: Option<HostId>,
}

/// What decides how old a copy's newest version gets: its shape and its first day.
type Shape = (usize, i64);

/// The hosts whose loss takes something of a class along, as far as it has been asked.
type Hosts = BTreeMap<ClassId, Rc<BTreeSet<HostId>>>;

/// Asks about one period; the same copies left are asked about once.
struct Asker<'c, 'p> {
    context: &'c Context<'p>,
    period: &'c Period,
    from: i64,
    until: i64,
    struck: BTreeMap<FaultSet, Striking>,
    sets: BTreeMap<SetsKey, Sets>,
    hosts: Hosts,
    /// By the shapes of the copies left and their first days.
    known: BTreeMap<Vec<Shape>, [Found; 2]>,
}

impl<'c, 'p> Asker<'c, 'p> {
    fn new(context: &'c Context<'p>, period: &'c Period) -> Self {
        let slipped = period
            .until
            .checked_add(period.slip_days.days())
            .unwrap_or(period.until)
            .min(context.plan.model.policy.end);
        Self {
            context,
            period,
            from: midnight(period.from),
            until: midnight(slipped.max(period.from)),
            struck: BTreeMap::new(),
            sets: BTreeMap::new(),
            hosts: Hosts::new(),
            known: BTreeMap::new(),
        }
    }

    /// The faults under which a class is asked about: the loss of its live data alone and of its host, which
    /// need not be asked for, and what must be survived.
    fn sets(&mut self, class: ClassId) -> Sets {
        let context = self.context;
        if let Some(chosen) = context.chosen() {
            return self.with_strikes([chosen.clone()].into());
        }
        let asked: Vec<(usize, &Survive)> = survived(context, class, self.period).collect();
        let larger =
            |survive: &Survive| matches!(survive, Survive::Any { count, .. } if *count > 1);
        let class_matters = asked.iter().any(|(_, survive)| larger(survive));
        let mut key = SetsKey {
            requirements: asked.iter().map(|(at, _)| *at).collect(),
            class: class_matters.then_some(class),
            host: None,
        };
        let host = context
            .plan
            .host_of(context.plan.model.classes[class].home.store);
        let own = vec![Fault::Loss(Target::Host(host))];
        for host in [None, Some(host)] {
            key.host = host;
            if let Some(known) = self.sets.get(&key)
                && known.binary_search_by(|(set, _)| set.cmp(&own)).is_ok()
            {
                return Rc::clone(known);
            }
        }
        let mut sets: BTreeSet<FaultSet> = [vec![Fault::LiveData]].into();
        for (_, survive) in asked {
            sets.extend(faults::sets(context, survive, &[class], self.period));
        }
        // Most policies ask about every host: then classes everywhere share a list.
        key.host = sets.insert(own).then_some(host);
        let sets = self.with_strikes(sets);
        self.sets.insert(key, Rc::clone(&sets));
        sets
    }

    fn with_strikes(&mut self, sets: BTreeSet<FaultSet>) -> Sets {
        let strikes = sets.into_iter().map(|set| {
            let struck = Rc::clone(self.struck.entry(set.clone()).or_default());
            (set, struck)
        });
        Rc::new(strikes.collect())
    }

    fn outcome(&mut self, class: ClassId, sets: Sets) -> Outcome {
        let context = self.context;
        let copies = context.copies_there(class, self.period);
        let shapes = self.shapes(&copies);
        // The loss of any other host leaves the same.
        let hosts = self.hosts.entry(class);
        let hosts = hosts.or_insert_with(|| Rc::new(Stakes::of(context, &[class]).hosts(context)));
        let hosts = Rc::clone(hosts);
        let mut out = Outcome {
            sets: Rc::clone(&sets),
            left: Vec::new(),
            idle: Vec::new(),
            gone: false,
        };
        // Most faults leave the same of it as one before.
        let mut known: Vec<(Useless, Left)> = Vec::new();
        for (place, (set, struck)) in sets.iter().enumerate() {
            if let [Fault::Loss(Target::Host(host))] = set.as_slice()
                && !hosts.contains(host)
            {
                out.idle.push(place);
                if out.idle.len() > 1 {
                    continue;
                }
            }
            let struck = struck.get_or_init(|| strike(context, set, self.period.from));
            let useless = struck.useless(context, &copies);
            let before = known.iter().find(|(before, _)| *before == useless);
            let left = before.map(|(_, left)| *left).unwrap_or_else(|| {
                let left = self.left(&copies, &shapes, &useless);
                known.push((useless, left));
                left
            });
            match left {
                Left::Live => {}
                Left::Nothing => out.gone = true,
                Left::Copies(oldest) => out.left.push((place, oldest)),
            }
        }
        out
    }

    fn shapes(&self, copies: &[CopyId]) -> Vec<Shape> {
        let shape = |copy: &CopyId| {
            let shape = self.context.plan.staleness().shape(*copy);
            (shape, self.first_day(*copy))
        };
        copies.iter().map(shape).collect()
    }

    fn left(&mut self, copies: &[CopyId], shapes: &[Shape], useless: &Useless) -> Left {
        let context = self.context;
        let mut left: Vec<(Shape, CopyId)> = Vec::with_capacity(copies.len());
        for (id, shape) in copies.iter().zip(shapes) {
            let copy = &context.plan.copies[*id];
            if useless.contains(*id) {
                continue;
            }
            if copy.kind == CopyKind::Live {
                return Left::Live;
            }
            if copy.counts {
                left.push((*shape, *id));
            }
        }
        self.oldest(left).map_or(Left::Nothing, Left::Copies)
    }

    /// How old the newest version in some copies gets; `None` if there is no copy.
    fn oldest(&mut self, mut left: Vec<(Shape, CopyId)>) -> Option<[Oldest; 2]> {
        let context = self.context;
        // Of those that are alike the first.
        left.sort_unstable();
        left.dedup_by_key(|(shape, _)| *shape);
        let (key, copies): (Vec<Shape>, Vec<CopyId>) = left.into_iter().unzip();
        let first = *copies.first()?;
        if !self.known.contains_key(&key) {
            let watched = |copy: &CopyId| unwatched(context, *copy).is_none();
            let watched: Vec<CopyId> = copies.iter().copied().filter(watched).collect();
            let found = [
                self.over(&copies, Missed::Nominal),
                self.over(&watched, Missed::Guaranteed),
            ];
            self.known.insert(key.clone(), found);
        }
        let oldest = |found: &Found, missed: Missed| Oldest {
            age: found.map(|(worst, _)| worst.age),
            at: found.map_or(self.until, |(worst, _)| worst.at),
            copy: found
                .and_then(|(_, shape)| {
                    let same = |copy: &&CopyId| context.plan.staleness().shape(**copy) == shape;
                    copies.iter().find(same).copied()
                })
                .unwrap_or(first),
            exact: copies
                .iter()
                .all(|copy| context.plan.staleness().of(*copy, missed).exact),
        };
        let [nominal, guaranteed] = self.known.get(&key)?;
        Some([
            oldest(nominal, Missed::Nominal),
            oldest(guaranteed, Missed::Guaranteed),
        ])
    }

    /// The worst over the period, and the shape of the copy that has it. Copies that are new count from
    /// when their chain has surely filled them once; until then those do that were there before, if any.
    fn over(&self, copies: &[CopyId], missed: Missed) -> Found {
        let staleness = &self.context.plan.staleness();
        let mut settled: Vec<(i64, CopyId)> = copies
            .iter()
            .filter(|copy| staleness.of(**copy, missed).known != Known::Nothing)
            .map(|copy| (self.settled(*copy, missed), *copy))
            .collect();
        let in_time = settled.iter().any(|(at, _)| *at < self.until);
        if in_time {
            settled.retain(|(at, _)| *at < self.until);
        } else {
            // The period ends before any of them is settled: all of it is looked at as if they were.
            settled.iter_mut().for_each(|(at, _)| *at = self.from);
        }
        let mut cuts: Vec<i64> = settled.iter().map(|(at, _)| *at).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut out: Found = None;
        for (index, from) in cuts.iter().enumerate() {
            let until = cuts.get(index + 1).map_or(self.until, |next| *next);
            let there = settled.iter().filter(|(at, _)| at <= from);
            let there: Vec<CopyId> = there.map(|(_, copy)| *copy).collect();
            let newest = there.iter().map(|copy| staleness.of(*copy, missed));
            let found = worst(&newest.collect::<Vec<_>>(), *from, until)?;
            let shape = there
                .get(found.copy)
                .map_or(0, |copy| staleness.shape(*copy));
            if out.is_none_or(|(worst, _)| found.age > worst.age) {
                out = Some((found, shape));
            }
        }
        out
    }

    /// The first day of a copy, or of the period where its chain has filled it by then.
    fn first_day(&self, copy: CopyId) -> i64 {
        let settled =
            [Missed::Nominal, Missed::Guaranteed].map(|missed| self.settled(copy, missed));
        if settled.iter().all(|at| *at == self.from) {
            return self.from;
        }
        midnight(self.context.plan.copies[copy].lifetime.from)
    }

    /// When a copy's chain has surely filled it: on the calendar, where that says it sooner than the longest
    /// way through the chain.
    fn settled(&self, id: CopyId, missed: Missed) -> i64 {
        let copy = &self.context.plan.copies[id];
        let chain = match missed {
            Missed::Nominal => copy.nominal_staleness,
            Missed::Guaranteed => copy.staleness,
        };
        let first = midnight(copy.lifetime.from);
        let settled = first.saturating_add(chain.0);
        let filled = self
            .context
            .plan
            .staleness()
            .of(id, missed)
            .filled_since(first);
        settled.min(filled.unwrap_or(settled)).max(self.from)
    }
}

/// A step on a copy's path that no monitor watches: nothing tells how many of its runs may be missed.
fn unwatched(context: &Context<'_>, copy: CopyId) -> Option<StepId> {
    let made_by = |id: CopyId| context.plan.copies[id].made_by;
    let steps = path(context, copy).into_iter().filter_map(made_by);
    let silent = |step: &StepId| context.plan.cadences[*step].freshness.is_none();
    steps.into_iter().find(silent)
}

fn violations(
    outcome: &Outcome,
    limits: Limits,
    classes: &[ClassId],
    period: usize,
) -> Vec<Violation> {
    let asked = [
        (Missed::Nominal, limits.nominal),
        (Missed::Guaranteed, limits.guaranteed),
    ];
    let mut out = Vec::new();
    for (missed, limit) in asked {
        let (Some((limit, asked)), Some(attained)) = (limit, outcome.worst(missed)) else {
            continue;
        };
        let exceeds = |oldest: Oldest| oldest.age.is_none_or(|age| age > limit);
        if !exceeds(attained.oldest) {
            continue;
        }
        let faults = outcome.sets_where(missed, exceeds);
        out.push(Violation {
            classes: classes.to_vec(),
            period,
            missed,
            limit,
            asked,
            attained,
            faults,
        });
    }
    out
}
