//! What is promised of who sees what, of keys, alarms and the time table, played at random moments: it is so.

use std::collections::BTreeMap;

use thrice_trust::seen::{policy, seen};
use thrice_trust::series::{bears_out, drawn, mutated};

/// So many cases at least of each kind were played.
fn at_least(played: &BTreeMap<&'static str, u64>, kinds: &[(&str, u64)]) {
    for (kind, least) in kinds {
        assert!(played.get(kind) >= Some(least), "{kind}: {played:?}");
    }
}

#[test]
fn promises_of_random_policies_are_kept() {
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
    at_least(&bears_out(seen, drawn(policy, 100), 10).played, &least);
}

#[test]
fn promises_of_real_policies_and_of_mutants_are_kept() {
    let least = [
        ("flow to environments", 10),
        ("keys", 1),
        ("failing steps", 10),
        ("quiet", 100),
        ("calendars", 10),
    ];
    at_least(&bears_out(seen, mutated(31, 97), 5).played, &least);
}
