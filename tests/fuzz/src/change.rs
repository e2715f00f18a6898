//! How texts are changed: one of four times as libFuzzer likes, else as the tests of `thrice-trust` damage them,
//! mostly by the grammar of policies.

use thrice_trust::fuzz;

/// Changes the text in the first `size` bytes of `data`, of which `max_size` may be used; returns the new
/// size.
pub fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed % 4 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let text = String::from_utf8_lossy(&data[..size]);
    let mut changed = fuzz::another(&text, seed.into());
    changed.truncate(changed.floor_char_boundary(max_size));
    data[..changed.len()].copy_from_slice(changed.as_bytes());
    changed.len()
}
