//! What is said of a class is the same alone and among others that are made from the same recipe, in any order.

use thrice_trust::among::compare;
use thrice_trust::option;

#[test]
fn a_class_is_judged_alone_as_among_others() {
    let policies = option("THRICE_RANDOM_POLICIES", 100);
    let tally = compare(option("THRICE_SEED", 1), policies);
    assert!(
        tally.mismatches.is_empty(),
        "{} of {policies}:\n{}",
        tally.mismatches.len(),
        tally.mismatches.join("\n")
    );
}
