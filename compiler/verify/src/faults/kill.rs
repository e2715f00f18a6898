//! Which copies a set of faults leaves usable.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_model::{ClassId, HostId, KeyId, Target, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, FOR_EVER};
use thrice_quantity::Seconds;

use super::carried::{Carried, Wrong};
use super::dated::dated;
use super::keys::{self, Fallen};
use super::struck::Struck;
use crate::context::Context;
use crate::fault::{Fault, FaultSet};
use crate::hands::{By, Principal};
use crate::indexed::Wanted;

/// Why a copy is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Why {
    /// The store is gone.
    StoreLost,
    /// Its content is deleted.
    Deleted,
    /// The deletion travelled there along a sync.
    Propagated,
    /// What somebody hostile put in the place of its source is written over it.
    Overwritten,
    /// Nothing can read it any more.
    KeyLost(KeyId),
    /// It has no version from before the damage.
    Damaged,
    /// What lies there has decayed.
    Rotten,
    /// It is the live data, and the question asks what is left without it.
    LiveDataLost,
    /// It is there, but a deletion upstream would reach it, and the floor asks for one that is spared.
    NotSpared,
}

impl Why {
    /// The key that is missing.
    pub(crate) const fn key(&self) -> Option<KeyId> {
        match self {
            Self::KeyLost(key) => Some(*key),
            _ => None,
        }
    }
}

/// Copies that are of no use, each with its reason, in the order of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Useless {
    copies: Vec<(CopyId, Why)>,
}

impl Useless {
    /// Why a copy is of no use, if it is not.
    pub(crate) fn get(&self, id: CopyId) -> Option<Why> {
        let at = self.place(id).ok()?;
        self.copies.get(at).map(|(_, why)| *why)
    }

    /// Whether a copy is one of them.
    pub(crate) fn contains(&self, id: CopyId) -> bool {
        self.place(id).is_ok()
    }

    /// Adds a copy that is not among them yet.
    pub(crate) fn add(&mut self, id: CopyId, why: Why) {
        if let Err(at) = self.place(id) {
            self.copies.insert(at, (id, why));
        }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (CopyId, Why)> + '_ {
        self.copies.iter().copied()
    }

    /// The same of the copies of another class that is like the one of which this is said: its copies stand in
    /// the same order.
    pub(crate) fn of_others(&self, own: &[CopyId], others: &[CopyId]) -> Self {
        let mut out = Self::default();
        for (own, other) in own.iter().zip(others) {
            if let Some(why) = self.get(*own) {
                out.add(*other, why);
            }
        }
        out
    }

    fn place(&self, id: CopyId) -> Result<usize, usize> {
        self.copies.binary_search_by_key(&id, |(id, _)| *id)
    }
}

/// Works out what a set of faults destroys, in the way that semantics section 3 says.
pub(crate) fn strike(context: &Context<'_>, faults: &FaultSet, day: Date) -> Struck {
    let mut out = Struck {
        faults: faults.clone(),
        day,
        lost_hosts: BTreeSet::new(),
        lost_stores: BTreeSet::new(),
        mistaken: BTreeSet::new(),
        rotten: BTreeSet::new(),
        owned: Vec::new(),
        lost_keys: BTreeSet::new(),
        lost_sites: BTreeSet::new(),
    };
    let model = &context.plan.model;
    for fault in faults {
        match *fault {
            Fault::Loss(Target::Host(id)) => drop(out.lost_hosts.insert(id)),
            Fault::Loss(Target::Store(id)) => drop(out.lost_stores.insert(id)),
            Fault::Loss(Target::Site(site)) => drop(out.lost_sites.insert(site)),
            Fault::Loss(Target::Provider(provider)) => out.lost_sites.extend(
                model
                    .sites
                    .iter()
                    .filter(|(_, site)| site.provider == provider)
                    .map(|(id, _)| id),
            ),
            Fault::Loss(Target::Credential(id)) => {
                out.owned
                    .push(context.owned(Principal::Credential(id), day));
            }
            Fault::Compromise(id) => out.owned.push(context.owned(Principal::Host(id), day)),
            Fault::Operator(store) => drop(out.mistaken.insert(store)),
            Fault::Rot(store) => drop(out.rotten.insert(store)),
            Fault::Loss(Target::Key(_)) | Fault::Corruption | Fault::LiveData => {}
        }
    }
    if !out.lost_sites.is_empty() {
        let hosts = model.hosts.iter();
        let at_lost_sites = hosts.filter(|(_, h)| out.lost_sites.contains(&h.site));
        out.lost_hosts.extend(at_lost_sites.map(|(id, _)| id));
    }
    for host in &out.lost_hosts {
        out.lost_stores.extend(context.stores_on(*host));
    }
    out.lost_keys = out.keys_lost(context);
    out
}

/// How long the versions of a copy that are asked about surely reach back before damage; `None` for one that has none.
pub(crate) fn history(context: &Context<'_>, copy: &Copy, wanted: Wanted) -> Option<Seconds> {
    let own = context.spared(copy, wanted);
    let mut at = Some(copy);
    while let Some(here) = at.filter(|c| c.kind == CopyKind::Versions) {
        let step = here.made_by?;
        if let Verb::Backup { .. } = context.plan.model.steps[step].verb {
            let kept = context.plan.kept[step].as_ref();
            return own.max(Some(kept.map_or(FOR_EVER, |k| k.reach)));
        }
        at = here.source.map(|id| &context.plan.copies[id]);
    }
    // The newest from before a damage is as old as the copy may be stale, and the clean-up counts on from then.
    let dated = dated(context, copy, wanted).map(|dated| {
        let stale = copy.staleness.saturating_add(dated.wider);
        dated.kept.reach(stale)
    });
    own.max(dated)
}

impl Struck {
    fn keys_lost(&self, context: &Context<'_>) -> BTreeSet<KeyId> {
        let keys = context.plan.model.keys.ids();
        self.of_fallen(context, |fallen, bytes| {
            let usable = keys::usable(context, fallen, bytes);
            keys.filter(|id| !usable.contains(id)).collect()
        })
    }

    /// The keys that nobody has left and that can be used all the same, each with the content of a vault that it comes back
    /// with.
    pub(crate) fn later(&self, context: &Context<'_>) -> BTreeSet<(KeyId, ClassId)> {
        let mut vaults = context.plan.model.vaults.iter();
        if !vaults.any(|(_, vault)| vault.data.is_some()) {
            return BTreeSet::new();
        }
        let keys = context.plan.model.keys.ids();
        let usable = keys.filter(|key| !self.lost(*key)).collect();
        self.of_fallen(context, |fallen, bytes| {
            keys::later(context, fallen, bytes, &usable)
        })
    }

    /// What is found out from what has fallen of that in which keys are held, and from which copies the bytes are left of.
    fn of_fallen<T>(
        &self,
        context: &Context<'_>,
        ask: impl FnOnce(&Fallen<'_>, &dyn Fn(CopyId) -> bool) -> T,
    ) -> T {
        let owned = self.owned.iter().flat_map(|o| o.hosts.iter().copied());
        let hosts: BTreeSet<HostId> = self.lost_hosts.iter().copied().chain(owned).collect();
        let backed_up = keys::in_data(context);
        // A vault comes back with all that its content is restored with.
        let with_needs = backed_up
            .iter()
            .flat_map(|class| context.with_needs(*class));
        let needed: BTreeSet<ClassId> = with_needs.collect();
        let mut gone = Useless::default();
        let mut data: BTreeSet<ClassId> = BTreeSet::new();
        for class in needed {
            let bad = self.bytes_gone(context, context.copies_of(class), false);
            // The data that is damaged where it lives is that which is asked about.
            let is_gone = |(id, why): &(CopyId, Why)| {
                context.plan.copies[*id].kind == CopyKind::Live && *why != Why::Damaged
            };
            if bad.iter().any(|bad| is_gone(&bad)) {
                data.insert(class);
            }
            bad.iter().for_each(|(id, why)| gone.add(id, why));
        }
        let keys = self.faults.iter().filter_map(|fault| match fault {
            Fault::Loss(Target::Key(id)) => Some(*id),
            _ => None,
        });
        let fallen = Fallen {
            hosts: &hosts,
            sites: &self.lost_sites,
            keys: &keys.collect(),
            data: &data,
            live: self.live_is_lost(),
            day: self.day,
        };
        ask(&fallen, &|id| gone.get(id).is_none())
    }

    /// Whether it is asked what is left without any data where it lives.
    pub(crate) fn live_is_lost(&self) -> bool {
        self.faults.contains(&Fault::LiveData)
    }

    /// For each copy of a class, why it is of no use, for those that are not.
    pub(crate) fn useless(&self, context: &Context<'_>, copies: &[CopyId]) -> Useless {
        let live_lost = self.live_lost(context, copies);
        let mut out = self.bytes_gone(context, copies, live_lost);
        for id in copies.iter().filter(|_| !self.lost_keys.is_empty()) {
            let key = context.plan.copies[*id].key;
            if let Some(key) = key.filter(|key| self.lost_keys.contains(key)) {
                out.add(*id, Why::KeyLost(key));
            }
        }
        out
    }

    /// The copies of a class whose bytes are gone or bad, whatever their key.
    fn bytes_gone(&self, context: &Context<'_>, copies: &[CopyId], live_lost: bool) -> Useless {
        let mut out = Useless::default();
        let Some(class) = copies.first().map(|id| context.plan.copies[*id].class) else {
            return out;
        };
        let noticed = context.noticed_after(class);
        let home = context.plan.model.classes[class].home.store;
        let damaged = self.faults.contains(&Fault::Corruption) || self.rotten.contains(&home);
        let mut carried = Carried::default();
        for id in copies {
            let copy = &context.plan.copies[*id];
            let wrong = carried.next(context, self, (*id, copy), damaged);
            if let Some(why) = self.why(context, copy, live_lost, wrong, noticed) {
                out.add(*id, why);
            }
        }
        out
    }

    fn why(
        &self,
        context: &Context<'_>,
        copy: &Copy,
        live_lost: bool,
        wrong: Wrong,
        noticed: Seconds,
    ) -> Option<Why> {
        let store = copy.location.store;
        let home = context.plan.model.classes[copy.class].home.store;
        if self.lost_stores.contains(&store) {
            return Some(Why::StoreLost);
        }
        if self.destroyed_by(context, copy).is_some()
            || (self.mistaken.contains(&store) && !context.spares(copy, self.day))
        {
            return Some(Why::Deleted);
        }
        if self.rotten.contains(&store) {
            return Some(Why::Rotten);
        }
        // What lies in the same store as the data is lost with it.
        if store == home && live_lost {
            return Some(Why::LiveDataLost);
        }
        let wanted = Wanted::From(self.day);
        let kept = || {
            history(context, copy, wanted).is_some_and(|kept| kept >= noticed)
                || self.is_aside(context, copy, noticed)
        };
        let own_history = || {
            context
                .spared(copy, wanted)
                .is_some_and(|kept| kept >= noticed)
        };
        let is_aside = || self.is_aside(context, copy, noticed);
        if (wrong.deleted || wrong.overwritten) && !(own_history() || is_aside()) {
            return Some(match wrong.deleted {
                true => Why::Propagated,
                false => Why::Overwritten,
            });
        }
        (wrong.damaged && !kept()).then_some(Why::Damaged)
    }

    /// Whether what is taken away from a copy is put aside, and is there until that is noticed.
    fn is_aside(&self, context: &Context<'_>, copy: &Copy, noticed: Seconds) -> bool {
        context.aside(copy).is_some_and(|place| {
            let kept = context.kept_aside(copy, self.day);
            kept.is_some_and(|kept| kept >= noticed)
                && !self.owned.iter().any(|owned| owned.changes(place))
        })
    }

    /// Whether a copy is surely left: nobody hostile can destroy it, nothing carries a deletion or damage
    /// to it, and its key lives. Quick to tell; where it is false the copy may be left all the same.
    pub(crate) fn surely_leaves(
        &self,
        context: &Context<'_>,
        copy: &Copy,
        noticed: Seconds,
    ) -> bool {
        let store = copy.location.store;
        let struck = self.lost_stores.contains(&store)
            || self.mistaken.contains(&store)
            || self.rotten.contains(&store)
            || self.faults.contains(&Fault::Corruption);
        !struck
            && copy.key.is_none_or(|key| !self.lost_keys.contains(&key))
            && !carries(context, copy)
            && self.destroyed_by(context, copy).is_none()
            && !self.comes_to(context, copy, noticed)
    }

    /// Whether what is done by hand to what a copy is made from may matter to it.
    fn comes_to(&self, context: &Context<'_>, copy: &Copy, noticed: Seconds) -> bool {
        let keeps = || {
            let kept = history(context, copy, Wanted::From(self.day));
            kept.is_some_and(|kept| kept >= noticed)
        };
        if (self.owned.is_empty() && self.mistaken.is_empty())
            || (copy.kind == CopyKind::Versions && keeps())
        {
            return false;
        }
        let above = copy.source.into_iter();
        let mut upstream = above.flat_map(|source| context.plan.way(source));
        upstream.any(|above| self.empties(&context.plan.copies[above]))
    }

    /// By which right somebody hostile destroys a copy, if he can.
    pub(crate) fn destroyed_by(&self, context: &Context<'_>, copy: &Copy) -> Option<By> {
        self.owned
            .iter()
            .find_map(|owned| owned.destroys(context, copy, self.day))
    }

    /// Live data must not make a proof hollow: where the faults leave it untouched because they hit a
    /// key, or only hosts that hold no copy of the class (an orchestrator, a vault), the question is
    /// what is left without it.
    fn live_lost(&self, context: &Context<'_>, copies: &[CopyId]) -> bool {
        if self.live_is_lost() {
            return true;
        }
        let key_fault = !self.lost_keys.is_empty()
            && copies.iter().any(|id| {
                context.plan.copies[*id]
                    .key
                    .is_some_and(|key| self.lost_keys.contains(&key))
            });
        let holds_one = |id: &CopyId| {
            let host = context.host(&context.plan.copies[*id]);
            self.lost_hosts.contains(&host)
        };
        let bystanders = !self.lost_hosts.is_empty()
            && self.owned.is_empty()
            && self.mistaken.is_empty()
            && !copies.iter().any(holds_one);
        key_fault || bystanders
    }
}

/// Whether a copy is kept equal to its source, which a deletion there reaches. The run may fall behind
/// the fault at any time, also where its host is said to be lost: faults are "may".
pub(crate) fn carries(context: &Context<'_>, copy: &Copy) -> bool {
    copy.made_by
        .is_some_and(|step| matches!(context.plan.model.steps[step].verb, Verb::Sync { .. }))
}
