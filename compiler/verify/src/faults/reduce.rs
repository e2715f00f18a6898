//! Which sets of several faults need to be asked about.
//!
//! Faults are "may", so more of them never help: of faults of which one does all that another does,
//! the lesser need no question of their own, and no set needs one that holds a set which leaves nothing.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_model::{ClassId, Holder, HostId, KeyId, Target};
use thrice_plan::CopyId;

use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::hands::Principal;

/// One thing that matters to a class and that a fault takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// The copy is destroyed; whether so that a sync carries that on.
    Copy(CopyId, bool),
    /// What lies in it is deleted, if perhaps not for good, and a sync carries that on.
    Emptied(CopyId),
    /// Something else is put in its place, and a copy carries that on.
    Overwritten(CopyId),
    /// Its store decays.
    Rot(CopyId),
    /// Somebody who holds a key that matters is gone.
    Holder(Holder),
    Key(KeyId),
    /// Copies without versions are damaged.
    Corruption,
    LiveData,
}

/// What matters to some classes: their copies, and the keys with all that they rest on.
pub(crate) struct Stakes {
    copies: BTreeSet<CopyId>,
    holders: BTreeSet<Holder>,
    keys: BTreeSet<KeyId>,
}

impl Stakes {
    /// What matters to these classes, and to that in which their keys lie. What they are restored
    /// with is asked for by whoever asks.
    pub(crate) fn of(context: &Context<'_>, classes: &[ClassId]) -> Self {
        let model = &context.plan.model;
        let mut out = Self {
            copies: BTreeSet::new(),
            holders: BTreeSet::new(),
            keys: BTreeSet::new(),
        };
        let mut waiting: Vec<ClassId> = classes.to_vec();
        let mut seen: BTreeSet<ClassId> = BTreeSet::new();
        while let Some(class) = waiting.pop() {
            if !seen.insert(class) {
                continue;
            }
            for id in context.copies_of(class) {
                out.copies.insert(*id);
                let Some(key) = context.plan.copies[*id].key else {
                    continue;
                };
                if out.keys.insert(key) {
                    for holder in context.holders(key) {
                        out.holders.insert(*holder);
                        waiting.extend(context.lies().around(key, *holder));
                        if let Holder::Vault(vault) = holder {
                            let data = model.vaults[*vault].data;
                            let all = data.map(|(class, _)| context.with_needs(class));
                            waiting.extend(all.into_iter().flatten());
                        }
                    }
                }
            }
        }
        out
    }

    /// The hosts whose loss takes something of it along. Losing any other one, alone or with more,
    /// changes nothing.
    pub(crate) fn hosts(&self, context: &Context<'_>) -> BTreeSet<HostId> {
        let copies = self.copies.iter().map(|id| &context.plan.copies[*id]);
        let held = self.holders.iter().filter_map(|holder| match holder {
            Holder::Host(host) => Some(*host),
            Holder::Vault(vault) => context.plan.model.vaults[*vault].host,
        });
        copies.map(|copy| context.host(copy)).chain(held).collect()
    }

    fn effects(&self, context: &Context<'_>, fault: Fault, day: Date) -> BTreeSet<Effect> {
        let model = &context.plan.model;
        let site_of = |host: HostId| model.hosts[host].site;
        match fault {
            Fault::Loss(Target::Host(host)) => self.lost(context, &|h| h == host, &|_| false),
            Fault::Loss(Target::Site(site)) => {
                self.lost(context, &|h| site_of(h) == site, &|s| s == site)
            }
            Fault::Loss(Target::Provider(provider)) => self.lost(
                context,
                &|h| context.provider_of(site_of(h)) == provider,
                &|s| context.provider_of(s) == provider,
            ),
            Fault::Loss(Target::Store(store)) => self
                .on_store(context, store)
                .map(|id| Effect::Copy(id, false))
                .collect(),
            Fault::Operator(store) => self
                .on_store(context, store)
                .map(|id| match context.spares(&context.plan.copies[id], day) {
                    true => Effect::Emptied(id),
                    false => Effect::Copy(id, true),
                })
                .collect(),
            Fault::Rot(store) => self.on_store(context, store).map(Effect::Rot).collect(),
            Fault::Loss(Target::Key(key)) => self
                .keys
                .contains(&key)
                .then_some(Effect::Key(key))
                .into_iter()
                .collect(),
            Fault::Loss(Target::Credential(id)) => {
                self.stolen(context, Principal::Credential(id), day)
            }
            Fault::Compromise(host) => self.stolen(context, Principal::Host(host), day),
            Fault::Corruption => [Effect::Corruption].into(),
            Fault::LiveData => [Effect::LiveData].into(),
        }
    }

    fn on_store<'s>(
        &'s self,
        context: &'s Context<'_>,
        store: thrice_model::StoreId,
    ) -> impl Iterator<Item = CopyId> + 's {
        self.copies
            .iter()
            .copied()
            .filter(move |id| context.plan.copies[*id].location.store == store)
    }

    fn lost(
        &self,
        context: &Context<'_>,
        host: &dyn Fn(HostId) -> bool,
        site: &dyn Fn(thrice_model::SiteId) -> bool,
    ) -> BTreeSet<Effect> {
        let copies = self
            .copies
            .iter()
            .filter(|id| host(context.host(&context.plan.copies[**id])))
            .map(|id| Effect::Copy(*id, false));
        let held = self.holders.iter().filter(|holder| match holder {
            Holder::Host(id) => host(*id),
            Holder::Vault(id) => {
                let vault = &context.plan.model.vaults[*id];
                vault.host.is_some_and(host) || vault.site.is_some_and(site)
            }
        });
        copies.chain(held.map(|h| Effect::Holder(*h))).collect()
    }

    fn stolen(&self, context: &Context<'_>, principal: Principal, day: Date) -> BTreeSet<Effect> {
        let owned = context.owned(principal, day);
        let copies = self.copies.iter().flat_map(|id| {
            let copy = &context.plan.copies[*id];
            let deleted = match owned.destroys(context, copy, day) {
                Some(_) => Some(Effect::Copy(*id, true)),
                None => owned.empties(copy).then_some(Effect::Emptied(*id)),
            };
            let overwritten = owned.overwrites(copy).then_some(Effect::Overwritten(*id));
            deleted.into_iter().chain(overwritten)
        });
        let copies: Vec<Effect> = copies.collect();
        let held = self.lost(context, &|h| owned.hosts.contains(&h), &|_| false);
        held.into_iter()
            .filter(|effect| matches!(effect, Effect::Holder(_)))
            .chain(copies)
            .collect()
    }

    /// Of some faults those that no other one outdoes, of equals the first, and none that does nothing.
    pub(crate) fn strongest(
        &self,
        context: &Context<'_>,
        faults: &[Fault],
        day: Date,
    ) -> Vec<Fault> {
        let mut front: Vec<(Fault, BTreeSet<Effect>)> = Vec::new();
        for fault in faults {
            let effects = closed(self.effects(context, *fault, day));
            if effects.is_empty() || front.iter().any(|(_, other)| effects.is_subset(other)) {
                continue;
            }
            front.retain(|(_, other)| !other.is_subset(&effects));
            front.push((*fault, effects));
        }
        front.into_iter().map(|(fault, _)| fault).collect()
    }
}

/// A deletion does all that a loss does, and a loss all that rot does to the copies in that store.
fn closed(effects: BTreeSet<Effect>) -> BTreeSet<Effect> {
    let mut out = effects.clone();
    for effect in effects {
        if let Effect::Copy(id, true) = effect {
            out.extend([Effect::Copy(id, false), Effect::Emptied(id)]);
        }
    }
    out
}

/// The next larger sets: each set with one more fault, in order, but none that holds a set of `fatal`.
pub(crate) fn grown(sets: &[FaultSet], faults: &[Fault], fatal: &[FaultSet]) -> Vec<FaultSet> {
    let mut out: BTreeSet<FaultSet> = BTreeSet::new();
    for set in sets {
        for fault in faults.iter().filter(|f| !set.contains(f)) {
            let mut next = set.clone();
            next.push(*fault);
            next.sort_unstable();
            let known = |f: &FaultSet| f.iter().all(|fault| next.contains(fault));
            if !fatal.iter().any(known) {
                out.insert(next);
            }
        }
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use thrice_model::StoreId;

    use super::*;

    #[test]
    fn sets_grow_around_what_is_fatal_already() {
        let faults: Vec<Fault> = (0..3).map(|i| Fault::Operator(StoreId::new(i))).collect();
        let singles: Vec<FaultSet> = faults.iter().map(|f| vec![*f]).collect();
        let fatal = vec![vec![Fault::Operator(StoreId::new(1))]];
        let pairs = grown(&singles, &faults, &fatal);
        assert_eq!(
            pairs,
            [vec![
                Fault::Operator(StoreId::new(0)),
                Fault::Operator(StoreId::new(2))
            ]]
        );
    }
}
