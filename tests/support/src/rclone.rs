//! The rclone versions that emitted scripts must work with, and a remote for an object gateway.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::ceph::Rgw;
use crate::command::run;
use crate::tools::{Version, fetched};

/// One installed rclone.
#[derive(Debug, Clone)]
pub struct Rclone {
    /// Its version, for example 1.60.1.
    pub version: Version,
    /// The program.
    pub path: PathBuf,
}

/// Debian's rclone (1.60 in Debian 12 and 13).
///
/// # Panics
/// If it is not installed.
pub fn binary() -> PathBuf {
    let path = PathBuf::from("/usr/bin/rclone");
    assert!(path.is_file(), "rclone is missing: run `.ci/setup test`");
    path
}

/// Debian's rclone and the newer one that `.ci/setup test` fetches, the oldest first.
///
/// # Panics
/// If one of them is missing.
pub fn versions() -> &'static [Rclone] {
    static VERSIONS: OnceLock<Vec<Rclone>> = OnceLock::new();
    VERSIONS.get_or_init(|| {
        let newer = fetched("rclone-", "rclone");
        assert!(
            !newer.is_empty(),
            "the newer rclone is missing: run `.ci/setup test`"
        );
        let mut found: Vec<Rclone> = newer.into_iter().chain([binary()]).map(ask).collect();
        found.sort_by(|a, b| a.version.cmp(&b.version));
        found
    })
}

fn ask(path: PathBuf) -> Rclone {
    let answer = run(Command::new(&path).args(["version", "--config", "/dev/null"]));
    let word = answer.split_whitespace().nth(1).unwrap_or_default();
    Rclone {
        version: Version::read(word),
        path,
    }
}

impl Rclone {
    /// This rclone with the remotes of a configuration file; add the rest of the arguments.
    /// Of the environment of the test only `PATH` and `HOME` reach it: rclone 1.60 fails with every
    /// S3 remote if `AWS_CA_BUNDLE` is set.
    pub fn command(&self, config: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", std::env::var_os("HOME").unwrap_or_default())
            .arg("--config")
            .arg(config);
        command
    }

    /// The folder that holds this rclone under its plain name, to stand first in a `PATH`.
    ///
    /// # Panics
    /// Never: a program has a folder.
    pub fn folder(&self) -> &Path {
        self.path.parent().expect("a program stands in a folder")
    }
}

/// The section of an rclone configuration that makes a gateway a remote of that name.
/// `provider = Ceph` is known to every version.
pub fn remote(name: &str, gateway: &Rgw) -> String {
    format!(
        "[{name}]\ntype = s3\nprovider = Ceph\nenv_auth = false\nendpoint = {}\naccess_key_id = {}\nsecret_access_key = {}\n",
        gateway.endpoint(),
        gateway.access_key(),
        gateway.secret_key(),
    )
}
