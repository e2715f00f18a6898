//! Everything that is emitted from one policy with a step of each kind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::collections::BTreeMap;

use jiff::civil::date;
use serde_json::Value;
use thrice_build::{MANIFEST, build};
use thrice_model::{
    AgeClock, Application, CaptureMethod, CaptureParts, HostKind, Location, MonitorKind,
    RunnerKind, Source, Step, StepId, StepTarget, Subset, Verb,
};
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::Fixture;
use thrice_target::{Artefact, sha256};

/// Changes a step's runner.
fn by(kind: RunnerKind) -> impl FnOnce(&mut Step) {
    move |step| {
        step.runner.kind = kind;
        if kind == RunnerKind::Hand {
            step.runner.host = None;
            step.application = Application::ByHand;
        }
    }
}

fn capture(runs: Option<&str>) -> Verb {
    Verb::Capture(Box::new(CaptureParts {
        method: CaptureMethod::PgDump,
        atomic: true,
        runs: runs.map(str::to_owned),
        user: None,
        container: None,
        keeps: None,
    }))
}

fn expire(clock: AgeClock) -> Verb {
    Verb::Expire {
        after: Interval::point(Seconds::days(30)),
        clock,
        deprecated_prefix: false,
        noncurrent: false,
    }
}

struct Stage {
    fixture: Fixture,
    expected: BTreeMap<&'static str, &'static str>,
}

impl Stage {
    fn step(
        &mut self,
        name: &'static str,
        application: &'static str,
        id: StepId,
        edit: impl FnOnce(&mut Step),
    ) {
        self.fixture.edit(id, |step| step.named.name = name.into());
        self.fixture.edit(id, edit);
        self.expected.insert(name, application);
    }
}

/// A policy with a step of each kind, run in each way; the values are what the manifest must say.
fn stage() -> Stage {
    let mut f = Fixture::new("everything");
    let app = f.host("app", HostKind::Host);
    f.tool(app, "restic", "0.18.0");
    f.tool(app, "rclone", "1.75.2");
    let nas = f.host("truenas", HostKind::Nas);
    let files = f.file_system(app, "local", "/");
    let tank = f.file_system(nas, "tank", "/mnt/tank");
    let s3 = f.host("s3", HostKind::ObjectStorage);
    let (backups, shared) = (
        f.bucket(s3, "backups", "backups"),
        f.bucket(s3, "shared", "shared"),
    );
    let key = f.key("k", Some("/etc/thrice/k"));
    let credential = f.credential("writer", Some(s3), Some("/etc/thrice/writer.env"));
    let repository = f.repository(
        "repo",
        Fixture::location(backups, "/"),
        (0, 18),
        key,
        Some(credential),
    );
    let deadman = f.monitor("deadman", MonitorKind::Healthchecks, "HC_PING_KEY");
    let class = f.class("databases", Fixture::location(files, "/srv/db"));
    let span = f.model.hosts[app].named.span;
    let into = |id| StepTarget::Repository(id, span);
    let copy = Verb::Copy {
        include: Default::default(),
        latest_only: false,
        immutable: false,
        transit: false,
    };
    let sync = Verb::Sync {
        max_delete: None,
        backup_dir: None,
        transit: false,
    };
    let keep = Verb::Backup {
        keep: None,
        prune: false,
        exclude: Default::default(),
        flags: Default::default(),
        mirror: None,
    };
    let at = |store, path: &str| -> Location { Fixture::location(store, path) };

    let mut s = Stage {
        fixture: f,
        expected: BTreeMap::new(),
    };
    let new = |s: &mut Stage, verb, host| s.fixture.step("x", verb, host);
    let id = new(&mut s, capture(Some("/opt/dump")), app);
    s.step("dump", "emitted", id, |step| {
        step.classes = vec![(class, span)].into();
        step.target = Fixture::writes(at(files, "/srv/dumps"));
        step.monitor = Some((deadman, span));
    });
    let id = new(&mut s, capture(None), app);
    s.step("dump_redis", "emitted", id, |step| {
        step.target = Fixture::writes(at(files, "/srv/redis"))
    });
    let id = new(&mut s, keep, app);
    s.step("backup_db", "emitted", id, |step| {
        step.classes = vec![(class, span)].into();
        step.source = Fixture::reads(at(files, "/srv/dumps"));
        step.target = into(repository);
    });
    let id = new(&mut s, Verb::Check(Subset::Structure), app);
    s.step("check", "emitted", id, |step| {
        step.source = Source::Repository(repository, span);
        by(RunnerKind::Executor)(step);
    });
    let id = new(&mut s, copy.clone(), app);
    s.step("upload", "emitted", id, |step| {
        step.source = Fixture::reads(at(files, "/srv/dumps"));
        step.target = Fixture::writes(at(shared, "/dumps"));
        step.credential = Some((credential, span));
        by(RunnerKind::Executor)(step);
    });
    let id = new(&mut s, sync, nas);
    s.step("nas_copy", "api", id, |step| {
        step.source = Fixture::reads(at(backups, "/"));
        step.target = Fixture::writes(at(tank, "/mirror"));
        step.credential = Some((credential, span));
        step.lifetime.from = date(2026, 9, 1);
        by(RunnerKind::TrueNas)(step);
    });
    s.expected.remove("nas_copy");
    let id = new(&mut s, expire(AgeClock::Upload), s3);
    s.step("exports", "api", id, |step| {
        step.source = Fixture::reads(at(shared, "/exports"));
        by(RunnerKind::Lifecycle)(step);
    });
    let id = new(&mut s, expire(AgeClock::Upload), s3);
    s.step("seeds", "api", id, |step| {
        step.source = Fixture::reads(at(shared, "/seed-data"));
        by(RunnerKind::Lifecycle)(step);
    });
    let id = new(&mut s, expire(AgeClock::Mtime), app);
    s.step("tidy", "emitted", id, |step| {
        step.source = Fixture::reads(at(files, "/srv/dumps"));
        step.lifetime.until = Some(date(2026, 9, 1));
    });
    let id = new(&mut s, Verb::Drill, app);
    s.step("restore_test", "by-hand", id, |step| {
        step.source = Source::Repository(repository, span);
        by(RunnerKind::Hand)(step);
    });
    let id = new(&mut s, copy.clone(), app);
    s.step(
        "raw_by_zerobyte",
        "not-emitted",
        id,
        by(RunnerKind::Zerobyte),
    );
    let keep = Verb::Backup {
        keep: None,
        prune: false,
        exclude: Default::default(),
        flags: Default::default(),
        mirror: None,
    };
    let id = new(&mut s, keep, app);
    s.step("backup_by_zerobyte", "api", id, |step| {
        step.source = Fixture::reads(at(files, "/srv/other"));
        step.target = into(repository);
        by(RunnerKind::Zerobyte)(step);
    });
    let id = new(&mut s, copy, app);
    s.step("timer", "emitted", id, |step| {
        step.source = Fixture::reads(at(files, "/srv/dumps"));
        step.target = Fixture::writes(at(files, "/srv/second"));
        by(RunnerKind::Systemd)(step);
    });
    s
}

fn built() -> Vec<Artefact> {
    build(&stage().fixture.plan()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn manifest(all: &[Artefact]) -> Value {
    let found = all
        .iter()
        .find(|artefact| artefact.path == MANIFEST)
        .expect("there is a manifest");
    serde_json::from_slice(&found.bytes).expect("it is JSON")
}

#[test]
fn every_step_in_force_appears_exactly_once() {
    let all = built();
    let manifest = manifest(&all);
    let found: Vec<(&str, &str)> = manifest["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            (
                step["name"].as_str().unwrap(),
                step["application"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = stage().expected;
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expected);
    for step in manifest["steps"].as_array().unwrap() {
        let application = step["application"].as_str().unwrap();
        let carried_out = application == "emitted" || application == "api";
        assert_eq!(
            step["files"].as_array().unwrap().len(),
            usize::from(carried_out),
            "{step}"
        );
        assert!(
            carried_out || !step["why"].as_str().unwrap().is_empty(),
            "{step}"
        );
    }
    let scripts = all.iter().filter(|artefact| artefact.kind == "script");
    let mut names: Vec<_> = scripts
        .filter_map(|artefact| artefact.step.clone())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "backup_db",
            "check",
            "dump",
            "dump_redis",
            "tidy",
            "timer",
            "upload"
        ]
    );
}

#[test]
fn the_manifest_names_every_file_by_its_sum() {
    let all = built();
    let manifest = manifest(&all);
    let files = manifest["files"].as_array().unwrap();
    let listed: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            (
                file["path"].as_str().unwrap().to_owned(),
                file["sha256"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let others = all.iter().filter(|artefact| artefact.path != MANIFEST);
    let real: Vec<_> = others
        .map(|artefact| (artefact.path.clone(), sha256(&artefact.bytes)))
        .collect();
    assert_eq!(listed, real);
    for path in listed.iter().map(|(path, _)| path) {
        assert!(
            !path.starts_with('/') && !path.contains("..") && !path.contains('\\'),
            "{path}"
        );
    }
}

#[test]
fn the_manifest_as_a_whole() {
    let text = manifest(&built());
    insta::assert_json_snapshot!(text, { ".files[].sha256" => "[sum]" });
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_nothing_of_this_machine() {
    let all = built();
    assert_eq!(all, built());
    for artefact in &all {
        for foreign in [env!("CARGO_MANIFEST_DIR"), "/root", "/home"] {
            assert!(
                !artefact.text().contains(foreign),
                "{} names {foreign}",
                artefact.path
            );
        }
    }
}

#[test]
fn what_comes_next_is_what_is_built_then() {
    let stage = stage();
    let now = built();
    let mut plan = stage.fixture.plan();
    plan.as_of = date(2026, 9, 1);
    let then = build(&plan).unwrap();
    let next = &manifest(&now)["next"];
    assert_eq!(next["date"], "2026-09-01");
    assert_eq!(
        (&next["adds"][0], &next["removes"][0]),
        (&"nas_copy".into(), &"tidy".into())
    );
    let new = then
        .iter()
        .filter(|file| !now.iter().any(|old| old.path == file.path));
    let new: Vec<Value> = new.map(|file| file.path.clone().into()).collect();
    assert_eq!(next["new_files"], Value::Array(new));
    assert!(
        manifest(&then)["next"].is_null(),
        "nothing changes any more"
    );
}

#[test]
fn one_step_that_cannot_be_emitted_stops_all_and_all_are_named() {
    let mut stage = stage();
    let shared = stage
        .fixture
        .model
        .stores
        .iter()
        .find(|(_, s)| s.bucket == "shared")
        .unwrap()
        .0;
    for name in ["upload", "exports"] {
        let id = stage
            .fixture
            .model
            .steps
            .iter()
            .find(|(_, step)| step.named.name == name)
            .unwrap()
            .0;
        stage.fixture.edit(id, |step| {
            step.source = Fixture::reads(Fixture::location(shared, "/dumps/\u{7}\n"));
        });
    }
    let mistakes = build(&stage.fixture.plan()).unwrap_err();
    let about: Vec<_> = mistakes
        .iter()
        .filter_map(|mistake| mistake.subject.clone())
        .collect();
    assert_eq!(about, ["upload", "exports"]);
}
