//! What Zerobyte does not do, or does otherwise than the policy says.

use thrice_model::Step;
use thrice_plan::zerobyte::limits;
use thrice_retention::{Bucket, Count, KeepRules};
use thrice_target::{Diagnostic, Plan, refusal};

/// What keeps a backup from being a job.
pub fn check(plan: &Plan, step: &Step) -> Vec<Diagnostic> {
    let limits = limits(&plan.model, step).into_iter();
    limits
        .map(|limit| {
            refusal::about(step, refusal::UNSUPPORTED, limit.what)
                .at(limit.at, limit.label)
                .help(limit.help)
        })
        .collect()
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
