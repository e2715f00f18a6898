//! The plan carried out by its program, against a stand-in that answers as Zerobyte's source says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;
mod stand_in;

use serde_json::{Value, json};
use thrice_target_zerobyte::emit;
use thrice_test_support::shell::shellcheck;

use common::{Stage, rules, usual};
use stand_in::Zerobyte;

#[test]
fn the_second_time_nothing_changes() {
    let emitted = usual().emitted();
    let zerobyte = Zerobyte::new(&emitted);
    assert_eq!(shellcheck(&zerobyte.bench.install(&emitted[2])), Ok(()));
    let checked = zerobyte.apply(&emitted, &["--check"]);
    assert_eq!(
        (checked.code, zerobyte.changed().len()),
        (Some(2), 0),
        "{checked}"
    );
    let first = zerobyte.apply(&emitted, &[]);
    assert!(
        first.is_success() && first.stderr.contains("4 changes"),
        "{first}"
    );
    let calls = zerobyte.changed();
    assert_eq!(
        calls,
        [
            "POST backups",
            "POST notifications/destinations",
            "POST backups",
            "PUT backups/job1/notifications"
        ]
    );
    {
        let state = zerobyte.state.lock().unwrap();
        let job = &state.jobs[0];
        assert_eq!(
            (&job["volume"]["shortId"], &job["repository"]["shortId"]),
            (&"vol0".into(), &"repo0".into())
        );
        assert_eq!(
            job["retentionPolicy"],
            json!({ "keepDaily": 7, "keepWeekly": 4 })
        );
        assert_eq!(
            state.destinations[0]["config"]["url"],
            "https://hc-ping.com/a-ping-key/db_full"
        );
        assert_eq!(state.assignments["job1"][0]["notifyOnSuccess"], true);
    }
    let second = zerobyte.apply(&emitted, &[]);
    assert!(
        second.is_success() && second.stderr.contains("0 changes"),
        "{second}"
    );
    assert_eq!(zerobyte.changed(), [""; 0]);
    // An address that reads back encrypted cannot be compared, and is let be.
    zerobyte.edit(|state| state.encrypts = true);
    assert!(zerobyte.apply(&emitted, &[]).is_success());
    assert_eq!(zerobyte.changed(), [""; 0]);
    for output in [&first, &second] {
        assert!(
            !output.to_string().contains("a-ping-key") && !output.to_string().contains("a-key"),
            "{output}"
        );
    }
}

#[test]
fn what_was_edited_by_hand_is_put_right() {
    let emitted = usual().emitted();
    let zerobyte = Zerobyte::new(&emitted);
    assert!(zerobyte.apply(&emitted, &[]).is_success());
    let right = zerobyte.state.lock().unwrap().jobs.clone();
    zerobyte.changed();
    zerobyte.edit(|state| {
        state.jobs[0]["retentionPolicy"]["keepYearly"] = 2.into();
        state.jobs[1]["maxRetries"] = 0.into();
        state.jobs[1]["excludePatterns"] = Value::Null;
        state.destinations[0]["enabled"] = false.into();
        state.assignments["job1"][0]["notifyOnFailure"] = true.into();
    });
    let again = zerobyte.apply(&emitted, &[]);
    assert!(
        again.is_success() && again.stderr.contains("4 changes"),
        "{again}"
    );
    let state = zerobyte.state.lock().unwrap();
    assert_eq!(state.jobs, right);
    assert_eq!(
        (
            &state.destinations[0]["enabled"],
            &state.assignments["job1"][0]["notifyOnFailure"]
        ),
        (&true.into(), &false.into())
    );
}

#[test]
fn jobs_of_steps_that_ended_are_named() {
    let mut stage = usual();
    let before = stage.emitted();
    let id = stage.fixture.model.steps.ids().next().unwrap();
    stage.fixture.edit(id, |step| {
        step.lifetime.until = Some(thrice_target::fixture::AS_OF)
    });
    let after = stage.emitted();
    let zerobyte = Zerobyte::new(&before);
    assert!(zerobyte.apply(&before, &[]).is_success());
    zerobyte.edit(|state| {
        let mut foreign = state.jobs[0].clone();
        foreign["name"] = "photos".into();
        state.jobs.push(foreign);
    });
    let told = zerobyte.apply(&after, &[]);
    assert_eq!(told.code, Some(3), "{told}");
    assert!(
        told.stderr
            .contains("not in the plan any more: job vpai/db_full")
            && !told.stderr.contains("photos"),
        "{told}"
    );
}

#[test]
fn it_stops_where_zerobyte_is_not_as_the_plan_thinks() {
    let emitted = usual().emitted();
    let stops = |zerobyte: &Zerobyte, words: &str| {
        let stopped = zerobyte.apply(&emitted, &[]);
        assert!(
            !stopped.is_success() && stopped.stderr.contains(words),
            "{stopped}"
        );
    };
    let mut zerobyte = Zerobyte::new(&emitted);
    zerobyte.edit(|state| state.repositories.clear());
    stops(&zerobyte, "there is no repository vpai_restic");
    assert_eq!(zerobyte.changed(), [""; 0]);
    for (name, value, words) in [
        (
            "ZEROBYTE_TZ",
            "Europe/Berlin",
            "TZ of its container is Europe/Berlin",
        ),
        ("ZEROBYTE_TZ", "", "ZEROBYTE_TZ is not set"),
        ("ZEROBYTE_TZ", "Etc/UTC", "there is no repository"),
        ("HC_PING_KEY_DB_FULL", "", "HC_PING_KEY_DB_FULL is not set"),
        (
            "ZEROBYTE_API_KEY",
            "another",
            "Zerobyte refuses: GET /volumes",
        ),
    ] {
        zerobyte.bench.set(name, value);
        stops(&zerobyte, words);
    }

    let zerobyte = Zerobyte::new(&emitted);
    assert!(zerobyte.apply(&emitted, &[]).is_success());
    zerobyte.edit(|state| state.jobs[0]["volume"]["shortId"] = "vol9".into());
    stops(&zerobyte, "reads another volume");
    zerobyte.edit(|state| state.jobs[1] = state.jobs[0].clone());
    stops(&zerobyte, "there are several of job of db_full");
    // Something that is taken and not kept.
    let mut wrong = emitted.clone();
    wrong[1].bytes = wrong[1]
        .text()
        .replace(
            "\"notifyOnStart\": false",
            "\"notifyOnStart\": false, \"x\": 1",
        )
        .into_bytes();
    let refused = Zerobyte::new(&emitted).apply(&wrong, &[]);
    assert!(
        refused.stderr.contains("Zerobyte refuses: PUT"),
        "{refused}"
    );
}

#[test]
fn the_provisioning_file_is_filled_in_from_the_environment() {
    let emitted = usual().emitted();
    let mut zerobyte = Zerobyte::new(&emitted);
    let missing = zerobyte.apply(&emitted, &["--provisioning"]);
    assert!(
        !missing.is_success() && missing.stderr.contains("ZEROBYTE_USER_VPAI is not set"),
        "{missing}"
    );
    zerobyte.bench.set("ZEROBYTE_USER_VPAI", "reader");
    zerobyte
        .bench
        .set("ZEROBYTE_KNOWN_HOSTS_VPAI", "vpai ssh-ed25519 AAAA");
    let filled = zerobyte.apply(&emitted, &["--provisioning"]);
    assert!(filled.is_success(), "{filled}");
    let filled: Value = serde_json::from_str(&filled.stdout).unwrap();
    assert_eq!(filled["volumes"][0]["config"]["username"], "reader");
    assert_eq!(filled["repositories"][0]["organizationId"], "org1");
    assert!(!filled.to_string().contains('@'));
}

#[test]
fn two_names_that_give_one_slug_are_two_destinations() {
    let mut stage = Stage::new();
    let here = stage.here;
    let monitor = stage
        .fixture
        .monitor("deadman", thrice_model::MonitorKind::Healthchecks, "HC");
    for name in ["a_b", "a-b"] {
        let id = stage.backup(name, here, "/a", rules(7));
        stage.fixture.edit(id, |step| {
            step.monitor = Some((monitor, thrice_target::fixture::span()))
        });
    }
    let emitted = emit(&stage.fixture.plan()).unwrap();
    let plan: Value = serde_json::from_str(emitted[1].text()).unwrap();
    let names: Vec<&Value> = plan["calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["match_by"]["path"] == "/notifications/destinations")
        .map(|call| &call["match_by"]["value"])
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}
