//! A series of policies of each of which some cases are played: what the trials of promises have in common.

use rayon::prelude::*;

use crate::mutate::mutants;
use crate::policy::Texts;
use crate::stands::Tally;
use crate::{Random, no_mismatch, option, random};

/// Plays so many cases of a policy with a name.
pub type Play = fn(&Texts, &str, u32, &mut Random) -> Tally;

/// Draws a policy.
pub type Draw = fn(&mut Random) -> Texts;

/// A policy and what to call it.
pub type Named = (String, Texts);

/// Random policies: as many of a series as `THRICE_RANDOM_POLICIES` says, of that of `THRICE_SEED`.
pub fn drawn(draw: Draw, otherwise: u64) -> impl Iterator<Item = Named> {
    let seed = option("THRICE_SEED", 1);
    let numbers = 0..option("THRICE_RANDOM_POLICIES", otherwise);
    numbers.map(move |case| (format!("case {case}"), draw(&mut random(seed, case))))
}

/// Of two verified policies some mutants, from one on each so manieth, and they themselves.
pub fn mutated(first: usize, every: usize) -> impl Iterator<Item = Named> {
    let verified = [Texts::vpai("hardened"), Texts::asked()].into_iter();
    verified.flat_map(move |texts| {
        let some = mutants(&texts).into_iter().skip(first).step_by(every);
        let some = some.map(|mutant| (mutant.what, mutant.texts));
        some.chain([("unchanged".to_owned(), texts)])
            .collect::<Vec<_>>()
    })
}

/// Plays so many cases of each.
///
/// # Panics
/// If anything is not as it was said.
#[must_use]
pub fn bears_out(play: Play, all: impl Iterator<Item = Named>, cases: u32) -> Tally {
    let seed = option("THRICE_SEED", 1);
    let tallies = (0..).zip(all).map(|(case, (name, texts))| {
        // What is drawn for the policy itself is drawn by its number alone.
        play(&texts, &name, cases, &mut random(seed + 1, case))
    });
    let tally = tallies.fold(Tally::default(), Tally::and);
    no_mismatch(&tally.mismatches, tally.policies);
    tally
}

/// What a command plays: `THRICE_CASES` cases of each policy of the files that are its arguments, or of `THRICE_RANDOM_POLICIES` random ones
/// of the series of `THRICE_SEED`, from number `THRICE_FIRST` on, or of each (or `THRICE_EVERY`th) mutant of two verified policies and these. Cases
/// are drawn by the seed and `beside` it. Tells what is not as it was said as soon as it is found.
///
/// # Errors
/// If a file cannot be read.
#[expect(clippy::disallowed_methods, reason = "a command that reads files")]
pub fn by_hand(
    (play, draw): (Play, Draw),
    (cases, beside): (u32, u64),
    tell: impl Fn(&str) + Sync,
) -> std::io::Result<Tally> {
    let seed = option("THRICE_SEED", 2026);
    let cases = u32::try_from(option("THRICE_CASES", u64::from(cases))).unwrap_or(cases);
    let every = usize::try_from(option("THRICE_EVERY", 1)).unwrap_or(1);
    let first = option("THRICE_FIRST", 0);
    let mut all: Vec<Named> = Vec::new();
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file)?;
        all.push((file, Texts::one(&text)));
    }
    for case in first..first + option("THRICE_RANDOM_POLICIES", 0) {
        all.push((format!("random {case}"), draw(&mut random(seed, case))));
    }
    if all.is_empty() {
        all.extend(mutated(0, every.max(1)));
    }
    let numbered: Vec<_> = (first..).zip(&all).collect();
    let tallies = numbered.par_iter().map(|(case, (name, texts))| {
        let tally = play(texts, name, cases, &mut random(seed + beside, *case));
        for wrong in &tally.mismatches {
            tell(wrong);
        }
        tally
    });
    Ok(tallies.reduce(Tally::default, Tally::and))
}
