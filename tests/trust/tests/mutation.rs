//! A sample of the mutants of the hardened policy; `--example mutate` tries them all.

use thrice_trust::mutate::{Fate, Picture, Score, fate, mutants};
use thrice_trust::policy::{Texts, judge};

#[test]
fn mutants_of_the_real_policy_are_found_out() {
    let texts = Texts::vpai("hardened");
    let before = Picture::of(&judge(&texts));
    let all = mutants(&texts);
    assert!(all.len() > 300, "{}", all.len());
    let mut score = Score::default();
    for mutant in all.iter().step_by(29) {
        let (fate, by) = fate(&before, mutant);
        score.add(mutant, fate, &by);
    }
    let count = |fate| score.fates.get(&fate).copied().unwrap_or(0);
    let found = count(Fate::Flips) + count(Fate::Refused) + count(Fate::Unasked);
    let weak = count(Fate::Survives) + count(Fate::Values) + count(Fate::Reported);
    assert!(found >= weak, "{score}");
}
