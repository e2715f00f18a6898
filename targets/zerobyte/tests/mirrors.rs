//! Mirrors: in the plan, carried out, and asked after.
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
use thrice_model::{HostKind, MonitorKind, RunnerKind, StepId};
use thrice_retention::KeepRules;
use thrice_target::Artefact;
use thrice_target::bench::Monitor;
use thrice_target::fixture::span;
use thrice_target_zerobyte::emit;
use thrice_test_support::shell::shellcheck;

use common::{Stage, rules};
use stand_in::Zerobyte;

/// One backup, and a mirror of it in a folder and one in a bucket.
fn mirrored() -> (Stage, StepId, [StepId; 2]) {
    let mut stage = Stage::new();
    let here = stage.here;
    let backup = stage.backup("nightly", here, "/photos", rules(7));
    let folder = stage.folder("second");
    let credential = stage.fixture.model.credentials.ids().next().unwrap();
    let bucket = stage.bucket("offsite", credential);
    let mirrors =
        [("near", folder), ("far", bucket)].map(|(name, to)| stage.mirror(name, backup, to, false));
    (stage, backup, mirrors)
}

fn shown(zerobyte: &Zerobyte) -> Vec<Value> {
    let state = zerobyte.state.lock().unwrap();
    let its = state
        .mirrors
        .get("job1")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    its.iter()
        .map(|it| it["repository"]["name"].clone())
        .collect()
}

#[test]
fn mirrors_are_put_once_and_asked_about_before() {
    let (stage, ..) = mirrored();
    let emitted = stage.emitted();
    let plan: Value = serde_json::from_str(emitted[1].text()).unwrap();
    let calls = plan["calls"].as_array().unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(calls.last().unwrap()).unwrap());
    let volumes = calls
        .iter()
        .filter(|call| call["match_by"]["path"] == "/volumes");
    assert_eq!(volumes.count(), 1, "a mirror reads no volume");
    let zerobyte = Zerobyte::new(&emitted);
    let checked = zerobyte.apply(&emitted, &["--check"]);
    assert!(
        checked.stderr.contains("set mirrors of nightly"),
        "{checked}"
    );
    let first = zerobyte.apply(&emitted, &[]);
    assert!(
        first.is_success() && first.stderr.contains("2 changes"),
        "{first}"
    );
    assert_eq!(
        zerobyte.changed(),
        ["POST backups", "PUT backups/job1/mirrors"]
    );
    assert_eq!(shown(&zerobyte), ["second", "offsite"]);
    let second = zerobyte.apply(&emitted, &[]);
    assert!(
        second.is_success() && second.stderr.contains("0 changes"),
        "{second}"
    );
    assert_eq!(zerobyte.changed(), [""; 0]);
    assert_eq!(zerobyte.apply(&emitted, &["--check"]).code, Some(0));
}

#[test]
fn a_mirror_comes_and_goes_with_the_policy_and_not_by_hand() {
    let (mut stage, _, [near, _]) = mirrored();
    let before = stage.emitted();
    stage.fixture.edit(near, |step| {
        step.lifetime.until = Some(thrice_target::fixture::AS_OF)
    });
    let after = stage.emitted();
    let zerobyte = Zerobyte::new(&before);
    for (emitted, names) in [
        (&after, vec!["offsite"]),
        (&before, vec!["second", "offsite"]),
        (&after, vec!["offsite"]),
    ] {
        assert!(zerobyte.apply(emitted, &[]).is_success());
        assert_eq!(shown(&zerobyte), names);
    }
    zerobyte.changed();
    // Switched off, taken away, added by hand.
    let edits: [fn(&mut Value); 3] = [
        |list| list[0]["enabled"] = false.into(),
        |list| *list = json!([]),
        |list| {
            let mut more = list[0].clone();
            more["repositoryId"] = "repo9".into();
            list.as_array_mut().unwrap().push(more);
        },
    ];
    for edit in edits {
        zerobyte.edit(|state| edit(&mut state.mirrors["job1"]));
        assert_eq!(zerobyte.apply(&after, &["--check"]).code, Some(2));
        assert!(zerobyte.apply(&after, &[]).is_success());
        assert_eq!(zerobyte.changed(), ["PUT backups/job1/mirrors"]);
        assert_eq!(shown(&zerobyte), ["offsite"]);
    }
}

#[test]
fn a_pair_that_zerobyte_refuses_stops_before_anything_is_put() {
    let (stage, ..) = mirrored();
    let emitted = stage.emitted();
    let zerobyte = Zerobyte::new(&emitted);
    // As where somebody has changed the keys of one repository there.
    zerobyte.edit(|state| {
        for it in &mut state.repositories {
            if it["name"] == "offsite" {
                it["config"]["accessKeyId"] = "another".into();
            }
        }
    });
    let refused = zerobyte.apply(&emitted, &[]);
    let words =
        "Zerobyte refuses mirrors of nightly: Both use S3 backends with different credentials";
    assert!(
        !refused.is_success() && refused.stderr.contains(words),
        "{refused}"
    );
    assert_eq!(zerobyte.changed(), ["POST backups"]);
}

#[test]
fn what_cannot_be_a_mirror_is_refused() {
    let refused = |change: &dyn Fn(&mut Stage, StepId)| {
        let (mut stage, backup, _) = mirrored();
        change(&mut stage, backup);
        let mistakes = emit(&stage.fixture.plan()).unwrap_err();
        mistakes
            .iter()
            .map(|it| format!("{} {}", it.code, it.message))
            .collect::<Vec<_>>()
    };
    let said = [
        refused(&|stage, backup| {
            let s3 = stage.fixture.host("s4", HostKind::ObjectStorage);
            let other = stage.fixture.credential("other", Some(s3), None);
            let to = stage.bucket("elsewhere", other);
            stage.mirror("unlike", backup, to, false);
        }),
        refused(&|stage, backup| {
            let to = stage.repository;
            stage.mirror("itself", backup, to, false);
        }),
        refused(&|stage, backup| {
            let (to, _) = (stage.fixture.model.repositories.ids().nth(1).unwrap(), ());
            stage.mirror("again", backup, to, false);
        }),
        refused(&|stage, backup| {
            let to = stage.folder("third");
            let id = stage.mirror("long", backup, to, false);
            stage.fixture.edit(id, |step| {
                if let thrice_model::Verb::Backup {
                    mirror: Some(mirror),
                    ..
                } = &mut step.verb
                {
                    mirror.stated = Some((rules(30).into(), span()));
                }
            });
        }),
        refused(&|stage, backup| {
            let to = stage.folder("third");
            let id = stage.mirror("tried", backup, to, false);
            stage.fixture.edit(id, |step| step.timing.retries = 2);
        }),
        refused(&|stage, backup| {
            stage
                .fixture
                .edit(backup, |step| step.runner.kind = RunnerKind::Cron);
        }),
    ];
    insta::assert_debug_snapshot!(said);
    // The same rules said once more are no others.
    let (mut stage, backup, _) = mirrored();
    let to = stage.folder("third");
    let id = stage.mirror("same", backup, to, false);
    stage.fixture.edit(id, |step| {
        if let thrice_model::Verb::Backup {
            mirror: Some(mirror),
            ..
        } = &mut step.verb
        {
            mirror.stated = Some((rules(7).into(), span()));
        }
    });
    assert!(emit(&stage.fixture.plan()).is_ok());
    assert_ne!(rules(7), KeepRules::default());
}

/// A Zerobyte to which the plan was applied, the script that asks after a mirror, and the monitor it tells.
struct Asked {
    zerobyte: Zerobyte,
    script: Artefact,
    monitor: Monitor,
}

impl Asked {
    fn new() -> Self {
        let (mut stage, backup, _) = mirrored();
        let to = stage.folder("third");
        let id = stage.mirror("third_copy", backup, to, true);
        let monitor = stage
            .fixture
            .monitor("deadman", MonitorKind::Healthchecks, "HC");
        stage
            .fixture
            .edit(id, |step| step.monitor = Some((monitor, span())));
        let emitted = stage.emitted();
        let scripts: Vec<&Artefact> = emitted.iter().filter(|it| it.kind == "script").collect();
        assert_eq!(
            scripts.len(),
            1,
            "only what is to be asked after has a script"
        );
        let mut script = scripts[0].clone();
        assert_eq!(script.path, "hosts/seko/bin/third_copy");
        let mut zerobyte = Zerobyte::new(&emitted);
        assert!(zerobyte.apply(&emitted, &[]).is_success());
        // As on its host, of which nothing but this file is known to the script.
        let url = zerobyte.url.clone();
        let secrets = zerobyte.bench.write(
            "zerobyte.env",
            format!("ZEROBYTE_URL={url}\nZEROBYTE_API_KEY=a-key\n"),
        );
        let file = "/etc/thrice/vpai/zerobyte.env";
        assert!(
            script.secrets.contains(&file.to_owned()),
            "{:?}",
            script.secrets
        );
        script.bytes = script.text().replace(file, &secrets).into_bytes();
        let monitor = Monitor::start();
        zerobyte
            .bench
            .set("HC_THIRD_COPY", &format!("{}/third", monitor.url));
        for name in ["ZEROBYTE_URL", "ZEROBYTE_API_KEY"] {
            zerobyte.bench.set(name, "");
        }
        Self {
            zerobyte,
            script,
            monitor,
        }
    }

    /// The short id of a repository.
    fn id(&self, name: &str) -> String {
        let state = self.zerobyte.state.lock().unwrap();
        let it = state
            .repositories
            .iter()
            .find(|it| it["name"] == name)
            .unwrap();
        it["shortId"].as_str().unwrap().to_owned()
    }

    fn versions(&self, repository: &str, times: &[&str]) {
        let id = self.id(repository);
        self.zerobyte
            .edit(|state| drop(state.versions.insert(id, json!(times))));
    }

    /// Runs it; whether it was told that all is well, and what it said.
    fn run(&self) -> (bool, String) {
        let before = self.monitor.asked().len();
        let ran = self.zerobyte.bench.run(&self.script);
        let told = self.monitor.asked().split_off(before);
        let expected = if ran.is_success() {
            "/third"
        } else {
            "/third/fail"
        };
        assert_eq!(told, [expected], "{ran}");
        assert!(!ran.to_string().contains("a-key"), "{ran}");
        (ran.is_success(), ran.stderr)
    }
}

#[test]
fn success_is_told_only_when_nothing_is_missing() {
    let asked = Asked::new();
    assert_eq!(
        shellcheck(&asked.zerobyte.bench.install(&asked.script)),
        Ok(())
    );
    let (one, two) = ("2026-03-01T03:00:12Z", "2026-03-02T03:00:09Z");
    asked.versions("vpai_restic", &[two, one]);
    let (well, said) = asked.run();
    assert!(
        !well
            && said.contains(&format!(
                "2 of 2 versions have not arrived in third, the first of {one}"
            )),
        "{said}"
    );
    asked.versions("third", &[one]);
    let (well, said) = asked.run();
    assert!(
        !well
            && said.contains(&format!(
                "1 of 2 versions have not arrived in third, the first of {two}"
            )),
        "{said}"
    );
    assert!(said.contains("/mirrors/repo"), "{said}");
    // Another repository has it: that does not help.
    asked.versions("second", &[one, two]);
    assert!(!asked.run().0);
    asked.versions("third", &[one, two]);
    let (well, said) = asked.run();
    assert!(well, "{said}");
    assert_eq!(
        asked.zerobyte.bench.record("vpai", "third_copy")["numbers"],
        json!({ "versions": 2, "missing": 0 })
    );
    assert_eq!(
        asked.zerobyte.changed().last().unwrap(),
        "PUT backups/job1/mirrors",
        "asking changes nothing"
    );
}

#[test]
fn what_is_not_there_passes_for_nothing() {
    let asked = Asked::new();
    let fails = |words: &str| {
        let (well, said) = asked.run();
        assert!(!well && said.contains(words), "{said}");
    };
    // No version at all misses none.
    fails("vpai/nightly has no versions");
    let times = ["2026-03-01T03:00:12Z"];
    asked.versions("vpai_restic", &times);
    asked.versions("third", &times);
    assert!(asked.run().0);
    let mirrors = asked.zerobyte.state.lock().unwrap().mirrors.clone();
    asked
        .zerobyte
        .edit(|state| state.mirrors["job1"][2]["enabled"] = false.into());
    fails("vpai/nightly has no mirror in third that is switched on");
    asked
        .zerobyte
        .edit(|state| state.mirrors["job1"] = json!([]));
    fails("vpai/nightly has no mirror in third that is switched on");
    asked.zerobyte.edit(|state| state.mirrors = mirrors);
    let repositories = asked.zerobyte.state.lock().unwrap().repositories.clone();
    asked
        .zerobyte
        .edit(|state| state.repositories.retain(|it| it["name"] != "third"));
    fails("Zerobyte has no repository third");
    asked
        .zerobyte
        .edit(|state| state.repositories = repositories);
    let jobs = asked.zerobyte.state.lock().unwrap().jobs.clone();
    asked.zerobyte.edit(|state| state.jobs.clear());
    fails("Zerobyte has no job vpai/nightly");
    asked.zerobyte.edit(|state| state.jobs = jobs);
    assert!(asked.run().0);
}
