//! The script of a drill.

use serde::Serialize;
use thrice_model::{RepositoryId, Step, Verb};
use thrice_plan::Plan;
use thrice_target::Diagnostic;
use thrice_target::select::{self, Means};

use crate::repository::{host_name, tag};

const DRILL: &str = include_str!("../templates/drill.sh.j2");

#[derive(Serialize)]
struct Values {
    /// The options of `restic restore latest` that select the snapshots of one step each.
    selectors: Vec<Vec<String>>,
}

/// The part of the script that restores and compares.
///
/// # Errors
/// A text that no script can hold.
pub fn body(plan: &Plan, step: &Step, repository: RepositoryId) -> Result<String, Diagnostic> {
    let mut selectors: Vec<Vec<String>> = select::scripts(plan, Means::Restic)
        .filter(|(_, other, _)| {
            matches!(other.verb, Verb::Backup { .. })
                && select::repository(other) == Some(repository)
                && shares_classes(step, other)
        })
        .map(|(id, _, host)| {
            let (host, tag) = (host_name(plan, host), tag(plan, id));
            vec!["--host".to_owned(), host, "--tag".to_owned(), tag]
        })
        .collect();
    if selectors.is_empty() {
        // Made by something else, whose tags are not known: the newest of all.
        selectors.push(Vec::new());
    }
    crate::render(step, "drill.sh.j2", DRILL, &Values { selectors })
}

fn shares_classes(step: &Step, other: &Step) -> bool {
    step.classes.is_empty()
        || step
            .classes
            .iter()
            .any(|(class, _)| other.classes.iter().any(|(c, _)| c == class))
}
