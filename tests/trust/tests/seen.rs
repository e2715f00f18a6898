//! What is promised of who sees what, of keys, alarms and the time table, played at random moments: it is so.

use thrice_trust::mutate::mutants;
use thrice_trust::policy::Texts;
use thrice_trust::seen::{Tally, policy, seen};
use thrice_trust::{no_mismatch, option, random};

fn bears_out(all: impl Iterator<Item = (String, Texts)>, cases: u32, least: &[(&str, u64)]) {
    let seed = option("THRICE_SEED", 1);
    let tallies = (0..).zip(all).map(|(case, (name, texts))| {
        // What is drawn for the policy itself is drawn by its number alone.
        seen(&texts, &name, cases, &mut random(seed + 1, case))
    });
    let tally = tallies.fold(Tally::default(), Tally::and);
    no_mismatch(&tally.mismatches, tally.policies);
    let played = tally.played;
    for (kind, least) in least {
        assert!(played.get(kind) >= Some(least), "{kind}: {played:?}");
    }
}

#[test]
fn promises_of_random_policies_are_kept() {
    let seed = option("THRICE_SEED", 1);
    let numbers = 0..option("THRICE_RANDOM_POLICIES", 100);
    let all = numbers.map(|case| {
        let texts = policy(&mut random(seed, case));
        (format!("case {case}"), texts)
    });
    let least = [
        ("flow to environments", 100),
        ("flow to hosts", 100),
        ("flow to stores", 100),
        ("flow to services", 50),
        ("flow by seeds", 5),
        ("flow, late", 20),
        ("flow refused", 200),
        ("copies seen", 100),
        ("keys", 50),
        ("circles of keys", 50),
        ("hosts with keys", 50),
        ("failing steps", 100),
        ("lost steps", 200),
        ("half sets", 2),
        ("neighbours", 2000),
        ("quiet", 5000),
        ("calendars", 500),
        ("late calendars", 10),
        ("meetings told of", 1000),
    ];
    bears_out(all, 10, &least);
}

#[test]
fn promises_of_real_policies_and_of_mutants_are_kept() {
    let mutated = [Texts::vpai("hardened"), Texts::asked()].map(|texts| {
        let some = mutants(&texts).into_iter().skip(31).step_by(97);
        let some = some.map(|mutant| (mutant.what, mutant.texts));
        some.chain([("unchanged".to_owned(), texts)])
            .collect::<Vec<_>>()
    });
    let least = [
        ("flow to environments", 10),
        ("keys", 1),
        ("failing steps", 10),
        ("quiet", 100),
        ("calendars", 10),
    ];
    bears_out(mutated.into_iter().flatten(), 5, &least);
}
