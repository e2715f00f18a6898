//! What must watch each step, made at a stand-in of healthchecks' Management API that is as strict.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use thrice_model::{HostKind, MonitorKind, StepId, Verb};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay};
use thrice_quantity::{Interval, Seconds};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target::stand_in::{Request, serve};
use thrice_target_monitors::{emit, read};
use thrice_test_support::{Finished, finish, shell::shellcheck};

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).unwrap()
}

/// A policy with steps of several rhythms that a monitor watches: runs of up to 30 min, grace 1 h.
fn watched_by(kind: MonitorKind) -> (Fixture, Vec<StepId>) {
    let mut fixture = Fixture::new("P");
    let host = fixture.host("h", HostKind::Host);
    let monitor = fixture.monitor("deadman", kind, "DEADMAN");
    let mut steps = Vec::new();
    for (name, when, zone) in [
        (
            "nightly",
            Recurrence::Daily {
                times: vec![time("03:00")],
            },
            "Europe/Paris",
        ),
        (
            "twice",
            Recurrence::Daily {
                times: vec![time("03:10"), time("15:20")],
            },
            "UTC",
        ),
        (
            "monthly",
            Recurrence::Monthly {
                day: 1,
                time: time("05:00"),
            },
            "UTC",
        ),
        ("by_hand", Recurrence::OnDemand, "UTC"),
    ] {
        let step = fixture.step(name, Verb::Prune, host);
        steps.push(fixture.edit(step, |step| {
            let zone = ScheduleZone::Named(zone.to_owned());
            step.timing.schedule = Some((Schedule { when, zone }.into(), span()));
            step.timing.duration = Interval::new(Seconds::ZERO, Seconds::minutes(30)).unwrap();
            step.monitor = Some((monitor, span()));
        }));
    }
    (fixture, steps)
}

/// Follows the documentation of the API: unknown and wrong fields are refused, a check is found by what
/// `unique` names, and one that says nothing of channels tells nobody.
fn answer(checks: &Mutex<Vec<Value>>, posted: &Mutex<usize>, request: &Request) -> (u16, Value) {
    if request.headers.get("x-api-key").map(String::as_str) != Some("a-key") {
        return (401, json!({ "error": "wrong api key" }));
    }
    let mut checks = checks.lock().unwrap();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/api/v3/checks/") => (200, json!({ "checks": *checks })),
        ("POST", "/api/v3/checks/") => {
            let Some(body) = request.body.as_object() else {
                return (400, json!({ "error": "could not parse request body" }));
            };
            *posted.lock().unwrap() += 1;
            for (name, value) in body {
                let is_right = match name.as_str() {
                    "name" | "desc" | "tags" => value.is_string(),
                    "slug" => value.as_str().is_some_and(|slug| {
                        slug.chars().all(|c| {
                            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_'
                        })
                    }),
                    "grace" | "timeout" => value
                        .as_i64()
                        .is_some_and(|seconds| (60..=31_536_000).contains(&seconds)),
                    "schedule" => value
                        .as_str()
                        .is_some_and(|cron| cron.split(' ').count() == 5),
                    "tz" => value
                        .as_str()
                        .is_some_and(|zone| zone == "UTC" || zone.contains('/')),
                    "channels" => value == "*",
                    "unique" => *value == json!(["name"]),
                    _ => false,
                };
                if !is_right {
                    return (
                        400,
                        json!({ "error": format!("json validation error: {name}") }),
                    );
                }
            }
            let there = checks
                .iter_mut()
                .find(|check| body.contains_key("unique") && check["name"] == body["name"]);
            let (status, check) = match there {
                Some(check) => (200, check),
                None => {
                    checks.push(json!({ "uuid": format!("uuid-{}", body["name"].as_str().unwrap()), "n_pings": 0, "status": "new",
                        "desc": "", "tags": "", "slug": "", "grace": 3600, "timeout": 86_400, "channels": "" }));
                    (201, checks.last_mut().unwrap())
                }
            };
            let check = check.as_object_mut().unwrap();
            check.extend(
                body.iter()
                    .filter(|(name, _)| *name != "unique")
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
            if body.contains_key("schedule") {
                check.remove("timeout");
            } else if body.contains_key("timeout") {
                check.remove("schedule");
                check.remove("tz");
            }
            if body.contains_key("channels") {
                check.insert("channels".to_owned(), "4ec5a071,5a3b6b3a".into());
            }
            (status, Value::Object(check.clone()))
        }
        ("DELETE", path) => {
            let id = path.trim_start_matches("/api/v3/checks/");
            checks.retain(|check| check["uuid"] != id);
            (200, json!({}))
        }
        _ => (404, Value::Null),
    }
}

struct Project {
    bench: Bench,
    checks: Arc<Mutex<Vec<Value>>>,
    posted: Arc<Mutex<usize>>,
}

impl Project {
    fn new() -> Self {
        let (checks, posted) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (its, count) = (Arc::clone(&checks), Arc::clone(&posted));
        let url = serve(move |request| answer(&its, &count, &request));
        let mut bench = Bench::new();
        bench.set("HEALTHCHECKS_URL", &url);
        bench.set("HEALTHCHECKS_API_KEY", "a-key");
        Self {
            bench,
            checks,
            posted,
        }
    }

    fn apply(&self, emitted: &[Artefact], arguments: &[&str]) -> Finished {
        self.bench.install(&emitted[0]);
        finish(self.bench.command(&emitted[1]).args(arguments))
    }

    fn checks(&self) -> Vec<Value> {
        self.checks.lock().unwrap().clone()
    }
}

#[test]
fn checks_know_when_a_signal_is_due_and_how_late_it_may_be() {
    let (fixture, steps) = watched_by(MonitorKind::Healthchecks);
    let plan = fixture.plan();
    let emitted = emit(&plan).unwrap();
    assert_eq!(
        emitted
            .iter()
            .map(|file| file.path.as_str())
            .collect::<Vec<_>>(),
        ["monitors/deadman/checks.json", "monitors/deadman/apply"]
    );
    insta::assert_snapshot!(emitted[0].text());
    let watches = read(emitted[0].text()).unwrap();
    assert_eq!(watches.len(), 3, "what is done on demand is not watched");
    assert_eq!(
        watches[0].schedule,
        Some(("0 3 * * *".to_owned(), "Europe/Paris".to_owned()))
    );
    assert_eq!(watches[0].silence, 5400, "30 min for the run, 1 h of grace");
    // Two lines of cron: the check has a period, and both say what the plan counts on.
    assert_eq!(
        (watches[1].schedule.clone(), watches[1].silence),
        (None, plan.cadences[steps[1]].freshness.unwrap().0)
    );
    assert!(read(&emitted[0].text().replace("\"grace\"", "\"grease\"")).is_err());
}

#[test]
fn push_monitors_wait_as_long_as_the_plan_counts_on() {
    let (fixture, steps) = watched_by(MonitorKind::UptimeKuma);
    let plan = fixture.plan();
    let emitted = emit(&plan).unwrap();
    assert_eq!(emitted.len(), 1);
    insta::assert_snapshot!(emitted[0].text());
    for (watch, step) in read(emitted[0].text()).unwrap().iter().zip(&steps) {
        let freshness = plan.cadences[*step].freshness.unwrap().0;
        assert!(
            (freshness..=freshness + 2).contains(&watch.silence),
            "{watch:?} {freshness}"
        );
    }
}

#[test]
fn the_second_time_nothing_changes() {
    let (fixture, _) = watched_by(MonitorKind::Healthchecks);
    let emitted = emit(&fixture.plan()).unwrap();
    let project = Project::new();
    assert_eq!(shellcheck(&project.bench.install(&emitted[1])), Ok(()));
    assert_eq!(project.apply(&emitted, &["--check"]).code, Some(2));
    assert_eq!(project.checks(), Vec::<Value>::new());
    let first = project.apply(&emitted, &[]);
    assert!(
        first.is_success() && first.stderr.contains("3 changes"),
        "{first}"
    );
    let after = project.checks();
    assert!(
        after.iter().all(|check| check["channels"] != ""),
        "somebody is told: {after:?}"
    );
    let second = project.apply(&emitted, &[]);
    assert!(
        second.is_success() && second.stderr.contains("0 changes"),
        "{second}"
    );
    assert_eq!(
        (project.checks(), *project.posted.lock().unwrap()),
        (after, 3)
    );
    for output in [&first, &second] {
        assert!(!output.to_string().contains("a-key"), "{output}");
    }
}

#[test]
fn what_was_edited_by_hand_is_put_right() {
    let (fixture, _) = watched_by(MonitorKind::Healthchecks);
    let emitted = emit(&fixture.plan()).unwrap();
    let project = Project::new();
    assert!(project.apply(&emitted, &[]).is_success());
    let right = project.checks();
    {
        let mut checks = project.checks.lock().unwrap();
        checks[0]["grace"] = 86_400.into();
        checks[1]["channels"] = "".into();
        checks[2].as_object_mut().unwrap().remove("schedule");
    }
    let again = project.apply(&emitted, &[]);
    assert!(
        again.is_success() && again.stderr.contains("3 changes"),
        "{again}"
    );
    assert_eq!(json!(project.checks()), json!(right));
}

#[test]
fn checks_of_steps_that_ended_are_named_and_deleted_on_request() {
    let (mut fixture, steps) = watched_by(MonitorKind::Healthchecks);
    let before = emit(&fixture.plan()).unwrap();
    fixture.edit(steps[1], |step| {
        step.lifetime.until = Some(thrice_target::fixture::AS_OF)
    });
    let after = emit(&fixture.plan()).unwrap();
    let project = Project::new();
    assert!(project.apply(&before, &[]).is_success());
    project
        .checks
        .lock()
        .unwrap()
        .push(json!({ "name": "else", "tags": "theirs", "uuid": "1", "channels": "" }));
    let told = project.apply(&after, &[]);
    assert_eq!(told.code, Some(3), "{told}");
    assert!(
        told.stderr.contains("check p-twice (uuid-p-twice)"),
        "{told}"
    );
    assert!(project.apply(&after, &["--remove"]).is_success());
    let left: Vec<Value> = project
        .checks()
        .iter()
        .map(|check| check["name"].clone())
        .collect();
    assert_eq!(left, ["p-nightly", "p-monthly", "else"]);
}

#[test]
fn it_stops_where_the_server_refuses() {
    let (fixture, _) = watched_by(MonitorKind::Healthchecks);
    let emitted = emit(&fixture.plan()).unwrap();
    let mut project = Project::new();
    let mut wrong = emitted.clone();
    wrong[0].bytes = wrong[0]
        .text()
        .replace("\"desc\"", "\"description\"")
        .into_bytes();
    let refused = project.apply(&wrong, &[]);
    assert!(
        !refused.is_success() && refused.stderr.contains("the server refuses: POST"),
        "{refused}"
    );
    project.bench.set("HEALTHCHECKS_API_KEY", "another");
    let refused = project.apply(&emitted, &[]);
    assert!(
        !refused.is_success() && refused.stderr.contains("the server refuses: GET"),
        "{refused}"
    );
    project.bench.set("HEALTHCHECKS_API_KEY", "");
    assert!(
        project
            .apply(&emitted, &[])
            .stderr
            .contains("HEALTHCHECKS_API_KEY is not set")
    );
}

#[test]
fn a_silence_longer_than_a_year_is_refused() {
    let (mut fixture, _) = watched_by(MonitorKind::Healthchecks);
    let monitor = thrice_model::MonitorId::from(0);
    fixture.model.monitors.get_mut(monitor).unwrap().grace = Seconds::days(400);
    let mistakes = emit(&fixture.plan()).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].code.0), (3, "T2333"));
}
