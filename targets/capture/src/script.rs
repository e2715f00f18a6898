//! The script of one capture.

use serde::Serialize;
use thrice_model::{
    CaptureMethod, CaptureParts, Class, HostId, Location, Source, Step, StepId, StepTarget,
    StoreKind, Verb,
};
use thrice_plan::Plan;
use thrice_target::script::{Script, artefact};
use thrice_target::{Artefact, Diagnostic, bash, filename, layout, refusal, template};

use crate::method::{self, Method};

const BASE: (&str, &str) = ("base.sh.j2", include_str!("../templates/base.sh.j2"));

#[derive(Serialize)]
struct Values {
    method: &'static str,
    destination: String,
    manifest: String,
    user: String,
    container: String,
    connection: String,
    /// Whether the method knows parts.
    lists: bool,
    parts: Vec<String>,
    names: Vec<String>,
    undeclared: &'static str,
    mounts: Vec<String>,
    passed: &'static [&'static str],
    keep_seconds: i64,
    /// Where the classes live, for methods that read files, and what the copy of each is called.
    homes: Vec<String>,
    labels: Vec<String>,
    list_files: &'static str,
    inside: &'static str,
    postgres: &'static str,
    databases: &'static str,
    redis: &'static str,
}

/// The script of a capture without a program of the user's own.
///
/// # Errors
/// See [`crate::emit`].
pub fn script(plan: &Plan, id: StepId, step: &Step, host: HostId) -> Result<Artefact, Diagnostic> {
    let (Verb::Capture(parts), Some(method)) = (&step.verb, method(step)) else {
        let message = format!("`{}` is no capture of a known method", step.named.name);
        return Err(refusal::about(step, refusal::INTERNAL, message));
    };
    refuse(step, parts, &method)?;
    let place = destination(plan, step, host)?;
    let classes: Vec<&Class> = step
        .classes
        .iter()
        .map(|(class, _)| &plan.model.classes[*class])
        .collect();
    let listed = listed(step, parts.method, &method, &classes)?;
    let homes = homes(plan, step, host, &method, &classes, place)?;
    if homes.len() > 1 && (!listed.is_empty() || parts.method == CaptureMethod::Sqlite) {
        let message = format!("`{}` reads {} places at once", step.named.name, homes.len());
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .help("write one capture for each place"));
    }
    let connection = layout::connection_file(plan, host, id);
    let values = Values {
        method: method.word,
        destination: layout::path(plan, place),
        manifest: layout::manifest(plan, place),
        user: parts.user.clone().unwrap_or_default(),
        container: parts.container.clone().unwrap_or_default(),
        connection: connection.clone(),
        lists: !method.parts.is_empty(),
        names: listed.iter().map(|part| filename(part)).collect(),
        parts: listed,
        undeclared: if classes.iter().any(|class| class.undeclared_fail) {
            "fail"
        } else {
            "warn"
        },
        mounts: mounts(plan, step, place),
        passed: method.passed,
        keep_seconds: parts.keeps.map_or(0, |(age, _)| age.high().0.max(1)),
        labels: classes
            .iter()
            .map(|class| filename(&class.named.name))
            .collect(),
        homes,
        list_files: bash::LIST_FILES,
        inside: bash::INSIDE,
        postgres: bash::POSTGRES,
        databases: bash::DATABASES,
        redis: bash::REDIS,
    };
    let mut body = String::new();
    for (name, text) in [&BASE].into_iter().chain(method.templates) {
        let rendered = template::render(name, text, &values);
        body.push_str(&rendered.map_err(|error| refusal::rendering(step, &error))?);
    }
    let credential = step
        .credential
        .and_then(|(credential, _)| layout::credential_file(plan, host, credential));
    let inside = if parts.container.is_some() {
        &[]
    } else {
        method.inside
    };
    let programs = method.programs.iter().chain(inside);
    let script = Script {
        programs: programs.map(|&program| program.to_owned()).collect(),
        settings: credential.into_iter().collect(),
        body,
        secrets: vec![connection],
        ..Script::default()
    };
    artefact(plan, id, host, &script)
}

fn method(step: &Step) -> Option<Method> {
    match &step.verb {
        Verb::Capture(parts) => method::of(parts.method),
        _ => None,
    }
}

/// What a method cannot do.
fn refuse(step: &Step, parts: &CaptureParts, method: &Method) -> Result<(), Diagnostic> {
    let name = &step.named.name;
    let said = if parts.container.is_some() && !method.container {
        "container"
    } else if parts.user.is_some() && !method.user {
        "user"
    } else {
        return Ok(());
    };
    let (why, help) = if method.homes {
        (
            "reads files of the host",
            "take it away: the files are read where the host has them",
        )
    } else {
        (
            "talks HTTP from the host",
            "take it away, and let the service listen on a port of the host's loopback",
        )
    };
    let message = format!(
        "`{name}` names a {said}, but `method {}` {why}",
        method.word
    );
    Err(refusal::about(step, refusal::UNSUPPORTED, message).help(help))
}

/// Where the capture writes.
fn destination<'p>(
    plan: &'p Plan,
    step: &'p Step,
    host: HostId,
) -> Result<&'p Location, Diagnostic> {
    let name = &step.named.name;
    let StepTarget::Location(place, _) = &step.target else {
        let message = format!("`{name}` does not write to a folder");
        return Err(refusal::about(step, refusal::UNREACHABLE, message)
            .help("name a folder of the host that runs it"));
    };
    match layout::path_on(plan, host, place).as_deref() {
        None => {
            let store = &plan.model.stores[place.store].named;
            let message = format!(
                "`{}:{}` is no folder of the host that runs `{name}`",
                store.name, place.path
            );
            Err(refusal::about(step, refusal::UNREACHABLE, message)
                .at(store.span, "declared here")
                .help("capture to a folder of that host, then copy from there"))
        }
        Some("/") => {
            let message = format!("`{name}` would write to `/` itself");
            Err(refusal::about(step, refusal::UNREACHABLE, message).help("name a folder"))
        }
        Some(_) => Ok(place),
    }
}

/// The parts that the classes list.
fn listed(
    step: &Step,
    kind: CaptureMethod,
    method: &Method,
    classes: &[&Class],
) -> Result<Vec<String>, Diagnostic> {
    let mut listed: Vec<String> = Vec::new();
    for (part, span) in classes.iter().flat_map(|class| &class.parts) {
        let refuse = |why: &str, help: &str| {
            let message = format!(
                "`{}` cannot capture the part `{part}`: {why}",
                step.named.name
            );
            Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .at(*span, "listed here")
                .help(help))
        };
        if method.parts.is_empty() {
            let why = format!("`method {}` takes all there is", method.word);
            return refuse(&why, "take `parts` away");
        }
        let is_number = !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        if kind == CaptureMethod::RedisBgsave && !is_number {
            return refuse(
                "databases of redis are numbers",
                "write `parts 0, 1`, or take `parts` away: the snapshot has all of them anyway",
            );
        }
        let leads_out = part.is_empty()
            || part.starts_with('/')
            || part.split('/').any(|word| word == ".." || word == ".");
        let is_deep = kind == CaptureMethod::Files && part.contains('/');
        if method.homes && (leads_out || is_deep) {
            return refuse(
                "it is none of the folder's own entries",
                "name what lies right below the folder where the class lives",
            );
        }
        if !listed.contains(part) {
            listed.push(part.clone());
        }
    }
    Ok(listed)
}

/// Where the classes live, for methods that read files.
fn homes(
    plan: &Plan,
    step: &Step,
    host: HostId,
    method: &Method,
    classes: &[&Class],
    destination: &Location,
) -> Result<Vec<String>, Diagnostic> {
    let name = &step.named.name;
    let places: Vec<&Location> = match &step.source {
        _ if !method.homes => Vec::new(),
        Source::Home => classes.iter().map(|class| &class.home).collect(),
        Source::Location(place, _) => vec![place],
        Source::Step(..) | Source::Repository(..) => {
            let message = format!("`{name}` captures what another step made");
            return Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .help("copy it, or capture the data where it lives"));
        }
    };
    let mut paths = Vec::new();
    for place in places {
        let store = &plan.model.stores[place.store].named;
        if place.meets(destination) {
            let message = format!("`{name}` reads and writes the same files");
            return Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .help("choose a destination beside the data, not in it or around it"));
        }
        paths.push(layout::path_on(plan, host, place).ok_or_else(|| {
            let message = format!(
                "`{}:{}` is no file or folder of the host that runs `{name}`",
                store.name, place.path
            );
            refusal::about(step, refusal::UNREACHABLE, message)
                .at(store.span, "declared here")
                .help("run the capture on the host that has the data")
        })?);
    }
    Ok(paths)
}

/// File systems that must be mounted.
fn mounts(plan: &Plan, step: &Step, destination: &Location) -> Vec<String> {
    let homes = step
        .classes
        .iter()
        .map(|(class, _)| &plan.model.classes[*class].home)
        .filter(|_| method(step).is_some_and(|method| method.homes));
    let mut mounts: Vec<String> = homes
        .chain([destination])
        .map(|place| &plan.model.stores[place.store])
        .filter(|store| store.kind == StoreKind::FileSystem && store.mounted_at != "/")
        .map(|store| store.mounted_at.clone())
        .collect();
    mounts.sort();
    mounts.dedup();
    mounts
}
