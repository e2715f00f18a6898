//! Decides for classes alike, once, whether faults leave enough.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;
use thrice_model::{ClassId, HostId, Obligation, Target};

use super::question::{after, question, useless};
use super::{Ask, Group, Outcomes, Violation};
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::faults::{Stakes, Struck, Useless, strike};
use crate::obligations::settling::claim;
use crate::replay::About;
use crate::systems::{BySystem, Symbolized};
use crate::verification::Engine;

/// Decides period after period, and remembers what need not be asked again.
pub(super) struct Decider<'c, 'p> {
    pub(super) context: &'c Context<'p>,
    /// The systems of classes in the period that is asked about, as far as somebody has asked.
    symbols: BTreeMap<ClassId, Rc<Symbolized>>,
    /// What was enough of each class, as it was last asked about.
    pub(super) enough: BySystem<Enough>,
    /// What was enough of what had crossed the last change of each class.
    pub(super) crossed: BTreeMap<ClassId, Crossed>,
    /// The faults that leave too little only if a phase is late, for the first of classes alike, what is lost
    /// and the period.
    pub(super) late: BTreeMap<(ClassId, ClassId, usize), Vec<FaultSet>>,
    /// For the first of classes alike, the hosts whose loss takes something along that they rest on.
    pub(super) hosts: BTreeMap<ClassId, Rc<BTreeSet<HostId>>>,
    /// Violations by root cause.
    pub(super) groups: BTreeMap<String, Group>,
    /// What came out so far: the classes asked about together, the period, and the outcome.
    pub(super) verdicts: Vec<(Vec<ClassId>, usize, Attained)>,
    /// How often each acceptance of a single fault was needed, by its index.
    pub(super) covered: BTreeMap<usize, usize>,
    /// Those of them that were needed for what the floor asks.
    pub(super) floor_covered: BTreeSet<usize>,
    /// What fails in which period, where nobody sees the cases: then one is enough.
    failed: BTreeSet<(ClassId, usize)>,
    /// What came out of each question in the period, if somebody wants to know.
    pub(super) outcomes: Option<Outcomes>,
}

/// What came out for a class in a period, over all fault sets.
pub(super) struct Attained {
    /// The weakest engine.
    pub(super) engine: Engine,
    /// Whether all held.
    pub(super) holds: bool,
    /// Faults, those that strike together in one, after which the live data alone is left.
    pub(super) only_live: BTreeSet<FaultSet>,
}

impl Attained {
    /// Adds that enough is left under some faults.
    pub(super) fn held(&mut self, ask: &Ask, engine: Engine, only_live: bool) {
        self.engine = self.engine.weaker(engine);
        if only_live {
            self.only_live.insert(ask.faults.clone());
        }
    }

    /// Adds what came out under other fault sets.
    pub(super) fn add(&mut self, other: &Self) {
        self.engine = self.engine.weaker(other.engine);
        self.holds &= other.holds;
        self.only_live.extend(other.only_live.iter().cloned());
    }
}

impl Default for Attained {
    fn default() -> Self {
        Self {
            engine: Engine::Evaluated,
            holds: true,
            only_live: BTreeSet::new(),
        }
    }
}

/// Classes alike in a period, and what is known of them there.
pub(super) struct Alike {
    pub(super) classes: Vec<ClassId>,
    /// The first class, which stands for all, and what it must be restored with.
    pub(super) lost: Vec<ClassId>,
    /// The hosts whose loss takes something along that they rest on.
    pub(super) hosts: Rc<BTreeSet<HostId>>,
    pub(super) attained: Attained,
    /// Whether they survive the loss of a host that has nothing to do with them, and so of every such
    /// host.
    pub(super) held_idle: bool,
}

/// What faults may take of a class for enough to be left: by the copies that are of no use, which engine says that it is
/// enough, and whether only live data is left. Other faults that leave the same need no question of their own, nor does the
/// same in another period.
pub(super) type Enough = BTreeMap<Useless, (Engine, bool)>;

/// The faults, by what they take, that leave enough of what has crossed the last change of a class.
#[derive(Default)]
pub(super) struct Crossed {
    pub(super) since: Option<Date>,
    pub(super) held: BTreeSet<Useless>,
}

impl<'c, 'p> Decider<'c, 'p> {
    pub(super) fn new(context: &'c Context<'p>, tells: bool) -> Self {
        Self {
            context,
            symbols: BTreeMap::new(),
            enough: BySystem::default(),
            crossed: BTreeMap::new(),
            late: BTreeMap::new(),
            hosts: BTreeMap::new(),
            groups: BTreeMap::new(),
            verdicts: Vec::new(),
            covered: BTreeMap::new(),
            floor_covered: BTreeSet::new(),
            failed: BTreeSet::new(),
            outcomes: tells.then(Outcomes::new),
        }
    }
}

impl Decider<'_, '_> {
    pub(super) fn alike(&mut self, classes: Vec<ClassId>) -> Alike {
        let first = classes.first().copied();
        let lost = first.map_or_else(Vec::new, |class| self.needs(class));
        let context = self.context;
        let hosts = || Rc::new(Stakes::of(context, &lost).hosts(context));
        let hosts = match first {
            Some(first) => Rc::clone(self.hosts.entry(first).or_insert_with(hosts)),
            None => hosts(),
        };
        Alike {
            hosts,
            classes,
            lost,
            attained: Attained::default(),
            held_idle: false,
        }
    }

    /// A class and all that it is restored with.
    pub(super) fn needs(&self, class: ClassId) -> Vec<ClassId> {
        self.context.with_needs(class)
    }

    /// Asks about each kind of class alike once. The places of those in `alike` that are not safe.
    pub(super) fn ask(&mut self, ask: &Ask, alike: &mut [Alike], index: usize) -> Vec<usize> {
        let mut hit = Vec::new();
        let Some(period) = self.context.plan.periods.get(index) else {
            return hit;
        };
        let context = self.context;
        // Mostly nobody need know what the loss of a host does that holds nothing.
        let struck = LazyCell::new(|| strike(context, &ask.faults, period.from));
        let host = match ask.faults.as_slice() {
            [Fault::Loss(Target::Host(host))] => Some(host),
            _ => None,
        };
        for (place, group) in alike.iter_mut().enumerate() {
            let idle = host.is_some_and(|host| !group.hosts.contains(host));
            if idle && group.held_idle && self.outcomes.is_none() {
                continue;
            }
            let held = self.ask_one(ask, &struck, group, index);
            group.held_idle |= idle && held && group.attained.only_live.is_empty();
            if !held {
                hit.push(place);
            }
        }
        hit
    }

    /// Asks about one kind of class; says whether it is safe.
    pub(super) fn ask_one(
        &mut self,
        ask: &Ask,
        struck: &Struck,
        group: &mut Alike,
        index: usize,
    ) -> bool {
        let first = group.classes.first().map(|class| (*class, index));
        if first.is_some_and(|first| self.failed.contains(&first)) {
            group.attained.holds = false;
            return false;
        }
        for lost in group.lost.clone() {
            let violation = self.decide_one(ask, struck, group, lost, index);
            let violation = violation.or_else(|| self.across(ask, struck, group, lost, index));
            let held = violation.is_none();
            let engine = match &violation {
                None => Engine::Evaluated,
                Some(v) if v.unknown.is_some() => Engine::Unknown,
                Some(v) if v.run.is_some() => Engine::Refuted,
                Some(_) => Engine::Evaluated,
            };
            group.attained.engine = group.attained.engine.weaker(engine);
            group.attained.holds &= held;
            if let Some(violation) = violation {
                let held = violation.unknown.is_none().then_some(false);
                self.record(ask, group, held);
                self.file(ask, violation);
                if !self.context.known.answers.least() && self.outcomes.is_none() {
                    self.failed.extend(first);
                }
                return false;
            }
        }
        self.record(ask, group, Some(true));
        true
    }

    /// The floor and a requirement may ask about the same faults: the worse outcome counts.
    pub(super) fn record(&mut self, ask: &Ask, group: &Alike, held: Option<bool>) {
        let Some(outcomes) = &mut self.outcomes else {
            return;
        };
        if !outcomes.contains_key(&group.classes) {
            outcomes.insert(group.classes.clone(), BTreeMap::new());
        }
        if let Some(known) = outcomes.get_mut(&group.classes) {
            let known = known.entry(ask.faults.clone()).or_insert(held);
            *known = match (*known, held) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (None, _) | (_, None) => None,
                _ => Some(true),
            };
        }
    }

    pub(super) fn decide_one(
        &mut self,
        ask: &Ask,
        struck: &Struck,
        alike: &mut Alike,
        lost: ClassId,
        index: usize,
    ) -> Option<Violation> {
        let context = self.context;
        let symbolized = &self.symbolized(lost, index)?;
        let ids = &symbolized.copies;
        let useless = useless(context, ask, struck, ids);
        let enough = self.enough.of(lost, symbolized);
        if let Some((engine, only_live)) = enough.get(&useless).copied() {
            alike.attained.held(ask, engine, only_live);
            return None;
        }
        let violation = |run, unknown| Violation {
            faults: ask.faults.clone(),
            classes: alike.classes.clone(),
            period: index,
            lost,
            own: alike.classes.contains(&lost),
            symbolized: Symbolized::clone(symbolized),
            useless: useless.clone(),
            run,
            unknown,
        };
        let Some(question) = question(context, lost, ids, &useless) else {
            return Some(violation(None, None));
        };
        let system = after(symbolized, &useless);
        let home = context.plan.model.classes[lost].home.store;
        let only_live = question.members.iter().all(|(i, _)| {
            ids.get(*i)
                .is_some_and(|id| context.plan.copies[*id].location.store == home)
        });
        let period = context.plan.periods.get(index);
        let about = About {
            obligation: Obligation::Survival,
            period: period.map_or("", |period| period.name.as_str()),
        };
        match claim(context, about, lost, (symbolized, &system), &question) {
            Ok(engine) => {
                alike.attained.held(ask, engine, only_live);
                let enough = self.enough.of(lost, symbolized);
                enough.insert(useless, (engine, only_live));
                None
            }
            Err((run, unknown)) => Some(violation(run, unknown)),
        }
    }

    /// Begins another period.
    pub(super) fn begin(&mut self) {
        self.symbols.clear();
    }

    /// The system of a class in a period. Whoever stands for classes that are alike may be any of them: a requirement
    /// need not name the first.
    pub(super) fn symbolized(&mut self, class: ClassId, index: usize) -> Option<Rc<Symbolized>> {
        let context = self.context;
        let period = context.plan.periods.get(index)?;
        let known = self.symbols.entry(class);
        let found = known.or_insert_with(|| context.symbolized(class, period));
        Some(Rc::clone(found))
    }
}
