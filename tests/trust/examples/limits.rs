//! Recovery points, histories, rooms, time tables, erasure and times to restore of small random policies, found by trying, against thrice's verdicts:
//! `THRICE_RANDOM_POLICIES=10000 THRICE_SEED=1 cargo run -p thrice-trust --example limits`.

#![expect(clippy::print_stdout, reason = "a command that says what came out")]
#![expect(clippy::print_stderr, reason = "and how far it is")]
#![expect(clippy::disallowed_types, reason = "it says how long it took")]

use std::process::ExitCode;
use std::time::Instant;

use thrice_trust::limits::{About, compare};
use thrice_trust::option;

fn main() -> ExitCode {
    let (count, seed) = (
        option("THRICE_RANDOM_POLICIES", 1_000),
        option("THRICE_SEED", 1),
    );
    let every = option("THRICE_TELL_EVERY", 1_000);
    // One of them alone, by its place; else all.
    let only = option("THRICE_ONLY", u64::MAX);
    let mut wrong = false;
    for (place, about) in (0..).zip(About::ALL) {
        if only != u64::MAX && only != place {
            continue;
        }
        let started = Instant::now();
        let tally = compare(about, seed, count, |so_far| {
            if (so_far.worlds + so_far.left_out).is_multiple_of(every) {
                eprintln!("after {} s: {so_far}", started.elapsed().as_secs());
            }
        });
        println!("{tally}, in {} s", started.elapsed().as_secs());
        for mismatch in &tally.mismatches {
            println!("{mismatch}");
        }
        wrong |= !tally.mismatches.is_empty();
    }
    ExitCode::from(u8::from(wrong))
}
