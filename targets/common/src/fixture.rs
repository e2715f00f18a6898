//! Small plans, built by hand: for tests of the targets alone.
//!
//! Everything exists from 2026-01-01 on and is judged at [`AS_OF`]; what a test does not say has a plain
//! default, and it changes it through [`Fixture::edit`] or the public [`Fixture::model`].

use ecow::EcoString;
use jiff::civil::{Date, date};
use smallvec::SmallVec;
use thin_vec::ThinVec;
use thrice_diagnostics::{FileId, Span};
use thrice_model::{
    Application, Class, ClassId, ClassKind, Credential, CredentialId, Host, HostId, HostKind, Key,
    KeyId, Lifetime, Location, Model, Monitor, MonitorId, MonitorKind, Named, Policy, Provider,
    Repository, RepositoryId, Runner, RunnerKind, Service, ServiceId, Site, Source, Step, StepId,
    StepTarget, Store, StoreId, StoreKind, Table, Timing, Tool, Verb, Version, Versioning,
};
use thrice_plan::Plan;
use thrice_quantity::schedule::{Schedule, TimeOfDay};
use thrice_quantity::{Interval, Ratio, RatioPerMonth, Seconds};
use thrice_retention::ResticVersion;

/// The day that plans are judged at.
pub const AS_OF: Date = date(2026, 6, 1);
const START: Date = date(2026, 1, 1);

/// A policy in the making.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// What there is so far.
    pub model: Model,
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new("fixture")
    }
}

fn named(name: &str) -> Named {
    Named {
        name: name.into(),
        span: span(),
        doc: EcoString::new(),
    }
}

/// A place in no text.
#[must_use]
pub fn span() -> Span {
    Span::new(FileId::new(0), 0, 0)
}

fn lifetime() -> Lifetime {
    Lifetime {
        from: START,
        until: None,
        since: None,
    }
}

impl Fixture {
    /// An empty policy of that name, with one provider and one site.
    #[must_use]
    pub fn new(policy: &str) -> Self {
        let policy = Policy {
            named: named(policy),
            title: policy.to_owned(),
            timezone: "Europe/Paris".to_owned(),
            start: START,
            end: date(2028, 12, 31),
            response: Seconds::days(3),
            response_stated: false,
        };
        let mut providers = Table::default();
        let provider = providers.push(Provider {
            named: named("home"),
            capabilities: Vec::new(),
        });
        let mut sites = Table::default();
        sites.push(Site {
            named: named("home/rack"),
            provider,
        });
        let model = Model {
            policy,
            phases: Table::default(),
            providers,
            sites,
            hosts: Table::default(),
            stores: Table::default(),
            services: Table::default(),
            vaults: Table::default(),
            keys: Table::default(),
            credentials: Table::default(),
            monitors: Table::default(),
            repositories: Table::default(),
            environments: Table::default(),
            classes: Table::default(),
            steps: Table::default(),
            networks: Vec::new(),
            mounts: Vec::new(),
            requirements: Vec::new(),
            acceptances: Vec::new(),
            skips: Vec::new(),
            estimates: Vec::new(),
            costs: Vec::new(),
            scenarios: Vec::new(),
            facts: Vec::new(),
            unused: Vec::new(),
            hash: "0".repeat(64),
        };
        Self { model }
    }

    /// A host, NAS or object storage in UTC.
    pub fn host(&mut self, name: &str, kind: HostKind) -> HostId {
        self.model.hosts.push(Host {
            named: named(name),
            kind,
            site: 0.into(),
            lifetime: lifetime(),
            timezone: "UTC".to_owned(),
            transit_only: false,
            runners: Vec::new(),
            tools: Vec::new(),
            link: None,
            endpoint: (kind == HostKind::ObjectStorage).then(|| "s3.example.org".to_owned()),
            region: None,
            included: None,
            monthly: None,
            once: None,
            always_on: true,
            deploys_to: Vec::new(),
            clearance: None,
        })
    }

    /// Says which version of a program a host has.
    pub fn tool(&mut self, host: HostId, name: &str, version: &str) {
        let tool = Tool {
            name: name.to_owned(),
            version: Version::parse(version),
            span: span(),
        };
        if let Some(host) = self.model.hosts.get_mut(host) {
            host.tools.push(tool);
        }
    }

    /// A file system of a host.
    pub fn file_system(&mut self, host: HostId, name: &str, mounted_at: &str) -> StoreId {
        self.store(host, name, StoreKind::FileSystem, "", mounted_at)
    }

    /// A bucket of an object storage.
    pub fn bucket(&mut self, host: HostId, name: &str, bucket: &str) -> StoreId {
        self.store(host, name, StoreKind::Bucket, bucket, "/")
    }

    fn store(
        &mut self,
        host: HostId,
        name: &str,
        kind: StoreKind,
        bucket: &str,
        at: &str,
    ) -> StoreId {
        let name = format!("{}.{name}", self.model.hosts[host].named.name);
        self.model.stores.push(Store {
            named: named(&name),
            host,
            kind,
            bucket: bucket.to_owned(),
            mounted_at: at.to_owned(),
            medium: None,
            capacity: None,
            quota: None,
            tier: None,
            versioning: Versioning::Off,
            lock: None,
            snapshots: None,
            readers: Vec::new(),
            server_side_encryption: false,
            clearance: None,
            lifetime: lifetime(),
        })
    }

    /// A part of a store.
    #[must_use]
    pub fn location(store: StoreId, path: &str) -> Location {
        Location {
            store,
            path: path.into(),
        }
    }

    /// A class of state that lives at a location.
    pub fn class(&mut self, name: &str, home: Location) -> ClassId {
        self.model.classes.push(Class {
            named: named(name),
            kind: ClassKind::State,
            home,
            lifetime: lifetime(),
            service: None,
            parts: ThinVec::new(),
            undeclared_fail: false,
            size: None,
            growth: Interval::point(RatioPerMonth::new(0)),
            growth_volume: None,
            growth_stated: None,
            churn: None,
            fields: ThinVec::new(),
            needs: ThinVec::new(),
            browsed_by: ThinVec::new(),
            asked: None,
        })
    }

    /// A program that runs on a host.
    pub fn service(&mut self, name: &str, host: HostId) -> ServiceId {
        self.model.services.push(Service {
            named: named(name),
            host,
            container: None,
            after: Vec::new(),
            clearance: None,
            lifetime: lifetime(),
        })
    }

    /// A key in a file.
    pub fn key(&mut self, name: &str, file: Option<&str>) -> KeyId {
        let file = file.map(str::to_owned);
        self.model.keys.push(Key {
            named: named(name),
            held: Vec::new(),
            file,
        })
    }

    /// A credential in an environment file.
    pub fn credential(
        &mut self,
        name: &str,
        account: Option<HostId>,
        file: Option<&str>,
    ) -> CredentialId {
        self.model.credentials.push(Credential {
            named: named(name),
            rights: Vec::new(),
            stated: false,
            held: Vec::new(),
            account,
            profile: None,
            file: file.map(str::to_owned),
        })
    }

    /// A monitor whose address is in an environment variable.
    pub fn monitor(&mut self, name: &str, kind: MonitorKind, url_from: &str) -> MonitorId {
        let url_from = url_from.to_owned();
        self.model.monitors.push(Monitor {
            named: named(name),
            kind,
            url_from,
            host: None,
            provider: None,
            grace: Seconds(3600),
        })
    }

    /// A repository of that version of restic.
    pub fn repository(
        &mut self,
        name: &str,
        place: Location,
        restic: (u16, u16),
        key: KeyId,
        credential: Option<CredentialId>,
    ) -> RepositoryId {
        self.model.repositories.push(Repository {
            named: named(name),
            store: place.store,
            path: place.path,
            restic: ResticVersion::new(restic.0, restic.1, 0),
            restic_stated: Some(span()),
            key: Some((key, span())),
            credential: credential.map(|credential| (credential, span())),
            lifetime: lifetime(),
            max_unused: Ratio(50_000),
        })
    }

    /// A step that cron of a host runs each day at 03:00 UTC, and that neither reads nor writes anything
    /// yet.
    pub fn step(&mut self, name: &str, verb: Verb, host: HostId) -> StepId {
        let three = TimeOfDay::new(3, 0).unwrap_or(TimeOfDay::MIDNIGHT);
        self.model.steps.push(Step {
            named: named(name),
            verb,
            classes: SmallVec::new(),
            source: Source::Home,
            target: StepTarget::Nothing,
            runner: Runner {
                host: Some(host),
                kind: RunnerKind::Cron,
                span: None,
            },
            application: Application::Emitted,
            timing: Timing {
                schedule: Some((Schedule::daily_utc(three).into(), span())),
                duration: Interval::point(Seconds::HOUR),
                duration_stated: None,
                jitter: Seconds::ZERO,
                after: ThinVec::new(),
                retries: 0,
            },
            monitor: None,
            credential: None,
            lifetime: lifetime(),
            pace: None,
        })
    }

    /// Changes a step.
    ///
    /// # Panics
    /// If the id is of another fixture.
    #[expect(clippy::expect_used, reason = "for tests alone")]
    pub fn edit(&mut self, id: StepId, change: impl FnOnce(&mut Step)) -> StepId {
        change(
            self.model
                .steps
                .get_mut(id)
                .expect("a step of this fixture"),
        );
        id
    }

    /// A place to read from.
    #[must_use]
    pub fn reads(place: Location) -> Source {
        Source::Location(place, span())
    }

    /// A place to write to.
    #[must_use]
    pub fn writes(place: Location) -> StepTarget {
        StepTarget::Location(place, span())
    }

    /// What follows from it, judged at [`AS_OF`].
    #[must_use]
    pub fn plan(&self) -> Plan {
        thrice_plan::plan(self.model.clone(), AS_OF).0
    }
}
