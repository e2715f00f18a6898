//! What waits for keys that come back with the content of vaults.
//!
//! What only a key opens cannot begin to come before somebody has that. Where a vault alone has it and is gone as well, its
//! content is restored first, with all that this needs, over the same lines; where only its program is gone, that is set up
//! anew. Of several vaults the one counts that is back first if nothing else comes.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::ClassId;
use thrice_plan::{Copy, FOR_EVER};
use thrice_quantity::Seconds;

use super::jobs::{Missing, Restore, Scope, around};
use super::keys::{Before, Waiting};
use crate::context::Context;
use crate::faults::Struck;

impl Scope<'_, '_> {
    /// The restores of all whose data the faults take; where they leave it where it is and it counts as lost with the
    /// rest, only if that is asked about.
    pub(super) fn restores(&self, struck: &Struck, left_too: bool) -> Vec<Restore> {
        let waiting = Waiting::after(self, struck);
        let restores = self.wanted.iter().filter_map(|(class, due)| {
            let there = self.context.copies_there(*class, self.period);
            let useless = struck.useless(self.context, &there);
            if !left_too && !self.is_taken(&there, &useless) {
                return None;
            }
            self.restore((*class, *due), (&there, &useless), &waiting)
        });
        let mut restores = restores.collect();
        waiting.complete(self, struck, &mut restores);
        restores
    }
}

/// A second, so that of two that wait for each other neither is first.
const HOP: Seconds = Seconds(1);

impl Waiting {
    pub(super) fn after(scope: &Scope<'_, '_>, struck: &Struck) -> Self {
        let later = struck.later(scope.context);
        let mut out = Self {
            keys: later.iter().map(|(key, _)| (*key, None)).collect(),
        };
        // What opens a vault may lie in another one.
        let mut found = true;
        while found {
            found = false;
            for (key, content) in &later {
                let Some(at) = out.opened(scope, struck, *content) else {
                    continue;
                };
                let known = out.keys.get(key).copied().flatten();
                if known.is_none_or(|known| (at, *content) < known) {
                    out.keys.insert(*key, Some((at, *content)));
                    found = true;
                }
            }
        }
        out
    }

    /// When somebody can look into a vault, with what it comes back with.
    fn opened(&self, scope: &Scope<'_, '_>, struck: &Struck, content: ClassId) -> Option<Seconds> {
        let mut latest = set_up(scope, content);
        for class in scope.context.with_needs(content) {
            if let Some(copies) = scope.lost(struck, class) {
                let restore = scope.of_lost(class, &copies, self)?;
                let there = restore.alone(scope.context, self);
                latest = latest.max(there.saturating_add(restore.finish));
            }
        }
        Some(latest.saturating_add(HOP))
    }

    /// What a copy waits for.
    pub(super) fn before(&self, scope: &Scope<'_, '_>, struck: &Struck, copy: &Copy) -> Before {
        let later = copy.key.and_then(|key| Some((key, self.keys.get(&key)?)));
        let Some((key, Some((_, content)))) = later else {
            return Before::default();
        };
        let all = scope.context.with_needs(*content).into_iter();
        let lost = all.filter(|class| scope.lost(struck, *class).is_some());
        Before {
            key: Some((key, *content)),
            opened: set_up(scope, *content),
            classes: lost.collect(),
        }
    }

    /// Says of restores what they wait for, and adds that. What waits for what cannot be timed cannot be.
    pub(super) fn complete(
        &self,
        scope: &Scope<'_, '_>,
        struck: &Struck,
        restores: &mut Vec<Restore>,
    ) {
        if self.is_empty() {
            return;
        }
        let mut there: BTreeSet<ClassId> = restores.iter().map(|own| own.class).collect();
        let mut next = 0;
        while let Some(copy) = restores.get(next).map(|own| own.copy) {
            let before = self.before(scope, struck, &scope.context.plan.copies[copy]);
            let new = before.classes.iter().filter(|class| there.insert(**class));
            let new = new.filter_map(|class| {
                let copies = scope.lost(struck, *class)?;
                scope.of_lost(*class, &copies, self)
            });
            let new: Vec<Restore> = new.collect();
            if let Some(own) = restores.get_mut(next) {
                own.before = before;
            }
            restores.extend(new);
            next += 1;
        }
        // So often as one may wait for another at most.
        for _ in 0..restores.len() {
            let unknown = |own: &Restore| Some((own.class, own.speed.as_ref().err()?.clone()));
            let unknown: BTreeMap<ClassId, Vec<Missing>> =
                restores.iter().filter_map(unknown).collect();
            let mut changed = false;
            for own in restores.iter_mut().filter(|own| own.is_timed()) {
                let mut before = own.before.classes.iter();
                if let Some(missing) = before.find_map(|class| unknown.get(class)) {
                    own.speed = Err(missing.clone());
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        restores.sort_by_key(|own| own.class);
    }
}

/// How long it takes until a vault is in use whose program is lost and not its content.
fn set_up(scope: &Scope<'_, '_>, content: ClassId) -> Seconds {
    let context = scope.context;
    let around = around(context, &context.plan.model.classes[content]);
    around.setup.saturating_add(around.finish)
}

impl Restore {
    /// When its last byte is there if nothing else comes.
    fn alone(&self, context: &Context<'_>, waiting: &Waiting) -> Seconds {
        let copy = &context.plan.copies[self.copy];
        let at_hand = waiting.at_hand(copy).unwrap_or(FOR_EVER);
        let time = match &self.speed {
            Ok(speed) => speed.time_for(self.bytes).unwrap_or(FOR_EVER),
            Err(_) => FOR_EVER,
        };
        self.setup.max(at_hand).saturating_add(time)
    }
}
