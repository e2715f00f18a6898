//! What hostile hands reach, and which keys are still there.
//!
//! Who owns a host owns the credentials on it and in the vaults that run on it, the jobs it runs with the
//! rights that they need, what its services mount, and the hosts it deploys to. Who reads a file with a key or
//! credential, or what steps have made of that, has it. What a provider gives by default holds unless declared otherwise.

mod readable;
mod strewn;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_model::{
    ClassId, CredentialId, Holder, HostId, HostKind, Hostile, KeyId, Location, ProviderCapability,
    Right, Source, Step, StepId, StepTarget, StoreId, Verb,
};
use thrice_plan::{CopyId, CopyKind, Plan};

pub(crate) use readable::{Readable, is_direct, takes};
use strewn::{Opener, Strewn, file_of, strewn};

/// What somebody can do where he can delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grip {
    /// Whether old versions and locks fall as well.
    pub administers: bool,
    /// Whether he can write something else under the old names.
    pub writes: bool,
}

impl Grip {
    const WHOLE: Self = Self {
        administers: true,
        writes: true,
    };
    const WRITES: Self = Self {
        administers: false,
        writes: true,
    };
    const DELETES: Self = Self {
        administers: false,
        writes: false,
    };

    /// Whether what he writes is taken for what was there. The files of a repository bear names that tell what is in
    /// them: other content under these is seen, and what is there already never written anew.
    pub(crate) fn overwrites(self, kind: CopyKind) -> bool {
        self.writes && kind != CopyKind::Versions
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            administers: self.administers || other.administers,
            writes: self.writes || other.writes,
        }
    }
}

/// Where somebody can delete, and what more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    place: Location,
    grip: Grip,
}

/// All that falls into hostile hands with somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fallen {
    pub hosts: BTreeSet<HostId>,
    credentials: BTreeSet<CredentialId>,
    /// Keys that he has come upon.
    keys: BTreeSet<KeyId>,
    /// Where he is shown what lies there, besides what he reaches.
    shown: Vec<Location>,
    places: Vec<Reached>,
}

impl Fallen {
    /// What falls on a day.
    pub(crate) fn of(plan: &Plan, hostile: Hostile, day: Date) -> Self {
        Self::together(plan, &[hostile], Vec::new(), day)
    }

    /// What falls with several, who act as one and are shown some places besides.
    pub(crate) fn together(
        plan: &Plan,
        hostile: &[Hostile],
        shown: Vec<Location>,
        day: Date,
    ) -> Self {
        let mut out = Self {
            shown,
            ..Self::default()
        };
        for one in hostile {
            match *one {
                Hostile::Credential(id) => drop(out.credentials.insert(id)),
                Hostile::Host(id) => drop(out.hosts.insert(id)),
            }
        }
        let strewn = strewn(plan, day);
        while out.spread(plan, day) || out.comes_upon(plan, &strewn, day) {}
        out.places = out.places(plan, day);
        out
    }

    /// Adds what lies open where somebody reads; whether anything was new.
    fn comes_upon(&mut self, plan: &Plan, strewn: &[Strewn], day: Date) -> bool {
        if strewn.is_empty() {
            return false;
        }
        let readable = self.readable(plan, day);
        let mut new = false;
        for lies in strewn {
            if readable.has(&lies.place, &lies.sealed_by) {
                new |= match lies.what {
                    Opener::Key(id) => self.keys.insert(id),
                    Opener::Credential(id) => self.credentials.insert(id),
                    Opener::Vault(id) => self.empties(plan, Holder::Vault(id)),
                };
            }
        }
        new
    }

    /// What somebody can do at a place, if he can delete there.
    pub(crate) fn reaches(&self, place: &Location) -> Option<Grip> {
        let meeting = self.places.iter().filter(|other| other.place.meets(place));
        meeting.map(|reached| reached.grip).reduce(Grip::and)
    }

    /// Adds all that somebody holds; whether anything was new.
    fn empties(&mut self, plan: &Plan, by: Holder) -> bool {
        let model = &plan.model;
        let before = (self.keys.len(), self.credentials.len());
        let holds = |held: &[(Holder, Span)]| held.iter().any(|(holder, _)| *holder == by);
        let keys = model.keys.iter().filter(|(_, key)| holds(&key.held));
        self.keys.extend(keys.map(|(id, _)| id));
        let credentials = model.credentials.iter();
        let credentials = credentials.filter(|(_, credential)| holds(&credential.held));
        self.credentials.extend(credentials.map(|(id, _)| id));
        before != (self.keys.len(), self.credentials.len())
    }

    /// Adds what the hosts open; whether anything was new.
    fn spread(&mut self, plan: &Plan, day: Date) -> bool {
        let model = &plan.model;
        let before = (self.hosts.len(), self.credentials.len());
        let opened = self
            .hosts
            .iter()
            .flat_map(|host| &model.hosts[*host].deploys_to);
        let opened: Vec<HostId> = opened.map(|(host, _)| *host).collect();
        self.hosts.extend(opened);
        for (id, credential) in model.credentials.iter() {
            if credential
                .held
                .iter()
                .any(|(holder, _)| self.has(plan, *holder))
            {
                self.credentials.insert(id);
            }
        }
        let jobs = self.jobs(plan, day).flat_map(|(_, step)| used(plan, step));
        let jobs: Vec<CredentialId> = jobs.collect();
        self.credentials.extend(jobs);
        for mount in &model.mounts {
            let here = self.hosts.contains(&model.services[mount.service].host);
            if here && mount.lifetime.contains(day) {
                self.credentials.extend(mount.credential);
            }
        }
        before != (self.hosts.len(), self.credentials.len())
    }

    fn has(&self, plan: &Plan, holder: Holder) -> bool {
        let host = match holder {
            Holder::Host(host) => Some(host),
            Holder::Vault(vault) => plan.model.vaults[vault].host,
        };
        host.is_some_and(|host| self.hosts.contains(&host))
    }

    /// The steps that the hosts run.
    fn jobs<'p>(&self, plan: &'p Plan, day: Date) -> impl Iterator<Item = (StepId, &'p Step)> {
        plan.steps_on(day).filter(|(_, step)| {
            let host = step.runner.host;
            host.is_some_and(|host| self.hosts.contains(&host))
        })
    }

    fn places(&self, plan: &Plan, day: Date) -> Vec<Reached> {
        let model = &plan.model;
        let mut out = Vec::new();
        for (store, what) in model.stores.iter() {
            if self.hosts.contains(&what.host) {
                out.push(whole(store));
            }
        }
        for id in &self.credentials {
            by_credential(plan, *id, &mut out);
        }
        by_jobs(plan, &self.jobs(plan, day).collect(), &mut out);
        for mount in &model.mounts {
            let here = self.hosts.contains(&model.services[mount.service].host);
            let writes = mount.credential.is_none() && !mount.read_only;
            if here && writes && mount.lifetime.contains(day) {
                out.push(Reached {
                    place: mount.place(),
                    grip: Grip::WRITES,
                });
            }
        }
        out
    }
}

fn whole(store: StoreId) -> Reached {
    Reached {
        place: Location::whole(store),
        grip: Grip::WHOLE,
    }
}

/// The credentials a step authenticates with: its own, and that of the repository it opens.
fn used(plan: &Plan, step: &Step) -> Vec<CredentialId> {
    let repository = opened(step).map(|id| &plan.model.repositories[id]);
    let of_repository = repository.and_then(|repository| repository.credential);
    let all = step.credential.into_iter().chain(of_repository);
    all.map(|(id, _)| id).collect()
}

/// The repository that a step opens: one that it backs up to, or that it prunes, checks or restores from.
fn opened(step: &Step) -> Option<thrice_model::RepositoryId> {
    match (&step.target, &step.verb, &step.source) {
        (StepTarget::Repository(id, _), ..)
        | (_, Verb::Prune | Verb::Check(_) | Verb::Drill, Source::Repository(id, _)) => Some(*id),
        _ => None,
    }
}

/// Whether a credential is about a store: it has rights there, or the store is of its account.
fn is_about(plan: &Plan, id: CredentialId, store: StoreId) -> bool {
    let credential = &plan.model.credentials[id];
    let host = plan.host_of(store);
    let bucket = plan.model.hosts[host].kind == HostKind::ObjectStorage;
    match credential.account {
        Some(account) if account == host => true,
        None if bucket && !credential.stated => true,
        _ => credential
            .rights
            .iter()
            .any(|right| right.stores.contains(&store)),
    }
}

/// Where a credential may change something. Undeclared is hostile: one without `may` can do anything in its
/// account, or in all object storages where it names none; and what `may` says counts for nothing where the
/// provider gives each key all buckets and knows no policy that would narrow it. Writing is overwriting.
fn by_credential(plan: &Plan, id: CredentialId, out: &mut Vec<Reached>) {
    let credential = &plan.model.credentials[id];
    for grant in &credential.rights {
        let has = |right| grant.rights.contains(&right);
        if has(Right::Write) || has(Right::Delete) || has(Right::Administer) {
            out.extend(grant.stores.iter().map(|store| Reached {
                place: Location {
                    store: *store,
                    path: grant.path.clone(),
                },
                grip: Grip {
                    administers: has(Right::Administer),
                    writes: has(Right::Write) || has(Right::Administer),
                },
            }));
        }
    }
    out.extend(by_default(plan, id).map(whole));
}

/// The stores in which a credential can do anything, whatever it is said to be for.
fn by_default(plan: &Plan, id: CredentialId) -> impl Iterator<Item = StoreId> {
    let credential = &plan.model.credentials[id];
    let stores = plan.model.stores.iter().filter(|(_, what)| {
        let host = &plan.model.hosts[what.host];
        let own = match credential.account {
            Some(account) => account == what.host,
            None => host.kind == HostKind::ObjectStorage && !credential.stated,
        };
        let provider = &plan.model.providers[plan.model.sites[host.site].provider];
        let known = |wanted: ProviderCapability| {
            let mut all = provider.capabilities.iter();
            all.any(|(capability, yes, _)| *capability == wanted && *yes)
        };
        let all_buckets =
            known(ProviderCapability::OneKeyAllBuckets) && !known(ProviderCapability::BucketPolicy);
        own && (!credential.stated || all_buckets)
    });
    stores.map(|(store, _)| store)
}

/// Where jobs must be able to change something, and none of a job's credentials says what it may do there.
fn by_jobs(plan: &Plan, jobs: &BTreeMap<StepId, &Step>, out: &mut Vec<Reached>) {
    let mut add = |step: &Step, place: &Location, grip: Grip| {
        let mut credentials = used(plan, step).into_iter();
        if !credentials.any(|id| is_about(plan, id, place.store)) {
            out.push(Reached {
                place: place.clone(),
                grip,
            });
        }
    };
    for (_, copy) in plan.copies.iter() {
        let Some(step) = copy.made_by.and_then(|id| jobs.get(&id)) else {
            continue;
        };
        add(step, &copy.location, Grip::WRITES);
        if let (Verb::Move { .. }, Some(source)) = (&step.verb, copy.source) {
            add(step, &plan.copies[source].location, Grip::DELETES);
        }
    }
    for step in jobs.values() {
        if let (Verb::Expire { .. }, Source::Location(place, _)) = (&step.verb, &step.source) {
            add(step, place, Grip::DELETES);
        }
        if let (Verb::Prune, Some(id)) = (&step.verb, opened(step)) {
            let repository = &plan.model.repositories[id];
            let place = repository.place();
            add(step, &place, Grip::WRITES);
        }
    }
}

/// What keys hang on.
pub(crate) struct Holders<'a> {
    pub lost_keys: &'a BTreeSet<KeyId>,
    /// Lost, or in hostile hands.
    pub fallen_hosts: &'a BTreeSet<HostId>,
    pub lost_sites: &'a BTreeSet<thrice_model::SiteId>,
    /// Classes whose data is not whole any more where it lives: no vault whose content that is opens, and no file is
    /// left in it.
    pub lost_data: &'a BTreeSet<ClassId>,
    pub day: Date,
}

/// The keys that can still be used: some holder is left, or a vault comes back from a copy that can be read
/// without it. `sound` says in which copies there is something to restore from, whatever their key.
pub(crate) fn keys_left(
    plan: &Plan,
    holders: &Holders<'_>,
    sound: &BTreeSet<CopyId>,
) -> BTreeSet<KeyId> {
    let mut left: BTreeSet<KeyId> = BTreeSet::new();
    loop {
        let found: Vec<KeyId> = plan
            .model
            .keys
            .ids()
            .filter(|key| !left.contains(key) && !holders.lost_keys.contains(key))
            .filter(|key| {
                let mut by = held_by(plan, *key).into_iter();
                by.any(|holder| holders.has_left(plan, (*key, holder), sound, &left))
            })
            .collect();
        if found.is_empty() {
            return left;
        }
        left.extend(found);
    }
}

/// Keys that can still be used, by how soon.
pub(crate) struct KeysLeft {
    /// All of them.
    pub all: BTreeSet<KeyId>,
    /// Those that somebody still has.
    pub at_hand: BTreeSet<KeyId>,
    /// What each of the others comes back with: the content of a vault.
    pub later: BTreeSet<(KeyId, ClassId)>,
}

impl KeysLeft {
    pub(crate) fn of(plan: &Plan, holders: &Holders<'_>, sound: &BTreeSet<CopyId>) -> Self {
        let all = keys_left(plan, holders, sound);
        let at_hand = keys_left(plan, holders, &BTreeSet::new());
        let later = all.difference(&at_hand).flat_map(|key| {
            let vaults = held_by(plan, *key).into_iter().filter(|holder| {
                matches!(holder, Holder::Vault(_))
                    && holders.has_left(plan, (*key, *holder), sound, &all)
            });
            let content = vaults.filter_map(|holder| match holder {
                Holder::Vault(id) => plan.model.vaults[id].data,
                Holder::Host(_) => None,
            });
            content.map(|(class, _)| (*key, class))
        });
        let later = later.collect();
        Self {
            all,
            at_hand,
            later,
        }
    }
}

impl Holders<'_> {
    /// Whether a holder of a key is there, where some keys are. A host has it no more when the data is lost among which
    /// its file lies.
    fn has_left(
        &self,
        plan: &Plan,
        (key, holder): (KeyId, Holder),
        sound: &BTreeSet<CopyId>,
        keys: &BTreeSet<KeyId>,
    ) -> bool {
        let vault = match holder {
            Holder::Host(host) => {
                let files = file_of(plan, key, host);
                let mut lost = self
                    .lost_data
                    .iter()
                    .map(|id| &plan.model.classes[*id].home);
                let gone = lost.any(|home| files.iter().any(|file| home.contains(file)));
                let there = plan.model.hosts[host].lifetime.contains(self.day);
                return there && !gone && !self.fallen_hosts.contains(&host);
            }
            Holder::Vault(id) => &plan.model.vaults[id],
        };
        let host = vault
            .host
            .is_some_and(|host| self.fallen_hosts.contains(&host));
        let site = vault
            .site
            .is_some_and(|site| self.lost_sites.contains(&site));
        let comes_back = || {
            let Some((class, _)) = vault.data else {
                return false;
            };
            let is_left = |needed: &ClassId| {
                let mut copies = sound.iter().map(|id| &plan.copies[*id]);
                copies.any(|copy| {
                    copy.class == *needed
                        && (copy.source.is_some() || *needed != class)
                        && copy.key.is_none_or(|key| keys.contains(&key))
                })
            };
            with_needs(plan, class).iter().all(is_left)
        };
        let data = vault
            .data
            .is_some_and(|(class, _)| self.lost_data.contains(&class));
        vault.lifetime.contains(self.day) && (!(host || site || data) || comes_back())
    }
}

/// A class, what it is restored with, what that is restored with, and so on.
#[must_use]
pub fn with_needs(plan: &Plan, class: ClassId) -> BTreeSet<ClassId> {
    let mut out = BTreeSet::new();
    let mut next = vec![class];
    while let Some(class) = next.pop() {
        if out.insert(class) {
            let needs = &plan.model.classes[class].needs;
            next.extend(needs.iter().map(|need| need.class));
        }
    }
    out
}

/// The classes that a key is lost with where they live: the content of vaults that hold it, and the data among which
/// its files lie.
pub(crate) fn lies_in(plan: &Plan, key: KeyId) -> BTreeSet<ClassId> {
    let mut out = BTreeSet::new();
    for holder in held_by(plan, key) {
        match holder {
            Holder::Vault(id) => out.extend(plan.model.vaults[id].data.map(|(class, _)| class)),
            Holder::Host(host) => {
                let files = file_of(plan, key, host);
                let classes = plan.model.classes.iter();
                let around =
                    classes.filter(|(_, class)| files.iter().any(|file| class.home.contains(file)));
                out.extend(around.map(|(id, _)| id));
            }
        }
    }
    out
}

/// Who is said to hold a key. Where nothing says it, it is where the steps run that use it, and nowhere
/// else.
fn held_by(plan: &Plan, key: KeyId) -> Vec<Holder> {
    let named = &plan.model.keys[key].held;
    if !named.is_empty() {
        return named.iter().map(|(holder, _)| *holder).collect();
    }
    let uses = |step: &&Step| match &step.target {
        StepTarget::Repository(repository, _) => {
            let own = plan.model.repositories[*repository].key;
            own.is_some_and(|(own, _)| own == key)
        }
        _ => false,
    };
    let steps = plan.model.steps.iter().map(|(_, step)| step).filter(uses);
    steps
        .filter_map(|step| step.runner.host.map(Holder::Host))
        .collect()
}
