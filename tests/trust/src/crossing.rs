//! Every run of a small world that crosses the beginning of a phase.
//!
//! One more value is open: how old the item is when the phase begins. What it meets before is there until then,
//! what is new from then on, each as long as the numbers of the world say; what a step has brought stays where
//! it is when the step ends, and goes with its host.
//!
//! Asked is what a phase must keep to: what was asked for in the phase before as well, and was there for long enough,
//! is there from the change on for all that was old enough by then; what is asked for is there for all
//! as long after the change as it takes for what is new.

use std::collections::BTreeSet;

use crate::runs::{After, Asked, Grid, NEVER, There, ToDo, Tried, after, try_all};
use crate::world::{Life, Lives, MOST_PLACES, World, lives as in_force};

/// A phase of a world, and what there has been of it by then.
struct Phase<'w> {
    lives: &'w Lives,
    whole: &'w World,
    phase: usize,
    /// What there has been, and which place of the whole each of its places is.
    begun: World,
    places: Vec<usize>,
    /// What there is, and was in the phase before.
    now: World,
    before: World,
}

/// What is asked in the phase, and what of it held in the phase before.
struct Question {
    after: After,
    /// From which age on, in days.
    from: i64,
    /// The same of what must be there at every moment, if it was asked for and held.
    old: Option<i64>,
}

/// How many runs there are that cross into a phase.
#[must_use]
pub fn count(world: &World, lives: &Lives, phase: usize) -> u64 {
    let phase = Phase::new(world, lives, phase);
    phase.map_or(0, |phase| phase.grid().runs())
}

/// Tries every run that crosses into a phase; `None` for the first one. What already fails in the phase by
/// itself is not asked.
#[must_use]
pub fn try_crossing(world: &World, lives: &Lives, phase: usize, alone: Tried) -> Option<Tried> {
    let phase = Phase::new(world, lives, phase)?;
    let before = try_all(&phase.before);
    let grid = phase.grid();
    let faults = phase.faults();
    let healthy = After::nothing(&phase.begun);
    let asked_before = in_force(lives.copies, phase.phase - 1);
    let copies = Question {
        after: After::nothing(&phase.begun),
        from: world.within,
        old: (asked_before && before.copies && phase.was_settled(lives.copies.0, world.within))
            .then_some(world.within),
    };
    let mut out = Tried { runs: 0, ..alone };
    let mut to_do = ToDo::new();
    let mut values = grid.first();
    let kept = world.kept * grid.parts;
    loop {
        out.runs += 1;
        let change = values.last().copied().unwrap_or(0);
        let there = phase.there(change, grid.parts);
        if out.copies || out.last_copy {
            let stays = grid.stays(&values, (&healthy, &there), NEVER, &mut to_do);
            let too_few = |asked: &Asked| grid.too_few(&stays, world.copies, asked.ages);
            out.copies = out.copies && !copies.sides(&grid, change).iter().any(too_few);
            let gone = before.last_copy && grid.too_few_places(&stays, (change, kept));
            out.last_copy = out.last_copy && !gone;
        }
        if out.survival {
            let attempts = grid.attempts(&values, &there);
            out.survival = !faults.iter().any(|question| {
                let sides = question.sides(&grid, change);
                let after = (&question.after, &there);
                let mut lost = |asked| grid.lost(&values, &attempts, after, asked, &mut to_do);
                sides.iter().any(&mut lost)
            });
        }
        if !(out.copies || out.survival || out.last_copy) || !grid.next(&mut values) {
            return Some(out);
        }
    }
}

impl Question {
    /// What is asked where the item has some age when the phase begins.
    fn sides(&self, grid: &Grid<'_>, change: i64) -> Vec<Asked> {
        let until = |from: i64| (grid.world.kept * grid.parts).max(from * grid.parts);
        let settled = change + self.from * grid.parts;
        let all = Asked {
            struck: settled,
            ages: (settled, until(self.from)),
        };
        let old = self.old.map(|old| old.max(self.from));
        let old = old.filter(|from| from * grid.parts <= change);
        let old = old.map(|from| Asked {
            struck: change,
            ages: (change, until(from)),
        });
        old.into_iter().chain([all]).collect()
    }
}

impl<'w> Phase<'w> {
    fn new(whole: &'w World, lives: &'w Lives, phase: usize) -> Option<Self> {
        let before = phase.checked_sub(1)?;
        let begun = |at: usize| lives.places.get(at).is_some_and(|(from, _)| *from <= phase);
        let mut places: Vec<usize> = Vec::new();
        let mut world = World {
            places: Vec::new(),
            ..whole.clone()
        };
        for (at, place) in whole.places.iter().enumerate().filter(|(at, _)| begun(*at)) {
            let made = match place.made {
                None => None,
                Some((source, verb, every)) => {
                    let Some(source) = places.iter().position(|of| *of == source) else {
                        continue;
                    };
                    Some((source, verb, every))
                }
            };
            let deletes = lives
                .expiries
                .get(at)
                .is_some_and(|(from, _)| *from <= phase);
            places.push(at);
            world.places.push(crate::world::Place {
                made,
                expiry: place.expiry.filter(|_| deletes),
                ..*place
            });
        }
        Some(Self {
            lives,
            whole,
            phase,
            begun: world,
            places,
            now: lives.during(whole, phase),
            before: lives.during(whole, before),
        })
    }

    /// All runs; the last value is the age when the phase begins.
    fn grid(&self) -> Grid<'_> {
        let since = self.lives.day(self.phase) - self.lives.day(0);
        let most = self.whole.kept.max(self.whole.within);
        Grid::new(&self.begun, Some((0, since.min(most))))
    }

    /// What is there when, of an item that has some age when the phase begins.
    fn there(&self, change: i64, parts: i64) -> There {
        let age = |phase: usize| {
            let days = self.lives.day(self.phase) - self.lives.day(phase);
            change - days * parts
        };
        let ages = |(from, until): Life| {
            let from = if from == 0 { 0 } else { age(from) };
            let until = until.filter(|until| *until <= self.phase);
            (from, until.map_or(NEVER, age))
        };
        let mut out = There::ALWAYS;
        for (slot, at) in (0..MOST_PLACES).zip(&self.places) {
            let of = |all: &[Life]| all.get(*at).map_or((0, NEVER), |life| ages(*life));
            let host = self.whole.places.get(*at).map_or(0, |place| place.host);
            let (_, gone) = ages(self.lives.host(self.whole, host));
            if let Some(fed) = out.fed.get_mut(slot) {
                *fed = of(&self.lives.places);
            }
            if let Some(expiry) = out.expiry.get_mut(slot) {
                *expiry = of(&self.lives.expiries);
            }
            if let Some(place) = out.gone.get_mut(slot) {
                *place = gone;
            }
        }
        out
    }

    /// The loss of each host, and that of the class's own one through something that a deletion spares.
    fn faults(&self) -> Vec<Question> {
        let home = self.now.places.first().map_or(0, |place| place.host);
        let hosts = self.now.hosts().into_iter().map(|host| (host, false));
        let all = hosts.chain([(home, true)]);
        all.map(|(host, spared)| {
            let from = after(&self.now, host, spared).from;
            let old = self.left_before(host, spared);
            Question {
                after: after(&self.begun, host, spared),
                from,
                old: old.filter(|old| self.was_settled(0, from.max(*old))),
            }
        })
        .collect()
    }

    /// The phases with which anything changes of what there has been.
    fn changes(&self) -> BTreeSet<usize> {
        let mut out = BTreeSet::new();
        let mut add = |(from, until): Life| out.extend([Some(from), until].into_iter().flatten());
        for (at, place) in self.places.iter().zip(&self.begun.places) {
            if let Some(life) = self.lives.places.get(*at) {
                add(*life);
            }
            if let Some(life) = self
                .lives
                .expiries
                .get(*at)
                .filter(|_| place.expiry.is_some())
            {
                add(*life);
            }
            let (_, gone) = self.lives.host(self.whole, place.host);
            add((0, gone));
        }
        out.retain(|phase| 0 < *phase && *phase <= self.phase);
        out
    }

    /// Whether something changes with the phase, and what was asked for since another phase had been so for
    /// these days by then, with no change in between.
    fn was_settled(&self, asked: usize, within: i64) -> bool {
        let changes = self.changes();
        let last = changes.range(..self.phase).next_back().copied();
        let since = last.unwrap_or(0).max(asked);
        let lasted = self.lives.day(self.phase) - self.lives.day(since);
        changes.contains(&self.phase) && within <= lasted
    }

    /// From which age on a fault left something in the phase before, if it always did.
    fn left_before(&self, host: usize, spared: bool) -> Option<i64> {
        let after = after(&self.before, host, spared);
        if !after.alive.contains(&true) {
            return None;
        }
        let grid = Grid::new(&self.before, None);
        let (mut values, mut to_do) = (grid.first(), ToDo::new());
        let there = &There::ALWAYS;
        loop {
            let attempts = grid.attempts(&values, there);
            let asked = grid.asked(&after);
            if grid.lost(&values, &attempts, (&after, there), &asked, &mut to_do) {
                return None;
            }
            if !grid.next(&mut values) {
                return Some(after.from);
            }
        }
    }
}
