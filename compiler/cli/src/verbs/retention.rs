//! `thrice retention`: what keep rules keep of a list of snapshots, and why.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use thrice_retention::{
    Decision, GroupBy, GroupKey, KeepRules, Snapshot, forget, group_by, stored_time,
};

use crate::args::Retention;
use crate::{input, terminal, verbs};

/// Reads the list and shows the answer as JSON.
pub fn run(retention: &Retention) -> u8 {
    match read(retention.path.as_deref()).and_then(|text| answer(retention, &text)) {
        Ok(shown) => verbs::finish(&shown, 0),
        Err(why) => {
            terminal::complain(&format!("error: {why}\n"));
            verbs::MISUSE
        }
    }
}

/// The text of the list, from a file or standard input.
fn read(path: Option<&Path>) -> Result<String, String> {
    let (name, read) = match path {
        Some(path) => (format!("`{}`", input::shown(path)), input::read_any(path)),
        None => (
            "standard input".to_owned(),
            input::read_from(io::stdin().lock(), 0),
        ),
    };
    read.map_err(|trouble| format!("cannot read {name}: {}", trouble.words()))
}

fn rules(retention: &Retention) -> KeepRules {
    let words = |tags: &String| {
        let words = tags.split(',').map(str::trim);
        words
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect()
    };
    KeepRules {
        last: retention.keep_last,
        hourly: retention.keep_hourly,
        daily: retention.keep_daily,
        weekly: retention.keep_weekly,
        monthly: retention.keep_monthly,
        yearly: retention.keep_yearly,
        within: retention.keep_within,
        within_hourly: retention.keep_within_hourly,
        within_daily: retention.keep_within_daily,
        within_weekly: retention.keep_within_weekly,
        within_monthly: retention.keep_within_monthly,
        within_yearly: retention.keep_within_yearly,
        tags: retention.keep_tag.iter().map(words).collect(),
    }
}

fn answer(retention: &Retention, text: &str) -> Result<String, String> {
    let listed: Value =
        serde_json::from_str(text).map_err(|error| format!("the list is no JSON: {error}"))?;
    let Value::Array(listed) = listed else {
        return Err(
            "a list of snapshots is expected, as `restic snapshots --json` prints it".to_owned(),
        );
    };
    let snapshots = (1..)
        .zip(&listed)
        .map(|(number, value)| {
            snapshot(value).map_err(|why| format!("snapshot {number} of the list: {why}"))
        })
        .collect::<Result<Vec<Snapshot>, String>>()?;
    let rules = rules(retention);
    let now = retention.now.unwrap_or_else(Timestamp::now);
    let now = now.to_zoned(retention.zone.clone());
    let mut groups = Vec::new();
    for (key, members) in group_by(&snapshots, retention.group_by) {
        let of: Vec<Snapshot> = members
            .iter()
            .filter_map(|member| snapshots.get(*member).cloned())
            .collect();
        let decisions =
            forget(&rules, retention.restic, &of, &now).map_err(|refusal| refusal.to_string())?;
        let values = members.iter().filter_map(|member| listed.get(*member));
        let mut rows: Vec<(&Snapshot, &Value, Decision)> = of
            .iter()
            .zip(values)
            .zip(decisions)
            .map(|((snapshot, value), decision)| (snapshot, value, decision))
            .collect();
        rows.sort_by_key(|(snapshot, ..)| std::cmp::Reverse(snapshot.time));
        groups.push(group(&key, retention.group_by, &rows));
    }
    serde_json::to_string_pretty(&groups)
        .map(|text| text + "\n")
        .map_err(|error| error.to_string())
}

/// One snapshot, as restic prints it.
fn snapshot(value: &Value) -> Result<Snapshot, String> {
    let text = |name: &str| match value.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{name}` is no text")),
        None => Err(format!("`{name}` is missing")),
    };
    let words = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(words)) => words
            .iter()
            .map(|word| word.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| format!("`{name}` is no list of texts")),
        Some(_) => Err(format!("`{name}` is no list of texts")),
    };
    if !value.is_object() {
        return Err("it is no object".to_owned());
    }
    let wrong = || "`time` is no time in RFC 3339, such as 2026-02-15T03:00:00Z".to_owned();
    let (time, offset_seconds) = stored_time(&text("time")?).ok_or_else(wrong)?;
    Ok(Snapshot {
        id: text("id")?,
        offset_seconds,
        time,
        tags: words("tags")?,
        host: text("hostname")?,
        paths: words("paths")?,
    })
}

/// A group in restic's form: what it is not grouped by is empty.
fn group(key: &GroupKey, by: GroupBy, rows: &[(&Snapshot, &Value, Decision)]) -> Value {
    let list = |wanted: bool, words: &[String]| match wanted {
        true if !words.is_empty() => json!(words),
        _ => Value::Null,
    };
    let of = |keep: bool| {
        let of: Vec<&Value> = rows
            .iter()
            .filter(|(.., decision)| decision.keep == keep)
            .map(|(_, value, _)| *value)
            .collect();
        if of.is_empty() {
            Value::Null
        } else {
            json!(of)
        }
    };
    let reasons: Vec<Value> = rows
        .iter()
        .filter(|(.., decision)| decision.keep)
        .map(|(_, value, decision)| {
            json!({
                "snapshot": value,
                "matches": decision.reasons,
                "counters": counters(decision),
            })
        })
        .collect();
    json!({
        "tags": list(by.tags, &key.tags),
        "host": key.host,
        "paths": list(by.paths, &key.paths),
        "keep": of(true),
        "remove": of(false),
        "reasons": if reasons.is_empty() { Value::Null } else { json!(reasons) },
    })
}

/// What is left of each count, without those that are used up; -1 is a rule without an end.
fn counters(decision: &Decision) -> Map<String, Value> {
    let left: BTreeMap<_, _> = decision.left.iter().copied().collect();
    left.into_iter()
        .filter(|(_, left)| *left != Some(0))
        .map(|(bucket, left)| {
            let left = left.map_or(json!(-1), |left| json!(left));
            (bucket.name().to_owned(), left)
        })
        .collect()
}
