//! What hostile hands leave, by the verifier's rules and played on the simulator: the same copies.

use thrice_trust::{hostile::compare, option};

#[test]
fn hostile_hands_leave_what_the_rules_say() {
    let policies = option("THRICE_RANDOM_POLICIES", 40);
    let tally = compare(option("THRICE_SEED", 1), policies);
    assert!(
        tally.mismatches.is_empty(),
        "{} of {policies}:\n{}",
        tally.mismatches.len(),
        tally.mismatches.join("\n")
    );
    assert!(tally.left > policies && tally.gone > policies, "{tally:?}");
}
