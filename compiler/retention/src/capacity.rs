//! How much a deduplicating repository can hold.

use serde::{Deserialize, Serialize};
use thrice_quantity::{Bytes, BytesPerDay, Ratio, Seconds};

/// The most that the kept versions can take: `S(τ₁) + Σ min(S(τᵢ), c·(τᵢ−τᵢ₋₁))`, with their
/// `ages` and `sizes` from the youngest and the greatest stored churn `c`.
///
/// Sound, because what a version holds beyond its younger neighbour is no more than itself, and
/// no more than what was overwritten between the two; and tight, as overwriting in rotation
/// attains it. With a churn as large as the data it becomes the sum of the sizes, never more.
/// Beyond `u64` the greatest size.
#[must_use]
pub fn repository_bound(
    ages: &[Seconds],
    sizes: impl IntoIterator<Item = Bytes>,
    churn: BytesPerDay,
) -> Bytes {
    let mut sizes = sizes.into_iter();
    let newest = sizes.next().unwrap_or(Bytes::ZERO);
    let gaps = ages
        .iter()
        .zip(ages.iter().skip(1))
        .map(|(younger, older)| older.saturating_sub(*younger));
    let older = gaps
        .zip(sizes)
        .map(|(gap, size)| held_beyond(size, gap, churn));
    clamp(u128::from(newest.0) + older.sum::<u128>())
}

/// What a version of this size may hold beyond its younger neighbour, `gap` after it.
pub(crate) fn held_beyond(size: Bytes, gap: Seconds, churn: BytesPerDay) -> u128 {
    u128::from(size.min(churn.over(gap)).0)
}

/// What a repository needs beyond its content, for [`peak`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeakAssumptions {
    /// Share of unused data that prune leaves (`--max-unused`, restic's default is 5 %).
    pub max_unused: Ratio,
    /// Share on top for index, trees and packing.
    pub overhead: Ratio,
    /// The most that one prune rewrites (`--max-repack-size`); `None` is everything.
    pub repack: Option<Bytes>,
    /// The longest time between two prunes; what is forgotten stays until then.
    pub prune_period: Seconds,
}

impl Default for PeakAssumptions {
    /// 5 % unused, 3 % overhead, a prune that may rewrite everything, once a week.
    fn default() -> Self {
        Self {
            max_unused: Ratio(50_000),
            overhead: Ratio(30_000),
            repack: None,
            prune_period: Seconds::days(7),
        }
    }
}

/// The most that is on the store at any moment, the rewriting of prune included:
/// `(1 + overhead) · (U / (1 − max_unused) + min(repack, U)) + c · prune period`, with `U` from
/// [`repository_bound`]. Rounded up; the greatest size beyond `u64`, or if all may stay unused.
#[must_use]
pub fn peak(content: Bytes, churn: BytesPerDay, assumptions: &PeakAssumptions) -> Bytes {
    const ONE: u128 = 1_000_000;
    let content = u128::from(content.0);
    let used = u128::from(assumptions.max_unused.complement().0);
    if used == 0 {
        return Bytes(u64::MAX);
    }
    let kept = (content * ONE).div_ceil(used);
    let rewritten = assumptions
        .repack
        .map_or(content, |repack| content.min(u128::from(repack.0)));
    let with_overhead = (kept + rewritten) * (ONE + u128::from(assumptions.overhead.0));
    clamp(with_overhead.div_ceil(ONE) + u128::from(churn.over(assumptions.prune_period).0))
}

/// The greatest size for what is beyond it.
pub(crate) fn clamp(bytes: u128) -> Bytes {
    Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MB: u64 = 1_000_000;

    fn bound(size: u64, churn: u64) -> u64 {
        let ages: Vec<_> = [0, 1, 2, 3, 4, 5, 6, 13, 20, 27]
            .map(Seconds::days)
            .to_vec();
        let sizes = std::iter::repeat_n(Bytes(size * MB), ages.len());
        repository_bound(&ages, sizes, BytesPerDay::new(churn * MB)).0 / MB
    }

    #[test]
    fn worked_example() {
        // 200 + 6·30 + 3·200
        assert_eq!(bound(200, 30), 980);
        assert_eq!(
            bound(200, 200),
            2000,
            "churn as large as the data: k times the size"
        );
        assert_eq!(bound(200, 0), 200);
    }

    #[test]
    fn peak_adds_waste_repacking_and_what_waits_for_prune() {
        let weekly = PeakAssumptions::default();
        let churn = BytesPerDay::new(30 * MB);
        // 1.03 · (950/0.95 + 950) + 7·30
        assert_eq!(peak(Bytes(950 * MB), churn, &weekly), Bytes(2_218_500_000));
        let capped = PeakAssumptions {
            repack: Some(Bytes(100 * MB)),
            ..weekly
        };
        assert_eq!(peak(Bytes(950 * MB), churn, &capped), Bytes(1_343 * MB));
        let wasteful = PeakAssumptions {
            max_unused: Ratio::ONE,
            ..weekly
        };
        assert_eq!(peak(Bytes(1), churn, &wasteful), Bytes(u64::MAX));
        assert_eq!(peak(Bytes(u64::MAX), churn, &weekly), Bytes(u64::MAX));
    }

    proptest! {
        /// Files overwritten in rotation: the true content never exceeds the bound.
        #[test]
        fn rotating_overwrites_never_exceed_it(
            blocks in 1_u64..40, per_day in 0_u64..50, gaps in prop::collection::vec(1_i64..40, 0..12),
        ) {
            let mut ages = vec![Seconds::ZERO];
            for gap in &gaps {
                ages.push(ages[ages.len() - 1].saturating_add(Seconds::days(*gap)));
            }
            // Block b was last written before day d by write number w, the greatest w < d·per_day
            // with w ≡ b; two versions share it if that is the same.
            let horizon = ages[ages.len() - 1].whole_days();
            let mut contents = std::collections::BTreeSet::new();
            for age in &ages {
                let writes = i64::try_from(per_day).unwrap() * (horizon - age.whole_days());
                for block in 0..i64::try_from(blocks).unwrap() {
                    let width = i64::try_from(blocks).unwrap();
                    let last = (writes - 1 - block).div_euclid(width).max(-1);
                    contents.insert((block, last));
                }
            }
            let sizes = std::iter::repeat_n(Bytes(blocks), ages.len());
            let bound = repository_bound(&ages, sizes, BytesPerDay::new(per_day));
            prop_assert!(contents.len() as u64 <= bound.0);
        }
    }
}
