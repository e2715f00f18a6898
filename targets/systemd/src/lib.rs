//! Plan to systemd: a service and a timer for each step `by HOST.systemd`.
//!
//! What goes in: a verified plan. What comes out: units for `/etc/systemd/system` that start the same
//! scripts as cron would. A step that is done on demand has a service and no timer.
//!
//! systemd passes over a line that it does not take with a warning and exit code 0: the tests hold
//! `systemd-analyze verify` to saying nothing at all, and its calendar to our own.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod read;

use serde::Serialize;
use thrice_model::{HostId, Model, RunnerKind, Step, StepId};
use thrice_plan::Plan;
use thrice_plan::systemd::{Limit, limit};
use thrice_target::{
    Artefact, Diagnostic, due, filename, header, layout, refusal, select, template,
};

pub use thrice_plan::systemd::lines;

pub use read::{Service, Timer, read_service, read_timer};

const SERVICE: &str = include_str!("../templates/service.j2");
const TIMER: &str = include_str!("../templates/timer.j2");
/// Seconds that a script gets beyond its own limit, to end by itself.
const MERCY: i64 = 300;

/// The units of all hosts.
///
/// # Errors
/// One diagnostic for each step that systemd would not start when the plan counts on it (`T2333`), or
/// whose host has no `/etc/systemd/system` of its own (`T2332`).
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let (mut artefacts, mut mistakes) = (Vec::new(), Vec::new());
    for (id, step) in select::in_force(plan) {
        let is_ours = step.runner.kind == RunnerKind::Systemd;
        let (Some(host), true) = (
            step.runner.host,
            is_ours && select::means(plan, step).is_script(),
        ) else {
            continue;
        };
        match units(plan, id, step, host) {
            Ok(units) => artefacts.extend(units),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}

/// The name of a step's units, without `.service` or `.timer`.
#[must_use]
pub fn unit(plan: &Plan, id: StepId) -> String {
    filename(&format!(
        "thrice-{}-{}",
        layout::policy(plan),
        layout::step(plan, id)
    ))
}

#[derive(Serialize)]
struct Values {
    header: String,
    description: String,
    unit: String,
    command: String,
    timeout: String,
    calendar: Vec<String>,
    accuracy: String,
}

fn units(plan: &Plan, id: StepId, step: &Step, host: HostId) -> Result<Vec<Artefact>, Diagnostic> {
    let model = &plan.model;
    let name = &step.named.name;
    if let Some(limit) = limit(model, step) {
        return Err(refused(model, step, &limit));
    }
    let calendar = match &step.timing.schedule {
        // What is wrong with it has been told.
        Some((schedule, _)) => {
            let zone = due::zone(schedule, &model.hosts[host]);
            lines(schedule, &zone, &model.policy).unwrap_or_default()
        }
        None => Vec::new(),
    };
    let values = Values {
        header: header::comments(plan, &step.named.doc),
        description: escape(&format!("{} {name}", step.verb.word())),
        unit: unit(plan, id),
        command: escape(&layout::installed_script(plan, host, id)),
        timeout: timeout(step),
        calendar,
        // The plan knows how late a step may start, and no more than that may be lost here.
        accuracy: format!("{}s", step.timing.jitter.0.clamp(1, 60)),
    };
    let mut files = vec![file(plan, host, step, &values, "service", SERVICE)?];
    if !values.calendar.is_empty() {
        files.push(file(plan, host, step, &values, "timer", TIMER)?);
    }
    Ok(files)
}

fn refused(model: &Model, step: &Step, limit: &Limit) -> Diagnostic {
    let (code, at) = match limit {
        Limit::NoUnits => (refusal::UNREACHABLE, None),
        Limit::Calendar { at, .. } => (refusal::UNSUPPORTED, Some(*at)),
    };
    let refused = refusal::about(step, code, limit.words(model, step)).help(limit.help());
    match at {
        Some(at) => refused.at(at, "this schedule"),
        None => refused,
    }
}

/// A script ends by itself at its limit; this is for one that cannot.
fn timeout(step: &Step) -> String {
    if step.timing.duration_stated.is_some() {
        let limit = step.timing.duration.high().0.max(1);
        format!("{}s", limit.saturating_add(MERCY))
    } else {
        "infinity".to_owned()
    }
}

/// One line in which systemd sees no specifier, and that no backslash at its end joins to the next.
fn escape(text: &str) -> String {
    template::line(text).replace('%', "%%").replace('\\', " ")
}

fn file(
    plan: &Plan,
    host: HostId,
    step: &Step,
    values: &Values,
    suffix: &'static str,
    template: &'static str,
) -> Result<Artefact, Diagnostic> {
    let text = template::render(suffix, template, values)
        .map_err(|error| refusal::rendering(step, &error))?;
    let name = format!("{}.{suffix}", values.unit);
    Ok(Artefact {
        path: format!("{}/systemd/{name}", layout::host_folder(plan, host)),
        bytes: text.into_bytes(),
        mode: 0o644,
        kind: if suffix == "timer" {
            "systemd-timer"
        } else {
            "systemd-service"
        },
        step: Some(step.named.name.to_string()),
        host: Some(plan.model.hosts[host].named.name.to_string()),
        install_to: Some(format!("/etc/systemd/system/{name}")),
        secrets: Vec::new(),
    })
}
