//! Mutants of the hardened policy that must be found out: each takes a promise away that an obligation
//! rests on. `--example mutate` tries all mutants there are and counts; its score is in `TRUST.md`.

use thrice_model::Obligation;
use thrice_trust::mutate::{Fate, Picture, fate, mutants};
use thrice_trust::policy::{Texts, judge};

/// What is taken away, and which obligation must show it.
const PROMISES: [(&str, Obligation); 5] = [
    ("without the clause `monitor deadman`", Obligation::Alarm),
    (
        "without the statement `sync reserve_backups",
        Obligation::Copies,
    ),
    (
        "without the statement `copy reserve_media",
        Obligation::Survival,
    ),
    ("without the statement `backup db_full", Obligation::Copies),
    (
        "without the statement `capture dump_redis",
        Obligation::Copies,
    ),
];

#[test]
fn promises_that_are_taken_away_are_missed() {
    let texts = Texts::vpai("hardened");
    let before = Picture::of(&judge(&texts));
    let all = mutants(&texts);
    assert!(all.len() > 300, "{}", all.len());
    for (what, obligation) in PROMISES {
        let mutant = all.iter().find(|mutant| mutant.what.starts_with(what));
        let mutant = mutant.unwrap_or_else(|| panic!("no mutant is {what}"));
        let (fate, by) = fate(&before, mutant);
        let shown = fate == Fate::Refused || (fate == Fate::Flips && by.contains(&obligation));
        assert!(shown, "{}: {fate:?} by {by:?}", mutant.what);
    }
}
