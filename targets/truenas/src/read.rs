//! An emitted plan of a NAS back to plain facts.

use std::collections::BTreeMap;

use serde::Deserialize;
use thrice_quantity::cron::CronSpec;
use thrice_target::shell;

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronJob {
    /// What it is found by.
    pub description: String,
    /// When.
    pub when: CronSpec,
    /// As whom.
    pub user: String,
    /// What: the program and its arguments.
    pub command: Vec<String>,
    /// Whether it runs at all.
    pub enabled: bool,
}

/// A snapshot task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotTask {
    /// Of which dataset, with all below it.
    pub dataset: String,
    /// When.
    pub when: CronSpec,
    /// How long each is kept: number and unit.
    pub lifetime: (i64, String),
}

/// What there must be on a NAS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Names of datasets.
    pub datasets: Vec<String>,
    /// Snapshot tasks.
    pub snapshot_tasks: Vec<SnapshotTask>,
    /// Cron jobs.
    pub cron_jobs: Vec<CronJob>,
}

#[derive(Deserialize)]
struct Written {
    datasets: Vec<Dataset>,
    snapshot_tasks: Vec<Task>,
    cron_jobs: Vec<Job>,
}

#[derive(Deserialize)]
struct Dataset {
    name: String,
}

#[derive(Deserialize)]
struct Task {
    dataset: String,
    lifetime_value: i64,
    lifetime_unit: String,
    schedule: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Job {
    description: String,
    command: String,
    user: String,
    enabled: bool,
    schedule: BTreeMap<String, String>,
}

/// Reads `plan.json`.
///
/// # Errors
/// What is not of that form.
pub fn read(text: &str) -> Result<Facts, String> {
    let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut facts = Facts {
        datasets: written.datasets.into_iter().map(|it| it.name).collect(),
        ..Facts::default()
    };
    for task in written.snapshot_tasks {
        facts.snapshot_tasks.push(SnapshotTask {
            when: when(&task.schedule)?,
            dataset: task.dataset,
            lifetime: (task.lifetime_value, task.lifetime_unit),
        });
    }
    for job in written.cron_jobs {
        facts.cron_jobs.push(CronJob {
            when: when(&job.schedule)?,
            command: shell::words(&job.command).ok_or(job.command)?,
            description: job.description,
            user: job.user,
            enabled: job.enabled,
        });
    }
    Ok(facts)
}

fn when(schedule: &BTreeMap<String, String>) -> Result<CronSpec, String> {
    let fields: Option<Vec<&str>> = ["minute", "hour", "dom", "month", "dow"]
        .iter()
        .map(|name| schedule.get(*name).map(String::as_str))
        .collect();
    let fields = fields.ok_or("a schedule has five fields")?.join(" ");
    CronSpec::parse(&fields).map_err(|error| format!("{fields}: {error}"))
}
