//! The configuration against its schema, and what is in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

use serde_json::Value;
use thrice_model::{HostKind, MonitorKind, RunnerKind, Verb};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone};
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::Fixture;
use thrice_target::{Artefact, Plan, layout};
use thrice_target_executor::{emit, read, schema};

/// A host with two steps for its executor, and one for its cron.
fn plan() -> Plan {
    let mut fixture = Fixture::new("fixture");
    let host = fixture.host("app", HostKind::Host);
    let files = fixture.file_system(host, "local", "/");
    let monitor = fixture.monitor("deadman", MonitorKind::Healthchecks, "HC_PING_KEY");
    let copy = || Verb::Copy {
        include: Default::default(),
        latest_only: false,
        immutable: false,
        transit: false,
    };
    let span = fixture.model.hosts[host].named.span;
    let mut ids = Vec::new();
    for name in ["first", "second 100 % \"$(x)\"", "third"] {
        let id = fixture.step(name, copy(), host);
        let target = Fixture::location(files, &format!("/srv/{}", ids.len()));
        fixture.edit(id, |step| {
            step.source = Fixture::reads(Fixture::location(files, "/srv/from"));
            step.target = Fixture::writes(target);
            step.runner.kind = RunnerKind::Executor;
        });
        ids.push(id);
    }
    fixture.edit(ids[1], |step| {
        step.named.doc = "Keeps things.\nSecond line.".into();
        step.timing.after = vec![(ids[0], span)].into();
        step.timing.duration = Interval::point(Seconds::minutes(15));
        step.timing.duration_stated = Some(span);
        step.timing.jitter = Seconds::minutes(1);
        step.timing.retries = 2;
        step.monitor = Some((monitor, span));
        let when = Recurrence::EveryMinutes(15);
        step.timing.schedule = Some((
            Schedule {
                when,
                zone: ScheduleZone::Host,
            }
            .into(),
            span,
        ));
    });
    fixture.edit(ids[2], |step| step.runner.kind = RunnerKind::Cron);
    fixture.model.hosts.get_mut(host).unwrap().timezone = "Europe/Paris".to_owned();
    fixture.plan()
}

/// What stands for the scripts of the other targets.
fn scripts(plan: &Plan) -> Vec<Artefact> {
    let steps = plan.model.steps.iter();
    steps
        .map(|(id, step)| {
            let host = step.runner.host.unwrap();
            Artefact {
                path: layout::script(plan, host, id),
                bytes: step.named.name.to_string().into_bytes(),
                mode: 0o755,
                kind: "script",
                step: Some(step.named.name.to_string()),
                host: None,
                install_to: None,
                secrets: vec!["/etc/thrice/fixture/monitors.env".to_owned()],
            }
        })
        .collect()
}

fn emitted() -> Vec<Artefact> {
    let plan = plan();
    emit(&plan, &scripts(&plan)).unwrap()
}

#[test]
fn the_configuration_of_a_host() {
    let all = emitted();
    let paths: Vec<&str> = all.iter().map(|artefact| artefact.path.as_str()).collect();
    assert_eq!(
        paths,
        ["hosts/app/executor.json", "hosts/app/executor.schema.json"]
    );
    insta::assert_snapshot!(all[0].text());
    assert_eq!(all, emitted());
}

#[test]
fn it_is_what_its_schema_says() {
    let all = emitted();
    let schema: Value = serde_json::from_str(all[1].text()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good: Value = serde_json::from_str(all[0].text()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&good)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let spoil: [fn(&mut Value); 6] = [
        |v| v["format"] = 2.into(),
        |v| v["jobs"] = Value::Array(Vec::new()),
        |v| v["jobs"][0]["command"] = "rm -rf /".into(),
        |v| v["jobs"][0]["script"]["path"] = "bin/first".into(),
        |v| v["jobs"][0]["script"]["sha256"] = "abc".into(),
        |v| drop(v["policy"].as_object_mut().unwrap().remove("name")),
    ];
    for (n, spoil) in spoil.into_iter().enumerate() {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert!(!validator.is_valid(&bad), "mistake {n} is not seen");
    }
}

#[test]
fn the_schema_in_the_tree_is_current() {
    // To renew it: `cargo run -p thrice-target-executor --example executor_schema > targets/executor/schema/executor.schema.json`.
    assert_eq!(include_str!("../schema/executor.schema.json"), schema());
}

#[test]
fn it_can_be_read_back() {
    let all = emitted();
    let read_back = read(all[0].text()).unwrap();
    assert_eq!(read_back.jobs.len(), 2);
    assert_eq!(
        read_back.jobs[1].schedule.as_ref().unwrap().zone,
        "Europe/Paris"
    );
    assert!(read(&all[0].text().replace("\"format\": 1", "\"format\": 2")).is_err());
    assert!(
        read(
            &all[0]
                .text()
                .replace("\"verb\"", "\"command\": \"x\", \"verb\"")
        )
        .is_err()
    );
}

#[test]
fn uneven_schedules_are_refused() {
    let mut fixture = Fixture::new("fixture");
    let host = fixture.host("app", HostKind::Host);
    let id = fixture.step("s", Verb::Prune, host);
    let span = fixture.model.hosts[host].named.span;
    fixture.edit(id, |step| {
        step.runner.kind = RunnerKind::Executor;
        step.timing.schedule = Some((Schedule::utc(Recurrence::EveryMinutes(7)).into(), span));
    });
    let plan = fixture.plan();
    let mistakes = emit(&plan, &scripts(&plan)).unwrap_err();
    assert_eq!(mistakes[0].code.0, "T2333");
    assert_eq!(
        emit(&plan, &[]).unwrap_err()[0].code.0,
        "T9001",
        "a script that is missing is not passed over"
    );
}
