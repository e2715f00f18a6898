//! What is emitted, against schemas written from Zerobyte's source, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;

use serde_json::Value;
use thrice_model::{RunnerKind, Verb};
use thrice_quantity::schedule::{Recurrence, Schedule, TimeOfDay};
use thrice_retention::{Count, KeepRules, KeepWithin};
use thrice_target::Artefact;
use thrice_target_zerobyte::{carries_out, emit};

use common::{Stage, errors, rules, usual};

fn json(artefact: &Artefact) -> Value {
    serde_json::from_slice(&artefact.bytes).unwrap()
}

const PROVISIONING: &str = include_str!("../schema/provisioning.schema.json");
const JOB: &str = include_str!("../schema/job.schema.json");

#[test]
fn provisioning_and_plan() {
    let all = usual().emitted();
    let paths: Vec<&str> = all.iter().map(|artefact| artefact.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "hosts/seko/zerobyte/provisioning.json",
            "hosts/seko/zerobyte/api-plan.json",
            "hosts/seko/zerobyte/apply"
        ]
    );
    insta::assert_snapshot!("provisioning", all[0].text());
    insta::assert_snapshot!("plan", all[1].text());
    assert_eq!(all, usual().emitted());
    let secrets = [
        "/run/secrets/restic_key",
        "/run/secrets/s3_writer_access_key_id",
        "/run/secrets/s3_writer_secret_access_key",
        "/run/secrets/vpai_sftp_key",
    ];
    assert_eq!(all[0].secrets, secrets);
    assert_eq!(all[1].secrets, ["HC_PING_KEY_DB_FULL", "ZEROBYTE_API_KEY"]);
}

#[test]
fn they_have_the_form_that_zerobyte_takes() {
    let all = usual().emitted();
    let provisioning = json(&all[0]);
    assert_eq!(errors(PROVISIONING, &provisioning), [""; 0]);
    for spoil in [
        "/repositories/0/config/bucket",
        "/volumes/0/config/path",
        "/repositories/0/config/customPassword",
    ] {
        let mut bad = provisioning.clone();
        *bad.pointer_mut(spoil).unwrap() = Value::Null;
        assert!(!errors(PROVISIONING, &bad).is_empty(), "{spoil}");
    }
    let plan = json(&all[1]);
    let calls = plan["calls"].as_array().unwrap();
    let jobs: Vec<&Value> = calls
        .iter()
        .filter(|call| call["step"].is_string())
        .collect();
    assert_eq!(jobs.len(), 2);
    for job in jobs {
        assert_eq!(errors(JOB, &job["create"]["body"]), [""; 0]);
        assert_eq!(
            job["create"]["body"], job["update"]["body"],
            "a change sends every field"
        );
        let mut bad = job["create"]["body"].clone();
        bad["retentionPolicy"]["keepDaily"] = 0.into();
        assert!(!errors(JOB, &bad).is_empty());
    }
}

#[test]
fn words_are_yielded_before_they_are_used() {
    let all = usual().emitted();
    let plan = json(&all[1]);
    let mut known: Vec<String> = Vec::new();
    for call in plan["calls"].as_array().unwrap() {
        let yields = call["yields"]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values());
        known.extend(yields.map(|word| word.as_str().unwrap().to_owned()));
        let text = call.to_string();
        for kind in ["@VOLUME:", "@REPOSITORY:", "@JOB:", "@NOTIFICATION:"] {
            for rest in text.split(kind).skip(1) {
                let word = format!("{kind}{}@", rest.split('@').next().unwrap());
                assert!(known.contains(&word), "{word} is used before it is known");
            }
        }
        let looked_up = call["match_by"]["value"].is_string() || call["set"]["method"] == "PUT";
        assert!(looked_up, "applying twice must change nothing: {call}");
    }
}

#[test]
fn what_zerobyte_does_otherwise_is_refused() {
    let mut stage = Stage::new();
    let (here, there) = (stage.here, stage.there);
    let within = KeepRules {
        within: Some(KeepWithin::days(30)),
        ..KeepRules::default()
    };
    stage.backup("within", here, "/a", within);
    let unlimited = KeepRules {
        daily: Some(Count::Unlimited),
        ..KeepRules::default()
    };
    stage.backup("unlimited", here, "/a", unlimited);
    stage.backup(
        "nothing",
        here,
        "/a",
        KeepRules {
            daily: Some(Count::N(0)),
            ..KeepRules::default()
        },
    );
    let id = stage.backup("flag", here, "/a", rules(7));
    stage.fixture.edit(id, |step| {
        if let Verb::Backup { flags, .. } = &mut step.verb {
            flags.push("--password-command sh".to_owned());
        }
    });
    let id = stage.backup("tries", here, "/a", rules(7));
    stage.fixture.edit(id, |step| step.timing.retries = 33);
    let mistakes = emit(&stage.fixture.plan()).unwrap_err();
    let said: Vec<String> = mistakes
        .iter()
        .map(|m| format!("{} {}", m.code, m.message))
        .collect();
    insta::assert_debug_snapshot!(said);

    let mut stage = Stage::new();
    stage.backup("old", there, "/a", rules(7));
    let seko = stage.seko;
    stage.fixture.tool(seko, "zerobyte", "0.39.2");
    assert_eq!(emit(&stage.fixture.plan()).unwrap_err()[0].code.0, "T2333");

    let mut stage = Stage::new();
    let id = stage.backup("twice", here, "/a", rules(7));
    let times = [(3, 0), (15, 30)].map(|(hour, minute)| TimeOfDay::new(hour, minute).unwrap());
    let span = stage.fixture.model.hosts[stage.seko].named.span;
    let schedule = Schedule::utc(Recurrence::Daily {
        times: times.to_vec(),
    });
    stage.fixture.edit(id, |step| {
        step.timing.schedule = Some((schedule.into(), span))
    });
    assert_eq!(emit(&stage.fixture.plan()).unwrap_err()[0].code.0, "T2333");
}

#[test]
fn only_backups_are_jobs() {
    let mut stage = usual();
    let seko = stage.seko;
    let copy = Verb::Copy {
        include: Default::default(),
        latest_only: false,
        immutable: false,
        transit: false,
    };
    let id = stage.fixture.step("raw", copy, seko);
    stage
        .fixture
        .edit(id, |step| step.runner.kind = RunnerKind::Zerobyte);
    assert!(carries_out(&stage.fixture.model.steps[id]).is_err());
    let plan = json(&stage.emitted()[1]);
    assert!(!plan.to_string().contains("raw"));
}
