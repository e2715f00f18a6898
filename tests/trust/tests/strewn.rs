//! What hostile hands leave where secrets lie among data, by the verifier's rules and played on the simulator: the same
//! copies.

use thrice_trust::strewn::compare;
use thrice_trust::{no_mismatch, option};

#[test]
fn secrets_among_data_open_what_the_rules_say() {
    let policies = option("THRICE_RANDOM_POLICIES", 40);
    let tally = compare(option("THRICE_SEED", 1), policies);
    no_mismatch(&tally.mismatches, policies);
    // In some of them something is found.
    assert!(tally.found * 4 > policies, "{tally:?}");
}
