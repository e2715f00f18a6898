//! The script of a backup.

use serde::Serialize;
use thrice_model::{HostId, Location, Source, Step, StepId, StepTarget, Verb};
use thrice_plan::Plan;
use thrice_retention::{Count, KeepRules, ResticVersion};
use thrice_target::select::{self, Means};
use thrice_target::{Diagnostic, layout, refusal};

use crate::repository::{host_name, mount, tag};

const BACKUP: &str = include_str!("../templates/backup.sh.j2");

#[derive(Serialize)]
struct Values {
    host: String,
    tag: String,
    paths: Vec<String>,
    excludes: Vec<String>,
    flags: Vec<String>,
    manifest: String,
    keep: Vec<String>,
    prune: Vec<String>,
    guarded: bool,
}

/// The part of the script that backs up, and what must be mounted for it.
///
/// # Errors
/// The host cannot reach a source, or restic does not take the keep rules.
pub fn body(
    plan: &Plan,
    id: StepId,
    step: &Step,
    host: HostId,
    restic: ResticVersion,
) -> Result<(String, Vec<String>), Diagnostic> {
    let Verb::Backup {
        keep,
        prune,
        exclude,
        flags,
        mirror: None,
    } = &step.verb
    else {
        let message = format!("`{}` is no backup of data", step.named.name);
        return Err(refusal::about(step, refusal::INTERNAL, message));
    };
    let sources = sources(plan, step);
    let mut paths = Vec::new();
    for source in &sources {
        paths.push(
            layout::path_on(plan, host, source)
                .ok_or_else(|| unreachable(plan, step, host, source))?,
        );
    }
    paths.sort();
    paths.dedup();
    if paths.is_empty() {
        let message = format!("`{}` names nothing to back up", step.named.name);
        return Err(refusal::about(step, refusal::UNREACHABLE, message));
    }
    let keep = match keep {
        Some((rules, span)) => {
            arguments(step, rules, restic).map_err(|mistake| mistake.at(*span, "these rules"))?
        }
        None => Vec::new(),
    };
    let mut prune_options = Vec::new();
    if *prune {
        prune_options.push("--prune".to_owned());
        prune_options.extend(crate::max_unused(plan, step));
    }
    let values = Values {
        host: host_name(plan, host),
        tag: tag(plan, id),
        paths,
        excludes: exclude
            .iter()
            .map(|pattern| format!("--exclude={pattern}"))
            .collect(),
        flags: flags.to_vec(),
        manifest: manifest(plan, step, host),
        keep,
        prune: prune_options,
        guarded: restic < ResticVersion::new(0, 17, 0),
    };
    let mounts = sources
        .iter()
        .flat_map(|source| mount(plan, source))
        .collect();
    Ok((
        crate::render(step, "backup.sh.j2", BACKUP, &values)?,
        mounts,
    ))
}

/// What a step reads, as places.
fn sources(plan: &Plan, step: &Step) -> Vec<Location> {
    match &step.source {
        Source::Home => step
            .classes
            .iter()
            .map(|(class, _)| plan.model.classes[*class].home.clone())
            .collect(),
        Source::Step(other, _) => match &plan.model.steps[*other].target {
            StepTarget::Location(place, _) => vec![place.clone()],
            _ => Vec::new(),
        },
        Source::Location(place, _) => vec![place.clone()],
        Source::Repository(..) => Vec::new(),
    }
}

/// The manifest that the capture leaves from which the step reads, if both run on this host.
fn manifest(plan: &Plan, step: &Step, host: HostId) -> String {
    let Source::Step(other, _) = &step.source else {
        return String::new();
    };
    let capture = &plan.model.steps[*other];
    let leaves_one = matches!(
        select::means(plan, capture),
        Means::Wrapper | Means::Capture
    ) && capture.runner.host == Some(host);
    match &capture.target {
        StepTarget::Location(place, _) if leaves_one => layout::manifest(plan, place),
        _ => String::new(),
    }
}

fn unreachable(plan: &Plan, step: &Step, host: HostId, source: &Location) -> Diagnostic {
    let (host, store) = (
        &plan.model.hosts[host].named.name,
        &plan.model.stores[source.store],
    );
    let message = format!(
        "`{}` runs on `{host}`, where `{}:{}` is no file or folder",
        step.named.name, store.named.name, source.path
    );
    refusal::about(step, refusal::UNREACHABLE, message)
        .at(store.named.span, "declared here")
        .help("run the backup on the host of its source, or copy the source there first")
}

/// The keep rules as restic takes them: only ones that say something.
fn arguments(
    step: &Step,
    rules: &KeepRules,
    restic: ResticVersion,
) -> Result<Vec<String>, Diagnostic> {
    let name = &step.named.name;
    let refuse = |message: String| refusal::about(step, refusal::UNSUPPORTED, message);
    let says_something = KeepRules {
        tags: Vec::new(),
        ..rules.clone()
    };
    if says_something.is_empty() {
        return Err(refuse(format!(
            "the keep rules of `{name}` keep nothing by count or time"
        ))
        .help("write how much to keep, such as `keep 7 daily`; to keep everything, write none"));
    }
    if rules
        .counts()
        .iter()
        .any(|(_, count)| *count == Some(Count::MinusOne))
    {
        return Err(refuse(format!(
            "the keep rules of `{name}` say -1, which older versions of restic take for none"
        ))
        .help("write `unlimited`"));
    }
    rules
        .arguments(restic)
        .map_err(|error| refuse(format!("`{name}`: {error}")))
}
