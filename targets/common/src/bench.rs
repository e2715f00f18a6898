//! Runs emitted scripts in tests, as their hosts would, without touching the machine: state and locks
//! are in a temporary folder, and of the environment of the test only what a test gives gets through.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "for tests alone: it runs programs and reads what they leave, and a failure is a failed test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use thrice_test_support::{Finished, finish};

use crate::Artefact;

/// A place to run scripts in.
#[derive(Debug)]
pub struct Bench {
    folder: tempfile::TempDir,
    first_in_path: Vec<PathBuf>,
    environment: BTreeMap<String, String>,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// An empty one.
    ///
    /// # Panics
    /// If there is no temporary folder.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("tmp")).expect("the folder can be written");
        Self {
            folder,
            first_in_path: Vec::new(),
            environment: BTreeMap::new(),
        }
    }

    /// Its folder, for sources, repositories and files with secrets: absolute.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in its folder, as text for a policy.
    ///
    /// # Panics
    /// If the machine's temporary folder has a name that is not UTF-8.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.folder()
            .join(name)
            .to_str()
            .expect("a name in UTF-8")
            .to_owned()
    }

    /// Writes a file in its folder, its folders too, and returns its path as text.
    ///
    /// # Panics
    /// If it cannot.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, content).expect("the file can be written");
        self.path(name)
    }

    /// Programs in this folder come first.
    pub fn programs(&mut self, folder: &Path) {
        self.first_in_path.insert(0, folder.to_owned());
    }

    /// Writes a program of that name (`bin/restic`), and returns its path as text.
    ///
    /// # Panics
    /// If it cannot.
    pub fn program(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.write(name, content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        path
    }

    /// Writes a program that comes before all others of its name.
    ///
    /// # Panics
    /// If it cannot.
    pub fn instead(&mut self, name: &str, content: impl AsRef<[u8]>) {
        self.program(&format!("bin/{name}"), content);
        let folder = self.folder().join("bin");
        self.programs(&folder);
    }

    /// Names of all that is in a folder of its, sorted; none if there is no such folder.
    ///
    /// # Panics
    /// If a name is not UTF-8.
    #[must_use]
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder().join(folder)) else {
            return Vec::new();
        };
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a name in UTF-8");
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.sort();
        names
    }

    /// Sets a variable of the environment of all scripts that run from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Puts a script where it can be started.
    ///
    /// # Panics
    /// If it cannot.
    pub fn install(&self, artefact: &Artefact) -> PathBuf {
        let path = self.folder().join("out").join(&artefact.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, &artefact.bytes).expect("the file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(artefact.mode)).expect("it is ours");
        path
    }

    /// The command that runs a script here.
    pub fn command(&self, artefact: &Artefact) -> Command {
        let mut command = Command::new(self.install(artefact));
        let usual = [
            "/usr/local/sbin",
            "/usr/local/bin",
            "/usr/sbin",
            "/usr/bin",
            "/sbin",
            "/bin",
        ];
        let folders = self
            .first_in_path
            .iter()
            .cloned()
            .chain(usual.map(PathBuf::from));
        command
            .env_clear()
            .env(
                "PATH",
                std::env::join_paths(folders).expect("no colon in a folder's name"),
            )
            .env("HOME", self.folder())
            .env("TMPDIR", self.folder().join("tmp"))
            .env("THRICE_STATE", self.folder().join("state"))
            .env("THRICE_PAUSE", "0")
            .envs(&self.environment)
            .current_dir("/");
        command
    }

    /// Runs a script to its end.
    pub fn run(&self, artefact: &Artefact) -> Finished {
        finish(&mut self.command(artefact))
    }

    /// The record of a step's last run; `null` if there is none.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn record(&self, policy: &str, step: &str) -> Value {
        let path = self
            .folder()
            .join(format!("state/runs/{policy}/{step}.json"));
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).expect("a record is JSON"),
            Err(_) => Value::Null,
        }
    }

    /// Names of what is left in the temporary folder of the scripts: nothing should be.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn left_behind(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder().join("tmp")).expect("our folder");
        entries
            .map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }
}

/// A server on loopback that notes which addresses it is asked for, and answers all with 200.
#[derive(Debug)]
pub struct Monitor {
    /// Its address, without a slash at the end.
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Default for Monitor {
    fn default() -> Self {
        Self::start()
    }
}

impl Monitor {
    /// Starts it; it ends with the test.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound port"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let request = lines.next().unwrap_or_default();
                for _ in lines.take_while(|line| !line.is_empty()) {}
                let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
                noted
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(target);
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";
                // A client that does not wait for the answer has been noted all the same.
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { url, asked }
    }

    /// The paths, with queries, that it was asked for, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
