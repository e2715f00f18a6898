//! Values in the words of rclone.

use thrice_quantity::{Bytes, Seconds};

/// A path as a filter pattern that matches itself alone: the signs that mean something in a
/// pattern get a backslash (rclone, Filtering).
pub fn escape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if "*?[]{}\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// An age: in days of 24 hours where it is whole ones, else in seconds.
pub fn age(age: Seconds) -> String {
    if age.0 % 86_400 == 0 {
        format!("{}d", age.0 / 86_400)
    } else {
        format!("{}s", age.0)
    }
}

/// A speed for `--bwlimit`, in bytes a second: without the letter rclone takes kibibytes.
pub fn speed(limit: Bytes) -> String {
    format!("{}B", limit.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_units() {
        assert_eq!(age(Seconds::days(90)), "90d");
        assert_eq!(age(Seconds::hours(36)), "129600s");
        assert_eq!(speed(Bytes(1_200_000)), "1200000B");
    }

    #[test]
    fn a_path_is_no_pattern() {
        assert_eq!(escape("/a*[b]{c}\\?"), "/a\\*\\[b\\]\\{c\\}\\\\\\?");
    }
}
