//! Repositories, by restic.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use thrice_audit::{Added, Answer, Repository, Snapshot, newest_two};

use crate::measure::program::output;

/// Reads environment files as the scripts do, and starts restic. The secrets in them are on no command line.
/// Certificates are looked up as for buckets: by `--ca-bundle`, else `AWS_CA_BUNDLE`, else as restic does.
/// What is listed is not changed, so no lock is taken. The rest of its words goes to restic; only the last
/// `$lines` lines are handed on, since a comparison names every file.
const RESTIC: &str = r#"
set -euo pipefail
repository=$1
password_file=$2
files=$3
lines=$4
authorities=$5
shift 5
set -a
for ((; files > 0; files--)); do
  . "$1"
  shift
done
set +a
authorities=${authorities:-${AWS_CA_BUNDLE:-}}
restic --repo "$repository" --password-file "$password_file" ${authorities:+--cacert "$authorities"} \
  --no-lock --no-cache --json "$@" | tail -n "$lines"
"#;

fn restic(
    (repository, authorities): Asked<'_>,
    what: &str,
    lines: &str,
    words: &[&str],
) -> Answer<Vec<u8>> {
    let files = repository.settings.len().to_string();
    let mut command = Command::new("bash");
    command
        .args(["-c", RESTIC, "thrice-audit", &repository.url])
        .args([&repository.password_file, &files, lines])
        .arg(authorities.unwrap_or(Path::new("")))
        .args(&repository.settings)
        .args(words);
    for (name, value) in &repository.variables {
        command.env(name, value);
    }
    output(what, &mut command)
}

/// A repository, and the file of `--ca-bundle`.
pub type Asked<'a> = (&'a Repository, Option<&'a Path>);

/// All snapshots of a repository.
pub fn snapshots(asked: Asked<'_>) -> Answer<Vec<Snapshot>> {
    let what = "its snapshots cannot be listed";
    let listed = restic(asked, what, "+1", &["snapshots"])?;
    // restic says `null` where there are none.
    let listed: Option<Vec<Snapshot>> = serde_json::from_slice(&listed)
        .map_err(|error| format!("what restic lists cannot be read: {error}"))?;
    Ok(listed.unwrap_or_default())
}

/// Of each backup into a repository, what its newest snapshot added.
pub fn added(
    asked: Asked<'_>,
    snapshots: &[Snapshot],
) -> impl Iterator<Item = (String, Answer<Added>)> {
    asked.0.backups.iter().filter_map(move |backup| {
        let pair = newest_two(snapshots, &backup.host, &backup.tag)?;
        Some((backup.step.clone(), between(asked, pair)))
    })
}

fn between(asked: Asked<'_>, [older, newer]: [&Snapshot; 2]) -> Answer<Added> {
    let what = "its newest snapshots cannot be compared";
    let said = restic(asked, what, "1", &["diff", &older.id, &newer.id])?;
    let said: Value = serde_json::from_slice(&said).map_err(|error| format!("{what}: {error}"))?;
    let bytes = said.pointer("/added/bytes").and_then(Value::as_u64);
    Ok(Added {
        since: older.time.at.as_second(),
        until: newer.time.at.as_second(),
        bytes: bytes.ok_or_else(|| format!("{what}: restic does not say what was added"))?,
    })
}
