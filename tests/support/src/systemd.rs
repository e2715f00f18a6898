//! What systemd thinks of units and calendar events, without a running systemd.

use std::path::Path;
use std::process::Command;

use crate::command::finish;

/// Reads units as `systemd-analyze verify` does. It ends with 0 on a line that it passes over, so all
/// that it says counts.
///
/// # Errors
/// Its remarks.
///
/// # Panics
/// If systemd is not installed.
pub fn verify(units: &[&Path]) -> Result<(), String> {
    let finished = finish(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no", "--recursive-errors=yes"])
            .args(units),
    );
    if finished.is_success() && finished.stderr.is_empty() && finished.stdout.is_empty() {
        Ok(())
    } else {
        Err(finished.to_string())
    }
}

/// The next `count` moments of a calendar event after a moment, both as `2026-10-25 02:30:00 UTC`.
///
/// # Errors
/// Its remarks.
///
/// # Panics
/// If systemd is not installed.
pub fn calendar(event: &str, after: &str, count: usize) -> Result<Vec<String>, String> {
    let finished = finish(
        Command::new("systemd-analyze")
            .env("TZ", "UTC")
            .args(["calendar", &format!("--iterations={count}")])
            .arg(format!("--base-time={after}"))
            .arg(event),
    );
    if !finished.is_success() || !finished.stderr.is_empty() {
        return Err(finished.to_string());
    }
    let moment = |line: &str| {
        let (label, rest) = line.split_once(": ")?;
        let is_moment = label.ends_with("Next elapse") || label.contains("Iter. #");
        // The day of the week stands first.
        is_moment.then(|| {
            rest.split_once(' ')
                .map_or(rest, |(_, rest)| rest)
                .to_owned()
        })
    };
    Ok(finished.stdout.lines().filter_map(moment).collect())
}
