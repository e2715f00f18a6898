//! The script around a program that captures.

use serde::Serialize;
use thrice_model::{CaptureMethod, HostId, StepId, StepTarget, Verb};
use thrice_plan::Plan;
use thrice_target::script::{Script, artefact};
use thrice_target::{Artefact, Diagnostic, bash, layout, refusal};

const CAPTURE: &str = include_str!("../templates/capture.sh.j2");

#[derive(Serialize)]
struct Values {
    program: String,
    user: String,
    destination: String,
    manifest: String,
    fewest: usize,
    mounts: Vec<String>,
    keep_seconds: i64,
    clean_up: String,
    list_files: &'static str,
}

/// The script of a capture with `runs`.
///
/// # Errors
/// Its program is no absolute path, or its destination no folder of the host.
pub fn script(plan: &Plan, id: StepId, host: HostId) -> Result<Artefact, Diagnostic> {
    let step = &plan.model.steps[id];
    let name = &step.named.name;
    let Verb::Capture(parts) = &step.verb else {
        return Err(refusal::about(
            step,
            refusal::INTERNAL,
            format!("`{name}` is no capture"),
        ));
    };
    let program = parts.runs.clone().unwrap_or_default();
    if !program.starts_with('/') {
        let message = format!("`{name}` runs `{program}`, which is no absolute path");
        return Err(refusal::about(step, refusal::UNREACHABLE, message)
            .help("cron starts in another folder than you: write where the program is, such as `/opt/x/dump.sh`"));
    }
    let place = match &step.target {
        StepTarget::Location(place, _) => place,
        _ => return Err(crate::unreachable(plan, step, None)),
    };
    let destination = layout::path_on(plan, host, place)
        .ok_or_else(|| crate::unreachable(plan, step, Some(place)))?;
    // pg_dump leaves one file a database; of the others nothing is known but that there must be one.
    let databases: usize = step
        .classes
        .iter()
        .map(|(class, _)| plan.model.classes[*class].parts.len())
        .sum();
    let fewest = if parts.method == CaptureMethod::PgDump {
        databases.max(1)
    } else {
        1
    };
    let in_container = parts.container.is_some();
    let values = Values {
        program,
        // The user of a container is none of the host's.
        user: if in_container {
            String::new()
        } else {
            parts.user.clone().unwrap_or_default()
        },
        destination,
        manifest: layout::manifest(plan, place),
        fewest,
        mounts: crate::mounts(plan, place),
        keep_seconds: parts.keeps.map_or(0, |(age, _)| age.high().0.max(1)),
        clean_up: crate::clean_up(step)?,
        list_files: bash::LIST_FILES,
    };
    let named = |variable: &str, name: &Option<String>| {
        name.as_ref()
            .filter(|_| in_container)
            .map(|name| (variable.to_owned(), name.clone()))
    };
    let variables = [
        named("THRICE_CONTAINER", &parts.container),
        named("THRICE_USER", &parts.user),
    ];
    let settings = step
        .credential
        .and_then(|(credential, _)| layout::credential_file(plan, host, credential));
    let script = Script {
        settings: settings.into_iter().collect(),
        variables: variables.into_iter().flatten().collect(),
        body: crate::render(step, "capture.sh.j2", CAPTURE, &values)?,
        ..Script::default()
    };
    artefact(plan, id, host, &script)
}
