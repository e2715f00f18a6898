//! How old the data in a copy is: as old as the dump that the backup read.

#![allow(
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::collections::BTreeMap;

use thrice_audit::{Measured, Record, Snapshot, Taken, judge};
use thrice_model::{CaptureMethod, CaptureParts, HostId, HostKind, Source, StepTarget, Verb};
use thrice_quantity::schedule::{Schedule, TimeOfDay};
use thrice_report::audit::Audit;
use thrice_target::Plan;
use thrice_target::fixture::{Fixture, span};

/// 2026-06-01 00:00 UTC.
const FIRST: i64 = 1_780_272_000;
const HOUR: i64 = 3_600;

/// A dump at 03:00, and a backup of it into a repository at 05:00.
fn plan() -> (Plan, HostId) {
    let mut fixture = Fixture::new("shop");
    let web = fixture.host("web", HostKind::Host);
    fixture.tool(web, "restic", "0.14.0");
    let disk = fixture.file_system(web, "disk", "/");
    let tank = fixture.file_system(web, "tank", "/mnt/tank");
    let class = fixture.class("databases", Fixture::location(disk, "/srv/pg"));
    let key = fixture.key("key", Some("/etc/key"));
    let place = Fixture::location(tank, "/repo");
    let repository = fixture.repository("safe", place, (0, 14), key, None);
    let parts = CaptureParts {
        method: CaptureMethod::PgDump,
        atomic: true,
        runs: None,
        user: None,
        container: None,
        keeps: None,
    };
    let dump = fixture.step("dump", Verb::Capture(parts.into()), web);
    fixture.edit(dump, |step| {
        step.classes = vec![(class, span())].into();
        step.target = Fixture::writes(Fixture::location(disk, "/dumps"));
    });
    let backup = Verb::Backup {
        keep: None,
        prune: false,
        exclude: Default::default(),
        flags: Default::default(),
        mirror: None,
    };
    let nightly = fixture.step("nightly", backup, web);
    fixture.edit(nightly, |step| {
        step.classes = vec![(class, span())].into();
        step.source = Source::Step(dump, span());
        step.target = StepTarget::Repository(repository, span());
        let five = TimeOfDay::new(5, 0).unwrap();
        step.timing.schedule = Some((Schedule::daily_utc(five).into(), span()));
    });
    (fixture.plan(), web)
}

fn record(start: i64, ok: bool) -> Record {
    Record {
        start,
        end: start + 600,
        ok,
        code: i64::from(!ok),
        numbers: BTreeMap::new(),
    }
}

/// The age of the class by backup alone, in hours: a snapshot of the first day, and a last dump.
fn age(dump: Record, now: i64) -> (i64, Audit) {
    let (plan, web) = plan();
    let mut measured = Measured::default();
    let usable = dump.ok;
    measured.records.insert("dump".to_owned(), Ok(Some(dump)));
    let nightly = record(FIRST + 5 * HOUR, true);
    measured
        .records
        .insert("nightly".to_owned(), Ok(Some(nightly)));
    let snapshot = Snapshot {
        id: "a".to_owned(),
        time: Taken {
            at: jiff::Timestamp::from_second(FIRST + 5 * HOUR).unwrap(),
            offset_seconds: 0,
        },
        hostname: "web".to_owned(),
        tags: vec!["thrice:shop:nightly".to_owned()],
    };
    measured
        .snapshots
        .insert("safe".to_owned(), Ok(vec![snapshot]));
    if usable {
        // The dump itself is gone, so that the backup is the newest copy.
        let gone = thrice_audit::Listed {
            path: "/dumps/app-latest.dump".to_owned(),
            bytes: 1,
            now: thrice_audit::Now::Gone,
        };
        measured
            .manifests
            .insert("dump".to_owned(), Ok(Some(vec![gone])));
    }
    let now = jiff::Timestamp::from_second(now).unwrap();
    let audit = judge(&plan, web, &measured, now);
    let age = audit
        .figures
        .iter()
        .find(|figure| figure.measure.name == "class_age");
    (age.unwrap().value / HOUR, audit)
}

#[test]
fn a_backup_is_as_old_as_the_dump_that_it_read() {
    let (age, audit) = age(record(FIRST + 3 * HOUR, true), FIRST + 10 * HOUR);
    assert_eq!(age, 7);
    let codes: Vec<&str> = audit.findings.iter().map(|f| f.diagnostic.code.0).collect();
    assert_eq!(codes, ["T3205"]);
}

#[test]
fn a_dump_made_since_is_not_in_it() {
    let (age, _) = age(record(FIRST + 27 * HOUR, true), FIRST + 28 * HOUR);
    assert_eq!(age, 25, "it holds that of the day before, at best");
}

#[test]
fn nor_is_one_that_failed() {
    let (age, audit) = age(record(FIRST + 3 * HOUR, false), FIRST + 10 * HOUR);
    assert_eq!(age, 31, "it holds that of the day before, at best");
    assert_eq!(audit.exit_code(), 1);
}

/// Findings, with records and no snapshot.
fn without_snapshots(dump: Option<Record>) -> Vec<(&'static str, String)> {
    let (plan, web) = plan();
    let mut measured = Measured::default();
    measured.records.insert("dump".to_owned(), Ok(dump));
    measured.records.insert("nightly".to_owned(), Ok(None));
    measured.snapshots.insert("safe".to_owned(), Ok(Vec::new()));
    let now = jiff::Timestamp::from_second(FIRST + 10 * HOUR).unwrap();
    let found = judge(&plan, web, &measured, now).findings;
    let about = |found: thrice_report::audit::Finding| {
        let diagnostic = found.diagnostic;
        (diagnostic.code.0, diagnostic.subject.unwrap_or_default())
    };
    found.into_iter().map(about).collect()
}

#[test]
fn what_never_ran_is_told_once() {
    let [dump, nightly] = ["dump", "nightly"].map(|step| ("T3201", step.to_owned()));
    assert_eq!(without_snapshots(None), [dump.clone(), nightly.clone()]);
    let failed = Some(record(FIRST + 3 * HOUR, false));
    assert_eq!(without_snapshots(failed), [dump, nightly]);
}
