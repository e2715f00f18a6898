//! `thrice audit` with real restic, and with records as the scripts leave them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use common::{Desk, stdout};
use serde_json::Value;
use shop::{DAY, NIGHT, nightly, record, snapshot, stage};
use thrice_test_support::restic::{PASSWORD, Restic, versions};
use thrice_test_support::run;

/// `thrice audit`, with that restic.
fn command(desk: &Desk, restic: &Restic, now: &str, more: &[&str]) -> Command {
    let mut command = desk.thrice(&["audit", "shop.thrice", "--now", now]);
    let path = format!("{}:/usr/bin:/bin", restic.folder().display());
    command
        .args(more)
        .env("PATH", path)
        .env("THRICE_STATE", "state");
    command
}

/// Exit code and what is said.
fn audit(desk: &Desk, restic: &Restic, now: &str, more: &[&str]) -> (i32, String) {
    let output = command(desk, restic, now, more).output().unwrap();
    let said = format!(
        "{}{}",
        stdout(&output),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!said.contains(PASSWORD), "{said}");
    (output.status.code().unwrap(), said)
}

/// The same for programs.
fn document(desk: &Desk, restic: &Restic, now: &str) -> (i32, Value) {
    let (code, said) = audit(desk, restic, now, &["--format", "json"]);
    (code, serde_json::from_str(&said).unwrap())
}

/// Codes and subjects of all findings.
fn codes(document: &Value) -> Vec<(&str, &str)> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|f| {
            let subject = f["subject"].as_str().unwrap_or_default();
            (f["code"].as_str().unwrap(), subject)
        })
        .collect()
}

#[test]
fn the_age_of_the_newest_copy_decides() {
    for restic in versions() {
        let desk = stage(restic);
        let (code, said) = audit(&desk, restic, "2026-02-16T02:00:00Z", &[]);
        assert_eq!(code, 0, "{said}");
        let wanted =
            "`web` is as promised: 12 figures, 0 not as promised, 0 not measured, 0 unmentioned";
        assert!(said.contains(wanted), "{said}");
        let (code, found) = document(&desk, restic, "2026-02-17T03:00:00Z");
        assert_eq!((code, &found["outcome"]), (1, &"not as promised".into()));
        assert_eq!(codes(&found), [("T3201", "nightly")]);
        let told = found.to_string();
        let age = "the newest usable copy of `site` is 2 d old, and its recovery point is 26 h";
        assert!(told.contains(age), "{told}");
    }
}

#[test]
fn people_are_shown_what_is_where_it_was_promised() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    let (code, said) = audit(&desk, restic, "2026-02-17T03:00:00Z", &[]);
    assert_eq!(code, 1);
    // Without what names the folder of the test.
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("/srv/"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_run_that_breaks_an_assumption_voids_verdicts_that_there_are() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    let policy = desk.text("shop.thrice");
    let more = "require headroom 10 % on web.tank\n";
    let sized = policy.replace("medium hdd }", "medium hdd; capacity 100 TB }");
    desk.put("shop.thrice", format!("{sized}{more}").as_bytes());
    desk.put("srv/site/more", &noise(3_000_000));
    nightly(restic, &desk, "2026-02-16");
    record(
        &desk,
        "nightly",
        NIGHT + DAY,
        NIGHT + DAY + 3600,
        true,
        2_100_000_000,
    );
    let (code, found) = document(&desk, restic, "2026-02-16T05:00:00Z");
    assert_eq!(code, 1, "{found:#}");
    let assumed: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["code"] == "T3203" && f["subject"] == "nightly")
        .map(|f| f["message"].as_str().unwrap())
        .collect();
    assert_eq!(assumed.len(), 3, "{found:#}");
    assert!(assumed[0].ends_with("took 1 h, and proofs rest on at most 10 min"));
    assert!(assumed[1].ends_with("read 2.1 GB, and proofs rest on at most 2 GB by now"));
    assert!(assumed[2].contains("adds 3.0"), "{}", assumed[2]);
    assert!(
        assumed[2].ends_with("and proofs rest on at most 1 MB in 24 h"),
        "{}",
        assumed[2]
    );
    let checked = desk.run(&[
        "check",
        "shop.thrice",
        "--as-of",
        "2026-02-16",
        "--format",
        "json",
    ]);
    let checked: Value = serde_json::from_str(stdout(&checked)).unwrap();
    let verdicts: BTreeSet<(&str, &str)> = checked["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (
                v["obligation"].as_str().unwrap(),
                v["subject"].as_str().unwrap(),
            )
        })
        .collect();
    let mut voided = BTreeSet::new();
    for finding in found["findings"].as_array().unwrap() {
        for void in finding["voids"].as_array().unwrap() {
            for subject in void["subjects"].as_array().unwrap() {
                let void = (
                    void["obligation"].as_str().unwrap(),
                    subject.as_str().unwrap(),
                );
                assert!(verdicts.contains(&void), "{void:?} in {verdicts:?}");
                voided.insert(void);
            }
        }
    }
    let wanted = [
        ("capacity", "web.tank"),
        ("recovery-point", "site"),
        ("time-table", "shop"),
    ];
    assert_eq!(voided, BTreeSet::from(wanted));
}

/// Bytes that nothing deduplicates or compresses, the same each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        state.to_le_bytes()[0]
    };
    (0..count).map(|_| next(&mut state)).collect()
}

#[test]
fn a_run_that_failed_or_never_was_is_told() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    nightly(restic, &desk, "2026-02-16");
    record(&desk, "nightly", NIGHT + DAY, NIGHT + DAY + 60, false, 1);
    let (code, found) = document(&desk, restic, "2026-02-16T05:30:00Z");
    assert_eq!(
        (code, codes(&found)),
        (1, vec![("T3201", "nightly")]),
        "{found:#}"
    );
    let told = found["findings"][0].to_string();
    assert!(
        told.contains("is 1 d 2 h 30 min old"),
        "the snapshot of a run that failed is no copy: {told}"
    );
    fs::remove_file(desk.path("state/runs/shop/nightly.json")).unwrap();
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &[]);
    assert_eq!(
        (code, said.contains("it never ran here")),
        (1, true),
        "{said}"
    );
    record(&desk, "nightly", NIGHT + DAY, NIGHT + DAY + 60, true, 1);
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &[]);
    assert_eq!(
        (code, said.contains("ahead of the clock")),
        (1, true),
        "{said}"
    );
}

/// Snapshots of three nights, thinned by restic itself as the script does, are what is expected, with the oldest
/// version and the newest: neither one too many nor one too few.
#[test]
fn what_restic_keeps_is_what_is_expected() {
    let now = "2026-02-17T05:00:00Z";
    for restic in [versions().first(), versions().last()]
        .into_iter()
        .flatten()
    {
        let desk = stage(restic);
        let policy = desk.text("shop.thrice");
        desk.put(
            "shop.thrice",
            format!("{policy}phase t0 = 2026-02-15\n").as_bytes(),
        );
        let thin = |rule: &str, count: &str| {
            let mut forget = restic.command(desk.path("repo").to_str().unwrap());
            forget.args(["forget", "--host", "web", "--tag", "thrice:shop:nightly"]);
            run(forget.args(["--group-by", "host,tags", rule, count]));
        };
        nightly(restic, &desk, "2026-02-16");
        nightly(restic, &desk, "2026-02-17");
        let last = NIGHT + 2 * DAY;
        record(&desk, "nightly", last, last + 60, true, 1);
        let (code, found) = document(&desk, restic, now);
        assert_eq!((code, codes(&found)), (1, vec![("T3207", "nightly")]));
        assert_eq!(
            found["findings"][0]["case"][0]["when"],
            "2026-02-15 03:00 UTC"
        );
        thin("--keep-daily", "2");
        let (code, found) = document(&desk, restic, now);
        assert_eq!((code, codes(&found)), (0, vec![]), "{found:#}");
        thin("--keep-last", "1");
        let (code, found) = document(&desk, restic, now);
        assert_eq!((code, codes(&found)), (1, vec![("T3206", "nightly")]));
        assert_eq!(
            found["findings"][0]["case"][0]["when"],
            "2026-02-16 03:00 UTC"
        );
    }
}

#[test]
fn snapshots_of_others_are_no_copies_and_are_told_of() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    snapshot(restic, &desk, "elsewhere", "by-hand", "2026-02-15");
    let now = "2026-02-15T05:00:00Z";
    let (code, said) = audit(&desk, restic, now, &[]);
    assert_eq!(code, 0, "{said}");
    let wanted = "`safe` holds 1 snapshot of `elsewhere` with the tag `by-hand`";
    assert!(said.contains(wanted), "{said}");
    assert_eq!(audit(&desk, restic, now, &["--strict"]).0, 1);
}

#[test]
fn what_cannot_be_measured_is_no_success() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    desk.put("key", b"another password");
    let now = "2026-02-15T05:00:00Z";
    let (code, found) = document(&desk, restic, now);
    assert_eq!(
        (code, &found["outcome"]),
        (3, &"not measured".into()),
        "{found:#}"
    );
    assert_eq!(codes(&found), [("T3209", "safe")]);
    let (code, said) = audit(&desk, restic, now, &["--host", "nowhere"]);
    assert_eq!(
        (code, said.contains("those that do: `web`")),
        (2, true),
        "{said}"
    );
}

#[test]
fn documents_fit_their_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../report/schema/audit.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    for now in ["2026-02-15T05:00:00Z", "2026-02-19T05:00:00Z"] {
        let (_, mut found) = document(&desk, restic, now);
        let errors: Vec<String> = validator
            .iter_errors(&found)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert!(!found["figures"].as_array().unwrap().is_empty());
        found["outcome"] = "fine".into();
        assert!(
            !validator.is_valid(&found),
            "the schema takes an outcome that there is not"
        );
    }
}

#[test]
fn figures_are_for_prometheus() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    let format = ["--format", "prometheus"];
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &format);
    assert_eq!(code, 0, "{said}");
    for line in [
        "# TYPE thrice_audit_class_age_seconds gauge",
        "thrice_audit_class_age_seconds{policy=\"shop\",host=\"web\",class=\"site\"} 7200",
        "thrice_audit_class_age_promised_seconds{policy=\"shop\",host=\"web\",class=\"site\"} 93600",
        "thrice_audit_step_duration_seconds{policy=\"shop\",host=\"web\",step=\"nightly\"} 60",
        "thrice_audit_step_snapshots{policy=\"shop\",host=\"web\",step=\"nightly\"} 1",
        "thrice_audit_findings{policy=\"shop\",host=\"web\",severity=\"error\"} 0",
        "thrice_audit_timestamp_seconds{policy=\"shop\",host=\"web\"} 1771131600",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    desk.put("audit.prom", said.as_bytes());
    let check = "promtool check metrics < \"$1\" 2>&1";
    let checked = Command::new("bash")
        .args(["-c", check, "check"])
        .arg(desk.path("audit.prom"))
        .output()
        .unwrap();
    assert_eq!(
        (checked.status.code(), stdout(&checked)),
        (Some(0), ""),
        "promtool finds something"
    );
}
