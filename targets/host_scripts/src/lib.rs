//! Plan to scripts of a host's own: around programs of the user's own, and for removing old files.
//!
//! What goes in: a verified plan. What comes out: a script for each capture with `runs` and for each
//! expire on a file system. A capture is believed only if its destination holds something new and nothing
//! empty; a clean-up never removes the newest file of a folder, and one that cannot remove fails.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod capture;
mod expire;
mod read;

use serde::Serialize;
use thrice_model::{Location, Step, StoreKind};
use thrice_plan::Plan;
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic, refusal, template};

pub use read::{Facts, read};

const CLEAN_UP: &str = include_str!("../templates/clean_up.sh.j2");

/// The scripts of all captures with a program of their own and of all clean-ups in force.
///
/// # Errors
/// One diagnostic for each step that cannot be emitted.
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let captures =
        select::scripts(plan, Means::Wrapper).map(|(id, _, host)| capture::script(plan, id, host));
    let expires =
        select::scripts(plan, Means::CleanUp).map(|(id, _, host)| expire::script(plan, id, host));
    select::all_or_none(
        captures
            .chain(expires)
            .map(|emitted| emitted.map(|one| vec![one])),
    )
}

/// The function that removes old files.
fn clean_up(step: &Step) -> Result<String, Diagnostic> {
    #[derive(Serialize)]
    struct Nothing {}
    render(step, "clean_up.sh.j2", CLEAN_UP, &Nothing {})
}

fn render(
    step: &Step,
    name: &'static str,
    text: &'static str,
    values: &impl Serialize,
) -> Result<String, Diagnostic> {
    template::render(name, text, values).map_err(|error| refusal::rendering(step, &error))
}

/// Where a location's file system is mounted, if not at `/`.
fn mounts(plan: &Plan, location: &Location) -> Vec<String> {
    let store = &plan.model.stores[location.store];
    let is_mounted = store.kind == StoreKind::FileSystem && store.mounted_at != "/";
    is_mounted
        .then(|| store.mounted_at.clone())
        .into_iter()
        .collect()
}

/// A place that a step works on and that its host has no path for.
fn unreachable(plan: &Plan, step: &Step, location: Option<&Location>) -> Diagnostic {
    let message = match location {
        Some(place) => format!(
            "`{}:{}` is no folder of the host that runs `{}`",
            plan.model.stores[place.store].named.name, place.path, step.named.name
        ),
        None => format!("`{}` names no folder", step.named.name),
    };
    refusal::about(step, refusal::UNREACHABLE, message)
        .help("run it on the host that has the folder")
}
