//! Each step in force, and what carries it out.

use serde::Serialize;
use thrice_model::{Application, HostKind, RunnerKind, Source, Step, StepId};
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic, Plan, layout, refusal};

/// What the manifest says of a step in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepEntry {
    /// Its name in the policy.
    pub name: String,
    /// `backup`, `sync` …
    pub verb: &'static str,
    /// The host or object storage that it runs on; `null` for a person.
    pub host: Option<String>,
    /// What starts it.
    pub runner: &'static str,
    /// How it comes into force: `emitted`: the files are installed; `api`: they are applied through
    /// an API and read back; `by-hand`: a person does it; `not-emitted`: nothing here does it.
    pub application: &'static str,
    /// What a person must know about that; empty where it goes without saying.
    pub why: String,
    /// The files that carry it out.
    pub files: Vec<String>,
}

/// All steps in force, in the order of the policy.
pub fn entries(plan: &Plan, artefacts: &[Artefact]) -> Vec<StepEntry> {
    select::in_force(plan)
        .map(|(id, step)| entry(plan, id, step, artefacts))
        .collect()
}

fn entry(plan: &Plan, id: StepId, step: &Step, artefacts: &[Artefact]) -> StepEntry {
    let means = select::means(plan, step);
    let (application, why) = application(plan, step, means);
    let wanted = file(plan, id, step, means);
    let asks = step
        .runner
        .host
        .filter(|_| select::is_asked_after(plan, step));
    let asks = asks.map(|host| layout::script(plan, host, id));
    let files = artefacts.iter().map(|file| &file.path).filter(|path| {
        [&wanted, &asks]
            .iter()
            .any(|its| its.as_ref() == Some(path))
    });
    StepEntry {
        name: step.named.name.to_string(),
        verb: step.verb.word(),
        host: step
            .runner
            .host
            .map(|host| plan.model.hosts[host].named.name.to_string()),
        runner: runner(step.runner.kind),
        application,
        why: why.to_owned(),
        files: files.cloned().collect(),
    }
}

fn application(plan: &Plan, step: &Step, means: Means) -> (&'static str, &'static str) {
    let host = step.runner.host.and_then(|host| plan.model.hosts.get(host));
    let on_nas = host.is_some_and(|host| host.kind == HostKind::Nas);
    match (means, step.runner.kind) {
        (Means::Nothing(why), RunnerKind::Hand) => ("by-hand", why),
        (Means::Nothing(why), _) => ("not-emitted", why),
        (Means::Zerobyte, _) => match thrice_target_zerobyte::carries_out(step) {
            Ok(()) => (
                "api",
                "start Zerobyte with its provisioning file, then run `apply`; not tried on a real one",
            ),
            Err(why) => ("not-emitted", why),
        },
        (Means::Lifecycle, _) => ("api", "put the file to the bucket, then read it back"),
        (_, RunnerKind::Executor) => (
            "emitted",
            "its script is complete; the executor that starts it is not part of this version",
        ),
        (_, RunnerKind::TrueNas | RunnerKind::Cron) if on_nas => (
            "api",
            "run `truenas/apply` on the NAS; not tried on a real one",
        ),
        (_, RunnerKind::Systemd) => ("emitted", "enable its timer"),
        _ => match step.application {
            Application::Emitted => ("emitted", ""),
            Application::Api => ("api", ""),
            Application::ByHand => ("by-hand", "the policy says so"),
        },
    }
}

/// The file that carries a step out.
fn file(plan: &Plan, id: StepId, step: &Step, means: Means) -> Option<String> {
    match (means, &step.source) {
        (Means::Lifecycle, Source::Location(place, _)) => {
            Some(thrice_target_s3_lifecycle::path(plan, place.store))
        }
        (Means::Zerobyte, _) => {
            thrice_target_zerobyte::carries_out(step).ok()?;
            Some(thrice_target_zerobyte::plan_path(plan, step.runner.host?))
        }
        _ if means.is_script() => Some(layout::script(plan, step.runner.host?, id)),
        _ => None,
    }
}

const fn runner(kind: RunnerKind) -> &'static str {
    match kind {
        RunnerKind::Cron => "cron",
        RunnerKind::Systemd => "systemd",
        RunnerKind::Executor => "executor",
        RunnerKind::Zerobyte => "zerobyte",
        RunnerKind::TrueNas => "truenas",
        RunnerKind::Lifecycle => "lifecycle",
        RunnerKind::Hand => "hand",
    }
}

/// Steps that a target should have emitted and did not, or emitted twice.
pub fn missing(plan: &Plan, artefacts: &[Artefact]) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for (id, step) in select::in_force(plan) {
        let means = select::means(plan, step);
        let must_be = match means {
            Means::Zerobyte => thrice_target_zerobyte::carries_out(step).is_ok(),
            means => means.is_script() || means == Means::Lifecycle,
        };
        let wanted = file(plan, id, step, means);
        let count = artefacts
            .iter()
            .filter(|file| Some(&file.path) == wanted.as_ref())
            .count();
        if must_be && count != 1 {
            let message = format!("{count} files carry out `{}`", step.named.name);
            mistakes.push(refusal::about(step, refusal::INTERNAL, message));
        }
    }
    mistakes
}
