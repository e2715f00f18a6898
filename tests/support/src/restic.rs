//! The restic versions that emitted scripts must work with.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::command::run;
use crate::tools::{Version, fetched};

/// The password of every repository that a test makes.
pub const PASSWORD: &str = "correct horse";

/// One installed restic.
#[derive(Debug, Clone)]
pub struct Restic {
    /// Its version, for example 0.14.0.
    pub version: Version,
    /// The program.
    pub path: PathBuf,
}

/// All versions there are, the oldest first: always 0.14 (Debian 12) and one of at least 0.18
/// (Debian 13); the newest of Debian's unstable suite where it could be had.
///
/// # Panics
/// If one of the promised ones is missing.
pub fn versions() -> &'static [Restic] {
    static VERSIONS: OnceLock<Vec<Restic>> = OnceLock::new();
    VERSIONS.get_or_init(|| {
        let mut found: Vec<Restic> = fetched("restic-", "restic").into_iter().map(ask).collect();
        found.sort_by(|a, b| a.version.cmp(&b.version));
        found.dedup_by(|a, b| a.version == b.version);
        assert!(
            found.iter().any(|restic| restic.version.is(0, 14)),
            "restic 0.14 is missing: run `.ci/setup test`, which puts Debian 12's into .tools/restic-0.14"
        );
        assert!(
            found.iter().any(|restic| restic.version.at_least(0, 18)),
            "restic 0.18 is missing: run `.ci/setup test`, which puts Debian 13's into .tools/restic-0.18"
        );
        found
    })
}

fn ask(path: PathBuf) -> Restic {
    let answer = run(Command::new(&path).arg("version"));
    let word = answer.split_whitespace().nth(1).unwrap_or_default();
    Restic {
        version: Version::read(word),
        path,
    }
}

impl Restic {
    /// This restic on a repository, with [`PASSWORD`] and no cache; add the rest of the arguments.
    /// Of the environment of the test only `PATH` and `HOME` reach it, so that no setting of the
    /// machine changes what is tested.
    pub fn command(&self, repository: &str) -> Command {
        let mut command = Command::new(&self.path);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", std::env::var_os("HOME").unwrap_or_default())
            .env("RESTIC_REPOSITORY", repository)
            .env("RESTIC_PASSWORD", PASSWORD)
            .arg("--no-cache");
        command
    }

    /// A folder that holds this restic under the plain name `restic`, to stand first in the `PATH`
    /// of an emitted script.
    ///
    /// # Panics
    /// Never: a program has a folder.
    pub fn folder(&self) -> &Path {
        self.path.parent().expect("a program stands in a folder")
    }
}
