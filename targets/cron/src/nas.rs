//! The cron jobs of a NAS, as TrueNAS' `cronjob.create` takes them.
//!
//! A NAS writes its own `/etc` anew, so nothing is put there. TrueNAS knows jobs by numbers alone: whoever
//! applies the list finds a job by its description, and changes or creates it. `stdout` and `stderr` say
//! whether output is *hidden* (middleware 25.10, `cron_job.py`).

use serde::Serialize;
use thrice_model::HostId;
use thrice_plan::Plan;
use thrice_target::{Artefact, Diagnostic, layout, refusal, shell};

use crate::job::Job;

#[derive(Serialize)]
struct CronJob {
    description: String,
    command: String,
    user: &'static str,
    enabled: bool,
    schedule: Schedule,
    stdout: bool,
    stderr: bool,
}

#[derive(Serialize)]
struct Schedule {
    minute: String,
    hour: String,
    dom: String,
    month: String,
    dow: String,
}

/// The list of a NAS' jobs.
pub fn cron_jobs(plan: &Plan, host: HostId, jobs: &[Job]) -> Result<Artefact, Diagnostic> {
    let mut list = Vec::new();
    for job in jobs {
        let step = &plan.model.steps[job.step];
        let name = &step.named.name;
        let command = shell::quote(&job.command).map_err(|error| {
            refusal::about(
                step,
                refusal::UNQUOTABLE,
                format!("`{name}`: the path of its script: {error}"),
            )
        })?;
        if job.command.contains('%') {
            let message = format!(
                "`{name}`: the path of its script holds `%`, which cron takes for a line break"
            );
            return Err(refusal::about(step, refusal::UNQUOTABLE, message));
        }
        for (index, fields) in job.fields.iter().enumerate() {
            let number = if index == 0 {
                String::new()
            } else {
                format!(" ({})", index + 1)
            };
            list.push(CronJob {
                description: format!(
                    "thrice {} {}{number}",
                    layout::policy(plan),
                    layout::step(plan, job.step)
                ),
                command: format!("{command}{}", job.argument),
                user: "root",
                enabled: true,
                schedule: schedule(fields),
                stdout: false,
                stderr: false,
            });
        }
    }
    let mut bytes = serde_json::to_vec_pretty(&list).map_err(|error| {
        Diagnostic::error(refusal::INTERNAL, format!("no list of cron jobs: {error}"))
    })?;
    bytes.push(b'\n');
    Ok(Artefact {
        path: format!("{}/cronjobs.json", layout::host_folder(plan, host)),
        bytes,
        mode: 0o644,
        kind: "truenas-cronjobs",
        step: None,
        host: Some(plan.model.hosts[host].named.name.clone()),
        install_to: None,
        secrets: Vec::new(),
    })
}

fn schedule(fields: &str) -> Schedule {
    let mut fields = fields.split(' ').map(str::to_owned);
    let mut next = || fields.next().unwrap_or_else(|| "*".to_owned());
    Schedule {
        minute: next(),
        hour: next(),
        dom: next(),
        month: next(),
        dow: next(),
    }
}
