//! Plans for the tests of this target.
#![allow(dead_code, reason = "each test binary uses its own part")]

use thin_vec::ThinVec;
use thrice_model::{CredentialId, HostId, HostKind, Location, StepId, StoreId, Verb};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::Fixture;
use thrice_test_support::Finished;
use thrice_test_support::ceph::Rgw;
use thrice_test_support::rclone::Rclone;

/// A host with files, and an object storage with one bucket.
pub struct Stage {
    pub fixture: Fixture,
    pub host: HostId,
    pub files: StoreId,
    pub storage: HostId,
    pub credential: CredentialId,
}

pub const fn copy() -> Verb {
    Verb::Copy {
        include: ThinVec::new(),
        latest_only: false,
        immutable: false,
        transit: false,
    }
}

pub const fn sync() -> Verb {
    Verb::Sync {
        max_delete: None,
        backup_dir: None,
        transit: false,
    }
}

impl Stage {
    pub fn new(rclone: &str, credential_file: &str) -> Self {
        let mut fixture = Fixture::new("fixture");
        let host = fixture.host("app", HostKind::Host);
        fixture.tool(host, "rclone", rclone);
        let files = fixture.file_system(host, "local", "/");
        let storage = fixture.host("s3", HostKind::ObjectStorage);
        let credential = fixture.credential("writer", Some(storage), Some(credential_file));
        Self {
            fixture,
            host,
            files,
            storage,
            credential,
        }
    }

    /// For scripts that really run: the keys of a gateway in a file of the bench.
    pub fn on_gateway(bench: &mut Bench, rclone: &Rclone, gateway: &Rgw) -> Self {
        bench.programs(rclone.folder());
        let keys = format!(
            "AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n",
            gateway.access_key(),
            gateway.secret_key()
        );
        let file = bench.write("secrets/writer.env", keys);
        let mut stage = Self::new(&rclone.version.to_string(), &file);
        stage
            .fixture
            .model
            .hosts
            .get_mut(stage.storage)
            .unwrap()
            .endpoint = Some(gateway.endpoint().to_owned());
        stage
    }

    pub fn bucket(&mut self, name: &str) -> StoreId {
        self.fixture.bucket(self.storage, name, name)
    }

    pub fn step(&mut self, name: &str, verb: Verb, from: Location, to: Location) -> StepId {
        let id = self.fixture.step(name, verb, self.host);
        let credential = self.credential;
        let span = self.fixture.model.hosts[self.host].named.span;
        self.fixture.edit(id, |step| {
            step.source = Fixture::reads(from);
            step.target = Fixture::writes(to);
            step.credential = Some((credential, span));
        })
    }

    pub fn local(&self, path: &str) -> Location {
        Fixture::location(self.files, path)
    }

    pub fn artefacts(&self) -> Vec<Artefact> {
        thrice_target_rclone::emit(&self.fixture.plan()).unwrap()
    }

    pub fn script(&self, step: &str) -> Artefact {
        let all = self.artefacts();
        all.into_iter()
            .find(|artefact| artefact.step.as_deref() == Some(step))
            .expect("it is emitted")
    }

    pub fn run(&self, bench: &Bench, step: &str) -> Finished {
        bench.run(&self.script(step))
    }
}
