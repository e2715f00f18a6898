//! Names of the policy as names of files.

use crate::hash::sha256;

/// Longest name that is left as it is; longer ones are cut and get a digest.
const LONGEST: usize = 80;
/// How much of a name is left in front of its digest, for people.
const READABLE: usize = 40;
const MARK: &str = "-x";
const DIGEST: usize = 32;

/// A name for a file or tag that holds only `A-Z a-z 0-9 _ -`, does not begin with `-`, is never empty
/// and at most 80 bytes long. Two different names never give the same.
///
/// The narrow set is that of Debian's cron, which passes over a file in `/etc/cron.d` whose name
/// holds anything else, without a word (cron(8)). Names that fit are left as they are.
#[must_use]
pub fn filename(name: &str) -> String {
    if fits(name) && !looks_made(name) {
        return name.to_owned();
    }
    let plain = |c: char| if is_plain(c) { c } else { '_' };
    let start: String = name
        .trim_start_matches('-')
        .chars()
        .take(READABLE)
        .map(plain)
        .collect();
    let digest = sha256(name.as_bytes());
    format!("{start}{MARK}{}", digest.get(..DIGEST).unwrap_or(&digest))
        .trim_start_matches('-')
        .to_owned()
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn fits(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.starts_with('-')
        && name.chars().all(is_plain)
}

/// Whether a plain name has the form of a made one: it is then made too, so that none meets another.
fn looks_made(name: &str) -> bool {
    let Some(at) = name.len().checked_sub(DIGEST) else {
        return false;
    };
    let Some((start, digest)) = name.split_at_checked(at) else {
        return false;
    };
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    (start.ends_with(MARK) || start == "x") && digest.chars().all(hexadecimal)
}
