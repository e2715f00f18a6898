//! The script that asks whether a mirror has every version, and tells the monitor: Zerobyte tells nobody when
//! it could not copy one (`mirror-sync-command.ts` only logs it).

use serde::Serialize;
use thrice_model::{HostId, Step, StepId};
use thrice_target::script::{Script, artefact};
use thrice_target::{Artefact, Diagnostic, Plan, filename, layout, refusal, select, template};

use crate::{REQUEST, api, provisioning};

const ASKED: &str = include_str!("../templates/asked.sh.j2");

#[derive(Serialize)]
struct Values {
    job: String,
    repository: String,
    request: &'static str,
}

/// The script of a mirror that is asked after, which cron starts; `None` of another step.
///
/// # Errors
/// A name that no script can hold.
pub fn script(
    plan: &Plan,
    id: StepId,
    step: &Step,
    host: HostId,
) -> Result<Option<Artefact>, Diagnostic> {
    let Some(backup) = plan
        .model
        .followed(step)
        .filter(|_| select::is_asked_after(plan, step))
    else {
        return Ok(None);
    };
    let repository = provisioning::repository(step)?;
    let values = Values {
        job: api::name(plan, backup),
        repository: filename(&plan.model.repositories[repository].named.name),
        request: REQUEST,
    };
    let body = template::render("asked.sh.j2", ASKED, &values)
        .map_err(|error| refusal::rendering(step, &error))?;
    let script = Script {
        programs: vec!["curl".to_owned(), "jq".to_owned()],
        settings: vec![settings(plan, host)],
        body,
        ..Script::default()
    };
    artefact(plan, id, host, &script).map(Some)
}

/// The environment file with `ZEROBYTE_URL` and `ZEROBYTE_API_KEY`.
fn settings(plan: &Plan, host: HostId) -> String {
    format!("{}/zerobyte.env", layout::folders(plan, host).etc)
}
