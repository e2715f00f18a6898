//! Programs that are asked, and the volumes of containers.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use thrice_audit::{Answer, Folder};

use crate::input;
use crate::measure::files;

/// How long a program that only discovers may take, in seconds: an engine that hangs must not hang an audit.
const PATIENCE: &str = "20";

/// What a program prints.
///
/// # Errors
/// `what` it was to do, and its last word, or its fatal error.
pub fn output(what: &str, command: &mut Command) -> Answer<Vec<u8>> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{what}: it cannot be started: {}", input::words(&error)))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // Below the error itself, restic 0.14 asks whether the address of the repository is right.
    let mut lines = said.lines();
    let last = (lines.clone().rfind(|line| line.starts_with("Fatal: ")))
        .or_else(|| lines.rfind(|line| !line.trim().is_empty()))
        .unwrap_or("it says nothing");
    let code = output
        .status
        .code()
        .map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
    Err(format!("{what} ({code}): {}", last.trim()))
}

/// The volumes of Docker, else of Podman; `None` where neither is installed.
pub fn volumes() -> Option<Answer<Vec<Folder>>> {
    ["docker", "podman"].into_iter().find_map(volumes_of)
}

fn volumes_of(engine: &str) -> Option<Answer<Vec<Folder>>> {
    let is_there = Command::new(engine)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if is_there.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return None;
    }
    let mut command = Command::new("timeout");
    command.args([PATIENCE, engine, "volume", "ls", "--format"]);
    command.arg("{{.Name}}\t{{.Mountpoint}}");
    let what = format!("the volumes of {engine} cannot be listed");
    Some(output(&what, &mut command).map(|listed| {
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let lines = listed.lines().filter_map(|line| line.split_once('\t'));
        lines
            .map(|(name, path)| Folder {
                name: name.to_owned(),
                path: path.to_owned(),
                is_repository: files::is_repository(Path::new(path)),
            })
            .collect()
    }))
}
