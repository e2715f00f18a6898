//! Versions of restic, and what changed between them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A version of restic; later versions are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResticVersion {
    /// Always 0 so far.
    pub major: u16,
    /// The number that changes with features.
    pub minor: u16,
    /// The number that changes with fixes.
    pub patch: u16,
}

impl ResticVersion {
    /// The version with these numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads `0.18`, `0.18.0` or what `restic version` prints (`restic 0.18.0 compiled with …`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = match text.strip_prefix("restic ") {
            Some(printed) => printed.split_whitespace().next()?,
            None => text,
        };
        let mut parts = number.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if digits {
                part.parse::<u16>().ok()
            } else {
                None
            }
        });
        let (major, minor) = (parts.next()??, parts.next()??);
        let patch = match parts.next() {
            Some(patch) => patch?,
            None => 0,
        };
        parts.next().is_none().then_some(Self {
            major,
            minor,
            patch,
        })
    }

    /// Whether a count rule that is not used up also keeps the oldest snapshot (restic 0.16.0,
    /// issue 3624).
    #[must_use]
    pub fn keeps_oldest(self) -> bool {
        self >= Self::new(0, 16, 0)
    }

    /// Whether the periods of `keep-within-…` also keep the oldest snapshot, if it lies within
    /// (restic-forget(1) of 0.17 says so, that of 0.16 does not).
    #[must_use]
    pub fn keeps_oldest_within(self) -> bool {
        self >= Self::new(0, 17, 0)
    }

    /// Whether counts may be `unlimited`, and `-1` is refused (restic 0.16.0).
    #[must_use]
    pub fn knows_unlimited(self) -> bool {
        self >= Self::new(0, 16, 0)
    }

    /// Whether an empty policy, and one that would remove a whole group, is refused
    /// (restic 0.17.0).
    #[must_use]
    pub fn refuses_remove_all(self) -> bool {
        self >= Self::new(0, 17, 0)
    }
}

impl fmt::Display for ResticVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl TryFrom<String> for ResticVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
            .ok_or_else(|| format!("`{text}` is no version of restic, such as `0.18.0`"))
    }
}

impl From<ResticVersion> for String {
    fn from(version: ResticVersion) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_orders_versions() {
        let parse = |text| ResticVersion::parse(text).unwrap();
        assert_eq!(parse("0.18"), ResticVersion::new(0, 18, 0));
        assert_eq!(
            parse("restic 0.14.0 compiled with go1.19.8 on linux/amd64").to_string(),
            "0.14.0"
        );
        assert!(parse("0.9.6") < parse("0.14.0") && parse("0.17.3") < parse("1.0.0"));
        for wrong in [
            "", "0", "0.18.", "0.18.0.1", "v0.18", "0.x", "0.-1", "0.70000",
        ] {
            assert_eq!(ResticVersion::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn changes_lie_where_the_changelog_says() {
        let parse = |text| ResticVersion::parse(text).unwrap();
        assert!(!parse("0.15.2").keeps_oldest() && parse("0.16.0").keeps_oldest());
        assert!(!parse("0.16.5").refuses_remove_all() && parse("0.17.0").refuses_remove_all());
    }
}
