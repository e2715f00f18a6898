//! Plan to Prometheus: alerts where a step has been silent for longer than the plan counts on, or a
//! class's newest copy is older than its recovery point.
//!
//! What goes in: a verified plan. What comes out: `prometheus/thrice-POLICY.rules.yml`, about the
//! figures that emitted scripts leave for node_exporter's textfile collector where
//! `/var/lib/thrice/textfile` is its folder (`targets/common/templates/frame.sh.j2`):
//!
//! | metric, with the labels `policy` and `step` | what |
//! |---|---|
//! | `thrice_step_last_success_timestamp_seconds` | when the last successful run ended |
//! | `thrice_step_last_success_start_timestamp_seconds` | when it started: what it saved is no younger |
//! | `thrice_step_last_success_NAME` | a figure of it, such as `files` |
//! | `thrice_step_last_run_timestamp_seconds` | when the last run ended |
//! | `thrice_step_last_run_success` | whether that one succeeded, 0 or 1 |
//! | `thrice_step_last_run_exit_code` | its exit code |
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod read;
mod recovery;

use serde::Serialize;
use thrice_model::{Step, StepId};
use thrice_target::{Artefact, Diagnostic, Plan, header, layout, refusal, select, template};

pub use read::{Rule, read};

const RULES: &str = include_str!("../templates/rules.yml.j2");

/// A step that leaves figures.
#[derive(Serialize)]
struct Watched {
    step: String,
    verb: &'static str,
    host: String,
    /// Seconds after its last success at which it is late.
    silence: i64,
    /// The same for people.
    silence_text: String,
}

#[derive(Serialize)]
struct Values {
    header: String,
    policy: String,
    steps: Vec<Watched>,
    points: Vec<recovery::Point>,
    uncovered: Vec<String>,
}

/// The rules of a plan; none for one without steps that leave figures.
///
/// # Errors
/// A template that cannot be written.
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let steps: Vec<Watched> = select::in_force(plan)
        .filter_map(|(id, step)| watched(plan, id, step))
        .collect();
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let (points, uncovered) = recovery::points(plan);
    let values = Values {
        header: header::comments(plan, ""),
        policy: layout::policy(plan),
        steps,
        points,
        uncovered,
    };
    let text = template::render("rules.yml.j2", RULES, &values).map_err(|error| {
        let message = format!("the rules for Prometheus cannot be written: {error}");
        vec![Diagnostic::error(refusal::INTERNAL, message)]
    })?;
    Ok(vec![Artefact {
        path: format!("prometheus/thrice-{}.rules.yml", values.policy),
        bytes: text.into_bytes(),
        mode: 0o644,
        kind: "prometheus-rules",
        step: None,
        host: None,
        install_to: None,
        secrets: Vec::new(),
    }])
}

fn watched(plan: &Plan, id: StepId, step: &Step) -> Option<Watched> {
    if !leaves_figures(plan, step) {
        return None;
    }
    let cadence = plan.cadences.get(id)?;
    // A step that nothing watches has no grace.
    let silence = cadence.freshness.or_else(|| cadence.nominal_delay())?;
    Some(Watched {
        step: layout::step(plan, id),
        verb: step.verb.word(),
        host: plain(&plan.model.hosts[step.runner.host?].named.name),
        silence: silence.0,
        silence_text: silence.to_string(),
    })
}

/// A name in a label or annotation, which Prometheus takes for a template where braces are doubled.
fn plain(name: &str) -> String {
    let name = template::line(name);
    name.replace('{', "(").replace('}', ")")
}

/// Whether a script of ours does it: what others run leaves nothing.
fn leaves_figures(plan: &Plan, step: &Step) -> bool {
    select::means(plan, step).is_script() || select::is_asked_after(plan, step)
}
