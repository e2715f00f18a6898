//! What shows that the verifier can be trusted. `compiler/TRUST.md` says what each part shows and with
//! how many cases it was run.
//!
//! [`world`] makes small random policies, [`runs`] tries every run of each and [`compare`] holds that against thrice; [`mutate`] drops and weakens what
//! a policy says, one thing at a time; [`rewrite`] says the same in other words; [`fuzz`] damages texts.
//! [`among`] judges classes alone and among others that are mostly like them.
//! [`stands`], [`seen`] and [`bounds`] play what is proved at random moments, each a [`series`] of policies.
//! [`hostile`] and [`strewn`] hold what somebody can destroy against the simulator.
//! [`recovery`], [`reach`], [`room`], [`table`], [`erased`] and [`restored`] do for recovery points, history, capacity,
//! time table, erasure and times to restore what [`world`] and [`runs`]
//! do for presence, and [`limits`] holds them against thrice. [`policy`] reads and judges.

pub mod among;
pub mod bounds;
pub mod compare;
pub mod crossing;
pub mod erased;
pub mod fuzz;
pub mod hostile;
pub mod limits;
pub mod mutate;
mod newest;
pub mod overtaking;
pub mod policy;
pub mod reach;
pub mod recovery;
pub mod restored;
pub mod rewrite;
pub mod room;
pub mod runs;
pub mod seen;
pub mod series;
pub mod stands;
pub mod strewn;
pub mod table;
mod thefts;
pub mod world;

use rand_xorshift::XorShiftRng;

/// The source of all that is random here: the same seed gives the same numbers, everywhere.
pub type Random = XorShiftRng;

/// A source of random numbers for one case of a series.
#[must_use]
pub fn random(seed: u64, case: u64) -> Random {
    use rand::SeedableRng as _;
    // Neighbouring seeds must not give alike beginnings.
    let mixed = seed
        .wrapping_add(case.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_mul(0xBF58_476D_1CE4_E5B9);
    XorShiftRng::seed_from_u64(mixed)
}

/// Stops where something of a series is not the same, and tells it.
///
/// # Panics
/// If there is any mismatch.
pub fn no_mismatch(mismatches: &[String], policies: u64) {
    assert!(
        mismatches.is_empty(),
        "{} of {policies}:\n{}",
        mismatches.len(),
        mismatches.join("\n")
    );
}

/// The words by which a policy names kinds of faults.
pub(crate) const FAULTS: [&str; 10] = [
    "host",
    "store",
    "site",
    "provider",
    "credential",
    "key",
    "operator",
    "corruption",
    "compromise",
    "rot",
];

/// A whole number from the environment, for runs by hand.
///
/// # Panics
/// Where something else than a number stands there.
#[must_use]
#[expect(clippy::panic, reason = "misuse of a command")]
#[expect(clippy::disallowed_methods, reason = "a command's only options")]
pub fn option(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {text}"))
    })
}
