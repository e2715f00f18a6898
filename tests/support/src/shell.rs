//! shellcheck, for emitted scripts and the project's own.

use std::path::Path;
use std::process::Command;

use crate::command::finish;

/// Reads a script with shellcheck, following what it sources.
///
/// # Errors
/// All remarks, in shellcheck's own words, down to the level of style.
///
/// # Panics
/// If shellcheck is not installed, or cannot read the script at all (its exit codes above 1): that
/// is no remark about a script.
pub fn shellcheck(script: &Path) -> Result<(), String> {
    let finished = finish(
        Command::new("shellcheck")
            .env_remove("SHELLCHECK_OPTS")
            .args([
                "--norc",
                "--external-sources",
                "--check-sourced",
                "--severity=style",
                "--format=gcc",
            ])
            .arg(script),
    );
    match finished.code {
        Some(0) => Ok(()),
        Some(1) => Err(finished.stdout),
        _ => panic!("shellcheck could not do its work: {finished}"),
    }
}
