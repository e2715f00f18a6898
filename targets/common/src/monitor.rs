//! How a script tells a monitor that a step succeeded or failed.
//!
//! The address is a secret and never in an artefact: it comes from an environment variable (also from
//! `monitors.env` in the folder for secrets), or from a file if the policy names a path. Each step has
//! a signal of its own, so for a monitor `at "NAME"`, step `a_step`:
//!
//! 1. `NAME_A_STEP`, where it is set, is the address of this step's own check;
//! 2. else, for healthchecks, `NAME` holds a ping key, or the address of a server that ends in one: the
//!    check's slug, `POLICY-STEP`, is put behind it;
//! 3. else, for Uptime Kuma, `NAME` is the address of the push monitor, if no other step uses it.
//!
//! A missing or empty address is a failure of the step, never silence.

use serde::Serialize;
use thrice_diagnostics::Diagnostic;
use thrice_model::{HostId, MonitorKind, StepId};
use thrice_plan::Plan;

use crate::{layout, refusal};

/// What the frame of a script needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// `healthchecks` or `uptime-kuma`.
    pub kind: &'static str,
    /// The variable or the absolute path of the file with the address.
    pub from: String,
    /// Whether `from` is a path.
    pub is_file: bool,
    /// The variable with the address of this step's own check.
    pub own: String,
    /// The environment file that may set both.
    pub settings: String,
    /// The check's name behind a ping key; empty where `from` is an address by itself.
    pub slug: String,
    /// Whether `from` may serve this step.
    pub shared: bool,
}

/// The signal of a step on a host; `None` for a step without monitor.
///
/// # Errors
/// The monitor's place is neither an absolute path nor the name of a variable.
pub fn signal(plan: &Plan, host: HostId, id: StepId) -> Result<Option<Signal>, Diagnostic> {
    let step = &plan.model.steps[id];
    let Some((monitor_id, _)) = step.monitor else {
        return Ok(None);
    };
    let monitor = &plan.model.monitors[monitor_id];
    let is_file = monitor.url_from.starts_with('/');
    if !is_file && !is_variable(&monitor.url_from) {
        let name = &monitor.named.name;
        let message =
            format!("the place of monitor `{name}` is neither a variable nor an absolute path");
        return Err(refusal::about(step, refusal::UNQUOTABLE, message)
            .at(monitor.named.span, "declared here")
            .help("name an environment variable, such as `HC_PING_KEY`"));
    }
    let users = plan
        .model
        .steps
        .iter()
        .filter(|(_, step)| step.monitor.is_some_and(|(other, _)| other == monitor_id))
        .count();
    let step = layout::step(plan, id);
    let own = own(&monitor.url_from, &step);
    let slug = slug(plan, id);
    let is_kuma = monitor.kind == MonitorKind::UptimeKuma;
    Ok(Some(Signal {
        kind: if is_kuma {
            "uptime-kuma"
        } else {
            "healthchecks"
        },
        from: monitor.url_from.clone(),
        is_file,
        own,
        settings: layout::folders(plan, host).monitors(),
        slug: if is_kuma { String::new() } else { slug },
        shared: !is_kuma || users == 1,
    }))
}

/// The name of a step's own check: `POLICY-STEP` in lower case, as slugs of healthchecks are.
#[must_use]
pub fn slug(plan: &Plan, id: StepId) -> String {
    format!("{}-{}", layout::policy(plan), layout::step(plan, id)).to_ascii_lowercase()
}

/// The variable with the address of a step's own check at a monitor.
#[must_use]
pub fn own(url_from: &str, step: &str) -> String {
    format!("{}_{}", variable(url_from), variable(step))
}

fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A text as the name of a variable: upper case, what cannot stand in one is `_`.
fn variable(text: &str) -> String {
    let text = text.trim_start_matches('/');
    let name: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}
