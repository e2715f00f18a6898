//! Judges the policies that libFuzzer thinks of.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use thrice_trust::fuzz::Judge;

mod change;

thread_local! {
    /// To set a solver up takes longer than to judge most texts.
    static JUDGE: RefCell<Judge> = RefCell::default();
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    change::change(data, size, max_size, seed)
});

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let broken = JUDGE.with_borrow_mut(|judge| judge.breaks(text));
        assert_eq!(broken, None);
    }
});
