//! What a stretch of history guarantees.

use jiff::Timestamp;
use thrice_quantity::{Bytes, BytesPerDay, Seconds};

use crate::capacity::{clamp, held_beyond};
use crate::closed_form;
use crate::history::History;
use crate::rules::KeepRules;
use crate::walk::{Pair, Walk};

/// What a stretch of history guarantees. All ages are taken right after a forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarantee {
    /// The age up to which there is always a version at least that old; `None` if the first
    /// version is never given up.
    pub reach: Option<Seconds>,
    /// The age that no version exceeds right after a run; until the next run that succeeds it
    /// grows with the time that passes. `None` if there is no such age.
    pub oldest: Option<Seconds>,
    /// The widest hole between two neighbouring versions.
    pub widest_gap: Seconds,
    /// The most versions held after a forget.
    pub most_kept: usize,
    /// The fewest versions held after a forget.
    pub fewest_kept: usize,
}

impl Guarantee {
    /// What is left of it when up to `missed` runs in a row may fail, with runs at most `period`
    /// apart. Count rules stretch: versions stay longer and lie further apart. Duration rules
    /// lose the versions that were not made, so that holes open between them and the versions
    /// of other rules.
    #[must_use]
    pub fn with_missed(self, rules: &KeepRules, missed: u32, period: Seconds) -> Self {
        if missed == 0 {
            return self;
        }
        let delay = period.saturating_mul(i64::from(missed));
        let has_durations = rules.withins().iter().any(|(_, within)| within.is_some());
        let lost = if has_durations { delay } else { Seconds::ZERO };
        Self {
            reach: self
                .reach
                .map(|reach| reach.saturating_sub(lost).max(Seconds::ZERO)),
            oldest: closed_form::oldest(rules, period, missed),
            widest_gap: self.widest_gap.saturating_add(delay).saturating_add(lost),
            ..self
        }
    }
}

impl History {
    /// What the forgets from `first` on guarantee; `None` if there are none, or if one leaves
    /// nothing. Bounds are those seen: an unbounded rule shows only as far as the simulation went.
    #[must_use]
    pub fn guarantee(&self, first: usize) -> Option<Guarantee> {
        let mut walk = Walk::new(self, first);
        let mut seen: Option<Guarantee> = None;
        while walk.step().is_some() {
            let age = walk.age(walk.oldest()?);
            let gap = widest(&walk, |_| true);
            let now = seen.unwrap_or(Guarantee {
                reach: Some(age),
                oldest: Some(age),
                widest_gap: gap,
                most_kept: walk.count(),
                fewest_kept: walk.count(),
            });
            seen = Some(Guarantee {
                reach: now.reach.map(|reach| reach.min(age)),
                oldest: now.oldest.map(|oldest| oldest.max(age)),
                widest_gap: now.widest_gap.max(gap),
                most_kept: now.most_kept.max(walk.count()),
                fewest_kept: now.fewest_kept.min(walk.count()),
            });
        }
        seen
    }

    /// The widest hole on the way back to `reach`, over the forgets from `first` on; `None`
    /// where some moment has no version that old.
    #[must_use]
    pub fn widest_gap_within(&self, first: usize, reach: Seconds) -> Option<Seconds> {
        let mut walk = Walk::new(self, first);
        let mut widest_gap = Seconds::ZERO;
        while walk.step().is_some() {
            if walk.oldest().is_none_or(|oldest| walk.age(oldest) < reach) {
                return None;
            }
            // At no forget are two neighbours younger than when they became neighbours.
            let within = widest(&walk, |pair| walk.age(pair.younger) < reach);
            widest_gap = widest_gap.max(within);
        }
        Some(widest_gap)
    }

    /// The forget after which the repository may hold the most, among those from `first` on,
    /// with that bound (see [`crate::repository_bound`]); the first of several.
    #[must_use]
    pub fn worst_bound(
        &self,
        first: usize,
        size_at: impl Fn(Timestamp) -> Bytes,
        churn: BytesPerDay,
    ) -> Option<(usize, Bytes)> {
        let size = |run: u32| self.run_at(run).map_or(Bytes::ZERO, &size_at);
        let mut walk = Walk::new(self, first);
        let mut worst: Option<(usize, Bytes)> = None;
        let mut beyond_newest = 0;
        while let Some(index) = walk.step() {
            let held = |pair: &Pair| held_beyond(size(pair.older), walk.gap(*pair), churn);
            beyond_newest += walk.fresh.iter().map(held).sum::<u128>();
            beyond_newest -= walk.parted.iter().map(held).sum::<u128>();
            let newest = walk.newest().map_or(Bytes::ZERO, size);
            let bound = clamp(u128::from(newest.0) + beyond_newest);
            if worst.is_none_or(|(_, most)| bound > most) {
                worst = Some((index, bound));
            }
        }
        worst
    }
}

/// The widest distance between new neighbours of a kind.
fn widest(walk: &Walk<'_>, is_asked: impl Fn(&Pair) -> bool) -> Seconds {
    let asked = walk.fresh.iter().filter(|pair| is_asked(pair));
    let gaps = asked.map(|pair| walk.gap(*pair));
    gaps.max().unwrap_or(Seconds::ZERO)
}
