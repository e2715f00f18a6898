//! Every run of a small world, one by one.
//!
//! All bounds are whole days, and when things come and go is compared with nothing but each other and
//! the sums of those bounds. Such a system of differences has a solution exactly if it has one in
//! multiples of a day divided by one more than the number of open values: what counts is who comes before
//! whom, and within a day there are so many places for so many values. So all open values are tried on
//! that grid. When the faults strike and at what age one looks is not tried but worked out from the moments
//! at which something changes.

use crate::world::{Expiry, Place, Verb, World};

/// A set of runs on a grid: times are in so many parts of a day.
struct Grid<'w> {
    world: &'w World,
    parts: i64,
    /// Least and greatest of each open value, in order: for each place its delay, its deletion,
    /// how long after its source a mirror loses it, and from which age on it is moved there.
    bounds: Vec<(i64, i64)>,
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

/// When something is in a place, from and to; in parts of a day.
type Stay = Option<(i64, i64)>;

const NEVER: i64 = i64::MAX / 4;

/// What faults leave: which places are of use, and which are still filled.
struct After {
    alive: Vec<bool>,
    fed: Vec<bool>,
    /// The age from which something must be left, in days.
    from: i64,
}

/// How many runs a world has on its grid.
#[must_use]
pub fn count(world: &World) -> u64 {
    let grid = Grid::new(world);
    grid.bounds.iter().fold(1u64, |product, (low, high)| {
        product.saturating_mul(u64::try_from(high - low + 1).unwrap_or(1))
    })
}

/// Tries every run.
#[must_use]
pub fn try_all(world: &World) -> Tried {
    let grid = Grid::new(world);
    let faults = faults(world);
    let mut out = Tried {
        copies: true,
        survival: faults.iter().all(|after| after.alive.contains(&true)),
        last_copy: true,
        runs: 0,
    };
    let healthy = After {
        alive: vec![true; world.places.len()],
        fed: vec![true; world.places.len()],
        from: 0,
    };
    let mut values: Vec<i64> = grid.bounds.iter().map(|(low, _)| *low).collect();
    loop {
        out.runs += 1;
        let stays = grid.stays(&values, &healthy, NEVER);
        out.copies &= !grid.too_few(&stays, world.copies, world.within.min(world.kept));
        out.last_copy &= !grid.too_few_places(&stays);
        if out.survival {
            out.survival = faults.iter().all(|after| !grid.lost(&values, after));
        }
        if !(out.copies || out.survival || out.last_copy) || !grid.next(&mut values) {
            return out;
        }
    }
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

fn after(world: &World, lost: usize, spared: bool) -> After {
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
    After {
        alive,
        fed,
        from: from.min(world.kept),
    }
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
    fn new(world: &'w World) -> Self {
        let mut bounds = Vec::new();
        for place in &world.places {
            let every = place.made.map_or(0, |(_, _, every)| every);
            bounds.push((0, every));
            bounds.push(match place.expiry {
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
        }
    }

    /// The next values; whether there are any.
    fn next(&self, values: &mut [i64]) -> bool {
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
    fn attempt(&self, values: &[i64], at: usize, there: i64) -> i64 {
        let made = self.world.places.get(at).and_then(|place| place.made);
        let age = match made {
            Some((_, Verb::Move(_), _)) => value(values, at, 3),
            _ => 0,
        };
        there.max(age) + value(values, at, 0)
    }

    /// Moment by moment: what is earliest happens first, and of what happens at once, deletions first, then
    /// moves, then copies.
    fn stays(&self, values: &[i64], after: &After, struck: i64) -> Vec<Stay> {
        let places = &self.world.places;
        let mut stays: Vec<Stay> = vec![None; places.len()];
        let mut moved = vec![NEVER; places.len()];
        let mut deleted = vec![NEVER; places.len()];
        // (when, what, where): 0 deletes, 1 moves to, 2 copies to.
        let mut to_do: Vec<(i64, u8, usize)> = vec![(0, 2, 0)];
        while let Some(first) = to_do.iter().enumerate().min_by_key(|(_, e)| **e) {
            let (index, (now, what, at)) = (first.0, *first.1);
            to_do.swap_remove(index);
            let Some(place) = places.get(at) else {
                continue;
            };
            if what == 0 {
                if let (Some(Some(stay)), Some(gone)) = (stays.get_mut(at), deleted.get_mut(at))
                    && stay.1 == NEVER
                {
                    stay.1 = now;
                    *gone = now;
                    self.mirrored(values, at, now, &mut to_do);
                }
                continue;
            }
            if let Some((source, ..)) = place.made {
                let there = stays.get(source).copied().flatten();
                let gone = moved.get(source).copied().unwrap_or(NEVER);
                let finds = there.is_some_and(|(_, to)| to == NEVER || (to == now && gone == now));
                let fed = after.fed.get(at).copied().unwrap_or(false);
                if !finds || (!fed && now > struck) {
                    continue;
                }
                if what == 1 && there.is_some_and(|(_, to)| to == NEVER) {
                    if let (Some(Some(stay)), Some(moved)) =
                        (stays.get_mut(source), moved.get_mut(source))
                    {
                        stay.1 = now;
                        *moved = now;
                    }
                    self.mirrored(values, source, now, &mut to_do);
                }
            }
            if let Some(stay) = stays.get_mut(at) {
                *stay = Some((now, NEVER));
            }
            match place.expiry {
                None => {}
                Some(Expiry::AtAge(..)) => to_do.push((now.max(value(values, at, 1)), 0, at)),
                Some(Expiry::AfterUpload(_)) => to_do.push((now + value(values, at, 1), 0, at)),
            }
            for (reader, place) in places.iter().enumerate() {
                if let Some((source, verb, _)) = place.made
                    && source == at
                {
                    let what = if matches!(verb, Verb::Move(_)) { 1 } else { 2 };
                    to_do.push((self.attempt(values, reader, now), what, reader));
                }
            }
        }
        stays
    }

    /// What mirrors a place loses what the place has lost.
    fn mirrored(&self, values: &[i64], at: usize, now: i64, to_do: &mut Vec<(i64, u8, usize)>) {
        for (mirror, place) in self.world.places.iter().enumerate() {
            if matches!(place.made, Some((source, Verb::Sync, _)) if source == at) {
                to_do.push((now + value(values, mirror, 2), 0, mirror));
            }
        }
    }

    /// Whether at some age from `from` days on there are fewer than `need` hosts that have it.
    fn too_few(&self, stays: &[Stay], need: i64, from: i64) -> bool {
        let (from, to) = (from * self.parts, self.world.kept * self.parts);
        self.moments(stays, from, to).into_iter().any(|age| {
            let mut hosts: Vec<usize> = self.present(stays, age).collect();
            hosts.sort_unstable();
            hosts.dedup();
            i64::try_from(hosts.len()).unwrap_or(i64::MAX) < need
        })
    }

    fn too_few_places(&self, stays: &[Stay]) -> bool {
        let to = self.world.kept * self.parts;
        self.moments(stays, 0, to)
            .into_iter()
            .any(|age| self.present(stays, age).next().is_none())
    }

    fn present<'s>(&'s self, stays: &'s [Stay], age: i64) -> impl Iterator<Item = usize> + 's {
        let there = move |stay: &Stay| stay.is_some_and(|(from, to)| from <= age && age < to);
        let places = self.world.places.iter().zip(stays);
        places
            .filter(move |(_, stay)| there(stay))
            .map(|(place, _)| place.host)
    }

    /// The ages between two at which something changes, and the first.
    fn moments(&self, stays: &[Stay], from: i64, to: i64) -> Vec<i64> {
        let changes = stays.iter().flatten().flat_map(|(a, b)| [*a, *b]);
        let inside = changes.filter(|age| from <= *age && *age <= to);
        std::iter::once(from).chain(inside).collect()
    }

    /// Whether faults at some moment leave nothing at some age until somebody has acted.
    fn lost(&self, values: &[i64], after: &After) -> bool {
        let (from, to) = (after.from * self.parts, self.world.kept * self.parts);
        let window = self.world.response * self.parts;
        // The faults stop nothing but steps: between two runs it is all one when they strike.
        let mut attempts = vec![0; self.world.places.len()];
        for (at, place) in self.world.places.iter().enumerate() {
            if let Some((source, ..)) = place.made {
                let there = attempts.get(source).copied().unwrap_or(0);
                if let Some(slot) = attempts.get_mut(at) {
                    *slot = self.attempt(values, at, there);
                }
            }
        }
        let mut starts: Vec<i64> = attempts.into_iter().filter(|at| *at > from).collect();
        starts.push(from);
        starts.sort_unstable();
        starts.dedup();
        starts.iter().enumerate().any(|(index, start)| {
            let end = starts.get(index + 1).copied().unwrap_or(NEVER);
            let stays = self.stays(values, after, *start);
            let gaps = self.gaps(&stays, after, from, to);
            // Some moment of [start, end) lies up to the window before some age of the gap.
            gaps.into_iter()
                .any(|(gap, till)| gap < end.saturating_add(window) && *start < till)
        })
    }

    /// When nothing usable is there, between two ages.
    fn gaps(&self, stays: &[Stay], after: &After, from: i64, to: i64) -> Vec<(i64, i64)> {
        let mut usable: Vec<(i64, i64)> = stays
            .iter()
            .zip(&after.alive)
            .filter(|(_, alive)| **alive)
            .filter_map(|(stay, _)| *stay)
            .collect();
        usable.sort_unstable();
        let mut out = Vec::new();
        let mut covered = from;
        for (start, end) in usable {
            if start > covered {
                out.push((covered, start.min(to + 1)));
            }
            covered = covered.max(end);
        }
        out.push((covered, to + 1));
        out.retain(|(start, end)| start < end && *start <= to);
        out
    }
}

fn value(values: &[i64], place: usize, which: usize) -> i64 {
    values.get(place * 4 + which).copied().unwrap_or(0)
}
