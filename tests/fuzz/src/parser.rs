//! Reads and formats what libFuzzer thinks of.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

mod change;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    change::change(data, size, max_size, seed)
});

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let broken = thrice_trust::fuzz::reading_breaks(text);
        assert_eq!(broken, None);
    }
});
