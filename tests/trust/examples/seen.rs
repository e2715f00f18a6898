//! What is promised of who sees what, of keys, alarms and the time table, played: `cargo run -p thrice-trust --example seen`, with
//! `THRICE_CASES=20` cases a policy, `THRICE_EVERY=10` for each tenth mutant, `THRICE_SEED`, and
//! `THRICE_RANDOM_POLICIES=1000` for random ones instead; arguments are files of other policies.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]
#![expect(clippy::disallowed_methods, reason = "a command that reads files")]

use rayon::prelude::*;
use thrice_trust::mutate::mutants;
use thrice_trust::policy::Texts;
use thrice_trust::seen::{Tally, policy, seen};
use thrice_trust::{option, random};

fn main() -> std::io::Result<()> {
    let seed = option("THRICE_SEED", 2026);
    let cases = u32::try_from(option("THRICE_CASES", 20)).unwrap_or(20);
    let every = usize::try_from(option("THRICE_EVERY", 1))
        .unwrap_or(1)
        .max(1);
    let mut all: Vec<(String, Texts)> = Vec::new();
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file)?;
        all.push((file, Texts::one(&text)));
    }
    for case in 0..option("THRICE_RANDOM_POLICIES", 0) {
        all.push((format!("random {case}"), policy(&mut random(seed, case))));
    }
    if all.is_empty() {
        for texts in [Texts::vpai("hardened"), Texts::asked()] {
            let mutated = mutants(&texts).into_iter().step_by(every);
            all.extend(mutated.map(|mutant| (mutant.what, mutant.texts)));
            all.push(("unchanged".to_owned(), texts));
        }
    }
    let numbered: Vec<_> = (0..).zip(&all).collect();
    let tallies = numbered.par_iter().map(|(case, (name, texts))| {
        let tally = seen(texts, name, cases, &mut random(seed, *case));
        for wrong in &tally.mismatches {
            println!("{wrong}\n");
        }
        tally
    });
    println!("{}", tallies.reduce(Tally::default, Tally::and));
    Ok(())
}
