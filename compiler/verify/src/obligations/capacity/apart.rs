//! How much of a class changes, and what versions hold together that lie so far apart.

use thrice_model::{Class, ClassKind};
use thrice_quantity::{Bytes, BytesPerDay, Seconds};
use thrice_retention::{KeepRules, repository_bound};

/// Whether it is said, of itself or by its kind, how much of a class changes.
pub(super) fn is_stated(class: &Class) -> bool {
    class.churn.is_some() || class.kind == ClassKind::Items
}

/// Bytes a day that a backup stores anew: what is stated, else all of it (a compressed dump changes
/// whole), and of items, which are written once, nothing but what they grow by.
pub(super) fn churn(class: &Class, size: Bytes) -> BytesPerDay {
    match (&class.churn, class.kind) {
        (Some((churn, _)), _) => churn.high(),
        (None, ClassKind::Items) => BytesPerDay::new(0),
        (None, _) => BytesPerDay::new(size.0),
    }
}

/// How far versions may lie apart beyond what keep rules make of runs that all go well.
#[derive(Clone, Copy)]
pub(super) struct Apart {
    /// Whether all that there is may be new each day, at an hour that nobody says.
    pub daily: bool,
    /// By how much the data of one may be older than of the other because of what they read.
    pub stale: Seconds,
    /// For how long runs are missed in a row.
    pub missed: Seconds,
    /// Whether rules count versions, so that those which are left reach back the further the fewer there are.
    pub counts: bool,
}

impl Apart {
    /// Of how long a time all changes may come within another one: of as many days as may begin in it, where all is new
    /// with each.
    pub(super) fn changing(&self, time: Seconds) -> Seconds {
        if !self.daily {
            return time;
        }
        let days = time
            .0
            .max(0)
            .unsigned_abs()
            .div_ceil(Seconds::DAY.0.unsigned_abs());
        Seconds::DAY.saturating_mul(i64::try_from(days).unwrap_or(i64::MAX))
    }

    /// The most that versions of such ages hold together.
    pub(super) fn content(&self, ages: &[Seconds], size: Bytes, churn: BytesPerDay) -> Bytes {
        let slack = self.stale.saturating_add(self.missed);
        let stretched: Vec<Seconds> = (0..)
            .zip(ages)
            .map(|(place, age)| age.saturating_add(slack.saturating_mul(place)))
            .collect();
        let sizes = std::iter::repeat_n(size, ages.len());
        let each = match self.daily {
            true => size.saturating_mul(u64::try_from(ages.len()).unwrap_or(u64::MAX)),
            false => repository_bound(&stretched, sizes, churn),
        };
        let count = i64::try_from(ages.len()).unwrap_or(i64::MAX) - 1;
        let span = match (ages.first(), ages.last()) {
            (Some(first), Some(last)) => last.saturating_sub(*first),
            _ => Seconds::ZERO,
        };
        let missed = match self.counts {
            true => self.missed.saturating_mul(count.max(0)),
            false => self.missed,
        };
        let whole = self.changing(span.saturating_add(missed).saturating_add(self.stale));
        each.min(size.saturating_add(churn.over(whole)))
    }
}

/// Whether rules count versions, and not only spans of time.
pub(super) const fn counts(rules: &KeepRules) -> bool {
    rules.last.is_some()
        || rules.hourly.is_some()
        || rules.daily.is_some()
        || rules.weekly.is_some()
        || rules.monthly.is_some()
        || rules.yearly.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 GB that are all new each day, or of which as much changes evenly.
    #[test]
    fn a_day_may_begin_between_two_versions() {
        let content = |daily: bool, ages: &[i64]| {
            let apart = Apart {
                daily,
                stale: Seconds::ZERO,
                missed: Seconds::ZERO,
                counts: true,
            };
            let ages: Vec<Seconds> = ages.iter().map(|age| Seconds::hours(*age)).collect();
            apart
                .content(&ages, Bytes(10_000), BytesPerDay::new(10_000))
                .0
        };
        assert_eq!(content(false, &[0, 12]), 15_000);
        assert_eq!(content(true, &[0, 12]), 20_000);
        assert_eq!(content(true, &[0, 12, 24, 36]), 30_000);
        assert_eq!(content(true, &[0, 24, 48]), 30_000);
    }
}
