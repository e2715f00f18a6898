//! The plan, indexed: what belongs to what, and who keeps and holds what.

mod aside;
mod classes;
mod holding;
mod index;
mod left;
mod letting;
mod locking;
mod lying;
mod narrowed;
mod noticing;
mod sparing;
mod using;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexSet;
use jiff::civil::Date;
use rustc_hash::FxBuildHasher;
use thrice_model::{
    ClassId, Holder, HostId, KeyId, Lifetime, Location, Mount, ProviderId, ServiceId, SiteId,
    Source, Step, StepId, StepTarget, StoreId, Table, Verb,
};
use thrice_plan::{Copy, CopyId, CopyKind, Leave, OwnSnapshots, Period, Plan};
use thrice_quantity::Seconds;

use crate::verdicts::Subjects;
pub(crate) use classes::{Classes, Numbers, day};
pub(crate) use index::Index;
pub(crate) use left::Left;
pub(crate) use letting::Wanted;
pub(crate) use locking::{first_write, outlasts};
pub(crate) use lying::{Lies, Lying, Secret};
use noticing::{alarmed_there, noticed};
pub(crate) use using::{credentials_of, key_of, repository_of};

/// A plan with its copies at hand by class, by step and by host.
pub(crate) struct Indexed<'p> {
    pub plan: &'p Plan,
    /// What belongs to what, and which classes are alike.
    index: Arc<Index>,
    /// How long each store itself keeps what is deleted in it.
    spared: OnceCell<Table<StoreId, sparing::Sparing>>,
    /// Who holds each key.
    holders: OnceCell<Table<KeyId, BTreeSet<Holder>>>,
    /// When those who let go of something by age are there, if they are not always.
    coming_and_going: OnceCell<Vec<Lifetime>>,
}

impl<'p> Indexed<'p> {
    /// Indexes a plan.
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self::with(plan, Arc::new(Index::of(plan)))
    }

    /// Of a plan that is indexed already.
    pub(crate) const fn with(plan: &'p Plan, index: Arc<Index>) -> Self {
        Self {
            plan,
            index,
            spared: OnceCell::new(),
            holders: OnceCell::new(),
            coming_and_going: OnceCell::new(),
        }
    }

    /// What classes are made of, and which are of one kind.
    pub(crate) fn classes(&self) -> &Classes {
        &self.index.classes
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

    /// The last period that begins before a day.
    pub(crate) fn before(&self, day: Date) -> Option<&'p Period> {
        let periods = self.plan.periods.iter();
        periods.rev().find(|period| period.from < day)
    }

    /// What a store's own snapshots keep; `None` for one that takes none.
    pub(crate) fn own_snapshots(&self, store: StoreId) -> Option<OwnSnapshots> {
        self.plan.snapshots.get(store).copied().flatten()
    }

    /// The first day of a period, by its place.
    pub(crate) fn first_day(&self, period: usize) -> Date {
        let start = self.plan.model.policy.start;
        let period = self.plan.periods.get(period);
        period.map_or(start, |period| period.from)
    }

    /// How what is in a copy leaves it on a day: a rule that is not there yet, or not any more, takes nothing away.
    pub(crate) fn leaves<'c>(
        &'c self,
        copy: &'c Copy,
        day: Date,
    ) -> impl Iterator<Item = &'c Leave> {
        let steps = &self.plan.model.steps;
        let leaves = copy.leaves.iter();
        leaves.filter(move |leave| {
            let ended = match leave {
                Leave::AfterEnding { of, .. } => {
                    let until = steps[*of].lifetime.until;
                    until.is_some_and(|until| until <= day)
                }
                _ => true,
            };
            ended && steps[leave.by()].lifetime.contains(day)
        })
    }

    /// A class and all that it is restored with.
    pub(crate) fn with_needs(&self, class: ClassId) -> Vec<ClassId> {
        with_needs(self.plan, [class]).into_iter().collect()
    }

    /// All copies of a class, sources first.
    pub(crate) fn copies_of(&self, class: ClassId) -> &[CopyId] {
        self.index.classes.copies.of(class)
    }

    /// The copies that a step makes, in the order of the plan.
    pub(crate) fn made_by(&self, step: StepId) -> &[CopyId] {
        self.index.places.by_step.of(step)
    }

    /// The copies of its classes that a step reads without leaving one: a drill from a place or from what a step has
    /// left, and a seed that names no place.
    pub(crate) fn read_directly(&self, step: &Step) -> Vec<CopyId> {
        let named = match (&step.verb, &step.target) {
            (Verb::Drill, _) => !matches!(step.source, Source::Home | Source::Repository(..)),
            (Verb::Seed { .. }, StepTarget::Environment(_, None, _)) => true,
            _ => false,
        };
        let is_read = |id: &CopyId| {
            let copy = &self.plan.copies[*id];
            match &step.source {
                Source::Home => copy.kind == CopyKind::Live,
                Source::Step(from, _) => copy.made_by == Some(*from),
                Source::Location(place, _) => place.meets(&copy.location),
                Source::Repository(id, _) => copy.repository == Some(*id),
            }
        };
        let classes = step.classes.iter().filter(|_| named);
        let copies = classes.flat_map(|(class, _)| self.copies_of(*class));
        copies.copied().filter(is_read).collect()
    }

    /// The seeds, in order.
    pub(crate) fn seeds(&self) -> &[StepId] {
        &self.index.places.seeds
    }

    /// The seeds that are for an environment of a host, with the places by which they come.
    pub(crate) fn seeds_for(&self, host: HostId) -> impl Iterator<Item = (StepId, &'p Location)> {
        let model = &self.plan.model;
        let seeds = self.index.places.seeds.iter();
        seeds.filter_map(move |id| match &model.steps[*id].target {
            StepTarget::Environment(to, Some(via), _)
                if model.environments[*to].hosts.contains(&host) =>
            {
                Some((*id, via.as_ref()))
            }
            _ => None,
        })
    }

    /// All that a host ever runs and shows, and what is brought to it, by when it is there.
    pub(crate) fn lifetimes_on(&self, host: HostId) -> impl Iterator<Item = Lifetime> {
        let model = &self.plan.model;
        let steps = self.index.places.run_by.of(host).iter();
        let here = move |mount: &&Mount| model.services[mount.service].host == host;
        let mounts = model.mounts.iter().filter(here);
        let seeds = self.seeds_for(host).map(|(id, _)| id);
        let steps = steps.copied().chain(seeds);
        let steps = steps.map(|id| model.steps[id].lifetime);
        let readers = self.declared_on(host).iter();
        let readers = readers.map(|(service, _)| model.services[*service].lifetime);
        let shown = mounts.map(|mount| mount.lifetime).chain(readers);
        steps.chain(shown)
    }

    /// The places of which services of a host are declared readers.
    pub(crate) fn declared_on(&self, host: HostId) -> &[(ServiceId, Location)] {
        self.index.places.declared_on.of(host)
    }

    /// The steps that a host runs on a day, in order.
    pub(crate) fn run_by(&self, host: HostId, day: Date) -> impl Iterator<Item = StepId> {
        let steps = self.index.places.run_by.of(host).iter().copied();
        steps.filter(move |id| self.plan.model.steps[*id].lifetime.contains(day))
    }

    /// How far the policy looks ahead, in seconds.
    pub(crate) fn horizon(&self) -> i64 {
        let policy = &self.plan.model.policy;
        let days = policy.start.until(policy.end).map_or(0, |s| s.get_days());
        i64::from(days) * 86_400
    }

    /// The greatest age that is asked about: as long as the class must be kept, at most to the horizon.
    pub(crate) fn last_age(&self, class: ClassId) -> i64 {
        let horizon = self.horizon();
        let asked = self.plan.model.classes[class].asked();
        let kept = asked.retain_at_least.or(asked.retain_at_most);
        kept.map_or(horizon, |(kept, _)| kept.0.min(horizon)).max(1)
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

    /// How long it takes until somebody has noticed the destruction of a class's copies and acted.
    pub(crate) fn noticed_after(&self, class: ClassId) -> Seconds {
        let model = &self.plan.model;
        let alarmed = self.alarmed_after(class);
        noticed(&model.classes[class], alarmed, model.policy.response)
    }

    /// How long it takes until somebody has noticed that a copy is destroyed where it lies, and acted: what is gone where
    /// the data lives is missed by whatever reads it there, what is gone elsewhere by what brings it there.
    pub(crate) fn noticed_there(&self, copy: &Copy) -> Seconds {
        let model = &self.plan.model;
        let class = &model.classes[copy.class];
        let elsewhere = Some(copy.class).filter(|_| class.home.store != copy.location.store);
        let alarmed = elsewhere.and_then(|id| alarmed_there(self.plan, self.copies_of(id), copy));
        let alarmed = alarmed.unwrap_or_else(|| self.alarmed_after(copy.class));
        noticed(class, alarmed, model.policy.response)
    }

    /// How long a store itself keeps what is deleted or overwritten of a copy in it by those who may not administer
    /// it, of what is asked about; `None`: not at all. A rule for old versions counts from when they become that, a lock
    /// from their upload.
    pub(crate) fn spared(&self, copy: &Copy, wanted: Wanted) -> Option<Seconds> {
        let all = self.spared.get_or_init(|| {
            let stores = self.plan.model.stores.ids();
            let rules = self.noncurrent_rules();
            let spared = stores.map(|id| sparing::Sparing::of(self.plan, rules, id));
            spared.collect::<Vec<_>>().into()
        });
        let kept = all
            .get(copy.location.store)?
            .keeps(self.plan, &copy.location, wanted);
        kept.max(self.held_by_lock(copy))
    }

    /// For how long a lock surely still holds on to all that a copy needs, whenever that is deleted or overwritten.
    pub(crate) fn held_by_lock(&self, copy: &Copy) -> Option<Seconds> {
        locking::held(self.plan, copy, Seconds(self.last_age(copy.class)))
    }

    /// Whether a store itself keeps what is deleted of a copy in it until somebody has noticed and acted, if that
    /// is in the period of a day.
    pub(crate) fn spares(&self, copy: &Copy, day: Date) -> bool {
        let kept = self.spared(copy, Wanted::From(day));
        kept.is_some_and(|kept| kept >= self.noticed_there(copy))
    }

    /// Where what a sync takes away from a copy is put, if it is put aside.
    pub(crate) fn aside(&self, copy: &Copy) -> Option<&'p Location> {
        self.plan.model.steps[copy.made_by?].puts_aside()
    }

    /// How long what a sync takes away from a copy surely stays where it is put aside, of what is lost or damaged in the
    /// period of a day.
    pub(crate) fn kept_aside(&self, copy: &Copy, day: Date) -> Option<Seconds> {
        let asides = &self.index.classes.asides;
        asides.kept(self.plan, copy.made_by?, Wanted::From(day))
    }

    /// Who holds a key: those who are named, else the hosts whose steps use it and nobody else.
    pub(crate) fn holders(&self, key: KeyId) -> &BTreeSet<Holder> {
        static NOBODY: BTreeSet<Holder> = BTreeSet::new();
        let all = self.holders.get_or_init(|| {
            let keys = self.plan.model.keys.ids();
            let holders = keys.map(|id| holding::holders(&self.plan.model, id));
            holders.collect::<Vec<_>>().into()
        });
        all.get(key).unwrap_or(&NOBODY)
    }

    /// What steps have left when they end, or when what they read does.
    pub(crate) fn left(&self) -> &Left {
        self.index.left.get_or_init(|| Left::of(self))
    }

    /// The secrets that lie among data.
    pub(crate) fn lies(&self) -> &Lies {
        self.index.lies.get_or_init(|| Lies::of(self))
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
}

/// Some classes and all that they are restored with: what they need, what that needs in turn, and so on.
pub(crate) fn with_needs(
    plan: &Plan,
    classes: impl IntoIterator<Item = ClassId>,
) -> IndexSet<ClassId, FxBuildHasher> {
    let mut out: IndexSet<ClassId, FxBuildHasher> = classes.into_iter().collect();
    let mut seen = 0;
    while let Some(class) = out.get_index(seen).copied() {
        let needs = plan.model.classes[class].needs.iter();
        out.extend(needs.map(|need| need.class));
        seen += 1;
    }
    out
}
