//! Keys and credentials that lie in files among data, and go along with it.
//!
//! Where a step finds a secret (`file`) is a path on a host. If that lies in one of the host's stores, whoever reads
//! there reads the secret, and the steps that take a tree of files around it take it along: to other places in clear, to a
//! repository under its key. A backup's `exclude` that surely matches it leaves it out, and so does an `include` that surely does
//! not. What a sync takes away there it may put aside. What a step has left stays when it ends. The content of a vault that is not sealed is data as well.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;

use ecow::{EcoString, eco_format};
use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_model::{
    CaptureMethod, ClassId, CredentialId, Holder, HostId, HostKind, KeyId, Lifetime, Location,
    Source, Step, StepId, StepTarget, StoreId, VaultId, Verb,
};

use super::{Indexed, credentials_of, key_of};
use crate::patterns::{leaves_out, may_name};

/// What opens something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Secret {
    Key(KeyId),
    Credential(CredentialId),
    /// All that is in the vault.
    Vault(VaultId),
}

/// A secret that lies somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Lying {
    pub what: Secret,
    /// The file, or the repository or dump in which it is.
    pub place: Location,
    /// All that is needed to read it there.
    pub keys: Vec<KeyId>,
    /// From when on it lies there, and until when at most.
    pub lifetime: Lifetime,
    /// The steps that have brought it there.
    way: Vec<StepId>,
}

/// All secrets that lie in places of the plan.
#[derive(Default)]
pub(crate) struct Lies {
    pub all: Vec<Lying>,
    /// When anything begins or ceases to lie in a store.
    changes: BTreeMap<StoreId, BTreeSet<Date>>,
    at: BTreeMap<StoreId, Vec<usize>>,
    /// The classes in whose data the file of a key lies on a host.
    within: BTreeMap<(KeyId, HostId), BTreeSet<ClassId>>,
}

impl Lies {
    pub(super) fn of(indexed: &Indexed<'_>) -> Self {
        let mut out = Self::default();
        let files = files(indexed);
        let mut homes: BTreeMap<StoreId, Vec<ClassId>> = BTreeMap::new();
        if !files.is_empty() {
            for (id, class) in indexed.plan.model.classes.iter() {
                homes.entry(class.home.store).or_default().push(id);
            }
        }
        for (what, host, lying) in files {
            if let Secret::Key(key) = what {
                let classes = homes.get(&lying.place.store).into_iter().flatten();
                let home = |class: ClassId| &indexed.plan.model.classes[class].home;
                let around = classes.filter(|class| home(**class).contains(&lying.place));
                let around: Vec<ClassId> = around.copied().collect();
                if !around.is_empty() {
                    out.within.entry((key, host)).or_default().extend(around);
                }
            }
            out.add(lying);
        }
        if !out.all.is_empty() {
            out.carry(indexed);
        }
        out.content(indexed);
        for lying in &out.all {
            let days = [Some(lying.lifetime.from), lying.lifetime.until];
            let changes = out.changes.entry(lying.place.store).or_default();
            changes.extend(days.into_iter().flatten());
        }
        out
    }

    /// Adds what lies in the content of vaults, wherever there is something of it.
    fn content(&mut self, indexed: &Indexed<'_>) {
        let plan = indexed.plan;
        for (id, vault) in plan.model.vaults.iter().filter(|(_, vault)| !vault.sealed) {
            let class = vault.data.map(|(class, _)| class);
            let copies = class.into_iter().flat_map(|class| indexed.copies_of(class));
            for copy in copies {
                let since = Lifetime {
                    until: None,
                    ..vault.lifetime
                };
                let stay = indexed.left().stay(plan, *copy);
                let copy = &plan.copies[*copy];
                let Some(lifetime) = stay.meet(since) else {
                    continue;
                };
                let aside = indexed.aside(copy);
                for place in [Some(&copy.location), aside].into_iter().flatten() {
                    self.add(Lying {
                        what: Secret::Vault(id),
                        place: place.clone(),
                        keys: copy.key.into_iter().collect(),
                        lifetime,
                        way: Vec::new(),
                    });
                }
            }
        }
    }

    /// Whether a secret is a key, or holds it.
    pub(crate) fn gives_key(indexed: &Indexed<'_>, what: Secret, key: KeyId) -> bool {
        match what {
            Secret::Key(id) => id == key,
            Secret::Credential(_) => false,
            Secret::Vault(_) => is_in(&indexed.plan.model.keys[key].held, what),
        }
    }

    /// Whether a secret is a credential, or holds it.
    pub(crate) fn gives_credential(
        indexed: &Indexed<'_>,
        what: Secret,
        credential: CredentialId,
    ) -> bool {
        match what {
            Secret::Key(_) => false,
            Secret::Credential(id) => id == credential,
            Secret::Vault(_) => is_in(&indexed.plan.model.credentials[credential].held, what),
        }
    }

    fn add(&mut self, lying: Lying) {
        let known = self.at.entry(lying.place.store).or_default();
        let covered = known.iter().filter_map(|at| self.all.get(*at));
        let mut covered = covered.filter(|other| {
            (other.what, &other.place, &other.keys) == (lying.what, &lying.place, &lying.keys)
        });
        if !covered.any(|other| covers(other.lifetime, lying.lifetime)) {
            known.push(self.all.len());
            self.all.push(lying);
        }
    }

    /// Lets steps take along what lies in what they read, and so on.
    fn carry(&mut self, indexed: &Indexed<'_>) {
        let steps = indexed.plan.model.steps.iter();
        let mut carriers: BTreeMap<StoreId, Vec<Carrier<'_>>> = BTreeMap::new();
        for carrier in steps.flat_map(|(id, step)| Carrier::all(indexed, id, step)) {
            carriers
                .entry(carrier.from.store)
                .or_default()
                .push(carrier);
        }
        let mut next = 0;
        while let Some(lying) = self.all.get(next).cloned() {
            let carriers = carriers.get(&lying.place.store);
            for carrier in carriers.into_iter().flatten() {
                if let Some(brought) = carrier.takes(indexed, &lying) {
                    self.add(brought);
                }
            }
            next += 1;
        }
    }

    /// When it changes after a day what lies in a store.
    pub(crate) fn next_change(&self, store: StoreId, day: Date) -> Option<Date> {
        let changes = self.changes.get(&store)?;
        let mut later = changes.range((Bound::Excluded(day), Bound::Unbounded));
        later.next().copied()
    }

    /// The secrets that lie in a store on a day, each with its number.
    pub(crate) fn on(&self, store: StoreId, day: Date) -> impl Iterator<Item = (usize, &Lying)> {
        let here = self.at.get(&store).into_iter().flatten();
        let here = here.filter_map(|at| Some((*at, self.all.get(*at)?)));
        here.filter(move |(_, lying)| lying.lifetime.contains(day))
    }

    /// The classes with whose data a holder loses a key: its file lies in there.
    pub(crate) fn around(&self, key: KeyId, holder: Holder) -> impl Iterator<Item = ClassId> {
        let host = match holder {
            Holder::Host(host) => Some(host),
            Holder::Vault(_) => None,
        };
        let around = host.and_then(|host| self.within.get(&(key, host)));
        around.into_iter().flatten().copied()
    }

    /// All classes in whose data the file of a key lies.
    pub(crate) fn classes(&self) -> impl Iterator<Item = ClassId> {
        self.within.values().flatten().copied()
    }
}

fn is_in(held: &[(Holder, Span)], what: Secret) -> bool {
    let mut holders = held.iter();
    holders.any(|(holder, _)| matches!(holder, Holder::Vault(id) if what == Secret::Vault(*id)))
}

fn covers(one: Lifetime, other: Lifetime) -> bool {
    let ends = one
        .until
        .is_none_or(|end| other.until.is_some_and(|other| other <= end));
    one.from <= other.from && ends
}

/// A host that uses a secret from a day on, and until one.
type User = (HostId, Date, Option<Date>);

/// The files that the policy names, each on the hosts that hold the secret or run steps that use it.
fn files(indexed: &Indexed<'_>) -> Vec<(Secret, HostId, Lying)> {
    let model = &indexed.plan.model;
    let keys = model.keys.iter().filter_map(|(id, key)| {
        let file = key.file.as_deref()?;
        Some((Secret::Key(id), file, key.held.as_slice()))
    });
    let credentials = model.credentials.iter().filter_map(|(id, credential)| {
        let file = credential.file.as_deref()?;
        Some((Secret::Credential(id), file, credential.held.as_slice()))
    });
    let named: Vec<_> = keys.chain(credentials).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let always = Lifetime {
        from: model.policy.start,
        until: None,
        since: None,
    };
    // Most hosts have many steps that use the same, from the same day on.
    let mut used: BTreeMap<Secret, BTreeMap<User, Lifetime>> = BTreeMap::new();
    for (_, step) in model.steps.iter() {
        let Some(host) = step.runner.host else {
            continue;
        };
        let credentials = credentials_of(model, step).map(Secret::Credential);
        let secrets = credentials.chain(key_of(model, step).map(Secret::Key));
        for secret in secrets {
            let once = (host, step.lifetime.from, step.lifetime.until);
            let used = used.entry(secret).or_default();
            used.entry(once).or_insert(step.lifetime);
        }
    }
    let mut out = Vec::new();
    for (what, file, held) in named {
        let held = held.iter().filter_map(|(holder, _)| match holder {
            Holder::Host(host) => Some((*host, always)),
            Holder::Vault(_) => None,
        });
        let used = used.get(&what).into_iter().flatten();
        let used = used.map(|((host, ..), lifetime)| (*host, *lifetime));
        for (host, lifetime) in held.chain(used) {
            for place in places(indexed, host, file) {
                let store = model.stores[place.store].lifetime;
                let lying = lifetime.meet(store).map(|lifetime| Lying {
                    what,
                    place,
                    keys: Vec::new(),
                    lifetime,
                    way: Vec::new(),
                });
                out.extend(lying.map(|lying| (what, host, lying)));
            }
        }
    }
    out
}

/// Where a path of a host lies: in the store that is mounted there or furthest below; where several are mounted at one
/// place, it may lie in each of them.
fn places(indexed: &Indexed<'_>, host: HostId, path: &str) -> Vec<Location> {
    let model = &indexed.plan.model;
    if model.hosts[host].kind == HostKind::ObjectStorage {
        return Vec::new();
    }
    let mounted = indexed.stores_on(host).iter().filter_map(|store| {
        let at = Path::new(&model.stores[*store].mounted_at);
        let below = Path::new(path).strip_prefix(at).ok()?.to_str()?;
        Some((at.components().count(), *store, eco_format!("/{below}")))
    });
    let mounted: Vec<(usize, StoreId, EcoString)> = mounted.collect();
    let deepest = mounted.iter().map(|(depth, ..)| *depth).max();
    let here = mounted.into_iter();
    let here = here.filter(|(depth, ..)| Some(*depth) == deepest);
    here.map(|(_, store, path)| Location { store, path })
        .collect()
}

/// A step that takes what lies in a place along.
struct Carrier<'p> {
    id: StepId,
    step: &'p Step,
    from: Location,
    to: Location,
    /// It puts there what it takes away elsewhere: in folders of its runs, whose names the policy does not say.
    aside: bool,
}

impl<'p> Carrier<'p> {
    /// What a step takes trees of files from, and to where.
    fn all(indexed: &Indexed<'p>, id: StepId, step: &'p Step) -> Vec<Self> {
        let takes = match &step.verb {
            Verb::Capture(parts) => parts.method == CaptureMethod::Files,
            Verb::Backup { .. } | Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => true,
            _ => false,
        };
        let Some(to) = indexed.plan.model.written(step).filter(|_| takes) else {
            return Vec::new();
        };
        let aside = step.puts_aside().map(|place| (place.clone(), true));
        let to: Vec<(Location, bool)> = std::iter::once((to, false)).chain(aside).collect();
        let from = read(indexed, step).into_iter();
        from.flat_map(|from| {
            to.iter().map(move |(to, aside)| Self {
                id,
                step,
                from: from.clone(),
                to: to.clone(),
                aside: *aside,
            })
        })
        .collect()
    }

    /// Where it brings a secret, if it takes it along.
    fn takes(&self, indexed: &Indexed<'_>, lying: &Lying) -> Option<Lying> {
        if !self.from.contains(&lying.place)
            || lying.way.contains(&self.id)
            || self.passes_by(indexed, &lying.place)
        {
            return None;
        }
        let model = &indexed.plan.model;
        let fed = self.step.lifetime.meet(lying.lifetime)?;
        let (path, keys) = match (&self.step.target, &self.step.verb) {
            (StepTarget::Repository(id, _), verb) => {
                // A mirror of a backup brings its versions, under the key of the repository where they go.
                let before = match verb {
                    Verb::Backup { mirror: None, .. } => lying.keys.as_slice(),
                    _ => &[],
                };
                let own = model.repositories[*id].key.map(|(key, _)| key);
                let mut keys: Vec<KeyId> = before.iter().copied().chain(own).collect();
                keys.sort_unstable();
                keys.dedup();
                (self.to.path.clone(), keys)
            }
            // What its files are called there, the policy does not say.
            (_, Verb::Capture(_)) => (self.to.path.clone(), lying.keys.clone()),
            _ if self.aside => (self.to.path.clone(), lying.keys.clone()),
            _ => (self.moved(&lying.place), lying.keys.clone()),
        };
        let place = Location {
            store: self.to.store,
            path,
        };
        let store = model.stores[place.store].lifetime.until;
        let until = match fed.until {
            Some(ends) => {
                let left = indexed.left();
                let swept = left.swept(indexed, &place, (Some(self.id), None), ends);
                [store, swept].into_iter().flatten().min()
            }
            None => store,
        };
        let way = lying.way.iter().copied().chain([self.id]);
        Some(Lying {
            what: lying.what,
            place,
            keys,
            lifetime: Lifetime { until, ..fed },
            way: way.collect(),
        })
    }

    /// The path that something has where it is brought as it is.
    fn moved(&self, place: &Location) -> EcoString {
        match self.below(place) {
            "" => self.to.path.clone(),
            rest => eco_format!("{}/{rest}", self.to.path.trim_end_matches('/')),
        }
    }

    /// The path of something below what is read.
    fn below<'l>(&self, place: &'l Location) -> &'l str {
        let rest = place
            .path
            .strip_prefix(self.from.path.trim_end_matches('/'));
        rest.unwrap_or("").trim_start_matches('/')
    }

    /// Whether patterns surely keep a file from being taken along.
    fn passes_by(&self, indexed: &Indexed<'_>, place: &Location) -> bool {
        match &self.step.verb {
            Verb::Backup { exclude, .. } => {
                let mounted = &indexed.plan.model.stores[place.store].mounted_at;
                let mut patterns = exclude.iter();
                // What begins with `!` takes back what was left out before it.
                !exclude.iter().any(|pattern| pattern.starts_with('!'))
                    && patterns.any(|pattern| leaves_out(pattern, &[mounted, &place.path]))
            }
            Verb::Copy { include, .. } => {
                let below = self.below(place);
                !include.is_empty() && !include.iter().any(|pattern| may_name(pattern, below))
            }
            _ => false,
        }
    }
}

/// The places that a step reads, each with all that lies there: of a capture that names parts, these.
fn read(indexed: &Indexed<'_>, step: &Step) -> Vec<Location> {
    let model = &indexed.plan.model;
    match &step.source {
        Source::Location(place, _) => vec![place.clone()],
        Source::Repository(id, _) => vec![model.repositories[*id].place()],
        Source::Step(other, _) => model.written(&model.steps[*other]).into_iter().collect(),
        Source::Home => {
            let captures = matches!(step.verb, Verb::Capture(_));
            let classes = step.classes.iter().map(|(class, _)| &model.classes[*class]);
            let homes = classes.flat_map(|class| {
                let path = class.home.path.trim_end_matches('/');
                let parts = class.parts.iter().filter(|_| captures);
                let parts: Vec<EcoString> = parts
                    .map(|(part, _)| eco_format!("{path}/{part}"))
                    .collect();
                let paths = match parts.is_empty() {
                    true => vec![class.home.path.clone()],
                    false => parts,
                };
                let store = class.home.store;
                paths.into_iter().map(move |path| Location { store, path })
            });
            homes.collect()
        }
    }
}
