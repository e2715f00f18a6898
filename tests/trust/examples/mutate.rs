//! The mutation score of two verified policies: `cargo run -p thrice-trust --example mutate`, with
//! `THRICE_EVERY=10` for each tenth mutant, `THRICE_EACH=1` to see what became of each, `THRICE_REPORT=1` to
//! see the findings of the policies themselves, `THRICE_POLICY=2` for the second alone.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]

use rayon::prelude::*;
use thrice_trust::mutate::{Base, Score, mutants};
use thrice_trust::option;
use thrice_trust::policy::{Texts, judge};

fn main() {
    let every = usize::try_from(option("THRICE_EVERY", 1))
        .unwrap_or(1)
        .max(1);
    let each = option("THRICE_EACH", 0) > 0;
    for (number, texts) in [Texts::vpai("hardened"), Texts::asked()]
        .into_iter()
        .enumerate()
    {
        // 1 or 2: that one alone.
        if ![0, number as u64 + 1].contains(&option("THRICE_POLICY", 0)) {
            continue;
        }
        let mut score = Score::default();
        if option("THRICE_REPORT", 0) > 0 {
            for found in judge(&texts).findings {
                println!("{:?} {} {}", found.severity, found.code.0, found.message);
            }
        }
        let base = Base::of(&texts);
        base.refused().for_each(|told| println!("{told}"));
        let all = mutants(&texts);
        let names: Vec<&str> = texts.roots.keys().map(String::as_str).collect();
        println!(
            "{}: {} mutants, each {every}th tried",
            names.join(", "),
            all.len()
        );
        let tried: Vec<_> = all.iter().step_by(every).collect();
        let shown: Vec<_> = tried.par_iter().map(|mutant| base.shown(mutant)).collect();
        for (mutant, shown) in tried.into_iter().zip(&shown) {
            if each {
                println!(
                    "{:?} {}: {}; {shown:?}",
                    shown.fate, mutant.file, mutant.what
                );
            }
            score.add(mutant, shown);
        }
        println!("\n{score}");
    }
}
