//! What cannot be added up.

use super::*;

fn costs(one: &str, other: &str) -> String {
    let text = format!("cost one {{ {one}/month }}\ncost other {{ {other}/month }}\n");
    let found = judged(&policy(&[&text]));
    message(&found, "T2402")
}

#[test]
fn why_costs_cannot_be_added_up_is_said() {
    assert!(costs("1 EUR", "1 USD").contains("different currencies"));
    let most = "900000000000000 EUR";
    assert!(costs(most, most).contains("too great"));
}
