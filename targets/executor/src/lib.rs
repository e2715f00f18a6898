//! What a runtime executor of a host would run: `executor.json`, and the JSON Schema of that.
//!
//! What goes in: a plan, and the scripts that the other targets emit from it. What comes out: for each
//! host with steps `by HOST.executor` in force, one configuration. It holds no command but the path of a
//! script and the checksum that the script must have, so that it cannot say anything else than the
//! script does; time limits, retries and signals are in the scripts, and are told here so that an
//! executor can show and check them. There is no such executor yet: nothing starts these steps.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod configuration;
mod read;

use std::collections::BTreeMap;

use thrice_model::{HostId, Monitor, MonitorKind, RunnerKind, StepId};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone};
use thrice_target::{Artefact, Diagnostic, Plan, VERSION, layout, refusal, select, sha256};

pub use configuration::{
    Configuration, FORMAT, Job, JobAfter, JobMonitor, JobSchedule, JobScript, PolicyName, schema,
};
pub use read::{facts, read};

/// The configurations of all hosts with an executor, each with its schema.
///
/// `scripts` are what the other targets emit from the same plan.
///
/// # Errors
/// All steps whose schedule has no form in five fields of cron (`T2333`), or that no script carries
/// out (`T9001`: a target has left it out without saying so).
pub fn emit(plan: &Plan, scripts: &[Artefact]) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut hosts: BTreeMap<HostId, Vec<Job>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (id, step) in select::in_force(plan) {
        let is_ours =
            step.runner.kind == RunnerKind::Executor && select::means(plan, step).is_script();
        let (Some(host), true) = (step.runner.host, is_ours) else {
            continue;
        };
        match job(plan, id, host, scripts) {
            Ok(job) => hosts.entry(host).or_default().push(job),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(hosts
        .into_iter()
        .flat_map(|(host, jobs)| artefacts(plan, host, jobs))
        .collect())
}

fn artefacts(plan: &Plan, host: HostId, jobs: Vec<Job>) -> [Artefact; 2] {
    let model = &plan.model;
    let mut secrets: Vec<String> = jobs
        .iter()
        .flat_map(|job| job.secrets.iter().cloned())
        .collect();
    secrets.sort();
    secrets.dedup();
    let configuration = Configuration {
        format: FORMAT,
        generator: format!("thrice {VERSION}"),
        policy: PolicyName {
            name: model.policy.named.name.to_string(),
            sha256: model.hash.clone(),
        },
        host: model.hosts[host].named.name.to_string(),
        jobs,
    };
    let file = |name: &str, kind: &'static str, text: String, secrets: Vec<String>| Artefact {
        path: format!("{}/{name}", layout::host_folder(plan, host)),
        bytes: text.into_bytes(),
        mode: 0o644,
        kind,
        step: None,
        host: Some(model.hosts[host].named.name.to_string()),
        install_to: Some(format!("{}/{name}", layout::folders(plan, host).etc)),
        secrets,
    };
    [
        file(
            "executor.json",
            "executor",
            configuration.to_text(),
            secrets,
        ),
        file("executor.schema.json", "schema", schema(), Vec::new()),
    ]
}

fn job(plan: &Plan, id: StepId, host: HostId, scripts: &[Artefact]) -> Result<Job, Diagnostic> {
    let model = &plan.model;
    let step = &model.steps[id];
    let path = layout::script(plan, host, id);
    let Some(script) = scripts.iter().find(|artefact| artefact.path == path) else {
        let message = format!("no target emits a script for `{}`", step.named.name);
        return Err(refusal::about(step, refusal::INTERNAL, message));
    };
    let after = step.timing.after.iter().map(|(other, _)| {
        let other = &model.steps[*other];
        let host = other
            .runner
            .host
            .map(|host| model.hosts[host].named.name.to_string());
        JobAfter {
            step: other.named.name.to_string(),
            host,
        }
    });
    let limit = step
        .timing
        .duration_stated
        .map(|_| step.timing.duration.high().0.max(1));
    Ok(Job {
        step: step.named.name.to_string(),
        verb: step.verb.word().to_owned(),
        documentation: step.named.doc.to_string(),
        script: JobScript {
            path: layout::installed_script(plan, host, id),
            sha256: sha256(&script.bytes),
        },
        schedule: schedule(plan, id, host)?,
        after: after.collect(),
        limit_seconds: limit.and_then(|limit| u64::try_from(limit).ok()),
        jitter_seconds: u64::try_from(step.timing.jitter.0).unwrap_or_default(),
        retries: step.timing.retries,
        monitor: step
            .monitor
            .map(|(monitor, _)| self::monitor(&model.monitors[monitor])),
        secrets: script.secrets.clone(),
    })
}

fn monitor(monitor: &Monitor) -> JobMonitor {
    let kind = match monitor.kind {
        MonitorKind::Healthchecks => "healthchecks",
        MonitorKind::UptimeKuma => "uptime-kuma",
    };
    JobMonitor {
        name: monitor.named.name.to_string(),
        kind: kind.to_owned(),
        address_from: monitor.url_from.clone(),
    }
}

/// When a step is due: `None` on demand.
fn schedule(plan: &Plan, id: StepId, host: HostId) -> Result<Option<JobSchedule>, Diagnostic> {
    let step = &plan.model.steps[id];
    let Some((schedule, span)) = &step.timing.schedule else {
        return Ok(None);
    };
    if schedule.when == Recurrence::OnDemand {
        return Ok(None);
    }
    let cron = schedule.to_cron_lines().map_err(|error| {
        refusal::about(
            step,
            refusal::UNSUPPORTED,
            format!("`{}` cannot be scheduled: {error}", step.named.name),
        )
        .at(*span, "this schedule")
        .help("write times that repeat evenly")
    })?;
    Ok(Some(JobSchedule {
        cron,
        zone: zone(schedule, &plan.model.hosts[host].timezone),
    }))
}

fn zone(schedule: &Schedule, host: &str) -> String {
    match &schedule.zone {
        ScheduleZone::Utc => "UTC".to_owned(),
        ScheduleZone::Named(name) => name.clone(),
        ScheduleZone::Host => host.to_owned(),
    }
}
