//! Small worlds in which a phase can be so late that the next one comes before it.
//!
//! On such a calendar the phases are others, in the order in which they come: what is there in each of them follows from the
//! days alone. Each calendar is tried as if its days were those of the policy.

use std::collections::BTreeSet;

use rand::RngExt as _;

use crate::Random;
use crate::crossing::try_crossing;
use crate::runs::{Fails, try_all};
use crate::world::{Life, Lives, World, lives as in_force};

/// Hosts that worlds have.
const HOSTS: usize = 4;
/// Something that never is.
const NEVER: Life = (usize::MAX, None);

/// Lets phases be so late that others come first: of two or three the one before the last, of four each of the middle ones
/// by itself, or both.
#[must_use]
pub fn may_overtake(mut lives: Lives, random: &mut Random) -> Lives {
    let count = lives.days.len();
    let first = if count > 3 {
        1
    } else {
        count.saturating_sub(2).max(1)
    };
    let slips = (0..count).map(|phase| match phase {
        0 => 0,
        // Past one of those after it.
        phase if (first..count - 1).contains(&phase) && random.random_bool(0.8) => {
            let past = random.random_range(phase + 1..count);
            lives.day(past) - lives.day(phase) + random.random_range(1..=2)
        }
        _ => i64::from(random.random_bool(0.3)),
    });
    lives.slips = slips.collect();
    // Hosts that are always there leave it to the steps and to what is asked for whether anything differs.
    lives.hosts = random.random_bool(0.5).then(|| vec![(0, None); HOSTS]);
    lives
}

/// All calendars on which some phase comes before an earlier one: the days on which phases come.
fn calendars(lives: &Lives) -> Vec<Vec<i64>> {
    let mut all: Vec<Vec<i64>> = vec![Vec::new()];
    for (day, slip) in lives.days.iter().zip(&lives.slips) {
        let one_more = |begun: &Vec<i64>| {
            let begun = begun.clone();
            (*day..=day + slip).map(move |day| [begun.as_slice(), &[day]].concat())
        };
        all = all.iter().flat_map(one_more).collect();
    }
    all.retain(|days| !days.is_sorted());
    all
}

/// The same things if phases come on such days, in the order in which they come.
fn on(lives: &Lives, world: &World, days: &[i64]) -> Lives {
    let mut order: Vec<usize> = (0..days.len()).collect();
    order.sort_by_key(|phase| days.get(*phase).copied());
    let place = |phase: usize| order.iter().position(|of| *of == phase).unwrap_or(phase);
    let moved = |(from, until): Life| (place(from), until.map(place));
    let hosts: Vec<Life> = (0..HOSTS)
        .map(|host| moved(lives.host(world, host)))
        .collect();
    let host = |at: usize| {
        let place = world.places.get(at);
        place.and_then(|place| hosts.get(place.host)).copied()
    };
    // What sits on a host is there no longer than that.
    let within = |life: Life, on: Option<Life>| {
        let (from, until) = on.unwrap_or((0, None));
        let until = [life.1, until].into_iter().flatten().min();
        (life.0.max(from), until)
    };
    let never = |life: Life| match life {
        (from, Some(until)) if until <= from => NEVER,
        life => life,
    };
    let places = world.places.iter().zip(&lives.places).enumerate();
    let places = places.map(|(at, (place, life))| {
        let source = place.made.and_then(|(source, ..)| host(source));
        never(within(within(moved(*life), host(at)), source))
    });
    let places = places.collect();
    let expiries = lives.expiries.iter().enumerate();
    let expiries = expiries.map(|(at, life)| never(within(moved(*life), host(at))));
    let expiries = expiries.collect();
    let hosts = Some(hosts.iter().copied().map(never).collect());
    let first = days.iter().copied().min().unwrap_or(0);
    let mut days: Vec<i64> = days.iter().map(|day| day - first).collect();
    days.sort_unstable();
    Lives {
        slips: vec![0; days.len()],
        days,
        places,
        expiries,
        copies: never(moved(lives.copies)),
        hosts,
    }
}

/// What fails on any calendar on which phases come in another order, and how many runs were tried.
#[must_use]
pub fn try_out_of_order(world: &World, lives: &Lives) -> (Fails, u64) {
    let mut fails = [false; 3];
    let mut runs = 0;
    let all: BTreeSet<Vec<i64>> = calendars(lives).into_iter().collect();
    for days in all {
        let lives = on(lives, world, &days);
        for phase in 0..lives.days.len() {
            let alone = try_all(&lives.during(world, phase));
            let crossed = try_crossing(world, &lives, phase, alone);
            let tried = crossed.map_or(alone, |crossed| crossed.on_time);
            runs += alone.runs + tried.runs;
            let here = tried.fails(in_force(lives.copies, phase));
            for (fails, here) in fails.iter_mut().zip(here) {
                *fails |= here;
            }
        }
    }
    (fails, runs)
}
