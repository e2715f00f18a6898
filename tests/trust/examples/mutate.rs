//! The mutation score of the hardened policy: `cargo run -p thrice-trust --example mutate`, with
//! `THRICE_EVERY=10` for each tenth mutant, `THRICE_EACH=1` to see what became of each.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]

use thrice_trust::mutate::{Base, Score, mutants};
use thrice_trust::option;
use thrice_trust::policy::Texts;

fn main() {
    let texts = Texts::vpai("hardened");
    let base = Base::of(&texts);
    let every = usize::try_from(option("THRICE_EVERY", 1))
        .unwrap_or(1)
        .max(1);
    let each = option("THRICE_EACH", 0) > 0;
    let all = mutants(&texts);
    println!("{} mutants, each {every}th tried", all.len());
    let mut score = Score::default();
    for mutant in all.iter().step_by(every) {
        let shown = base.shown(mutant);
        if each {
            println!(
                "{:?} {:?} warns {:?} notes {:?} {}: {}",
                shown.fate, shown.kills, shown.warns, shown.notes, mutant.file, mutant.what
            );
        }
        score.add(mutant, &shown);
    }
    println!("{score}");
}
