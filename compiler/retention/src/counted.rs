//! Forgetting after each run by count rules alone: what one more version changes, rule by rule, in
//! place of a walk through all versions.
//!
//! Going from the newest to the oldest, a count rule keeps the first version of each period until it has
//! enough. What it does not keep changes nothing for it, so what it keeps after one more version follows
//! from what it kept before: the new one is first; the one that was first goes if it lies in the same
//! period; else the last one goes if there are too many now. While a rule has not enough, restic 0.16
//! and later keep the oldest of all for it as well. Rules by duration are not like that: their edge
//! moves with the newest version, and back as well (31 March and 1 April less a month).

use std::collections::VecDeque;

use crate::bucket::Keys;
use crate::rules::{Count, KeepRules};
use crate::version::ResticVersion;

/// The versions present after each run, while `forget` follows each.
pub(crate) struct Counted {
    rules: Vec<Rule>,
    keeps_oldest: bool,
    /// Versions by number, oldest first.
    present: Vec<u32>,
    /// For each of them, how many rules keep it.
    marks: Vec<u8>,
    /// What some rule has given up in this run.
    gone: Vec<u32>,
}

struct Rule {
    /// In [`crate::Bucket::ALL`].
    place: usize,
    /// How many it keeps; `None`: all.
    whole: Option<u32>,
    /// What it keeps, oldest first.
    kept: VecDeque<u32>,
}

impl Counted {
    /// No version yet. `None` if there are other rules than those that count.
    pub(crate) fn new(rules: &KeepRules, version: ResticVersion) -> Option<Self> {
        if rules.withins().iter().any(|(_, within)| within.is_some()) {
            return None;
        }
        let counting = rules.counts().into_iter().enumerate();
        let rules = counting.filter_map(|(place, (_, count))| {
            let whole = match count? {
                Count::N(0) | Count::MinusOne => return None,
                Count::N(count) => Some(count),
                Count::Unlimited => None,
            };
            Some(Rule {
                place,
                whole,
                kept: VecDeque::new(),
            })
        });
        Some(Self {
            rules: rules.collect(),
            keeps_oldest: version.keeps_oldest(),
            present: Vec::new(),
            marks: Vec::new(),
            gone: Vec::new(),
        })
    }

    /// One more version, with a greater number than those before, and then a forget.
    pub(crate) fn run(&mut self, number: u32, keys: &[Keys]) {
        let of = |number: u32| keys.get(number as usize);
        self.gone.clear();
        for rule in &mut self.rules {
            let key = |number: &u32| of(*number).and_then(|keys| keys.get(rule.place));
            let newest = rule.kept.back();
            let gone = if newest.is_some_and(|newest| key(newest) == key(&number)) {
                rule.kept.pop_back()
            } else if rule.is_full() {
                rule.kept.pop_front()
            } else {
                None
            };
            rule.kept.push_back(number);
            self.gone.extend(gone);
        }
        self.present.push(number);
        self.marks
            .push(u8::try_from(self.rules.len()).unwrap_or(u8::MAX));
        // The oldest may be there for no rule's period, and then only as long as some rule has room.
        let spared = self.keeps_oldest && self.rules.iter().any(|rule| !rule.is_full());
        while let Some(gone) = self.gone.pop() {
            let Ok(at) = self.present.binary_search(&gone) else {
                continue;
            };
            let Some(marks) = self.marks.get_mut(at) else {
                continue;
            };
            *marks = marks.saturating_sub(1);
            if *marks == 0 && at > 0 {
                self.drop(at);
            }
        }
        if !spared && self.marks.first() == Some(&0) {
            self.drop(0);
        }
    }

    fn drop(&mut self, at: usize) {
        self.present.remove(at);
        self.marks.remove(at);
    }

    /// What is left, oldest first.
    pub(crate) fn present(&self) -> &[u32] {
        &self.present
    }
}

impl Rule {
    fn is_full(&self) -> bool {
        self.whole
            .is_some_and(|whole| self.kept.len() >= whole as usize)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::history::{Run, simulate_iterated, simulate_with_forgets};

    fn count() -> impl Strategy<Value = Option<Count>> {
        prop_oneof![
            3 => Just(None),
            6 => (0_u32..6).prop_map(|n| Some(Count::N(n))),
            1 => Just(Some(Count::Unlimited)),
        ]
    }

    fn rules() -> impl Strategy<Value = KeepRules> {
        (count(), count(), count(), count(), count(), count()).prop_map(
            |(last, hourly, daily, weekly, monthly, yearly)| KeepRules {
                last,
                hourly,
                daily,
                weekly,
                monthly,
                yearly,
                ..KeepRules::default()
            },
        )
    }

    proptest! {
        /// What is kept is what a whole pass after each run keeps, in any rhythm and on any clock.
        #[test]
        fn as_a_pass_after_each_run(
            rules in rules(),
            minor in 14_u16..19,
            gaps in proptest::collection::vec((1_i64..2_000_000, -1_i32..2), 1..120),
        ) {
            let version = ResticVersion::new(0, minor, 0);
            let mut at = 1_790_000_000;
            let runs: Vec<Run> = gaps.into_iter().map(|(gap, zone)| {
                at += gap;
                Run { at: Timestamp::from_second(at).unwrap(), offset_seconds: zone * 3600 }
            }).collect();
            let forgets: Vec<Timestamp> = runs.iter().map(|run| run.at).collect();
            let (quick, whole) = (
                simulate_iterated(&rules, version, &runs, &TimeZone::UTC),
                simulate_with_forgets(&rules, version, &runs, (&forgets, &TimeZone::UTC)),
            );
            prop_assert_eq!(quick, whole);
        }
    }
}
