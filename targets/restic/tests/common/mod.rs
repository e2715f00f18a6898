//! A policy with a repository, its steps, and a bench to run them on.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use thrice_model::{HostId, HostKind, RepositoryId, Source, StepId, StepTarget, Verb};
use thrice_retention::{Count, KeepRules};
use thrice_target::bench::Bench;
use thrice_target::fixture::Fixture;
use thrice_target::{Artefact, Plan};
use thrice_test_support::ceph::Rgw;
use thrice_test_support::restic::{PASSWORD, Restic};
use thrice_test_support::{Finished, run};

/// A policy `p` with a host `h`, a repository and no steps yet.
pub struct World {
    pub fixture: Fixture,
    pub bench: Bench,
    pub host: HostId,
    pub repository: RepositoryId,
    pub url: String,
    pub restic: &'static Restic,
    environment: Vec<(String, String)>,
}

pub fn backup(keep: Option<KeepRules>, prune: bool) -> Verb {
    let span = thrice_target::fixture::span();
    Verb::Backup {
        keep: keep.map(|rules| (rules.into(), span)),
        prune,
        exclude: Default::default(),
        flags: Default::default(),
        mirror: None,
    }
}

pub fn keep_daily(count: u32) -> KeepRules {
    KeepRules {
        daily: Some(Count::N(count)),
        ..KeepRules::default()
    }
}

impl World {
    /// With a repository in a folder of the bench.
    pub fn local(restic: &'static Restic) -> Self {
        let (mut fixture, mut bench) = (Fixture::new("p"), Bench::new());
        let host = fixture.host("h", HostKind::Host);
        let disk = fixture.file_system(host, "disk", "/");
        let key = fixture.key("k", Some(&bench.write("keys/it's the key", PASSWORD)));
        let url = bench.path("repo of p");
        let place = Fixture::location(disk, &url);
        let repository = fixture.repository("r", place, Self::version(restic), key, None);
        bench.programs(restic.folder());
        Self {
            fixture,
            bench,
            host,
            repository,
            url,
            restic,
            environment: Vec::new(),
        }
        .made()
    }

    /// With a repository in a bucket of a gateway.
    pub fn in_bucket(restic: &'static Restic, gateway: &Rgw, bucket: &str) -> Self {
        let (mut fixture, mut bench) = (Fixture::new("p"), Bench::new());
        let host = fixture.host("h", HostKind::Host);
        fixture.file_system(host, "disk", "/");
        let s3 = fixture.host("s3", HostKind::ObjectStorage);
        fixture.model.hosts.get_mut(s3).unwrap().endpoint = Some(gateway.endpoint().to_owned());
        let store = fixture.bucket(s3, "backups", bucket);
        let key = fixture.key("k", Some(&bench.write("key", PASSWORD)));
        let environment = gateway.environment();
        let file: String = environment
            .iter()
            .map(|(name, value)| format!("{name}='{value}'\n"))
            .collect();
        let credential = fixture.credential("c", Some(s3), Some(&bench.write("s3.env", file)));
        let place = Fixture::location(store, "/restic/p");
        let repository =
            fixture.repository("r", place, Self::version(restic), key, Some(credential));
        bench.programs(restic.folder());
        let environment = environment
            .iter()
            .map(|(n, v)| ((*n).to_string(), (*v).to_string()))
            .collect();
        let url = format!("s3:{}/{bucket}/restic/p", gateway.endpoint());
        Self {
            fixture,
            bench,
            host,
            repository,
            url,
            restic,
            environment,
        }
        .made()
    }

    fn version(restic: &Restic) -> (u16, u16) {
        let text = restic.version.to_string();
        let mut numbers = text.split('.').map(|number| number.parse().unwrap());
        (numbers.next().unwrap(), numbers.next().unwrap())
    }

    fn made(self) -> Self {
        run(&mut self.call(&["init"]));
        self
    }

    /// restic itself on the repository, not by way of a script.
    pub fn call(&self, arguments: &[&str]) -> Command {
        let mut command = self.restic.command(&self.url);
        command
            .envs(self.environment.iter().cloned())
            .args(arguments);
        command
    }

    /// All snapshots, oldest first.
    pub fn snapshots(&self) -> Vec<Value> {
        let text = run(&mut self.call(&["snapshots", "--json"]));
        let mut list: Vec<Value> = serde_json::from_str::<Option<Vec<Value>>>(&text)
            .unwrap()
            .unwrap_or_default();
        list.sort_by_key(|snapshot| snapshot["time"].as_str().unwrap().to_owned());
        list
    }

    /// A backup of a class that lives in a folder of the bench.
    pub fn backup(&mut self, name: &str, folder: &str, verb: Verb) -> StepId {
        let path = self.bench.path(folder);
        let disk = self.fixture.model.stores.ids().next().unwrap();
        let class = self.fixture.class(name, Fixture::location(disk, &path));
        let step = self.fixture.step(name, verb, self.host);
        let (repository, span) = (self.repository, thrice_target::fixture::span());
        self.fixture.edit(step, |step| {
            step.classes = vec![(class, span)].into();
            step.target = StepTarget::Repository(repository, span);
        })
    }

    /// A step that reads the repository.
    pub fn step(&mut self, name: &str, verb: Verb) -> StepId {
        let step = self.fixture.step(name, verb, self.host);
        let (repository, span) = (self.repository, thrice_target::fixture::span());
        self.fixture.edit(step, |step| {
            step.source = Source::Repository(repository, span)
        })
    }

    pub fn script(&self, name: &str) -> Artefact {
        emitted(&self.fixture.plan(), name)
    }

    /// Runs the script of a step, and must succeed.
    #[track_caller]
    pub fn succeed(&self, name: &str) -> Finished {
        let finished = self.bench.run(&self.script(name));
        assert!(finished.is_success(), "{}: {finished}", self.restic.version);
        finished
    }

    /// Runs the script of a step, which must fail with that code and say so.
    #[track_caller]
    pub fn fail(&self, name: &str, code: i32, words: &str) {
        let finished = self.bench.run(&self.script(name));
        assert_eq!(
            finished.code,
            Some(code),
            "{}: {finished}",
            self.restic.version
        );
        assert!(
            finished.stderr.contains(words),
            "{}: {finished}",
            self.restic.version
        );
        assert_eq!(self.bench.record("p", name)["ok"], false);
    }
}

pub fn emitted(plan: &Plan, name: &str) -> Artefact {
    let all = thrice_target_restic::emit(plan).unwrap();
    let mut found = all
        .into_iter()
        .filter(|artefact| artefact.step.as_deref() == Some(name));
    let artefact = found.next().unwrap();
    assert!(found.next().is_none(), "each step once");
    artefact
}

/// A tree with what makes trees hard: a folder with blanks, an empty file, a link, bytes of all kinds.
pub fn write_tree(folder: &Path, seed: u8) {
    fs::create_dir_all(folder.join("a folder/deep")).unwrap();
    let bytes: Vec<u8> = (0..200_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 ^ seed)
        .collect();
    fs::write(folder.join("a folder/deep/bytes"), bytes).unwrap();
    fs::write(folder.join("a folder/empty"), "").unwrap();
    fs::write(folder.join("it's \"$HOME\" -é"), format!("text {seed}")).unwrap();
    std::os::unix::fs::symlink("a folder", folder.join("link")).unwrap();
}
