//! What is promised of amounts and times, played: it stands.

use std::collections::BTreeMap;

use thrice_trust::bounds::{bounds, policy};
use thrice_trust::mutate::mutants;
use thrice_trust::policy::Texts;
use thrice_trust::stands::Tally;
use thrice_trust::{no_mismatch, option, random};

fn bears_out(all: impl Iterator<Item = (String, Texts)>, cases: u32) -> Tally {
    let seed = option("THRICE_SEED", 1);
    let tallies = (0..).zip(all).map(|(case, (name, texts))| {
        // What is drawn for the policy itself is drawn by its number alone.
        bounds(&texts, &name, cases, &mut random(seed + 1, case))
    });
    let tally = tallies.fold(Tally::default(), Tally::and);
    no_mismatch(&tally.mismatches, tally.policies);
    tally
}

/// So many cases at least of each kind were played, and of each verdicts held and did not.
fn at_least(played: &BTreeMap<&'static str, u64>, least: [u64; 4]) {
    let kinds = [
        ("capacity", "capacity holds", "capacity refused"),
        (
            "recovery-time",
            "recovery-time holds",
            "recovery-time refused",
        ),
        ("erasure", "erasure holds", "erasure refused"),
        ("cost", "cost holds", "cost refused"),
    ];
    for ((kind, holds, refused), least) in kinds.into_iter().zip(least) {
        assert!(played.get(kind) >= Some(&least), "{kind}: {played:?}");
        assert!(played.contains_key(holds), "{holds}: {played:?}");
        // There is one budget a policy.
        let some = kind == "cost" || played.contains_key(refused);
        assert!(some, "{refused}: {played:?}");
    }
}

#[test]
fn bounds_of_random_policies_stand() {
    let seed = option("THRICE_SEED", 1);
    let numbers = 0..option("THRICE_RANDOM_POLICIES", 8);
    let all = numbers.map(|case| {
        let texts = policy(&mut random(seed, case));
        (format!("case {case}"), texts)
    });
    at_least(&bears_out(all, 3).played, [12, 8, 6, 6]);
}

#[test]
fn bounds_of_mutants_of_real_policies_stand() {
    let mutated = [Texts::vpai("hardened"), Texts::asked()].map(|texts| {
        let some = mutants(&texts).into_iter().skip(29).step_by(421);
        let some = some.map(|mutant| (mutant.what, mutant.texts));
        some.chain([("unchanged".to_owned(), texts)])
            .collect::<Vec<_>>()
    });
    let all = mutated.into_iter().flatten();
    at_least(&bears_out(all, 3).played, [4, 2, 2, 2]);
}
