//! What is promised of amounts and times, played: `cargo run -p thrice-trust --example bounds` plays the mutants of two
//! policies, with `THRICE_CASES=10` cases of each obligation a policy, `THRICE_EVERY=10` for each tenth mutant, `THRICE_SEED`, and
//! `THRICE_RANDOM_POLICIES=1000` for random ones instead, from number `THRICE_FIRST` on.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]

use rayon::prelude::*;
use thrice_trust::bounds::{bounds, policy};
use thrice_trust::mutate::mutants;
use thrice_trust::policy::Texts;
use thrice_trust::stands::Tally;
use thrice_trust::{option, random};

fn main() {
    let seed = option("THRICE_SEED", 2026);
    let cases = u32::try_from(option("THRICE_CASES", 10)).unwrap_or(10);
    let every = usize::try_from(option("THRICE_EVERY", 1))
        .unwrap_or(1)
        .max(1);
    let (first, count) = (
        option("THRICE_FIRST", 0),
        option("THRICE_RANDOM_POLICIES", 0),
    );
    let mut all: Vec<(u64, String, Texts)> = Vec::new();
    for case in first..first + count {
        let texts = policy(&mut random(seed, case));
        all.push((case, format!("case {case}"), texts));
    }
    if all.is_empty() {
        let both = [Texts::vpai("hardened"), Texts::asked()]
            .into_iter()
            .flat_map(|texts| {
                let mutated = mutants(&texts).into_iter().step_by(every);
                let mutated = mutated.map(|mutant| (mutant.what, mutant.texts));
                mutated
                    .chain([("unchanged".to_owned(), texts)])
                    .collect::<Vec<_>>()
            });
        all.extend(
            (0..)
                .zip(both)
                .map(|(case, (name, texts))| (case, name, texts)),
        );
    }
    let tallies = all.par_iter().map(|(case, name, texts)| {
        let tally = bounds(texts, name, cases, &mut random(seed + 1, *case));
        for wrong in &tally.mismatches {
            println!("{wrong}\n");
        }
        tally
    });
    println!("{}", tallies.reduce(Tally::default, Tally::and));
}
