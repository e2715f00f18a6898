//! What Zerobyte does not do, or does otherwise than the policy says.

use thrice_model::{Step, StepId, Verb};
use thrice_plan::zerobyte::{Unlike, copies_versions, limits, unlike};
use thrice_retention::{Bucket, Count, KeepRules};
use thrice_target::{Diagnostic, Plan, refusal};

/// What keeps a step from being a job, or a mirror of one.
pub fn check(plan: &Plan, id: StepId, step: &Step) -> Vec<Diagnostic> {
    let limits = limits(&plan.model, step).into_iter();
    let limits = limits.map(|limit| {
        refusal::about(step, refusal::UNSUPPORTED, limit.what)
            .at(limit.at, limit.label)
            .help(limit.help)
    });
    limits.chain(no_mirror(plan, id, step)).collect()
}

/// What keeps a step from being a mirror.
fn no_mirror(plan: &Plan, id: StepId, step: &Step) -> Option<Diagnostic> {
    let model = &plan.model;
    let mirror = step.mirror()?;
    let keeps_otherwise = mirror.stated.as_ref().is_some_and(|(stated, _)| {
        !matches!(&step.verb, Verb::Backup { keep: Some((rules, _)), .. } if rules == stated)
    });
    let why = if copies_versions(model, step) {
        "its versions are not made by the same Zerobyte"
    } else if keeps_otherwise {
        "Zerobyte forgets in both repositories by the rules of the backup"
    } else {
        match unlike(model, id)? {
            Unlike::Same => "it is the repository of the backup itself",
            Unlike::Again(_) => "there is a mirror in that repository already",
            Unlike::Credentials(..) => {
                "both repositories are opened through S3, with two credentials"
            }
        }
    };
    let message = format!(
        "`{}` cannot be a mirror of Zerobyte: {why}",
        step.named.name
    );
    let help = "write a second backup to the other repository";
    Some(refusal::about(step, refusal::UNSUPPORTED, message).help(help))
}

/// The counts as Zerobyte names them.
pub fn counts(rules: &KeepRules) -> Vec<(&'static str, u32)> {
    let named = |bucket: Bucket| match bucket {
        Bucket::Last => "keepLast",
        Bucket::Hourly => "keepHourly",
        Bucket::Daily => "keepDaily",
        Bucket::Weekly => "keepWeekly",
        Bucket::Monthly => "keepMonthly",
        Bucket::Yearly => "keepYearly",
    };
    let counts = rules.counts().into_iter();
    counts
        .filter_map(|(bucket, count)| match count {
            Some(Count::N(n)) if n > 0 => Some((named(bucket), n)),
            _ => None,
        })
        .collect()
}
