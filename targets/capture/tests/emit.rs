//! What is emitted, what is refused, and what is read back.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: a failure is a failed test"
)]

mod common;

use common::Capture;
use proptest::prelude::*;
use thrice_model::{CaptureMethod, CaptureParts, RunnerKind, StoreKind};
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::{Fixture, span};
use thrice_target_capture::{Facts, emit, read};
use thrice_test_support::shell::shellcheck;

const ALL: [CaptureMethod; 7] = [
    CaptureMethod::PgDump,
    CaptureMethod::RedisBgsave,
    CaptureMethod::QdrantSnapshot,
    CaptureMethod::N8nExport,
    CaptureMethod::GrafanaExport,
    CaptureMethod::Sqlite,
    CaptureMethod::Files,
];

#[test]
fn the_script_of_a_dump() {
    let capture = Capture::new(CaptureMethod::PgDump, "/var/lib/postgresql", "")
        .parts(&["n8n", "it's"])
        .edit(|parts| parts.keeps = Some((Interval::point(Seconds(259_200)), span())));
    let folder = capture.bench.path("");
    let script = capture.script();
    insta::assert_snapshot!(
        script
            .text()
            .split("# ---- the frame")
            .next()
            .unwrap()
            .replace(&folder, "/")
    );
    assert_eq!(
        script.secrets,
        [
            "/etc/thrice/p/connections/dump.env".to_owned(),
            capture.bench.path("settings.env")
        ]
    );
}

#[test]
fn a_program_of_ones_own_and_other_runners_are_not_for_this_target() {
    let capture = Capture::new(CaptureMethod::PgDump, "/data", "")
        .edit(|parts| parts.runs = Some("/x".to_owned()));
    assert_eq!(emit(&capture.fixture.plan()), Ok(Vec::new()));
    let mut capture = Capture::new(CaptureMethod::PgDump, "/data", "");
    for kind in [RunnerKind::Hand, RunnerKind::Zerobyte] {
        capture
            .fixture
            .edit(capture.step, |step| step.runner.kind = kind);
        assert_eq!(emit(&capture.fixture.plan()), Ok(Vec::new()));
    }
}

#[track_caller]
fn refused(capture: &Capture, code: &str, words: &str) {
    let mistakes = emit(&capture.fixture.plan()).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert_eq!(mistakes[0].code.0, code, "{mistakes:?}");
    assert!(mistakes[0].message.contains(words), "{mistakes:?}");
}

#[test]
fn what_a_method_cannot_do_is_refused() {
    let named =
        |method, change: fn(&mut CaptureParts)| Capture::new(method, "live", "").edit(change);
    let container: fn(&mut CaptureParts) = |parts| parts.container = Some("x".to_owned());
    let user: fn(&mut CaptureParts) = |parts| parts.user = Some("x".to_owned());
    for (method, change, words) in [
        (
            CaptureMethod::QdrantSnapshot,
            container,
            "names a container, but `method qdrant_snapshot` talks HTTP",
        ),
        (
            CaptureMethod::GrafanaExport,
            user,
            "names a user, but `method grafana_export` talks HTTP",
        ),
        (
            CaptureMethod::Sqlite,
            container,
            "names a container, but `method sqlite` reads files",
        ),
        (
            CaptureMethod::Files,
            user,
            "names a user, but `method files` reads files",
        ),
    ] {
        refused(&named(method, change), "T2333", words);
    }
    for (method, part, words) in [
        (CaptureMethod::N8nExport, "a", "takes all there is"),
        (
            CaptureMethod::RedisBgsave,
            "sessions",
            "databases of redis are numbers",
        ),
        (
            CaptureMethod::Files,
            "a/b",
            "none of the folder's own entries",
        ),
        (
            CaptureMethod::Files,
            "..",
            "none of the folder's own entries",
        ),
        (
            CaptureMethod::Sqlite,
            "../x.db",
            "none of the folder's own entries",
        ),
        (
            CaptureMethod::Sqlite,
            "/etc/x.db",
            "none of the folder's own entries",
        ),
    ] {
        refused(
            &Capture::new(method, "live", "").parts(&[part]),
            "T2333",
            words,
        );
    }
    refused(
        &Capture::new(CaptureMethod::Files, "dumps/inside", ""),
        "T2333",
        "reads and writes the same files",
    );
    refused(
        &Capture::new(CaptureMethod::PgDump, "/data", "").parts(&["two\nlines"]),
        "T2331",
        "line break",
    );
}

#[test]
fn places_that_the_host_does_not_reach_are_refused() {
    let mut capture = Capture::new(CaptureMethod::PgDump, "/data", "");
    let disk = capture.fixture.model.stores.ids().next().unwrap();
    capture.fixture.edit(capture.step, |step| {
        step.target = Fixture::writes(Fixture::location(disk, "/"));
    });
    refused(&capture, "T2332", "`/` itself");
    capture.fixture.model.stores.get_mut(disk).unwrap().kind = StoreKind::Bucket;
    refused(&capture, "T2332", "is no folder of the host");
}

#[test]
fn all_scripts_are_clean() {
    for method in ALL {
        let container = !matches!(
            method,
            CaptureMethod::QdrantSnapshot
                | CaptureMethod::GrafanaExport
                | CaptureMethod::Sqlite
                | CaptureMethod::Files
        );
        let capture = Capture::new(method, "live", "").edit(|parts| {
            parts.keeps = Some((Interval::point(Seconds(3600)), span()));
            parts.container = container.then(|| "it's".to_owned());
        });
        each_function_is_defined_once(capture.script().text());
        assert_eq!(
            shellcheck(&capture.bench.install(&capture.script())),
            Ok(()),
            "{method:?}"
        );
    }
}

/// The frame's functions and the body's are in one script: bash would take the last of two.
#[track_caller]
fn each_function_is_defined_once(text: &str) {
    let mut names: Vec<&str> = text
        .lines()
        .filter(|line| line.ends_with("() {") && !line.starts_with(' '))
        .collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever a database, user or container is called, the script says just that.
    #[test]
    fn what_is_read_back_is_what_the_policy_says(
        parts in proptest::collection::btree_set("[^\n\r\0]{1,20}", 0..4),
        user in "[^\n\r\0]{1,12}",
        keep in proptest::option::of(1_i64..1_000_000),
        fail in any::<bool>(),
    ) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut capture = Capture::new(CaptureMethod::PgDump, "/data", "").parts(&parts).edit(|it| {
            it.user = Some(user.clone());
            it.keeps = keep.map(|seconds| (Interval::point(Seconds(seconds)), span()));
        });
        capture.class(|class| class.undeclared_fail = fail);
        let facts = Facts {
            policy: "p".to_owned(),
            step: "dump".to_owned(),
            method: "pg_dump".to_owned(),
            parts: parts.iter().map(|&part| part.to_owned()).collect(),
            undeclared_fail: fail,
            user,
            container: String::new(),
            destination: capture.bench.path("dumps"),
            keep_seconds: keep,
        };
        prop_assert_eq!(read(capture.script().text()), Some(facts));
    }
}
