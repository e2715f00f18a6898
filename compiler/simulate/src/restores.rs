//! How soon what was lost is back in use.
//!
//! Places are lost at one instant. Whose data lay there, and what is asked for in time, comes back from a copy that is
//! left, the one with the fastest line. Setup comes first, then the bytes over the lines ([`crate::lines`]), then what
//! it takes until the data is in use. What comes over a network and the lines of both its ends shares each of them with
//! whatever else comes over that. Of several classes the most urgent goes first: the one whose last byte must be there
//! first. What another one needs is as urgent as that, and what nobody asks for waits for all others.
//!
//! What only a key opens waits until that is at hand: where nobody has it left but a vault that comes back itself, until the
//! content of that is in use, with all that it needs. That is the more urgent for it.
//!
//! Of a repository the whole of the newest version comes back, of everything else all that is there: so much as the data
//! measures at that instant. What replaces a lost machine has its line. Between two places of one machine its own line
//! counts, for how fast its disks are is said nowhere.

mod keys;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_model::{Class, ClassId, ClassKind, Demand, HostId, HostKind, Mishap, Strike, Target};
use thrice_plan::{Copy, CopyId, CopyKind, Plan};
use thrice_quantity::{Bytes, Interval, Seconds};

use crate::Sizes;
use crate::calendar::{instant, midnight};
use crate::lines::{Transfer, carry};
use crate::reach::{KeysLeft, with_needs};
use crate::volume::Volume;
use crate::world::World;
use keys::Keys;

/// Places that are lost at once.
#[derive(Clone, Debug)]
pub struct Losses {
    /// When.
    pub at: Timestamp,
    /// The day of the policy's calendar on which there is what there is then: that of the instant, unless the phase
    /// that comes next is late.
    pub day: Date,
    /// What is lost. Keys go with who holds them; a credential is in hostile hands then, which takes nothing here.
    pub lost: Vec<Target>,
    /// Classes whose data is lost, whatever is.
    pub also: BTreeSet<ClassId>,
    /// Copies of which nothing is left, whatever is lost: nothing has filled them yet, or somebody has destroyed them.
    pub empty: BTreeSet<CopyId>,
    /// The classes that may have to come back; all where it is empty.
    pub classes: BTreeSet<ClassId>,
    /// The classes whose demands count; all where it is empty.
    pub asking: BTreeSet<ClassId>,
    /// How large data are, and how long takes what comes before and after the bytes.
    pub sizes: Sizes,
}

/// How a class comes back. Times are counted from the loss on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Which.
    pub class: ClassId,
    /// Where it comes from; `None`: nothing is left, or no line on the way says how fast it is.
    pub from: Option<CopyId>,
    /// How soon it must be back, if somebody asks for that: it, or what needs it.
    pub due: Option<Seconds>,
    /// When its first byte can come, with whatever it waits for that comes at all.
    pub begins: Seconds,
    /// How much comes.
    pub bytes: Bytes,
    /// When its last byte is there; `None`: never, as far as is said.
    pub there: Option<Seconds>,
    /// When it is in use again, by itself.
    pub in_use: Option<Seconds>,
    /// The same with all that it needs.
    pub back: Option<Seconds>,
}

/// What has to come back after losses.
#[derive(Clone, Debug)]
pub struct Restoring<'p> {
    plan: &'p Plan,
    /// In the order of the classes.
    restores: Vec<Restore>,
    /// What each line carries in a second.
    lines: Vec<u64>,
}

/// A class that has to come back.
#[derive(Clone, Debug)]
struct Restore {
    class: ClassId,
    from: Option<CopyId>,
    due: Option<Seconds>,
    /// The earliest second at which its first byte can come.
    soonest: i64,
    finish: Seconds,
    transfer: Transfer,
    /// When its last byte must be there for what waits for it.
    at_the_latest: i64,
}

impl Restore {
    /// When its last byte must be there.
    fn urgency(&self) -> i64 {
        let last = self.due.map(|due| due.saturating_sub(self.finish).0);
        last.unwrap_or(i64::MAX).min(self.at_the_latest)
    }
}

/// A way from a copy to where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Way {
    copy: CopyId,
    speed: u64,
    /// Each with what it carries in a second.
    lines: Vec<(Line, u64)>,
}

/// What bytes come over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Host(HostId),
    /// By its place.
    Network(usize),
}

impl<'p> Restoring<'p> {
    /// What has to come back after losses, and from where.
    #[must_use]
    pub fn after(plan: &'p Plan, losses: &Losses) -> Self {
        let asked: BTreeSet<ClassId> = match losses.classes.is_empty() {
            true => plan.model.classes.ids().collect(),
            false => losses.classes.clone(),
        };
        let left = Left::after(plan, losses, &asked);
        let due = due(plan, losses);
        let keys = Keys::after(plan, &left, losses.sizes, losses.at.as_second());
        let ways = Self::ways(&asked, &left, &keys);
        let places: Vec<ClassId> = ways.keys().copied().collect();
        let place = |class: &ClassId| places.binary_search(class).ok();
        let mut lines: Vec<(Line, u64)> = Vec::new();
        let mut restores = Vec::new();
        for (id, way) in ways {
            let class = &plan.model.classes[id];
            let (setup, finish) = around(plan, class, losses.sizes);
            let over = way.iter().flat_map(|way| &way.lines).map(|line| {
                let known = lines.iter().position(|(known, _)| *known == line.0);
                known.unwrap_or_else(|| {
                    lines.push(*line);
                    lines.len() - 1
                })
            });
            let over: Vec<usize> = over.collect();
            let volume = Volume::of(class, losses.sizes);
            let size = volume.size(losses.at.as_second());
            let copy = way.map(|way| way.copy);
            let (before, opened) = copy.map_or_else(Default::default, |at| keys.before(&left, at));
            let after = before.iter().filter_map(|class| {
                let (_, finish) = around(plan, &plan.model.classes[*class], losses.sizes);
                Some((place(class)?, finish.0))
            });
            restores.push(Restore {
                class: id,
                from: copy,
                due: due.get(&id).copied(),
                soonest: soonest(plan, class),
                finish,
                transfer: Transfer {
                    begins: setup.0.max(opened).max(0),
                    bytes: u64::try_from(size).unwrap_or(u64::MAX),
                    // How long takes what nothing is said of nobody knows.
                    way: if class.size.is_some() {
                        over
                    } else {
                        Vec::new()
                    },
                    after: after.collect(),
                },
                at_the_latest: i64::MAX,
            });
        }
        let lines = lines.into_iter().map(|(_, speed)| speed).collect();
        let mut out = Self {
            plan,
            restores,
            lines,
        };
        out.hurry();
        out
    }

    /// The way on which each class comes back that is lost and asked for, or that another one waits for.
    fn ways(
        asked: &BTreeSet<ClassId>,
        left: &Left,
        keys: &Keys<'_>,
    ) -> BTreeMap<ClassId, Option<Way>> {
        let lost = asked.iter().filter(|id| left.lost.contains(id));
        let mut next: Vec<ClassId> = lost.copied().collect();
        let mut out = BTreeMap::new();
        while let Some(class) = next.pop() {
            if out.contains_key(&class) {
                continue;
            }
            let way = keys.first(left, class).map(|(_, way)| way);
            if let Some(way) = &way {
                next.extend(keys.before(left, way.copy).0);
            }
            out.insert(class, way);
        }
        out
    }

    /// What others wait for is more urgent than these.
    fn hurry(&mut self) {
        // So often as one may wait for another at most.
        for _ in 0..self.restores.len() {
            let mut hurries = false;
            for place in 0..self.restores.len() {
                let Some(restore) = self.restores.get(place) else {
                    continue;
                };
                let latest = restore.urgency().saturating_sub(1);
                for (before, _) in restore.transfer.after.clone() {
                    let before_it = self.restores.get_mut(before);
                    if let Some(restore) = before_it.filter(|restore| restore.urgency() > latest) {
                        restore.at_the_latest = latest;
                        hurries = true;
                    }
                }
            }
            if !hurries {
                return;
            }
        }
    }

    /// The same where what else comes back begins when that keeps a class waiting for longest: as near to when the class itself
    /// begins as its setup can end.
    #[must_use]
    pub fn in_the_way_of(&self, class: ClassId) -> Self {
        let mut out = self.clone();
        let own = self.restores.iter().find(|restore| restore.class == class);
        let begins = own.map_or(0, |own| own.transfer.begins);
        let before = self.before(class);
        let others = out.restores.iter_mut().enumerate();
        for (_, restore) in others.filter(|(place, _)| !before.contains(place)) {
            let latest = restore.transfer.begins;
            restore.transfer.begins = begins.max(restore.soonest).min(latest);
        }
        out
    }

    /// The places of what a class waits for, and that in turn.
    fn before(&self, class: ClassId) -> BTreeSet<usize> {
        let mut out = BTreeSet::new();
        let own = self.restores.iter().filter(|own| own.class == class);
        let mut next: Vec<usize> = own
            .flat_map(|own| &own.transfer.after)
            .map(|at| at.0)
            .collect();
        while let Some(place) = next.pop() {
            if out.insert(place) {
                let before = self.restores.get(place).into_iter();
                next.extend(before.flat_map(|own| &own.transfer.after).map(|at| at.0));
            }
        }
        out
    }

    /// Plays it, the most urgent first. Of those that are as urgent one may be named that comes last; else they come in
    /// the order of the classes, which is also the one of what comes out.
    #[must_use]
    pub fn play(&self, last: Option<ClassId>) -> Vec<Restored> {
        let mut order: Vec<usize> = (0..self.restores.len()).collect();
        order.sort_by_key(|place| {
            let restore = self.restores.get(*place);
            restore.map(|restore| (restore.urgency(), Some(restore.class) == last))
        });
        let mut ranks: Vec<usize> = vec![0; self.restores.len()];
        for (rank, place) in order.iter().enumerate() {
            if let Some(own) = ranks.get_mut(*place) {
                *own = rank;
            }
        }
        let in_order = order.iter().filter_map(|place| self.restores.get(*place));
        let transfers: Vec<Transfer> = in_order
            .map(|restore| {
                let mut transfer = restore.transfer.clone();
                for (before, _) in &mut transfer.after {
                    *before = ranks.get(*before).copied().unwrap_or(*before);
                }
                transfer
            })
            .collect();
        let mut there: Vec<Option<Seconds>> = vec![None; self.restores.len()];
        for (place, second) in order.into_iter().zip(carry(&self.lines, &transfers)) {
            if let Some(there) = there.get_mut(place) {
                *there = second.map(Seconds);
            }
        }
        let in_use = |restore: &Restore, there: Option<Seconds>| {
            there.map(|there| there.saturating_add(restore.finish))
        };
        let begins = |restore: &Restore| {
            let after = restore
                .transfer
                .after
                .iter()
                .filter_map(|(place, seconds)| {
                    let there = there.get(*place).copied().flatten()?;
                    Some(there.0.saturating_add(*seconds))
                });
            let latest = after.max().unwrap_or(0);
            Seconds(restore.transfer.begins.max(latest))
        };
        let begins: Vec<Seconds> = self.restores.iter().map(begins).collect();
        let restores = self.restores.iter().zip(there);
        let each = restores.clone();
        let all: BTreeMap<ClassId, Option<Seconds>> = each
            .map(|(restore, there)| (restore.class, in_use(restore, there)))
            .collect();
        let restored = restores
            .zip(begins)
            .map(|((restore, there), begins)| Restored {
                class: restore.class,
                from: restore.from,
                due: restore.due,
                begins,
                bytes: Bytes(restore.transfer.bytes),
                there,
                in_use: in_use(restore, there),
                back: self.back(restore.class, &all),
            });
        restored.collect()
    }

    /// When a class is in use with all that it needs. What was not lost is.
    fn back(&self, class: ClassId, in_use: &BTreeMap<ClassId, Option<Seconds>>) -> Option<Seconds> {
        let mut latest = Seconds::ZERO;
        for class in with_needs(self.plan, class) {
            if let Some(at) = in_use.get(&class) {
                latest = latest.max((*at)?);
            }
        }
        Some(latest)
    }
}

/// How soon classes must be back, those that ask for something and all that they need.
fn due(plan: &Plan, losses: &Losses) -> BTreeMap<ClassId, Seconds> {
    let day = losses.day;
    let mut out: BTreeMap<ClassId, Seconds> = BTreeMap::new();
    for (id, class) in plan.model.classes.iter() {
        let asks = losses.asking.is_empty() || losses.asking.contains(&id);
        if !asks || !class.lifetime.contains(day) {
            continue;
        }
        let required = plan.model.requirements.iter().filter_map(|required| {
            let holds = required.lifetime.contains(day) && required.selection.contains(id);
            match required.demand {
                Demand::RecoveryTime(time) if holds => Some(time),
                _ => None,
            }
        });
        let own = class.asked().rto.map(|(time, _)| time);
        let Some(time) = required.chain(own).min() else {
            continue;
        };
        for class in with_needs(plan, id) {
            let known = out.entry(class).or_insert(time);
            *known = time.min(*known);
        }
    }
    out
}

/// How long it takes until the first byte can come, and from the last one on.
fn around(plan: &Plan, class: &Class, sizes: Sizes) -> (Seconds, Seconds) {
    let end = |time: &Interval<Seconds>| match sizes {
        Sizes::Least => time.low(),
        Sizes::Most => time.high(),
    };
    let asked = class.asked();
    let setup = asked.restore_setup.as_ref().map(|(time, _)| end(time));
    let finish = asked.restore_finish.as_ref().map(|(time, _)| end(time));
    let unsaid = match class.kind {
        ClassKind::State => Seconds::HOUR,
        ClassKind::Files | ClassKind::Items => Seconds::ZERO,
    };
    (
        setup.unwrap_or(plan.model.policy.response),
        finish.unwrap_or(unsaid),
    )
}

/// The earliest second at which the first byte can come.
fn soonest(plan: &Plan, class: &Class) -> i64 {
    let setup = class.asked().restore_setup.as_ref();
    let soonest = setup.map_or(plan.model.policy.response, |(time, _)| time.low());
    soonest.0.max(0)
}

/// The ways from copies whose speed is known.
fn ways<'a>(
    plan: &'a Plan,
    class: &'a Class,
    copies: &'a [CopyId],
) -> impl Iterator<Item = Way> + 'a {
    copies.iter().filter_map(|copy| way(plan, class, *copy))
}

/// The way from a copy to where the data lives; `None` where nothing says how fast it is. An object storage that does
/// not say it gives as fast as anybody takes.
fn way(plan: &Plan, class: &Class, copy: CopyId) -> Option<Way> {
    let ends: BTreeSet<HostId> = [plan.copies[copy].location.store, class.home.store]
        .map(|store| plan.host_of(store))
        .into();
    let mut lines = Vec::new();
    for end in &ends {
        let host = &plan.model.hosts[*end];
        match host.link {
            Some(speed) => lines.push((Line::Host(*end), speed.0)),
            None if host.kind == HostKind::ObjectStorage => {}
            None => return None,
        }
    }
    for (place, network) in plan.model.networks.iter().enumerate() {
        let joins = ends.iter().all(|end| network.hosts.contains(end));
        if let Some(speed) = network.speed.filter(|_| joins) {
            lines.push((Line::Network(place), speed.0));
        }
    }
    let speed = lines.iter().map(|(_, speed)| *speed).min()?;
    Some(Way { copy, speed, lines })
}

/// What losses leave.
struct Left {
    /// The classes whose data is gone.
    lost: BTreeSet<ClassId>,
    /// What can be restored from, by class.
    copies: BTreeMap<ClassId, Vec<CopyId>>,
    keys: KeysLeft,
}

impl Left {
    fn after(plan: &Plan, losses: &Losses, asked: &BTreeSet<ClassId>) -> Self {
        let now = midnight(losses.day);
        // Vaults come back from copies of what they lie in.
        let vaults = plan.model.vaults.iter();
        let vaults = vaults.filter_map(|(_, vault)| vault.data);
        let vaults = vaults.flat_map(|(class, _)| with_needs(plan, class));
        let classes: BTreeSet<ClassId> = asked.iter().copied().chain(vaults).collect();
        let there = |(id, copy): (CopyId, &Copy)| {
            let is_there = classes.contains(&copy.class) && is_fed(plan, id, losses.day);
            is_there.then_some(id)
        };
        let copies: BTreeSet<CopyId> = plan.copies.iter().filter_map(there).collect();
        let mut world = World::new(plan, &copies, now, now);
        for target in &losses.lost {
            if !matches!(target, Target::Credential(_)) {
                let strike = Strike {
                    at: instant(now),
                    mishap: Mishap::Lose(*target),
                    span: None,
                };
                world.strike(&strike, now);
            }
        }
        let is_left = |id: &CopyId| {
            let copy = &plan.copies[*id];
            let live = copy.kind == CopyKind::Live;
            let gone = losses.empty.contains(id) || (live && losses.also.contains(&copy.class));
            let counts = copy.counts && !matches!(copy.kind, CopyKind::Transit | CopyKind::Seed);
            counts && !gone && world.is_up(copy.location.store)
        };
        let sound: BTreeSet<CopyId> = copies.iter().copied().filter(is_left).collect();
        let keys = world.keys_left_by(now, &sound);
        let mut out: BTreeMap<ClassId, Vec<CopyId>> = BTreeMap::new();
        for id in sound {
            let copy = &plan.copies[id];
            let is_open = copy.key.is_none_or(|key| keys.all.contains(&key));
            if is_open && copy.kind != CopyKind::Live {
                out.entry(copy.class).or_default().push(id);
            }
        }
        let gone = world.live_lost.keys().chain(&losses.also);
        let is_there = |class: &&ClassId| world.live.contains_key(class);
        Self {
            lost: gone.filter(is_there).copied().collect(),
            copies: out,
            keys,
        }
    }
}

/// Whether a copy is there on a day, and all that it is made from.
fn is_fed(plan: &Plan, id: CopyId, day: Date) -> bool {
    plan.way(id)
        .all(|id| plan.copies[id].lifetime.contains(day))
}
