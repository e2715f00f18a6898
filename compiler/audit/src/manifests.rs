//! What captures have left, next to the lists of what they left.

use thrice_diagnostics::Severity;
use thrice_model::{Step, StepId, StepTarget};
use thrice_quantity::Bytes;
use thrice_report::audit::{Measure, Unit};
use thrice_report::number;
use thrice_target::layout;

use crate::finding::{Judge, LEFT, count, is, moment, of_step, some, whole};
use crate::measured::{Listed, Now};
use crate::runs::LOST;
use crate::voids::Reach;

const FILES: Measure = Measure::new(
    "step_left_files",
    Unit::One,
    "step",
    "How many files the capture has listed.",
);
const BYTES: Measure = Measure::new(
    "step_left",
    Unit::Bytes,
    "step",
    "What the files that the capture has listed take.",
);

/// How a listed file is not as it was left.
fn wrong(listed: &Listed) -> Option<String> {
    let path = &listed.path;
    match &listed.now {
        Now::Same | Now::Unreadable(_) => None,
        Now::Gone => Some(format!("`{path}` is not there")),
        Now::OtherSize(bytes) => Some(format!(
            "`{path}` has {}, and was left with {}",
            Bytes(*bytes),
            Bytes(listed.bytes)
        )),
        Now::OtherContent => Some(format!(
            "`{path}` has another checksum than it was left with"
        )),
    }
}

/// Whether something that a capture left is surely not as it was left.
pub fn is_broken(judge: &Judge<'_>, id: StepId) -> bool {
    let manifest = judge.measured.manifests.get(&layout::step(judge.plan, id));
    match manifest {
        Some(Ok(Some(listed))) => listed.iter().any(|file| wrong(file).is_some()),
        _ => false,
    }
}

/// The list of what a capture left.
pub fn judge(judge: &mut Judge<'_>, id: StepId, step: &Step) {
    let plan = judge.plan;
    let name = &step.named.name;
    let measured = judge.measured;
    let Some(manifest) = measured.manifests.get(&layout::step(plan, id)) else {
        return;
    };
    let voids = || Reach::of_step(plan, id).voids(plan, &LOST);
    let span = match &step.target {
        StepTarget::Location(_, span) => *span,
        _ => step.named.span,
    };
    let listed = match manifest {
        Ok(Some(listed)) => listed,
        Err(why) => return judge.unmeasured(name, span, why, voids()),
        Ok(None) => {
            // A run that failed has taken it away, and is told of.
            if let Some(record) = judge.record(id).filter(|record| record.ok) {
                let message =
                    format!("what `{name}` left cannot be compared: its list is not there");
                let mut diagnostic = of_step(LEFT, step, message)
                    .at(span, "left here")
                    .event(moment(record.end), "its last run succeeded, and left a list")
                    .help("if a run is going on now, audit again when it is done; else run it by hand");
                diagnostic.severity = Severity::Unknown;
                judge.find(diagnostic, voids());
            }
            return;
        }
    };
    judge.figure(FILES, name, count(listed.len()), None);
    let bytes = listed
        .iter()
        .map(|file| file.bytes)
        .fold(0, u64::saturating_add);
    judge.figure(BYTES, name, whole(bytes), None);
    let unreadable: Vec<String> = listed
        .iter()
        .filter_map(|file| match &file.now {
            Now::Unreadable(why) => Some(format!("`{}`: {why}", file.path)),
            _ => None,
        })
        .collect();
    if !unreadable.is_empty() {
        judge.unmeasured(name, span, &some(&unreadable), voids());
    }
    let wrong: Vec<String> = listed.iter().filter_map(wrong).collect();
    if wrong.is_empty() && !listed.is_empty() {
        return;
    }
    let message = if listed.is_empty() {
        format!("the list of what `{name}` left is empty")
    } else {
        format!(
            "{} of {} that `{name}` left {} not as it left {}",
            wrong.len(),
            number(listed.len(), "file"),
            is(wrong.len()),
            if listed.len() == 1 { "it" } else { "them" }
        )
    };
    let mut diagnostic = of_step(LEFT, step, message).at(span, "left here");
    if let Some(record) = judge.record(id) {
        diagnostic = diagnostic.event(moment(record.end), "its last run ended");
    }
    if !wrong.is_empty() {
        diagnostic = diagnostic.event(moment(judge.now), some(&wrong));
    }
    let diagnostic = diagnostic
        .help("run it again, and find out what else writes there: no backup takes it like this");
    judge.find(diagnostic, voids());
}
