//! Plan to cron: one file for `/etc/cron.d` a host.
//!
//! What goes in: a verified plan. What comes out: for each host the times at which its cron starts the
//! scripts of the other targets. A NAS has jobs of its own, of which the target for TrueNAS makes its
//! calls ([`job`]). Debian's cron 3.0pl1 ignores a whole file for one thing that it does
//! not take, mostly without a word: see the tests, which ask it.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

pub mod job;
mod read;

use serde::Serialize;
use thrice_model::{HostId, HostKind};
use thrice_plan::Plan;
use thrice_target::{Artefact, Diagnostic, cron, header, layout, refusal, shell, template};

pub use read::{Entry, facts, read};

use job::Job;

const CRONTAB: &str = include_str!("../templates/crontab.j2");

/// What cron starts, on every host.
///
/// # Errors
/// One diagnostic for each step whose schedule or command cron does not take.
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let (hosts, mut mistakes) = job::by_host(plan, |kind| kind != HostKind::Nas);
    let mut artefacts = Vec::new();
    for (host, jobs) in hosts {
        match crontab(plan, host, &jobs) {
            Ok(artefact) => artefacts.push(artefact),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}

#[derive(Serialize)]
struct Line {
    comment: String,
    fields: String,
    command: String,
}

/// The file for `/etc/cron.d`. Its name has no dot, else cron would pass over it without a word.
fn crontab(plan: &Plan, host: HostId, jobs: &[Job]) -> Result<Artefact, Diagnostic> {
    let mut lines = Vec::new();
    for job in jobs {
        let step = &plan.model.steps[job.step];
        let refuse = |error: String| {
            refusal::about(
                step,
                refusal::UNQUOTABLE,
                format!("`{}`: {error}", step.named.name),
            )
        };
        let command = shell::quote(&job.command).map_err(|error| refuse(error.to_string()))?;
        let command = cron::escape(&format!("{command}{}", job.argument)).map_err(refuse)?;
        for fields in &job.fields {
            let (comment, fields) = (template::line(&job.comment), fields.clone());
            lines.push(Line {
                comment,
                fields,
                command: command.clone(),
            });
        }
    }
    #[derive(Serialize)]
    struct Values {
        header: String,
        lines: Vec<Line>,
    }
    let values = Values {
        header: header::comments(plan, ""),
        lines,
    };
    let name = format!("thrice-{}", layout::policy(plan));
    let text = template::render("crontab.j2", CRONTAB, &values).map_err(|error| {
        Diagnostic::error(
            refusal::INTERNAL,
            format!("the crontab of a host cannot be written: {error}"),
        )
    })?;
    Ok(Artefact {
        path: format!("{}/cron.d/{name}", layout::host_folder(plan, host)),
        bytes: text.into_bytes(),
        mode: 0o644,
        kind: "cron",
        step: None,
        host: Some(plan.model.hosts[host].named.name.to_string()),
        install_to: Some(format!("/etc/cron.d/{name}")),
        secrets: Vec::new(),
    })
}
