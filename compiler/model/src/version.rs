//! Versions of programs, and up to which of them the compiler knows what a program does.

use std::fmt;

use thrice_retention::ResticVersion;

/// A version of a program; later versions are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second; 0 where it is not said.
    pub minor: u16,
    /// The third; 0 where it is not said.
    pub patch: u16,
}

impl Version {
    /// The version with these numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads one to three numbers: `15`, `0.41` or `0.18.1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|number| {
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse::<u16>().ok().filter(|_| digits)
        });
        let major = numbers.next()??;
        let (minor, patch) = (numbers.next().unwrap_or(Some(0))?, numbers.next());
        let patch = patch.unwrap_or(Some(0))?;
        numbers
            .next()
            .is_none()
            .then_some(Self::new(major, minor, patch))
    }

    /// Whether this is at least `major.minor`.
    #[must_use]
    pub fn at_least(self, major: u16, minor: u16) -> bool {
        self >= Self::new(major, minor, 0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl From<Version> for ResticVersion {
    fn from(version: Version) -> Self {
        Self::new(version.major, version.minor, version.patch)
    }
}

impl From<ResticVersion> for Version {
    fn from(version: ResticVersion) -> Self {
        Self::new(version.major, version.minor, version.patch)
    }
}

/// Programs whose rules depend on their version, each with the newest one that they are known of. The tests
/// run restic, rclone, PostgreSQL and Redis in these versions; Zerobyte's source was read.
const KNOWN: [(&str, Version); 5] = [
    ("restic", Version::new(0, 19, 1)),
    ("rclone", Version::new(1, 75, 2)),
    ("zerobyte", Version::new(0, 41, 0)),
    ("postgresql", Version::new(15, 0, 0)),
    ("redis", Version::new(7, 0, 15)),
];

/// The newest version of a program whose rules are known, if this one is newer: those are assumed of it. The last
/// number changes with mends alone, and for PostgreSQL the second does.
#[must_use]
pub fn newest_known(program: &str, version: Version) -> Option<Version> {
    let (_, known) = KNOWN.iter().find(|(name, _)| *name == program)?;
    let features = |version: Version| match program {
        "postgresql" => (version.major, 0),
        _ => (version.major, version.minor),
    };
    (features(version) > features(*known)).then_some(*known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_orders_versions() {
        let parse = |text| Version::parse(text).unwrap();
        assert_eq!(parse("15"), Version::new(15, 0, 0));
        assert_eq!(parse("0.41").to_string(), "0.41.0");
        assert!(parse("0.9.6") < parse("0.18.1") && parse("1.60") < parse("1.72.0"));
        assert!(parse("1.72.0").at_least(1, 72) && !parse("1.71.9").at_least(1, 72));
        for wrong in [
            "",
            "0.18.",
            "0.18.0.1",
            "v0.18",
            "0.x",
            "+1",
            "0.-1",
            "0.18.999999",
            "0.99999999999999999999",
        ] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn known_up_to_the_newest() {
        let newer = |program, version| newest_known(program, Version::parse(version).unwrap());
        assert_eq!(newer("restic", "0.20"), Some(Version::new(0, 19, 1)));
        assert_eq!(newer("restic", "1.0.0"), Some(Version::new(0, 19, 1)));
        assert_eq!(newer("restic", "0.19.7"), None);
        assert_eq!(newer("restic", "0.14.0"), None);
        assert_eq!(newer("rclone", "1.76.0"), Some(Version::new(1, 75, 2)));
        assert_eq!(newer("postgresql", "15.14"), None);
        assert!(newer("postgresql", "16").is_some());
        assert_eq!(newer("nothing-known", "99"), None);
    }
}
