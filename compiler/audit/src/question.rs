//! What to measure on a host.

use thrice_model::HostId;
use thrice_plan::Plan;
use thrice_target::Diagnostic;
use thrice_target::layout;
use thrice_target::select::{self, Means};
use thrice_target_restic::Access;

/// A repository that steps of a host write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name in the policy.
    pub name: String,
    /// As restic takes it.
    pub url: String,
    /// The file with its password.
    pub password_file: String,
    /// Environment files with the secrets of its credential.
    pub settings: Vec<String>,
    /// Variables that are no secrets.
    pub variables: Vec<(String, String)>,
}

/// What to measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// The folder with records on that host, without the policy's own below `runs`.
    pub state: String,
    /// The policy's name in it.
    pub policy: String,
    /// Steps that leave a record there.
    pub steps: Vec<String>,
    /// Repositories to list.
    pub repositories: Vec<Repository>,
}

/// The hosts that run scripts, in the order of the policy.
#[must_use]
pub fn hosts(plan: &Plan) -> Vec<(HostId, String)> {
    let runs = |host: HostId| {
        select::in_force(plan).any(|(_, step)| {
            step.runner.host == Some(host) && select::means(plan, step).is_script()
        })
    };
    let hosts = plan.model.hosts.iter().filter(|(id, _)| runs(*id));
    hosts
        .map(|(id, host)| (id, host.named.name.clone()))
        .collect()
}

/// What to measure on a host.
///
/// # Errors
/// A repository that the host cannot get into.
pub fn questions(plan: &Plan, host: HostId) -> Result<Questions, Vec<Diagnostic>> {
    let mut out = Questions {
        state: layout::folders(plan, host).state,
        policy: layout::policy(plan),
        ..Questions::default()
    };
    let mut mistakes = Vec::new();
    for (id, step) in select::in_force(plan) {
        let means = select::means(plan, step);
        if step.runner.host != Some(host) || !means.is_script() {
            continue;
        }
        out.steps.push(layout::step(plan, id));
        if means != Means::Restic {
            continue;
        }
        match Access::new(plan, step, host) {
            Ok(access) => {
                let name = plan.model.repositories[access.repository]
                    .named
                    .name
                    .clone();
                if !out.repositories.iter().any(|known| known.name == name) {
                    out.repositories.push(Repository {
                        name,
                        url: access.url,
                        password_file: access.password_file,
                        settings: access.settings,
                        variables: access.variables,
                    });
                }
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(out)
    } else {
        Err(mistakes)
    }
}
