//! What a run leaves in a copy, and what it takes away there.

use std::collections::BTreeSet;

use thrice_model::{ClassKind, StepId, Verb};
use thrice_plan::CopyId;
use thrice_retention::KeepRules;

use super::follow::Player;
use super::thing::{Others, Thing};
use crate::calendar::instant;

/// As much as looking at one version does all that the rules do with it.
const RULES: usize = 16;

impl Player<'_> {
    /// A run that began at one instant leaves what it found at another one.
    pub(super) fn leave(
        &mut self,
        step: StepId,
        (copy, source): (CopyId, CopyId),
        found: &[Thing],
        (start, now): (i64, i64),
    ) {
        let plan = self.plan;
        let has = found.iter().any(|thing| thing.has);
        let one = |taken: Option<i64>| Thing {
            taken,
            made: now,
            entered: now,
            has,
            forgotten: None,
        };
        match &plan.model.steps[step].verb {
            Verb::Capture(parts) => match &parts.keeps {
                None if has => self.put(copy, &[one(None)], now, Others::Go),
                None => self.put(copy, &[], now, Others::Go),
                Some((keeps, _)) => {
                    self.put(copy, &[one(Some(start))], now, Others::Stay);
                    self.tidy(copy, now.saturating_sub(keeps.high().0), now);
                }
            },
            Verb::Backup { keep, mirror, .. } => {
                match mirror {
                    None => self.put(copy, &[one(Some(start))], now, Others::Stay),
                    Some(_) => self.put(copy, found, now, Others::Stay),
                }
                if let Some((rules, _)) = keep {
                    self.forget(step, copy, rules, now);
                }
            }
            Verb::Copy { latest_only, .. } => {
                // A file that people deleted is overwritten by nothing.
                let state = plan.model.classes[plan.copies[copy].class].kind == ClassKind::State;
                let others = match latest_only & state {
                    true => Others::Go,
                    false => Others::Stay,
                };
                self.put(copy, found, now, others);
            }
            Verb::Seed { .. } => self.put(copy, found, now, Others::Go),
            Verb::Sync { backup_dir, .. } => {
                let others = match backup_dir {
                    Some(_) => Others::Aside,
                    None => Others::Go,
                };
                self.put(copy, found, now, others);
            }
            Verb::Move { .. } => {
                self.put(copy, found, now, Others::Stay);
                self.take_away(source, now, |_, thing| {
                    found.iter().any(|moved| moved.taken == thing.taken)
                });
            }
            Verb::Expire { .. } | Verb::Prune | Verb::Check(_) | Verb::Drill => {}
        }
    }

    /// Brings things. What bears a newer time than what is there is written anew.
    pub(super) fn put(&mut self, copy: CopyId, new: &[Thing], now: i64, others: Others) {
        let others_looked_at = match others {
            Others::Stay => 0,
            Others::Go | Others::Aside => self.count(copy),
        };
        self.look(new.len().saturating_add(others_looked_at));
        let Some(there) = self.there.get_mut(&copy) else {
            return;
        };
        let keeps = &there.keeps;
        let mut kept = there.kept;
        let mut aside: Vec<Thing> = Vec::new();
        let mut keep = |old: &Thing| {
            if old.has {
                kept = kept.max(keeps.until(old.entered, now));
                aside.push(Thing {
                    entered: now,
                    ..*old
                });
            }
        };
        if others != Others::Stay {
            let stays: BTreeSet<Option<i64>> = new.iter().map(|thing| thing.taken).collect();
            there.things.retain(|taken, old| {
                let stays = stays.contains(taken);
                if !stays {
                    keep(old);
                }
                stays
            });
        }
        let newest = new.iter().map(|thing| thing.taken).max();
        if !there.is_counted
            && let Some(last) = there.things.last_entry()
            && !last.get().has
            && Some(*last.key()) < newest
        {
            last.remove();
        }
        let newest = newest.max(there.things.keys().next_back().copied());
        for thing in new {
            let came = Thing {
                entered: now,
                ..*thing
            };
            let matters = there.is_counted || thing.has || Some(thing.taken) == newest;
            if !matters && !there.things.contains_key(&thing.taken) {
                continue;
            }
            let old = there.things.entry(thing.taken).or_insert(came);
            old.forgotten = thing.forgotten;
            if thing.made > old.made {
                keep(old);
                *old = came;
            }
        }
        there.kept = kept;
        if others == Others::Aside {
            there.aside.extend(aside);
        }
        self.note(copy, now);
        self.watch(copy, now);
    }

    /// Takes away what `goes`; the store may keep it.
    pub(super) fn take_away(
        &mut self,
        copy: CopyId,
        now: i64,
        goes: impl Fn(&Self, &Thing) -> bool,
    ) {
        self.look(self.count(copy));
        let Some(there) = self.there.get(&copy) else {
            return;
        };
        let all = there.things.values();
        let gone: Vec<Thing> = all.filter(|thing| goes(self, thing)).copied().collect();
        let kept = gone.iter().filter(|thing| thing.has);
        let kept = kept.map(|thing| there.keeps.until(thing.entered, now));
        let kept = kept.max().unwrap_or(i64::MIN);
        if let Some(there) = self.there.get_mut(&copy) {
            there.kept = there.kept.max(kept);
            for thing in &gone {
                there.things.remove(&thing.taken);
            }
        }
        self.note(copy, now);
    }

    /// A capture's own clean-up: what came before an instant goes, but never the newest version of a state.
    fn tidy(&mut self, copy: CopyId, limit: i64, now: i64) {
        let state = self.plan.model.classes[self.plan.copies[copy].class].kind == ClassKind::State;
        let there = self.there.get(&copy);
        let newest = there.and_then(|there| there.things.keys().next_back().copied());
        self.take_away(copy, now, |_, thing| {
            thing.entered <= limit && !(state && Some(thing.taken) == newest)
        });
    }

    /// Forgets after a backup. What is forgotten stays until a prune removes it.
    fn forget(&mut self, step: StepId, copy: CopyId, rules: &KeepRules, now: i64) {
        let Some(there) = self.there.get_mut(&copy) else {
            return;
        };
        let known = there.things.values().filter(|it| it.forgotten.is_none());
        let taken: Vec<i64> = known.filter_map(|thing| thing.taken).collect();
        // Each rule looks at each version that is not forgotten yet.
        let looks = taken.len().saturating_mul(RULES);
        let looks = looks.saturating_add(there.things.len());
        let gone = self
            .forgetting
            .goes(self.plan, (step, copy), rules, &taken, now);
        if gone.is_empty() {
            return;
        }
        for at in gone {
            let thing = there.things.get_mut(&Some(at));
            if let Some(thing) = thing.filter(|it| it.forgotten.is_none()) {
                thing.forgotten = Some(now);
            }
        }
        there
            .things
            .retain(|_, thing| thing.has || thing.forgotten.is_none());
        self.look(looks);
        self.note(copy, now);
    }

    /// Notes whether the record is there.
    fn note(&mut self, copy: CopyId, now: i64) {
        let Some(there) = self.there.get_mut(&copy) else {
            return;
        };
        let has = there.things.values().any(|thing| thing.has);
        let mut versions = there.things.values();
        let known = versions.any(|thing| thing.has && thing.forgotten.is_none());
        let stay = &mut there.stay;
        if has {
            stay.came.get_or_insert(instant(now));
            stay.left = None;
        } else if stay.came.is_some() {
            stay.left.get_or_insert(instant(now));
        }
        if known {
            stay.forgotten = None;
        } else if stay.came.is_some() {
            stay.forgotten.get_or_insert(instant(now));
        }
    }
}
