//! What a seed reads.

use thrice_model::{
    CaptureMethod, CaptureParts, Class, HostId, Source, Step, StepId, StepTarget, Verb,
};
use thrice_plan::Plan;
use thrice_target::{Diagnostic, filename, layout, refusal};

/// The capture that a seed reads.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'p> {
    pub id: StepId,
    pub step: &'p Step,
    pub parts: &'p CaptureParts,
    pub class: &'p Class,
}

/// The capture that a seed reads, on the seed's own host.
///
/// # Errors
/// It reads something else, or more than one class.
pub fn origin<'p>(plan: &'p Plan, step: &Step, host: HostId) -> Result<Origin<'p>, Diagnostic> {
    let name = &step.named.name;
    let refuse = |why: String, help: &str| {
        Err(refusal::about(step, refusal::UNSUPPORTED, format!("`{name}` {why}")).help(help))
    };
    let found = match &step.source {
        Source::Step(id, _) => match &plan.model.steps[*id].verb {
            Verb::Capture(parts) => Some((*id, &plan.model.steps[*id], parts)),
            _ => None,
        },
        _ => None,
    };
    let Some((id, capture, parts)) = found else {
        return refuse(
            "does not read a capture".to_owned(),
            "name one: `from CAPTURE`, of `method pg_dump` or `redis_bgsave`",
        );
    };
    if capture.runner.host != Some(host) {
        let why = format!("runs on another host than `{}`", capture.named.name);
        return refuse(
            why,
            "run it on the host of its capture: what leaves that host is changed there",
        );
    }
    if !matches!(
        parts.method,
        CaptureMethod::PgDump | CaptureMethod::RedisBgsave
    ) || (parts.method == CaptureMethod::RedisBgsave && parts.runs.is_some())
    {
        let why = format!(
            "reads `{}`, whose files nobody can change here",
            capture.named.name
        );
        return refuse(
            why,
            "seeds are made of `method pg_dump` and, as it is, of `method redis_bgsave`",
        );
    }
    let [(class, _)] = step.classes.as_slice() else {
        return refuse(
            format!("names {} classes", step.classes.len()),
            "write one seed for each class",
        );
    };
    Ok(Origin {
        id,
        step: capture,
        parts,
        class: &plan.model.classes[*class],
    })
}

impl Origin<'_> {
    /// Where the capture leaves a part: `NAME-latest.dump`, as a capture that is emitted does, and one's own
    /// program must.
    pub fn file(&self, plan: &Plan, part: &str) -> String {
        let ending = match self.parts.method {
            CaptureMethod::RedisBgsave => "rdb",
            _ => "dump",
        };
        let folder = match &self.step.target {
            StepTarget::Location(place, _) => layout::path(plan, place),
            _ => String::new(),
        };
        format!("{folder}/{}-latest.{ending}", filename(part))
    }

    /// The list that the capture leaves.
    pub fn list(&self, plan: &Plan) -> String {
        match &self.step.target {
            StepTarget::Location(place, _) => layout::manifest(plan, place),
            _ => String::new(),
        }
    }
}
