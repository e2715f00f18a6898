//! Small random policies, each judged by thrice and by trying every run: `THRICE_RANDOM_POLICIES=100000
//! THRICE_SEED=1 cargo run -p thrice-trust --example enumerate`; with `THRICE_PHASES=1` such as have phases,
//! with `THRICE_PHASES=2` phases so short that what comes to be in one is still there in the next, with `THRICE_PHASES=3`
//! such as may come in another order, with `THRICE_PHASES=4` states whose old versions rules take away. What has come out so far is said on the way, and each mismatch at once.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]
#![expect(clippy::print_stderr, reason = "and how far it is")]
#![expect(clippy::disallowed_types, reason = "it says how long it took")]

use std::process::ExitCode;
use std::time::Instant;

use thrice_trust::compare::{
    Outcome, compare_across_phases, compare_and_tell, compare_in_phases, compare_out_of_order,
    compare_states,
};
use thrice_trust::option;

fn main() -> ExitCode {
    let (count, seed) = (
        option("THRICE_RANDOM_POLICIES", 1_000),
        option("THRICE_SEED", 1),
    );
    let every = option("THRICE_TELL_EVERY", 1_000);
    let (started, mut told) = (Instant::now(), 0);
    let tell = |so_far: &Outcome| {
        for mismatch in so_far.mismatches.iter().skip(told) {
            println!("{mismatch}");
            told += 1;
        }
        if so_far.policies.is_multiple_of(every) {
            eprintln!("after {} s: {so_far}", started.elapsed().as_secs());
        }
    };
    let outcome = match option("THRICE_PHASES", 0) {
        0 => compare_and_tell(seed, count, tell),
        1 => compare_in_phases(seed, count, tell),
        2 => compare_across_phases(seed, count, tell),
        4 => compare_states(seed, count, tell),
        _ => compare_out_of_order(seed, count, tell),
    };
    println!("{outcome}in {} s", started.elapsed().as_secs());
    ExitCode::from(u8::from(!outcome.mismatches.is_empty()))
}
