//! The plan carried out by its program, against a stand-in that answers as Zerobyte's source says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::stand_in::{Request, serve};
use thrice_target_zerobyte::emit;
use thrice_test_support::{Finished, finish, shell::shellcheck};

use common::{Stage, errors, rules, usual};

const JOB: &str = include_str!("../schema/job.schema.json");

/// What a Zerobyte knows.
#[derive(Default)]
struct State {
    volumes: Vec<Value>,
    repositories: Vec<Value>,
    jobs: Vec<Value>,
    destinations: Vec<Value>,
    assignments: Map<String, Value>,
    /// Calls that change something.
    changed: Vec<String>,
    /// Whether addresses read back encrypted, as those of newer versions do.
    encrypts: bool,
    next: u64,
}

impl State {
    /// A schedule as `createSchedule` and `updateSchedule` store it: what a change leaves out of the
    /// retries is reset, and it never changes the volume.
    fn store(&self, old: &Value, body: &Value) -> Value {
        let mut job = old.as_object().cloned().unwrap_or_default();
        job.insert("maxRetries".to_owned(), 2.into());
        job.insert("retryDelay".to_owned(), 15.into());
        let is_new = old.is_null();
        for (name, value) in body.as_object().unwrap() {
            match name.as_str() {
                "volumeId" if is_new => {
                    let volume = self
                        .volumes
                        .iter()
                        .find(|volume| volume["shortId"] == *value)
                        .unwrap();
                    job.insert("volume".to_owned(), volume.clone());
                    job.insert("volumeId".to_owned(), volume["id"].clone());
                }
                "volumeId" => {}
                "repositoryId" => {
                    let repository = self
                        .repositories
                        .iter()
                        .find(|it| it["shortId"] == *value)
                        .unwrap();
                    job.insert("repository".to_owned(), repository.clone());
                    job.insert("repositoryId".to_owned(), repository["id"].clone());
                }
                // Empty lists come back as nothing.
                _ if *value == json!([]) => drop(job.insert(name.clone(), Value::Null)),
                _ => drop(job.insert(name.clone(), value.clone())),
            }
        }
        Value::Object(job)
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        if request.headers.get("x-api-key").map(String::as_str) != Some("a-key") {
            return (401, json!({ "message": "Unauthorized" }));
        }
        let Some(path) = request.path.strip_prefix("/api/v1/") else {
            return (404, Value::Null);
        };
        let parts: Vec<&str> = path.split('/').collect();
        if request.method != "GET" {
            self.changed.push(format!("{} {path}", request.method));
        }
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["volumes"]) => (200, self.volumes.clone().into()),
            ("GET", ["repositories"]) => (200, self.repositories.clone().into()),
            ("GET", ["backups"]) => (200, self.jobs.clone().into()),
            ("GET", ["notifications", "destinations"]) => {
                let mut shown = self.destinations.clone();
                for destination in shown.iter_mut().filter(|_| self.encrypts) {
                    destination["config"]["url"] = "encv1:0badcafe".into();
                }
                (200, shown.into())
            }
            ("POST" | "PATCH", ["backups", ..]) if !errors(JOB, &request.body).is_empty() => {
                (400, json!(errors(JOB, &request.body)))
            }
            ("POST", ["backups"]) => {
                if self
                    .jobs
                    .iter()
                    .any(|job| job["name"] == request.body["name"])
                {
                    return (409, json!({ "message": "a schedule has this name" }));
                }
                let mut job = self.store(&Value::Null, &request.body);
                self.next += 1;
                job["shortId"] = format!("job{}", self.next).into();
                self.jobs.push(job.clone());
                (201, job)
            }
            ("PATCH", ["backups", id]) => {
                let Some(at) = self.jobs.iter().position(|job| job["shortId"] == *id) else {
                    return (404, Value::Null);
                };
                self.jobs[at] = self.store(&self.jobs[at], &request.body);
                (200, self.jobs[at].clone())
            }
            ("GET", ["backups", id, "notifications"]) => (
                200,
                self.assignments
                    .get(*id)
                    .cloned()
                    .unwrap_or_else(|| json!([])),
            ),
            ("PUT", ["backups", id, "notifications"]) => self.assign(id, &request.body),
            ("POST", ["notifications", "destinations"]) => {
                self.next += 1;
                let mut destination = json!({ "id": self.next, "enabled": true });
                let right = set_destination(&mut destination, &request.body);
                self.destinations.push(destination.clone());
                (if right { 201 } else { 400 }, destination)
            }
            ("PATCH", ["notifications", "destinations", id]) => {
                let it = self
                    .destinations
                    .iter_mut()
                    .find(|it| it["id"].as_u64() == id.parse().ok())
                    .unwrap();
                (
                    if set_destination(it, &request.body) {
                        200
                    } else {
                        400
                    },
                    it.clone(),
                )
            }
            _ => (404, Value::Null),
        }
    }

    fn assign(&mut self, id: &str, body: &Value) -> (u16, Value) {
        let mut list = Vec::new();
        for assignment in body["assignments"].as_array().unwrap() {
            let flags = [
                "notifyOnStart",
                "notifyOnSuccess",
                "notifyOnWarning",
                "notifyOnFailure",
            ];
            let destination = self
                .destinations
                .iter()
                .find(|it| it["id"] == assignment["destinationId"]);
            let (Some(destination), true, 5) = (
                destination,
                flags.iter().all(|flag| assignment[*flag].is_boolean()),
                assignment.as_object().unwrap().len(),
            ) else {
                return (400, assignment.clone());
            };
            let mut shown = assignment.clone();
            shown["scheduleId"] = 7.into();
            shown["createdAt"] = 1.into();
            shown["destination"] = destination.clone();
            list.push(shown);
        }
        self.assignments.insert(id.to_owned(), list.into());
        (200, self.assignments[id].clone())
    }
}

/// Names become slugs (`slugify`, lower and strict).
fn set_destination(destination: &mut Value, body: &Value) -> bool {
    for (name, value) in body.as_object().unwrap() {
        match name.as_str() {
            "name" => {
                let strict = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
                let slug: String = value
                    .as_str()
                    .unwrap()
                    .to_lowercase()
                    .chars()
                    .filter(strict)
                    .collect();
                destination["name"] = slug.into();
            }
            "config" => {
                destination["config"] = value.clone();
                destination["type"] = value["type"].clone();
            }
            "enabled" => destination["enabled"] = value.clone(),
            _ => return false,
        }
    }
    destination["config"]["url"]
        .as_str()
        .is_some_and(|url| url.starts_with("https://"))
}

struct Zerobyte {
    bench: Bench,
    state: Arc<Mutex<State>>,
}

impl Zerobyte {
    /// One that was started with the provisioning file.
    fn new(emitted: &[Artefact]) -> Self {
        let provisioning: Value = serde_json::from_str(emitted[0].text()).unwrap();
        let made = |list: &str, prefix: &str| -> Vec<Value> {
            let entries = provisioning[list].as_array().unwrap().iter().enumerate();
            entries
                .map(|(at, entry)| {
                    let id = entry["id"].as_str().unwrap();
                    json!({ "id": at + 40, "shortId": format!("{prefix}{at}"), "name": entry["name"], "provisioningId": format!("provisioned:org1:{id}") })
                })
                .collect()
        };
        let state = State {
            volumes: made("volumes", "vol"),
            repositories: made("repositories", "repo"),
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let its = Arc::clone(&state);
        let url = serve(move |request| its.lock().unwrap().answer(&request));
        let mut bench = Bench::new();
        for (name, value) in [
            ("ZEROBYTE_URL", url.as_str()),
            ("ZEROBYTE_API_KEY", "a-key"),
            ("ZEROBYTE_ORGANIZATION_ID", "org1"),
            ("ZEROBYTE_TZ", "UTC"),
            (
                "HC_PING_KEY_DB_FULL",
                "https://hc-ping.com/a-ping-key/db_full",
            ),
        ] {
            bench.set(name, value);
        }
        Self { bench, state }
    }

    fn apply(&self, emitted: &[Artefact], arguments: &[&str]) -> Finished {
        self.bench.install(&emitted[0]);
        self.bench.install(&emitted[1]);
        finish(self.bench.command(&emitted[2]).args(arguments))
    }

    /// The calls that changed something since the last time this was asked.
    fn changed(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().changed)
    }

    fn edit(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }
}

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
