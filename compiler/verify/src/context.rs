//! The plan, indexed for the questions that obligations ask.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::EcoString;
use indexmap::IndexMap;
use jiff::civil::Date;
use rustc_hash::FxBuildHasher;
use thrice_model::{
    ClassId, HostId, Lifetime, Location, Mount, ProviderId, SiteId, StepId, StoreId, Table, Verb,
};
use thrice_plan::{Copy, CopyId, Leave, Period, Plan};

use crate::faults::{Owned, Principal, closure, noticed_after};
use crate::obligations::Profiles;
use crate::presence::Answers;

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

/// What belongs to each thing of a table.
struct Groups<I, T> {
    by: Table<I, Vec<T>>,
}

impl<I: std::marker::Copy + From<usize>, T> Groups<I, T>
where
    usize: From<I>,
{
    /// Nothing yet, of so many.
    fn new(count: usize) -> Self {
        let mut by = Table::with_capacity(count);
        for _ in 0..count {
            by.push(Vec::new());
        }
        Self { by }
    }

    fn add(&mut self, to: I, what: T) {
        if let Some(group) = self.by.get_mut(to) {
            group.push(what);
        }
    }

    fn of(&self, id: I) -> &[T] {
        self.by.get(id).map_or(&[], Vec::as_slice)
    }
}

/// A plan with its copies at hand by class.
pub(crate) struct Context<'p> {
    pub plan: &'p Plan,
    /// Copies of each class, sources first.
    copies: Groups<ClassId, CopyId>,
    /// Copies on each host, in the order of the plan.
    on_hosts: Groups<HostId, CopyId>,
    /// What each step makes.
    by_step: Groups<StepId, CopyId>,
    /// The lifecycle rules that give up noncurrent versions, in order: few, among many steps.
    pub noncurrent_rules: Vec<StepId>,
    /// The steps that prune, in order.
    pub prunes: Vec<StepId>,
    /// The steps that each host runs, in order.
    run_by: Groups<HostId, StepId>,
    /// What principals own, as far as it has been asked.
    owned: RefCell<BTreeMap<Principal, Vec<Rc<Owned>>>>,
    /// The names of the classes.
    names: Vec<EcoString>,
    /// For each class, a number that it shares with those that are like it at all times.
    kinds: Vec<usize>,
    /// What has been worked out already.
    pub known: Rc<Known>,
    /// Counterexamples that the simulator does not bear out: mistakes of this program.
    pub mismatches: std::cell::RefCell<Vec<thrice_diagnostics::Diagnostic>>,
    /// Whether cases are played on the simulator: where nobody sees them they need not be.
    pub plays: bool,
    /// What the solver was asked, if that is wanted.
    pub queries: RefCell<Vec<crate::verification::Query>>,
}

impl<'p> Context<'p> {
    /// Indexes a plan.
    pub(crate) fn new(plan: &'p Plan, known: Rc<Known>) -> Self {
        let model = &plan.model;
        let mut copies = Groups::new(model.classes.len());
        let mut on_hosts = Groups::new(model.hosts.len());
        let mut by_step = Groups::new(model.steps.len());
        for (id, copy) in plan.copies.iter() {
            copies.add(copy.class, id);
            on_hosts.add(plan.host_of(copy.location.store), id);
            if let Some(step) = copy.made_by {
                by_step.add(step, id);
            }
        }
        let mut run_by = Groups::new(model.hosts.len());
        let (mut noncurrent_rules, mut prunes) = (Vec::new(), Vec::new());
        for (id, step) in model.steps.iter() {
            match step.verb {
                Verb::Expire {
                    noncurrent: true, ..
                } => noncurrent_rules.push(id),
                Verb::Prune => prunes.push(id),
                _ => {}
            }
            if let Some(host) = step.runner.host {
                run_by.add(host, id);
            }
        }
        let mut context = Self {
            plan,
            copies,
            on_hosts,
            by_step,
            noncurrent_rules,
            prunes,
            run_by,
            owned: RefCell::default(),
            names: plan
                .model
                .classes
                .iter()
                .map(|(_, class)| class.named.name.as_str().into())
                .collect(),
            kinds: Vec::new(),
            known,
            mismatches: std::cell::RefCell::default(),
            plays: true,
            queries: RefCell::default(),
        };
        context.kinds = context.kinds();
        context
    }

    /// What a class is and how its copies come and go is looked at once, not once a period.
    fn kinds(&self) -> Vec<usize> {
        let mut index: IndexMap<Vec<i64>, usize, FxBuildHasher> = IndexMap::default();
        let mut kinds = Vec::with_capacity(self.plan.model.classes.len());
        for (class, _) in self.plan.model.classes.iter() {
            let copies = self.copies.of(class);
            let mut signature = self.signature(class, copies);
            for copy in copies {
                let lifetime = self.plan.copies[*copy].lifetime;
                signature.push(day(lifetime.from));
                signature.push(lifetime.until.map_or(-1, day));
            }
            let next = index.len();
            kinds.push(*index.entry(signature).or_insert(next));
        }
        kinds
    }

    /// The copies of a class that exist all through a period, sources first. A copy whose source is
    /// not there in the period is not fed any more and does not count.
    pub(crate) fn copies_in(&self, class: ClassId, period: &Period) -> Vec<CopyId> {
        self.copies_there(class, period).into_owned()
    }

    /// The same; mostly they are all that there are of the class.
    pub(crate) fn copies_there(&self, class: ClassId, period: &Period) -> Cow<'_, [CopyId]> {
        let all = self.copies.of(class);
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

    /// Classes that differ in nothing but their names: whose copies lie in the same stores and come
    /// and go at the same times. What is decided for one of them is decided for all. In the order of
    /// the first class of each group.
    pub(crate) fn alike(&self, classes: &[ClassId], period: &Period) -> Vec<Vec<ClassId>> {
        let mut index: BTreeMap<Vec<i64>, usize> = BTreeMap::new();
        // Classes of one kind are alike in each period; those of several kinds may be so in some.
        let mut known: BTreeMap<usize, usize> = BTreeMap::new();
        let mut out: Vec<Vec<ClassId>> = Vec::new();
        for class in classes {
            let kind = self.kinds.get(usize::from(*class)).copied();
            let at = *known.entry(kind.unwrap_or(usize::MAX)).or_insert_with(|| {
                let signature = self.signature(*class, &self.copies_in(*class, period));
                *index.entry(signature).or_insert(out.len())
            });
            match out.get_mut(at) {
                Some(group) => group.push(*class),
                None => out.push(vec![*class]),
            }
        }
        out
    }

    /// All that obligations about copies look at in a class with these copies, as numbers.
    fn signature(&self, id: ClassId, copies: &[CopyId]) -> Vec<i64> {
        let class = &self.plan.model.classes[id];
        let time = |t: Option<(thrice_quantity::Seconds, thrice_diagnostics::Span)>| {
            t.map_or(-1, |(t, _)| t.0)
        };
        let index = |wanted: CopyId| copies.iter().position(|c| *c == wanted).map_or(-1, number);
        let mut out = Vec::with_capacity(8 + 24 * copies.len());
        out.extend([
            time(class.asked().rto),
            time(class.asked().retain_at_least),
            time(class.asked().retain_at_most),
            noticed_after(self, id).0,
        ]);
        out.push(number(class.needs.len()));
        out.extend(class.needs.iter().map(|n| i64::from(n.class.0)));
        for copy_id in copies {
            let copy = &self.plan.copies[*copy_id];
            let flags = [copy.history, copy.propagates, copy.counts].map(i64::from);
            out.extend([
                i64::from(copy.location.store.0),
                copy.kind as i64,
                copy.staleness.0,
            ]);
            out.extend(flags);
            out.extend(self.reached_by(copy));
            out.push(copy.key.map_or(-1, |k| i64::from(k.0)));
            out.push(copy.source.map_or(-1, index));
            out.extend([copy.enter.delay.low().0, copy.enter.delay.high().0]);
            let older = copy
                .enter
                .older_than
                .as_deref()
                .map_or((-1, -1), |o| (o.low().0, o.high().0));
            out.extend([older.0, older.1, number(copy.leaves.len())]);
            for leave in &copy.leaves {
                let lifetime = self.plan.model.steps[leave.by()].lifetime;
                out.extend([day(lifetime.from), lifetime.until.map_or(-1, day)]);
                out.extend(match leave {
                    Leave::AfterEntering { after, .. } => [0, 0, after.low().0, after.high().0],
                    Leave::AtAge { age, .. } => [1, 0, age.low().0, age.high().0],
                    Leave::With { source, delay, .. } => {
                        [2, index(*source), delay.low().0, delay.high().0]
                    }
                    Leave::Into { copy, .. } => [3, index(*copy), 0, 0],
                });
            }
        }
        out
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

    /// What decides who can reach a copy: the runner and the credential of its step, and the narrowed
    /// rights that meet its place.
    fn reached_by(&self, copy: &Copy) -> Vec<i64> {
        let model = &self.plan.model;
        let step = copy.made_by.map(|id| &model.steps[id]);
        let runner = step.and_then(|s| s.runner.host);
        let credential = step.and_then(|s| s.credential);
        let mut out = vec![
            runner.map_or(-1, |h| i64::from(h.0)),
            credential.map_or(-1, |(c, _)| i64::from(c.0)),
        ];
        let granted = model.credentials.iter().flat_map(|(_, c)| &c.rights);
        let places = granted
            .flat_map(|g| g.stores.iter().map(|store| (*store, g.path.as_str())))
            .chain(model.mounts.iter().map(|m| (m.store, m.path.as_str())));
        let narrowed = places
            .enumerate()
            .filter(|(_, (store, path))| *store == copy.location.store && *path != "/");
        for (index, (store, path)) in narrowed {
            let place = Location {
                store,
                path: path.into(),
            };
            if place.meets(&copy.location) {
                out.push(number(index));
            }
        }
        out
    }

    /// All copies of a class, sources first.
    pub(crate) fn copies_of(&self, class: ClassId) -> &[CopyId] {
        self.copies.of(class)
    }

    /// The copies that a step makes, in the order of the plan.
    pub(crate) fn made_by(&self, step: StepId) -> &[CopyId] {
        self.by_step.of(step)
    }

    /// All that a host ever runs and shows, by when it is there.
    pub(crate) fn lifetimes_on(&self, host: HostId) -> impl Iterator<Item = Lifetime> {
        let model = &self.plan.model;
        let steps = self.run_by.of(host).iter();
        let here = move |mount: &&Mount| model.services[mount.service].host == host;
        let mounts = model.mounts.iter().filter(here);
        let steps = steps.map(|id| model.steps[*id].lifetime);
        steps.chain(mounts.map(|mount| mount.lifetime))
    }

    /// The steps that a host runs on a day, in order.
    pub(crate) fn run_by(&self, host: HostId, day: Date) -> impl Iterator<Item = StepId> {
        let steps = self.run_by.of(host).iter().copied();
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

    /// The classes that live in a period and are not skipped, in order.
    pub(crate) fn classes_in(&self, period: &Period) -> Vec<ClassId> {
        let skipped: std::collections::BTreeSet<&str> = self
            .plan
            .model
            .skips
            .iter()
            .map(|s| s.named.name.as_str())
            .collect();
        self.plan
            .model
            .classes
            .iter()
            .filter(|(_, c)| {
                c.lifetime.contains(period.from) && !skipped.contains(c.named.name.as_str())
            })
            .map(|(id, _)| id)
            .collect()
    }

    /// The same, to be put into a verdict: many share it.
    pub(crate) fn name(&self, class: ClassId) -> EcoString {
        self.names
            .get(usize::from(class))
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn class_name(&self, class: ClassId) -> &'p str {
        &self.plan.model.classes[class].named.name
    }

    pub(crate) fn store_name(&self, store: StoreId) -> &'p str {
        &self.plan.model.stores[store].named.name
    }

    /// The copies on all stores of a host.
    pub(crate) fn on_host(&self, host: HostId) -> &[CopyId] {
        self.on_hosts.of(host)
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

/// A date as a number.
fn day(date: jiff::civil::Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
