//! How much data of a class there are, and how much of them is like what was there before.
//!
//! Bytes are numbered in the order in which they are written. At any instant the data are the last ones, as
//! many as the data are large: whatever is overwritten or deleted is the oldest. So two instants share as
//! little as the stated churn allows, which is what takes a repository the most room. Sizes change at
//! midnight in UTC.

use std::cell::RefCell;

use thrice_model::{Class, ClassKind};
use thrice_quantity::{Bytes, BytesPerDay, Interval, RatioPerMonth, Seconds};

use crate::Sizes;
use crate::calendar::midnight;
use crate::content::union;

const DAY: i64 = 86_400;

/// The data of a class, with all that is open in it chosen.
#[derive(Clone, Debug)]
pub(crate) struct Volume {
    kind: ClassKind,
    /// The instant at which they have the size that is stated.
    begins: i64,
    size: Bytes,
    growth: Growth,
    /// What is overwritten; `None`: not said, so all of them each day.
    churn: Option<BytesPerDay>,
    /// What is overwritten up to each day, if that is all.
    overwritten: RefCell<Vec<u128>>,
    /// How large they are on each day that was asked for, by its place.
    sizes: RefCell<Vec<Option<u128>>>,
}

#[derive(Clone, Copy, Debug)]
enum Growth {
    AtMost(RatioPerMonth),
    AtLeast(RatioPerMonth),
    Volume(BytesPerDay),
}

impl Volume {
    pub(crate) fn of(class: &Class, sizes: Sizes) -> Self {
        fn end<T: Copy + PartialOrd>(interval: &Interval<T>, sizes: Sizes) -> T {
            match sizes {
                Sizes::Least => interval.low(),
                Sizes::Most => interval.high(),
            }
        }
        let growth = match (&class.growth_volume, sizes) {
            (Some(volume), _) => Growth::Volume(end(volume, sizes)),
            (None, Sizes::Least) => Growth::AtLeast(class.growth.low()),
            (None, Sizes::Most) => Growth::AtMost(class.growth.high()),
        };
        Self {
            kind: class.kind,
            begins: midnight(class.lifetime.from),
            size: class
                .size
                .map_or(Bytes::ZERO, |(size, _)| end(&size, sizes)),
            growth,
            churn: class.churn.map(|(churn, _)| end(&churn, sizes)),
            overwritten: RefCell::default(),
            sizes: RefCell::default(),
        }
    }

    /// How large they are at an instant.
    pub(crate) fn size(&self, at: i64) -> u128 {
        self.size_on(at.saturating_sub(self.begins).max(0) / DAY)
    }

    fn size_on(&self, day: i64) -> u128 {
        let Ok(place) = usize::try_from(day) else {
            return self.grown(day);
        };
        let mut known = self.sizes.borrow_mut();
        if known.len() <= place {
            known.resize(place.saturating_add(1), None);
        }
        match known.get_mut(place) {
            Some(known) => *known.get_or_insert_with(|| self.grown(day)),
            None => self.grown(day),
        }
    }

    fn grown(&self, day: i64) -> u128 {
        let days = u32::try_from(day).unwrap_or(u32::MAX);
        let size = match self.growth {
            Growth::AtMost(growth) => growth.grown_at_most(self.size, days),
            Growth::AtLeast(growth) => growth.grown_at_least(self.size, days),
            Growth::Volume(volume) => {
                let grown = volume.over(Seconds::days(i64::from(days)));
                self.size.saturating_add(grown)
            }
        };
        u128::from(size.0)
    }

    /// How much has been overwritten up to an instant. Items are written once: others take their place where it is said how
    /// much that is.
    pub(crate) fn overwritten(&self, at: i64) -> u128 {
        let time = at.saturating_sub(self.begins).max(0);
        match (self.kind, self.churn) {
            (_, Some(churn)) => u128::from(churn.over(Seconds(time)).0),
            (ClassKind::Items, None) => 0,
            (_, None) => {
                let day = time / DAY;
                let mut known = self.overwritten.borrow_mut();
                if known.is_empty() {
                    known.push(0);
                }
                let index = usize::try_from(day).unwrap_or(usize::MAX);
                while known.len() <= index {
                    let next = i64::try_from(known.len()).unwrap_or(i64::MAX) - 1;
                    let before = known.last().copied().unwrap_or(0);
                    known.push(before + self.size_on(next));
                }
                let part = self.size_on(day) * u128::from((time % DAY).unsigned_abs());
                known.get(index).copied().unwrap_or(0) + part / u128::from(DAY.unsigned_abs())
            }
        }
    }

    /// The numbers of the bytes that are there at an instant: after the first, up to the second.
    pub(crate) fn bytes(&self, at: i64) -> (u128, u128) {
        let from = self.overwritten(at);
        (from, from + self.size(at))
    }

    /// How much of what is there was created after an instant, up to another; what was there in the
    /// beginning came then.
    pub(crate) fn created(&self, from: i64, to: i64) -> u128 {
        let (from, to) = self.created_bytes(from, to);
        to.saturating_sub(from)
    }

    /// The numbers of those bytes, where nothing is overwritten: after the first, up to the second.
    pub(crate) fn created_bytes(&self, from: i64, to: i64) -> (u128, u128) {
        let before = match from <= self.begins {
            true => 0,
            false => self.size(from),
        };
        (before, self.size(to))
    }

    /// Whether what is created up to an instant and what is created from it on are one stretch.
    pub(crate) const fn goes_on_at(&self, at: i64) -> bool {
        at > self.begins
    }

    pub(crate) const fn kind(&self) -> ClassKind {
        self.kind
    }

    /// Whether it is said how much is overwritten.
    pub(crate) const fn has_churn(&self) -> bool {
        self.churn.is_some()
    }
}

/// Bytes by their numbers: ranges, ascending and apart, each after its first number, up to its second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    ranges: Vec<(u128, u128)>,
    count: u128,
}

impl Numbers {
    pub(crate) fn of(ranges: Vec<(u128, u128)>) -> Self {
        let ranges = union(ranges);
        let count = ranges.iter().map(|(from, to)| to - from).sum();
        Self { ranges, count }
    }

    /// How many they are.
    pub(crate) const fn count(&self) -> u128 {
        self.count
    }

    /// Adds more of them; how many of those were not there. What is new has the greatest numbers mostly.
    pub(crate) fn add(&mut self, (from, to): (u128, u128)) -> u128 {
        if from >= to {
            return 0;
        }
        let first = self.ranges.partition_point(|(_, end)| *end < from);
        let end = self.ranges.partition_point(|(start, _)| *start <= to);
        let met = self.ranges.drain(first..end.max(first));
        let whole = met.fold((from, to, 0), |(from, to, there), (start, end)| {
            (from.min(start), to.max(end), there + (end - start))
        });
        let (from, to, there) = whole;
        self.ranges.insert(first, (from, to));
        let new = to - from - there;
        self.count += new;
        new
    }
}

#[cfg(test)]
impl Volume {
    /// A state of so many bytes, all of which are new each day.
    pub(crate) fn daily(bytes: u64) -> Self {
        Self {
            kind: ClassKind::State,
            begins: 0,
            size: Bytes(bytes),
            growth: Growth::AtMost(RatioPerMonth::new(0)),
            churn: None,
            overwritten: RefCell::default(),
            sizes: RefCell::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One after the other they come to what they are together.
    #[test]
    fn numbers_are_added_as_they_are_put_together() {
        let mut state = 7_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            u128::from((state >> 33) % below)
        };
        for _ in 0..200 {
            let mut added = Numbers::default();
            let mut all = Vec::new();
            for _ in 0..20 {
                let from = next(60);
                let range = (from, from + next(12));
                let before = added.count();
                let new = added.add(range);
                all.push(range);
                assert_eq!(added, Numbers::of(all.clone()));
                assert_eq!(added.count(), before + new);
            }
        }
    }
}
