//! Which keys are left: the least fixpoint of what opens what.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_model::{ClassId, Holder, HostId, KeyId, SiteId};
use thrice_plan::{CopyId, CopyKind};

use super::lasting::stays;
use crate::context::Context;

/// What has fallen of that in which keys are held.
pub(crate) struct Fallen<'f> {
    /// Hosts that are lost or in hostile hands.
    pub hosts: &'f BTreeSet<HostId>,
    /// Sites that are lost.
    pub sites: &'f BTreeSet<SiteId>,
    /// Keys that are lost themselves.
    pub keys: &'f BTreeSet<KeyId>,
    /// Classes whose data is gone where it lives, of those in which keys lie.
    pub data: &'f BTreeSet<ClassId>,
    /// Whether the data in which keys lie is lost where it lives.
    pub live: bool,
    /// The day on which it is asked.
    pub day: Date,
}

/// The classes in which keys lie: as the content of vaults, or in files among their data.
pub(crate) fn in_data(context: &Context<'_>) -> BTreeSet<ClassId> {
    let vaults = context.plan.model.vaults.iter();
    let content = vaults.filter_map(|(_, vault)| vault.data.map(|(class, _)| class));
    content.chain(context.lies().classes()).collect()
}

/// The keys that can still be used. `bytes` says whether a copy is there, whatever its key.
///
/// A key is usable while one of its holders is: a host or vault that is left, or a vault that comes
/// back from a copy of its class, which may need a key itself. From nothing upwards, so a key that
/// lies only in what it opens is lost. A host whose file with the key lies in a class loses it with that data; nobody
/// says that it comes back.
pub(crate) fn usable(
    context: &Context<'_>,
    fallen: &Fallen<'_>,
    bytes: &dyn Fn(CopyId) -> bool,
) -> BTreeSet<KeyId> {
    let mut out: BTreeSet<KeyId> = BTreeSet::new();
    loop {
        let opens = |id: &KeyId| {
            let mut holders = context.holders(*id).iter();
            holders.any(|holder| opens(context, (*id, *holder), fallen, bytes, &out))
        };
        let keys = context.plan.model.keys.ids();
        let found: Vec<KeyId> = keys
            .filter(|id| !fallen.keys.contains(id) && !out.contains(id))
            .filter(opens)
            .collect();
        if found.is_empty() {
            return out;
        }
        out.extend(found);
    }
}

/// Of all usable keys those that are so only because a vault comes back, each with the content of one with which it does.
pub(crate) fn later(
    context: &Context<'_>,
    fallen: &Fallen<'_>,
    bytes: &dyn Fn(CopyId) -> bool,
    all: &BTreeSet<KeyId>,
) -> BTreeSet<(KeyId, ClassId)> {
    let at_hand = usable(context, fallen, &|_| false);
    let later = all.difference(&at_hand).flat_map(|key| {
        let holders = context.holders(*key).iter();
        let back = holders.filter(|holder| opens(context, (*key, **holder), fallen, bytes, all));
        let content = back.filter_map(|holder| match holder {
            Holder::Vault(vault) => context.plan.model.vaults[*vault].data,
            Holder::Host(_) => None,
        });
        content.map(|(class, _)| (*key, class))
    });
    later.collect()
}

fn opens(
    context: &Context<'_>,
    (key, holder): (KeyId, Holder),
    fallen: &Fallen<'_>,
    bytes: &dyn Fn(CopyId) -> bool,
    keys: &BTreeSet<KeyId>,
) -> bool {
    let is_lost = |class: ClassId| fallen.live || fallen.data.contains(&class);
    let vault = match holder {
        Holder::Host(host) => {
            let mut around = context.lies().around(key, holder);
            let there = context.plan.model.hosts[host].lifetime.contains(fallen.day);
            return there && !fallen.hosts.contains(&host) && !around.any(is_lost);
        }
        Holder::Vault(vault) => &context.plan.model.vaults[vault],
    };
    let site = vault.site.is_some_and(|site| fallen.sites.contains(&site));
    let host = vault.host.is_some_and(|host| fallen.hosts.contains(&host));
    let live = vault.data.is_some_and(|(class, _)| is_lost(class));
    let there = vault.lifetime.contains(fallen.day);
    let restored = |(class, _)| restorable(context, class, fallen.day, bytes, keys);
    there && (!(site || host || live) || vault.data.is_some_and(restored))
}

/// Whether a copy of a class is surely there besides the data itself and can be read, and so is something of all that it is
/// restored with: of that the data itself will do where it is left.
fn restorable(
    context: &Context<'_>,
    class: ClassId,
    day: Date,
    bytes: &dyn Fn(CopyId) -> bool,
    keys: &BTreeSet<KeyId>,
) -> bool {
    let readable = |id: &CopyId| {
        let copy = &context.plan.copies[*id];
        copy.counts
            && (copy.kind != CopyKind::Live || copy.class != class)
            && copy.lifetime.contains(day)
            && stays(context, copy, day)
            && copy.key.is_none_or(|key| keys.contains(&key))
            && bytes(*id)
    };
    let mut all = context.with_needs(class).into_iter();
    all.all(|class| context.copies_of(class).iter().any(readable))
}

/// Whether copies of what vaults are restored with are empty at times: no vault is taken to come back from those.
pub(crate) fn at_times(context: &Context<'_>, day: Date) -> bool {
    let needed = in_data(context).into_iter();
    let needed = needed.flat_map(|class| context.with_needs(class));
    let mut copies = needed.flat_map(|class| context.copies_of(class));
    copies.any(|id| !stays(context, &context.plan.copies[*id], day))
}
