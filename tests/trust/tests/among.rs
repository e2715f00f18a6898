//! What is said of a class is the same alone and among others that are made from the same recipe, in any order.

use thrice_trust::among::compare;
use thrice_trust::{no_mismatch, option};

#[test]
fn a_class_is_judged_alone_as_among_others() {
    let policies = option("THRICE_RANDOM_POLICIES", 60);
    let tally = compare(option("THRICE_SEED", 1), policies);
    no_mismatch(&tally.mismatches, policies);
    // Classes of one recipe differ, each obligation holds here and fails there, and most have a copy.
    assert!(tally.differing * 3 > policies, "{tally:?}");
    assert!(tally.copies * 2 > policies, "{tally:?}");
    for obligation in [
        "copies",
        "survival",
        "recovery-point",
        "last-copy",
        "history",
        "erasure",
        "deletion",
        "flow",
    ] {
        let [held, failed] = tally.verdicts.get(obligation).copied().unwrap_or_default();
        assert!(held > 0 && failed > 0, "{obligation}: {tally:?}");
    }
}
