//! The plan, indexed for the questions that obligations ask.

mod alike;
mod classes;
mod grown;
mod index;
mod noticing;
mod profiles;

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use jiff::civil::Date;
use thrice_model::{
    ClassId, Holder, HostId, KeyId, Lifetime, Mount, ProviderId, SiteId, StepId, StoreId, Table,
};
use thrice_plan::{Copy, CopyId, Leave, OwnSnapshots, Period, Plan};
use thrice_quantity::Seconds;

use crate::faults::{Chosen, FaultSet, Owned, Principal, closure, holders, spared};
use crate::presence::{Across, Answers, Symbolized, across, symbolize};
use crate::verdicts::Subjects;
use grown::Grown;
pub(crate) use index::Index;
use noticing::noticed;
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

/// A plan with its copies at hand by class.
pub(crate) struct Context<'p> {
    pub plan: &'p Plan,
    /// What belongs to what, and which classes are alike.
    index: Arc<Index>,
    /// What principals own, as far as it has been asked.
    owned: RefCell<BTreeMap<Principal, Vec<Rc<Owned>>>>,
    /// The only classes that are asked about, if not all are.
    pub only: Option<BTreeSet<ClassId>>,
    /// The only faults that are asked about, if somebody chose some: together, and in periods in which they can all
    /// happen.
    pub chosen: Option<Rc<Chosen>>,
    /// By the first day of a period, the classes that live in it and are asked about.
    present: RefCell<BTreeMap<Date, Rc<[ClassId]>>>,
    /// The same, those that are alike together.
    alike: RefCell<BTreeMap<Date, Rc<[Vec<ClassId>]>>>,
    /// How long each store itself keeps what is deleted in it.
    spared: OnceCell<Table<StoreId, Option<Seconds>>>,
    /// Who holds each key.
    holders: OnceCell<Table<KeyId, BTreeSet<Holder>>>,
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

impl<'p> Context<'p> {
    /// Indexes a plan.
    pub(crate) fn new(plan: &'p Plan, known: Rc<Known>) -> Self {
        Self::with(plan, Arc::new(Index::of(plan)), known)
    }

    /// Of a plan that is indexed already.
    pub(crate) fn with(plan: &'p Plan, index: Arc<Index>, known: Rc<Known>) -> Self {
        Self {
            plan,
            index,
            owned: RefCell::default(),
            only: None,
            chosen: None,
            present: RefCell::default(),
            alike: RefCell::default(),
            spared: OnceCell::new(),
            holders: OnceCell::new(),
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

    /// What verdicts can be about.
    pub(crate) fn subjects(&self) -> &Subjects {
        &self.index.subjects
    }

    /// The lifecycle rules that give up noncurrent versions, in order: few, among many steps.
    pub(crate) fn noncurrent_rules(&self) -> &[StepId] {
        &self.index.places.noncurrent_rules
    }

    /// The steps that prune, in order.
    pub(crate) fn prunes(&self) -> &[StepId] {
        &self.index.places.prunes
    }

    /// The copies of a class that exist all through a period, sources first. A copy whose source is
    /// not there in the period is not fed any more and does not count.
    pub(crate) fn copies_in(&self, class: ClassId, period: &Period) -> Vec<CopyId> {
        self.copies_there(class, period).into_owned()
    }

    /// The same; mostly they are all that there are of the class.
    pub(crate) fn copies_there(&self, class: ClassId, period: &Period) -> Cow<'_, [CopyId]> {
        let all = self.index.classes.copies.of(class);
        let there = |id: &CopyId| {
            let lifetime = self.plan.copies[*id].lifetime;
            lifetime.from <= period.from && lifetime.until.is_none_or(|end| end > period.from)
        };
        // Then so are their sources.
        if all.iter().all(there) {
            return Cow::Borrowed(all);
        }
        let mut out: Vec<CopyId> = Vec::new();
        for id in all.iter().filter(|id| there(id)) {
            let source = self.plan.copies[*id].source;
            if source.is_none_or(|source| out.contains(&source)) {
                out.push(*id);
            }
        }
        Cow::Owned(out)
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
        symbolize(self, &self.copies_there(class, period), period.from)
    }

    /// The last period that begins before a day.
    pub(crate) fn before(&self, day: Date) -> Option<&'p Period> {
        let periods = self.plan.periods.iter();
        periods.rev().find(|period| period.from < day)
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

    /// What a store's own snapshots keep; `None` for one that takes none.
    pub(crate) fn own_snapshots(&self, store: StoreId) -> Option<OwnSnapshots> {
        self.plan.snapshots.get(store).copied().flatten()
    }

    /// How what is in a copy leaves it on a day: a rule that is not there yet, or not any more, takes nothing away.
    pub(crate) fn leaves<'c>(
        &'c self,
        copy: &'c Copy,
        day: Date,
    ) -> impl Iterator<Item = &'c Leave> {
        let steps = &self.plan.model.steps;
        let leaves = copy.leaves.iter();
        leaves.filter(move |leave| steps[leave.by()].lifetime.contains(day))
    }

    /// A class and all that it is restored with: what it needs, what that needs in turn, and so on.
    pub(crate) fn with_needs(&self, class: ClassId) -> Vec<ClassId> {
        let mut out = vec![class];
        let mut seen = 0;
        while let Some(class) = out.get(seen).copied() {
            let needs = self.plan.model.classes[class].needs.iter();
            for need in needs {
                if !out.contains(&need.class) {
                    out.push(need.class);
                }
            }
            seen += 1;
        }
        out
    }

    /// All copies of a class, sources first.
    pub(crate) fn copies_of(&self, class: ClassId) -> &[CopyId] {
        self.index.classes.copies.of(class)
    }

    /// The copies that a step makes, in the order of the plan.
    pub(crate) fn made_by(&self, step: StepId) -> &[CopyId] {
        self.index.places.by_step.of(step)
    }

    /// All that a host ever runs and shows, by when it is there.
    pub(crate) fn lifetimes_on(&self, host: HostId) -> impl Iterator<Item = Lifetime> {
        let model = &self.plan.model;
        let steps = self.index.places.run_by.of(host).iter();
        let here = move |mount: &&Mount| model.services[mount.service].host == host;
        let mounts = model.mounts.iter().filter(here);
        let steps = steps.map(|id| model.steps[*id].lifetime);
        steps.chain(mounts.map(|mount| mount.lifetime))
    }

    /// The steps that a host runs on a day, in order.
    pub(crate) fn run_by(&self, host: HostId, day: Date) -> impl Iterator<Item = StepId> {
        let steps = self.index.places.run_by.of(host).iter().copied();
        steps.filter(move |id| self.plan.model.steps[*id].lifetime.contains(day))
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

    /// The classes that live in a period, are not skipped, and are asked about; in order.
    pub(crate) fn classes_in(&self, period: &Period) -> Rc<[ClassId]> {
        let mut known = self.present.borrow_mut();
        let found = known.entry(period.from).or_insert_with(|| {
            let chosen = self.chosen.as_ref();
            if chosen.is_some_and(|chosen| !chosen.can_happen(self, period)) {
                return Rc::default();
            }
            let skips = self.plan.model.skips.iter();
            let skipped: BTreeSet<&str> = skips.map(|s| &*s.named.name).collect();
            let asked = |id: &ClassId| self.only.as_ref().is_none_or(|only| only.contains(id));
            let classes = self.plan.model.classes.iter();
            classes
                .filter(|(id, _)| asked(id))
                .filter(|(_, c)| {
                    c.lifetime.contains(period.from) && !skipped.contains(&*c.named.name)
                })
                .map(|(id, _)| id)
                .collect()
        });
        Rc::clone(found)
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

    /// How long it takes until the first of a class's steps has fallen silent and somebody has acted.
    pub(crate) fn alarmed_after(&self, class: ClassId) -> Seconds {
        self.index
            .classes
            .alarmed
            .get(class)
            .copied()
            .unwrap_or_default()
    }

    /// How long the destruction of a class's copies may stay unseen.
    pub(crate) fn noticed_after(&self, class: ClassId) -> Seconds {
        noticed(&self.plan.model.classes[class], self.alarmed_after(class))
    }

    /// How long a store itself keeps what is deleted or overwritten in it by those who may not administer
    /// it; `None`: not at all.
    pub(crate) fn spared(&self, store: StoreId) -> Option<Seconds> {
        let all = self.spared.get_or_init(|| {
            let stores = self.plan.model.stores.ids();
            stores.map(|id| spared(self, id)).collect::<Vec<_>>().into()
        });
        all.get(store).copied().flatten()
    }

    /// Who holds a key: those who are named, else the hosts whose steps use it and nobody else.
    pub(crate) fn holders(&self, key: KeyId) -> &BTreeSet<Holder> {
        static NOBODY: BTreeSet<Holder> = BTreeSet::new();
        let all = self.holders.get_or_init(|| {
            let keys = self.plan.model.keys.ids();
            keys.map(|id| holders(self, id)).collect::<Vec<_>>().into()
        });
        all.get(key).unwrap_or(&NOBODY)
    }

    /// The stores of a host, in order.
    pub(crate) fn stores_on(&self, host: HostId) -> &[StoreId] {
        self.index.places.stores_on.of(host)
    }

    pub(crate) fn class_name(&self, class: ClassId) -> &'p str {
        &self.plan.model.classes[class].named.name
    }

    pub(crate) fn store_name(&self, store: StoreId) -> &'p str {
        &self.plan.model.stores[store].named.name
    }

    /// The copies on all stores of a host.
    pub(crate) fn on_host(&self, host: HostId) -> &[CopyId] {
        self.index.places.on_hosts.of(host)
    }

    pub(crate) fn host(&self, copy: &Copy) -> HostId {
        self.plan.host_of(copy.location.store)
    }

    pub(crate) fn site_of(&self, store: StoreId) -> SiteId {
        self.plan.model.hosts[self.plan.host_of(store)].site
    }

    pub(crate) fn provider_of(&self, site: SiteId) -> ProviderId {
        self.plan.model.sites[site].provider
    }

    /// A demand holds in a period if it holds on the period's first day.
    pub(crate) fn in_force(lifetime: thrice_model::Lifetime, period: &Period) -> bool {
        lifetime.contains(period.from)
    }
}
