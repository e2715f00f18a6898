//! The mutation score of the hardened policy: `cargo run -p thrice-trust --example mutate`, with
//! `THRICE_EVERY=10` for each tenth mutant.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]

use thrice_trust::mutate::{Picture, Score, fate, mutants};
use thrice_trust::option;
use thrice_trust::policy::{Texts, judge};

fn main() {
    let texts = Texts::vpai("hardened");
    let before = Picture::of(&judge(&texts));
    let every = usize::try_from(option("THRICE_EVERY", 1))
        .unwrap_or(1)
        .max(1);
    let all = mutants(&texts);
    println!("{} mutants, each {every}th tried", all.len());
    let mut score = Score::default();
    for mutant in all.iter().step_by(every) {
        let (fate, by) = fate(&before, mutant);
        score.add(mutant, fate, &by);
    }
    println!("{score}");
}
