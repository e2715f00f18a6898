//! A folder to work in, and the real program.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder of its own for a test.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    /// With these files in it.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let desk = Self {
            dir: TempDir::new().unwrap(),
        };
        for (path, text) in files {
            desk.put(path, text.as_bytes());
        }
        desk
    }

    /// The path of something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().write_all(bytes).unwrap();
    }

    /// Reads a file.
    pub fn text(&self, name: &str) -> String {
        read(&self.path(name))
    }

    /// `thrice` with these arguments, run in the folder, with next to no environment.
    pub fn thrice(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thrice"));
        command.args(args).current_dir(self.dir.path()).env_clear();
        command
    }

    /// Runs it.
    pub fn run(&self, args: &[&str]) -> Output {
        self.thrice(args).output().unwrap()
    }
}

fn read(path: &Path) -> String {
    let mut text = String::new();
    File::open(path).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// What a program wrote, as text.
pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The session that a page shows: the command's words, and what it answers.
pub fn session(page: &str) -> Option<(Vec<&str>, &str)> {
    let (_, rest) = page.split_once("```console\n$ thrice ")?;
    let (command, rest) = rest.split_once('\n')?;
    let (answer, _) = rest.split_once("```\n")?;
    Some((command.split(' ').collect(), answer))
}
