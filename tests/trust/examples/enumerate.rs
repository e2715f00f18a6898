//! Small random policies, each judged by thrice and by trying every run: `THRICE_RANDOM_POLICIES=100000
//! THRICE_SEED=1 cargo run -p thrice-trust --example enumerate`.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]

use std::process::ExitCode;

use thrice_trust::{compare::compare, option};

fn main() -> ExitCode {
    let (count, seed) = (
        option("THRICE_RANDOM_POLICIES", 1_000),
        option("THRICE_SEED", 1),
    );
    let outcome = compare(seed, count);
    println!("{outcome}");
    for mismatch in &outcome.mismatches {
        println!("{mismatch}");
    }
    ExitCode::from(u8::from(!outcome.mismatches.is_empty()))
}
