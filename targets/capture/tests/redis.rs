//! Snapshots of a real Redis server, loaded by another.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;
use std::time::Instant;

use common::{Capture, DOCKER};
use thrice_model::CaptureMethod;
use thrice_test_support::redis::{PASSWORD, Redis};

fn capture(server: &Redis) -> Capture {
    let settings = format!("REDIS_PORT={}\nREDISCLI_AUTH='{PASSWORD}'\n", server.port());
    Capture::new(CaptureMethod::RedisBgsave, "/var/lib/redis", &settings)
}

fn server() -> Redis {
    let server = Redis::start();
    for i in 0..300 {
        server.ask(&["SET", &format!("key {i}"), &format!("it's \"{i}\"")]);
    }
    server.ask(&["RPUSH", "list", "a", "b", "c"]);
    server.ask(&["HSET", "hash", "field", "value"]);
    server
}

#[test]
fn a_snapshot_comes_back_equal() {
    let server = server();
    let mut capture = capture(&server);
    capture.succeeds();
    assert_eq!(capture.left(), ["redis-latest.rdb"]);
    assert_eq!(capture.number("keys"), 302);
    let back = Redis::start_from(Some(&capture.bytes("redis-latest.rdb")));
    assert_eq!(back.all(), server.all());
    capture.is_clean();

    // From a container it is the same; the password is in no argument.
    server.ask(&["SET", "one more", "key"]);
    capture = capture.edit(|parts| parts.container = Some("the_container".to_owned()));
    capture.program("docker", DOCKER);
    capture.succeeds();
    assert_eq!(capture.number("keys"), 303);
    let log = fs::read_to_string(capture.bench.path("docker.log")).unwrap();
    assert!(
        log.contains("--env REDISCLI_AUTH the_container redis-check-rdb"),
        "{log}"
    );
    assert!(!log.contains("battery"), "{log}");
}

#[test]
fn a_save_that_began_before_is_not_taken_for_this_one() {
    let server = server();
    // Two seconds a save.
    server.ask(&["CONFIG", "SET", "rdb-key-save-delay", "6000"]);
    server.ask(&["BGSAVE"]);
    server.ask(&["SET", "later", "than that save"]);
    server.ask(&["CONFIG", "SET", "rdb-key-save-delay", "0"]);
    let begun = Instant::now();
    let capture = capture(&server);
    capture.succeeds();
    assert!(begun.elapsed().as_secs() >= 1, "it has waited");
    assert_eq!(capture.number("keys"), 303);
}

#[test]
fn what_redis_refuses_is_a_failure() {
    let server = server();
    let mut wrong = capture(&server);
    wrong.bench.write(
        "settings.env",
        format!("REDIS_PORT={}\nREDISCLI_AUTH=wrong\n", server.port()),
    );
    wrong.fails("not captured: the snapshot");
    assert_eq!(wrong.left(), Vec::<String>::new());

    // It cannot save, and says so only when asked how it went.
    fs::create_dir(server.folder().join("no")).unwrap();
    server.ask(&[
        "CONFIG",
        "SET",
        "dir",
        server.folder().join("no").to_str().unwrap(),
    ]);
    fs::remove_dir(server.folder().join("no")).unwrap();
    capture(&server).fails("redis could not save");
    server.ask(&["CONFIG", "SET", "dir", server.folder().to_str().unwrap()]);

    // What is read is cut off.
    wrong = capture(&server);
    wrong.succeeds();
    let before = wrong.bytes("redis-latest.rdb");
    wrong.program("cat", "#!/bin/bash\n/bin/cat \"$@\" | head --bytes=3000\n");
    wrong.fails("redis-check-rdb refuses the snapshot");
    assert_eq!(wrong.bytes("redis-latest.rdb"), before);
}

#[test]
fn databases_are_compared_by_number() {
    let server = server();
    let capture = capture(&server).parts(&["0"]);
    capture.succeeds();
    assert_eq!(capture.number("undeclared"), 0);
    server.ask(&["-n", "3", "SET", "a", "b"]);
    let finished = capture.succeeds();
    assert!(finished.stderr.contains("there is '3'"), "{finished}");
}
