//! How old the newest version of a class gets in a period, under each set of faults.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_model::{ClassId, HostId, Survive, Target};
use thrice_plan::calendar::midnight;
use thrice_plan::staleness::{Known, Worst, worst};
use thrice_plan::{CopyId, CopyKind, Missed, Period};
use thrice_quantity::Seconds;

use super::asked::survived;
use super::unwatched;
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{self, Stakes, Struck, Useless, strike};

/// The newest version at its oldest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Oldest {
    /// `None`: it has no bound.
    pub(super) age: Option<Seconds>,
    /// When, in Unix seconds.
    pub(super) at: i64,
    /// The copy that has it.
    pub(super) copy: CopyId,
    /// Whether it is the exact worst, and not only a bound of it.
    pub(super) exact: bool,
}

impl Oldest {
    /// Worse than another one: no bound is worst.
    pub(super) fn exceeds(&self, other: &Self) -> bool {
        match (self.age, other.age) {
            (None, other) => other.is_some(),
            (Some(_), None) => false,
            (Some(age), Some(other)) => age > other,
        }
    }
}

/// The worst of a class over all fault sets.
#[derive(Clone)]
pub(super) struct Attained {
    pub(super) oldest: Oldest,
    pub(super) faults: FaultSet,
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

/// What is known of a class in a period.
pub(super) struct Outcome {
    /// What was asked.
    sets: Sets,
    /// The oldest for each fault set, by its place, that leaves something, nominal and guaranteed. Of idle
    /// ones the first stands for all.
    left: Vec<(usize, [Oldest; 2])>,
    /// The first fault set that takes nothing of the class along: all of those leave the same.
    idle: Option<usize>,
    /// The hosts whose loss takes something of it along.
    hosts: Rc<BTreeSet<HostId>>,
    /// Whether any fault set leaves nothing.
    pub(super) gone: bool,
}

impl Outcome {
    pub(super) fn worst(&self, missed: Missed) -> Option<Attained> {
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
    pub(super) fn sets_where(
        &self,
        missed: Missed,
        test: impl Fn(Oldest) -> bool,
    ) -> BTreeSet<FaultSet> {
        let left = self.left.iter();
        let left = left.filter(|(_, oldest)| test(pick(oldest, missed)));
        left.flat_map(|(place, _)| self.standing_for(*place))
            .cloned()
            .collect()
    }

    /// The fault sets that leave something, each with its place; of idle ones the first.
    pub(super) fn leaving(&self) -> impl Iterator<Item = (usize, &(FaultSet, Striking))> {
        let left = self.left.iter();
        left.filter_map(|(place, _)| Some((*place, self.sets.get(*place)?)))
    }

    /// The fault sets for which the one with this place stands.
    pub(super) fn standing_for(&self, place: usize) -> impl Iterator<Item = &FaultSet> {
        let idle = self.idle == Some(place);
        let all = self.sets.iter().enumerate();
        let mine = all.filter(move |(at, (set, _))| match idle {
            true => is_idle(set, &self.hosts),
            false => *at == place,
        });
        mine.map(|(_, (set, _))| set)
    }
}

/// Whether faults are the loss of a host with which nothing of a class goes.
fn is_idle(set: &FaultSet, hosts: &BTreeSet<HostId>) -> bool {
    matches!(set.as_slice(), [Fault::Loss(Target::Host(host))] if !hosts.contains(host))
}

fn pick([nominal, guaranteed]: &[Oldest; 2], missed: Missed) -> Oldest {
    match missed {
        Missed::Nominal => *nominal,
        Missed::Guaranteed => *guaranteed,
    }
}

/// Fault sets in canonical order, each with what it destroys.
pub(super) type Sets = Rc<Vec<(FaultSet, Striking)>>;

/// What faults do, once somebody asks: mostly nobody need know what the loss of a host does that holds nothing.
pub(super) type Striking = Rc<OnceCell<Struck>>;

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
pub(super) type Found = Option<(Worst, usize)>;

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

/// What decides how old a copy's newest version gets: its shape, and its first day where it is not filled yet when the
/// period begins.
type Shape = (usize, Option<i64>);

/// The hosts whose loss takes something of a class along, as far as it has been asked.
pub(super) type Hosts = BTreeMap<ClassId, Rc<BTreeSet<HostId>>>;

/// Asks about one period; the same copies left are asked about once.
pub(super) struct Asker<'c, 'p> {
    pub(super) context: &'c Context<'p>,
    pub(super) period: &'c Period,
    pub(super) from: i64,
    pub(super) until: i64,
    struck: BTreeMap<FaultSet, Striking>,
    sets: BTreeMap<SetsKey, Sets>,
    /// Kept from period to period.
    pub(super) hosts: Hosts,
    /// By the shapes of the copies left and their first days.
    known: BTreeMap<Vec<Shape>, [Found; 2]>,
}

impl<'c, 'p> Asker<'c, 'p> {
    /// About a period that lasts as late as the next one may come.
    pub(super) fn new(context: &'c Context<'p>, period: &'c Period) -> Self {
        let slipped = period.until.checked_add(period.slip_days.days());
        Self::up_to(context, period, slipped.unwrap_or(period.until))
    }

    /// About a period that ends when it is written to.
    pub(super) fn on_time(context: &'c Context<'p>, period: &'c Period) -> Self {
        Self::up_to(context, period, period.until)
    }

    fn up_to(context: &'c Context<'p>, period: &'c Period, until: Date) -> Self {
        let until = until.min(context.plan.model.policy.end);
        Self {
            context,
            period,
            from: midnight(period.from),
            until: midnight(until.max(period.from)),
            struck: BTreeMap::new(),
            sets: BTreeMap::new(),
            hosts: Hosts::new(),
            known: BTreeMap::new(),
        }
    }

    /// The faults under which a class is asked about: the loss of its live data alone and of its host, which
    /// need not be asked for, and what must be survived.
    pub(super) fn sets(&mut self, class: ClassId) -> Sets {
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

    pub(super) fn outcome(&mut self, class: ClassId, sets: Sets) -> Outcome {
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
            idle: None,
            hosts: Rc::clone(&hosts),
            gone: false,
        };
        // Most faults leave the same of it as one before.
        let mut known: Vec<(Useless, Left)> = Vec::new();
        for (place, (set, struck)) in sets.iter().enumerate() {
            if is_idle(set, &hosts) {
                if out.idle.is_some() {
                    continue;
                }
                out.idle = Some(place);
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
        // Shapes have numbers that other classes have a part in: told is of the first copy.
        let first = copies.iter().copied().min()?;
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
                .all(|copy| context.plan.staleness().kept(*copy, missed).exact),
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
            .filter(|copy| staleness.kept(**copy, missed).known != Known::Nothing)
            .map(|copy| (self.settled(*copy, missed), *copy))
            .collect();
        let in_time = settled.iter().any(|(at, _)| *at < self.until);
        if in_time {
            settled.retain(|(at, _)| *at < self.until);
        } else {
            // The period ends before any of them is settled: all of it is looked at as if they were.
            settled.iter_mut().for_each(|(at, _)| *at = self.from);
        }
        self.among(&settled, missed, self.until)
    }

    /// The same among copies each of which counts from some moment on.
    pub(super) fn among(&self, settled: &[(i64, CopyId)], missed: Missed, until: i64) -> Found {
        let staleness = &self.context.plan.staleness();
        let mut cuts: Vec<i64> = settled.iter().map(|(at, _)| *at).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut out: Found = None;
        for (index, from) in cuts.iter().enumerate() {
            let until = cuts.get(index + 1).map_or(until, |next| *next);
            let there = settled.iter().filter(|(at, _)| at <= from);
            let there: Vec<CopyId> = there.map(|(_, copy)| *copy).collect();
            let newest = there.iter().map(|copy| staleness.kept(*copy, missed));
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

    /// The first day of a copy that its chain has not surely filled by the beginning of the period: perhaps that very
    /// day.
    fn first_day(&self, copy: CopyId) -> Option<i64> {
        let settled =
            [Missed::Nominal, Missed::Guaranteed].map(|missed| self.settled(copy, missed));
        let is_filled = settled.iter().all(|at| *at == self.from);
        (!is_filled).then(|| midnight(self.context.plan.copies[copy].lifetime.from))
    }

    /// When a copy's chain has surely filled it in this period.
    pub(super) fn settled(&self, id: CopyId, missed: Missed) -> i64 {
        let first = self.context.plan.copies[id].lifetime.from;
        self.filled(id, missed, midnight(first)).max(self.from)
    }

    /// When a copy's chain has surely filled it if it begins at some moment: on the calendar, where that says it
    /// sooner than the longest way through the chain.
    pub(super) fn filled(&self, id: CopyId, missed: Missed, first: i64) -> i64 {
        let copy = &self.context.plan.copies[id];
        let chain = match missed {
            Missed::Nominal => copy.nominal_staleness,
            Missed::Guaranteed => copy.staleness,
        };
        let settled = first.saturating_add(chain.0);
        let filled = self
            .context
            .plan
            .staleness()
            .of(id, missed)
            .filled_since(first);
        settled.min(filled.unwrap_or(settled))
    }
}
