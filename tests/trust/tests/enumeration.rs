//! Some hundreds of small random policies in CI; `THRICE_RANDOM_POLICIES=100000` for more of them.

use thrice_trust::compare::compare;
use thrice_trust::option;

#[test]
fn thrice_and_trying_every_run_agree() {
    let policies = option("THRICE_RANDOM_POLICIES", 400);
    let outcome = compare(option("THRICE_SEED", 1), policies);
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
