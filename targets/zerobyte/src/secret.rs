//! Where secrets are found: never the secrets themselves.

use thrice_target::filename;

/// The organisation's id, which only a set-up instance shows (Settings, Organization).
pub const ORGANIZATION: &str = "@ORGANIZATION_ID@";

/// A reference that Zerobyte resolves when it provisions: to `/run/secrets/NAME`. Only some fields
/// take one; in all others it would be literal text.
pub fn reference(name: &str) -> String {
    format!("file://{}", filename(name))
}

/// A word to be filled in by whoever applies the plan; a name that is plain already stays as it is.
pub fn placeholder(kind: &str, name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(is_plain) {
        return format!("@{kind}:{name}@");
    }
    format!("@{kind}:{}@", filename(name))
}

/// The places of all secrets that a text refers to.
pub fn places(text: &str) -> Vec<String> {
    let mut out: Vec<String> = text
        .split('"')
        .filter_map(|word| match word.strip_prefix("file://") {
            Some(name) => Some(format!("/run/secrets/{name}")),
            None => word
                .strip_prefix("@SECRET:")
                .and_then(|rest| rest.strip_suffix('@'))
                .map(str::to_owned),
        })
        .collect();
    out.sort();
    out.dedup();
    out
}
