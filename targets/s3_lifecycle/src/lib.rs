//! Lifecycle rules of buckets, as `aws s3api put-bucket-lifecycle-configuration` takes them.
//!
//! What goes in: a plan. What comes out: for each bucket with an expire step in force, one JSON file
//! `buckets/BUCKET/lifecycle.json`, whole: a PUT replaces all rules of a bucket, so no other tool may
//! set rules there. It is applied through the API and read back: servers drop what they do not know
//! without a word (Ceph up to 18 drops size filters and `NewerNoncurrentVersions`), so nothing but
//! the part that all of them keep is emitted: `Filter.Prefix` (or the deprecated `Prefix`, if the policy
//! says so), `Expiration.Days`, `NoncurrentVersionExpiration.NoncurrentDays`,
//! `AbortIncompleteMultipartUpload`.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod read;
mod rule;

use std::collections::BTreeMap;

use thrice_model::{StepId, StoreId, Verb};
use thrice_target::select::{self, Means};
use thrice_target::{Artefact, Diagnostic, Plan, filename, layout};

pub use read::{Facts, Unreadable, facts, read};
pub use rule::{Abort, Action, Configuration, Expiration, Filter, NoncurrentExpiration, Rule};

/// After so many days what is left of an upload that was never finished is removed. It is no object, so
/// no listing shows it and no expiry finds it, but it is paid for.
pub const ABORT_AFTER_DAYS: i64 = 7;

/// The rules of all buckets with an expire step in force.
///
/// # Errors
/// All steps that cannot be rules: over a repository (`T2301`), by another clock than that of the
/// upload or after no whole number of days (`T2333`), not in a bucket (`T2332`).
pub fn emit(plan: &Plan) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    let rules = of_steps(plan)?;
    Ok(rules
        .into_iter()
        .map(|(store, rules)| artefact(plan, store, rules))
        .collect())
}

/// What each bucket with an expire step in force is given: what [`emit`] writes, as values.
///
/// # Errors
/// See [`emit`].
pub fn configurations(plan: &Plan) -> Result<BTreeMap<StoreId, Configuration>, Vec<Diagnostic>> {
    let rules = of_steps(plan)?;
    Ok(rules
        .into_iter()
        .map(|(store, rules)| (store, configuration(plan, rules)))
        .collect())
}

/// Rules with the names of their steps.
type Rules = BTreeMap<StoreId, Vec<(String, Rule)>>;

fn of_steps(plan: &Plan) -> Result<Rules, Vec<Diagnostic>> {
    let mut rules = Rules::new();
    let mut mistakes = Vec::new();
    for (id, step) in select::in_force(plan) {
        let is_rule = matches!(step.verb, Verb::Expire { .. });
        if !is_rule || select::means(plan, step) != Means::Lifecycle {
            continue;
        }
        match rule::of_step(plan, id, step) {
            Ok((store, rule)) => rules
                .entry(store)
                .or_default()
                .push((step.named.name.to_string(), rule)),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(rules)
    } else {
        Err(mistakes)
    }
}

/// What the IDs of all rules of a policy begin with: what does not is not ours.
#[must_use]
pub fn prefix_of_ids(plan: &Plan) -> String {
    format!("thrice/{}/", layout::policy(plan))
}

/// The ID of the rule that an expire step becomes.
#[must_use]
pub fn id_of(plan: &Plan, step: StepId) -> String {
    format!("{}expire/{}", prefix_of_ids(plan), layout::step(plan, step))
}

/// The ID of the rule that removes what is left of uploads.
#[must_use]
pub fn id_of_uploads(plan: &Plan) -> String {
    format!("{}unfinished-uploads", prefix_of_ids(plan))
}

/// Where the rules of a bucket stand in the output.
#[must_use]
pub fn path(plan: &Plan, store: StoreId) -> String {
    let store = &plan.model.stores[store];
    let storage = &plan.model.hosts[store.host].named.name;
    // Buckets of two storages may have the same name.
    let same = |other: &&thrice_model::Store| other.bucket == store.bucket;
    let alone = plan
        .model
        .stores
        .iter()
        .map(|(_, other)| other)
        .filter(same)
        .count()
        == 1;
    let folder = if alone {
        filename(&store.bucket)
    } else {
        filename(&format!("{storage}.{}", store.bucket))
    };
    format!("buckets/{folder}/lifecycle.json")
}

fn artefact(plan: &Plan, store: StoreId, rules: Vec<(String, Rule)>) -> Artefact {
    let step = match rules.as_slice() {
        [(only, _)] => Some(only.clone()),
        _ => None,
    };
    // Names and numbers always become JSON.
    let mut text = serde_json::to_string_pretty(&configuration(plan, rules)).unwrap_or_default();
    text.push('\n');
    let host = plan.host_of(store);
    Artefact {
        path: path(plan, store),
        bytes: text.into_bytes(),
        mode: 0o644,
        kind: "lifecycle",
        step,
        host: Some(plan.model.hosts[host].named.name.to_string()),
        install_to: None,
        secrets: Vec::new(),
    }
}

fn configuration(plan: &Plan, rules: Vec<(String, Rule)>) -> Configuration {
    let mut rules: Vec<Rule> = rules.into_iter().map(|(_, rule)| rule).collect();
    rules.push(Rule {
        id: id_of_uploads(plan),
        status: "Enabled".to_owned(),
        filter: Some(Filter {
            prefix: String::new(),
        }),
        prefix: None,
        action: Action::Abort(Abort {
            days: ABORT_AFTER_DAYS,
        }),
    });
    // Servers give them back in this order.
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Configuration { rules }
}
