//! What is emitted for a NAS, applied by its program to a stand-in of TrueNAS' middleware that is as strict.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::fs;

use serde_json::{Value, json};
use thrice_model::{HostId, HostKind, RunnerKind, StepId, Verb};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay, Weekday};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target_truenas::{emit, read};
use thrice_test_support::{Finished, finish, shell::shellcheck};

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).unwrap()
}

fn daily(times: &[&str]) -> Recurrence {
    Recurrence::Daily {
        times: times.iter().map(|text| time(text)).collect(),
    }
}

fn scheduled(fixture: &mut Fixture, host: HostId, name: &str, when: Recurrence) -> StepId {
    let step = fixture.step(name, Verb::Prune, host);
    fixture.edit(step, |step| {
        step.runner.kind = RunnerKind::TrueNas;
        step.timing.schedule = Some((Schedule::utc(when).into(), span()));
    })
}

/// A NAS with jobs, a store with snapshots, and folders that steps write.
fn usual() -> (Fixture, HostId) {
    let mut fixture = Fixture::new("p");
    let nas = fixture.host("nas", HostKind::Nas);
    let tank = fixture.file_system(nas, "tank", "/mnt/tank");
    fixture.model.stores.get_mut(tank).unwrap().snapshots =
        Some((Schedule::utc(daily(&["00:30"])), 30, span()));
    let weekly = Recurrence::Weekly {
        weekday: Weekday::Sunday,
        time: time("12:00"),
    };
    let mirror = scheduled(&mut fixture, nas, "weekly", weekly);
    fixture.edit(mirror, |step| {
        step.target = Fixture::writes(Fixture::location(tank, "/backups-mirror/p"));
    });
    let cron = scheduled(&mut fixture, nas, "twice", daily(&["03:10", "15:20"]));
    fixture.edit(cron, |step| step.runner.kind = RunnerKind::Cron);
    fixture.class("music", Fixture::location(tank, "/media/music"));
    (fixture, nas)
}

struct Nas {
    bench: Bench,
}

impl Nas {
    fn new() -> Self {
        let mut bench = Bench::new();
        bench.program("programs/midclt", include_bytes!("midclt"));
        let state = json!({
            "timezone": "Etc/UTC", "next": 0, "cronjob": [], "pool.snapshottask": [],
            "pool.dataset": [{ "id": "tank", "name": "tank", "type": "FILESYSTEM" }],
        });
        let path = bench.write("nas.json", state.to_string());
        bench.programs(&bench.folder().join("programs"));
        bench.set("MIDCLT_STATE", &path);
        let root = bench.path("root");
        bench.set("THRICE_ROOT", &root);
        Self { bench }
    }

    fn apply(&self, emitted: &[Artefact], arguments: &[&str]) -> Finished {
        self.bench.install(&emitted[0]);
        finish(self.bench.command(&emitted[1]).args(arguments))
    }

    fn state(&self) -> Value {
        serde_json::from_slice(&fs::read(self.bench.folder().join("nas.json")).unwrap()).unwrap()
    }

    fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut state = self.state();
        change(&mut state);
        self.bench.write("nas.json", state.to_string());
    }

    /// The calls that changed something so far.
    fn changes(&self) -> usize {
        fs::read_to_string(self.bench.folder().join("nas.json.changes"))
            .map_or(0, |text| text.lines().count())
    }
}

#[test]
fn what_there_must_be_on_a_nas() {
    let (fixture, _) = usual();
    let emitted = emit(&fixture.plan()).unwrap();
    let places: Vec<_> = emitted
        .iter()
        .map(|file| (file.path.as_str(), file.mode, file.install_to.clone()))
        .collect();
    assert_eq!(
        places,
        [
            ("hosts/nas/truenas/plan.json", 0o644, None),
            ("hosts/nas/truenas/apply", 0o755, None)
        ]
    );
    insta::assert_snapshot!(emitted[0].text());
    assert!(!emitted[0].text().contains("/etc"));
    let facts = read(emitted[0].text()).unwrap();
    assert_eq!(facts.datasets, ["tank/backups-mirror", "tank/media"]);
    assert_eq!(facts.snapshot_tasks[0].lifetime, (30, "DAY".to_owned()));
    let commands: Vec<&str> = facts
        .cron_jobs
        .iter()
        .map(|job| job.command[0].as_str())
        .collect();
    assert_eq!(commands[1..], ["/mnt/tank/thrice/p/bin/twice"; 2]);
    assert!(
        read(
            &emitted[0]
                .text()
                .replace("10 3 * * *", "")
                .replace("\"minute\"", "\"minutes\"")
        )
        .is_err()
    );
}

#[test]
fn the_second_time_nothing_changes() {
    let (fixture, _) = usual();
    let emitted = emit(&fixture.plan()).unwrap();
    let nas = Nas::new();
    assert_eq!(shellcheck(&nas.bench.install(&emitted[1])), Ok(()));
    let checked = nas.apply(&emitted, &["--check"]);
    assert_eq!((checked.code, nas.changes()), (Some(2), 0), "{checked}");
    let first = nas.apply(&emitted, &[]);
    assert!(first.is_success(), "{first}");
    let after = nas.state();
    assert_eq!(nas.changes(), 6, "{first}");
    let task = &after["pool.snapshottask"][0];
    assert_eq!(
        (
            &task["lifetime_value"],
            &task["lifetime_unit"],
            &task["recursive"]
        ),
        (&30.into(), &"DAY".into(), &true.into())
    );
    let job = &after["cronjob"][0];
    assert_eq!(
        (&job["stdout"], &job["stderr"]),
        (&false.into(), &false.into()),
        "nothing is hidden"
    );
    let second = nas.apply(&emitted, &[]);
    assert!(
        second.is_success() && second.stderr.contains("0 changes"),
        "{second}"
    );
    assert_eq!((nas.state(), nas.changes()), (after, 6));
    assert!(nas.apply(&emitted, &["--check"]).is_success());
}

#[test]
fn what_was_edited_by_hand_is_put_right() {
    let (fixture, _) = usual();
    let emitted = emit(&fixture.plan()).unwrap();
    let nas = Nas::new();
    assert!(nas.apply(&emitted, &[]).is_success());
    let right = nas.state();
    nas.edit(|state| {
        state["cronjob"][1]["schedule"]["hour"] = "4".into();
        state["cronjob"][2]["enabled"] = false.into();
        state["pool.snapshottask"][0]["lifetime_value"] = 2.into();
    });
    let again = nas.apply(&emitted, &[]);
    assert!(
        again.is_success() && again.stderr.contains("3 changes"),
        "{again}"
    );
    assert_eq!(nas.state(), right);
}

#[test]
fn jobs_that_the_plan_does_not_have_are_named_and_deleted_on_request() {
    let (mut fixture, nas_host) = usual();
    let extra = scheduled(
        &mut fixture,
        nas_host,
        "extra",
        Recurrence::Hourly { minute: 1 },
    );
    let before = emit(&fixture.plan()).unwrap();
    fixture.edit(extra, |step| {
        step.lifetime.until = Some(thrice_target::fixture::AS_OF)
    });
    let after = emit(&fixture.plan()).unwrap();
    let nas = Nas::new();
    assert!(nas.apply(&before, &[]).is_success());
    nas.edit(|state| {
        let mut foreign = state["cronjob"][0].clone();
        foreign["id"] = 99.into();
        foreign["description"] = "somebody else's".into();
        state["cronjob"].as_array_mut().unwrap().push(foreign);
    });
    let told = nas.apply(&after, &[]);
    assert_eq!(told.code, Some(3), "{told}");
    assert!(told.stderr.contains("thrice p extra (number"), "{told}");
    let removed = nas.apply(&after, &["--remove"]);
    assert!(removed.is_success(), "{removed}");
    let left: Vec<Value> = nas.state()["cronjob"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["description"].clone())
        .collect();
    assert_eq!(
        left,
        [
            "thrice p weekly",
            "thrice p twice",
            "thrice p twice (2)",
            "somebody else's"
        ]
    );
}

#[test]
fn it_stops_where_the_nas_is_not_as_the_policy_thinks() {
    let (fixture, _) = usual();
    let emitted = emit(&fixture.plan()).unwrap();
    for (edit, words) in [
        (
            json!({ "timezone": "Europe/Berlin" }),
            "the clock of this NAS is Europe/Berlin",
        ),
        (json!({ "pool.dataset": [] }), "there is no dataset tank"),
        (
            json!({ "cronjob": [{ "id": 1, "description": "thrice p weekly" }, { "id": 2, "description": "thrice p weekly" }] }),
            "several entries of cronjob",
        ),
    ] {
        let nas = Nas::new();
        nas.edit(|state| {
            state
                .as_object_mut()
                .unwrap()
                .extend(edit.as_object().unwrap().clone())
        });
        let stopped = nas.apply(&emitted, &[]);
        assert_eq!(stopped.code, Some(1), "{stopped}");
        assert!(stopped.stderr.contains(words), "{stopped}");
    }
    let nas = Nas::new();
    nas.bench.write("root/mnt/tank/media/song", "la");
    let warned = nas.apply(&emitted, &[]);
    assert!(
        warned.is_success() && warned.stderr.contains("left as it is"),
        "{warned}"
    );
    assert_eq!(nas.state()["pool.dataset"].as_array().unwrap().len(), 2);
    // The stand-in is as strict as the model of the API.
    let mut wrong = emitted;
    wrong[0].bytes = wrong[0]
        .text()
        .replace("\"lifetime_value\": 30", "\"lifetime\": 30")
        .into_bytes();
    let refused = Nas::new().apply(&wrong, &[]);
    assert!(
        refused.stderr.contains("Extra inputs are not permitted"),
        "{refused}"
    );
    assert_ne!(refused.code, Some(0));
}

#[test]
fn snapshots_that_truenas_cannot_take_as_planned_are_refused() {
    let refused = |change: &dyn Fn(&mut Fixture)| {
        let (mut fixture, _) = usual();
        change(&mut fixture);
        emit(&fixture.plan()).unwrap_err()[0].code.0
    };
    let store = thrice_model::StoreId::from(0);
    let elsewhere = |fixture: &mut Fixture| {
        fixture.model.stores.get_mut(store).unwrap().mounted_at = "/tank".to_owned()
    };
    assert_eq!(refused(&elsewhere), "T2332");
    let abroad = |fixture: &mut Fixture| {
        let when = Schedule {
            when: daily(&["00:30"]),
            zone: ScheduleZone::Named("Europe/Paris".to_owned()),
        };
        fixture.model.stores.get_mut(store).unwrap().snapshots = Some((when, 3, span()));
    };
    assert_eq!(refused(&abroad), "T2333");
    let uneven = |fixture: &mut Fixture| {
        let when = Schedule::utc(Recurrence::EveryMinutes(7));
        fixture.model.stores.get_mut(store).unwrap().snapshots = Some((when, 3, span()));
    };
    assert_eq!(refused(&uneven), "T2333");
}

#[test]
fn a_number_of_snapshots_is_kept_by_the_age_that_the_oldest_reaches() {
    let lifetime = |zone: &str, when: Recurrence, keep: u32| {
        let (mut fixture, nas) = usual();
        fixture.model.hosts.get_mut(nas).unwrap().timezone = zone.to_owned();
        let schedule = Schedule {
            when,
            zone: ScheduleZone::Host,
        };
        fixture
            .model
            .stores
            .get_mut(thrice_model::StoreId::from(0))
            .unwrap()
            .snapshots = Some((schedule, keep, span()));
        let emitted = emit(&fixture.plan()).unwrap();
        read(emitted[0].text()).unwrap().snapshot_tasks[0]
            .lifetime
            .clone()
    };
    let said = |value, unit: &str| (value, unit.to_owned());
    assert_eq!(
        lifetime("UTC", Recurrence::Hourly { minute: 0 }, 24),
        said(1, "DAY")
    );
    assert_eq!(
        lifetime("UTC", Recurrence::Hourly { minute: 0 }, 36),
        said(36, "HOUR")
    );
    let monthly = Recurrence::Monthly {
        day: 1,
        time: time("05:00"),
    };
    // From 1 July to 1 January.
    assert_eq!(lifetime("UTC", monthly, 6), said(184, "DAY"));
    // With the longer night of autumn.
    assert_eq!(
        lifetime("Europe/Paris", daily(&["05:00"]), 2),
        said(49, "HOUR")
    );
}
