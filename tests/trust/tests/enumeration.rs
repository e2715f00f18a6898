//! Some hundreds of small random policies in CI; `THRICE_RANDOM_POLICIES=100000` for more of them.

use thrice_trust::compare::{
    Outcome, compare, compare_across_phases, compare_in_phases, compare_out_of_order,
    compare_states,
};
use thrice_trust::option;

#[test]
fn thrice_and_trying_every_run_agree() {
    let policies = option("THRICE_RANDOM_POLICIES", 400);
    check(&compare(option("THRICE_SEED", 1), policies), policies);
}

/// Hosts, steps, deletions and demands that come and go with phases: in each phase what is there counts, and
/// nothing else.
#[test]
fn thrice_and_trying_every_run_agree_in_every_phase() {
    let policies = option("THRICE_RANDOM_POLICIES", 300);
    let outcome = compare_in_phases(option("THRICE_SEED", 1), policies, |_| {});
    assert!(outcome.phases > policies + policies / 2, "{outcome}");
    check(&outcome, policies);
}

/// What comes to be in one phase and is still there in a later one: what steps have brought stays when they end,
/// new ones find what is left, and nothing that was safe is without its copies in between, however late phases
/// are.
#[test]
fn thrice_and_trying_every_run_agree_across_the_beginnings_of_phases() {
    let policies = option("THRICE_RANDOM_POLICIES", 200);
    let outcome = compare_across_phases(option("THRICE_SEED", 1), policies, |_| {});
    assert!(outcome.crossing > policies / 10, "{outcome}");
    assert!(outcome.late > policies / 25, "{outcome}");
    check(&outcome, policies);
}

/// Rules by age take away old versions of a state, and the last one when nobody makes another one any more.
#[test]
fn thrice_and_trying_every_run_agree_of_states_whose_steps_end() {
    let policies = option("THRICE_RANDOM_POLICIES", 200);
    let outcome = compare_states(option("THRICE_SEED", 1), policies, |_| {});
    let none = outcome.mismatches.is_empty();
    assert!(none, "{outcome}{:#?}", outcome.mismatches);
    assert!(outcome.crossing > 0, "{outcome}");
}

/// One phase so late that others come before it: what fails only then is a warning that says so, and nothing else is one.
#[test]
fn thrice_and_trying_every_run_agree_where_phases_come_in_another_order() {
    let policies = option("THRICE_RANDOM_POLICIES", 200);
    let outcome = compare_out_of_order(option("THRICE_SEED", 1), policies, |_| {});
    assert!(
        outcome.mismatches.is_empty(),
        "{outcome}{:#?}",
        outcome.mismatches
    );
    assert!(outcome.late > policies / 25, "{outcome}");
}

fn check(outcome: &Outcome, policies: u64) {
    assert!(
        outcome.mismatches.is_empty(),
        "{outcome}{:#?}",
        outcome.mismatches
    );
    assert_eq!(outcome.policies, policies);
    for (held, failed, solved) in outcome.verdicts {
        let enough = policies / 10;
        assert!(
            held > enough && failed > enough && solved > enough,
            "{outcome}"
        );
    }
}
