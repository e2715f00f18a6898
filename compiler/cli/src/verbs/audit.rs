//! `thrice audit`: what is on a host, next to what the policy promises.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_audit::{
    Measured, Questions, Record, Repository, Snapshot, Weight, hosts, judge, questions,
};
use thrice_model::HostId;
use thrice_target::Plan;

use crate::args::{Args, Audit, AuditFormat};
use crate::{input, progress, terminal, verbs};

/// Reads environment files as the scripts do, and hands over to restic. The secrets in them are on no
/// command line. What is listed is not changed, so no lock is taken.
const LIST: &str = r#"
set -euo pipefail
repository=$1
password_file=$2
shift 2
set -a
for file in "$@"; do
  . "$file"
done
set +a
exec restic --repo "$repository" --password-file "$password_file" --no-lock --no-cache snapshots --json
"#;

/// The longest record that is read, in bytes: theirs are a few hundred.
const LONGEST_RECORD: u64 = 1_000_000;

/// Measures, judges and shows it.
pub fn run(args: &Args, audit: &Audit) -> u8 {
    let now = audit.now.unwrap_or_else(Timestamp::now);
    let as_of = now.to_zoned(TimeZone::UTC).date();
    let question = |plan: &Plan| {
        Ok(prepared(plan, audit.host.as_deref()).map(|(host, asked)| (plan.clone(), host, asked)))
    };
    let (plan, (host, name), asked) =
        match verbs::ask(args, &audit.path, as_of, "nothing was measured", question) {
            Ok((Ok(answer), _)) => answer,
            Ok((Err(why), _)) => return verbs::misuse(&why),
            Err(code) => return code,
        };
    let measured = progress::during("measuring", || measure(&asked));
    let found = judge(&plan, host, &measured, now);
    let shown = match audit.format {
        AuditFormat::Human => thrice_audit::human(&found, &name),
        AuditFormat::Json => thrice_audit::json(&found, &name),
        AuditFormat::Prometheus => thrice_audit::prometheus(&found, &name, &asked.policy),
    };
    let code = if found.has(Weight::Failure) {
        1
    } else if found.has(Weight::NotMeasured) {
        verbs::MISUSE
    } else {
        0
    };
    verbs::finish(&shown, code)
}

/// The host that is meant, and what to measure there.
fn prepared(plan: &Plan, asked: Option<&str>) -> Result<((HostId, String), Questions), String> {
    let all = hosts(plan);
    let names = || {
        all.iter()
            .map(|(_, name)| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let host = match (asked, all.as_slice()) {
        (None, [only]) => only.clone(),
        (None, []) => return Err("the policy has no host that runs scripts".to_owned()),
        (None, _) => return Err(format!("say which host this is by --host: {}", names())),
        (Some(name), _) => all
            .iter()
            .find(|(_, other)| other == name)
            .cloned()
            .ok_or_else(|| format!("`{name}` runs no scripts; those that do: {}", names()))?,
    };
    let asked = questions(plan, host.0).map_err(|mistakes| {
        let said: Vec<String> = mistakes
            .into_iter()
            .map(|mistake| mistake.message)
            .collect();
        said.join("; ")
    })?;
    Ok((host, asked))
}

fn measure(asked: &Questions) -> Measured {
    // The scripts keep their records there too if it is set.
    let state = terminal::environment("THRICE_STATE").unwrap_or_else(|| asked.state.clone());
    let runs = Path::new(&state).join("runs").join(&asked.policy);
    let record = |step: &String| (step.clone(), record(&runs.join(format!("{step}.json"))));
    let list = |repository: &Repository| (repository.name.clone(), list(repository));
    Measured {
        records: asked.steps.iter().map(record).collect(),
        snapshots: asked.repositories.iter().map(list).collect(),
    }
}

fn record(path: &PathBuf) -> Result<Option<Record>, String> {
    let wrong = |why: String| format!("its record cannot be read: {}: {why}", input::shown(path));
    let mut text = String::new();
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(input::words(&error))),
        Ok(file) => file
            .take(LONGEST_RECORD)
            .read_to_string(&mut text)
            .map_err(|error| wrong(input::words(&error)))?,
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| wrong(error.to_string()))
}

fn list(repository: &Repository) -> Result<Vec<Snapshot>, String> {
    let output = Command::new("bash")
        .args([
            "-c",
            LIST,
            "thrice-audit",
            &repository.url,
            &repository.password_file,
        ])
        .args(&repository.settings)
        .envs(
            repository
                .variables
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("bash cannot be started: {}", input::words(&error)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("it says nothing");
        let code = output
            .status
            .code()
            .map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        return Err(format!(
            "its snapshots cannot be listed ({code}): {}",
            last.trim()
        ));
    }
    // restic says `null` where there are none.
    let listed: Option<Vec<Snapshot>> = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("what restic lists cannot be read: {error}"))?;
    Ok(listed.unwrap_or_default())
}
