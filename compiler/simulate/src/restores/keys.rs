//! What waits for a key: one that only a vault has which is gone comes back with the content of that vault.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{ClassId, KeyId};
use thrice_plan::{CopyId, Plan};

use super::{Left, Way, around, ways};
use crate::Sizes;
use crate::reach::with_needs;
use crate::volume::Volume;

/// How long takes what nothing is said of nobody knows: any other way is sooner, and what waits for it is later still.
const UNKNOWN: i64 = i64::MAX / 64;

/// When keys are at hand if nothing else comes back, and with what: of several vaults with the one that is back first.
pub(super) struct Keys<'p> {
    plan: &'p Plan,
    sizes: Sizes,
    at: i64,
    /// For each key that is not at hand: when it is, in seconds, and the content of its vault.
    later: BTreeMap<KeyId, (i64, ClassId)>,
}

impl<'p> Keys<'p> {
    pub(super) fn after(plan: &'p Plan, left: &Left, sizes: Sizes, at: i64) -> Self {
        let mut out = Self {
            plan,
            sizes,
            at,
            later: BTreeMap::new(),
        };
        // What opens a vault may lie in another one.
        let mut found = true;
        while found {
            found = false;
            for (key, content) in &left.keys.later {
                let Some(at) = out.opened(left, *content) else {
                    continue;
                };
                let known = out.later.get(key);
                if known.is_none_or(|known| (at, *content) < *known) {
                    out.later.insert(*key, (at, *content));
                    found = true;
                }
            }
        }
        out
    }

    /// When somebody can look into a vault whose content is a class; with all that this is restored with.
    fn opened(&self, left: &Left, content: ClassId) -> Option<i64> {
        let mut latest = self.set_up(content);
        for class in with_needs(self.plan, content) {
            if left.lost.contains(&class) {
                let (_, finish) = around(self.plan, &self.plan.model.classes[class], self.sizes);
                let (there, _) = self.first(left, class)?;
                latest = latest.max(there.saturating_add(finish.0));
            }
        }
        // A second, so that no two wait for each other.
        Some(latest.saturating_add(1))
    }

    /// How long it takes until a vault is in use whose program is lost and not its content.
    fn set_up(&self, content: ClassId) -> i64 {
        let (setup, finish) = around(self.plan, &self.plan.model.classes[content], self.sizes);
        setup.saturating_add(finish).0
    }

    /// The way on which a class is there first, and when that is if nothing else comes; of two that are as good the one over
    /// the faster line, and the first of those.
    pub(super) fn first(&self, left: &Left, class: ClassId) -> Option<(i64, Way)> {
        let data = &self.plan.model.classes[class];
        let (setup, _) = around(self.plan, data, self.sizes);
        let bytes = Volume::of(data, self.sizes).size(self.at);
        let all = ways(self.plan, data, left.copies.get(&class)?);
        let there = all.filter_map(|way| {
            let begins = setup.0.max(self.at_hand(left, way.copy)?);
            let known = data.size.and_then(|_| {
                let time = bytes.div_ceil(u128::from(way.speed.max(1)));
                i64::try_from(time).ok()
            });
            let time = known.map_or(UNKNOWN, |time| time.min(UNKNOWN));
            Some((begins.saturating_add(time), way))
        });
        there.min_by_key(|(there, way)| (*there, Reverse(way.speed), way.copy))
    }

    /// When a copy can be read.
    fn at_hand(&self, left: &Left, copy: CopyId) -> Option<i64> {
        match self.plan.copies[copy].key {
            Some(key) if !left.keys.at_hand.contains(&key) => {
                self.later.get(&key).map(|(at, _)| *at)
            }
            _ => Some(0),
        }
    }

    /// What must be back before a copy can be read, and when it can at the earliest: classes that are lost.
    pub(super) fn before(&self, left: &Left, copy: CopyId) -> (BTreeSet<ClassId>, i64) {
        let key = self.plan.copies[copy].key;
        let key = key.filter(|key| !left.keys.at_hand.contains(key));
        let Some((_, content)) = key.and_then(|key| self.later.get(&key)) else {
            return (BTreeSet::new(), 0);
        };
        let mut classes = with_needs(self.plan, *content);
        classes.retain(|class| left.lost.contains(class));
        (classes, self.set_up(*content))
    }
}
