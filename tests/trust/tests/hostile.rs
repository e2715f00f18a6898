//! What hostile hands leave, by the verifier's rules and played on the simulator: the same copies.

use thrice_trust::hostile::{compare, told};
use thrice_trust::{no_mismatch, option};

#[test]
fn hostile_hands_leave_what_the_rules_say() {
    let policies = option("THRICE_RANDOM_POLICIES", 40);
    let tally = compare(option("THRICE_SEED", 1), policies);
    no_mismatch(&tally.mismatches, policies);
    assert!(tally.left > policies && tally.gone > policies, "{tally:?}");
}

#[test]
fn what_is_told_of_hostile_hands_comes_about() {
    let policies = option("THRICE_RANDOM_POLICIES", 40);
    let told = told(option("THRICE_SEED", 1), policies);
    no_mismatch(&told.mismatches, policies);
    assert!(told.replayed as u64 > policies, "{told:?}");
    // Few have no course.
    assert!(told.replayed * 10 > told.told * 9, "{told:?}");
}
