//! Policies with backups that Zerobyte runs.
#![allow(dead_code, reason = "not every test uses all of it")]

use serde_json::Value;
use thrice_model::{HostId, HostKind, MonitorKind, RunnerKind, StepId, StepTarget, StoreId, Verb};
use thrice_retention::{Count, KeepRules};
use thrice_target::Artefact;
use thrice_target::fixture::Fixture;
use thrice_target_zerobyte::emit;

/// A policy with backups that Zerobyte of `seko` runs.
pub struct Stage {
    pub fixture: Fixture,
    pub seko: HostId,
    pub there: StoreId,
    pub here: StoreId,
    pub repository: thrice_model::RepositoryId,
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
            keep: Some((keep, span)),
            prune: true,
            exclude: vec!["*.tmp".to_owned()],
            flags: vec!["--exclude-caches".to_owned(), "--pack-size 32".to_owned()],
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
