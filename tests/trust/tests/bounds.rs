//! What is promised of amounts and times, played: it stands.

use std::collections::BTreeMap;

use thrice_trust::bounds::{bounds, policy};
use thrice_trust::series::{bears_out, drawn, mutated};

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
    let played = bears_out(bounds, drawn(policy, 30), 3).played;
    at_least(&played, [12, 8, 6, 6]);
}

#[test]
fn bounds_of_mutants_of_real_policies_stand() {
    let played = bears_out(bounds, mutated(29, 421), 3).played;
    at_least(&played, [4, 2, 2, 2]);
}
