//! A whole script around the few lines that do a step's work.
//!
//! The frame (`templates/frame.sh.j2`) is the same for all: one run at a time, a time limit, attempts,
//! errors to standard error and the system log, a record of the run, the signal to the monitor, and no
//! run before the steps that it comes after. The body is a bash function `work`; it may call
//!
//! - `say TEXT`: a line to standard error and the system log;
//! - `fail TEXT [CODE]`: the same, and the end of this attempt;
//! - `number NAME DIGITS`: a figure for the record of the run;
//!
//! and use `$scratch`, a folder of its own that is removed at the end. It runs with `set -euo
//! pipefail`, `LC_ALL=C`, `TZ=UTC` and nothing on standard input.

use serde::Serialize;
use thrice_diagnostics::Diagnostic;
use thrice_model::{HostId, Step, StepId};
use thrice_plan::{ASKING, Plan};

use crate::due::{Due, last_due, needs_other_clock};
use crate::monitor::{Signal, signal};
use crate::{Artefact, header, layout, refusal, template};

const FRAME: &str = include_str!("../templates/frame.sh.j2");

/// A lock that is held while the work is done, besides the step's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// Its name: see [`layout::repository_lock`].
    pub name: String,
    /// Whether others may hold it at the same time in the same way.
    pub shared: bool,
}

/// What is particular to a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Programs that must be there, besides bash, coreutils, util-linux and, with a monitor, curl.
    pub programs: Vec<String>,
    /// Environment files with secrets, read for the work alone.
    pub settings: Vec<String>,
    /// Further variables of the environment of the work: no secrets.
    pub variables: Vec<(String, String)>,
    /// Further locks, taken in this order.
    pub locks: Vec<Lock>,
    /// Bash: defines `work`.
    pub body: String,
    /// Where it finds secrets, besides the above (files with passwords).
    pub secrets: Vec<String>,
    /// Whether no monitor is told: of a script that is not what the step's schedule starts.
    pub silent: bool,
}

#[derive(Serialize)]
struct Frame<'a> {
    header: String,
    verb: &'static str,
    policy: String,
    step: String,
    state: String,
    locks: String,
    limit: i64,
    retries: u32,
    programs: &'a [String],
    settings: &'a [String],
    variables: &'a [(String, String)],
    shared_locks: &'a [Lock],
    other_clock: Option<Due>,
    due_functions: Vec<&'static str>,
    after: Vec<After>,
    signal: Option<Signal>,
    body: &'a str,
}

/// A step that must have succeeded since it was last due.
#[derive(Serialize)]
struct After {
    name: String,
    due: Due,
}

/// The script of a step as an artefact.
///
/// # Errors
/// A text that no script can hold.
pub fn artefact(
    plan: &Plan,
    id: StepId,
    host: HostId,
    script: &Script,
) -> Result<Artefact, Diagnostic> {
    let step = &plan.model.steps[id];
    let folders = layout::folders(plan, host);
    let signal = match script.silent {
        true => None,
        false => signal(plan, host, id)?,
    };
    let after = after(plan, step, host);
    let frame = Frame {
        header: header::comments(plan, &step.named.doc),
        verb: step.verb.word(),
        policy: layout::policy(plan),
        step: layout::step(plan, id),
        state: folders.state,
        locks: folders.locks,
        limit: limit(step),
        retries: step.timing.retries,
        programs: &script.programs,
        settings: &script.settings,
        variables: &script.variables,
        shared_locks: &script.locks,
        other_clock: other_clock(plan, step, host),
        due_functions: after.iter().map(|after| after.due.function).collect(),
        after,
        signal: signal.clone(),
        body: script.body.trim_end(),
    };
    let text = template::render("frame.sh.j2", FRAME, &frame)
        .map_err(|error| refusal::rendering(step, &error))?;
    let mut secrets: Vec<String> = script
        .settings
        .iter()
        .chain(&script.secrets)
        .cloned()
        .collect();
    if let Some(signal) = signal {
        secrets.extend([signal.from, signal.own, signal.settings]);
    }
    secrets.sort();
    secrets.dedup();
    Ok(Artefact {
        path: layout::script(plan, host, id),
        bytes: text.into_bytes(),
        mode: 0o755,
        kind: "script",
        step: Some(step.named.name.to_string()),
        host: Some(plan.model.hosts[host].named.name.to_string()),
        install_to: Some(layout::installed_script(plan, host, id)),
        secrets,
    })
}

/// Greatest duration in seconds, if the policy states one; else 0, which `timeout` takes for none. Of a mirror,
/// which others make, the script only asks.
fn limit(step: &Step) -> i64 {
    if step.mirror().is_some() {
        ASKING.0
    } else if step.timing.duration_stated.is_some() {
        step.timing.duration.high().0.max(1)
    } else {
        0
    }
}

/// The times at which a step is due, if its host's cron cannot tell them.
fn other_clock(plan: &Plan, step: &Step, host: HostId) -> Option<Due> {
    let (schedule, _) = step.signals()?;
    let host = &plan.model.hosts[host];
    needs_other_clock(schedule, host).then(|| last_due(Some(schedule), host))
}

/// What a step comes after on the same host. About the others only the time table can say something:
/// their records are elsewhere.
fn after(plan: &Plan, step: &Step, host: HostId) -> Vec<After> {
    let model = &plan.model;
    let here = |id: StepId| {
        let other = &model.steps[id];
        other.runner.host == Some(host)
            && other.lifetime.contains(plan.as_of)
            && crate::select::means(plan, other).is_script()
    };
    let steps = step
        .timing
        .after
        .iter()
        .map(|(id, _)| *id)
        .filter(|id| here(*id));
    steps
        .map(|id| {
            let schedule = model.steps[id]
                .timing
                .schedule
                .as_ref()
                .map(|(schedule, _)| schedule.as_ref());
            After {
                name: layout::step(plan, id),
                due: last_due(schedule, &model.hosts[host]),
            }
        })
        .collect()
}
