//! How far apart versions lie, at which ages: the answer to every question about reach and gap.

use jiff::Timestamp;
use thrice_quantity::Seconds;

use crate::steady::SteadyHistory;
use crate::walk::Walk;

/// A distance between two neighbouring versions that was seen after a forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The forget.
    pub at: Timestamp,
    /// Age of the younger version then.
    pub younger: Seconds,
    /// Age of the older version then; `None` if there was no older one.
    pub older: Option<Seconds>,
}

impl Hole {
    /// The distance; `None` for an end without an older version.
    #[must_use]
    pub fn width(&self) -> Option<Seconds> {
        Some(self.older?.saturating_sub(self.younger))
    }
}

/// The widest distances between neighbours by age, over all moments of a steady history. Ages are
/// taken right after a forget; until the next one all of them grow alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The widest holes, each wider than all that begin at a lesser age, youngest first.
    holes: Vec<Hole>,
    /// The moment with the least reach; its hole has no older end. `None` if nothing is ever given up.
    end: Option<Hole>,
    /// The age that no version exceeds right after a forget; `None` if there is no such age.
    pub oldest: Option<Seconds>,
    /// The widest hole at any age.
    pub widest: Seconds,
}

impl Profile {
    /// The age up to which there is always a version at least that old; `None`: for ever.
    #[must_use]
    pub fn reach(&self) -> Option<Seconds> {
        self.end.map(|end| end.younger)
    }

    /// The age up to which the next older version is never further away than `gap`; `None`: for ever.
    #[must_use]
    pub fn reach_with(&self, gap: Seconds) -> Option<Seconds> {
        self.first_wider(gap).map(|hole| hole.younger)
    }

    /// The youngest hole wider than `gap`, or the end, whichever comes first.
    #[must_use]
    pub fn first_wider(&self, gap: Seconds) -> Option<Hole> {
        let hole = self
            .holes
            .iter()
            .find(|hole| hole.width().is_some_and(|width| width > gap));
        match (hole.copied(), self.end) {
            (Some(hole), Some(end)) if end.younger <= hole.younger => Some(end),
            (hole, end) => hole.or(end),
        }
    }

    /// The widest distance to the next older version at any age up to `reach`; `None` where some
    /// moment has no version that old.
    #[must_use]
    pub fn gap_to(&self, reach: Seconds) -> Option<Seconds> {
        if self.reach().is_some_and(|end| end < reach) {
            return None;
        }
        let before = self.holes.iter().take_while(|hole| hole.younger < reach);
        Some(
            before
                .filter_map(Hole::width)
                .max()
                .unwrap_or(Seconds::ZERO),
        )
    }

    /// The stretches of age with one widest distance each: up to which age, and the distance. The last
    /// one ends at the reach.
    #[must_use]
    pub fn stretches(&self) -> Vec<(Option<Seconds>, Seconds)> {
        let mut out = Vec::new();
        let ends = self.holes.iter().skip(1).map(|hole| Some(hole.younger));
        for (hole, end) in self.holes.iter().zip(ends.chain([None])) {
            let end = match (end, self.reach()) {
                (Some(end), Some(reach)) => Some(end.min(reach)),
                (end, reach) => end.or(reach),
            };
            let begins_too_late = self.reach().is_some_and(|reach| hole.younger >= reach);
            if let Some(width) = hole.width().filter(|_| !begins_too_late) {
                out.push((end, width));
            }
        }
        out
    }
}

/// The holes that no other one outdoes: each wider than all that begin at a lesser age. There are few
/// of them, however many were seen.
#[derive(Default)]
struct Front {
    /// Youngest first.
    holes: Vec<Hole>,
}

impl Front {
    /// Of equals the first that was seen stays.
    fn add(&mut self, hole: Hole) {
        let width = hole.width().unwrap_or(Seconds::ZERO);
        let wide = |other: &Hole| other.width().unwrap_or(Seconds::ZERO);
        let after = self
            .holes
            .partition_point(|other| other.younger <= hole.younger);
        let before = after.checked_sub(1).and_then(|at| self.holes.get(at));
        if width <= before.map_or(Seconds::ZERO, wide) {
            return;
        }
        let from = match before {
            Some(before) if before.younger == hole.younger => after - 1,
            _ => after,
        };
        let rest = self.holes.get(after..).unwrap_or_default();
        let outdone = rest.iter().take_while(|other| wide(other) <= width).count();
        self.holes.splice(from..after + outdone, [hole]);
    }
}

impl SteadyHistory {
    /// The profile of all moments from the first that counts; `None` if one of them has no version.
    #[must_use]
    pub fn profile(&self) -> Option<Profile> {
        let mut front = Front::default();
        let (mut end, mut oldest): (Option<Hole>, Option<Seconds>) = (None, None);
        let mut walk = Walk::new(&self.history, self.first);
        while let Some(index) = walk.step() {
            let at = self.history.forget_at(index)?;
            // Other neighbours were younger after the forget before, and as far apart.
            for pair in &walk.fresh {
                front.add(Hole {
                    at,
                    younger: walk.age(pair.younger),
                    older: Some(walk.age(pair.older)),
                });
            }
            let last = walk.age(walk.oldest()?);
            if end.is_none_or(|hole| last < hole.younger) {
                end = Some(Hole {
                    at,
                    younger: last,
                    older: None,
                });
            }
            oldest = oldest.max(Some(last));
        }
        end?;
        let holes = front.holes;
        let widest = holes.last().and_then(Hole::width);
        Some(Profile {
            holes,
            end: end.filter(|_| !self.unbounded),
            oldest: oldest.filter(|_| !self.unbounded),
            widest: widest.unwrap_or(Seconds::ZERO),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The holes left of some, each told by its age, its width and when it was seen.
    fn left(seen: &[(i64, i64, i64)]) -> Vec<(i64, i64, i64)> {
        let mut front = Front::default();
        for (younger, width, at) in seen {
            front.add(Hole {
                at: Timestamp::from_second(*at).unwrap(),
                younger: Seconds(*younger),
                older: Some(Seconds(younger + width)),
            });
        }
        let told = |hole: &Hole| {
            let width = hole.width().unwrap_or_default();
            (hole.younger.0, width.0, hole.at.as_second())
        };
        front.holes.iter().map(told).collect()
    }

    #[test]
    fn a_hole_stays_if_none_as_young_is_as_wide() {
        assert_eq!(
            left(&[(5, 2, 1), (9, 2, 2), (3, 1, 3)]),
            [(3, 1, 3), (5, 2, 1)]
        );
        assert_eq!(
            left(&[(5, 2, 1), (9, 4, 2), (3, 3, 3)]),
            [(3, 3, 3), (9, 4, 2)]
        );
        assert_eq!(left(&[(5, 2, 1), (5, 2, 2), (5, 3, 3)]), [(5, 3, 3)]);
        assert_eq!(left(&[(5, 0, 1)]), []);
    }
}
