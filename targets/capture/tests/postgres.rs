//! Dumps of a real PostgreSQL server, read back into another database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;
use std::process::Stdio;

use common::{Capture, DOCKER};
use thrice_model::CaptureMethod;
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::span;
use thrice_test_support::postgres::{Postgres, conninfo};
use thrice_test_support::run;

const ODD: &str = "o'dd \"x\" \\ =1";
const DAY: i64 = 86_400;

fn capture(server: &Postgres) -> Capture {
    let settings = format!(
        "PGHOST={}\nPGUSER=postgres\nPGPASSWORD='hunter 2'\n",
        server.host()
    );
    Capture::new(CaptureMethod::PgDump, "/var/lib/postgresql", &settings)
}

/// A server with two databases; one of them has a name that must be quoted everywhere.
fn server() -> Postgres {
    let server = Postgres::start();
    server.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'opens doors'");
    for name in ["n8n", ODD] {
        let quoted = name.replace('"', "\"\"");
        server.sql("postgres", &format!("CREATE DATABASE \"{quoted}\""));
        server.sql(
            name,
            "CREATE TABLE t (id int PRIMARY KEY, text text, data bytea);
             INSERT INTO t SELECT i, 'it''s ' || i, sha256(i::text::bytea) FROM generate_series(1, 500) i;
             CREATE SEQUENCE s START 7; CREATE VIEW v AS SELECT count(*) FROM t;",
        );
    }
    server
}

/// Restores a dump into a database of that name, and it is what was dumped.
#[track_caller]
fn comes_back(server: &Postgres, capture: &Capture, file: &str, of: &str) {
    server.sql("postgres", "CREATE DATABASE back");
    let dump = fs::File::open(capture.bench.folder().join("dumps").join(file)).unwrap();
    let mut restore = server.program("pg_restore");
    restore
        .args(["--exit-on-error", "--dbname"])
        .arg(conninfo("back"))
        .stdin(Stdio::from(dump));
    let output = restore.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(server.dump("back"), server.dump(of));
    server.sql("postgres", "DROP DATABASE back");
}

#[test]
fn dumps_come_back_equal() {
    let server = server();
    let capture = capture(&server).parts(&["n8n", ODD]);
    capture.succeeds();
    let left = capture.left();
    assert_eq!(left.len(), 3, "{left:?}");
    let odd = format!("{}-latest.dump", thrice_target::filename(ODD));
    assert!(left.contains(&odd) && left.contains(&"n8n-latest.dump".to_owned()));
    comes_back(&server, &capture, "n8n-latest.dump", "n8n");
    comes_back(&server, &capture, &odd, ODD);
    let globals = String::from_utf8(capture.bytes("globals-latest.sql")).unwrap();
    assert!(globals.contains("CREATE ROLE app"), "{globals}");
    assert_eq!(
        (capture.number("files"), capture.number("undeclared")),
        (3, 0)
    );
    capture.is_clean();
    a_container_is_entered_and_passwords_stay_out_of_arguments(&server);
    it_runs_as_its_user(&server);
}

#[test]
fn without_a_list_all_databases_are_dumped() {
    let server = Postgres::start();
    server.sql("postgres", "CREATE DATABASE one; ");
    server.sql("one", "CREATE TABLE t (i int); INSERT INTO t VALUES (1)");
    let capture = capture(&server);
    capture.succeeds();
    assert_eq!(capture.left(), ["globals-latest.sql", "one-latest.dump"]);
    // Somebody works in the database that everybody has.
    server.sql("postgres", "CREATE TABLE t (i int)");
    capture.succeeds();
    assert_eq!(capture.left().len(), 3, "{:?}", capture.left());
}

#[test]
fn what_is_not_listed_is_told_and_stops_nothing() {
    let server = server();
    a_database_that_fails_fails_alone(&server);
    let mut capture = capture(&server).parts(&["n8n"]);
    let finished = capture.succeeds();
    assert!(
        finished.stderr.contains("which the policy does not list"),
        "{finished}"
    );
    assert_eq!(capture.number("undeclared"), 1);
    capture.class(|class| class.undeclared_fail = true);
    fs::remove_dir_all(capture.bench.folder().join("dumps")).unwrap();
    capture.fails("which the policy does not list");
    assert_eq!(capture.left(), ["globals-latest.sql", "n8n-latest.dump"]);
}

fn a_database_that_fails_fails_alone(server: &Postgres) {
    let capture = capture(server).parts(&["absent", "n8n", ODD]);
    let finished = capture.fails("not captured: absent (pg_dump)");
    assert!(finished.stderr.contains("does not exist"), "{finished}");
    assert_eq!(capture.left().len(), 3);
    comes_back(server, &capture, "n8n-latest.dump", "n8n");
}

fn a_dump_that_is_cut_off_is_not_published(server: &Postgres) {
    let mut capture = capture(server).parts(&["n8n"]);
    capture.succeeds();
    let before = capture.bytes("n8n-latest.dump");
    // The end of a dump is lost, and nobody says so.
    capture.program(
        "pg_dump",
        "#!/bin/bash\n/usr/bin/pg_dump \"$@\" | head --bytes=9000\nexit 0\n",
    );
    capture.fails("not captured: n8n");
    assert_eq!(capture.bytes("n8n-latest.dump"), before);
    let stage = capture
        .left()
        .into_iter()
        .find(|name| name.starts_with('.'));
    assert_eq!(stage, None);
}

fn a_dump_that_has_shrunk_needs_a_word(server: &Postgres) {
    let mut capture = capture(server).parts(&["n8n"]);
    capture.succeeds();
    server.sql("n8n", "TRUNCATE t");
    capture.fails("THRICE_ACCEPT_SMALLER=1");
    comes_back_is_old(&capture);
    capture.bench.set("THRICE_ACCEPT_SMALLER", "1");
    capture.succeeds();
    comes_back(server, &capture, "n8n-latest.dump", "n8n");
}

#[track_caller]
fn comes_back_is_old(capture: &Capture) {
    assert!(capture.bytes("n8n-latest.dump").len() > 20_000);
}

#[test]
fn old_versions_go_and_the_newest_stays() {
    let server = server();
    a_dump_that_is_cut_off_is_not_published(&server);
    let capture = capture(&server)
        .parts(&["n8n"])
        .edit(|parts| parts.keeps = Some((Interval::point(Seconds(3 * DAY)), span())));
    for name in [
        "n8n-20260101T023000Z.dump",
        "other-20260101T023000Z.dump",
        "n8n-20990101T000000Z.dump",
        "n8n.dump",
    ] {
        capture.bench.write(&format!("dumps/{name}"), "old");
    }
    capture.succeeds();
    assert_eq!(capture.number("removed"), 1);
    let first = capture.bytes("n8n-latest.dump");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    capture.succeeds();
    let left = capture.left();
    assert!(
        left.contains(&"other-20260101T023000Z.dump".to_owned()),
        "it is none of this capture's: {left:?}"
    );
    let dated: Vec<&String> = left
        .iter()
        .filter(|name| name.starts_with("n8n-20") && !name.contains("2099"))
        .collect();
    assert_eq!(dated.len(), 1, "{left:?}");
    assert_eq!(capture.bytes(dated[0]), first);
    assert_eq!(
        capture.number("files"),
        2,
        "the list has what is new, no more"
    );
    capture.is_clean();
    a_dump_that_has_shrunk_needs_a_word(&server);
}

#[test]
fn errors_of_the_server_reach_the_log() {
    let server = server();
    let capture = capture(&server).parts(&["n8n"]);
    drop(server);
    let finished = capture.fails("connection to server");
    assert_eq!(finished.code, Some(2), "{finished}");
    assert_eq!(capture.left(), Vec::<String>::new());
}

fn a_container_is_entered_and_passwords_stay_out_of_arguments(server: &Postgres) {
    let mut capture = capture(server).parts(&["n8n"]).edit(|parts| {
        parts.container = Some("the_container".to_owned());
        parts.user = Some("postgres".to_owned());
    });
    capture.program("docker", DOCKER);
    capture.succeeds();
    comes_back(server, &capture, "n8n-latest.dump", "n8n");
    let log = fs::read_to_string(capture.bench.path("docker.log")).unwrap();
    assert!(
        log.contains(
            "--user postgres --env PGHOST --env PGUSER --env PGPASSWORD the_container pg_dump"
        ),
        "{log}"
    );
    assert!(!log.contains("hunter"), "{log}");
    capture.is_clean();
    let absent = capture.edit(|parts| parts.container = Some("another".to_owned()));
    absent.fails("No such container");
}

fn it_runs_as_its_user(server: &Postgres) {
    let mut capture = capture(server)
        .parts(&["n8n"])
        .edit(|parts| parts.user = Some("nobody".to_owned()));
    if run(std::process::Command::new("id").arg("-u")).trim() != "0" {
        // Only root can become another user.
        capture.fails("runuser");
        return;
    }
    capture.program(
        "psql",
        "#!/bin/bash\nid -un >&2\nexec /usr/bin/psql \"$@\"\n",
    );
    fs::set_permissions(
        capture.bench.folder(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let finished = capture.succeeds();
    assert!(finished.stderr.contains("nobody"), "{finished}");
    comes_back(server, &capture, "n8n-latest.dump", "n8n");
}
