//! All places at an instant, and what goes wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_model::{
    ClassId, ClassKind, HostId, KeyId, Location, LockMode, Mishap, SiteId, Source, Step, StepId,
    StepTarget, StoreId, Strike, Target, Verb,
};
use thrice_plan::{CopyId, CopyKind, Leave, Plan};

use crate::calendar::{day, instant, midnight, snapshots};
use crate::content::{Held, Keeping, Piece, Quality};
use crate::forget::Forgetting;
use crate::reach::{Fallen, Grip, Holders, KeysLeft};
use crate::words::mishap;
use crate::{Event, Sort, reach};

/// Somebody who deletes or overwrites whatever they reach, until somebody acts.
pub(crate) struct Intruder {
    fallen: Fallen,
    until: i64,
}

/// The state of everything.
pub(crate) struct World<'p> {
    pub plan: &'p Plan,
    /// The first instant that is played.
    pub from: i64,
    /// What lies in each copy; indexed by copy.
    pub held: BTreeMap<CopyId, Held>,
    /// The live copy of each class.
    pub live: BTreeMap<ClassId, CopyId>,
    /// When the data ceased to be whole where it lives.
    pub live_lost: BTreeMap<ClassId, i64>,
    pub damaged: BTreeSet<ClassId>,
    pub lost_hosts: BTreeSet<HostId>,
    pub lost_sites: BTreeSet<SiteId>,
    pub lost_stores: BTreeSet<StoreId>,
    pub lost_keys: BTreeSet<KeyId>,
    /// Stores that have ceased to be, and the first day without each.
    pub ended: BTreeMap<StoreId, Date>,
    /// Where what lay there has rotted: a repository's later versions need its old packs and its index.
    pub rotten: BTreeSet<StoreId>,
    pub intruders: Vec<Intruder>,
    keeping: BTreeMap<StoreId, Keeping>,
    /// The copies under the place in which a step deletes, for steps that delete in one.
    under: BTreeMap<StepId, Vec<CopyId>>,
    /// What keep rules have left so far.
    pub forgetting: Forgetting,
    /// What last happened to a copy, for those that lost something.
    pub fate: BTreeMap<CopyId, String>,
    /// Copies of which everything was deleted, and to which nothing has come since.
    pub emptied: BTreeSet<CopyId>,
    /// Copies in which somebody has deleted, by mistake or not, and mirrors of such. It may have been but a part.
    pub by_hand: BTreeSet<CopyId>,
    pub trace: Vec<Event>,
    /// Whether deletions by age come as late as they may; else as early.
    pub late: bool,
}

impl<'p> World<'p> {
    pub(crate) fn new(plan: &'p Plan, copies: &BTreeSet<CopyId>, from: i64, to: i64) -> Self {
        let mut world = Self {
            plan,
            from,
            held: BTreeMap::new(),
            live: BTreeMap::new(),
            live_lost: BTreeMap::new(),
            damaged: BTreeSet::new(),
            lost_hosts: BTreeSet::new(),
            lost_sites: BTreeSet::new(),
            lost_stores: BTreeSet::new(),
            lost_keys: BTreeSet::new(),
            ended: BTreeMap::new(),
            rotten: BTreeSet::new(),
            intruders: Vec::new(),
            keeping: BTreeMap::new(),
            under: under(plan, copies),
            forgetting: Forgetting::default(),
            fate: BTreeMap::new(),
            emptied: BTreeSet::new(),
            by_hand: BTreeSet::new(),
            trace: Vec::new(),
            late: false,
        };
        // Where only the runs count, nothing lies anywhere.
        let by_entry = match copies.is_empty() {
            true => BTreeSet::new(),
            false => by_entry(plan),
        };
        for id in copies {
            let copy = &plan.copies[*id];
            let store = copy.location.store;
            let held = Held {
                by_entry: by_entry.contains(id),
                ..Held::default()
            };
            world.held.insert(*id, held);
            world
                .keeping
                .entry(store)
                .or_insert_with(|| keeping(plan, store, from, to));
            if copy.kind == CopyKind::Live {
                world.live.insert(copy.class, *id);
            }
        }
        world
    }

    pub(crate) fn log(&mut self, at: i64, sort: Sort, what: String) {
        self.trace.push(Event {
            at: instant(at),
            sort,
            what,
        });
    }

    pub(crate) fn store_of(&self, copy: CopyId) -> StoreId {
        self.plan.copies[copy].location.store
    }

    pub(crate) fn store_name(&self, copy: CopyId) -> &'p str {
        &self.plan.model.stores[self.store_of(copy)].named.name
    }

    /// Whether a store can be reached at all.
    pub(crate) fn is_up(&self, store: StoreId) -> bool {
        !self.ended.contains_key(&store) && !self.is_lost(store)
    }

    /// Whether a store was lost, by itself or with its host.
    pub(crate) fn is_lost(&self, store: StoreId) -> bool {
        self.lost_stores.contains(&store) || self.lost_hosts.contains(&self.plan.host_of(store))
    }

    /// The keys that can still be used, with what lies sound in some copies.
    pub(crate) fn keys_left(&self, now: i64, sound: &BTreeSet<CopyId>) -> BTreeSet<KeyId> {
        self.of_holders(now, |holders| reach::keys_left(self.plan, holders, sound))
    }

    /// The same, by how soon.
    pub(crate) fn keys_left_by(&self, now: i64, sound: &BTreeSet<CopyId>) -> KeysLeft {
        self.of_holders(now, |holders| KeysLeft::of(self.plan, holders, sound))
    }

    fn of_holders<T>(&self, now: i64, ask: impl FnOnce(&Holders<'_>) -> T) -> T {
        let stolen = self.intruders.iter().flat_map(|by| &by.fallen.hosts);
        // The file of a key lies where a class will live, and is lost with that place, whether the class is there yet or not.
        let absent = self
            .plan
            .model
            .classes
            .iter()
            .filter(|(id, class)| !self.live.contains_key(id) && !self.is_up(class.home.store));
        let absent = absent.map(|(id, _)| id);
        let holders = Holders {
            lost_keys: &self.lost_keys,
            fallen_hosts: &self.lost_hosts.iter().chain(stolen).copied().collect(),
            lost_sites: &self.lost_sites,
            lost_data: &self.live_lost.keys().copied().chain(absent).collect(),
            day: day(now),
        };
        ask(&holders)
    }

    /// When the oldest of a store's own snapshots was taken.
    pub(crate) fn oldest_snapshot(&self, store: StoreId, now: i64) -> Option<i64> {
        let (instants, keep) = &self.keeping.get(&store)?.snapshots;
        let taken = instants.partition_point(|at| *at <= now);
        let oldest = taken.saturating_sub(*keep);
        instants.get(oldest..taken)?.first().copied()
    }

    /// The data where it lives goes on: what was created since it was last looked at is there.
    pub(crate) fn grow(&mut self, class: ClassId, now: i64) {
        let Some(id) = self.live.get(&class).copied() else {
            return;
        };
        let data = &self.plan.model.classes[class];
        let begins = self.from.max(midnight(data.lifetime.from));
        let whole = !self.live_lost.contains_key(&class);
        let damaged = self.damaged.contains(&class);
        let ended = data.lifetime.until.is_some_and(|end| midnight(end) <= now);
        if now < begins || ended || (!whole && !damaged) {
            return;
        }
        let quality = if damaged {
            Quality::Damaged
        } else {
            Quality::Sound
        };
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        if data.kind == ClassKind::State {
            held.pieces = vec![Piece::state(now, quality)];
            return;
        }
        let grown = held.first.map_or(begins, |until| until.max(begins));
        if grown < now {
            held.first = Some(now);
            held.pieces.push(Piece {
                from: grown,
                to: now,
                entered: grown,
                taken: None,
                quality,
            });
            if let [.., before, last] = held.pieces.as_mut_slice()
                && before.to == last.from
                && before.quality == last.quality
            {
                before.to = last.to;
                held.pieces.pop();
            }
        }
    }

    /// Removes what `goes` from a copy; whether anything went.
    pub(crate) fn remove(
        &mut self,
        copy: CopyId,
        now: i64,
        administrator: bool,
        goes: impl FnMut(&Piece) -> bool,
    ) -> bool {
        let store = self.store_of(copy);
        match (self.held.get_mut(&copy), self.keeping.get(&store)) {
            (Some(held), Some(keeping)) => held.remove(keeping, now, administrator, goes),
            _ => false,
        }
    }

    /// Removes what was created up to an instant.
    pub(crate) fn remove_older(&mut self, copy: CopyId, created_by: i64, now: i64) -> bool {
        let store = self.store_of(copy);
        match (self.held.get_mut(&copy), self.keeping.get(&store)) {
            (Some(held), Some(keeping)) => held.remove_older(created_by, keeping, now),
            _ => false,
        }
    }

    /// Adds to a copy; while somebody hostile reaches the store, it is deleted or overwritten at once.
    pub(crate) fn add(&mut self, copy: CopyId, pieces: impl IntoIterator<Item = Piece>, now: i64) {
        let store = self.store_of(copy);
        let what = &self.plan.copies[copy];
        let foreign = self.foreign(copy, now);
        let reached = self.reached(copy, now);
        let (Some(held), Some(keeping)) = (self.held.get_mut(&copy), self.keeping.get(&store))
        else {
            return;
        };
        held.add_all(pieces, keeping, now);
        if let Some(grip) = reached {
            held.remove(keeping, now, grip.administers, |piece| {
                piece.quality != Quality::Overwritten
            });
            if grip.overwrites(what.kind) {
                held.pieces.clear();
                held.pieces.extend(foreign);
            }
        }
    }

    /// Puts aside what a sync takes away from a copy, unless somebody hostile is there and deletes it at once.
    pub(crate) fn put_aside(&mut self, copy: CopyId, now: i64, goes: impl FnMut(&Piece) -> bool) {
        let place = aside(self.plan, copy);
        let is_reached = place.is_some_and(|place| self.grip(place, now).is_some());
        let store = self.store_of(copy);
        if let (Some(held), Some(keeping)) = (self.held.get_mut(&copy), self.keeping.get(&store)) {
            held.put_aside(keeping, now, goes);
            held.past.retain(|past| !(past.aside && is_reached));
        }
    }

    /// What hostile hands can do to a copy now.
    fn reached(&self, copy: CopyId, now: i64) -> Option<Grip> {
        self.grip(&self.plan.copies[copy].location, now)
    }

    /// What hostile hands can do in a place now.
    fn grip(&self, place: &Location, now: i64) -> Option<Grip> {
        let intruders = self.intruders.iter();
        let there = intruders.filter(|intruder| now < intruder.until);
        let reached = there.filter_map(|intruder| intruder.fallen.reaches(place));
        reached.reduce(Grip::and)
    }

    /// What somebody hostile puts under all names that there are in a copy or ever were.
    fn foreign(&self, copy: CopyId, now: i64) -> Option<Piece> {
        let class = &self.plan.model.classes[self.plan.copies[copy].class];
        let foreign = Piece::state(now, Quality::Overwritten);
        let from = self.from.max(midnight(class.lifetime.from));
        match class.kind {
            ClassKind::State => Some(foreign),
            _ => (from < now).then_some(Piece { from, ..foreign }),
        }
    }

    /// Something goes wrong.
    pub(crate) fn strike(&mut self, strike: &Strike, until: i64) {
        let at = strike.at.as_second();
        for class in self.live.keys().copied().collect::<Vec<_>>() {
            self.grow(class, at);
        }
        let words = mishap(self.plan, strike.mishap);
        self.log(at, Sort::Strike, words.clone());
        match strike.mishap {
            Mishap::Lose(Target::Credential(id)) => {
                self.intrude(thrice_model::Hostile::Credential(id), at, until, &words);
            }
            Mishap::Steal(hostile) => self.intrude(hostile, at, until, &words),
            Mishap::Lose(Target::Key(key)) => {
                self.lost_keys.insert(key);
            }
            Mishap::Lose(target) => self.lose(target, at),
            Mishap::Delete(store) => {
                for copy in self.copies_on(store) {
                    let kind = self.plan.copies[copy].kind;
                    let reached = self.reached(copy, at);
                    match reached.filter(|grip| grip.overwrites(kind)) {
                        // Who has it in hand puts it there again.
                        Some(grip) => self.overwrite(copy, at, grip.administers, &words),
                        None => {
                            self.destroy(copy, at, false, &format!(": {words}"));
                            self.by_hand.insert(copy);
                        }
                    }
                }
            }
            Mishap::Corrupt(class) => {
                self.damaged.insert(class);
                self.live_lost.entry(class).or_insert(at);
                if let Some(copy) = self.live.get(&class).copied() {
                    self.damage(copy, at);
                }
            }
            Mishap::Rot(store) => {
                self.rotten.insert(store);
                for copy in self.copies_on(store) {
                    self.spoil(copy, at);
                    self.fate.insert(copy, format!("damaged: {words}"));
                    let what = &self.plan.copies[copy];
                    if what.kind == CopyKind::Live {
                        self.damaged.insert(what.class);
                        self.live_lost.entry(what.class).or_insert(at);
                    }
                }
            }
        }
    }

    /// Whether nothing is there, but perhaps what the store keeps of what was deleted.
    pub(crate) fn is_empty(&self, copy: CopyId) -> bool {
        let held = self.held.get(&copy);
        held.is_none_or(|held| held.pieces.is_empty())
    }

    /// The copies under the place in which a step deletes.
    pub(crate) fn under(&self, step: StepId) -> Vec<CopyId> {
        self.under.get(&step).cloned().unwrap_or_default()
    }

    fn copies_on(&self, store: StoreId) -> Vec<CopyId> {
        let all = self.held.keys().copied();
        all.filter(|copy| self.store_of(*copy) == store).collect()
    }

    fn lose(&mut self, target: Target, at: i64) {
        let hosts = &self.plan.model.hosts;
        let sites = &self.plan.model.sites;
        match target {
            Target::Host(id) => drop(self.lost_hosts.insert(id)),
            Target::Store(id) => drop(self.lost_stores.insert(id)),
            Target::Site(id) => drop(self.lost_sites.insert(id)),
            Target::Provider(id) => self.lost_sites.extend(
                sites
                    .iter()
                    .filter(|(_, s)| s.provider == id)
                    .map(|(s, _)| s),
            ),
            Target::Credential(_) | Target::Key(_) => {}
        }
        let lost_sites = &self.lost_sites;
        let on_them = hosts
            .iter()
            .filter(|(_, host)| lost_sites.contains(&host.site));
        self.lost_hosts.extend(on_them.map(|(id, _)| id));
        for copy in self.held.keys().copied().collect::<Vec<_>>() {
            let store = self.store_of(copy);
            if !self.is_lost(store) || self.ended.contains_key(&store) {
                continue;
            }
            if let Some(held) = self.held.get_mut(&copy) {
                held.clear();
            }
            let class = self.plan.copies[copy].class;
            if self.plan.copies[copy].kind == CopyKind::Live {
                self.damaged.remove(&class);
                self.live_lost.entry(class).or_insert(at);
            }
            self.fate
                .entry(copy)
                .or_insert_with(|| "gone with its store".to_owned());
        }
    }

    fn intrude(&mut self, hostile: thrice_model::Hostile, at: i64, until: i64, words: &str) {
        let fallen = Fallen::of(self.plan, hostile, day(at));
        for copy in self.held.keys().copied().collect::<Vec<_>>() {
            let what = &self.plan.copies[copy];
            let held = self.held.get_mut(&copy);
            let aside = aside(self.plan, copy).and_then(|place| fallen.reaches(place));
            if let (Some(held), Some(_)) = (held, aside) {
                held.past.retain(|past| !past.aside);
            }
            let Some(grip) = fallen.reaches(&what.location) else {
                continue;
            };
            if grip.overwrites(what.kind) {
                self.overwrite(copy, at, grip.administers, words);
            } else {
                self.destroy(copy, at, grip.administers, &format!(": {words}"));
                self.by_hand.insert(copy);
            }
        }
        self.intruders.push(Intruder { fallen, until });
    }

    /// Something else takes the place of everything in a copy, and of all that was ever there.
    fn overwrite(&mut self, copy: CopyId, at: i64, administrator: bool, words: &str) {
        let what = &self.plan.copies[copy];
        self.empty(
            copy,
            at,
            administrator,
            (&format!(": {words}"), "overwritten"),
        );
        self.emptied.remove(&copy);
        let foreign = self.foreign(copy, at);
        let Some(held) = self.held.get_mut(&copy) else {
            return;
        };
        held.pieces.extend(foreign);
        held.first.get_or_insert(at);
        if what.kind == CopyKind::Live {
            self.damaged.insert(what.class);
        }
    }

    /// Everything in a copy is deleted; the store may keep some of it.
    pub(crate) fn destroy(
        &mut self,
        copy: CopyId,
        at: i64,
        administrator: bool,
        why: &str,
    ) -> bool {
        self.empty(copy, at, administrator, (why, "deleted"))
    }

    /// A rule for old versions takes those of a copy that were deleted by `limit`.
    pub(crate) fn clear_past(&mut self, copy: CopyId, limit: i64, now: i64) {
        let keeping = self.keeping.get(&self.store_of(copy));
        let lock = keeping.and_then(|keeping| keeping.lock);
        if let Some(held) = self.held.get_mut(&copy) {
            held.clear_past(limit, lock, now);
        }
    }

    /// Everything in a copy goes, in some way and for some reason.
    fn empty(
        &mut self,
        copy: CopyId,
        at: i64,
        administrator: bool,
        (why, how): (&str, &str),
    ) -> bool {
        let store = self.store_of(copy);
        let what = &self.plan.copies[copy];
        let Some(held) = self.held.get_mut(&copy) else {
            return false;
        };
        let before = held.past.len();
        held.past.retain(|past| !past.aside);
        let mut went = before != held.past.len();
        if administrator {
            let empty = Keeping::default();
            let keeping = self.keeping.get(&store).unwrap_or(&empty);
            // What a lock holds stays, also of what was deleted before.
            let locked = |past: &crate::content::Past| {
                keeping.lock.is_some()
                    && !keeping.bypassable
                    && past.until.is_some_and(|until| until > at)
            };
            let before = held.past.len();
            held.past.retain(locked);
            went |= held.past.len() != before;
        }
        if what.kind == CopyKind::Live {
            self.as_in_last_snapshot(copy, at);
        }
        went |= self.remove(copy, at, administrator, |_| true);
        if what.kind == CopyKind::Live {
            self.damaged.remove(&what.class);
            self.live_lost.entry(what.class).or_insert(at);
        }
        if went {
            let line = format!(
                "what is on `{}` of `{}` is {how}",
                self.store_name(copy),
                self.plan.model.classes[what.class].named.name
            );
            self.log(at, Sort::Loss, line);
            self.fate.insert(copy, format!("{how}{why}"));
            self.emptied.insert(copy);
        }
        went
    }

    /// Something damaged takes the place of the data where it lives; the store may keep what it was.
    fn damage(&mut self, live: CopyId, at: i64) {
        let Some(held) = self.held.get(&live) else {
            return;
        };
        let damaged = held.pieces.iter().map(|piece| piece.now(Quality::Damaged));
        let damaged: Vec<Piece> = damaged.collect();
        self.as_in_last_snapshot(live, at);
        self.remove(live, at, false, |_| true);
        if let Some(held) = self.held.get_mut(&live) {
            held.forget_past(at);
            held.pieces = damaged;
        }
    }

    /// Parts the data where it lives into what the last of its store's own snapshots has and what is newer.
    fn as_in_last_snapshot(&mut self, live: CopyId, at: i64) {
        let store = self.store_of(live);
        let taken = self
            .keeping
            .get(&store)
            .and_then(|keeping| keeping.last_snapshot(at));
        let (Some((_, taken)), Some(held)) = (taken, self.held.get_mut(&live)) else {
            return;
        };
        if self.from > taken {
            return;
        }
        held.cut(taken);
        let states: Vec<Piece> = held
            .pieces
            .iter()
            .filter(|piece| piece.is_state())
            .copied()
            .collect();
        for piece in &mut held.pieces {
            // They were created after that instant.
            piece.entered = piece.from + i64::from(!piece.is_state());
        }
        let earlier = states.into_iter().filter(|piece| piece.to > taken);
        let earlier = earlier.map(|piece| Piece::state(taken, piece.quality));
        held.pieces.extend(earlier);
    }

    /// All that is there rots, and what the store keeps of what was.
    fn spoil(&mut self, copy: CopyId, at: i64) {
        let what = &self.plan.copies[copy];
        // A dump is a file of its own, written once; what a database lies in is written all the time.
        // What a version needs is compared by the names of packs, and may be in any of them.
        let quality = match (self.plan.model.classes[what.class].kind, what.kind) {
            (_, CopyKind::Versions)
            | (ClassKind::State, CopyKind::Live)
            | (ClassKind::Files, _) => Quality::Damaged,
            (ClassKind::Items | ClassKind::State, _) => Quality::Rotten,
        };
        if let Some(held) = self.held.get_mut(&copy) {
            held.forget_past(at);
            for piece in held
                .pieces
                .iter_mut()
                .chain(held.past.iter_mut().map(|past| &mut past.piece))
            {
                piece.quality = quality;
            }
        }
    }
}

/// For each step that deletes in a place the copies under it. There may be many of both: they are found
/// by their paths, once.
fn under(plan: &Plan, copies: &BTreeSet<CopyId>) -> BTreeMap<StepId, Vec<CopyId>> {
    let mut at: BTreeMap<(StoreId, &str), Vec<CopyId>> = BTreeMap::new();
    for id in copies {
        let place = &plan.copies[*id].location;
        let here = at.entry((place.store, place.path.as_str())).or_default();
        here.push(*id);
    }
    let mut out = BTreeMap::new();
    for (id, step) in plan.model.steps.iter() {
        let Some(place) = deletes_in(step) else {
            continue;
        };
        let base = place.path.trim_end_matches('/');
        let below = at.range((place.store, base)..);
        let below =
            below.take_while(|((store, path), _)| *store == place.store && path.starts_with(base));
        let mut found: Vec<CopyId> = below
            .flat_map(|(_, ids)| ids.iter().copied())
            .filter(|id| place.contains(&plan.copies[*id].location))
            .collect();
        found.sort_unstable();
        out.insert(id, found);
    }
    out
}

/// The place under which a step deletes what it did not write.
pub(crate) const fn deletes_in(step: &Step) -> Option<&Location> {
    match (&step.verb, &step.target, &step.source) {
        (Verb::Sync { .. }, StepTarget::Location(place, _), _)
        | (Verb::Expire { .. }, _, Source::Location(place, _)) => Some(place),
        _ => None,
    }
}

/// Where what is taken away from a copy is put, if it is put aside.
pub(crate) fn aside(plan: &Plan, copy: CopyId) -> Option<&Location> {
    let step = plan.copies[copy].made_by?;
    match &plan.model.steps[step].verb {
        Verb::Sync { backup_dir, .. } => backup_dir.as_deref(),
        _ => None,
    }
}

/// The copies in which it matters when something came: somebody deletes or takes by that.
fn by_entry(plan: &Plan) -> BTreeSet<CopyId> {
    let mut out = BTreeSet::new();
    for (id, copy) in plan.copies.iter() {
        let store = &plan.model.stores[copy.location.store];
        let kept = store.snapshots.is_some() || store.lock.is_some();
        let aged = copy.leaves.iter().any(|leave| {
            matches!(
                leave,
                Leave::AfterEntering { .. } | Leave::AfterEnding { .. }
            )
        });
        if kept || aged {
            out.insert(id);
        }
        if let (Some(_), Some(source)) = (&copy.enter.older_than, copy.source) {
            out.insert(source);
        }
    }
    out
}

fn keeping(plan: &Plan, id: StoreId, from: i64, to: i64) -> Keeping {
    let store = &plan.model.stores[id];
    Keeping {
        versioned: store.keeps_versions(),
        lock: store.lock.map(|lock| lock.days.saturating_mul(86_400)),
        bypassable: store
            .lock
            .is_some_and(|lock| lock.mode == LockMode::Governance),
        snapshots: snapshots(plan, store, from, to),
    }
}
