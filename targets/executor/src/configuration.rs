//! The form of `executor.json`.

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

/// The version of the form: an executor refuses what it does not know.
pub const FORMAT: u32 = 1;

/// What the executor of one host runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Version of this form.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// The program and version that wrote this.
    pub generator: String,
    /// The policy that it was made from.
    pub policy: PolicyName,
    /// The host that it is for.
    pub host: String,
    /// What is run, in the order of the policy.
    #[schemars(length(min = 1))]
    pub jobs: Vec<Job>,
}

/// Which policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyName {
    /// Its name.
    pub name: String,
    /// SHA-256 of its files.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its name in the policy.
    pub step: String,
    /// What it does: `backup`, `sync` …
    pub verb: String,
    /// Its documentation in the policy; empty where there is none.
    pub documentation: String,
    /// What is run.
    pub script: JobScript,
    /// When; `null` for on demand.
    pub schedule: Option<JobSchedule>,
    /// Steps that must have succeeded since they were last due.
    pub after: Vec<JobAfter>,
    /// The script ends itself after so many seconds; `null` for no limit.
    #[schemars(range(min = 1))]
    pub limit_seconds: Option<u64>,
    /// It may start so many seconds later than scheduled.
    pub jitter_seconds: u64,
    /// How often the script itself tries again after a failure.
    pub retries: u32,
    /// What the script tells how it ended; `null` for none.
    pub monitor: Option<JobMonitor>,
    /// Where it finds secrets: absolute paths of files, or names of environment variables.
    pub secrets: Vec<String>,
}

/// A script, run without arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobScript {
    /// Where it is installed.
    #[schemars(regex(pattern = "^/"))]
    pub path: String,
    /// SHA-256 of its bytes: another file at that place is not run.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
}

/// When a job is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobSchedule {
    /// Five fields of cron each (minute, hour, day of month, month, day of week); due when any fits.
    #[schemars(length(min = 1))]
    pub cron: Vec<String>,
    /// IANA zone whose clock they read.
    pub zone: String,
}

/// A step that comes first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobAfter {
    /// Its name in the policy.
    pub step: String,
    /// The host that runs it; `null` for a person.
    pub host: Option<String>,
}

/// What is told how a job ended. Its address is a secret, and not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobMonitor {
    /// Its name in the policy.
    pub name: String,
    /// `healthchecks` or `uptime-kuma`.
    pub kind: String,
    /// The environment variable or file that holds its address.
    pub address_from: String,
}

impl Configuration {
    /// The text of the file.
    pub(crate) fn to_text(&self) -> String {
        // Texts, numbers and lists always become JSON.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The JSON Schema (draft 2020-12) of [`Configuration`].
#[must_use]
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(Configuration)).unwrap_or_default();
    text.push('\n');
    text
}
