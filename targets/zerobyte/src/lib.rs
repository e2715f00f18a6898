//! Backups that Zerobyte runs: its provisioning file, and a plan of calls to its API.
//!
//! What goes in: a plan. What comes out: for each host with backups `by HOST.zerobyte` in force,
//! `provisioning.json`, `api-plan.json`, and `apply`, which carries the plan out; for each mirror that the policy
//! says is asked after, a script that does. Not run against a real Zerobyte: see the README beside.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod api;
mod asked;
mod provisioning;
mod refuse;
mod secret;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use thrice_model::{HostId, Step, StepId, Verb};
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic, Plan, apply, layout};

const APPLY: &str = include_str!("../templates/apply.sh.j2");
/// How its API is called, by all programs.
const REQUEST: &str = include_str!("../templates/request.sh");

/// What the programs share.
#[derive(Serialize)]
struct Shared {
    request: &'static str,
}

/// Whether a step that Zerobyte is to run can be one of its jobs.
///
/// # Errors
/// Says why not.
pub const fn carries_out(step: &Step) -> Result<(), &'static str> {
    match step.verb {
        Verb::Backup { .. } => Ok(()),
        _ => Err("Zerobyte runs backups with restic and copies their versions, and nothing else"),
    }
}

/// Where the plan of calls for a host stands in the output.
#[must_use]
pub fn plan_path(plan: &Plan, host: HostId) -> String {
    format!("{}/zerobyte/api-plan.json", layout::host_folder(plan, host))
}

/// The files of all hosts with Zerobyte.
///
/// # Errors
/// All steps that it cannot carry out as the policy says (`T2333`), or whose files it does not reach
/// (`T2332`).
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut hosts: BTreeMap<HostId, Vec<(StepId, &Step)>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (id, step) in select::in_force(plan) {
        let is_ours = select::means(plan, step) == Means::Zerobyte && carries_out(step).is_ok();
        let (Some(host), true) = (step.runner.host, is_ours) else {
            continue;
        };
        let limits = refuse::check(plan, id, step);
        if limits.is_empty() {
            hosts.entry(host).or_default().push((id, step));
        }
        mistakes.extend(limits);
    }
    let mut artefacts = Vec::new();
    for (host, steps) in hosts {
        match files(plan, host, &steps) {
            Ok(files) => artefacts.extend(files),
            Err(mistake) => mistakes.push(mistake),
        }
        for (id, step) in steps {
            match asked::script(plan, id, step, host) {
                Ok(script) => artefacts.extend(script),
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}

fn files(
    plan: &Plan,
    host: HostId,
    steps: &[(StepId, &Step)],
) -> Result<[Artefact; 3], Diagnostic> {
    let provisioned = provisioning::of(plan, host, steps)?;
    let calls = api::plan(plan, host, steps, &provisioned)?;
    let name = plan.model.hosts[host].named.name.to_string();
    let place = |file: &str| format!("{}/zerobyte/{file}", layout::host_folder(plan, host));
    let file = |file: &str, kind: &'static str, value: &Value| {
        let mut artefact = Artefact::json(place(file), kind, Some(name.clone()), value);
        artefact.secrets = secret::places(artefact.text());
        artefact
    };
    Ok([
        file(
            "provisioning.json",
            "zerobyte-provisioning",
            &provisioned.value,
        ),
        file("api-plan.json", "zerobyte-api-plan", &calls),
        Artefact::apply(
            place("apply"),
            Some(name.clone()),
            apply::program(plan, "Zerobyte", APPLY, &Shared { request: REQUEST })?,
        ),
    ])
}
