//! `thrice audit` next to what the emitted script of a capture really leaves, of a real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use common::{Desk, stdout};
use serde_json::Value;
use thrice_test_support::finish;
use thrice_test_support::postgres::Postgres;

const POLICY: &str = r#"
policy shop "A shop"
provider home { site shed }
host web at home/shed { runs cron; store disk { medium nvme } }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by healthchecks_io }
use std/healthchecks
class databases is state on web.disk:DESK/srv/pg { parts app; size 1..2 GB; rpo 26h }
capture dump of databases to web.disk:DESK/dumps by web.cron {
    daily at 03:00
    method pg_dump
    atomic
    taking 1s..10m
    monitor deadman
}
accept survival for databases because "a test" by "owner", "clerk" until 2036-01-01
"#;

struct Stage {
    desk: Desk,
    server: Postgres,
}

impl Stage {
    /// A server with a database, and the dump that the script makes of it.
    fn new() -> Self {
        let desk = Desk::new(&[("srv/pg/PG_VERSION", "15")]);
        let folder = desk.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        desk.put("shop.thrice", POLICY.replace("DESK", folder).as_bytes());
        let built = desk.run(&["build", "shop.thrice", "--out", "out"]);
        assert!(built.status.success(), "{}", stdout(&built));
        let server = Postgres::start();
        server.sql("postgres", "CREATE DATABASE app");
        server.sql("app", "CREATE TABLE t AS SELECT 1 AS a");
        let stage = Self { desk, server };
        assert_eq!(stage.dump(), 78, "done, but its monitor has no address");
        stage
    }

    /// Runs the script, and returns its exit code.
    fn dump(&self) -> i32 {
        let mut script = Command::new(self.desk.path("out/hosts/web/bin/dump"));
        self.environment(&mut script);
        finish(&mut script).code.unwrap()
    }

    fn environment(&self, command: &mut Command) {
        let bin = self.desk.path("bin");
        command
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", bin.display()),
            )
            .env("THRICE_STATE", self.desk.path("state"))
            .env("PGHOST", self.server.host())
            .env("PGUSER", "postgres");
    }

    fn audit(&self, more: &[&str]) -> (i32, Value) {
        self.audit_at(self.server.host(), more)
    }

    /// Exit code and document, with a server there.
    fn audit_at(&self, host: &str, more: &[&str]) -> (i32, Value) {
        let mut command = self
            .desk
            .thrice(&["audit", "shop.thrice", "--format", "json"]);
        self.environment(&mut command);
        let output = command.args(more).env("PGHOST", host).output().unwrap();
        let document = serde_json::from_str(stdout(&output));
        (output.status.code().unwrap(), document.unwrap())
    }
}

/// Codes and messages, the folder of the test apart.
fn told(stage: &Stage, document: &Value) -> Vec<String> {
    let folder = stage.desk.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/').to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|f| {
            let (code, message) = (f["code"].as_str().unwrap(), f["message"].as_str().unwrap());
            format!("{code} {message}").replace(&folder, "DESK")
        })
        .collect()
}

#[test]
fn what_a_capture_left_is_compared_with_its_list() {
    let stage = Stage::new();
    let (code, found) = stage.audit(&[]);
    assert_eq!((code, told(&stage, &found)), (0, vec![]), "{found:#}");
    let figure = |name: &str| {
        let figures = found["figures"].as_array().unwrap();
        let found = figures.iter().find(|figure| figure["name"] == name);
        found.unwrap()["value"].as_i64().unwrap()
    };
    assert_eq!(figure("step_left_files"), 2, "a database, and the roles");
    assert!(figure("step_left_bytes") > 0 && figure("step_read_bytes") > 0);
    let dump = stage.desk.path("dumps/app-latest.dump");
    let whole = fs::read(&dump).unwrap();
    let mut other = whole.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&dump, &other).unwrap();
    assert_eq!(stage.audit(&["--no-checksums"]).0, 0, "of the same size");
    let broken = ["T3205 1 of 2 files that `dump` left is not as it left them"];
    let (code, found) = stage.audit(&[]);
    assert_eq!(
        (code, told(&stage, &found)),
        (1, broken.map(str::to_owned).to_vec())
    );
    fs::remove_file(&dump).unwrap();
    let (code, found) = stage.audit(&["--no-checksums"]);
    assert_eq!(
        (code, told(&stage, &found)),
        (1, broken.map(str::to_owned).to_vec())
    );
    fs::write(&dump, &whole).unwrap();
    fs::remove_file(stage.desk.path("dumps.manifest")).unwrap();
    let (code, found) = stage.audit(&[]);
    let lost = "T3205 what `dump` left cannot be compared: its list is not there";
    assert_eq!((code, told(&stage, &found)), (3, vec![lost.to_owned()]));
    stage.desk.put("dumps.manifest", b"nonsense\n");
    let (code, found) = stage.audit(&[]);
    assert_eq!(code, 3, "{found:#}");
    assert!(told(&stage, &found)[0].starts_with("T3209 `dump` could not be measured"));
}

#[test]
fn databases_volumes_and_folders_that_nobody_mentions_are_told_of() {
    let stage = Stage::new();
    let desk = &stage.desk;
    stage.server.sql("postgres", "CREATE DATABASE billing");
    desk.put("srv/mail/inbox", b"x");
    for part in ["config", "data/00", "keys/a", "snapshots/b"] {
        desk.put(&format!("srv/old/{part}"), b"x");
    }
    // No engine can be run here: this answers as Docker documents it.
    let volumes = "shop_cache\\t/var/lib/docker/volumes/shop_cache/_data\\npg\\t/DESK/srv/pg";
    let volumes = volumes.replace(
        "/DESK",
        desk.path("").to_str().unwrap().trim_end_matches('/'),
    );
    let docker = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] || [ \"$*\" = 'volume ls --format {{{{.Name}}}}\t{{{{.Mountpoint}}}}' ] || exit 1\n[ \"$1\" = --version ] || printf '{volumes}\\n'\n"
    );
    desk.put("bin/docker", docker.as_bytes());
    fs::set_permissions(desk.path("bin/docker"), fs::Permissions::from_mode(0o755)).unwrap();
    let (code, found) = stage.audit(&[]);
    let wanted = [
        "T3210 the server that `dump` dumps has databases that the policy does not mention: `billing`",
        "T3210 there are volumes of containers that the policy does not mention: `shop_cache`",
        "T3210 beside the data in DESK/srv there are folders that the policy does not mention: `mail`, \
         `old` (a repository of restic)",
    ];
    assert_eq!(
        (code, told(&stage, &found)),
        (0, wanted.map(str::to_owned).to_vec())
    );
    assert_eq!(stage.audit(&["--strict"]).0, 1);
    let skips = "skip billing, shop_cache, mail, old because \"a test\"\n";
    let policy = desk.text("shop.thrice");
    desk.put("shop.thrice", format!("{policy}{skips}").as_bytes());
    let (code, found) = stage.audit(&["--strict"]);
    assert_eq!((code, told(&stage, &found)), (0, vec![]), "{found:#}");
    desk.put("shop.thrice", policy.as_bytes());
    desk.put(
        "bin/docker",
        b"#!/bin/sh\necho 'is the docker daemon running?' >&2\nexit 1\n",
    );
    assert_eq!(
        stage.dump(),
        1,
        "by default what is not listed fails a capture"
    );
    let (code, found) = stage.audit_at("/nowhere", &[]);
    let told = told(&stage, &found);
    assert_eq!(code, 1, "{told:#?}");
    assert!(
        told.iter().any(|line| line
            == "T3210 the last run of `dump` found 1 thing that the policy does not list"),
        "{told:#?}"
    );
    for blind in [
        "databases of its server cannot be listed",
        "the volumes of docker cannot be listed (exit code 1)",
    ] {
        assert!(
            told.iter()
                .any(|line| line.starts_with("T3209") && line.contains(blind)),
            "{told:#?}"
        );
    }
}

#[test]
fn a_store_is_as_large_and_as_free_as_promised() {
    let stage = Stage::new();
    let desk = &stage.desk;
    let policy = desk.text("shop.thrice");
    let sized = |capacity: &str| {
        policy.replace("medium nvme", &format!("medium nvme; capacity {capacity}"))
    };
    desk.put("shop.thrice", sized("900000 TB").as_bytes());
    let (code, found) = stage.audit(&[]);
    assert_eq!(
        (code, &found["findings"][0]["code"]),
        (1, &"T3203".into()),
        "{found:#}"
    );
    let voids = serde_json::json!([{"obligation": "capacity", "subjects": ["web.disk"]}]);
    assert_eq!(found["findings"][0]["voids"], voids);
    desk.put("shop.thrice", sized("1 kB").as_bytes());
    let (code, found) = stage.audit(&[]);
    assert_eq!(
        (code, &found["findings"][0]["code"]),
        (1, &"T3204".into()),
        "{found:#}"
    );
    desk.put(
        "shop.thrice",
        policy
            .replace("medium nvme", "medium nvme; mounted at /srv")
            .as_bytes(),
    );
    fs::create_dir_all("/srv").unwrap();
    let (_, found) = stage.audit(&[]);
    let told = told(&stage, &found);
    assert!(
        told.iter()
            .any(|line| line.ends_with("nothing is mounted at /srv")),
        "{told:#?}"
    );
}
