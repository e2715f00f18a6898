//! What is promised of amounts and times, played: it stands.

use thrice_trust::bounds::{bounds, policy};
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

#[test]
fn bounds_of_random_policies_stand() {
    let seed = option("THRICE_SEED", 1);
    let numbers = 0..option("THRICE_RANDOM_POLICIES", 40);
    let all = numbers.map(|case| {
        let texts = policy(&mut random(seed, case));
        (format!("case {case}"), texts)
    });
    println!("{}", bears_out(all, 10));
}
