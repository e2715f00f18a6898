//! Judges what was measured, one kind of measurement after the other.

use jiff::Timestamp;
use thrice_model::{HostId, Verb};
use thrice_plan::Plan;
use thrice_report::audit::{Audit, Finding};

use crate::finding::Judge;
use crate::measured::Measured;
use crate::{copies, history, manifests, question, runs, stores, unmentioned};

/// Judges what was measured on a host at a moment.
#[must_use]
pub fn judge(plan: &Plan, host: HostId, measured: &Measured, now: Timestamp) -> Audit {
    let mut judge = Judge {
        plan,
        host,
        measured,
        now: now.as_second(),
        findings: Vec::new(),
        consequences: Vec::new(),
        figures: Vec::new(),
    };
    copies::judge(&mut judge);
    for (id, step) in question::scripts(plan, host) {
        runs::judge(&mut judge, id, step);
        manifests::judge(&mut judge, id, step);
        if matches!(step.verb, Verb::Backup { .. }) {
            history::judge(&mut judge, id, step);
        }
    }
    history::unlisted(&mut judge);
    stores::judge(&mut judge);
    unmentioned::judge(&mut judge);
    let (mut causes, consequences) = (judge.findings, judge.consequences);
    let of_classes = consequences.into_iter();
    let mut findings: Vec<Finding> = of_classes
        .filter_map(|consequence| consequence.settle(&mut causes))
        .collect();
    findings.append(&mut causes);
    // The heaviest first; within a severity as they came up: classes, then steps, then stores.
    findings.sort_by_key(|finding| finding.diagnostic.severity);
    Audit {
        policy: plan.model.policy.named.name.to_string(),
        hash: plan.model.hash.clone(),
        host: plan.model.hosts[host].named.name.to_string(),
        at: now.as_second(),
        strict: false,
        findings,
        figures: judge.figures,
    }
}
