//! The model while it is made.
//!
//! Names are declared before bodies are read, so ids are known first; each table has a place for
//! every id, which stays empty if the declaration cannot be read. Then an error has been reported
//! already, and whoever finds an empty place says nothing more.

use std::marker::PhantomData;
use std::sync::Arc;

use jiff::civil::Date;
use thrice_diagnostics::{FileId, SourceMap};
use thrice_model as model;
use thrice_model::{
    ClassId, CredentialId, EnvironmentId, HostId, KeyId, MonitorId, PhaseId, ProviderId,
    RepositoryId, ServiceId, SiteId, StepId, StoreId, Table, VaultId,
};
use thrice_quantity::schedule::Schedule;
use thrice_retention::KeepRules;

/// A table with a place for every declared id.
#[derive(Debug)]
pub struct Slots<I, T> {
    places: Vec<Option<T>>,
    ids: PhantomData<I>,
}

impl<I, T> Default for Slots<I, T> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            ids: PhantomData,
        }
    }
}

impl<I, T> From<Vec<Option<T>>> for Slots<I, T> {
    fn from(places: Vec<Option<T>>) -> Self {
        Self {
            places,
            ids: PhantomData,
        }
    }
}

impl<I: Copy, T> Slots<I, T>
where
    usize: TryFrom<I>,
{
    /// Fills the place of an id.
    pub fn set(&mut self, id: I, value: T) {
        let Ok(at) = usize::try_from(id) else { return };
        if self.places.len() <= at {
            self.places.resize_with(at + 1, || None);
        }
        if let Some(place) = self.places.get_mut(at) {
            *place = Some(value);
        }
    }

    /// What is there; `None` for what could not be read, or is not read yet.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.places.get(usize::try_from(id).ok()?)?.as_ref()
    }

    /// What could be read, with its place, in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.places
            .iter()
            .enumerate()
            .filter_map(|(at, value)| Some((at, value.as_ref()?)))
    }
}

impl<I: Copy + From<usize>, T> Slots<I, T>
where
    usize: From<I>,
{
    /// The table of the finished model. Ids fit only if no place is empty.
    #[must_use]
    pub fn into_table(self) -> Table<I, T> {
        #[expect(
            clippy::filter_map_identity,
            reason = "`flatten` would take as much memory again: large policies have tens of megabytes here"
        )]
        let mut values: Vec<T> = self.places.into_iter().filter_map(|value| value).collect();
        // They lie where more was while they were read.
        values.shrink_to_fit();
        values.into()
    }
}

/// The model while it is made; fields as in [`thrice_model::Model`].
#[derive(Debug)]
pub struct Draft {
    /// First day of the policy: the as-of date until phases are read that say otherwise.
    pub start: Date,
    /// The policy's name where no statement gives one.
    pub default_name: String,
    /// The file that a missing `policy` statement would stand in.
    pub first_file: Option<FileId>,
    pub policy: Option<model::Policy>,
    pub phases: Slots<PhaseId, model::Phase>,
    pub schedules: Slots<u32, Arc<Schedule>>,
    pub retentions: Slots<u32, Arc<KeepRules>>,
    pub providers: Slots<ProviderId, model::Provider>,
    pub sites: Slots<SiteId, model::Site>,
    pub hosts: Slots<HostId, model::Host>,
    pub stores: Slots<StoreId, model::Store>,
    pub services: Slots<ServiceId, model::Service>,
    pub vaults: Slots<VaultId, model::Vault>,
    pub keys: Slots<KeyId, model::Key>,
    pub credentials: Slots<CredentialId, model::Credential>,
    pub monitors: Slots<MonitorId, model::Monitor>,
    pub repositories: Slots<RepositoryId, model::Repository>,
    pub environments: Slots<EnvironmentId, model::Environment>,
    pub classes: Slots<ClassId, model::Class>,
    pub steps: Slots<StepId, model::Step>,
    pub networks: Vec<model::Network>,
    pub mounts: Vec<model::Mount>,
    pub requirements: Vec<model::Requirement>,
    pub acceptances: Vec<model::Acceptance>,
    pub scenarios: Vec<model::Scenario>,
    pub skips: Vec<model::Skip>,
    pub estimates: Vec<model::Estimate>,
    pub costs: Vec<model::Cost>,
    pub facts: Vec<model::Fact>,
}

impl Draft {
    /// An empty one.
    #[must_use]
    pub fn new(as_of: Date) -> Self {
        Self {
            start: as_of,
            default_name: String::new(),
            first_file: None,
            policy: None,
            phases: Slots::default(),
            schedules: Slots::default(),
            retentions: Slots::default(),
            providers: Slots::default(),
            sites: Slots::default(),
            hosts: Slots::default(),
            stores: Slots::default(),
            services: Slots::default(),
            vaults: Slots::default(),
            keys: Slots::default(),
            credentials: Slots::default(),
            monitors: Slots::default(),
            repositories: Slots::default(),
            environments: Slots::default(),
            classes: Slots::default(),
            steps: Slots::default(),
            networks: Vec::new(),
            mounts: Vec::new(),
            requirements: Vec::new(),
            acceptances: Vec::new(),
            scenarios: Vec::new(),
            skips: Vec::new(),
            estimates: Vec::new(),
            costs: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Sorts by its words what has no name: which of two of them is told of first is then no matter of
    /// where they stand.
    fn sort(&mut self, sources: &SourceMap) {
        self.requirements.sort_by_key(|one| sources.text(one.span));
        self.acceptances.sort_by_key(|one| sources.text(one.span));
        self.scenarios.sort_by_key(|one| sources.text(one.span));
        self.estimates.sort_by_key(|one| sources.text(one.span));
        let fact = |one: &model::Fact| (one.subject.clone(), one.text.clone());
        self.facts.sort_by_cached_key(fact);
        self.skips.sort_by(|a, b| a.named.name.cmp(&b.named.name));
    }

    /// The finished model; only of use if no error was reported. `sources` are those it was read from.
    #[must_use]
    pub fn finish(
        mut self,
        sources: &SourceMap,
        unused: Vec<(String, thrice_diagnostics::Span)>,
        hash: String,
    ) -> Option<model::Model> {
        self.sort(sources);
        Some(model::Model {
            policy: self.policy?,
            phases: self.phases.into_table(),
            providers: self.providers.into_table(),
            sites: self.sites.into_table(),
            hosts: self.hosts.into_table(),
            stores: self.stores.into_table(),
            services: self.services.into_table(),
            vaults: self.vaults.into_table(),
            keys: self.keys.into_table(),
            credentials: self.credentials.into_table(),
            monitors: self.monitors.into_table(),
            repositories: self.repositories.into_table(),
            environments: self.environments.into_table(),
            classes: self.classes.into_table(),
            steps: self.steps.into_table(),
            networks: self.networks,
            mounts: self.mounts,
            requirements: self.requirements,
            acceptances: self.acceptances,
            scenarios: self.scenarios,
            skips: self.skips,
            estimates: self.estimates,
            costs: self.costs,
            facts: self.facts,
            unused,
            hash,
        })
    }
}
