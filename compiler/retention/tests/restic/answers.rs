//! What restic answers, and what the model does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Zoned;
use serde_json::Value;
use thrice_retention::{Bucket, ForgetError, GroupKey, ResticVersion, Snapshot, forget, group_by};
use thrice_test_support::finish;
use thrice_test_support::restic::Restic;

use crate::repository::shown;
use crate::rules::Call;

/// Why a snapshot is kept, and what is left of each count behind it: none that is used up, -1 without an end.
/// Of these restic 0.18 says nothing any more.
pub type Why = (Vec<String>, BTreeMap<String, i64>);

/// What is kept of a group, by name.
pub type Kept = BTreeMap<String, Why>;

/// What is kept of all groups.
pub type Groups = BTreeMap<GroupKey, Kept>;

/// Asks restic on a machine in a zone; what it says if it refuses. Really forgets unless the run is `dry`.
pub fn of_restic(
    restic: &Restic,
    folder: &Path,
    (call, zone): (&Call, &str),
    dry: bool,
) -> Result<Groups, String> {
    let version = ResticVersion::parse(&restic.version.to_string()).unwrap();
    let mut command = restic.command(&shown(folder));
    command.args(["forget", "--json"]).env("TZ", zone);
    if dry {
        command.args(["--dry-run", "--no-lock"]);
    }
    let finished = finish(command.args(call.arguments(version)));
    if !finished.is_success() {
        return Err(finished.stderr);
    }
    let stdout = finished.stdout.trim();
    let groups: Value = match stdout {
        "" => Value::Null,
        json => serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}")),
    };
    Ok(list(&groups).iter().map(group).collect())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> Vec<String> {
    let words = list(value).iter();
    words
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

fn group(group: &Value) -> (GroupKey, Kept) {
    let key = GroupKey {
        host: group["host"].as_str().unwrap_or_default().to_owned(),
        paths: words(&group["paths"]),
        tags: words(&group["tags"]),
    };
    let (kept, reasons) = (list(&group["keep"]), list(&group["reasons"]));
    assert_eq!(kept.len(), reasons.len(), "each has its reason");
    let kept = kept.iter().zip(reasons).map(|(kept, reason)| {
        let counters = reason["counters"].as_object().into_iter().flatten();
        let counters = counters.map(|(name, left)| (name.clone(), left.as_i64().unwrap()));
        let why = (words(&reason["matches"]), counters.collect());
        (kept["id"].as_str().unwrap().to_owned(), why)
    });
    (key, kept.collect())
}

/// The answers that the model has for each group: several where snapshots of one moment differ, which restic
/// takes in the order in which it happens to read them.
pub type Possible = BTreeMap<GroupKey, BTreeSet<Kept>>;

/// What the model says; `now` on the clock of the machine that forgets.
pub fn of_model(
    all: &[Snapshot],
    call: &Call,
    version: ResticVersion,
    now: &Zoned,
) -> Result<Possible, ForgetError> {
    let selected: Vec<Snapshot> = all
        .iter()
        .filter(|snapshot| call.selects(snapshot))
        .cloned()
        .collect();
    let mut out = Possible::new();
    for (key, members) in group_by(&selected, call.group_by) {
        let members: Vec<Snapshot> = members.iter().map(|at| selected[*at].clone()).collect();
        let mut answers = BTreeSet::new();
        for order in orders(members) {
            let decisions = forget(&call.rules, version, &order, now)?;
            let kept = order
                .into_iter()
                .zip(decisions)
                .filter(|(_, decision)| decision.keep);
            let named = kept.map(|(snapshot, decision)| {
                let counters = counters(&decision.left, version);
                (snapshot.id, (decision.reasons, counters))
            });
            answers.insert(named.collect());
        }
        out.insert(key, answers);
    }
    Ok(out)
}

fn counters(left: &[(Bucket, Option<u32>)], version: ResticVersion) -> BTreeMap<String, i64> {
    if version >= ResticVersion::new(0, 18, 0) {
        return BTreeMap::new();
    }
    let left = left.iter().filter(|(_, left)| *left != Some(0));
    left.map(|(bucket, left)| (bucket.name().to_owned(), left.map_or(-1, i64::from)))
        .collect()
}

/// All orders of a group in which those of one moment may stand.
fn orders(mut members: Vec<Snapshot>) -> Vec<Vec<Snapshot>> {
    members.sort_by_key(|snapshot| snapshot.time);
    let mut orders: Vec<Vec<Snapshot>> = vec![Vec::new()];
    for twins in members.chunk_by(|a, b| a.time == b.time) {
        let turned = turned(twins);
        orders = orders
            .iter()
            .flat_map(|order| {
                turned
                    .iter()
                    .map(|twins| [order.as_slice(), twins].concat())
            })
            .collect();
    }
    assert!(orders.len() <= 1000, "too many twins");
    orders
}

/// All orders of a few.
fn turned(few: &[Snapshot]) -> Vec<Vec<Snapshot>> {
    if few.len() < 2 {
        return vec![few.to_vec()];
    }
    let mut out = Vec::new();
    for first in 0..few.len() {
        let mut rest = few.to_vec();
        let first = rest.remove(first);
        out.extend(
            turned(&rest)
                .into_iter()
                .map(|rest| [vec![first.clone()], rest].concat()),
        );
    }
    out
}
