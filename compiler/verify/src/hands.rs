//! What hosts and machine credentials can do, closed over all that they open.
//!
//! Who owns a host owns the credentials and keys on it, the vaults that run on it, the jobs it runs
//! with the rights they need, the hosts it deploys to, and reads the seeds that are for it and what its services may
//! read. Who reads where the file of a key or credential lies, or to where steps have taken it along, has that as well,
//! and all that it opens in turn. What a provider gives by default holds unless declared otherwise. People are the trust
//! base: they are no principals.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use jiff::civil::Date;
use thrice_model::{
    ClassKind, CredentialId, Holder, HostId, HostKind, KeyId, Location, LockMode, Mount,
    ProviderCapability, Right, Source, Step, StepId, StoreId, Verb,
};
use thrice_plan::{Copy, CopyKind, Period};
use thrice_quantity::Seconds;

use crate::indexed::{Indexed, Lies, Lying, credentials_of, key_of, outlasts, repository_of};

/// All rights there are: root's on its own stores, an account's on its buckets.
const ALL: &[Right] = &[Right::Read, Right::Write, Right::Delete, Right::Administer];

/// A set of rights: a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights(u8);

impl Rights {
    fn of(rights: &[Right]) -> Self {
        Self(rights.iter().fold(0, |set, right| set | Self::bit(*right)))
    }

    const fn bit(right: Right) -> u8 {
        1 << right as u8
    }

    pub(crate) const fn contains(self, right: Right) -> bool {
        self.0 & Self::bit(right) != 0
    }

    /// Whether another set holds all of these.
    const fn are_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether any of them is more than to read.
    const fn change(self) -> bool {
        self.0 & !Self::bit(Right::Read) != 0
    }
}

/// What can fall into hostile hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Principal {
    /// A server or NAS.
    Host(HostId),
    /// A machine credential.
    Credential(CredentialId),
}

/// Where a right comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// The store is on the host.
    Host(HostId),
    /// The credential has it.
    Credential(CredentialId),
    /// The job needs it and no declared credential gives it; or the seed is for whoever has it.
    Step(StepId),
    /// The mount shows it.
    Mount(usize),
    /// The store names its reader, or is the one that is read.
    Reader,
}

/// Rights on a place.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub place: Location,
    pub rights: Rights,
    pub by: By,
}

/// What somebody owns who has a principal in his hands.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub hosts: BTreeSet<HostId>,
    pub credentials: BTreeSet<CredentialId>,
    pub keys: BTreeSet<KeyId>,
    pub grants: Vec<Grant>,
    /// The secrets that he has come upon in what he reads, by their numbers among all that lie.
    pub found: BTreeSet<usize>,
    /// From which day on it is so.
    pub from: Date,
    /// The day from which on it may be otherwise.
    pub until: Option<Date>,
}

/// The closure of a principal on a day.
pub(crate) fn closure(indexed: &Indexed<'_>, start: Principal, day: Date) -> Owned {
    joint(indexed, &[start], Vec::new(), day)
}

/// The closure of several principals who are one, and of who is shown some places besides.
pub(crate) fn joint(
    indexed: &Indexed<'_>,
    start: &[Principal],
    shown: Vec<Location>,
    day: Date,
) -> Owned {
    let mut out = Owned {
        hosts: BTreeSet::new(),
        credentials: BTreeSet::new(),
        keys: BTreeSet::new(),
        grants: Vec::new(),
        found: BTreeSet::new(),
        from: day,
        until: None,
    };
    let shown = shown.into_iter().map(|place| Grant {
        place,
        rights: Rights::of(&[Right::Read]),
        by: By::Reader,
    });
    let shown: Vec<Grant> = shown.collect();
    let mut waiting = start.to_vec();
    loop {
        while let Some(principal) = waiting.pop() {
            match principal {
                Principal::Host(host) => {
                    if out.hosts.insert(host) {
                        let lifetimes = indexed.lifetimes_on(host);
                        let changes = lifetimes.flat_map(|l| [Some(l.from), l.until]).flatten();
                        let next = changes.filter(|change| *change > day);
                        out.until = out.until.into_iter().chain(next).min();
                        open(indexed, host, day, &mut out, &mut waiting);
                    }
                }
                Principal::Credential(credential) => {
                    if out.credentials.insert(credential) {
                        granted(indexed, credential, &mut out.grants);
                    }
                }
            }
        }
        if !find(indexed, day, &mut out, &shown, &mut waiting) {
            break;
        }
    }
    out.grants.extend(shown);
    let lies = indexed.lies();
    let stores: BTreeSet<StoreId> = out.grants.iter().map(|grant| grant.place.store).collect();
    let next = stores.into_iter();
    let next = next.filter_map(|store| lies.next_change(store, day));
    out.until = out.until.into_iter().chain(next).min();
    once(&mut out.grants);
    out
}

/// Adds the secrets that lie open where somebody reads; whether there was any new one.
fn find(
    indexed: &Indexed<'_>,
    day: Date,
    out: &mut Owned,
    shown: &[Grant],
    waiting: &mut Vec<Principal>,
) -> bool {
    let lies = indexed.lies();
    if lies.all.is_empty() {
        return false;
    }
    let reads = out.grants.iter().chain(shown);
    let reads = reads.filter(|grant| grant.rights.contains(Right::Read));
    let lying = reads.flat_map(|grant| {
        let there = lies.on(grant.place.store, day);
        there.filter(|(_, lying)| grant.place.meets(&lying.place))
    });
    let is_open = |lying: &Lying| lying.keys.iter().all(|key| out.keys.contains(key));
    let found = lying.filter(|(number, lying)| !out.found.contains(number) && is_open(lying));
    let found: BTreeMap<usize, &Lying> = found.collect();
    for (number, lying) in &found {
        out.found.insert(*number);
        let (model, what) = (&indexed.plan.model, lying.what);
        let keys = model.keys.ids();
        let keys = keys.filter(|key| Lies::gives_key(indexed, what, *key));
        out.keys.extend(keys);
        let credentials = model.credentials.ids();
        let credentials = credentials.filter(|id| Lies::gives_credential(indexed, what, *id));
        waiting.extend(credentials.map(Principal::Credential));
    }
    !found.is_empty()
}

/// Drops the grants that give nothing beyond an earlier one, there or further up: a host owns its stores, and
/// whatever its steps need in them; and it needs the same rights for each step that uses one repository.
fn once(grants: &mut Vec<Grant>) {
    let mut given: BTreeMap<StoreId, BTreeMap<EcoString, Vec<Rights>>> = BTreeMap::new();
    grants.retain(|grant| {
        let before = given.entry(grant.place.store).or_default();
        let mut above = up(&grant.place.path)
            .filter_map(|path| before.get(path))
            .flatten();
        let new = !above.any(|rights| grant.rights.are_within(*rights));
        if new {
            let path = grant.place.path.clone();
            before.entry(path).or_default().push(grant.rights);
        }
        new
    });
}

/// A path and all that it lies in.
fn up(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.match_indices('/').map(|(end, _)| end);
    let folders = folders.filter(|end| *end > 0);
    let folders = folders.filter_map(|end| path.get(..end));
    ["/", path].into_iter().chain(folders)
}

/// What a host opens.
fn open(
    indexed: &Indexed<'_>,
    host: HostId,
    day: Date,
    out: &mut Owned,
    waiting: &mut Vec<Principal>,
) {
    let model = &indexed.plan.model;
    waiting.extend(
        model.hosts[host]
            .deploys_to
            .iter()
            .map(|(to, _)| Principal::Host(*to)),
    );
    let here = |holder: &Holder| match holder {
        Holder::Host(on) => *on == host,
        Holder::Vault(vault) => model.vaults[*vault].host == Some(host),
    };
    for (id, credential) in model.credentials.iter() {
        if credential.held.iter().any(|(holder, _)| here(holder)) {
            waiting.push(Principal::Credential(id));
        }
    }
    for (id, key) in model.keys.iter() {
        if key.held.iter().any(|(holder, _)| here(holder)) {
            out.keys.insert(id);
        }
    }
    for store in indexed.stores_on(host) {
        out.grants.push(Grant {
            place: Location::whole(*store),
            rights: Rights::of(ALL),
            by: By::Host(host),
        });
    }
    for id in indexed.run_by(host, day) {
        let step = &model.steps[id];
        let used: BTreeSet<CredentialId> = credentials_of(model, step).collect();
        waiting.extend(used.iter().map(|c| Principal::Credential(*c)));
        out.keys.extend(key_of(model, step));
        out.keys.extend(
            drilled(indexed, step)
                .into_iter()
                .filter_map(|copy| copy.key),
        );
        needed(indexed, id, step, &used, &mut out.grants);
    }
    // Whoever a seed is for fetches it, by whatever means.
    for (id, via) in indexed.seeds_for(host) {
        let own = model.stores[via.store].host == host;
        if model.steps[id].lifetime.contains(day) && !own {
            out.grants.push(Grant {
                place: via.clone(),
                rights: Rights::of(&[Right::Read]),
                by: By::Step(id),
            });
        }
    }
    for (index, mount) in model.mounts.iter().enumerate() {
        if model.services[mount.service].host == host && mount.lifetime.contains(day) {
            match mount.credential {
                Some(credential) => waiting.push(Principal::Credential(credential)),
                None => out.grants.push(shown(index, mount)),
            }
        }
    }
    // What a service may read is read by whoever owns the host on which it runs.
    for (service, place) in indexed.declared_on(host) {
        if model.services[*service].lifetime.contains(day) {
            out.grants.push(Grant {
                place: place.clone(),
                rights: Rights::of(&[Right::Read]),
                by: By::Reader,
            });
        }
    }
}

fn shown(index: usize, mount: &Mount) -> Grant {
    let rights: &[Right] = if mount.read_only {
        &[Right::Read]
    } else {
        &[Right::Read, Right::Write, Right::Delete]
    };
    Grant {
        place: mount.place(),
        rights: Rights::of(rights),
        by: By::Mount(index),
    }
}

/// The copies that a step reads without leaving one that the plan knows of: a drill that names no repository, and a
/// seed that names no place. In the clear or not.
fn drilled<'c>(indexed: &'c Indexed<'_>, step: &'c Step) -> Vec<&'c Copy> {
    match step.verb {
        Verb::Drill | Verb::Seed { .. } => {
            let read = indexed.read_directly(step);
            let copies = read.into_iter().map(|id| &indexed.plan.copies[id]);
            copies.collect()
        }
        _ => Vec::new(),
    }
}

/// What a step must be able to do, where none of its credentials says what it may.
fn needed(
    indexed: &Indexed<'_>,
    id: StepId,
    step: &Step,
    used: &BTreeSet<CredentialId>,
    out: &mut Vec<Grant>,
) {
    let model = &indexed.plan.model;
    let mut add = |place: &Location, rights: &[Right]| {
        // What is on the step's own host is granted already, all of it: to read once more adds nothing.
        let own = step.runner.host == Some(model.stores[place.store].host);
        if own && matches!(rights, [Right::Read]) {
            return;
        }
        if !used.iter().any(|c| covers(indexed, *c, place.store)) {
            out.push(Grant {
                place: place.clone(),
                rights: Rights::of(rights),
                by: By::Step(id),
            });
        }
    };
    for copy in indexed.made_by(id) {
        let copy = &indexed.plan.copies[*copy];
        let writes: &[Right] = match step.verb {
            Verb::Capture(_) | Verb::Copy { .. } | Verb::Move { .. } => &[Right::Write],
            _ => &[Right::Read, Right::Write, Right::Delete],
        };
        add(&copy.location, writes);
        if let Some(source) = copy.source {
            let reads: &[Right] = match step.verb {
                Verb::Move { .. } => &[Right::Read, Right::Delete],
                _ => &[Right::Read],
            };
            add(&indexed.plan.copies[source].location, reads);
        }
    }
    let opened = match step.verb {
        Verb::Prune | Verb::Check(_) | Verb::Drill => repository_of(step),
        _ => None,
    };
    if let Some(repository) = opened.map(|r| &model.repositories[r]) {
        let rights: &[Right] = match step.verb {
            Verb::Prune => &[Right::Read, Right::Write, Right::Delete],
            _ => &[Right::Read],
        };
        let place = repository.place();
        add(&place, rights);
    }
    if let (Verb::Expire { .. }, Source::Location(place, _)) = (&step.verb, &step.source) {
        add(place, &[Right::Read, Right::Delete]);
    }
    for copy in drilled(indexed, step) {
        add(&copy.location, &[Right::Read]);
    }
}

/// Whether a credential is about a store at all.
fn covers(indexed: &Indexed<'_>, id: CredentialId, store: StoreId) -> bool {
    let model = &indexed.plan.model;
    let credential = &model.credentials[id];
    let host = model.stores[store].host;
    let named = credential.rights.iter().any(|r| r.stores.contains(&store));
    let by_default = credential.account.is_none()
        && !credential.stated
        && model.hosts[host].kind == HostKind::ObjectStorage;
    credential.account == Some(host) || named || by_default
}

/// What a credential may do. Undeclared is hostile: without `may` it can do anything on the stores of
/// its account, or on all buckets where it names none. Nor can `may` narrow it where the provider
/// gives every key pair all buckets and has no policies that would narrow that.
fn granted(indexed: &Indexed<'_>, id: CredentialId, out: &mut Vec<Grant>) {
    let model = &indexed.plan.model;
    let credential = &model.credentials[id];
    let by = By::Credential(id);
    for grant in &credential.rights {
        for store in &grant.stores {
            out.push(Grant {
                place: Location {
                    store: *store,
                    path: grant.path.clone(),
                },
                rights: Rights::of(&grant.rights),
                by,
            });
        }
    }
    for (store_id, store) in model.stores.iter() {
        let host = &model.hosts[store.host];
        let mine = match credential.account {
            Some(account) => store.host == account,
            None => !credential.stated && host.kind == HostKind::ObjectStorage,
        };
        if mine && (!credential.stated || cannot_narrow(indexed, store.host)) {
            out.push(Grant {
                place: Location::whole(store_id),
                rights: Rights::of(ALL),
                by,
            });
        }
    }
}

/// Whether each key pair of an account opens all its buckets, and no policy narrows that.
pub(crate) fn cannot_narrow(indexed: &Indexed<'_>, host: HostId) -> bool {
    let provider = indexed.provider_of(indexed.plan.model.hosts[host].site);
    let known = &indexed.plan.model.providers[provider].capabilities;
    let says = |wanted| {
        known
            .iter()
            .find(|(capability, ..)| *capability == wanted)
            .map(|(_, yes, _)| *yes)
    };
    says(ProviderCapability::OneKeyAllBuckets) == Some(true)
        && says(ProviderCapability::BucketPolicy) != Some(true)
}

impl Owned {
    /// Whether it is so on a day.
    pub(crate) fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|end| day < end)
    }

    /// The right by which a copy can be destroyed for good in the period of a day before it is noticed, if there is one.
    pub(crate) fn destroys(&self, indexed: &Indexed<'_>, copy: &Copy, day: Date) -> Option<By> {
        let destroys = |grant: &&Grant| {
            grant.place.meets(&copy.location)
                && if grant.rights.contains(Right::Administer) {
                    !locked(indexed, copy)
                } else {
                    (grant.rights.contains(Right::Write) || grant.rights.contains(Right::Delete))
                        && !indexed.spares(copy, day)
                }
        };
        self.grants.iter().find(destroys).map(|grant| grant.by)
    }

    /// Whether what lies in a copy can be deleted or overwritten where it lies, if perhaps not for good.
    pub(crate) fn empties(&self, copy: &Copy) -> bool {
        self.changes(&copy.location)
    }

    /// Whether anything in a place can be deleted or overwritten, if perhaps not for good.
    pub(crate) fn changes(&self, place: &Location) -> bool {
        let changes = |grant: &Grant| grant.rights.change() && grant.place.meets(place);
        self.grants.iter().any(changes)
    }

    /// Whether something else can be put in the place of what lies in a copy.
    pub(crate) fn overwrites(&self, copy: &Copy) -> bool {
        let writes = |grant: &Grant| {
            (grant.rights.contains(Right::Write) || grant.rights.contains(Right::Administer))
                && grant.place.meets(&copy.location)
        };
        self.grants.iter().any(writes)
    }

    /// Whether a copy can be read where it lies, or where some of it does: its bytes, and its key where it is encrypted by
    /// a client.
    pub(crate) fn reads(&self, copy: &Copy, place: &Location) -> Option<By> {
        let readable = copy.key.is_none_or(|key| self.keys.contains(&key));
        let reads = |grant: &&Grant| {
            readable && grant.rights.contains(Right::Read) && grant.place.meets(place)
        };
        self.grants.iter().find(reads).map(|grant| grant.by)
    }
}

/// Whether a lock that nobody can lift holds on to all that a copy needs until a destruction is noticed.
fn locked(indexed: &Indexed<'_>, copy: &Copy) -> bool {
    let lock = indexed.plan.model.stores[copy.location.store].lock;
    lock.is_some_and(|l| l.mode == LockMode::Compliance)
        && indexed
            .held_by_lock(copy)
            .is_some_and(|held| held >= indexed.noticed_there(copy))
}

/// Whether what is up to so old in a copy lies under a lock that no machine can lift. Versions are only if it holds on to
/// all that they need until the policy ends. Of a state that is made anew the newest set is, if the next one surely comes
/// before that one's lock ends. What is written once, and a file that nobody changes, is locked from its upload and no
/// longer: so the lock must be as long as anything can have lain there.
pub(crate) fn stays_locked(
    indexed: &Indexed<'_>,
    copy: &Copy,
    (age, made_anew): (Seconds, bool),
) -> bool {
    let model = &indexed.plan.model;
    let Some(lock) = model.stores[copy.location.store].lock else {
        return false;
    };
    let window = Seconds::days(lock.days);
    let holds = match (copy.kind, model.classes[copy.class].kind) {
        (CopyKind::Versions, _) => outlasts(indexed.plan, copy, lock),
        (_, ClassKind::State) if made_anew => window >= copy.staleness,
        _ => window >= age.max(copy.staleness),
    };
    holds && !(lock.mode == LockMode::Governance && is_administered(indexed, &copy.location))
}

/// Whether a machine's credential may change the rules of a place.
fn is_administered(indexed: &Indexed<'_>, place: &Location) -> bool {
    let mut grants = Vec::new();
    for id in indexed.plan.model.credentials.ids() {
        granted(indexed, id, &mut grants);
    }
    let lifts =
        |grant: &Grant| grant.rights.contains(Right::Administer) && grant.place.meets(place);
    grants.iter().any(lifts)
}

/// The machines that can fall into hostile hands in a period: those that run programs.
pub(crate) fn machines<'c>(
    indexed: &'c Indexed<'_>,
    period: &'c Period,
) -> impl Iterator<Item = HostId> + 'c {
    indexed
        .plan
        .model
        .hosts
        .iter()
        .filter(|(_, h)| h.kind != HostKind::ObjectStorage && h.lifetime.contains(period.from))
        .map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use thrice_model::{HostId, Location, Right, StepId, StoreId};

    use super::{ALL, By, Grant, Rights, once};

    #[test]
    fn what_is_owned_further_up_is_owned_once() {
        let (root, step) = (By::Host(HostId::new(0)), By::Step(StepId::new(0)));
        let grant = |store: u32, path: &str, rights: &[Right], by| Grant {
            place: Location {
                store: StoreId::new(store),
                path: path.into(),
            },
            rights: Rights::of(rights),
            by,
        };
        let mut grants = vec![
            grant(0, "/", ALL, root),
            grant(0, "/dumps/a", &[Right::Write], step),
            grant(1, "/restic", &[Right::Read], step),
            grant(1, "/restic/data", &[Right::Read], step),
            grant(1, "/restic/data", &[Right::Delete], step),
            grant(1, "/resticker", &[Right::Read], step),
        ];
        once(&mut grants);
        let left = grants
            .iter()
            .map(|grant| (grant.place.path.as_str(), grant.by));
        let left: Vec<(&str, By)> = left.collect();
        let others = ["/restic", "/restic/data", "/resticker"].map(|path| (path, step));
        assert_eq!(left, [&[("/", root)][..], &others].concat());
    }
}
