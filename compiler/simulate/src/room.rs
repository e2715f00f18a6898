//! How much room a store's contents take, byte by byte.
//!
//! Sizes and what is overwritten are chosen once for all ([`Sizes`]); the rest follows from what runs read,
//! leave and delete. A repository holds each byte once. What is forgotten stays in it until the next prune,
//! which may leave a part of it unused, and may write anew all that is used before it deletes anything.
//! What a store keeps of what is deleted in it (old versions, its own snapshots, what is locked) is there
//! for as long.
//!
//! Not added up: files that are half transferred but for those that take another one's place, what file systems take for themselves, and who changes
//! files in a copy more often than the churn of its class says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{ClassId, ClassKind, RepositoryId, StepId, StoreId, Strike, Verb};
use thrice_plan::{CopyId, CopyKind, Plan};
use thrice_quantity::Bytes;

use crate::calendar::{day, instant, midnight};
use crate::content::Piece;
use crate::packs::Packs;
use crate::taken::{
    Reads, added_since, aside_from, content, kept_from, overwritten, pieces, pruned,
};
use crate::verbs::Taken;
use crate::volume::Volume;
use crate::world::World;
use crate::{Choices, Sizes};

/// Stores to be weighed.
#[derive(Clone, Debug)]
pub struct Weighing {
    /// The stores whose contents are added up.
    pub stores: BTreeSet<StoreId>,
    /// What goes wrong before.
    pub strikes: Vec<Strike>,
    /// What is chosen besides.
    pub choices: Choices,
    /// From when on it matters what they hold.
    pub since: Timestamp,
    /// Until when they are played, from the beginning of the policy on.
    pub until: Timestamp,
    /// How large the data are.
    pub sizes: Sizes,
    /// What they may hold together.
    pub limit: Bytes,
    /// Whether nothing else is asked once there is more.
    pub until_over: bool,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// What lies there in the end.
    pub last: Bytes,
    /// The most that lay there at any time that matters.
    pub most: Bytes,
    /// When that was first so.
    pub most_at: Timestamp,
    /// When there was first more than the limit.
    pub over_from: Option<Timestamp>,
}

fn bytes(sum: u128) -> Bytes {
    Bytes(u64::try_from(sum).unwrap_or(u64::MAX))
}

/// What lies where, as it is added up.
pub(crate) struct Ledger<'p> {
    plan: &'p Plan,
    stores: BTreeSet<StoreId>,
    limit: u128,
    until_over: bool,
    has_strikes: bool,
    sizes: Sizes,
    volumes: BTreeMap<ClassId, Volume>,
    packs: BTreeMap<CopyId, Packs>,
    /// What each copy took when it was last looked at.
    taken: BTreeMap<CopyId, u128>,
    /// For each copy, when runs were done, and up to when the data of each reaches.
    read: Reads,
    /// Copies that are the same files: the room is taken once.
    same: BTreeMap<CopyId, CopyId>,
    /// When a class or its store ends, and what lives there with it.
    ends: BTreeMap<CopyId, i64>,
    since: i64,
    last: u128,
    most: u128,
    most_at: i64,
    over_from: Option<i64>,
}

impl<'p> Ledger<'p> {
    pub(crate) fn new(plan: &'p Plan, weighing: &Weighing, classes: &BTreeSet<ClassId>) -> Self {
        let mut first = BTreeMap::new();
        let mut same = BTreeMap::new();
        for (id, copy) in plan.copies.iter() {
            let files = (
                copy.class,
                &copy.location,
                copy.repository,
                plan.named_by(id),
            );
            same.insert(id, *first.entry(files).or_insert(id));
        }
        let ends = plan.copies.iter().filter_map(|(id, copy)| {
            let store = plan.model.stores[copy.location.store].lifetime.until;
            let own = copy.lifetime.until.filter(|_| copy.kind == CopyKind::Live);
            Some((id, midnight(store.into_iter().chain(own).min()?)))
        });
        let volume = |class: &ClassId| {
            let volume = Volume::of(&plan.model.classes[*class], weighing.sizes);
            (*class, volume)
        };
        Self {
            plan,
            stores: weighing.stores.clone(),
            limit: u128::from(weighing.limit.0),
            until_over: weighing.until_over,
            has_strikes: !weighing.strikes.is_empty(),
            sizes: weighing.sizes,
            volumes: classes.iter().map(volume).collect(),
            packs: BTreeMap::new(),
            taken: BTreeMap::new(),
            read: BTreeMap::new(),
            same,
            ends: ends.collect(),
            since: weighing.since.as_second(),
            last: 0,
            most: 0,
            most_at: weighing.since.as_second(),
            over_from: None,
        }
    }

    /// What has come out so far.
    pub(crate) fn weighed(&self) -> Weighed {
        Weighed {
            last: bytes(self.last),
            most: bytes(self.most),
            most_at: instant(self.most_at),
            over_from: self.over_from.map(instant),
        }
    }

    /// Whether what is asked has come out, whatever comes after.
    pub(crate) const fn is_decided(&self) -> bool {
        self.until_over && self.over_from.is_some()
    }

    /// Whether deletions come as late as they may.
    pub(crate) const fn is_late(&self) -> bool {
        matches!(self.sizes, Sizes::Most)
    }

    /// The steps that prune one of these repositories.
    pub(crate) fn prunes(&self, copies: &BTreeSet<CopyId>) -> BTreeSet<StepId> {
        let repositories = copies
            .iter()
            .filter_map(|id| self.plan.copies[*id].repository);
        let repositories: BTreeSet<RepositoryId> = repositories.collect();
        let steps = self.plan.model.steps.iter();
        steps
            .filter(|(_, step)| pruned(step).is_some_and(|of| repositories.contains(&of)))
            .filter(|(_, step)| matches!(step.verb, Verb::Prune))
            .map(|(id, _)| id)
            .collect()
    }

    /// A run is done, and is about to leave what it took.
    pub(crate) fn before(&mut self, world: &World<'_>, step: StepId, run: &Taken, now: i64) {
        let what = &self.plan.copies[run.copy];
        let Some(volume) = self.volumes.get(&what.class) else {
            return;
        };
        let replaces = || self.plan.replaces(what) && !world.is_empty(run.copy);
        match self.plan.model.steps[step].verb {
            Verb::Backup { .. } => {
                let start = run.start;
                let new = run.pieces.iter().map(|piece| Piece {
                    taken: Some(start),
                    ..*piece
                });
                let new = content(volume, new, self.kept_in_source(world, run.copy));
                let packs = self.packs.entry(run.copy).or_default();
                packs.bring(&new);
            }
            // What is being written lies beside what is there, and so does what is brought in the place of that.
            ref verb if matches!(verb, Verb::Capture(_)) || replaces() => {
                let newest = run.pieces.iter().map(|piece| piece.to).max();
                let extra = newest.map_or(0, |at| volume.size(at));
                let mine = self.stores.contains(&what.location.store);
                self.note(now, if mine { extra } else { 0 });
            }
            _ => {}
        }
    }

    /// Since when what was deleted at home is in what a backup reads, by when it reads it.
    fn kept_in_source(&self, world: &World<'_>, copy: CopyId) -> impl Fn(i64) -> Option<i64> {
        let what = &self.plan.copies[copy];
        let source = what.source.zip(self.volumes.get(&what.class));
        move |at| added_since(world, &self.read, source?, at)
    }

    /// A run has left something in a copy.
    pub(crate) fn after(
        &mut self,
        world: &World<'_>,
        step: StepId,
        (source, copy): (CopyId, CopyId),
        now: i64,
    ) {
        // A move leaves less where it took it.
        self.look(world, source, now);
        let there = world
            .held
            .get(&copy)
            .into_iter()
            .flat_map(|held| &held.pieces);
        if let Some(to) = there.map(|piece| piece.to).max() {
            self.read.entry(copy).or_default().push((now, to));
        }
        let what = &self.plan.copies[copy];
        if what.kind != CopyKind::Versions {
            return self.look(world, copy, now);
        }
        if let Verb::Backup { mirror, .. } = &self.plan.model.steps[step].verb {
            let as_taken = mirror.is_none() && !self.has_strikes;
            self.look_at_versions(world, copy, as_taken);
        } else {
            self.carry(step, copy, now);
        }
        self.look(world, copy, now);
    }

    /// Looks at which bytes the versions of a copy need. Where each has been brought `as_taken`, and none has gone, that is
    /// what was there and what has come: there may be tens of thousands of them.
    fn look_at_versions(&mut self, world: &World<'_>, copy: CopyId, as_taken: bool) {
        let what = &self.plan.copies[copy];
        let Some(mut packs) = self.packs.remove(&copy) else {
            return;
        };
        let held = world.held.get(&copy);
        let gone = held.map_or(0, |held| held.gone);
        if !packs.is_as_brought(gone) || !as_taken {
            let there = held.map_or(&[][..], |held| held.pieces.as_slice());
            if let Some(volume) = self.volumes.get(&what.class) {
                packs.look_at(volume, there, self.kept_in_source(world, copy));
            }
        }
        self.packs.insert(copy, packs);
    }

    /// A step is done.
    pub(crate) fn done(&mut self, world: &World<'_>, step: StepId, now: i64) {
        if let Some(repository) = pruned(&self.plan.model.steps[step]) {
            self.prune(world, repository, now);
        }
        self.note(now, 0);
    }

    /// What steps deleted of what others wrote.
    pub(crate) fn deleted(&mut self, world: &World<'_>, step: StepId, now: i64) {
        for copy in world.under(step) {
            self.look(world, copy, now);
        }
    }

    /// At the end of a day.
    pub(crate) fn day(&mut self, world: &World<'_>, now: i64) {
        let copies: Vec<CopyId> = world.held.keys().copied().collect();
        for copy in copies {
            self.look(world, copy, now);
        }
        self.note(now, 0);
    }

    /// The files of a repository are carried on: those that are not there yet come before any goes.
    fn carry(&mut self, step: StepId, copy: CopyId, now: i64) {
        let what = &self.plan.copies[copy];
        let source = what.source.and_then(|source| self.packs.get(&source));
        let Some(source) = source else {
            return;
        };
        let none = Packs::default();
        let own = self.packs.get(&copy).unwrap_or(&none);
        let rewritten = own.prunes != source.prunes;
        let coming = match rewritten {
            true => source.content() + source.fresh,
            false => (source.settled + source.fresh).saturating_sub(own.settled + own.fresh),
        };
        let mut new = source.carried(own);
        let (settled, fresh, content) = (own.settled, own.fresh, own.content());
        let adds = matches!(
            self.plan.model.steps[step].verb,
            Verb::Copy {
                latest_only: false,
                ..
            }
        );
        if adds {
            new.settled = settled;
            new.fresh = fresh + coming;
        } else if rewritten {
            if self.stores.contains(&what.location.store) {
                self.note(now, coming);
            }
            new.old.push_back((now, content + fresh));
        }
        self.packs.insert(copy, new);
    }

    /// All classes in a repository are pruned at once.
    fn prune(&mut self, world: &World<'_>, repository: RepositoryId, now: i64) {
        let of = &self.plan.model.repositories[repository];
        let copies = self.plan.copies.iter().filter(|(_, copy)| {
            copy.repository == Some(repository) && copy.location.store == of.store
        });
        let copies: Vec<CopyId> = copies.map(|(id, _)| id).collect();
        let late = self.is_late();
        let used = u128::from(of.max_unused.complement().0);
        let mine = self.stores.contains(&of.store) && late;
        let mut rewritten = 0;
        for copy in &copies {
            self.look(world, *copy, now);
            let packs = self.packs.get(copy);
            rewritten += packs.map_or(0, |packs| packs.rewritten(used));
        }
        self.note(now, if mine { rewritten } else { 0 });
        for copy in copies {
            let Some(packs) = self.packs.get_mut(&copy) else {
                continue;
            };
            packs.prune(used, late, now);
            self.look(world, copy, now);
        }
    }

    /// Looks at what a copy takes.
    fn look(&mut self, world: &World<'_>, copy: CopyId, now: i64) {
        let what = &self.plan.copies[copy];
        if !self.stores.contains(&what.location.store) {
            return;
        }
        let (Some(volume), Some(held)) = (self.volumes.get(&what.class), world.held.get(&copy))
        else {
            return;
        };
        let live = what.kind == CopyKind::Live;
        // What steps have left stays there.
        let up = world.is_up(what.location.store) && (!live || what.lifetime.contains(day(now)));
        let taken = if !up || (held.pieces.is_empty() && held.past.is_empty() && !live) {
            0
        } else if what.kind == CopyKind::Versions {
            let kept_from = kept_from(world, what, now);
            // What a sync takes away of a repository it puts aside as well.
            let aside = aside_from(world, what, now);
            let kept_from = aside.map_or(kept_from, |from| from.min(kept_from));
            let packs = self.packs.get_mut(&copy);
            packs.map_or(0, |packs| packs.taken(kept_from))
        } else {
            let past = held
                .past
                .iter()
                .filter(|past| past.until.is_none_or(|until| until > now));
            let past = pieces(volume, past.map(|past| &past.piece));
            let now_there = match (live, volume.kind()) {
                (true, kind)
                    if (kind == ClassKind::State || what.leaves.is_empty())
                        && !world.live_lost.contains_key(&what.class) =>
                {
                    volume.size(now)
                }
                _ => pieces(volume, held.pieces.iter()),
            };
            now_there + past + overwritten(world, &self.read, (copy, volume), now)
        };
        self.taken.insert(copy, taken);
    }

    /// Adds up what lies there, with what is there for a moment.
    fn note(&mut self, now: i64, extra: u128) {
        let mut each: BTreeMap<CopyId, u128> = BTreeMap::new();
        let has_ended = |copy: &CopyId| self.ends.get(copy).is_some_and(|ends| *ends <= now);
        for (copy, taken) in self.taken.iter().filter(|(copy, _)| !has_ended(copy)) {
            let first = self.same.get(copy).copied().unwrap_or(*copy);
            let known = each.entry(first).or_default();
            *known = taken.max(known).to_owned();
        }
        let sum = each.values().sum::<u128>();
        self.last = sum;
        if now < self.since {
            return;
        }
        if sum + extra > self.most {
            self.most = sum + extra;
            self.most_at = now;
        }
        if sum + extra > self.limit && self.over_from.is_none() {
            self.over_from = Some(now);
        }
    }
}
