//! `forget` against real restic, in every version there is: random histories in several time zones, random
//! policies, the same decisions for the same reasons.
//!
//! `THRICE_RANDOM_HISTORIES=2000 cargo test -p thrice-retention --test restic -- --nocapture` tries so many on
//! each version, half a second each, instead of the few that fit into every run, and counts them. (Nextest
//! ends tests that take minutes.)
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a fault in a test is a failed test"
)]

mod repository;

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use repository::{DRAWS, plan, repository, snapshots, words};
use serde_json::Value;
use thrice_retention::{
    Count, ForgetError, GroupBy, GroupKey, KeepRules, KeepWithin, ResticVersion, Snapshot, forget,
    group_by,
};
use thrice_test_support::restic::{Restic, versions};
use thrice_test_support::{finish, run};

/// Random policies, each on histories of its own, tried on each version where nothing else is asked for.
const POLICIES: usize = 10;

/// How many are asked for.
fn count() -> usize {
    let asked = std::env::var("THRICE_RANDOM_HISTORIES").ok();
    asked.map_or(POLICIES, |count| count.parse().unwrap())
}

/// The tags that draw the history of the n-th policy: two draws of all snapshots, or one, or none.
fn drawn(policy: usize) -> Vec<String> {
    let pairs = DRAWS + 1;
    let (first, second) = (policy % pairs, policy / pairs % pairs);
    let tags = [first, second].into_iter().filter(|draw| *draw < DRAWS);
    let tags: std::collections::BTreeSet<_> = tags.collect();
    tags.into_iter().map(|draw| format!("draw{draw}")).collect()
}

fn some_rules() -> impl Strategy<Value = KeepRules> {
    let count = || prop::option::weighted(0.3, (1_u32..12).prop_map(Count::N));
    let within = || {
        let span =
            (0_u32..2, 0_u32..14, 0_u32..40, 0_u32..50).prop_map(|(years, months, days, hours)| {
                KeepWithin {
                    years,
                    months,
                    days,
                    hours,
                }
            });
        prop::option::weighted(0.25, span)
    };
    let tags = prop::sample::select(vec![
        vec![],
        vec![],
        vec![vec!["a".to_owned()]],
        vec![vec!["a".to_owned(), "b".to_owned()]],
        vec![vec!["typo".to_owned()], vec!["b".to_owned()]],
    ]);
    let counts = (count(), count(), count(), count(), count(), count());
    let withins = (within(), within(), within(), within(), within(), within());
    (counts, withins, tags)
        .prop_map(|(counts, withins, tags)| KeepRules {
            last: counts.0,
            hourly: counts.1,
            daily: counts.2,
            weekly: counts.3,
            monthly: counts.4,
            yearly: counts.5,
            within: withins.0,
            within_hourly: withins.1,
            within_daily: withins.2,
            within_weekly: withins.3,
            within_monthly: withins.4,
            within_yearly: withins.5,
            tags,
        })
        .prop_filter("some rule", |rules| !rules.is_empty())
}

/// The same policies in every run of the test, others for each version, and a few that matter.
fn policies(seed: u8) -> Vec<KeepRules> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut policies: Vec<_> = (0..count())
        .map(|_| some_rules().new_tree(&mut runner).unwrap().current())
        .collect();
    let count = |count| Some(Count::N(count));
    policies.push(KeepRules {
        daily: count(7),
        weekly: count(4),
        monthly: count(6),
        yearly: count(2),
        ..KeepRules::default()
    });
    policies.push(KeepRules {
        monthly: count(30),
        ..KeepRules::default()
    });
    let span = KeepWithin {
        years: 0,
        months: 10,
        days: 1,
        hours: 0,
    };
    policies.push(KeepRules {
        within_monthly: Some(span),
        ..KeepRules::default()
    });
    policies.push(KeepRules {
        tags: vec![vec!["typo".to_owned()]],
        ..KeepRules::default()
    });
    policies
}

/// Kept ids with reasons, by group.
type Kept = BTreeMap<GroupKey, BTreeMap<String, Vec<String>>>;

fn of_restic(
    restic: &Restic,
    repository: &str,
    (rules, drawn): (&KeepRules, &[String]),
    version: ResticVersion,
) -> Result<Kept, String> {
    let mut command = restic.command(repository);
    command.args([
        "forget",
        "--dry-run",
        "--json",
        "--no-lock",
        "--group-by",
        "host",
    ]);
    if !drawn.is_empty() {
        command.args(["--tag", &drawn.join(",")]);
    }
    // The zone of the machine that forgets must not matter.
    command
        .env("TZ", "Pacific/Auckland")
        .args(rules.arguments(version).unwrap());
    let finished = finish(&mut command);
    if !finished.is_success() {
        return Err(finished.stderr);
    }
    let groups: Vec<Value> = serde_json::from_str(finished.stdout.trim()).unwrap();
    let kept = groups.iter().map(|group| {
        let key = GroupKey {
            host: group["host"].as_str().unwrap().to_owned(),
            ..GroupKey::default()
        };
        let ids = group["keep"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|kept| kept["id"].as_str().unwrap().to_owned());
        let reasons = group["reasons"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|reason| words(&reason["matches"]));
        (key, ids.zip(reasons).collect())
    });
    Ok(kept.collect())
}

/// The answers to all policies, two asked at a time.
fn of_restic_all(
    restic: &Restic,
    repository: &str,
    policies: &[(KeepRules, Vec<String>)],
    version: ResticVersion,
) -> Vec<Result<Kept, String>> {
    std::thread::scope(|scope| {
        let parts: Vec<_> = policies
            .chunks(policies.len().div_ceil(2))
            .map(|part| {
                let ask = move |(rules, drawn): &(KeepRules, Vec<String>)| {
                    of_restic(restic, repository, (rules, drawn), version)
                };
                scope.spawn(move || part.iter().map(ask).collect::<Vec<_>>())
            })
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap())
            .collect()
    })
}

fn of_model(
    all: &[Snapshot],
    rules: &KeepRules,
    version: ResticVersion,
) -> Result<Kept, ForgetError> {
    let by_host = GroupBy {
        host: true,
        paths: false,
        tags: false,
    };
    let now: Timestamp = "2080-01-01T00:00Z".parse().unwrap();
    let mut kept = Kept::new();
    for (key, members) in group_by(all, by_host) {
        let members: Vec<Snapshot> = members
            .into_iter()
            .map(|member| all[member].clone())
            .collect();
        let decisions = forget(rules, version, &members, now)?;
        let of_group = members
            .into_iter()
            .zip(decisions)
            .filter(|(_, decision)| decision.keep)
            .map(|(snapshot, decision)| (snapshot.id, decision.reasons));
        kept.insert(key, of_group.collect());
    }
    Ok(kept)
}

#[test]
fn decides_as_every_real_restic_does() {
    let folder = tempfile::tempdir().unwrap();
    let restics = versions();
    let repository = repository(folder.path(), &restics[0]);
    let all = snapshots(&restics[0], &repository);
    assert_eq!(all.len(), plan().len());
    let offsets: std::collections::BTreeSet<i32> =
        all.iter().map(|snapshot| snapshot.offset_seconds).collect();
    assert!(
        offsets.len() >= 5,
        "the zones of the machine are missing: {offsets:?}"
    );
    let mut refused = 0;
    for (seed, restic) in (1..).zip(restics) {
        let version = ResticVersion::parse(&restic.version.to_string()).unwrap();
        let policies: Vec<_> = policies(seed)
            .into_iter()
            .enumerate()
            .map(|(number, rules)| (rules, drawn(number)))
            .collect();
        let answers = of_restic_all(restic, &repository, &policies, version);
        let (asked, refused_before) = (policies.len(), refused);
        for ((rules, drawn), real) in policies.into_iter().zip(answers) {
            let mut all = all.clone();
            all.retain(|snapshot| snapshot.has_tags(&drawn));
            match (real, of_model(&all, &rules, version)) {
                (Ok(real), Ok(model)) => {
                    assert_eq!(model, real, "restic {version}, {rules}, {drawn:?}");
                }
                (Err(real), Err(model)) => {
                    refused += 1;
                    assert!(
                        real.contains("refusing to delete"),
                        "restic {version}, {rules}: {real}, {model}"
                    );
                }
                (real, model) => {
                    panic!("restic {version}, {rules}: restic {real:?}, model {model:?}")
                }
            }
        }
        eprintln!(
            "restic {version}: {asked} policies on random draws of one history, {} of them refused: all alike",
            refused - refused_before
        );
    }
    assert!(
        refused > 0,
        "no policy was refused: the policies test too little"
    );
}

#[test]
fn refuses_as_every_real_restic_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder
        .path()
        .join("repository")
        .to_string_lossy()
        .into_owned();
    let restics = versions();
    let file = folder.path().join("file");
    std::fs::write(&file, "content").unwrap();
    run(restics[0].command(&path).args(["init", "-q"]));
    run(restics[0].command(&path).args(["backup", "-q"]).arg(&file));
    let all = snapshots(&restics[0], &path);
    for restic in restics {
        let version = ResticVersion::parse(&restic.version.to_string()).unwrap();
        let real = |arguments: &[&str]| {
            let mut command = restic.command(&path);
            command
                .args(["forget", "--dry-run", "--no-lock"])
                .args(arguments);
            finish(&mut command).is_success()
        };
        let model = |rules: KeepRules| forget(&rules, version, &all, Timestamp::MAX).is_ok();
        let daily = |count| KeepRules {
            daily: Some(count),
            ..KeepRules::default()
        };
        assert_eq!(
            real(&["--keep-daily", "-1"]),
            model(daily(Count::MinusOne)),
            "{version}: -1"
        );
        assert_eq!(
            real(&["--keep-daily", "unlimited"]),
            model(daily(Count::Unlimited)),
            "{version}: unlimited"
        );
        assert_eq!(
            real(&["--keep-daily", "0"]),
            model(daily(Count::N(0))),
            "{version}: 0"
        );
        let tags = KeepRules {
            tags: vec![vec!["typo".to_owned()]],
            ..KeepRules::default()
        };
        assert_eq!(
            real(&["--keep-tag", "typo"]),
            model(tags),
            "{version}: a tag that nothing has"
        );
    }
}
