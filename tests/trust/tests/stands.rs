//! What is proved, played at random moments: it stands.

use thrice_trust::series::{bears_out, drawn, mutated};
use thrice_trust::stands::{policy, stands};

#[test]
fn promises_of_random_policies_stand() {
    let played = bears_out(stands, drawn(policy, 60), 15).played;
    for (promise, least) in [("survival", 200), ("recovery point", 50), ("deletion", 10)] {
        assert!(played.get(promise) >= Some(&least), "{played:?}");
    }
}

#[test]
fn promises_of_real_policies_and_of_mutants_stand() {
    let played = bears_out(stands, mutated(17, 61), 15).played;
    for (promise, least) in [("survival", 50), ("recovery point", 20), ("deletion", 20)] {
        assert!(played.get(promise) >= Some(&least), "{played:?}");
    }
}
