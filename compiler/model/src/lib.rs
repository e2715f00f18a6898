//! The policy, typed: what there is, what moves, what is asked for.
//!
//! What goes in: nothing but values (the resolver makes them from syntax). What comes out: tables of
//! plain data that name each other by id. Every entry carries the [`Span`] of the words that
//! declared it, and nothing refers back to syntax. Order in a table is the order of declaration.

mod class;
mod demand;
mod id;
mod inventory;
mod location;
mod scenario;
mod step;
mod version;

pub use class::{Asked, Class, ClassKind, Field, Label, NeededWith};
pub use demand::{
    Acceptance, Comparison, Cost, Demand, Estimate, EstimateOf, FaultKind, Obligation, Requirement,
    Selection, Skip, Survive, Target,
};
pub use id::{
    BucketId, ClassId, CredentialId, EnvironmentId, HostId, KeyId, MonitorId, PhaseId, ProviderId,
    RepositoryId, ServiceId, SiteId, StepId, StoreId, Table, VaultId,
};
pub use inventory::{
    AccessPath, Credential, Environment, Fact, Holder, Host, HostKind, Key, Lifetime, Lock,
    LockMode, Medium, Monitor, MonitorKind, Mount, Named, Network, Phase, Policy, Provider,
    ProviderCapability, Reader, Repository, Right, Rights, RunnerKind, Service, Site, Store,
    StoreKind, Tool, Vault, Versioning,
};
pub use location::Location;
pub use scenario::{Expectation, Expected, Hostile, Mishap, Scenario, Strike};
pub use step::{
    AgeClock, Anonymise, Application, CaptureMethod, CaptureParts, Mirror, Pace, Runner, SeedRule,
    Source, Step, Subset, Target as StepTarget, Timing, Verb,
};
pub use version::{Version, newest_known};

use std::collections::BTreeMap;

use thrice_diagnostics::Span;
use thrice_quantity::{Interval, Seconds};

/// A whole policy.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name, title, zone, horizon.
    pub policy: Policy,
    /// Phases in the order of their dates.
    pub phases: Table<PhaseId, Phase>,
    /// Providers.
    pub providers: Table<ProviderId, Provider>,
    /// Sites; each has a provider.
    pub sites: Table<SiteId, Site>,
    /// Hosts, NAS and object storages; each is at a site.
    pub hosts: Table<HostId, Host>,
    /// Stores and buckets; each is on a host.
    pub stores: Table<StoreId, Store>,
    /// Services on hosts.
    pub services: Table<ServiceId, Service>,
    /// Places off line that hold keys.
    pub vaults: Table<VaultId, Vault>,
    /// Encryption keys.
    pub keys: Table<KeyId, Key>,
    /// Machine credentials.
    pub credentials: Table<CredentialId, Credential>,
    /// Monitors.
    pub monitors: Table<MonitorId, Monitor>,
    /// Backup repositories.
    pub repositories: Table<RepositoryId, Repository>,
    /// Environments that are seeded.
    pub environments: Table<EnvironmentId, Environment>,
    /// Kinds of data.
    pub classes: Table<ClassId, Class>,
    /// What moves data.
    pub steps: Table<StepId, Step>,
    /// Networks.
    pub networks: Vec<Network>,
    /// Mounts of stores in user-facing programs.
    pub mounts: Vec<Mount>,
    /// Requirements.
    pub requirements: Vec<Requirement>,
    /// Accepted risks.
    pub acceptances: Vec<Acceptance>,
    /// Cases that are played through.
    pub scenarios: Vec<Scenario>,
    /// Data left out, with the reason.
    pub skips: Vec<Skip>,
    /// Figures of a document, to be checked against.
    pub estimates: Vec<Estimate>,
    /// Further costs.
    pub costs: Vec<Cost>,
    /// Facts about the world that the policy rests on, with source and date.
    pub facts: Vec<Fact>,
    /// Declarations that nothing refers to.
    pub unused: Vec<(String, Span)>,
    /// SHA-256 of all source files in order, in lower-case hex: names the policy in what is emitted.
    pub hash: String,
}

/// The lifetimes of all tables and lists of a model, borrowed one way or the other.
macro_rules! lifetimes {
    ($model:ident, $values:ident, $iter:ident, $($borrow:tt)+) => {{
        let hosts = $model.hosts.$values().map(|host| $($borrow)+ host.lifetime);
        let stores = $model.stores.$values().map(|store| $($borrow)+ store.lifetime);
        let services = $model.services.$values().map(|of| $($borrow)+ of.lifetime);
        let vaults = $model.vaults.$values().map(|vault| $($borrow)+ vault.lifetime);
        let repositories = $model.repositories.$values().map(|of| $($borrow)+ of.lifetime);
        let classes = $model.classes.$values().map(|class| $($borrow)+ class.lifetime);
        let steps = $model.steps.$values().map(|step| $($borrow)+ step.lifetime);
        let mounts = $model.mounts.$iter().map(|mount| $($borrow)+ mount.lifetime);
        let requirements = $model.requirements.$iter().map(|of| $($borrow)+ of.lifetime);
        let estimates = $model.estimates.$iter().map(|of| $($borrow)+ of.lifetime);
        let costs = $model.costs.$iter().map(|cost| $($borrow)+ cost.lifetime);
        let places = hosts.chain(stores).chain(services).chain(vaults);
        let data = mounts.chain(repositories).chain(classes).chain(steps);
        places
            .chain(data)
            .chain(requirements)
            .chain(estimates)
            .chain(costs)
    }};
}

impl Model {
    /// Where stores say that somebody of a name reads.
    pub fn declared<'m>(&'m self, name: &'m str) -> impl Iterator<Item = Location> + 'm {
        self.stores.iter().flat_map(move |(id, store)| {
            let readers = store
                .readers
                .iter()
                .filter(move |reader| reader.who == name);
            readers.map(move |reader| reader.place(id))
        })
    }

    /// The steps that clear by age all of the place in which a sync puts aside what it deletes; none where it does not.
    pub fn clears_aside(&self, sync: StepId) -> impl Iterator<Item = StepId> {
        let place = self.steps.get(sync).and_then(Step::puts_aside);
        place.into_iter().flat_map(|place| {
            let steps = self.steps.iter();
            let clears = steps.filter(move |(_, step)| {
                let cleared = step.clears_by_age();
                cleared.is_some_and(|cleared| cleared.contains(place))
            });
            clears.map(|(id, _)| id)
        })
    }

    /// When each thing exists that has a time of its own.
    pub fn lifetimes(&self) -> impl Iterator<Item = &Lifetime> {
        lifetimes!(self, values, iter, &)
    }

    /// The same, to be changed.
    pub fn lifetimes_mut(&mut self) -> impl Iterator<Item = &mut Lifetime> {
        lifetimes!(self, values_mut, iter_mut, &mut)
    }

    /// The place to which a step writes files, or in which the repository lies into which it writes; `None` for a seed,
    /// and where nothing is written.
    #[must_use]
    pub fn written(&self, step: &Step) -> Option<Location> {
        match &step.target {
            StepTarget::Location(place, _) => Some(place.clone()),
            StepTarget::Repository(id, _) => self.repositories.get(*id).map(Repository::place),
            StepTarget::Environment(..) | StepTarget::Nothing => None,
        }
    }

    /// The step whose end begins another one: see [`Step::follows`].
    #[must_use]
    pub fn followed(&self, step: &Step) -> Option<StepId> {
        let Source::Step(id, _) = &step.source else {
            return None;
        };
        step.follows(*id, self.steps.get(*id)?).then_some(*id)
    }

    /// The steps that the end of each one begins.
    #[must_use]
    pub fn followers(&self) -> BTreeMap<StepId, Vec<StepId>> {
        let mut out: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
        for (id, step) in self.steps.iter() {
            if let Some(before) = self.followed(step) {
                out.entry(before).or_default().push(id);
            }
        }
        out
    }

    /// Says how long a step may take: what its end begins starts as late as that may be.
    pub fn set_duration(&mut self, id: StepId, duration: Interval<Seconds>) {
        let followers = self.followers().remove(&id).unwrap_or_default();
        let Some(step) = self.steps.get_mut(id) else {
            return;
        };
        step.timing.duration = duration;
        let before = step.timing.clone();
        for follower in followers {
            if let Some(step) = self.steps.get_mut(follower) {
                step.timing.begun_by(&before);
            }
        }
    }
}
