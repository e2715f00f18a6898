//! Checksums.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits, as `sha256sum` prints it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes))
}

/// The same of all that a reader gives, which need not fit into memory.
///
/// # Errors
/// Whatever keeps it from being read.
pub fn sha256_of(mut reader: impl Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut reader, &mut hasher)?;
    Ok(digits(&hasher.finalize()))
}

fn digits(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(64);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{sha256, sha256_of};

    #[test]
    fn is_the_sum_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
        assert_eq!(sha256_of(b"abc".as_slice()).unwrap(), expected);
    }
}
