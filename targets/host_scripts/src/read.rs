//! An emitted script back to plain facts.

use thrice_target::read::{assignments, word};

/// What an emitted script says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// A program is run and its result looked at.
    Capture {
        /// The policy of its records and signals.
        policy: String,
        /// The step.
        step: String,
        /// The program.
        program: String,
        /// The user that it runs as; empty for the one of cron.
        user: String,
        /// What it leaves.
        destination: String,
        /// How long that stays, in seconds, if it is cleaned up.
        keep_seconds: Option<i64>,
    },
    /// Old files are removed.
    CleanUp {
        /// The policy of its records and signals.
        policy: String,
        /// The step.
        step: String,
        /// The folder.
        folder: String,
        /// How old, in seconds.
        seconds: i64,
    },
}

/// Reads a script that this target emitted. `None` if it is not of that form.
#[must_use]
pub fn read(text: &str) -> Option<Facts> {
    let mut said = assignments(text);
    let (policy, step) = (word(&mut said, "policy")?, word(&mut said, "step")?);
    if let Some(program) = word(&mut said, "program") {
        let keep_seconds = word(&mut said, "keep_seconds").and_then(|seconds| seconds.parse().ok());
        return Some(Facts::Capture {
            policy,
            step,
            program,
            user: word(&mut said, "user").unwrap_or_default(),
            destination: word(&mut said, "destination")?,
            keep_seconds,
        });
    }
    let folder = word(&mut said, "folder")?;
    let seconds = word(&mut said, "seconds")?.parse().ok()?;
    Some(Facts::CleanUp {
        policy,
        step,
        folder,
        seconds,
    })
}
