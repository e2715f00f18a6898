//! Plan to monitors: what must watch each step, and how long it may be silent.
//!
//! What goes in: a verified plan. What comes out: for each monitor that steps in force name, a list of
//! checks of healthchecks with a program that makes them (`monitors/NAME/`), or a list of push monitors
//! of Uptime Kuma, which a person makes: it has no API for that.
//!
//! How long a step may be silent is the plan's `freshness`: the widest gap of its schedule, clock changes
//! and short months included, a late start, a long run, and the monitor's grace; of a mirror, that of when it is
//! asked after. The proofs count on the
//! alarm coming no later, so nothing here is rounded but to the next second.
//!
//! Not run against the real ones: see the README beside.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod healthchecks;
mod kuma;
mod read;

use serde_json::{Value, json};
use thrice_model::{MonitorId, MonitorKind, Step, StepId};
use thrice_target::{Artefact, Diagnostic, Plan, VERSION, filename, layout, select};

pub use read::{Watch, read};

/// Version of the form of the lists.
const FORMAT: u32 = 1;

/// What watches the steps of a plan.
///
/// # Errors
/// One diagnostic for each step that its monitor cannot watch as the plan counts on (`T2333`).
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let (mut artefacts, mut mistakes) = (Vec::new(), Vec::new());
    for (id, monitor) in plan.model.monitors.iter() {
        let steps: Vec<_> = watched(plan, id).collect();
        if steps.is_empty() {
            continue;
        }
        let emitted = match monitor.kind {
            MonitorKind::Healthchecks => healthchecks::files(plan, id, &steps),
            MonitorKind::UptimeKuma => kuma::files(plan, id, &steps),
        };
        match emitted {
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

/// The steps in force that a monitor watches, and for how long each may be silent, in seconds.
fn watched(plan: &Plan, monitor: MonitorId) -> impl Iterator<Item = (StepId, &Step, i64)> {
    select::in_force(plan).filter_map(move |(id, step)| {
        let (its, _) = step.monitor?;
        let silence = plan.cadences.get(id)?.freshness?;
        (its == monitor).then_some((id, step, silence.0))
    })
}

/// What a step is for people.
fn description(step: &Step) -> String {
    let when = step
        .signals()
        .map_or_else(String::new, |(schedule, _)| format!(": {schedule}"));
    format!("{} {}{when}", step.verb.word(), step.named.name)
}

/// A list in the folder of a monitor.
fn list(
    plan: &Plan,
    monitor: MonitorId,
    name: &str,
    kind: &'static str,
    entries: Vec<Value>,
) -> Artefact {
    let model = &plan.model;
    let value = json!({
        "format": FORMAT,
        "generator": format!("thrice {VERSION}"),
        "policy": { "name": model.policy.named.name, "sha256": model.hash },
        "monitor": model.monitors[monitor].named.name,
        "tag": format!("thrice-{}", layout::policy(plan)),
        "checks": entries,
    });
    Artefact::json(
        format!("{}/{name}", folder(plan, monitor)),
        kind,
        None,
        &value,
    )
}

fn folder(plan: &Plan, monitor: MonitorId) -> String {
    format!(
        "monitors/{}",
        filename(&plan.model.monitors[monitor].named.name)
    )
}
