//! The script of one step.

use std::error::Error as _;

use serde::Serialize;
use thrice_model::{AgeClock, HostId, Location, Source, Step, StepId, Verb};
use thrice_target::bash::AUTHORITIES;
use thrice_target::script::{Lock, Script, artefact};
use thrice_target::{Artefact, Diagnostic, Plan, layout, refusal, template};

use crate::ends::{self, End};
use crate::plain::{age, escape, speed};
use crate::remote::Remote;
use crate::repositories::{Inside, inside};

const TEMPLATES: [(&str, &str); 6] = [
    ("body.sh.j2", include_str!("../templates/body.sh.j2")),
    ("base.sh.j2", include_str!("../templates/base.sh.j2")),
    ("copy.sh.j2", include_str!("../templates/copy.sh.j2")),
    ("sync.sh.j2", include_str!("../templates/sync.sh.j2")),
    ("move.sh.j2", include_str!("../templates/move.sh.j2")),
    ("mirror.sh.j2", include_str!("../templates/mirror.sh.j2")),
];

/// What the templates read.
#[derive(Serialize)]
struct Body {
    source: String,
    destination: String,
    source_is_local: bool,
    destination_is_local: bool,
    mounts: Vec<String>,
    /// Flags of every call.
    tuning: Vec<String>,
    /// Flags that choose files.
    chosen: Vec<String>,
    /// Flags that choose what a move takes.
    due: Vec<String>,
    /// Remotes that need keys of their own, in capitals, each with its environment file.
    keys: Vec<(String, String)>,
    authorities: &'static str,
    /// `copy`, `sync`, `move`, or nothing where a repository is all there is.
    plain: &'static str,
    immutable: bool,
    deletes: bool,
    max_delete: Option<u32>,
    /// Whether the policy itself deletes in the source.
    rotates: bool,
    /// Where deleted files go; empty for nowhere.
    trash: String,
    /// Whose they are: other steps may put theirs there in the same second.
    name: String,
    /// Paths of repositories below the source.
    repositories: Vec<String>,
}

/// The script of a step, and the remotes that it uses.
pub fn emit(plan: &Plan, id: StepId, host: HostId) -> Result<(Artefact, Vec<Remote>), Diagnostic> {
    let step = &plan.model.steps[id];
    let source = ends::end(plan, step, host, ends::source(plan, step)?)?;
    let destination = ends::end(plan, step, host, ends::destination(step)?)?;
    if source.location.meets(&destination.location) {
        let message = format!("`{}` reads and writes the same files", step.named.name);
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .help("choose a destination beside the source, not in it or around it"));
    }
    let repositories = inside(plan, step, &source.location)?;
    refuse_parts(plan, step, &repositories)?;
    let remotes: Vec<Remote> = [&source, &destination]
        .into_iter()
        .filter_map(|end| end.remote.clone())
        .collect();
    let (settings, keys) = secrets(&remotes);
    let body = Body {
        trash: trash(plan, step, host, &destination)?,
        due: due(step, &source)?,
        plain: plain(step, &repositories),
        chosen: chosen(plan, step, &repositories),
        tuning: tuning(step, &source),
        keys,
        ..body(plan, step, &source, &destination, &repositories)
    };
    let rendered = template::environment(&TEMPLATES)
        .and_then(|templates| templates.get_template("body.sh.j2")?.render(&body))
        .map_err(|error| refusal::rendering(step, innermost(&error)))?;
    let script = Script {
        programs: vec!["rclone".to_owned()],
        settings,
        variables: remotes.iter().flat_map(Remote::variables).collect(),
        locks: repositories
            .iter()
            .map(|inside| Lock {
                name: layout::repository_lock(plan, inside.id),
                shared: true,
            })
            .collect(),
        body: rendered,
        secrets: remotes
            .iter()
            .filter_map(|remote| remote.file.clone())
            .collect(),
        ..Script::default()
    };
    Ok((artefact(plan, id, host, &script)?, remotes))
}

/// What a template says that is included: it is what matters.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut inner = error;
    while let Some(next) = inner.source().and_then(|source| source.downcast_ref()) {
        inner = next;
    }
    inner
}

/// What follows from the ends alone.
fn body(
    plan: &Plan,
    step: &Step,
    source: &End,
    destination: &End,
    repositories: &[Inside],
) -> Body {
    let mut mounts: Vec<String> = [source, destination]
        .into_iter()
        .filter_map(|e| e.mount.clone())
        .collect();
    mounts.sort();
    mounts.dedup();
    let max_delete = match step.verb {
        Verb::Sync { max_delete, .. } => max_delete,
        _ => None,
    };
    Body {
        source: source.address.clone(),
        destination: destination.address.clone(),
        source_is_local: source.is_local(),
        destination_is_local: destination.is_local(),
        mounts,
        tuning: Vec::new(),
        chosen: Vec::new(),
        due: Vec::new(),
        keys: Vec::new(),
        authorities: AUTHORITIES.trim_end(),
        plain: "",
        immutable: matches!(
            step.verb,
            Verb::Copy {
                immutable: true,
                ..
            }
        ),
        deletes: matches!(step.verb, Verb::Sync { .. }),
        max_delete,
        rotates: rotates(plan, &source.location),
        trash: String::new(),
        name: step.named.name.to_string(),
        repositories: repositories
            .iter()
            .map(|inside| inside.below.clone())
            .collect(),
    }
}

/// Whether a step of the policy expires files at a location or moves them away, so that much of what a
/// mirror holds is rightly gone at the next run.
fn rotates(plan: &Plan, source: &Location) -> bool {
    plan.steps_on(plan.as_of)
        .any(|(_, step)| match (&step.verb, &step.source) {
            (
                Verb::Expire {
                    noncurrent: false, ..
                }
                | Verb::Move { .. },
                Source::Location(place, _),
            ) => place.meets(source),
            _ => false,
        })
}

/// A repository is taken whole, and never away.
fn refuse_parts(plan: &Plan, step: &Step, repositories: &[Inside]) -> Result<(), Diagnostic> {
    let Some(first) = repositories.first() else {
        return Ok(());
    };
    let repository = &plan.model.repositories[first.id].named;
    let (what, help) = match &step.verb {
        Verb::Move { .. } => (
            "moves",
            "copy or sync it: what was moved away cannot be backed up to",
        ),
        Verb::Copy { include, .. } if !include.is_empty() => (
            "takes only some files of",
            "take `include` away: a part of a repository cannot be restored from",
        ),
        _ => return Ok(()),
    };
    let message = format!(
        "`{}` {what} the repository `{}`",
        step.named.name, repository.name
    );
    Err(refusal::about(step, refusal::UNSUPPORTED, message)
        .at(repository.span, "the repository")
        .help(help))
}

fn plain(step: &Step, repositories: &[Inside]) -> &'static str {
    if repositories.iter().any(|inside| inside.below.is_empty()) {
        return "";
    }
    match step.verb {
        Verb::Sync { .. } => "sync",
        Verb::Move { .. } => "move",
        _ => "copy",
    }
}

fn chosen(plan: &Plan, step: &Step, repositories: &[Inside]) -> Vec<String> {
    let mut out = Vec::new();
    let mut filter = |rule: String| out.extend(["--filter".to_owned(), rule]);
    for inside in repositories {
        filter(format!("- {}/**", escape(&inside.below)));
    }
    if let Verb::Copy {
        include,
        latest_only,
        ..
    } = &step.verb
    {
        let mut names: Vec<&str> = include.iter().map(String::as_str).collect();
        if names.is_empty() && *latest_only && finds_former(plan, step) {
            names.extend(NEWEST);
        }
        for pattern in &names {
            filter(format!("+ {pattern}"));
        }
        if !names.is_empty() {
            filter("- **".to_owned());
        }
    }
    out
}

/// How the scripts of captures name the newest of each part, a file or a folder.
const NEWEST: [&str; 2] = ["*-latest.*", "*-latest/**"];

/// Whether a step reads what the script of a capture leaves with those before beside the newest, which bear other names:
/// they would never be overwritten.
fn finds_former(plan: &Plan, step: &Step) -> bool {
    let before = |step: &&Step| match &step.source {
        Source::Step(id, _) => plan.model.steps.get(*id),
        _ => None,
    };
    let way = std::iter::successors(Some(step), before).take(plan.model.steps.len());
    way.skip(1).any(|step| {
        matches!(&step.verb, Verb::Capture(parts) if parts.keeps.is_some() && parts.runs.is_none())
    })
}

/// Flags of every call: errors once, and the speed that the policy allows.
fn tuning(step: &Step, source: &End) -> Vec<String> {
    let mut out = Vec::new();
    if source.is_local() {
        // Otherwise symbolic links are passed over, with exit code 0.
        out.push("--links".to_owned());
    }
    let mut set = |flag: &str, value: String| out.extend([flag.to_owned(), value]);
    if let Some(count) = step.pace().transfers {
        set("--transfers", count.to_string());
    }
    if let Some(count) = step.pace().checkers {
        set("--checkers", count.to_string());
    }
    if let Some(limit) = step.pace().limit {
        set("--bwlimit", speed(limit));
    }
    out
}

/// Flags that choose what a move takes.
fn due(step: &Step, source: &End) -> Result<Vec<String>, Diagnostic> {
    let Verb::Move {
        older_than: Some((least, clock, span)),
    } = &step.verb
    else {
        return Ok(Vec::new());
    };
    let mut out = vec!["--min-age".to_owned(), age(*least)];
    match clock {
        AgeClock::Mtime => {}
        AgeClock::Upload if !source.is_local() => out.push("--use-server-modtime".to_owned()),
        AgeClock::Upload | AgeClock::Snapshot | AgeClock::Use => {
            let message = format!(
                "the files that `{}` reads have no such age",
                step.named.name
            );
            return Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .at(*span, "measured by this clock")
                .help("objects have `by upload` and `by mtime`, files `by mtime`"));
        }
    }
    Ok(out)
}

/// Where a sync puts what it deletes or overwrites: it must be on the same store, and outside.
fn trash(plan: &Plan, step: &Step, host: HostId, destination: &End) -> Result<String, Diagnostic> {
    let Verb::Sync {
        backup_dir: Some(place),
        ..
    } = &step.verb
    else {
        return Ok(String::new());
    };
    if place.store != destination.location.store || place.meets(&destination.location) {
        let message = format!("`{}` cannot put deleted files there", step.named.name);
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .help("`backup dir` must be on the store of the destination, beside it"));
    }
    let place = Location::clone(place);
    Ok(ends::end(plan, step, host, place)?.address)
}

/// Environment files to read as they are, and remotes that need keys of their own because two
/// files would set the same variables.
fn secrets(remotes: &[Remote]) -> (Vec<String>, Vec<(String, String)>) {
    let mut files: Vec<String> = remotes
        .iter()
        .filter_map(|remote| remote.file.clone())
        .collect();
    files.sort();
    files.dedup();
    let needs_profile = remotes.iter().any(|remote| remote.file.is_none());
    if files.len() < 2 && !needs_profile {
        return (files, Vec::new());
    }
    let own = |remote: &Remote| Some((remote.name.to_ascii_uppercase(), remote.file.clone()?));
    (Vec::new(), remotes.iter().filter_map(own).collect())
}
