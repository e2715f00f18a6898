//! What is asked of a plan, and what is known of it so far.

mod alike;
mod grown;
mod profiles;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use jiff::civil::Date;
use thrice_model::{ClassId, EnvironmentId, HostId, Location};
use thrice_plan::{Period, Plan};
use thrice_presence::Answers;

use crate::fault::{Chosen, FaultSet};
use crate::hands::{Owned, Principal, closure, joint};
use crate::indexed::{Index, Indexed};
use crate::systems::{Across, Symbolized, across, symbolize, symbolized_in};
use grown::Grown;
use profiles::Profiles;

/// What holds of any plan, as far as it has been asked.
#[derive(Default)]
pub(crate) struct Known {
    /// Answers to questions, by shape.
    pub answers: Answers,
    /// What keep rules leave in the long run.
    pub profiles: Profiles,
}

impl Known {
    /// Nothing but answers.
    pub(crate) fn with(answers: Answers) -> Rc<Self> {
        Rc::new(Self {
            answers,
            ..Self::default()
        })
    }
}

/// What crosses into the period with this place, by class; nothing new for most.
type Crossings = BTreeMap<ClassId, (usize, Option<Rc<Across>>)>;

/// What environments read, of all their hosts or of all but one.
type Seen = BTreeMap<(EnvironmentId, Option<HostId>), Vec<Rc<Owned>>>;

/// A plan that is asked about: with all that obligations share of what they have worked out.
pub(crate) struct Context<'p> {
    /// The plan.
    indexed: Indexed<'p>,
    /// What principals own, as far as it has been asked.
    owned: RefCell<BTreeMap<Principal, Vec<Rc<Owned>>>>,
    /// What environments read, as far as it has been asked.
    seen: RefCell<Seen>,
    /// The only classes that are asked about, if not all are.
    pub only: Option<BTreeSet<ClassId>>,
    /// The only faults that are asked about, if somebody chose some: together, and in periods in which they can all
    /// happen.
    pub chosen: Option<Rc<Chosen>>,
    /// By the first day of a period, the classes that live in it and are asked about.
    present: RefCell<BTreeMap<Date, Rc<[ClassId]>>>,
    /// The same, those that are alike together.
    alike: RefCell<BTreeMap<Date, Rc<[Vec<ClassId>]>>>,
    /// By the first day of a period: for each kind, the first of those that are like it then.
    kinds: RefCell<BTreeMap<Date, Rc<[usize]>>>,
    /// By how much volumes have grown.
    pub grown: Grown,
    /// The systems of classes, as they were in the period last asked about.
    systems: RefCell<BTreeMap<ClassId, Rc<Symbolized>>>,
    /// What crosses into the period last asked about.
    crossing: RefCell<Crossings>,
    /// What has been worked out already.
    pub known: Rc<Known>,
    /// Counterexamples that the simulator does not bear out: mistakes of this program.
    pub mismatches: RefCell<Vec<thrice_diagnostics::Diagnostic>>,
    /// Whether cases are played on the simulator: where nobody sees them they need not be.
    pub plays: bool,
    /// What the solver was asked, if that is wanted.
    pub queries: RefCell<Vec<crate::verification::Query>>,
}

/// What is asked of the plan itself is asked of it.
impl<'p> Deref for Context<'p> {
    type Target = Indexed<'p>;

    fn deref(&self) -> &Self::Target {
        &self.indexed
    }
}

impl<'p> Context<'p> {
    /// Indexes a plan.
    pub(crate) fn new(plan: &'p Plan, known: Rc<Known>) -> Self {
        Self::with(plan, Arc::new(Index::of(plan)), known)
    }

    /// Of a plan that is indexed already.
    pub(crate) fn with(plan: &'p Plan, index: Arc<Index>, known: Rc<Known>) -> Self {
        Self {
            indexed: Indexed::with(plan, index),
            owned: RefCell::default(),
            seen: RefCell::default(),
            only: None,
            chosen: None,
            present: RefCell::default(),
            alike: RefCell::default(),
            kinds: RefCell::default(),
            grown: Grown::default(),
            systems: RefCell::default(),
            crossing: RefCell::default(),
            known,
            mismatches: RefCell::default(),
            plays: true,
            queries: RefCell::default(),
        }
    }

    /// The copies of a class in a period as a system: the same one as in the period that was asked about before,
    /// if nothing of the class has begun or ended since.
    pub(crate) fn symbolized(&self, class: ClassId, period: &Period) -> Rc<Symbolized> {
        let copies = self.copies_there(class, period);
        let mut known = self.systems.borrow_mut();
        let last = known.get(&class);
        if let Some(last) = last.filter(|last| last.is_of(self, &copies, period.from)) {
            return Rc::clone(last);
        }
        let found = Rc::new(symbolize(self, &copies, period.from));
        known.insert(class, Rc::clone(&found));
        found
    }

    /// The same, not kept for the next time.
    pub(crate) fn symbolized_in(&self, class: ClassId, period: &Period) -> Symbolized {
        symbolized_in(self, class, period)
    }

    /// What of a class comes to be in one period and is still there in that with this place, if the periods before
    /// say anything new of it.
    pub(crate) fn across(&self, class: ClassId, period: usize) -> Option<Rc<Across>> {
        let mut known = self.crossing.borrow_mut();
        if let Some((_, found)) = known.get(&class).filter(|(of, _)| *of == period) {
            return found.clone();
        }
        let found = across(self, class, period).map(Rc::new);
        known.insert(class, (period, found.clone()));
        found
    }

    /// The copies of a class that is like the one whose copies these are in a period with this place; `None` if its copies
    /// are others.
    pub(crate) fn of_another(
        &self,
        one: &Symbolized,
        class: ClassId,
        period: usize,
    ) -> Option<Symbolized> {
        let own = one.copies.first().map(|id| self.plan.copies[*id].class)?;
        let there = self.plan.periods.get(period)?;
        let is_now = *self.copies_there(own, there) == *one.copies;
        let found = match is_now {
            true => self.symbolized_in(class, there),
            false => self.across(class, period)?.symbolized.clone(),
        };
        (found.copies.len() == one.copies.len()).then_some(found)
    }

    /// What somebody owns who has a principal in his hands on a day.
    pub(crate) fn owned(&self, principal: Principal, day: Date) -> Rc<Owned> {
        let mut known = self.owned.borrow_mut();
        let known = known.entry(principal).or_default();
        if let Some(found) = known.iter().find(|owned| owned.holds_on(day)) {
            return Rc::clone(found);
        }
        let found = Rc::new(closure(self, principal, day));
        known.push(Rc::clone(&found));
        found
    }

    /// What somebody owns who is at home on all hosts of an environment, and reads what its name is declared a reader of.
    pub(crate) fn owned_in(&self, environment: EnvironmentId, day: Date) -> Rc<Owned> {
        self.owned_beside(environment, None, day)
    }

    /// The same, of all but one of the hosts.
    pub(crate) fn owned_beside(
        &self,
        environment: EnvironmentId,
        but: Option<HostId>,
        day: Date,
    ) -> Rc<Owned> {
        let mut known = self.seen.borrow_mut();
        let known = known.entry((environment, but)).or_default();
        if let Some(found) = known.iter().find(|owned| owned.holds_on(day)) {
            return Rc::clone(found);
        }
        let environment = &self.plan.model.environments[environment];
        let hosts = environment.hosts.iter();
        let hosts = hosts.filter(|host| Some(**host) != but);
        let lives = |host: &HostId| self.plan.model.hosts[*host].lifetime;
        let there = hosts.clone().filter(|host| lives(host).contains(day));
        let there: Vec<Principal> = there.map(|host| Principal::Host(*host)).collect();
        let is_nowhere = there.is_empty() && !environment.hosts.is_empty();
        let shown = self.declared(&environment.named.name);
        let shown = shown.filter(|_| !is_nowhere);
        let mut found = joint(self, &there, shown.collect(), day);
        // Until another one of them comes.
        let begins = hosts.map(|host| lives(host).from);
        let next = begins.filter(|from| *from > day);
        found.until = found.until.into_iter().chain(next).min();
        let found = Rc::new(found);
        known.push(Rc::clone(&found));
        found
    }

    /// The places of which somebody of a name is declared a reader.
    pub(crate) fn declared<'c>(&'c self, name: &'c str) -> impl Iterator<Item = Location> + 'c {
        self.plan.model.declared(name)
    }

    /// The classes that live in a period, are not skipped, and are asked about; in order.
    pub(crate) fn classes_in(&self, period: &Period) -> Rc<[ClassId]> {
        let mut known = self.present.borrow_mut();
        let found = known.entry(period.from).or_insert_with(|| {
            let asked = |id: &ClassId| self.only.as_ref().is_none_or(|only| only.contains(id));
            self.living_in(period).filter(asked).collect()
        });
        Rc::clone(found)
    }

    /// The same, those too that are not asked about: they may stand in the way of those that are.
    pub(crate) fn living_in<'c>(
        &'c self,
        period: &'c Period,
    ) -> impl Iterator<Item = ClassId> + 'c {
        let classes = &self.plan.model.classes;
        let lives = move |id: &ClassId| classes[*id].lifetime.contains(period.from);
        self.kept_in(period).filter(lives)
    }

    /// The classes that are not skipped, and are asked about in a period: also those that live no more, of which
    /// something may still lie somewhere, or not yet.
    pub(crate) fn ever_in(&self, period: &Period) -> BTreeSet<ClassId> {
        let asked = |id: &ClassId| self.only.as_ref().is_none_or(|only| only.contains(id));
        self.kept_in(period).filter(asked).collect()
    }

    fn kept_in<'c>(&'c self, period: &'c Period) -> impl Iterator<Item = ClassId> + 'c {
        let chosen = self.chosen.as_ref();
        let can_be = chosen.is_none_or(|chosen| chosen.can_happen(self, period));
        let skips = self.plan.model.skips.iter();
        let skipped: BTreeSet<&str> = skips.map(|s| &*s.named.name).collect();
        let classes = self.plan.model.classes.iter();
        let kept =
            classes.filter(move |(_, class)| can_be && !skipped.contains(&*class.named.name));
        kept.map(|(id, _)| id)
    }

    /// The same, those that are alike together.
    pub(crate) fn kinds_in(&self, period: &Period) -> Rc<[Vec<ClassId>]> {
        if let Some(found) = self.alike.borrow().get(&period.from) {
            return Rc::clone(found);
        }
        let found: Rc<[Vec<ClassId>]> = self.alike(&self.classes_in(period), period).into();
        let mut known = self.alike.borrow_mut();
        known.insert(period.from, Rc::clone(&found));
        found
    }

    /// Those of some classes: in the order of the first of each group.
    pub(crate) fn kinds_among(
        &self,
        period: &Period,
        wanted: impl Fn(ClassId) -> bool,
    ) -> Vec<Vec<ClassId>> {
        let kinds = self.kinds_in(period);
        let chosen = kinds.iter().map(|classes| {
            let classes = classes.iter().copied();
            classes.filter(|class| wanted(*class)).collect()
        });
        let mut out: Vec<Vec<ClassId>> = chosen
            .filter(|classes: &Vec<_>| !classes.is_empty())
            .collect();
        out.sort_unstable_by_key(|classes| classes.first().copied());
        out
    }

    /// The faults that somebody chose to be asked about alone.
    pub(crate) fn chosen(&self) -> Option<&FaultSet> {
        self.chosen.as_ref().map(|chosen| chosen.faults())
    }

    /// A demand holds in a period if it holds on the period's first day.
    pub(crate) fn in_force(lifetime: thrice_model::Lifetime, period: &Period) -> bool {
        lifetime.contains(period.from)
    }
}
