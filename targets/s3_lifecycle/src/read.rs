//! The reader: rules, from a file of ours or as a server gives them back, to plain facts.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;
use thrice_target::facts::{Fact, Unreadable as Wrong};

/// What a rule does, whatever form it has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Facts {
    /// Its ID.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which objects; empty for all. The deprecated place of the prefix means the same.
    pub prefix: String,
    /// Days until objects expire.
    pub expiration_days: Option<i64>,
    /// Days until noncurrent versions expire.
    pub noncurrent_days: Option<i64>,
    /// Days until an unfinished upload is removed.
    pub abort_days: Option<i64>,
    /// What else is in it, as `KEY` or `KEY.KEY`: a rule of ours has nothing else.
    pub other: BTreeSet<String>,
}

/// Not the rules of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these are no lifecycle rules: {}", self.what)
    }
}

impl std::error::Error for Unreadable {}

/// Reads a lifecycle configuration; the rules come sorted by ID, as servers give them back.
///
/// # Errors
/// [`Unreadable`] if it is not JSON with a list `Rules` of objects.
pub fn read(text: &str) -> Result<Vec<Facts>, Unreadable> {
    let unreadable = |what: &str| Unreadable {
        what: what.to_owned(),
    };
    let value: Value =
        serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?;
    let rules = value
        .get("Rules")
        .and_then(Value::as_array)
        .ok_or_else(|| unreadable("no `Rules`"))?;
    let mut facts: Vec<Facts> = rules.iter().map(rule).collect();
    facts.sort();
    Ok(facts)
}

fn rule(rule: &Value) -> Facts {
    let text = |pointer: &str| {
        rule.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let days = |pointer: &str| rule.pointer(pointer).and_then(Value::as_i64);
    let prefix = text("/Filter/Prefix")
        .or_else(|| text("/Filter/And/Prefix"))
        .or_else(|| text("/Prefix"));
    Facts {
        id: text("/ID").unwrap_or_default(),
        enabled: text("/Status").as_deref() == Some("Enabled"),
        prefix: prefix.unwrap_or_default(),
        expiration_days: days("/Expiration/Days"),
        noncurrent_days: days("/NoncurrentVersionExpiration/NoncurrentDays"),
        abort_days: days("/AbortIncompleteMultipartUpload/DaysAfterInitiation"),
        other: other(rule),
    }
}

/// What a rule holds besides what [`Facts`] have a place for.
fn other(rule: &Value) -> BTreeSet<String> {
    let known = [
        "ID",
        "Status",
        "Prefix",
        "Filter.Prefix",
        "Expiration.Days",
        "NoncurrentVersionExpiration.NoncurrentDays",
        "AbortIncompleteMultipartUpload.DaysAfterInitiation",
    ];
    let mut out = BTreeSet::new();
    for (key, value) in rule.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(inner) => out.extend(inner.keys().map(|below| format!("{key}.{below}"))),
            None => drop(out.insert(key.clone())),
        }
    }
    out.retain(|key| !known.contains(&key.as_str()));
    out
}

/// What the rules of a bucket say, each as the facts of its step: the last part of its ID. The two forms of
/// a prefix say the same, and so do rules in another order.
///
/// # Errors
/// See [`read`].
pub fn facts(text: &str) -> Result<Vec<Fact>, Wrong> {
    let rules = read(text).map_err(|error| Wrong {
        why: error.to_string(),
        at: 0..0,
    })?;
    Ok(rules
        .iter()
        .flat_map(|rule| rule_facts(text, rule))
        .collect())
}

fn rule_facts(text: &str, rule: &Facts) -> Vec<Fact> {
    let id = Value::from(rule.id.as_str()).to_string();
    let at = text.find(&id).map_or(0..0, |start| start..start + id.len());
    let step = rule.id.rsplit('/').next();
    let days = |days: Option<i64>| days.map_or_else(|| "none".to_owned(), |d| d.to_string());
    let said = [
        ("ID", rule.id.clone()),
        ("in force", rule.enabled.to_string()),
        ("prefix", rule.prefix.clone()),
        ("days until objects expire", days(rule.expiration_days)),
        (
            "days until noncurrent versions expire",
            days(rule.noncurrent_days),
        ),
        ("days until unfinished uploads go", days(rule.abort_days)),
        ("what else is in it", format!("{:?}", rule.other)),
    ];
    said.map(|(about, value)| Fact::new(step, about, value, at.clone()))
        .into_iter()
        .collect()
}
