//! Damaged texts through the parser and the whole check: `THRICE_FUZZ_SECONDS=3600 THRICE_SEED=1 cargo
//! run -p thrice-trust --example fuzz`. Case after case from the seed, until the time is over.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]
#![expect(clippy::disallowed_types, reason = "it stops when its time is over")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use thrice_trust::{fuzz, option};

fn main() -> ExitCode {
    let time = Duration::from_secs(option("THRICE_FUZZ_SECONDS", 60));
    let (seed, started) = (option("THRICE_SEED", 1), Instant::now());
    let (mut cases, mut policies, mut broken) = (0, 0, 0);
    while started.elapsed() < time {
        let (found, policy) = fuzz::check(seed, cases);
        policies += u64::from(policy);
        for found in [fuzz::parser(seed, cases), found].into_iter().flatten() {
            println!("{found}");
            broken += 1;
        }
        cases += 1;
    }
    println!(
        "seed {seed}: {cases} cases of each, {policies} of them still policies, {broken} broken"
    );
    ExitCode::from(u8::from(broken > 0))
}
