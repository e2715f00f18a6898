//! What stands behind a verdict.

use std::fmt::{self, Display, Formatter};

use thrice_quantity::Seconds;

/// What stands behind a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// Nothing was unknown: the rule was evaluated.
    Evaluated,
    /// For all values of the unknowns, by Z3, or by their bounds where these leave it nothing to decide.
    Proved,
    /// The same, but of no item older than this: nothing says how long the class must be kept, or for longer
    /// than the policy plans, and something still happens to it then.
    ProvedUpTo(Seconds),
    /// As long as steps run that the verdict names, which a monitor watches or a person does.
    ProvedIf,
    /// Z3 found values for which it fails, and the replay confirmed them.
    Refuted,
    /// Z3 gave up within its limit: never safe.
    Unknown,
}

impl Engine {
    /// The weaker of two that stand behind one verdict.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        match (self, other) {
            (Self::ProvedUpTo(one), Self::ProvedUpTo(other)) => Self::ProvedUpTo(one.min(other)),
            _ => self.max(other),
        }
    }

    /// The word used in every output; where a bound is known, [`Display`] says it as well.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Evaluated => "evaluated",
            Self::Proved => "proved",
            Self::ProvedUpTo(_) => "proved up to n",
            Self::ProvedIf => "proved if",
            Self::Refuted => "refuted",
            Self::Unknown => "unknown",
        }
    }
}

impl Display for Engine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProvedUpTo(age) => write!(f, "proved up to {age}"),
            _ => f.write_str(self.word()),
        }
    }
}
