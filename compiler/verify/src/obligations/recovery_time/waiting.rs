//! What waits for keys that come back with the content of vaults.
//!
//! What only a key opens cannot begin to come before somebody has that. Where a vault alone has it and is gone as well, its
//! content is restored first, with all that this needs, over the same lines; where only its program is gone, that is set up
//! anew. Of several vaults the one counts that is back first if nothing else comes.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{ClassId, KeyId};
use thrice_plan::{Copy, FOR_EVER};
use thrice_quantity::Seconds;

use super::jobs::{Missing, Restore, Scope, around};
use crate::context::Context;
use crate::faults::Struck;

/// A second, so that of two that wait for each other neither is first.
const HOP: Seconds = Seconds(1);

/// The keys that nobody has after some faults, and that come back with the content of vaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Waiting {
    /// For each of them when it is at hand if nothing else comes, and the content of its vault; `None`: not from what there is
    /// to restore from.
    keys: BTreeMap<KeyId, Option<(Seconds, ClassId)>>,
}

/// What a restore waits for before its first byte can come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// The key, and the content of the vault that it lies in.
    pub(super) key: Option<(KeyId, ClassId)>,
    /// Until the vault's program is set up.
    pub(super) opened: Seconds,
    /// What of that content, and of what it needs, comes back itself: that must be in use.
    pub(super) classes: Vec<ClassId>,
}

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

    /// Whether nothing waits for any key.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// When a copy can be read if nothing else comes; `None`: never.
    pub(super) fn at_hand(&self, copy: &Copy) -> Option<Seconds> {
        match copy.key.and_then(|key| self.keys.get(&key)) {
            Some(later) => later.map(|(at, _)| at),
            None => Some(Seconds::ZERO),
        }
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
