//! The newest version of a state where a rule deletes by age: it stays as long as others follow on it in time, and goes as
//! any other one when nobody makes them any more.

use std::iter::successors;

use crate::world::{Expiry, Verb, World};

/// That the newest version goes from a place after a step on the way there has ended. Times are in days.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    /// The place, and that of the step that ends.
    pub at: usize,
    pub step: usize,
    /// From the end to it being deleted: least and greatest.
    pub after: (i64, i64),
    /// From it entering to it being deleted, at least.
    pub stays: i64,
}

/// Whether a new version comes to a place before the one before it is old enough to be deleted.
pub(crate) fn made_anew(world: &World, at: usize) -> bool {
    let expiry = world.places.get(at).and_then(|place| place.expiry);
    let made = world
        .places
        .get(at)
        .is_some_and(|place| place.made.is_some());
    world.state && made && expiry.is_some_and(|expiry| apart(world, at) < least(expiry))
}

/// How the newest versions go, if the steps of some places end.
pub(crate) fn last(world: &World, ends: &[bool]) -> Vec<Last> {
    let mut out = Vec::new();
    let anew = (0..world.places.len()).filter(|at| made_anew(world, *at));
    for at in anew {
        let Some(expiry) = world.places.get(at).and_then(|place| place.expiry) else {
            continue;
        };
        // What the steps after it may take, each as slow as can be, until its last version has come.
        let mut late = 0;
        for step in way(world, at) {
            let (low, high) = match expiry {
                // By its age: how slow it came is all one.
                Expiry::AtAge(low, high) => (low, high),
                Expiry::AfterUpload(days) => (days, days + 2 + late),
            };
            if ends.get(step).copied().unwrap_or(false) {
                out.push(Last {
                    at,
                    step,
                    after: (low - apart(world, step), high),
                    stays: match expiry {
                        Expiry::AtAge(..) => 0,
                        Expiry::AfterUpload(days) => days,
                    },
                });
            }
            late += every(world, step) + waits(world, step).1;
        }
    }
    out
}

const fn least(expiry: Expiry) -> i64 {
    match expiry {
        Expiry::AtAge(low, _) | Expiry::AfterUpload(low) => low,
    }
}

/// The places whose steps bring something to a place, that one first.
fn way(world: &World, at: usize) -> impl Iterator<Item = usize> {
    let made = |at: usize| world.places.get(at).and_then(|place| place.made);
    successors(Some(at), move |at| made(*at).map(|(source, ..)| source))
        .filter(move |at| made(*at).is_some())
}

/// So much lies at worst between what comes to a place: each step on the way may just have run before there was
/// something new, and what waits for an age that is open lets one wait and not the other.
fn apart(world: &World, at: usize) -> i64 {
    let waits = |step: usize| {
        let (low, high) = waits(world, step);
        high - low
    };
    way(world, at)
        .map(|step| every(world, step) + waits(step))
        .sum()
}

fn every(world: &World, at: usize) -> i64 {
    let made = world.places.get(at).and_then(|place| place.made);
    made.map_or(0, |(_, _, every)| every)
}

/// The age that something must have to be brought to a place.
fn waits(world: &World, at: usize) -> (i64, i64) {
    match world.places.get(at).and_then(|place| place.made) {
        Some((source, Verb::Move(days), _)) if world.dated(source) => (days, days),
        Some((_, Verb::Move(days), _)) => (0, days),
        _ => (0, 0),
    }
}
