//! From where to where.

use thrice_model::{HostId, Location, Source, Step, StepTarget, StoreKind};
use thrice_target::{Diagnostic, Plan, layout, refusal};

use crate::remote::{Remote, remote};

/// One end of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What the policy calls it.
    pub location: Location,
    /// What rclone calls it: an absolute path, or `remote:bucket/path`.
    pub address: String,
    /// The remote, for a bucket.
    pub remote: Option<Remote>,
    /// Where the file system must be mounted, if not at `/`.
    pub mount: Option<String>,
}

impl End {
    /// Whether it is a folder of the host that runs the step.
    pub const fn is_local(&self) -> bool {
        self.remote.is_none()
    }
}

/// The location that a step reads.
///
/// # Errors
/// It reads several places, or what it reads has no place.
pub fn source(plan: &Plan, step: &Step) -> Result<Location, Diagnostic> {
    let model = &plan.model;
    match &step.source {
        Source::Location(place, _) => Ok(place.clone()),
        Source::Repository(id, _) => {
            let repository = &model.repositories[*id];
            Ok(repository.place())
        }
        Source::Step(other, span) => match &model.steps[*other].target {
            StepTarget::Location(place, _) => Ok(place.clone()),
            _ => {
                let other = &model.steps[*other].named.name;
                let message = format!(
                    "`{}` reads what `{other}` leaves, which is no folder",
                    step.named.name
                );
                Err(refusal::about(step, refusal::UNSUPPORTED, message)
                    .at(*span, "read here")
                    .help("name the location or the repository that it is to read"))
            }
        },
        Source::Home => {
            let mut homes: Vec<&Location> = step
                .classes
                .iter()
                .map(|(class, _)| &model.classes[*class].home)
                .collect();
            homes.sort();
            homes.dedup();
            match homes.as_slice() {
                [home] => Ok((*home).clone()),
                _ => {
                    let message =
                        format!("`{}` reads {} places at once", step.named.name, homes.len());
                    Err(refusal::about(step, refusal::UNSUPPORTED, message)
                        .help("write one step for each place, with destinations that do not meet"))
                }
            }
        }
    }
}

/// The location that a step writes.
///
/// # Errors
/// It is no location.
pub fn destination(step: &Step) -> Result<Location, Diagnostic> {
    match &step.target {
        StepTarget::Location(place, _) => Ok(place.clone()),
        _ => {
            let message = format!("`{}` does not write to a location", step.named.name);
            Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .help("name the store and the path that it is to write to"))
        }
    }
}

/// A location as the end of a transfer that `host` runs.
///
/// # Errors
/// The location is a file system of another host, or a bucket that no credential opens.
pub fn end(plan: &Plan, step: &Step, host: HostId, location: Location) -> Result<End, Diagnostic> {
    let store = &plan.model.stores[location.store];
    if store.kind == StoreKind::Bucket {
        let remote = remote(plan, step, host, store.host)?;
        let below = location.path.trim_start_matches('/');
        let slash = if below.is_empty() { "" } else { "/" };
        let address = format!("{}:{}{slash}{below}", remote.name, store.bucket);
        return Ok(End {
            location,
            address,
            remote: Some(remote),
            mount: None,
        });
    }
    match layout::path_on(plan, host, &location) {
        Some(address) => {
            let mount = (store.mounted_at != "/").then(|| store.mounted_at.clone());
            Ok(End {
                location,
                address,
                remote: None,
                mount,
            })
        }
        None => {
            let runner = &plan.model.hosts[host].named;
            let message = format!(
                "`{}` runs on `{}`, which does not reach the files of `{}`",
                step.named.name, runner.name, store.named.name
            );
            Err(refusal::about(step, refusal::UNREACHABLE, message)
                .at(store.named.span, "a file system of another host")
                .help("run it on the host that has the files, or go by way of a bucket"))
        }
    }
}
