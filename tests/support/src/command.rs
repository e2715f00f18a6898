//! Runs a program to its end and keeps all that it said.

use std::fmt;
use std::process::{Command, Stdio};

/// A program that has ended: how, and what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output, bytes that are not UTF-8 replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    program: String,
}

impl Finished {
    /// Whether the exit code is 0.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(out, "{} ended with exit code {code}", self.program)?,
            None => writeln!(out, "{} was ended by a signal", self.program)?,
        }
        writeln!(out, "standard output:\n{}", self.stdout.trim_end())?;
        write!(out, "standard error:\n{}", self.stderr.trim_end())
    }
}

/// Runs a program to its end, with nothing on its standard input.
///
/// # Panics
/// If the program cannot be started, for example because it is not installed.
pub fn finish(command: &mut Command) -> Finished {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| {
            panic!("{program} cannot be started ({error}): run `.ci/setup test`")
        });
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        program,
    }
}

/// Runs a program that must succeed, and returns its standard output.
///
/// # Panics
/// If it fails: with all that it printed. The arguments are not shown, as they may be long; the
/// place of the call is.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let finished = finish(command);
    assert!(finished.is_success(), "{finished}");
    finished.stdout
}

/// Runs a program that must fail, and returns how it did.
///
/// # Panics
/// If it succeeds.
#[track_caller]
pub fn run_fails(command: &mut Command) -> Finished {
    let finished = finish(command);
    assert!(!finished.is_success(), "expected a failure, but {finished}");
    finished
}
