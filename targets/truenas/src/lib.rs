//! Plan to TrueNAS: cron jobs, snapshot tasks and datasets of a NAS, as calls of its middleware.
//!
//! What goes in: a verified plan. What comes out: for each NAS `truenas/plan.json`, what there must be,
//! and `truenas/apply`, which brings the NAS in line with it by `midclt`, finding what is there by
//! description. Nothing is written under /etc, which TrueNAS makes anew. Monthly mirrors and moves are
//! cron jobs that start the same scripts as elsewhere: TrueNAS' own cloud syncs lack what those see to.
//!
//! Not run against a real TrueNAS: see the README beside.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod datasets;
mod jobs;
mod read;

use serde_json::{Value, json};
use thrice_model::{HostId, HostKind};
use thrice_plan::Plan;
use thrice_target::{Artefact, Diagnostic, VERSION, apply, layout};
use thrice_target_cron::job::{Job, by_host};

pub use read::{CronJob, Facts, SnapshotTask, read};

const APPLY: &str = include_str!("../templates/apply.sh.j2");
/// Version of the form of the plan.
const FORMAT: u32 = 1;

/// Where the plan of a NAS stands in the output.
#[must_use]
pub fn path(plan: &Plan, host: HostId) -> String {
    format!("{}/truenas/plan.json", layout::host_folder(plan, host))
}

/// What every NAS must have.
///
/// # Errors
/// One diagnostic for each step or store that TrueNAS cannot be told of.
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let (mut jobs, mut mistakes) = by_host(plan, |kind| kind == HostKind::Nas);
    let mut artefacts = Vec::new();
    for (host, its) in plan.model.hosts.iter() {
        if its.kind != HostKind::Nas || !its.lifetime.contains(plan.as_of) {
            continue;
        }
        match files(plan, host, &jobs.remove(&host).unwrap_or_default()) {
            Ok(files) => artefacts.extend(files),
            Err(mut more) => mistakes.append(&mut more),
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}

fn files(plan: &Plan, host: HostId, jobs: &[Job]) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut gather = |found: Result<Vec<Value>, Diagnostic>| match found {
        Ok(values) => values,
        Err(mistake) => {
            mistakes.push(mistake);
            Vec::new()
        }
    };
    let cron_jobs: Vec<Value> = jobs
        .iter()
        .flat_map(|job| gather(jobs::of(plan, job)))
        .collect();
    let tasks: Vec<Value> = datasets::stores(plan, host)
        .flat_map(|(id, _)| gather(datasets::snapshots(plan, host, id)))
        .collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let datasets = datasets::tree(plan, host);
    if cron_jobs.is_empty() && tasks.is_empty() && datasets.is_empty() {
        return Ok(Vec::new());
    }
    let model = &plan.model;
    let name = &model.hosts[host].named.name;
    let value = json!({
        "format": FORMAT,
        "generator": format!("thrice {VERSION}"),
        "policy": { "name": model.policy.named.name, "sha256": model.hash },
        "host": name,
        "time_zone": model.hosts[host].timezone,
        "ours": { "cron_jobs": jobs::prefix(plan), "snapshot_tasks": datasets::prefix(plan) },
        "datasets": datasets,
        "snapshot_tasks": tasks,
        "cron_jobs": cron_jobs,
    });
    let program = apply::program(plan, "a NAS", APPLY, &()).map_err(|mistake| vec![mistake])?;
    let folder = format!("{}/truenas", layout::host_folder(plan, host));
    Ok(vec![
        Artefact::json(
            path(plan, host),
            "truenas-plan",
            Some(name.to_string()),
            &value,
        ),
        Artefact::apply(format!("{folder}/apply"), Some(name.to_string()), program),
    ])
}
