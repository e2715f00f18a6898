//! `thrice retention`.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failure is a failed test"
)]

mod common;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Output, Stdio};

use common::{Desk, stdout};
use insta_cmd::assert_cmd_snapshot;
use serde_json::Value;
use thrice_test_support::restic::{Restic, versions};
use thrice_test_support::run;

/// A history with a new year in it, in two zones.
const LISTED: &str = r#"[
  {"time": "2025-12-30T02:00:00.5Z", "hostname": "a", "paths": ["/x"], "tags": ["keep", "me"], "id": "one", "short_id": "1"},
  {"time": "2025-12-31T02:00:00Z", "hostname": "a", "paths": ["/x"], "tags": null, "id": "two", "short_id": "2"},
  {"time": "2026-01-01T00:30:00+01:00", "hostname": "a", "paths": ["/x"], "id": "three", "short_id": "3"},
  {"time": "2026-01-01T02:00:00Z", "hostname": "b", "paths": ["/x"], "id": "four", "short_id": "4"}
]"#;

fn desk() -> Desk {
    Desk::new(&[("list.json", LISTED)])
}

#[test]
fn what_is_kept_and_why() {
    let arguments = ["retention", "list.json", "--now", "2026-01-02T00:00:00Z"];
    let more = [
        "--keep-yearly",
        "2",
        "--keep-tag",
        "me,keep",
        "--keep-within",
        "1d",
    ];
    assert_cmd_snapshot!("kept", desk().thrice(&[&arguments[..], &more].concat()));
    // Before 0.16 nothing is kept only because it is the oldest.
    let counts = |version: &str| {
        let more = ["--keep-monthly", "5", "--group-by", "", "--restic", version];
        let output = desk().run(&[&arguments[..], &more].concat());
        let groups: Vec<Value> = serde_json::from_str(stdout(&output)).unwrap();
        groups[0]["keep"].as_array().unwrap().len()
    };
    assert_eq!((counts("0.14"), counts("0.18.0")), (2, 3));
}

fn with_input(text: &str, arguments: &[&str]) -> Output {
    let desk = Desk::new(&[]);
    let mut child = desk
        .thrice(&[&["retention"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that complains about its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn standard_input_is_read_where_no_file_is_named() {
    let arguments = ["--keep-last", "1", "--now", "2026-01-02T00:00:00Z"];
    let file = desk().run(&[&["retention", "list.json"], &arguments[..]].concat());
    assert_eq!(with_input(LISTED, &arguments), file);
    assert_eq!(stdout(&with_input("[]", &arguments)), "[]\n");
}

#[test]
fn what_cannot_be_read_is_an_error_and_never_a_panic() {
    let some = "[{\"time\": \"2026-01-01T00:00:00Z\", \"hostname\": \"a\", \"paths\": [\"/x\"], \"id\": \"1\"}]";
    let wrong = [
        ("", "the list is no JSON"),
        ("{}", "a list of snapshots is expected"),
        ("[1]", "snapshot 1 of the list: it is no object"),
        ("[{}]", "snapshot 1 of the list: `time` is missing"),
        (
            &some.replace("2026-01-01T00:00:00Z", "yesterday"),
            "`time` is no time",
        ),
        (
            &some.replace("2026-01-01T00:00:00Z", "2026-01-01"),
            "`time` is no time",
        ),
        (&some.replace("2026", "99999"), "`time` is no time"),
        (&some.replace("\"a\"", "7"), "`hostname` is no text"),
        (
            &some.replace("[\"/x\"]", "[7]"),
            "`paths` is no list of texts",
        ),
        (&some.replace("\"id\"", "\"name\""), "`id` is missing"),
        (&"[".repeat(100_000), "the list is no JSON"),
    ];
    for (text, why) in wrong {
        let output = with_input(text, &["--keep-last", "1"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.starts_with("error: ") && told.contains(why), "{told}");
        assert!(output.stdout.is_empty());
    }
    let refused = [
        (vec!["--keep-last", "-1"], "refuses `--keep-last -1`"),
        (
            vec!["--keep-last", "unlimited", "--restic", "0.14"],
            "does not know",
        ),
        (vec![], "no rule says what to keep"),
        (vec!["--keep-tag", "typo"], "keep no snapshot of the group"),
        (vec!["--keep-within", "2w"], "restic knows no weeks"),
        (vec!["--keep-daily", "many"], "a count is a number"),
        (vec!["--group-by", "colour"], "snapshots are grouped by"),
        (vec!["--restic", "new"], "a version is written like"),
        (vec!["gone.json"], "cannot read `gone.json`"),
    ];
    for (arguments, why) in refused {
        let output = with_input(some, &arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {told}");
        assert!(told.contains(why), "{told}");
    }
}

/// Group by group: what is kept with its reasons and counters, and what is removed.
type Answer = BTreeMap<String, (Vec<(String, Value, Value)>, Vec<String>)>;

fn read(text: &str, with_counters: bool) -> Answer {
    let groups: Vec<Value> = serde_json::from_str(text).unwrap();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let of = groups.iter().map(|group| {
        let reasons = list(&group["reasons"]);
        let kept = list(&group["keep"]).into_iter().zip(&reasons);
        let kept = kept.map(|(kept, reason)| {
            let counters = if with_counters {
                reason["counters"].clone()
            } else {
                Value::Null
            };
            (id(&kept), reason["matches"].clone(), counters)
        });
        let key = format!("{} {} {}", group["host"], group["paths"], group["tags"]);
        (
            key,
            (
                kept.collect(),
                list(&group["remove"]).iter().map(id).collect(),
            ),
        )
    });
    of.collect()
}

/// The list of real restic goes in, and what comes out is what that restic says of itself. Versions
/// print counters up to a point: where they do, they are the same.
#[test]
fn the_answer_is_that_of_every_real_restic() {
    let desk = Desk::new(&[("x", "content"), ("y", "content")]);
    let restics = versions();
    let repository = desk.path("repository").to_string_lossy().into_owned();
    run(restics[0].command(&repository).args(["init", "-q"]));
    let taken = [
        ("2025-11-30 23:30:00", "UTC", "x", "a"),
        ("2025-12-31 23:30:00", "America/New_York", "x", "a,b"),
        ("2026-01-01 00:30:00", "Asia/Kolkata", "x", "b"),
        ("2026-01-01 12:00:00", "Europe/Paris", "y", "a"),
        ("2026-01-02 12:00:00", "Europe/Paris", "y", "b"),
        ("2026-01-04 23:59:00", "UTC", "x", "a"),
    ];
    for (time, zone, file, tags) in taken {
        let path = desk.path(file);
        let mut backup = restics[0].command(&repository);
        backup
            .env("TZ", zone)
            .args(["backup", "-q", "--host", "h", "--time", time, "--tag", tags]);
        run(backup.arg(path));
    }
    let policies: [&[&str]; 4] = [
        &["--keep-daily", "2", "--keep-yearly", "5"],
        &[
            "--keep-last",
            "1",
            "--keep-within",
            "3d",
            "--group-by",
            "host",
        ],
        &[
            "--keep-weekly",
            "3",
            "--keep-tag",
            "a,b",
            "--group-by",
            "host,tags",
        ],
        &[
            "--keep-within-monthly",
            "1y",
            "--keep-hourly",
            "2",
            "--group-by",
            "paths",
        ],
    ];
    let mut counted = 0;
    for restic in restics {
        let listed = run(restic
            .command(&repository)
            .args(["snapshots", "--json", "--no-lock"]));
        for policy in policies {
            counted += usize::from(agrees(restic, &repository, &listed, policy));
        }
    }
    assert!(counted > 0, "no version printed counters");
}

/// Whether counters were compared as well.
fn agrees(restic: &Restic, repository: &str, listed: &str, policy: &[&str]) -> bool {
    let mut command = restic.command(repository);
    command
        .args(["forget", "--dry-run", "--json", "--no-lock"])
        .args(policy);
    let real = run(&mut command);
    let counts = real.contains("\"counters\"");
    let version = restic.version.to_string();
    let output = with_input(listed, &[policy, &["--restic", &version]].concat());
    assert_eq!(
        read(stdout(&output), counts),
        read(&real, counts),
        "restic {version} {policy:?}"
    );
    counts
}
