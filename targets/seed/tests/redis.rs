//! A snapshot of one real Redis that another one takes over.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;

use common::Seed;
use thrice_model::{Anonymise, CaptureMethod};
use thrice_test_support::redis::{PASSWORD, Redis};
use thrice_test_support::shell::shellcheck;

/// What systemctl does to the unit of Redis, done to the test's own server.
fn systemctl(server: &Redis) -> String {
    format!(
        "#!/bin/bash\necho \"$*\" >>\"$HOME/systemctl.log\"\n[[ $3 == redis ]] || exit 0\ncase $1 in\n  stop) touch '{0}/down'; redis-cli -p {1} SHUTDOWN NOSAVE >&2 || true ;;\n  start) rm '{0}/down' ;;\nesac\n",
        server.folder().display(),
        server.port()
    )
}

#[test]
fn a_snapshot_takes_the_place_of_what_the_environment_had() {
    let (prod, preprod) = (Redis::start(), Redis::start());
    for i in 0..30 {
        prod.ask(&["SET", &format!("key {i}"), &format!("value {i}")]);
    }
    preprod.ask(&["SET", "of before", "value"]);
    let settings =
        |server: &Redis| format!("REDIS_PORT={}\nREDISCLI_AUTH='{PASSWORD}'\n", server.port());
    let mut seed = Seed::new(CaptureMethod::RedisBgsave, "redis", &[], &settings(&prod))
        .rule("data", Anonymise::Keep);
    seed.dump();
    let finished = seed.leave();
    assert!(finished.is_success(), "{finished}");
    assert_eq!(seed.sent(), ["redis-latest.rdb", "seed.manifest"]);
    seed.pull();
    seed.program("systemctl", &systemctl(&preprod));
    let port = preprod.port().to_string();
    let finished = seed.load(&[("REDIS_PORT", &port), ("REDISCLI_AUTH", PASSWORD)]);
    assert!(finished.is_success(), "{finished}");
    assert_eq!(preprod.all(), prod.all());
    let log = fs::read_to_string(seed.bench.path("systemctl.log")).unwrap();
    assert_eq!(
        log,
        "stop -- web\nstop -- app\nstop -- redis\nstart -- redis\nstart -- app\nstart -- web\n"
    );
    for script in &seed.scripts() {
        assert_eq!(shellcheck(&seed.bench.install(script)), Ok(()));
    }

    // What was cut off on its way changes nothing.
    let path = seed.bench.folder().join("pulled/seed/redis-latest.rdb");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    fs::remove_file(seed.bench.path("systemctl.log")).unwrap();
    let finished = seed.load(&[]);
    assert!(finished.stderr.contains("not as it was left"), "{finished}");
    assert!(!seed.bench.folder().join("systemctl.log").exists());
}
