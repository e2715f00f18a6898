//! Keep rules and the version of restic that applies them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many of a kind are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Count {
    /// So many; at least 1.
    Number(u32),
    /// All of them: `unlimited`, since restic 0.16.
    Unlimited,
}

/// A duration of restic's `--keep-within`: years, months, days, hours; no weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepWithin {
    /// Years.
    pub years: u32,
    /// Months.
    pub months: u32,
    /// Days.
    pub days: u32,
    /// Hours.
    pub hours: u32,
}

/// What `restic forget` keeps: the union of what each rule keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepRules {
    /// `--keep-last`
    pub last: Option<Count>,
    /// `--keep-hourly`
    pub hourly: Option<Count>,
    /// `--keep-daily`
    pub daily: Option<Count>,
    /// `--keep-weekly`
    pub weekly: Option<Count>,
    /// `--keep-monthly`
    pub monthly: Option<Count>,
    /// `--keep-yearly`
    pub yearly: Option<Count>,
    /// `--keep-within`
    pub within: Option<KeepWithin>,
    /// `--keep-within-hourly`
    pub within_hourly: Option<KeepWithin>,
    /// `--keep-within-daily`
    pub within_daily: Option<KeepWithin>,
    /// `--keep-within-weekly`
    pub within_weekly: Option<KeepWithin>,
    /// `--keep-within-monthly`
    pub within_monthly: Option<KeepWithin>,
    /// `--keep-within-yearly`
    pub within_yearly: Option<KeepWithin>,
    /// `--keep-tag`: each list is one rule, its tags must all be there.
    pub tags: Vec<Vec<String>>,
}

/// A version of restic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResticVersion {
    /// 0 so far.
    pub major: u32,
    /// 14, 18 …
    pub minor: u32,
    /// Patch level.
    pub patch: u32,
}

impl ResticVersion {
    /// The version `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads `0.18` or `0.18.1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|p| p.parse().ok());
        let (major, minor) = (parts.next()??, parts.next()??);
        let patch = parts.next().unwrap_or(Some(0))?;
        parts.next().is_none().then_some(Self { major, minor, patch })
    }
}

impl fmt::Display for ResticVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
