//! Emitted rules and figures, read by Prometheus' own tool.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use thrice_model::{HostKind, MonitorKind, RunnerKind, StepId, Verb};
use thrice_plan::Plan;
use thrice_quantity::{Interval, Seconds};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target::script::{Script, artefact};
use thrice_target_prometheus::{Rule, emit, read};
use thrice_test_support::finish;

fn copy_verb() -> Verb {
    Verb::Copy {
        include: Default::default(),
        latest_only: false,
        immutable: false,
        transit: false,
    }
}

/// A class with a recovery point of 2 days, brought to a bucket each night and on to a NAS.
fn usual() -> (Fixture, [StepId; 3]) {
    let mut f = Fixture::new("p");
    let app = f.host("app", HostKind::Host);
    let nas = f.host("nas", HostKind::Nas);
    let s3 = f.host("s3", HostKind::ObjectStorage);
    let (local, tank, bucket) = (
        f.file_system(app, "local", "/"),
        f.file_system(nas, "tank", "/mnt/tank"),
        f.bucket(s3, "b", "b"),
    );
    let monitor = f.monitor("deadman", MonitorKind::Healthchecks, "DEADMAN");
    let class = f.class("papers", Fixture::location(local, "/srv/papers"));
    f.model.classes.get_mut(class).unwrap().asked_mut().rpo = Some((Seconds::days(2), span()));
    f.model.classes.get_mut(class).unwrap().kind = thrice_model::ClassKind::Items;
    let upload = f.step("upload", copy_verb(), app);
    let onward = f.step("onward", copy_verb(), nas);
    let tidy = f.step("tidy", Verb::Prune, app);
    for id in [upload, onward] {
        f.edit(id, |step| {
            step.classes = vec![(class, span())].into();
            step.timing.duration = Interval::new(Seconds::ZERO, Seconds::minutes(30)).unwrap();
            step.monitor = Some((monitor, span()));
        });
    }
    f.edit(upload, |step| {
        step.target = Fixture::writes(Fixture::location(bucket, "/papers"))
    });
    f.edit(onward, |step| {
        step.source = thrice_model::Source::Step(upload, span());
        step.target = Fixture::writes(Fixture::location(tank, "/papers"));
    });
    (f, [upload, onward, tidy])
}

fn rules(plan: &Plan) -> Artefact {
    let mut emitted = emit(plan).unwrap();
    assert_eq!(emitted.len(), 1);
    emitted.remove(0)
}

fn promtool(arguments: &[&str], folder: &Path) -> Result<String, String> {
    let finished = finish(Command::new("promtool").args(arguments).current_dir(folder));
    // A rule that is there twice is a remark, and exit code 0.
    if finished.is_success() && finished.stderr.is_empty() {
        Ok(finished.stdout)
    } else {
        Err(finished.to_string())
    }
}

#[test]
fn promtool_takes_the_rules() {
    for name in ["p", "it's 100 % {{ $x }} \"é\""] {
        let (mut fixture, _) = usual();
        fixture.model.policy.named.name = name.into();
        let host = thrice_model::HostId::from(0);
        fixture.model.hosts.get_mut(host).unwrap().named.name = "a \"host\" {{ é".into();
        let file = rules(&fixture.plan());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rules.yml"), &file.bytes).unwrap();
        let said = promtool(&["check", "rules", "rules.yml"], folder.path());
        assert!(
            said.as_ref()
                .is_ok_and(|said| said.contains("SUCCESS: 8 rules found")),
            "{said:?}\n{}",
            file.text()
        );
    }
    insta::assert_snapshot!(rules(&usual().0.plan()).text());
}

#[test]
fn what_is_read_back_is_what_the_plan_counts_on() {
    let (mut fixture, ids) = usual();
    let plan = fixture.plan();
    let found = read(rules(&plan).text()).unwrap();
    let late: Vec<&Rule> = found
        .iter()
        .filter(|rule| rule.alert == "ThriceStepLate")
        .collect();
    // 24 h, 30 min for the run, 1 h of grace; without a monitor no grace, and an hour for the run.
    assert_eq!(plan.cadences[ids[0]].freshness, Some(Seconds(91_800)));
    assert!(
        late[0]
            .expression
            .ends_with("{policy=\"p\",step=\"upload\"} > 91800"),
        "{late:?}"
    );
    assert!(late[2].expression.ends_with("> 90000"), "{late:?}");
    let unknown = found
        .iter()
        .find(|rule| rule.alert == "ThriceStepUnknown")
        .unwrap();
    assert_eq!(unknown.pending, 91_800);
    assert!(read("- alert: X\n").is_err());
    for id in ids {
        fixture.edit(id, |step| step.runner.kind = RunnerKind::Zerobyte);
    }
    assert_eq!(
        emit(&fixture.plan()).unwrap(),
        Vec::new(),
        "what others run leaves no figures"
    );
    fixture.edit(ids[2], |step| step.runner.kind = RunnerKind::Cron);
    let file = rules(&fixture.plan());
    assert!(
        file.text()
            .contains("# No rule for the recovery point of papers"),
        "{}",
        file.text()
    );
}

/// What promtool finds when a figure of some steps stands still from the beginning of time.
fn alerts(still: &[(&str, &str)], at: i64, expected: &[(&str, &str)]) -> Result<String, String> {
    let file = rules(&usual().0.plan());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.yml"), &file.bytes).unwrap();
    let mut test = String::from(
        "rule_files: [rules.yml]\nevaluation_interval: 5m\ntests:\n  - interval: 5m\n    input_series:\n",
    );
    for (metric, step) in still {
        test += &format!(
            "      - series: 'thrice_step_{metric}{{policy=\"p\",step=\"{step}\"}}'\n        values: '0x700'\n"
        );
    }
    test += "    promql_expr_test:\n";
    let mut expect = |expression: &str, value: usize| {
        test += &format!(
            "      - expr: '{expression}'\n        eval_time: {at}s\n        exp_samples: [{{value: {value}}}]\n"
        );
    };
    for (alert, name) in expected {
        let label = if *alert == "ThriceRecoveryPointMissed" {
            "class"
        } else {
            "step"
        };
        expect(
            &format!(
                "count(ALERTS{{alertname=\"{alert}\",{label}=\"{name}\",alertstate=\"firing\"}})"
            ),
            1,
        );
    }
    expect(
        "count(ALERTS{alertstate=\"firing\"}) or vector(0)",
        expected.len(),
    );
    fs::write(folder.path().join("test.yml"), test).unwrap();
    promtool(&["test", "rules", "test.yml"], folder.path())
}

const SUCCESS: &str = "last_success_timestamp_seconds";
const START: &str = "last_success_start_timestamp_seconds";

#[test]
fn an_alert_comes_when_the_silence_is_longer_and_not_before() {
    let all = [(SUCCESS, "upload"), (SUCCESS, "onward"), (SUCCESS, "tidy")];
    assert_eq!(alerts(&all, 90_000, &[]).err(), None);
    assert_eq!(
        alerts(&all, 90_300, &[("ThriceStepLate", "tidy")]).err(),
        None
    );
    assert_eq!(
        alerts(
            &all,
            92_100,
            &[
                ("ThriceStepLate", "tidy"),
                ("ThriceStepLate", "upload"),
                ("ThriceStepLate", "onward")
            ]
        )
        .err(),
        None
    );
    assert!(
        alerts(&all, 90_000, &[("ThriceStepLate", "tidy")]).is_err(),
        "promtool compares"
    );
    // A step whose figures never came.
    assert_eq!(
        alerts(
            &all[1..],
            92_100,
            &[
                ("ThriceStepLate", "tidy"),
                ("ThriceStepUnknown", "upload"),
                ("ThriceStepLate", "onward")
            ]
        )
        .err(),
        None
    );
    assert_eq!(
        alerts(
            &[all[0], all[1], all[2], ("last_run_success", "tidy")],
            60,
            &[("ThriceStepFailed", "tidy")]
        )
        .err(),
        None
    );
}

#[test]
fn a_recovery_point_is_missed_when_every_copy_elsewhere_is_too_old() {
    let both = [(START, "upload"), (START, "onward")];
    let (fixture, _) = usual();
    let file = rules(&fixture.plan());
    let rule = read(file.text())
        .unwrap()
        .into_iter()
        .find(|rule| rule.alert == "ThriceRecoveryPointMissed")
        .unwrap();
    // 2 days for the first; the second reads what is up to 24 h 30 min old.
    let bound = |step: &str, bound: i64| {
        format!("(time() - thrice_step_{START}{{policy=\"p\",step=\"{step}\"}} - {bound})")
    };
    assert_eq!(
        rule.expression,
        format!(
            "min({} or {}) > 0",
            bound("onward", 88_200),
            bound("upload", 172_800)
        )
    );
    assert_eq!(alerts(&both, 80_100, &[]).err(), None);
    let unknown = ["upload", "onward", "tidy"].map(|step| ("ThriceStepUnknown", step));
    assert_eq!(alerts(&both, 172_800, &unknown).err(), None);
    let missed = [&unknown[..], &[("ThriceRecoveryPointMissed", "papers")]].concat();
    assert_eq!(alerts(&both, 173_100, &missed).err(), None);
}

#[test]
fn scripts_leave_figures_that_prometheus_takes() {
    let (fixture, ids) = usual();
    let plan = fixture.plan();
    let bench = Bench::new();
    let host = plan.model.steps[ids[2]].runner.host.unwrap();
    let run = |body: &str| {
        let script = Script {
            body: format!("work() {{\n  {body}\n}}"),
            ..Script::default()
        };
        let script = artefact(&plan, ids[2], host, &script).unwrap();
        assert_eq!(
            thrice_test_support::shell::shellcheck(&bench.install(&script)),
            Ok(())
        );
        bench.run(&script)
    };
    let folder = bench.folder().join("state/textfile");
    assert!(run("number files 3").is_success());
    assert!(!folder.exists(), "only where somebody made the folder");
    fs::create_dir_all(&folder).unwrap();
    assert!(run("number files 3").is_success());
    let figures =
        |name: &str| fs::read_to_string(folder.join(format!("thrice.p.tidy.{name}.prom"))).unwrap();
    let value = |name: &str, figure: &str| -> i64 {
        let text = figures(name);
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("thrice_step_{figure}{{")))
            .unwrap();
        assert!(line.contains("{policy=\"p\",step=\"tidy\"} "), "{line}");
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let record = bench.record("p", "tidy");
    assert_eq!(Some(value("success", START)), record["start"].as_i64());
    assert!(value("success", SUCCESS) >= record["end"].as_i64().unwrap());
    assert_eq!(value("success", "last_success_files"), 3);
    assert_eq!(
        (
            value("run", "last_run_success"),
            value("run", "last_run_exit_code")
        ),
        (1, 0)
    );
    let before = figures("success");
    assert!(!run("return 7").is_success());
    assert_eq!(
        (
            value("run", "last_run_success"),
            value("run", "last_run_exit_code")
        ),
        (0, 7)
    );
    assert_eq!(
        figures("success"),
        before,
        "a failure does not change when it last succeeded"
    );
    for name in ["run", "success"] {
        let input = fs::File::open(folder.join(format!("thrice.p.tidy.{name}.prom"))).unwrap();
        let checked = finish(
            Command::new("promtool")
                .args(["check", "metrics"])
                .stdin(Stdio::from(input)),
        );
        assert!(
            checked.is_success() && checked.stderr.is_empty(),
            "{checked}"
        );
    }
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        2,
        "nothing half done is left"
    );
}
