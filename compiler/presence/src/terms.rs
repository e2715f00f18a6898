//! Times and claims for the solver, with what is known of them already: what the bounds of the open
//! values decide is not asked.

use crate::symbols::Symbols;

/// A time, as it is written, between the least and the greatest value that it can have.
pub(crate) struct Time<S: Symbols> {
    pub term: S::Number,
    low: i64,
    high: i64,
}

/// Something that is so or not, or that the open values decide.
pub(crate) enum Claim<S: Symbols> {
    Known(bool),
    Open(S::Truth),
}

impl<S: Symbols> Clone for Time<S> {
    fn clone(&self) -> Self {
        Self {
            term: self.term.clone(),
            ..*self
        }
    }
}

impl<S: Symbols> Clone for Claim<S> {
    fn clone(&self) -> Self {
        match self {
            Self::Known(so) => Self::Known(*so),
            Self::Open(claim) => Self::Open(claim.clone()),
        }
    }
}

impl<S: Symbols> Time<S> {
    pub(crate) fn at(value: i64) -> Self {
        Self {
            term: S::number(value),
            low: value,
            high: value,
        }
    }

    /// An open value; where the bounds leave no choice, none.
    pub(crate) fn between(name: &str, (low, high): (i64, i64)) -> Self {
        if low == high {
            return Self::at(low);
        }
        Self {
            term: S::open(name),
            low,
            high,
        }
    }

    /// Whether there is but one value that it can have.
    pub(crate) const fn is_known(&self) -> bool {
        self.low == self.high
    }

    /// That it is between its bounds.
    pub(crate) fn bounds(&self) -> [S::Truth; 2] {
        [
            S::at_least(&self.term, &S::number(self.low)),
            S::at_most(&self.term, &S::number(self.high)),
        ]
    }

    /// The same time, of which it is known that it is not after another one.
    pub(crate) fn at_latest(self, high: i64) -> Self {
        let high = self.high.min(high);
        Self { high, ..self }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        let (low, high) = (
            self.low.saturating_add(other.low),
            self.high.saturating_add(other.high),
        );
        match (self.is_known(), other.is_known()) {
            (true, true) => Self::at(low),
            (true, false) if self.low == 0 => other.clone(),
            (false, true) if other.low == 0 => self.clone(),
            _ => Self {
                term: S::sum(&self.term, &other.term),
                low,
                high,
            },
        }
    }

    /// So many times as long.
    pub(crate) fn times(&self, count: i64) -> Self {
        let (low, high) = (
            self.low.saturating_mul(count),
            self.high.saturating_mul(count),
        );
        if self.is_known() {
            return Self::at(low);
        }
        Self {
            term: S::times(&self.term, count),
            low,
            high,
        }
    }

    pub(crate) fn min(&self, other: &Self) -> Self {
        match self.below(other) {
            Claim::Known(true) => self.clone(),
            Claim::Known(false) => other.clone(),
            Claim::Open(below) => Self {
                term: S::choose(&below, &self.term, &other.term),
                low: self.low.min(other.low),
                high: self.high.min(other.high),
            },
        }
    }

    pub(crate) fn max(&self, other: &Self) -> Self {
        match self.below(other) {
            Claim::Known(true) => other.clone(),
            Claim::Known(false) => self.clone(),
            Claim::Open(below) => Self {
                term: S::choose(&below, &other.term, &self.term),
                low: self.low.max(other.low),
                high: self.high.max(other.high),
            },
        }
    }

    /// That it is before another one.
    pub(crate) fn below(&self, other: &Self) -> Claim<S> {
        if self.high < other.low {
            Claim::Known(true)
        } else if self.low >= other.high {
            Claim::Known(false)
        } else {
            Claim::Open(S::less(&self.term, &other.term))
        }
    }

    /// That it is not after another one.
    pub(crate) fn at_most(&self, other: &Self) -> Claim<S> {
        if self.high <= other.low {
            Claim::Known(true)
        } else if self.low > other.high {
            Claim::Known(false)
        } else {
            Claim::Open(S::at_most(&self.term, &other.term))
        }
    }
}

impl<S: Symbols> Claim<S> {
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(false), _) | (_, Self::Known(false)) => Self::Known(false),
            (Self::Known(true), claim) | (claim, Self::Known(true)) => claim,
            (Self::Open(a), Self::Open(b)) => Self::Open(S::all(&[a, b])),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(true), _) | (_, Self::Known(true)) => Self::Known(true),
            (Self::Known(false), claim) | (claim, Self::Known(false)) => claim,
            (Self::Open(a), Self::Open(b)) => Self::Open(S::any(&[a, b])),
        }
    }

    /// One time if it is so, else the other.
    pub(crate) fn choose(&self, yes: &Time<S>, no: &Time<S>) -> Time<S> {
        match self {
            Self::Known(true) => yes.clone(),
            Self::Known(false) => no.clone(),
            Self::Open(claim) => Time {
                term: S::choose(claim, &yes.term, &no.term),
                low: yes.low.min(no.low),
                high: yes.high.max(no.high),
            },
        }
    }
}

/// That fewer than `need` of some claims are so.
pub(crate) fn fewer_than<S: Symbols>(
    need: u32,
    claims: impl IntoIterator<Item = Claim<S>>,
) -> Claim<S> {
    let mut sure = 0_u32;
    let mut open = Vec::new();
    for claim in claims {
        match claim {
            Claim::Known(so) => sure += u32::from(so),
            Claim::Open(claim) => open.push(claim),
        }
    }
    let missing = need.saturating_sub(sure) as usize;
    if missing == 0 || missing > open.len() {
        return Claim::Known(missing != 0);
    }
    Claim::Open(if let ([only], 1) = (open.as_slice(), missing) {
        S::not(only)
    } else if missing == 1 {
        S::not(&S::any(&open))
    } else if missing == open.len() {
        S::not(&S::all(&open))
    } else {
        S::fewer(&open, i64::try_from(missing).unwrap_or(i64::MAX))
    })
}
