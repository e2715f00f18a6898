//! What is proved, played at random moments: it stands.

use thrice_trust::mutate::mutants;
use thrice_trust::policy::Texts;
use thrice_trust::stands::{Tally, policy, stands};
use thrice_trust::{no_mismatch, option, random};

fn bears_out(all: impl Iterator<Item = (String, Texts)>, cases: u32) -> Tally {
    let seed = option("THRICE_SEED", 1);
    let tallies = (0..).zip(all).map(|(case, (name, texts))| {
        // What is drawn for the policy itself is drawn by its number alone.
        stands(&texts, &name, cases, &mut random(seed + 1, case))
    });
    let tally = tallies.fold(Tally::default(), Tally::and);
    no_mismatch(&tally.mismatches, tally.policies);
    tally
}

#[test]
fn promises_of_random_policies_stand() {
    let seed = option("THRICE_SEED", 1);
    let numbers = 0..option("THRICE_RANDOM_POLICIES", 60);
    let all = numbers.map(|case| {
        let texts = policy(&mut random(seed, case));
        (format!("case {case}"), texts)
    });
    let played = bears_out(all, 15).played;
    for (promise, least) in [("survival", 200), ("recovery point", 50), ("deletion", 10)] {
        assert!(played.get(promise) >= Some(&least), "{played:?}");
    }
}

#[test]
fn promises_of_real_policies_and_of_mutants_stand() {
    let mutated = [Texts::vpai("hardened"), Texts::asked()].map(|texts| {
        let some = mutants(&texts).into_iter().skip(17).step_by(61);
        let some = some.map(|mutant| (mutant.what, mutant.texts));
        some.chain([("unchanged".to_owned(), texts)])
            .collect::<Vec<_>>()
    });
    let played = bears_out(mutated.into_iter().flatten(), 15).played;
    for (promise, least) in [("survival", 50), ("recovery point", 20), ("deletion", 20)] {
        assert!(played.get(promise) >= Some(&least), "{played:?}");
    }
}
