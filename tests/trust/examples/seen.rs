//! What is promised of who sees what, of keys, alarms and the time table, played: `cargo run -p thrice-trust --example seen`, with
//! `THRICE_CASES=20` cases a policy, `THRICE_EVERY=10` for each tenth mutant, `THRICE_SEED`, and
//! `THRICE_RANDOM_POLICIES=1000` for random ones instead, from number `THRICE_FIRST` on; arguments are files of other policies.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]

use thrice_trust::seen::{policy, seen};
use thrice_trust::series::by_hand;

fn main() -> std::io::Result<()> {
    let tell = |wrong: &str| println!("{wrong}\n");
    println!("{}", by_hand((seen, policy), (20, 0), tell)?);
    Ok(())
}
