//! What hostile hands leave where secrets lie among data, by the verifier's rules and played on the simulator: the same
//! copies.

use thrice_trust::option;
use thrice_trust::strewn::compare;

#[test]
fn secrets_among_data_open_what_the_rules_say() {
    let policies = option("THRICE_RANDOM_POLICIES", 40);
    let tally = compare(option("THRICE_SEED", 1), policies);
    assert!(
        tally.mismatches.is_empty(),
        "{} of {policies}:\n{}",
        tally.mismatches.len(),
        tally.mismatches.join("\n")
    );
    // In some of them something is found.
    assert!(tally.found * 4 > policies, "{tally:?}");
}
