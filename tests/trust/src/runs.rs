//! Every run of a small world, one by one.
//!
//! All bounds are whole days, and when things come and go is compared with nothing but each other and
//! the sums of those bounds. Such a system of differences has a solution exactly if it has one in
//! multiples of a day divided by one more than the number of open values: what counts is who comes before
//! whom, and within a day there are so many places for so many values. So all open values are tried on
//! that grid. When the faults strike and at what age one looks is not tried but worked out from the moments
//! at which something changes.

use crate::newest::{Last, last, made_anew};
use crate::world::{Expiry, MOST_PLACES, Place, Verb, World};

/// A set of runs on a grid: times are in so many parts of a day.
pub(crate) struct Grid<'w> {
    pub world: &'w World,
    pub parts: i64,
    /// Least and greatest of each open value, in order: for each place its delay, its deletion,
    /// how long after its source a mirror loses it, and from which age on it is moved there. Then one for each of `last`.
    pub bounds: Vec<(i64, i64)>,
    /// How newest versions go.
    last: Vec<Last>,
}

/// Between which ages what there is of each place is there, and when the place itself ceases to be.
#[derive(Clone, Debug)]
pub(crate) struct There {
    pub fed: [(i64, i64); MOST_PLACES],
    pub expiry: [(i64, i64); MOST_PLACES],
    pub gone: [i64; MOST_PLACES],
}

impl There {
    /// All of it, always.
    pub const ALWAYS: Self = Self {
        fed: [(0, NEVER); MOST_PLACES],
        expiry: [(0, NEVER); MOST_PLACES],
        gone: [NEVER; MOST_PLACES],
    };

    fn fed(&self, at: usize) -> (i64, i64) {
        self.fed.get(at).copied().unwrap_or((0, NEVER))
    }

    fn expiry(&self, at: usize) -> (i64, i64) {
        self.expiry.get(at).copied().unwrap_or((0, NEVER))
    }
}

/// What comes out for a world, by trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// There are always enough copies.
    pub copies: bool,
    /// Something is left after every fault.
    pub survival: bool,
    /// The last copy never goes.
    pub last_copy: bool,
    /// How many runs there are.
    pub runs: u64,
}

/// What fails: copies, survival, last copy.
pub type Fails = [bool; 3];

impl Tried {
    /// What fails, if copies are asked for or not.
    #[must_use]
    pub const fn fails(self, asked: bool) -> Fails {
        [asked && !self.copies, !self.survival, !self.last_copy]
    }
}

/// When something is in a place, from and to; in parts of a day.
type Stay = Option<(i64, i64)>;

/// Of each place; no world has more places.
pub(crate) type Stays = [Stay; MOST_PLACES];

/// What will happen: (when, what, where); 0 deletes, 1 moves to, 2 copies to.
pub(crate) type ToDo = Vec<(i64, u8, usize)>;

pub(crate) const NEVER: i64 = i64::MAX / 4;

/// What faults leave: which places are of use, and which are still filled.
pub(crate) struct After {
    pub alive: Vec<bool>,
    pub fed: Vec<bool>,
    /// The age from which something must be left, in days.
    pub from: i64,
}

impl After {
    /// Nothing is struck.
    pub fn nothing(world: &World) -> Self {
        Self {
            alive: vec![true; world.places.len()],
            fed: vec![true; world.places.len()],
            from: 0,
        }
    }
}

/// What is asked about: from which age on faults strike, and between which ages too little may be left.
pub(crate) struct Asked {
    pub struck: i64,
    pub ages: (i64, i64),
}

/// How many runs a world has on its grid.
#[must_use]
pub fn count(world: &World) -> u64 {
    Grid::new(world).runs()
}

/// Tries every run.
#[must_use]
pub fn try_all(world: &World) -> Tried {
    let grid = Grid::new(world);
    let there = &There::ALWAYS;
    let faults = faults(world);
    let mut out = Tried {
        copies: true,
        survival: faults.iter().all(|after| after.alive.contains(&true)),
        last_copy: true,
        runs: 0,
    };
    let healthy = After::nothing(world);
    let mut values: Vec<i64> = grid.first();
    let mut to_do = ToDo::new();
    loop {
        out.runs += 1;
        if out.copies || out.last_copy {
            let stays = grid.stays(&values, (&healthy, there), NEVER, &mut to_do);
            let (within, kept) = (world.within * grid.parts, world.kept * grid.parts);
            let counted = (within, kept.max(within));
            out.copies = out.copies && !grid.too_few(&stays, world.copies, counted);
            out.last_copy = out.last_copy && !grid.too_few_places(&stays, (0, kept));
        }
        if out.survival {
            let attempts = grid.attempts(&values, there);
            let mut lost = |after: &After| {
                let asked = grid.asked(after);
                grid.lost(&values, &attempts, (after, there), &asked, &mut to_do)
            };
            out.survival = !faults.iter().any(&mut lost);
        }
        if !(out.copies || out.survival || out.last_copy) || !grid.next(&mut values) {
            return out;
        }
    }
}

/// The earliest of what will happen; of what happens at once, what changes least.
fn first(to_do: &mut ToDo) -> Option<(i64, u8, usize)> {
    let (index, _) = to_do.iter().enumerate().min_by_key(|(_, what)| **what)?;
    Some(to_do.swap_remove(index))
}

/// The faults that must be survived: the loss of each host; and, whatever is asked, that of the class's
/// own host, through something that a deletion spares.
fn faults(world: &World) -> Vec<After> {
    let mut out: Vec<After> = world
        .hosts()
        .into_iter()
        .map(|host| after(world, host, false))
        .collect();
    let home = world.places.first().map_or(0, |place| place.host);
    out.push(after(world, home, true));
    out
}

pub(crate) fn after(world: &World, lost: usize, spared: bool) -> After {
    let mirror = |place: &Place| matches!(place.made, Some((_, Verb::Sync, _)));
    let alive: Vec<bool> = world
        .places
        .iter()
        .map(|place| place.host != lost && !(spared && mirror(place)))
        .collect();
    let of = |at: usize| alive.get(at).copied().unwrap_or(false);
    let fed = world
        .places
        .iter()
        .map(|place| place.made.is_none_or(|(source, ..)| of(source)) && place.host != lost);
    let fed = fed.collect();
    // From the age on at which the fastest is surely made; that which waits for an age does not count,
    // unless there is no other.
    let fastest = |only_alive: bool| {
        let chains = (0..world.places.len()).filter(|at| of(*at) || !only_alive);
        let chains: Vec<(i64, bool)> = chains
            .filter(|at| only_alive || *at > 0)
            .map(|at| chain(world, at))
            .collect();
        let quick = chains.iter().filter(|(_, waits)| !waits);
        let quick = quick.map(|(days, _)| *days).min();
        quick.or_else(|| (!chains.is_empty()).then_some(0))
    };
    let from = fastest(true).or_else(|| fastest(false)).unwrap_or(0);
    After { alive, fed, from }
}

/// How long it takes at worst until something is in a place, in days, and whether it waits for an age.
fn chain(world: &World, at: usize) -> (i64, bool) {
    match world.places.get(at).and_then(|place| place.made) {
        None => (0, false),
        Some((source, verb, every)) => {
            let (days, waits) = chain(world, source);
            match verb {
                Verb::Move(age) => (days.max(age) + every, true),
                Verb::Copy | Verb::Sync => (days + every, waits),
            }
        }
    }
}

impl<'w> Grid<'w> {
    /// All runs.
    pub fn new(world: &'w World) -> Self {
        Self::across(world, &[], None)
    }

    /// All runs in which the steps of some places end; with `more`, one more value is open, between these bounds in days.
    pub fn across(world: &'w World, ends: &[bool], more: Option<(i64, i64)>) -> Self {
        let mut bounds = Vec::new();
        for (at, place) in world.places.iter().enumerate() {
            let every = place.made.map_or(0, |(_, _, every)| every);
            bounds.push((0, every));
            bounds.push(match place.expiry.filter(|_| !made_anew(world, at)) {
                None => (0, 0),
                Some(Expiry::AtAge(low, high)) => (low, high),
                Some(Expiry::AfterUpload(days)) => (days, days + 2),
            });
            let mirror = matches!(place.made, Some((_, Verb::Sync, _)));
            bounds.push((0, if mirror { every } else { 0 }));
            bounds.push(match place.made {
                Some((source, Verb::Move(days), _)) if world.dated(source) => (days, days),
                Some((_, Verb::Move(days), _)) => (0, days),
                _ => (0, 0),
            });
        }
        let last = last(world, ends);
        bounds.extend(last.iter().map(|last| last.after));
        bounds.extend(more);
        let open = bounds.iter().filter(|(low, high)| low < high).count();
        let parts = i64::try_from(open).unwrap_or(0) + 1;
        for (low, high) in &mut bounds {
            *low *= parts;
            *high *= parts;
        }
        Self {
            world,
            parts,
            bounds,
            last,
        }
    }

    /// How many there are.
    pub fn runs(&self) -> u64 {
        self.bounds.iter().fold(1u64, |product, (low, high)| {
            product.saturating_mul(u64::try_from(high - low + 1).unwrap_or(1))
        })
    }

    /// The first values.
    pub fn first(&self) -> Vec<i64> {
        self.bounds.iter().map(|(low, _)| *low).collect()
    }

    /// What is asked after faults of a world in which nothing comes and goes.
    pub fn asked(&self, after: &After) -> Asked {
        let from = after.from * self.parts;
        Asked {
            struck: from,
            ages: (from, from.max(self.world.kept * self.parts)),
        }
    }

    /// The next values; whether there are any.
    pub fn next(&self, values: &mut [i64]) -> bool {
        for (value, (low, high)) in values.iter_mut().zip(&self.bounds) {
            if *value < *high {
                *value += 1;
                return true;
            }
            *value = *low;
        }
        false
    }

    /// When each place's step would bring something, whatever is deleted and struck meanwhile.
    fn attempt(&self, values: &[i64], at: usize, there: i64, begins: i64) -> i64 {
        let made = self.world.places.get(at).and_then(|place| place.made);
        let age = match made {
            Some((_, Verb::Move(_), _)) => value(values, at, 3),
            _ => 0,
        };
        there.max(age).max(begins) + value(values, at, 0)
    }

    /// Moment by moment: what is earliest happens first, and of what happens at once, deletions first, then
    /// moves, then copies.
    pub fn stays(
        &self,
        values: &[i64],
        (after, there_is): (&After, &There),
        struck: i64,
        to_do: &mut ToDo,
    ) -> Stays {
        let places = &self.world.places;
        let mut stays: Stays = [None; MOST_PLACES];
        let mut moved = [NEVER; MOST_PLACES];
        to_do.clear();
        to_do.push((0, 2, 0));
        for (at, gone) in there_is.gone.iter().enumerate() {
            if *gone < NEVER {
                to_do.push((*gone, 0, at));
            }
        }
        while let Some((now, what, at)) = first(to_do) {
            let Some(place) = places.get(at) else {
                continue;
            };
            if what == 0 {
                if let Some(Some(stay)) = stays.get_mut(at)
                    && stay.1 == NEVER
                {
                    stay.1 = now;
                    self.mirrored(values, there_is, (at, now), to_do);
                }
                continue;
            }
            if let Some((source, ..)) = place.made {
                let there = stays.get(source).copied().flatten();
                let gone = moved.get(source).copied().unwrap_or(NEVER);
                let finds = there.is_some_and(|(_, to)| to == NEVER || (to == now && gone == now));
                let fed = after.fed.get(at).copied().unwrap_or(false);
                let gone = there_is.gone.get(at).is_some_and(|gone| *gone <= now);
                if !finds || gone || (!fed && now > struck) {
                    continue;
                }
                if what == 1 && there.is_some_and(|(_, to)| to == NEVER) {
                    if let (Some(Some(stay)), Some(moved)) =
                        (stays.get_mut(source), moved.get_mut(source))
                    {
                        stay.1 = now;
                        *moved = now;
                    }
                    self.mirrored(values, there_is, (source, now), to_do);
                }
            }
            if let Some(stay) = stays.get_mut(at) {
                *stay = Some((now, NEVER));
            }
            let due = match place.expiry {
                _ if made_anew(self.world, at) => self.gone_last(values, there_is, (at, now)),
                None => NEVER,
                Some(Expiry::AtAge(..)) => now.max(value(values, at, 1)),
                Some(Expiry::AfterUpload(_)) => now + value(values, at, 1),
            };
            let (begins, ends) = there_is.expiry(at);
            if due.max(begins) < ends {
                to_do.push((due.max(begins), 0, at));
            }
            for (reader, place) in places.iter().enumerate() {
                if let Some((source, verb, _)) = place.made
                    && source == at
                {
                    let what = if matches!(verb, Verb::Move(_)) { 1 } else { 2 };
                    let (begins, ends) = there_is.fed(reader);
                    let tried = self.attempt(values, reader, now, begins);
                    if tried <= ends {
                        to_do.push((tried, what, reader));
                    }
                }
            }
        }
        stays
    }

    /// When the newest version goes that something has become in a place which it entered by now.
    fn gone_last(&self, values: &[i64], there_is: &There, (at, now): (usize, i64)) -> i64 {
        let first = self.world.places.len() * 4;
        let ways = self.last.iter().zip(values.iter().skip(first));
        let here = ways.filter(|(last, _)| last.at == at);
        let due = here.map(|(last, value)| {
            let ended = there_is.fed(last.step).1;
            (now + last.stays * self.parts).max(ended + value)
        });
        due.min().unwrap_or(NEVER)
    }

    /// What mirrors a place loses what the place has lost.
    fn mirrored(
        &self,
        values: &[i64],
        there_is: &There,
        (at, now): (usize, i64),
        to_do: &mut ToDo,
    ) {
        for (mirror, place) in self.world.places.iter().enumerate() {
            if matches!(place.made, Some((source, Verb::Sync, _)) if source == at) {
                let (begins, ends) = there_is.fed(mirror);
                let when = (now + value(values, mirror, 2)).max(begins);
                if when < ends {
                    to_do.push((when, 0, mirror));
                }
            }
        }
    }

    /// Whether at some age between two there are fewer than `need` hosts that have it.
    pub fn too_few(&self, stays: &Stays, need: i64, (from, to): (i64, i64)) -> bool {
        moments(stays, from, to).any(|age| {
            // One bit a host.
            let hosts = self
                .present(stays, age)
                .fold(0_u32, |all, host| all | 1 << host);
            i64::from(hosts.count_ones()) < need
        })
    }

    pub fn too_few_places(&self, stays: &Stays, (from, to): (i64, i64)) -> bool {
        moments(stays, from, to).any(|age| self.present(stays, age).next().is_none())
    }

    fn present<'s>(&'s self, stays: &'s Stays, age: i64) -> impl Iterator<Item = usize> + 's {
        let there = move |stay: &Stay| stay.is_some_and(|(from, to)| from <= age && age < to);
        let places = self.world.places.iter().zip(stays);
        places
            .filter(move |(_, stay)| there(stay))
            .map(|(place, _)| place.host)
    }

    /// When each place's step would bring something.
    pub fn attempts(&self, values: &[i64], there_is: &There) -> [i64; MOST_PLACES] {
        let mut out = [0; MOST_PLACES];
        for (at, place) in self.world.places.iter().enumerate() {
            if let Some((source, ..)) = place.made {
                let there = out.get(source).copied().unwrap_or(0);
                if let Some(slot) = out.get_mut(at) {
                    *slot = self.attempt(values, at, there, there_is.fed(at).0);
                }
            }
        }
        out
    }

    /// Whether faults at some moment leave nothing at some age until somebody has acted.
    pub fn lost(
        &self,
        values: &[i64],
        attempts: &[i64; MOST_PLACES],
        (after, there_is): (&After, &There),
        asked: &Asked,
        to_do: &mut ToDo,
    ) -> bool {
        let from = asked.struck;
        let window = self.world.response * self.parts;
        // The faults stop nothing but the steps that are fed no longer: between two runs of theirs it is
        // all one when they strike.
        let mut starts = [from; MOST_PLACES];
        for ((start, attempt), fed) in starts.iter_mut().zip(attempts).zip(&after.fed) {
            if !fed && *attempt > from {
                *start = *attempt;
            }
        }
        starts.sort_unstable();
        starts.iter().enumerate().any(|(index, start)| {
            let end = starts.get(index + 1).copied().unwrap_or(NEVER);
            // Some moment of [start, end) lies up to the window before some age of a gap.
            *start < end && {
                let stays = self.stays(values, (after, there_is), *start, to_do);
                self.gaps(&stays, after, asked.ages)
                    .any(|(gap, till)| gap < end.saturating_add(window) && *start < till)
            }
        })
    }

    /// When nothing usable is there, between two ages.
    fn gaps(
        &self,
        stays: &Stays,
        after: &After,
        (from, to): (i64, i64),
    ) -> impl Iterator<Item = (i64, i64)> + use<> {
        let mut usable = [(NEVER, NEVER); MOST_PLACES];
        for ((slot, stay), alive) in usable.iter_mut().zip(stays).zip(&after.alive) {
            if let Some(stay) = stay.filter(|_| *alive) {
                *slot = stay;
            }
        }
        usable.sort_unstable();
        let mut covered = from;
        let gaps = usable.into_iter().chain([(NEVER, NEVER)]);
        gaps.filter_map(move |(start, end)| {
            let gap = (covered, start.min(to + 1));
            covered = covered.max(end);
            (gap.0 < gap.1 && gap.0 <= to).then_some(gap)
        })
    }
}

/// The ages between two at which something changes, and the first.
fn moments(stays: &Stays, from: i64, to: i64) -> impl Iterator<Item = i64> {
    let changes = stays.iter().flatten().flat_map(|(a, b)| [*a, *b]);
    let inside = changes.filter(move |age| from <= *age && *age <= to);
    let first = (from <= to).then_some(from);
    first.into_iter().chain(inside)
}

fn value(values: &[i64], place: usize, which: usize) -> i64 {
    values.get(place * 4 + which).copied().unwrap_or(0)
}
