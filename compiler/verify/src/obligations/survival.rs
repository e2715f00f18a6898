//! Obligation 2: for every set of faults that the policy asks to survive, and at every moment, some
//! usable copy of the class and of all that it must be restored with.
//!
//! And the floor, which no policy need ask for: every class survives the loss of its own host, and
//! with it of any host that holds no copy (an orchestrator, a vault), through a copy elsewhere that a
//! deletion upstream spares.

mod crossing;
mod needs;
pub(super) mod tell;

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ecow::EcoString;
use indexmap::IndexMap;
use jiff::civil::Date;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, Demand, HostId, Obligation, Selection, Target};
use thrice_plan::{CopyId, CopyKind, Period};

use super::settling::{ages, claim, settling};
use super::split::{split, violated};
use crate::context::Context;
use crate::faults::{self, Asked, Fault, FaultSet, Stakes, Struck, Useless, Why, strike};
use crate::presence::{About, Crossing, Question, Run, Symbolized};
use crate::verdicts::{Said, Word, by_class};
use crate::verification::{Engine, Finding, Verification};
use crate::wording::during;

const VACUOUS: Code = Code("T1204");

/// What is asked, and who asks it.
#[derive(Clone)]
struct Ask {
    faults: FaultSet,
    /// The words of the requirement; `None` for the floor.
    span: Option<Span>,
    /// Whether a copy must be spared by a deletion upstream to count.
    spared: bool,
    /// Since when it is asked for.
    since: Date,
}

/// Faults that leave nothing of a class.
#[derive(Clone)]
struct Violation {
    /// Classes alike: the first one is told of.
    classes: Vec<ClassId>,
    period: usize,
    /// The class of which nothing is left: the class itself, or one it is restored with.
    lost: ClassId,
    symbolized: Symbolized,
    useless: Useless,
    run: Option<Run>,
    unknown: Option<String>,
}

violated!(Violation);

/// Violations with one root cause: the same copies are of no use for the same reasons.
#[derive(Clone, Default)]
struct Group {
    /// The requirements that ask for it.
    spans: BTreeSet<Span>,
    /// The fault sets that bring it about.
    faults: BTreeSet<FaultSet>,
    /// Whether the floor asks for it, whatever requirements do.
    floor: bool,
    violations: Vec<Violation>,
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    decided(context, None, out);
    if context.chosen().is_none() {
        needs::decide(context, out);
    }
}

/// For the classes that were asked about together, and each set of faults, whether something usable is left;
/// `None`: not decided.
pub(crate) type Outcomes = BTreeMap<Vec<ClassId>, BTreeMap<FaultSet, Option<bool>>>;

/// Who wants to know what came out of every question in a period, which is given by its place.
type Told<'t> = &'t mut dyn FnMut(usize, Outcomes);

/// Tells, period after period, what came out of each question of this obligation.
pub(crate) fn outcomes(context: &Context<'_>, told: Told<'_>) {
    decided(context, Some(told), &mut Verification::default());
}

fn decided(context: &Context<'_>, mut told: Option<Told<'_>>, out: &mut Verification) {
    let mut state = Decider::new(context, told.is_some());
    for (index, period) in context.plan.periods.iter().enumerate() {
        let alike = context.kinds_in(period);
        state.symbols = symbols(context, &alike, period);
        match context.chosen() {
            Some(faults) => state.under(faults, &alike, index),
            None => {
                state.required(&alike, index, period, out);
                state.floor(&alike, index, period);
            }
        }
        if let (Some(told), Some(outcomes)) = (&mut told, &mut state.outcomes) {
            told(index, std::mem::take(outcomes));
        }
    }
    state.finish(out);
}

struct Decider<'c, 'p> {
    context: &'c Context<'p>,
    symbols: BTreeMap<ClassId, Rc<Symbolized>>,
    /// What was enough of each class, as it was last asked about.
    enough: BTreeMap<ClassId, Enough>,
    /// What was enough of what had crossed the last change of each class.
    crossed: BTreeMap<ClassId, Crossed>,
    /// The faults that leave too little only if a phase is late, for the first of classes alike, what is lost
    /// and the period.
    late: BTreeMap<(ClassId, ClassId, usize), Vec<FaultSet>>,
    /// For the first of classes alike, the hosts whose loss takes something along that they rest on.
    hosts: BTreeMap<ClassId, Rc<BTreeSet<HostId>>>,
    /// Violations by root cause.
    groups: BTreeMap<String, Group>,
    /// What came out so far: the classes asked about together, the period, and the outcome.
    verdicts: Vec<(Vec<ClassId>, usize, Attained)>,
    /// How often each acceptance of a single fault was needed, by its index.
    covered: BTreeMap<usize, usize>,
    /// Those of them that were needed for what the floor asks.
    floor_covered: BTreeSet<usize>,
    /// What came out of each question in the period, if somebody wants to know.
    outcomes: Option<Outcomes>,
}

/// What came out for a class in a period, over all fault sets.
struct Attained {
    /// The weakest engine.
    engine: Engine,
    /// Whether all held.
    holds: bool,
    /// Faults after which the live data alone is left.
    only_live: BTreeSet<Fault>,
}

impl Attained {
    /// Adds that enough is left under some faults.
    fn held(&mut self, ask: &Ask, engine: Engine, only_live: bool) {
        self.engine = self.engine.weaker(engine);
        if only_live {
            self.only_live.extend(ask.faults.iter().copied());
        }
    }

    /// Adds what came out under other fault sets.
    fn add(&mut self, other: &Self) {
        self.engine = self.engine.weaker(other.engine);
        self.holds &= other.holds;
        self.only_live.extend(other.only_live.iter().copied());
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
struct Alike {
    classes: Vec<ClassId>,
    /// The first class, which stands for all, and what it must be restored with.
    lost: Vec<ClassId>,
    /// The hosts whose loss takes something along that they rest on.
    hosts: Rc<BTreeSet<HostId>>,
    attained: Attained,
    /// Whether they survive the loss of a host that has nothing to do with them, and so of every such
    /// host.
    held_idle: bool,
}

/// What faults may take of a class for enough to be left. Other faults that leave the same need no question of
/// their own, nor does the same in another period.
struct Enough {
    system: Rc<Symbolized>,
    /// By the copies that are of no use: which engine says that it is enough, and whether only live data is
    /// left.
    left: BTreeMap<Useless, (Engine, bool)>,
}

/// The faults, by what they take, that leave enough of what has crossed the last change of a class.
#[derive(Default)]
struct Crossed {
    since: Option<Date>,
    held: BTreeSet<Useless>,
}

impl<'c, 'p> Decider<'c, 'p> {
    fn new(context: &'c Context<'p>, tells: bool) -> Self {
        Self {
            context,
            symbols: BTreeMap::new(),
            enough: BTreeMap::new(),
            crossed: BTreeMap::new(),
            late: BTreeMap::new(),
            hosts: BTreeMap::new(),
            groups: BTreeMap::new(),
            verdicts: Vec::new(),
            covered: BTreeMap::new(),
            floor_covered: BTreeSet::new(),
            outcomes: tells.then(Outcomes::new),
        }
    }
}

impl Decider<'_, '_> {
    fn alike(&mut self, classes: Vec<ClassId>) -> Alike {
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

    /// Asks about faults that somebody chose, of all classes.
    fn under(&mut self, faults: &FaultSet, alike: &[Vec<ClassId>], index: usize) {
        let ask = Ask {
            faults: faults.clone(),
            span: None,
            spared: false,
            since: self.context.plan.model.policy.start,
        };
        let mut all: Vec<Alike> = alike.iter().map(|c| self.alike(c.clone())).collect();
        drop(self.ask(&ask, &mut all, index));
        self.conclude(all, index);
    }

    /// Asks what the policy requires.
    fn required(
        &mut self,
        alike: &[Vec<ClassId>],
        index: usize,
        period: &Period,
        out: &mut Verification,
    ) {
        let context = self.context;
        for requirement in &context.plan.model.requirements {
            let Demand::Survive(survive) = &requirement.demand else {
                continue;
            };
            if !Context::in_force(requirement.lifetime, period) {
                continue;
            }
            let chosen = within(alike, &requirement.selection);
            let mut chosen: Vec<Alike> = chosen.into_iter().map(|c| self.alike(c)).collect();
            let ask = |faults: FaultSet| Ask {
                faults,
                span: Some(requirement.span),
                spared: false,
                since: requirement.lifetime.from,
            };
            match faults::asked(context, survive, period) {
                Asked::Set(set) => drop(self.ask(&ask(set), &mut chosen, index)),
                Asked::Any(_, singles) if singles.is_empty() => {
                    out.findings.push(vacuous(requirement.span, period));
                }
                Asked::Any(count, singles) => self.any(&ask, count, &singles, &mut chosen, index),
            }
            self.conclude(chosen, index);
        }
    }

    /// Puts away what came out for classes in a period.
    fn conclude(&mut self, alike: impl IntoIterator<Item = Alike>, index: usize) {
        let outcomes = alike.into_iter().map(|a| (a.classes, index, a.attained));
        self.verdicts.extend(outcomes);
    }

    /// Asks about every set of up to `count` faults: first about each by itself, then about growing
    /// sets of those that are not fatal yet and that no other one outdoes.
    fn any(
        &mut self,
        ask: &dyn Fn(FaultSet) -> Ask,
        count: usize,
        singles: &[Fault],
        alike: &mut [Alike],
        index: usize,
    ) {
        let Some(day) = self.context.plan.periods.get(index).map(|p| p.from) else {
            return;
        };
        let mut fatal: BTreeMap<usize, Vec<Fault>> = BTreeMap::new();
        for fault in singles {
            for group in self.ask(&ask(vec![*fault]), alike, index) {
                fatal.entry(group).or_default().push(*fault);
            }
        }
        for (group, classes) in alike.iter_mut().enumerate().filter(|_| count > 1) {
            let fatal = fatal.remove(&group).unwrap_or_default();
            let stakes = Stakes::of(self.context, &classes.lost);
            let harmless: Vec<Fault> = singles
                .iter()
                .copied()
                .filter(|f| !fatal.contains(f))
                .collect();
            let strongest = stakes.strongest(self.context, &harmless, day);
            let one = std::slice::from_mut(classes);
            let mut sets: Vec<FaultSet> = strongest.iter().map(|f| vec![*f]).collect();
            let mut killers: Vec<FaultSet> = Vec::new();
            for _ in 1..count {
                sets = faults::grown(&sets, &strongest, &killers);
                for set in &sets {
                    if !self.ask(&ask(set.clone()), one, index).is_empty() {
                        killers.push(set.clone());
                    }
                }
                sets.retain(|set| !killers.contains(set));
            }
        }
    }

    /// A class and all that it is restored with.
    fn needs(&self, class: ClassId) -> Vec<ClassId> {
        let needs = &self.context.plan.model.classes[class].needs;
        std::iter::once(class)
            .chain(needs.iter().map(|n| n.class))
            .collect()
    }

    /// Asks about each kind of class alike once. The places of those in `alike` that are not safe.
    fn ask(&mut self, ask: &Ask, alike: &mut [Alike], index: usize) -> Vec<usize> {
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
    fn ask_one(&mut self, ask: &Ask, struck: &Struck, group: &mut Alike, index: usize) -> bool {
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
                return false;
            }
        }
        self.record(ask, group, Some(true));
        true
    }

    /// The floor and a requirement may ask about the same faults: the worse outcome counts.
    fn record(&mut self, ask: &Ask, group: &Alike, held: Option<bool>) {
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

    fn decide_one(
        &mut self,
        ask: &Ask,
        struck: &Struck,
        alike: &mut Alike,
        lost: ClassId,
        index: usize,
    ) -> Option<Violation> {
        let context = self.context;
        let symbolized = &Rc::clone(self.symbols.get(&lost)?);
        let ids = &symbolized.copies;
        let useless = useless(context, ask, struck, ids);
        let enough = self.enough_of(lost, symbolized);
        if let Some((engine, only_live)) = enough.left.get(&useless).copied() {
            alike.attained.held(ask, engine, only_live);
            return None;
        }
        let violation = |run, unknown| Violation {
            classes: alike.classes.clone(),
            period: index,
            lost,
            symbolized: Symbolized::clone(symbolized),
            useless: useless.clone(),
            run,
            unknown,
        };
        let Some(question) = question(context, lost, ids, &useless) else {
            return Some(violation(None, None));
        };
        let system = crossing::after(symbolized, &useless);
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
                let enough = self.enough_of(lost, symbolized);
                enough.left.insert(useless, (engine, only_live));
                None
            }
            Err((run, unknown)) => Some(violation(run, unknown)),
        }
    }

    /// What was enough of a class whose copies are this system.
    fn enough_of(&mut self, lost: ClassId, system: &Rc<Symbolized>) -> &mut Enough {
        let new = || Enough {
            system: Rc::clone(system),
            left: BTreeMap::new(),
        };
        let known = self.enough.entry(lost).or_insert_with(new);
        if !Rc::ptr_eq(&known.system, system) {
            *known = new();
        }
        known
    }

    /// The floor: the loss of the class's own host, alone and together with each host that holds none
    /// of its copies.
    fn floor(&mut self, alike: &[Vec<ClassId>], index: usize, period: &Period) {
        let model = &self.context.plan.model;
        let hosts: Vec<_> = model
            .hosts
            .iter()
            .filter(|(_, h)| h.lifetime.contains(period.from))
            .map(|(id, _)| id)
            .collect();
        for classes in alike {
            let mut one = [self.alike(classes.clone())];
            let [group] = &one;
            let Some(class) = group.lost.first() else {
                continue;
            };
            let home = self.context.plan.host_of(model.classes[*class].home.store);
            let own = Fault::Loss(Target::Host(home));
            let alone = Ask {
                faults: vec![own],
                span: None,
                spared: true,
                since: model.policy.start,
            };
            // Accepted or not: with more faults it only gets worse.
            if self.ask(&alone, &mut one, index).is_empty() {
                self.floor_with(own, &hosts, &mut one, index);
            }
            self.conclude(one, index);
        }
    }

    /// The loss of a class's own host together with each host that holds none of its copies. Of those
    /// that have nothing to do with it one stands for all, if it is survived.
    fn floor_with(&mut self, own: Fault, hosts: &[HostId], one: &mut [Alike; 1], index: usize) {
        let [group] = &*one;
        let symbols = group.lost.first().and_then(|class| self.symbols.get(class));
        let copies = symbols.into_iter().flat_map(|symbols| &symbols.copies);
        let class = group.lost.first();
        let across = class.and_then(|class| self.context.across(*class, index));
        let before = across.iter().flat_map(|across| &across.symbolized.copies);
        let holding: BTreeSet<HostId> = copies
            .chain(before)
            .map(|id| self.context.host(&self.context.plan.copies[*id]))
            .collect();
        let with_stakes = Rc::clone(&group.hosts);
        let mut held_idle = false;
        for other in hosts {
            let idle = !with_stakes.contains(other);
            if (idle && held_idle) || holding.contains(other) {
                continue;
            }
            let mut faults = vec![own, Fault::Loss(Target::Host(*other))];
            faults.sort_unstable();
            let both = Ask {
                faults,
                span: None,
                spared: false,
                since: self.context.plan.model.policy.start,
            };
            held_idle |= self.ask(&both, one, index).is_empty() && idle;
        }
    }

    /// Puts away what is so only if a phase is late, unless fewer faults do for it.
    fn file_late(&mut self, ask: &Ask, violation: Violation) {
        let Some(first) = violation.classes.first() else {
            return;
        };
        let whose = (*first, violation.lost, violation.period);
        let known = self.late.entry(whose).or_default();
        let fewer = |faults: &FaultSet| {
            faults.len() < ask.faults.len() && faults.iter().all(|f| ask.faults.contains(f))
        };
        if !known.iter().any(fewer) {
            known.push(ask.faults.clone());
            self.file(ask, violation);
        }
    }

    /// Puts a violation to those of the same cause, unless its single fault is an accepted risk.
    fn file(&mut self, ask: &Ask, mut violation: Violation) {
        self.accept(ask, &mut violation);
        if violation.classes.is_empty() {
            return;
        }
        let plan = self.context.plan;
        let causes: BTreeSet<String> = violation
            .useless
            .iter()
            .map(|(id, why)| (&plan.copies[id], why))
            .filter(|(copy, _)| copy.kind != CopyKind::Live && copy.counts)
            .map(|(copy, why)| match why {
                Why::KeyLost(_) => format!("{why:?}"),
                _ => format!("{why:?} {}", self.context.store_name(copy.location.store)),
            })
            .collect();
        let whose = if violation.classes.contains(&violation.lost) {
            "own"
        } else {
            "needed"
        };
        let causes: Vec<String> = causes.into_iter().collect();
        let run = violation.run.as_ref();
        let shown = match run.map(Run::is_late) {
            None => "false",
            Some(false) => "true",
            Some(true) => "late",
        };
        let key = format!("{whose} {shown} {}", causes.join(" "));
        let group = self.groups.entry(key).or_default();
        group.spans.extend(ask.span);
        group.floor |= ask.span.is_none();
        group.faults.insert(ask.faults.clone());
        group.violations.push(violation);
    }

    /// Takes the classes out for which the single fault is accepted, and counts that.
    fn accept(&mut self, ask: &Ask, violation: &mut Violation) {
        let [Fault::Loss(target)] = ask.faults.as_slice() else {
            return;
        };
        for (index, acceptance) in self.context.plan.model.acceptances.iter().enumerate() {
            let mine = acceptance.obligation == Obligation::Survival
                && acceptance.fault == Some(*target)
                && acceptance.until > self.context.plan.as_of;
            let Some(selection) = acceptance.selection.as_ref().filter(|_| mine) else {
                continue;
            };
            let before = violation.classes.len();
            violation.classes.retain(|c| !selection.contains(*c));
            let needed = violation.classes.len() < before;
            *self.covered.entry(index).or_default() += usize::from(needed);
            if needed && ask.span.is_none() {
                self.floor_covered.insert(index);
            }
        }
    }

    /// Says after which faults the live data alone is left of a class, if enough is left under all.
    fn only_live(&self, attained: &Attained, class: ClassId, index: usize) -> Option<String> {
        if !attained.holds || attained.only_live.is_empty() {
            return None;
        }
        let only = attained.only_live.iter();
        let only: Vec<String> = only.map(|f| faults::words(self.context, *f)).collect();
        let name = self.context.class_name(class);
        let period = self.context.plan.periods.get(index);
        let period = period.map_or("", |p| p.name.as_str());
        Some(format!("`{name}` in `{period}` if {}", only.join(", or ")))
    }

    fn finish(self, out: &mut Verification) {
        let groups = self.verdicts.iter();
        let groups = groups.map(|(classes, index, _)| (&classes[..], *index));
        let cells = by_class(self.context.plan.model.classes.len(), groups);
        // Classes that are decided together throughout are told of in the same words.
        let mut words: IndexMap<Vec<u32>, Word, FxBuildHasher> = IndexMap::default();
        let mut together = Vec::new();
        for cells in
            cells.chunk_by(|one, next| (one.class, one.period) == (next.class, next.period))
        {
            let Some(first) = cells.first() else {
                continue;
            };
            let (class, index) = (first.class, first.period as usize);
            together.clear();
            together.extend(cells.iter().map(|cell| cell.group));
            if let Some(word) = words.get(&together) {
                out.verdicts.push_one(class, index, *word);
                continue;
            }
            let mut attained = Attained::default();
            for cell in cells {
                if let Some((.., other)) = self.verdicts.get(cell.group as usize) {
                    attained.add(other);
                }
            }
            let only = self.only_live(&attained, class, index);
            let word = out.verdicts.word(Said {
                obligation: Obligation::Survival,
                engine: attained.engine,
                holds: attained.holds,
                note: if attained.only_live.is_empty() {
                    EcoString::new()
                } else {
                    "partly through the live data alone".into()
                },
            });
            out.verdicts.push_one(class, index, word);
            match only {
                // This names the class.
                Some(only) => out.only_live.push(only),
                None => drop(words.insert(together.clone(), word)),
            }
        }
        let parts = self.groups.values().flat_map(|group| {
            let violations = split(&group.violations).into_iter();
            violations.map(|violations| Group {
                violations,
                ..group.clone()
            })
        });
        out.findings
            .extend(parts.filter_map(|part| tell::tell(self.context, &part)));
        out.floor_covered.extend(&self.floor_covered);
        for (index, count) in &self.covered {
            *out.covered.entry(*index).or_default() += count;
        }
    }
}

/// Which copies are of no use when it is asked whether others are left.
fn useless(context: &Context<'_>, ask: &Ask, struck: &Struck, ids: &[CopyId]) -> Useless {
    let mut useless = struck.useless(context, ids);
    for id in ids.iter().filter(|_| ask.spared) {
        let copy = &context.plan.copies[*id];
        let spared = !copy.propagates && (copy.history || copy.kind != CopyKind::Mirror);
        if copy.kind != CopyKind::Live && !spared {
            useless.add(*id, Why::NotSpared);
        }
    }
    useless
}

/// The nodes that count, as one group.
fn members(context: &Context<'_>, ids: &[CopyId], useless: &Useless) -> Vec<(usize, u32)> {
    let counts = |id: &CopyId| context.plan.copies[*id].counts && !useless.contains(*id);
    let ids = ids.iter().enumerate();
    ids.filter(|(_, id)| counts(id))
        .map(|(i, _)| (i, 0))
        .collect()
}

/// What is asked of copies some of which are of no use; `None`: none of the others can be counted on.
fn question(
    context: &Context<'_>,
    lost: ClassId,
    ids: &[CopyId],
    useless: &Useless,
) -> Option<Question> {
    let members = members(context, ids, useless);
    // From the age on at which the fastest copy, spared or not, is surely made: what is lost of
    // younger data is the recovery point's.
    let live = |id: CopyId| context.plan.copies[id].kind == CopyKind::Live;
    let elsewhere: Vec<(usize, u32)> = ids
        .iter()
        .enumerate()
        .filter(|(_, id)| context.plan.copies[**id].counts && !live(**id))
        .map(|(i, _)| (i, 0))
        .collect();
    let live_there = members
        .iter()
        .any(|(i, _)| ids.get(*i).is_some_and(|id| live(*id)));
    let settle = if live_there {
        Some(0)
    } else {
        settling(context, ids, &members, 1).or_else(|| settling(context, ids, &elsewhere, 1))
    };
    let settle = settle.filter(|_| !members.is_empty())?;
    let rto = context.plan.model.classes[lost].asked().rto;
    let window = context.alarmed_after(lost).0;
    let (from, to) = ages(context, lost, settle);
    Some(Question {
        members,
        need: 1,
        from,
        to,
        window: window.saturating_add(rto.map_or(0, |(t, _)| t.0)),
        crossing: Crossing::Old,
    })
}

/// The systems of the first class of each group, and of those that any class needs.
fn symbols(
    context: &Context<'_>,
    alike: &[Vec<ClassId>],
    period: &Period,
) -> BTreeMap<ClassId, Rc<Symbolized>> {
    let firsts = alike.iter().filter_map(|group| group.first().copied());
    let needed = alike
        .iter()
        .filter_map(|group| group.first())
        .flat_map(|class| {
            context.plan.model.classes[*class]
                .needs
                .iter()
                .map(|n| n.class)
        });
    let wanted: BTreeSet<ClassId> = firsts.chain(needed).collect();
    wanted
        .into_iter()
        .map(|class| (class, context.symbolized(class, period)))
        .collect()
}

/// The classes of each group that are selected; groups stay apart.
fn within(alike: &[Vec<ClassId>], selected: &Selection) -> Vec<Vec<ClassId>> {
    alike
        .iter()
        .map(|group| {
            group
                .iter()
                .copied()
                .filter(|c| selected.contains(*c))
                .collect::<Vec<_>>()
        })
        .filter(|group| !group.is_empty())
        .collect()
}

fn vacuous(span: Span, period: &Period) -> Finding {
    Finding {
        diagnostic: Diagnostic::warning(
            VACUOUS,
            format!(
                "this requirement names no fault that can happen{}",
                during([period])
            ),
        )
        .at(span, "nothing of these kinds is there")
        .help("declare what it is about, or take it away"),
        obligation: Obligation::Survival,
        classes: Vec::new(),
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}
