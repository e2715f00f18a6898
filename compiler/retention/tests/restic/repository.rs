//! Repositories that real restic began, with thousands of snapshots that it did not have to take.

use std::path::{Path, PathBuf};

use rand::SeedableRng as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use thrice_retention::Snapshot;
use thrice_test_support::restic::{PASSWORD, Restic};
use thrice_test_support::run;

use crate::Random;
use crate::histories::stored;
use crate::sealed::Keys;

/// A repository that restic made, with one backup in it. Others are made of its parts: same configuration and
/// keys, other snapshots.
pub struct Origin {
    folder: PathBuf,
    keys: Keys,
    /// What the backup holds: all snapshots hold the same.
    tree: String,
    configuration: Vec<u8>,
    key: Vec<u8>,
}

impl Origin {
    /// Has it made in a folder.
    pub fn new(folder: &Path, restic: &Restic) -> Self {
        let repository = folder.join("origin");
        let path = shown(&repository);
        let file = folder.join("file");
        std::fs::write(&file, "content").unwrap();
        run(restic.command(&path).args(["init", "-q"]));
        run(restic.command(&path).args(["backup", "-q"]).arg(&file));
        let keys = Keys::of_master(&run(restic.command(&path).args(["cat", "masterkey"])));
        let listed = run(restic.command(&path).args(["snapshots", "--json"]));
        let listed: Value = serde_json::from_str(&listed).unwrap();
        Self {
            keys,
            tree: listed[0]["tree"].as_str().unwrap().to_owned(),
            configuration: std::fs::read(repository.join("config")).unwrap(),
            key: keys.file(PASSWORD, &mut Random::seed_from_u64(1)),
            folder: repository,
        }
    }

    /// A repository in a folder with these snapshots; their names in it come back, in the same order.
    pub fn with(&self, folder: &Path, snapshots: &[Snapshot], random: &mut Random) -> Vec<String> {
        for part in ["data", "index", "keys", "locks", "snapshots"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        std::fs::write(folder.join("config"), &self.configuration).unwrap();
        write(&folder.join("keys"), &self.key);
        let sealed = snapshots.iter().map(|snapshot| {
            let snapshot = json!({
                "time": stored(snapshot),
                "tree": self.tree,
                "paths": snapshot.paths,
                "hostname": snapshot.host,
                "username": "test",
                "tags": if snapshot.tags.is_empty() { Value::Null } else { json!(snapshot.tags) },
            });
            self.keys.seal(snapshot.to_string().as_bytes(), random)
        });
        let folder = folder.join("snapshots");
        sealed.map(|sealed| write(&folder, &sealed)).collect()
    }

    /// Takes the snapshots of another repository in, as `restic copy` would.
    pub fn gather(&self, folder: &Path) {
        for name in names(folder) {
            let from = folder.join("snapshots").join(&name);
            std::fs::hard_link(from, self.folder.join("snapshots").join(name)).unwrap();
        }
    }

    /// Lets restic look at all that was gathered. Its own key is needed no more.
    pub fn check(&self, restic: &Restic) -> usize {
        write(&self.folder.join("keys"), &self.key);
        run(restic
            .command(&shown(&self.folder))
            .args(["check", "--read-data", "-q"]));
        names(&self.folder).len()
    }
}

/// The names of the snapshots in a repository.
pub fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder.join("snapshots")).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// An object has the checksum of its bytes for a name.
fn write(folder: &Path, bytes: &[u8]) -> String {
    let name: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    std::fs::write(folder.join(&name), bytes).unwrap();
    name
}

/// A path for a command line.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
