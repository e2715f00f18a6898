//! Every run of a small world that crosses the beginning of a phase.
//!
//! One more value is open: how old the item is when the phase begins. What it meets before is there until then,
//! what is new from then on, each as long as the numbers of the world say; what a step has brought stays where
//! it is when the step ends, and goes with its host.
//!
//! Asked is what a phase must keep to: what was asked for in the phase before as well, and was there for long enough,
//! is there from the change on for all that was old enough by then; what is asked for is there for all
//! as long after the change as it takes for what is new. Where the phase before is over sooner than that, what was
//! asked for and had been there for long when it began must be there still.
//!
//! Each phase may be late by whole days, and none comes before the one before it: all such calendars are tried.
//! Between two whole days of lateness nothing is to be found that a grid of days for what begins and ends has not.

use std::collections::BTreeSet;

use crate::runs::{After, Asked, Grid, NEVER, There, ToDo, Tried, after, try_all};
use crate::world::{Life, Lives, MOST_PLACES, World, lives as in_force};

/// A phase of a world, and what there has been of it by then.
struct Phase<'w> {
    lives: &'w Lives,
    whole: &'w World,
    phase: usize,
    /// The day on which each phase begins, late or not.
    days: Vec<i64>,
    /// What there has been, and which place of the whole each of its places is.
    begun: World,
    places: Vec<usize>,
    /// What there is, and was in each phase before.
    now: World,
    before: Vec<World>,
}

/// What is asked in the phase, and what of it held in those before.
struct Question {
    after: After,
    /// From which age on, in days.
    from: i64,
    /// Since which phase it is asked for.
    asked: usize,
    /// From which age on it held in each of the phases before in the long run, if it was asked for and did.
    held: Vec<Option<i64>>,
}

/// What must be there from the beginning of the phase on.
struct Old {
    /// With which phase it had been there for long, and how old it was then.
    change: usize,
    from: i64,
    /// Up to which age it must be there, in days.
    until: i64,
    /// Since which phase it had been asked for, and there has been what there is.
    since: usize,
}

/// What came out of what crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// If all phases begin on their days.
    pub on_time: Tried,
    /// However late they are.
    pub if_late: Tried,
}

/// About how many runs there are that cross into a phase: as many as if all phases begin on their days, on each of the
/// calendars.
#[must_use]
pub fn count(world: &World, lives: &Lives, phase: usize) -> u64 {
    let on_time = Phase::new(world, lives, phase, &lives.days);
    let runs = on_time.map_or(0, |phase| phase.grid().runs());
    let calendars = calendars(lives, phase).len();
    runs.saturating_mul(u64::try_from(calendars).unwrap_or(u64::MAX))
}

/// Tries every run that crosses into a phase, however late phases are; `None` for the first one. What already
/// fails in the phase by itself is not asked, nor is with lateness what fails without.
#[must_use]
pub fn try_crossing(world: &World, lives: &Lives, phase: usize, alone: Tried) -> Option<Crossed> {
    let nobody_late = Phase::new(world, lives, phase, &lives.days)?;
    let questions = nobody_late.questions();
    let on_time = nobody_late.tried(&questions, Tried { runs: 0, ..alone });
    let mut if_late = on_time;
    for days in calendars(lives, phase) {
        if !(if_late.copies || if_late.survival || if_late.last_copy) {
            break;
        }
        if let Some(phase) = Phase::new(world, lives, phase, &days) {
            if_late = phase.tried(&questions, if_late);
        }
    }
    Some(Crossed { on_time, if_late })
}

/// The days on which phases up to one can begin, counted from the first one: each as late as it may be, but none before
/// the one before it. One that has nothing to do with what is asked yet holds up those before it.
fn calendars(lives: &Lives, phase: usize) -> BTreeSet<Vec<i64>> {
    let mut all: Vec<Vec<i64>> = vec![Vec::new()];
    for (day, slip) in lives.days.iter().zip(&lives.slips) {
        let one_more = |before: &Vec<i64>| {
            let least = before.last().copied().unwrap_or(*day).max(*day);
            let begun = before.clone();
            (least..=day + slip).map(move |day| {
                let mut days = begun.clone();
                days.push(day);
                days
            })
        };
        all = all.iter().flat_map(one_more).collect();
    }
    let since_first = |days: Vec<i64>| {
        let first = days.first().copied().unwrap_or(0);
        let days = days.into_iter().take(phase + 1);
        days.map(|day| day - first).collect()
    };
    all.into_iter().map(since_first).collect()
}

impl Question {
    /// What is asked where the item has some age when the phase begins.
    fn sides(&self, phase: &Phase<'_>, parts: i64, change: i64) -> Vec<Asked> {
        let kept = phase.whole.kept;
        let settled = change + self.from * parts;
        let all = Asked {
            struck: settled,
            ages: (settled, kept.max(self.from) * parts),
        };
        let old = phase.old(self).into_iter().filter(|old| {
            let then = change - phase.between(old.change, phase.phase) * parts;
            old.from * parts <= then
        });
        // Faults may have struck before, if nobody has acted yet, and when it had been there for long.
        let unnoticed = change - phase.whole.response * parts;
        let old = old.map(|old| {
            let since = change - phase.between(old.since, phase.phase) * parts;
            Asked {
                struck: unnoticed.max(since.max(0) + old.from * parts),
                ages: (change, old.until * parts),
            }
        });
        old.chain([all]).collect()
    }
}

impl<'w> Phase<'w> {
    fn new(whole: &'w World, lives: &'w Lives, phase: usize, days: &[i64]) -> Option<Self> {
        phase.checked_sub(1)?;
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
            days: days.to_vec(),
            begun: world,
            places,
            now: lives.during(whole, phase),
            before: (0..phase).map(|phase| lives.during(whole, phase)).collect(),
        })
    }

    /// How many days lie between the beginnings of two phases.
    fn between(&self, one: usize, next: usize) -> i64 {
        let day = |phase: usize| self.days.get(phase).copied().unwrap_or(0);
        day(next) - day(one)
    }

    /// All runs; the last value is the age when the phase begins.
    fn grid(&self) -> Grid<'_> {
        let since = self.between(0, self.phase);
        let ends = self.places.iter().map(|at| {
            let until = self.lives.places.get(*at).and_then(|(_, until)| *until);
            until.is_some_and(|until| until <= self.phase)
        });
        let ends: Vec<bool> = ends.collect();
        Grid::across(&self.begun, &ends, Some((0, since.min(self.oldest()))))
    }

    /// The greatest age that is asked about.
    fn oldest(&self) -> i64 {
        let worlds = || self.before.iter().chain([&self.now]);
        let faults = self
            .lost()
            .flat_map(|(host, spared)| worlds().map(move |world| after(world, host, spared).from));
        let asked = faults.chain([self.whole.within, self.whole.kept]);
        asked.max().unwrap_or(0)
    }

    /// What can be lost: each host, and the class's own one while only what a deletion spares counts.
    fn lost(&self) -> impl Iterator<Item = (usize, bool)> + use<> {
        let home = self.now.places.first().map_or(0, |place| place.host);
        let hosts = self.now.hosts().into_iter().map(|host| (host, false));
        hosts.chain([(home, true)])
    }

    /// Tries every run as far as something is not known to fail.
    fn tried(&self, questions: &Questions, known: Tried) -> Tried {
        let mut out = known;
        let grid = self.grid();
        let healthy = After::nothing(&self.begun);
        let mut to_do = ToDo::new();
        let mut values = grid.first();
        let kept = self.whole.kept * grid.parts;
        loop {
            out.runs += 1;
            let change = values.last().copied().unwrap_or(0);
            let there = self.there(change, grid.parts);
            let sides = |question: &Question| question.sides(self, grid.parts, change);
            if out.copies || out.last_copy {
                let stays = grid.stays(&values, (&healthy, &there), NEVER, &mut to_do);
                let too_few = |asked: &Asked| grid.too_few(&stays, self.whole.copies, asked.ages);
                out.copies = out.copies && !sides(&questions.copies).iter().any(too_few);
                let gone = questions.last_copy && grid.too_few_places(&stays, (change, kept));
                out.last_copy = out.last_copy && !gone;
            }
            if out.survival {
                let attempts = grid.attempts(&values, &there);
                out.survival = !questions.faults.iter().any(|question| {
                    let after = (&question.after, &there);
                    let mut lost = |asked| grid.lost(&values, &attempts, after, asked, &mut to_do);
                    sides(question).iter().any(&mut lost)
                });
            }
            if !(out.copies || out.survival || out.last_copy) || !grid.next(&mut values) {
                return out;
            }
        }
    }

    /// What is there when, of an item that has some age when the phase begins.
    fn there(&self, change: i64, parts: i64) -> There {
        let age = |phase: usize| change - self.between(phase, self.phase) * parts;
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

    /// What is asked, whenever phases begin.
    fn questions(&self) -> Questions {
        let before: Vec<Tried> = self.before.iter().map(try_all).collect();
        let within = self.whole.within;
        let asked = |phase: usize| in_force(self.lives.copies, phase);
        let held = before.iter().enumerate();
        Questions {
            copies: Question {
                after: After::nothing(&self.begun),
                from: within,
                asked: self.lives.copies.0,
                held: held
                    .map(|(phase, tried)| (asked(phase) && tried.copies).then_some(within))
                    .collect(),
            },
            faults: self.faults(),
            last_copy: before.last().is_some_and(|before| before.last_copy),
        }
    }

    /// The loss of each host, and that of the class's own one through something that a deletion spares.
    fn faults(&self) -> Vec<Question> {
        let all = self.lost();
        all.map(|(host, spared)| {
            let held = self.before.iter();
            Question {
                after: after(&self.begun, host, spared),
                from: after(&self.now, host, spared).from,
                asked: 0,
                held: held.map(|world| left(world, host, spared)).collect(),
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

    /// What must be there from the beginning of the phase on: what had been there for long by some change, and by all
    /// those after it.
    fn old(&self, question: &Question) -> Vec<Old> {
        let changes = self.changes();
        let mut out = Vec::new();
        let mut last = changes.last().copied().filter(|last| *last == self.phase);
        let mut from = question.from;
        let mut until = None;
        while let Some(change) = last {
            let before = change.checked_sub(1);
            let Some(held) = before.and_then(|before| question.held.get(before).copied()?) else {
                break;
            };
            from = from.max(held);
            let until = *until.get_or_insert(from.max(self.whole.kept));
            last = changes.range(..change).next_back().copied();
            let since = last.unwrap_or(0).max(question.asked);
            if from <= self.between(since, change) {
                out.push(Old {
                    change,
                    from,
                    until,
                    since,
                });
            }
        }
        out
    }
}

/// All that is asked in a phase.
struct Questions {
    copies: Question,
    /// One for each fault.
    faults: Vec<Question>,
    /// Whether the last copy never went in the phase before.
    last_copy: bool,
}

/// From which age on a fault leaves something of a world, if it always does.
fn left(world: &World, host: usize, spared: bool) -> Option<i64> {
    let after = after(world, host, spared);
    if !after.alive.contains(&true) {
        return None;
    }
    let grid = Grid::new(world);
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
