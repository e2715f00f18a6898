//! Whole runs over policies that mean something. What is proved is the business of other tests:
//! here it matters that the stages are joined.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod common;

use common::{Desk, stdout};
use serde_json::Value;

const SAFE: &str = include_str!("../../../policies/starter/starter.thrice");

/// The report as JSON, and the exit code.
fn check(desk: &Desk, args: &[&str]) -> (Value, Option<i32>) {
    let args = [
        &["check", "--format", "json", "--as-of", "2026-03-01"],
        args,
    ]
    .concat();
    let output = desk.run(&args);
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (report, output.status.code())
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_safe_policy_is_safe_and_says_what_that_rests_on() {
    let desk = Desk::new(&[("site/a.thrice", SAFE)]);
    let (report, code) = check(&desk, &["site"]);
    assert_eq!(
        (&report["outcome"], code),
        (&"safe".into(), Some(0)),
        "{report:#}"
    );
    assert_eq!(report["policy"]["name"], "site", "the folder's name");
    assert_eq!(report["sha256"].as_str().unwrap().len(), 64);
    assert!(!report["verdicts"].as_array().unwrap().is_empty());
    assert!(!report["assumptions"].as_array().unwrap().is_empty());
    let human = desk.run(&["check", "site", "--as-of", "2026-03-01"]);
    assert!(stdout(&human).lines().last().unwrap().starts_with("safe: "));
}

/// Without its key in the envelope, a fire at the host takes the key with it.
#[test]
fn a_policy_that_is_not_safe_is_rejected_with_a_reason() {
    let unsafe_policy = SAFE.replace("{ held on web, envelope;", "{ held on web;");
    assert_ne!(unsafe_policy, SAFE);
    let desk = Desk::new(&[("site/a.thrice", &unsafe_policy)]);
    let (report, code) = check(&desk, &["site"]);
    assert_eq!(
        (&report["outcome"], code),
        (&"rejected".into(), Some(1)),
        "{report:#}"
    );
    let build = desk.run(&["build", "site", "--out", "out", "--as-of", "2026-03-01"]);
    assert_eq!(build.status.code(), Some(1));
    assert!(stdout(&build).ends_with("nothing was written: only a safe policy is built\n"));
    assert!(!desk.path("out").exists());
}

#[test]
fn one_unknown_name_rejects_a_policy() {
    let desk = Desk::new(&[("site/a.thrice", &SAFE.replace("by web.cron", "by wbe.cron"))]);
    let (report, code) = check(&desk, &["site"]);
    assert_eq!(
        (codes(&report), code),
        (vec!["T0201"], Some(1)),
        "{report:#}"
    );
    assert!(
        report["findings"][0]["help"]
            .as_str()
            .unwrap()
            .contains("`web`")
    );
}

#[test]
fn warnings_count_when_asked_to() {
    let policy = format!("{SAFE}\nkey spare {{ held on web, envelope }}\n");
    let desk = Desk::new(&[("site/a.thrice", &policy)]);
    let (report, code) = check(&desk, &["site"]);
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(report["findings"][0]["severity"], "warning", "{report:#}");
    assert_eq!(check(&desk, &["site", "--strict"]).1, Some(1));
}

#[test]
fn files_of_ones_own_are_used_from_where_they_are_named() {
    let (uses, rest) = SAFE.split_at(SAFE.find("host web").unwrap());
    let policy = format!("{uses}use \"../shared/rest.thrice\"\n");
    let desk = Desk::new(&[("site/a.thrice", &policy), ("shared/rest.thrice", rest)]);
    let (report, code) = check(&desk, &["site"]);
    assert_eq!(code, Some(0), "{report:#}");
    let output = desk
        .thrice(&["check", ".", "--format", "json"])
        .current_dir(desk.path("site"))
        .output();
    assert_eq!(
        output.unwrap().status.code(),
        Some(0),
        "from inside the folder too"
    );
    desk.put(
        "shared/rest.thrice",
        &[rest.as_bytes(), b"key x { held on nowhere }\n"].concat(),
    );
    let (report, _) = check(&desk, &["site"]);
    assert_eq!(
        report["findings"][0]["places"][0]["file"],
        "shared/rest.thrice"
    );
}

#[test]
fn a_used_file_that_is_not_there_is_reported_at_the_use() {
    let desk = Desk::new(&[("site/a.thrice", &format!("use \"more.thrice\"\n{SAFE}"))]);
    let (report, code) = check(&desk, &["site"]);
    assert_eq!(
        (codes(&report), code),
        (vec!["T0406"], Some(1)),
        "{report:#}"
    );
    let message = report["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("`site/more.thrice`: there is no such file"),
        "{message}"
    );
    assert_eq!(report["findings"][0]["places"][0]["line"], 1);
}

#[test]
fn an_unreadable_file_does_not_make_the_others_look_wrong() {
    let desk = Desk::new(&[("site/a.thrice", "class x is files on web.disk:/srv/x\n")]);
    desk.put("site/b.thrice", &[SAFE.as_bytes(), b"// \xff\n"].concat());
    let (report, code) = check(&desk, &["site"]);
    assert_eq!(
        (codes(&report), code),
        (vec!["T0002"], Some(2)),
        "{report:#}"
    );
}

#[test]
fn moving_and_splitting_a_policy_changes_no_verdict() {
    let (uses, rest) = SAFE.split_at(SAFE.find("host web").unwrap());
    let one = Desk::new(&[("site/a.thrice", SAFE)]);
    let other = Desk::new(&[
        ("deep/er/site/a.thrice", uses),
        ("deep/er/site/b.thrice", rest),
    ]);
    let (here, there) = (check(&one, &["site"]).0, check(&other, &["deep/er/site"]).0);
    assert_eq!(here["verdicts"], there["verdicts"]);
    assert_eq!(here["summary"], there["summary"]);
}
