//! The role is installed by Ansible itself, on machines of the tests' own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use thrice_build::with_ansible;
use thrice_model::{CaptureMethod, CaptureParts, HostKind, MonitorKind, RunnerKind, Verb};
use thrice_plan::Plan;
use thrice_target::fixture::{Fixture, span};
use thrice_target::{Artefact, sha256};
use thrice_test_support::ansible::{Machine, program};
use thrice_test_support::{Finished, cron, finish};

const SECRET: &str = "/etc/thrice/shop/monitors.env";

/// A host with these captures, each told to a monitor.
fn shop(steps: &[&str]) -> Fixture {
    let mut fixture = Fixture::new("shop");
    let web = fixture.host("web", HostKind::Host);
    let files = fixture.file_system(web, "local", "/");
    let deadman = fixture.monitor("deadman", MonitorKind::Healthchecks, "HC_PING_KEY");
    let class = fixture.class("orders", Fixture::location(files, "/srv/orders"));
    for name in steps {
        let verb = Verb::Capture(Box::new(CaptureParts {
            method: CaptureMethod::PgDump,
            atomic: true,
            runs: Some("/usr/local/bin/export".to_owned()),
            user: None,
            container: None,
            keeps: None,
        }));
        let step = fixture.step(name, verb, web);
        let place = Fixture::location(files, &format!("/srv/{name}"));
        fixture.edit(step, |step| {
            step.classes = vec![(class, span())].into();
            step.target = Fixture::writes(place);
            step.monitor = Some((deadman, span()));
            if *name == "dump" {
                step.runner.kind = RunnerKind::Systemd;
            }
        });
    }
    // As of another policy: it is at the top of every file.
    fixture.model.hash = sha256(steps.join(" ").as_bytes());
    fixture
}

fn before() -> Plan {
    shop(&["a_first", "dump"]).plan()
}

fn after() -> Plan {
    shop(&["dump", "export"]).plan()
}

/// A build of a policy.
struct Built {
    files: Vec<Artefact>,
    folder: TempDir,
}

impl Built {
    fn of(plan: &Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = with_ansible(plan).unwrap();
        for file in &files {
            let path = folder.path().join(&file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.bytes).unwrap();
        }
        Self { files, folder }
    }

    fn ansible(&self) -> PathBuf {
        self.folder.path().join("ansible")
    }

    /// All that is installed on the host: where, and what.
    fn installed(&self) -> Vec<(&str, &Artefact)> {
        let places = self.files.iter();
        let found: Vec<_> = places
            .filter_map(|file| Some((file.install_to.as_deref()?, file)))
            .collect();
        assert!(found.len() > 2, "captures and a crontab");
        found
    }

    /// Demands that the machine has all of it, and no other script.
    fn is_on(&self, machine: &Machine) {
        for (place, file) in self.installed() {
            let path = machine.path(place);
            assert_eq!(text(&path), file.text(), "{place}");
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode, file.mode, "{place}");
        }
        let crontab = text(&machine.path("/etc/cron.d/thrice-shop"));
        cron::check(&crontab).unwrap();
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn done(finished: &Finished) -> String {
    assert!(finished.is_success(), "{finished}");
    finished.stdout.clone()
}

fn unchanged(finished: &Finished) {
    assert!(done(finished).contains(" changed=0 "), "{finished}");
}

/// Refused in these words: Ansible wraps none of them.
fn refused(finished: &Finished, words: &str) {
    assert_eq!(finished.code, Some(2), "{finished}");
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(said.contains(words), "{finished}");
}

#[test]
fn a_host_is_installed_once() {
    let (machine, built) = (Machine::start(), Built::of(&before()));
    let play = |arguments: &[&str]| machine.play(&built.ansible(), "web", arguments);

    refused(
        &play(&[]),
        "not on this host: /etc/thrice/shop/monitors.env",
    );
    assert!(!machine.path("/opt/thrice").exists());

    machine.write(SECRET, 0o600, "HC_PING_KEY=geheim\n");
    let shown = done(&play(&["--check", "--diff"]));
    assert!(shown.contains("/opt/thrice/shop/bin/dump"), "{shown}");
    assert!(!shown.contains("geheim"), "{shown}");
    assert!(!machine.path("/opt/thrice").exists());
    assert!(!machine.path("/etc/cron.d/thrice-shop").exists());

    done(&play(&[]));
    built.is_on(&machine);
    unchanged(&play(&[]));
    assert_eq!(text(&machine.path(SECRET)), "HC_PING_KEY=geheim\n");
}

#[test]
fn an_upgrade_takes_away_what_is_left_over_and_nothing_else() {
    let machine = Machine::start();
    let (old, new) = (Built::of(&before()), Built::of(&after()));
    machine.write(SECRET, 0o600, "");
    done(&machine.play(&old.ansible(), "web", &[]));
    let first = "/opt/thrice/shop/bin/a_first";
    machine.write("/opt/thrice/shop/bin/mine", 0o755, "mine");
    machine.write("/opt/thrice/shop/bin/dump", 0o755, "password=geheim\n");
    machine.write(first, 0o755, "password=geheim\n");

    let words = format!("but changed since it was installed: {first}");
    refused(&machine.play(&new.ansible(), "web", &[]), &words);
    assert_eq!(text(&machine.path(first)), "password=geheim\n");
    assert!(!machine.path("/opt/thrice/shop/bin/export").exists());

    let its = old.installed();
    let (_, of_old) = its.iter().find(|(place, _)| *place == first).unwrap();
    machine.write(first, 0o755, &of_old.bytes);
    let shown = done(&machine.play(&new.ansible(), "web", &["--check", "--diff"]));
    assert!(
        shown.contains("-0 3 * * * root '/opt/thrice/shop/bin/a_first'"),
        "{shown}"
    );
    assert!(!shown.contains("geheim"), "{shown}");

    done(&machine.play(&new.ansible(), "web", &[]));
    new.is_on(&machine);
    let bin = names(&machine.path("/opt/thrice/shop/bin"));
    assert_eq!(bin, ["dump", "export", "mine"]);
}

#[test]
fn a_run_that_is_stopped_is_completed_by_the_next() {
    let machine = Machine::start();
    let (old, new) = (Built::of(&before()), Built::of(&after()));
    let bin = || names(&machine.path("/opt/thrice/shop/bin"));
    machine.write(SECRET, 0o600, "");
    machine.stop_in(&old.ansible(), "web", "Install the files", 1);
    assert_eq!(bin(), ["a_first"]);
    assert!(!machine.path("/etc/cron.d/thrice-shop").exists());

    // The policy goes on meanwhile: what only the stopped run had is left over.
    machine.stop_in(&new.ansible(), "web", "Install the files", 2);
    assert_eq!(bin(), ["a_first", "dump", "export"]);
    machine.stop_in(
        &new.ansible(),
        "web",
        "Remove the files that are left over",
        1,
    );
    new.is_on(&machine);
    assert_eq!(bin(), ["dump", "export"]);
    let list = || -> Value {
        serde_json::from_str(&text(&machine.path("/opt/thrice/shop/installed.json"))).unwrap()
    };
    assert_ne!(list()["files"]["/opt/thrice/shop/bin/a_first"], Value::Null);

    done(&machine.play(&new.ansible(), "web", &[]));
    let sums = new.installed();
    let sums = sums
        .iter()
        .map(|(place, file)| ((*place).to_owned(), json!([sha256(&file.bytes)])));
    assert_eq!(list()["files"], Value::Object(sums.collect()));
}

#[test]
fn what_a_program_does_not_take_and_what_is_somebody_elses_stays_out() {
    let (machine, built) = (Machine::start(), Built::of(&before()));
    machine.write(SECRET, 0o600, "");
    let crontab = "/etc/cron.d/thrice-shop";
    machine.write(crontab, 0o644, "# mine\n");
    let words = format!("somebody else's, and in the way: {crontab}");
    refused(&machine.play(&built.ansible(), "web", &[]), &words);
    fs::remove_file(machine.path(crontab)).unwrap();

    let role = built.ansible().join("roles/thrice");
    let source = role.join("files/hosts/web/cron.d/thrice-shop");
    let bad = text(&source).replace("0 3 * * *", "61 3 * * *");
    fs::write(&source, &bad).unwrap();
    let play = || machine.play(&built.ansible(), "web", &[]);
    refused(
        &play(),
        "hosts/web/cron.d/thrice-shop is not what thrice wrote",
    );

    // With its checksum it gets as far as crontab.
    let variables = role.join("vars/hosts/web.json");
    let (_, file) = *built
        .installed()
        .iter()
        .find(|(place, _)| *place == crontab)
        .unwrap();
    let sums = text(&variables).replace(&sha256(&file.bytes), &sha256(bad.as_bytes()));
    fs::write(&variables, sums).unwrap();
    refused(&play(), "bad minute");
    assert!(!machine.path(crontab).exists());
}

#[test]
fn a_nas_gets_calls_and_nothing_under_etc() {
    let mut fixture = Fixture::new("shop");
    let nas = fixture.host("truenas", HostKind::Nas);
    let tank = fixture.file_system(nas, "tank", "/mnt/tank");
    let step = fixture.step(
        "tidy",
        Verb::Capture(Box::new(CaptureParts {
            method: CaptureMethod::Files,
            atomic: true,
            runs: Some("/mnt/tank/export".to_owned()),
            user: None,
            container: None,
            keeps: None,
        })),
        nas,
    );
    fixture.edit(step, |step| {
        step.target = Fixture::writes(Fixture::location(tank, "/exports"));
        step.runner.kind = RunnerKind::TrueNas;
    });
    let (machine, built) = (Machine::start(), Built::of(&fixture.plan()));
    let state = machine.path("/mnt/state.json");
    let own = "set -- \"$@\"; export MIDCLT_STATE=/mnt/state.json; exec /mnt/midclt \"$@\"\n";
    machine.write(
        "/mnt/midclt",
        0o755,
        include_bytes!("../../truenas/tests/midclt"),
    );
    machine.write("/mnt/programs/midclt", 0o755, format!("#!/bin/sh\n{own}"));
    fs::write(
        &state,
        json!({
            "timezone": "UTC", "cronjob": [], "pool.snapshottask": [],
            "pool.dataset": [{ "id": "tank", "name": "tank" }],
        })
        .to_string(),
    )
    .unwrap();
    let etc = || names(&machine.path("/etc/cron.d"));
    let was = etc();
    let path = format!("/mnt/programs:{}", std::env::var("PATH").unwrap());
    let play = || {
        finish(
            machine
                .playbook(&built.ansible(), "truenas", &[])
                .env("PATH", &path),
        )
    };
    done(&play());
    let jobs: Value = serde_json::from_str(&text(&state)).unwrap();
    let command = jobs["cronjob"][0]["command"].as_str().unwrap();
    assert!(command.contains("/mnt/tank/thrice/shop/bin/tidy"), "{jobs}");
    assert!(machine.path("/mnt/tank/thrice/shop/bin/tidy").is_file());
    assert_eq!(etc(), was);
    assert!(!machine.path("/opt/thrice").exists() && !machine.path("/etc/thrice").exists());
    unchanged(&play());
}

#[test]
fn the_role_passes_the_production_profile() {
    let built = Built::of(&before());
    let mut lint = Command::new(program("ansible-lint"));
    let programs = program("ansible-lint").parent().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap();
    let finished = finish(
        lint.args(["--offline", "--nocolor", "--profile", "production"])
            .current_dir(built.ansible())
            .env("HOME", built.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", format!("{}:{path}", programs.display())),
    );
    assert!(finished.is_success(), "{finished}");
    assert!(finished.stderr.contains("it passed"), "{finished}");
}
