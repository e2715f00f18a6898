//! Plan to restic: a script for each backup, prune, check and drill that a host runs.
//!
//! What goes in: a verified plan. What comes out: one script a step (see [`thrice_target::script`]).
//! What each script avoids, and why, stands in its template; what the plan asks for and restic (or the
//! host) cannot do is a diagnostic, never a script that does something else.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod backup;
mod drill;
mod read;
mod repository;
mod turn;

use serde::Serialize;
use thrice_model::{HostId, Step, StepId, Subset, Verb};
use thrice_plan::Plan;
use thrice_target::script::{Lock, Script, artefact};
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic, layout, refusal, template};

pub use read::{Facts, read};
pub use repository::{Access, host_name, tag, url};

const PRUNE: &str = include_str!("../templates/prune.sh.j2");
const CHECK: &str = include_str!("../templates/check.sh.j2");

/// The scripts of all steps in force that restic carries out.
///
/// # Errors
/// One diagnostic for each step that cannot be emitted.
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let mut artefacts = Vec::new();
    let mut mistakes = Vec::new();
    for (id, step, host) in select::scripts(plan, Means::Restic) {
        match script(plan, id, step, host) {
            Ok(artefact) => artefacts.push(artefact),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(artefacts)
    } else {
        Err(mistakes)
    }
}

fn script(plan: &Plan, id: StepId, step: &Step, host: HostId) -> Result<Artefact, Diagnostic> {
    let access = Access::new(plan, step, host)?;
    let repository = &plan.model.repositories[access.repository];
    let mut mounts = access.mounts.clone();
    let (work, shared) = match &step.verb {
        Verb::Backup { .. } => {
            let (text, more) = backup::body(plan, id, step, host, repository.restic)?;
            mounts.extend(more);
            (text, true)
        }
        Verb::Check(subset) => (check(plan, step, host, *subset)?, false),
        Verb::Drill => (drill::body(plan, step, access.repository)?, true),
        _ => (prune(plan, step)?, false),
    };
    mounts.sort();
    mounts.dedup();
    // Forgetting takes restic's exclusive lock as pruning does, so a backup that thins is exclusive too.
    let thins = matches!(&step.verb, Verb::Backup { keep: Some(_), .. });
    let lock = Lock {
        name: layout::repository_lock(plan, access.repository),
        shared: shared && !thins,
    };
    let script = Script {
        programs: vec!["restic".to_owned()],
        settings: access.settings.clone(),
        variables: access.variables.clone(),
        locks: vec![lock],
        body: format!(
            "{}\n{work}",
            access.render(step, repository.restic, &mounts)?
        ),
        secrets: vec![access.password_file.clone()],
        ..Script::default()
    };
    artefact(plan, id, host, &script)
}

/// What stays unused after pruning, for restic: `--max-unused 5%`.
fn max_unused(plan: &Plan, step: &Step) -> Vec<String> {
    let Some(id) = select::repository(step) else {
        return Vec::new();
    };
    let share = plan.model.repositories[id].max_unused;
    vec![
        "--max-unused".to_owned(),
        share.to_string().replace(' ', ""),
    ]
}

fn prune(plan: &Plan, step: &Step) -> Result<String, Diagnostic> {
    #[derive(Serialize)]
    struct Values {
        prune: Vec<String>,
    }
    render(
        step,
        "prune.sh.j2",
        PRUNE,
        &Values {
            prune: max_unused(plan, step),
        },
    )
}

fn check(plan: &Plan, step: &Step, host: HostId, subset: Subset) -> Result<String, Diagnostic> {
    #[derive(Serialize)]
    struct Values {
        /// 0 for the structure alone, 1 for everything.
        parts: u32,
        turn: &'static str,
        zone: String,
    }
    let parts = match subset {
        Subset::Structure => 0,
        Subset::All => 1,
        Subset::Rotating(parts) => parts.max(1),
    };
    let (turn, zone) = turn::of(step, &plan.model.hosts[host]);
    render(step, "check.sh.j2", CHECK, &Values { parts, turn, zone })
}

fn render(
    step: &Step,
    name: &'static str,
    text: &'static str,
    values: &impl Serialize,
) -> Result<String, Diagnostic> {
    template::render(name, text, values).map_err(|error| refusal::rendering(step, &error))
}
