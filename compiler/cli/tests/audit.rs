//! `thrice audit` with real restic, and with records as the scripts leave them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;

use std::fs;

use common::{Desk, stdout};
use serde_json::Value;
use thrice_test_support::restic::{PASSWORD, Restic, versions};
use thrice_test_support::run;

const POLICY: &str = r#"
policy shop "A shop"
provider home { site shed }
host web at home/shed {
    runs cron
    has restic 0.14.0
    store disk { medium nvme; capacity 100 GB }
    store tank { medium hdd; capacity 100 GB }
}
vault envelope at home/shed
key restic_key { held on web, envelope; file "DESK/key" }
repository safe in web.tank:DESK/repo { engine restic 0.14.0; key restic_key }
class site is files on web.disk:/srv/site { size 1..2 GB; churn 1 MB/day; rpo 26h }
backup nightly of site to safe by web.cron {
    daily at 03:00
    keep 7 daily
    taking 1s..10m
}
"#;

/// A repository with a snapshot of that night, and a record of the run that made it.
fn stage(restic: &Restic) -> Desk {
    let desk = Desk::new(&[("data/file", "x"), ("key", PASSWORD)]);
    let folder = desk.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    desk.put("shop.thrice", POLICY.replace("DESK", folder).as_bytes());
    run(restic.command(&format!("{folder}/repo")).arg("init"));
    snapshot(restic, &desk, "web", "thrice:shop:nightly");
    record(&desk, 1_771_124_400, 1_771_124_460, true, 500);
    desk
}

fn snapshot(restic: &Restic, desk: &Desk, host: &str, tag: &str) {
    let repository = desk.path("repo");
    let mut command = restic.command(repository.to_str().unwrap());
    command
        .env("TZ", "UTC")
        .args(["backup", "--time", "2026-02-15 03:00:00"]);
    run(command
        .args(["--host", host, "--tag", tag])
        .arg(desk.path("data")));
}

fn record(desk: &Desk, start: i64, end: i64, ok: bool, added: u64) {
    let code = i32::from(!ok);
    let text = format!(
        r#"{{"format":1,"policy":"shop","step":"nightly","start":{start},"end":{end},"ok":{ok},"code":{code},"numbers":{{"files":1,"bytes":1,"added":{added}}}}}"#
    );
    desk.put("state/runs/shop/nightly.json", text.as_bytes());
}

/// Exit code and what is said.
fn audit(desk: &Desk, restic: &Restic, now: &str, more: &[&str]) -> (i32, String) {
    let mut command = desk.thrice(&["audit", "shop.thrice", "--now", now]);
    let path = format!("{}:/usr/bin:/bin", restic.folder().display());
    command
        .args(more)
        .env("PATH", path)
        .env("THRICE_STATE", desk.path("state"));
    let output = command.output().unwrap();
    let said = format!(
        "{}{}",
        stdout(&output),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!said.contains(PASSWORD), "{said}");
    (output.status.code().unwrap(), said)
}

#[test]
fn the_age_of_the_newest_copy_decides() {
    for restic in versions() {
        let desk = stage(restic);
        let (code, said) = audit(&desk, restic, "2026-02-16T02:00:00Z", &[]);
        assert_eq!(code, 0, "{said}");
        assert!(
            said.contains("0 not as promised, 0 not measured, 0 unmentioned"),
            "{said}"
        );
        let (code, said) = audit(&desk, restic, "2026-02-17T03:00:00Z", &[]);
        assert_eq!(code, 1, "{said}");
        let wanted =
            "failure: `site`: its newest usable copy is 2 d old, and its recovery point is 26 h";
        assert!(said.contains(wanted), "{said}");
        assert!(
            said.contains("failure: `nightly`: its last run ended"),
            "{said}"
        );
    }
}

#[test]
fn what_a_run_breaks_voids_proofs() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    record(&desk, 1_771_124_400, 1_771_128_000, true, 900_000_000);
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &["--format", "json"]);
    assert_eq!(code, 1, "{said}");
    let shown: Value = serde_json::from_str(&said).unwrap();
    let voids: Vec<&Value> = shown["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["voids"])
        .collect();
    assert_eq!(voids.len(), 2, "{said}");
    assert_eq!(
        voids[0],
        &serde_json::json!(["recovery-point", "time-table"])
    );
    assert_eq!(voids[1], &serde_json::json!(["capacity", "cost"]));
    let larger = desk.text("state/runs/shop/nightly.json");
    let larger = larger.replace("\"bytes\":1,", "\"bytes\":2100000000,");
    desk.put("state/runs/shop/nightly.json", larger.as_bytes());
    let (_, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &[]);
    let wanted = "its last run read 2.1 GB, and proofs rest on at most 2 GB by now";
    assert!(said.contains(wanted), "{said}");
    record(&desk, 1_771_124_400, 1_771_124_460, false, 0);
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &[]);
    assert_eq!(
        (code, said.contains("its last run failed")),
        (1, true),
        "{said}"
    );
    fs::remove_file(desk.path("state/runs/shop/nightly.json")).unwrap();
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &[]);
    assert_eq!(
        (code, said.contains("it never ran here")),
        (1, true),
        "{said}"
    );
}

#[test]
fn snapshots_of_others_are_no_copies_and_are_told_of() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    snapshot(restic, &desk, "elsewhere", "by-hand");
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &[]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains(
            "unmentioned: `safe`: it holds snapshots of `elsewhere` with the tag `by-hand`"
        ),
        "{said}"
    );
}

#[test]
fn what_cannot_be_measured_is_no_success() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    desk.put("key", b"another password");
    let (code, said) = audit(&desk, restic, "2026-02-15T05:00:00Z", &[]);
    assert_eq!(
        (code, said.contains("its snapshots cannot be listed")),
        (2, true),
        "{said}"
    );
    let (code, said) = audit(
        &desk,
        restic,
        "2026-02-15T05:00:00Z",
        &["--host", "nowhere"],
    );
    assert_eq!(
        (code, said.contains("those that do: `web`")),
        (2, true),
        "{said}"
    );
}

#[test]
fn figures_are_for_prometheus() {
    let restic = versions().last().unwrap();
    let desk = stage(restic);
    let (code, said) = audit(
        &desk,
        restic,
        "2026-02-15T05:00:00Z",
        &["--format", "prometheus"],
    );
    assert_eq!(code, 0, "{said}");
    for line in [
        "# TYPE thrice_audit_class_age_seconds gauge",
        "thrice_audit_class_age_seconds{policy=\"shop\",host=\"web\",class=\"site\"} 7200",
        "thrice_audit_class_age_seconds_promised{policy=\"shop\",host=\"web\",class=\"site\"} 93600",
        "thrice_audit_step_duration_seconds{policy=\"shop\",host=\"web\",step=\"nightly\"} 60",
        "thrice_audit_step_snapshots{policy=\"shop\",host=\"web\",step=\"nightly\"} 1",
        "thrice_audit_findings{policy=\"shop\",host=\"web\",weight=\"failure\"} 0",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
}
