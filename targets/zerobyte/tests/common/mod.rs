//! Policies with backups that Zerobyte runs.
#![allow(dead_code, reason = "not every test uses all of it")]

use serde_json::Value;
use thrice_model::{
    CredentialId, HostId, HostKind, Mirror, MonitorKind, RepositoryId, RunnerKind, Source, StepId,
    StepTarget, StoreId, Verb,
};
use thrice_quantity::schedule::{Schedule, TimeOfDay};
use thrice_retention::{Count, KeepRules};
use thrice_target::Artefact;
use thrice_target::fixture::{Fixture, span};
use thrice_target_zerobyte::emit;

/// A policy with backups that Zerobyte of `seko` runs.
pub struct Stage {
    pub fixture: Fixture,
    pub seko: HostId,
    pub there: StoreId,
    pub here: StoreId,
    pub repository: RepositoryId,
}

pub fn rules(daily: u32) -> KeepRules {
    KeepRules {
        daily: Some(Count::N(daily)),
        weekly: Some(Count::N(4)),
        ..KeepRules::default()
    }
}

impl Stage {
    pub fn new() -> Self {
        let mut f = Fixture::new("vpai");
        let seko = f.host("seko", HostKind::Host);
        let vpai = f.host("vpai", HostKind::Host);
        let (here, there) = (
            f.file_system(seko, "local", "/"),
            f.file_system(vpai, "local", "/"),
        );
        let s3 = f.host("s3", HostKind::ObjectStorage);
        let bucket = f.bucket(s3, "backups", "vpai-backups");
        let key = f.key("restic_key", None);
        let credential = f.credential("s3_writer", Some(s3), None);
        let place = Fixture::location(bucket, "/vpai");
        let repository = f.repository("vpai_restic", place, (0, 18), key, Some(credential));
        Self {
            fixture: f,
            seko,
            there,
            here,
            repository,
        }
    }

    pub fn backup(&mut self, name: &str, from: StoreId, path: &str, keep: KeepRules) -> StepId {
        let span = self.fixture.model.hosts[self.seko].named.span;
        let verb = Verb::Backup {
            keep: Some((keep.into(), span)),
            prune: true,
            exclude: vec!["*.tmp".to_owned()].into(),
            flags: vec!["--exclude-caches".to_owned(), "--pack-size 32".to_owned()].into(),
            mirror: None,
        };
        let id = self.fixture.step(name, verb, self.seko);
        let repository = self.repository;
        self.fixture.edit(id, |step| {
            step.source = Fixture::reads(Fixture::location(from, path));
            step.target = StepTarget::Repository(repository, span);
            step.runner.kind = RunnerKind::Zerobyte;
            step.timing.retries = 2;
        })
    }

    /// A repository in a folder of Zerobyte's host.
    pub fn folder(&mut self, name: &str) -> RepositoryId {
        let store = self
            .fixture
            .file_system(self.seko, name, &format!("/mnt/{name}"));
        let key = self.fixture.model.keys.ids().next().unwrap();
        self.fixture.repository(
            name,
            Fixture::location(store, "/restic"),
            (0, 18),
            key,
            None,
        )
    }

    /// A repository in the bucket of the first one, opened with that credential.
    pub fn bucket(&mut self, name: &str, credential: CredentialId) -> RepositoryId {
        let store = self.fixture.model.repositories[self.repository].store;
        let key = self.fixture.model.keys.ids().next().unwrap();
        let place = Fixture::location(store, &format!("/{name}"));
        self.fixture
            .repository(name, place, (0, 18), key, Some(credential))
    }

    /// A mirror of a backup, asked after at 05:00 where `asked`.
    pub fn mirror(&mut self, name: &str, of: StepId, to: RepositoryId, asked: bool) -> StepId {
        let Verb::Backup { keep, .. } = self.fixture.model.steps[of].verb.clone() else {
            panic!("no backup");
        };
        let five = Schedule::daily_utc(TimeOfDay::new(5, 0).unwrap());
        let verb = Verb::Backup {
            keep,
            prune: true,
            exclude: Default::default(),
            flags: Default::default(),
            mirror: Some(Box::new(Mirror {
                checked: asked.then(|| (five.into(), span())),
                stated: None,
            })),
        };
        let id = self.fixture.step(name, verb, self.seko);
        self.fixture.edit(id, |step| {
            step.source = Source::Step(of, span());
            step.target = StepTarget::Repository(to, span());
            step.runner.kind = RunnerKind::Zerobyte;
        })
    }

    pub fn emitted(&self) -> Vec<Artefact> {
        emit(&self.fixture.plan()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
    }
}

pub fn usual() -> Stage {
    let mut stage = Stage::new();
    let (here, there) = (stage.here, stage.there);
    let id = stage.backup("db_full", there, "/opt/vpai/backups/pg_dump", rules(7));
    let monitor = stage
        .fixture
        .monitor("deadman", MonitorKind::Healthchecks, "HC_PING_KEY");
    let span = stage.fixture.model.hosts[stage.seko].named.span;
    stage
        .fixture
        .edit(id, |step| step.monitor = Some((monitor, span)));
    stage.backup("configs", here, "/etc/app", rules(14));
    stage
}

pub fn errors(schema: &str, value: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect()
}
