//! The heart of `forget`: one pass over snapshots from the newest to the oldest.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::bucket::Keys;
use crate::rules::{Count, KeepRules, KeepWithin};
use crate::version::ResticVersion;

/// The rules with their counters, ready for one pass after the other.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    /// Count rules that may keep something: place in [`crate::Bucket::ALL`], what is left
    /// (`None` is unlimited) and the last period kept.
    counts: Vec<Counter>,
    /// Duration rules: place, threshold (`None` keeps all) and the last period kept.
    withins: Vec<Window>,
    keeps_oldest: bool,
    keeps_oldest_within: bool,
    /// The zone of the machine that forgets.
    clock: TimeZone,
}

#[derive(Clone, Copy, Debug)]
struct Counter {
    place: usize,
    /// What there is at the start; `None` is unlimited.
    whole: Option<u32>,
    left: Option<u32>,
    last: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    place: usize,
    within: KeepWithin,
    after: Option<Timestamp>,
    last: Option<i64>,
}

/// Which rules keep a snapshot, one bit each by their place in restic's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub counts: u8,
    pub withins: u8,
    /// Those of them that keep it only because it is the oldest.
    pub oldest_counts: u8,
    pub oldest_withins: u8,
}

impl Kept {
    pub fn any(self) -> bool {
        self.counts | self.withins != 0
    }
}

impl Pass {
    /// A pass as if there were no snapshot yet; see [`Pass::restart`].
    pub fn new(rules: &KeepRules, version: ResticVersion, clock: &TimeZone) -> Self {
        let counts = rules
            .counts()
            .into_iter()
            .enumerate()
            .filter_map(|(place, (_, count))| {
                let left = match count? {
                    Count::N(0) | Count::MinusOne => return None,
                    Count::N(count) => Some(count),
                    Count::Unlimited => None,
                };
                Some(Counter {
                    place,
                    whole: left,
                    left,
                    last: None,
                })
            });
        let withins = rules
            .withins()
            .into_iter()
            .enumerate()
            .filter_map(|(place, (_, within))| {
                Some(Window {
                    place,
                    within: within?,
                    after: None,
                    last: None,
                })
            });
        Self {
            counts: counts.collect(),
            withins: withins.collect(),
            keeps_oldest: version.keeps_oldest(),
            keeps_oldest_within: version.keeps_oldest_within(),
            clock: clock.clone(),
        }
    }

    /// Begins anew. `latest` is the newest snapshot that is not in the future, with its offset;
    /// without one, duration rules reach back to the beginning of time and keep all.
    pub fn restart(&mut self, latest: Option<(Timestamp, i32)>) {
        for counter in &mut self.counts {
            counter.left = counter.whole;
            counter.last = None;
        }
        for window in &mut self.withins {
            window.after =
                latest.and_then(|(time, offset)| window.within.before(time, offset, &self.clock));
            window.last = None;
        }
    }

    /// What is left of each count rule: its place in [`crate::Bucket::ALL`], and the number, `None` for
    /// a rule without an end.
    pub fn left(&self) -> impl Iterator<Item = (usize, Option<u32>)> {
        self.counts
            .iter()
            .map(|counter| (counter.place, counter.left))
    }

    /// Decides on the next older snapshot.
    pub fn visit(&mut self, keys: &Keys, time: Timestamp, is_oldest: bool) -> Kept {
        let oldest = is_oldest && self.keeps_oldest;
        let oldest_within = is_oldest && self.keeps_oldest_within;
        let mut kept = Kept::default();
        for counter in &mut self.counts {
            let key = keys.get(counter.place).copied();
            if counter.left != Some(0) && (key != counter.last || oldest) {
                kept.counts |= 1 << counter.place;
                kept.oldest_counts |= u8::from(key == counter.last) << counter.place;
                counter.last = key;
                counter.left = counter.left.map(|left| left - 1);
            }
        }
        for window in &mut self.withins {
            if window.after.is_some_and(|after| time <= after) {
                continue;
            }
            let key = keys.get(window.place).copied();
            // Plain `within` has the unique key of its snapshot and keeps each.
            if key != window.last || oldest_within {
                kept.withins |= 1 << window.place;
                kept.oldest_withins |= u8::from(key == window.last) << window.place;
                window.last = key;
            }
        }
        kept
    }
}
