//! The frame of emitted scripts, run by a real bash.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::process::Stdio;
use std::time::Duration;

use thrice_model::{HostKind, MonitorKind, StepId, Verb};
use thrice_quantity::{Interval, Seconds};
use thrice_target::bench::{Bench, Monitor};
use thrice_target::fixture::Fixture;
use thrice_target::script::{Lock, Script, artefact};
use thrice_target::{Artefact, Plan};
use thrice_test_support::shell::shellcheck;
use thrice_test_support::until;

/// A policy `p` with one step `s` on host `h`.
fn one_step() -> (Fixture, StepId) {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    let step = fixture.step("s", Verb::Prune, host);
    (fixture, step)
}

fn monitored(kind: MonitorKind) -> (Fixture, StepId) {
    let (mut fixture, step) = one_step();
    let monitor = fixture.monitor("deadman", kind, "PING");
    let span = fixture.model.steps[step].named.span;
    fixture.edit(step, |step| step.monitor = Some((monitor, span)));
    (fixture, step)
}

fn script(plan: &Plan, step: StepId, work: &str) -> Artefact {
    let body = format!("work() {{\n{work}\n}}");
    let host = plan.model.steps[step].runner.host.unwrap();
    artefact(
        plan,
        step,
        host,
        &Script {
            body,
            ..Script::default()
        },
    )
    .unwrap()
}

#[test]
fn a_run_leaves_a_record_and_nothing_else() {
    let (fixture, step) = one_step();
    let bench = Bench::new();
    let good = script(
        &fixture.plan(),
        step,
        "  number files 7\n  say 'all is \"well\"'\n  : >\"$scratch/x\"",
    );
    let finished = bench.run(&good);
    assert!(finished.is_success(), "{finished}");
    assert_eq!(finished.stderr, "s: all is \"well\"\n");
    let record = bench.record("p", "s");
    assert_eq!(
        (&record["ok"], &record["code"], &record["numbers"]["files"]),
        (&true.into(), &0.into(), &7.into())
    );
    assert!(record["start"].as_u64() <= record["end"].as_u64());
    assert_eq!(bench.left_behind(), Vec::<String>::new());
    assert_eq!(shellcheck(&bench.install(&good)), Ok(()));
}

#[test]
fn any_failing_command_ends_the_work_and_is_recorded() {
    let (fixture, step) = one_step();
    for (work, code) in [
        ("  false\n  say unreached", 1),
        ("  false | true\n  say unreached", 1),
        ("  local x; x=$(false; echo y)\n  say unreached", 1),
        ("  fail 'no such thing' 42\n  say unreached", 42),
        ("  echo \"$unset\"\n  say unreached", 1),
        ("  number files many\n  say unreached", 1),
    ] {
        let bench = Bench::new();
        let finished = bench.run(&script(&fixture.plan(), step, work));
        assert_eq!(finished.code, Some(code), "{work}: {finished}");
        assert!(!finished.stderr.contains("unreached"), "{work}: {finished}");
        let record = bench.record("p", "s");
        assert_eq!(
            (&record["ok"], &record["code"]),
            (&false.into(), &code.into()),
            "{work}"
        );
        assert_eq!(bench.left_behind(), Vec::<String>::new());
    }
}

#[test]
fn a_record_that_cannot_be_written_fails_the_run() {
    let (fixture, step) = monitored(MonitorKind::Healthchecks);
    let monitor = Monitor::start();
    let mut bench = Bench::new();
    bench.set("PING", &monitor.url);
    // A folder stands where the record belongs, and holds something.
    bench.write("state/runs/p/s.json/s/x", "");
    let finished = bench.run(&script(&fixture.plan(), step, "  rm -rf \"$runs\""));
    assert_eq!(finished.code, Some(74), "{finished}");
    assert!(
        finished
            .stderr
            .contains("the record of this run cannot be written"),
        "{finished}"
    );
    assert_eq!(monitor.asked(), ["/p-s/fail"]);
}

#[test]
fn healthchecks_hears_once_of_success_and_otherwise_of_failure() {
    let (fixture, step) = monitored(MonitorKind::Healthchecks);
    let plan = fixture.plan();
    for (work, code, asked) in [
        ("  true", 0, "/ping/key/p-s"),
        ("  false", 1, "/ping/key/p-s/fail"),
    ] {
        let monitor = Monitor::start();
        let mut bench = Bench::new();
        bench.set("PING", &format!("{}/ping/key", monitor.url));
        let artefact = script(&plan, step, work);
        let finished = bench.run(&artefact);
        assert_eq!(finished.code, Some(code), "{finished}");
        assert_eq!(monitor.asked(), [asked]);
        assert_eq!(shellcheck(&bench.install(&artefact)), Ok(()));
        assert_eq!(
            artefact.secrets,
            ["/etc/thrice/p/monitors.env", "PING", "PING_S"]
        );
    }
}

#[test]
fn uptime_kuma_hears_up_and_down_at_the_steps_own_address() {
    let (fixture, step) = monitored(MonitorKind::UptimeKuma);
    for (work, asked) in [
        ("  true", "status=up&msg=OK"),
        ("  false", "status=down&msg=failed"),
    ] {
        let monitor = Monitor::start();
        let mut bench = Bench::new();
        bench.set("PING", "http://127.0.0.1:1/never");
        bench.set(
            "PING_S",
            &format!("{}/api/push/token?status=up&msg=OK&ping=", monitor.url),
        );
        let artefact = script(&fixture.plan(), step, work);
        let finished = bench.run(&artefact);
        assert_eq!(finished.is_success(), work.contains("true"), "{finished}");
        assert_eq!(
            monitor.asked(),
            [format!("/api/push/token?{asked}")],
            "{finished}"
        );
        assert_eq!(shellcheck(&bench.install(&artefact)), Ok(()));
    }
}

/// Cron gives a script no variables of its own: the address then comes from a file.
#[test]
fn the_address_may_be_in_the_file_for_monitors_or_in_one_of_its_own() {
    let monitor = Monitor::start();
    let bench = Bench::new();
    let own_file = bench.write("it's the address", format!("{}/of-file\n", monitor.url));
    let settings = format!("PING='{}/of-settings'\n", monitor.url);
    bench.write("mnt/thrice/p/etc/monitors.env", settings);
    for (place, asked) in [
        ("PING", "/of-settings/p-s"),
        (own_file.as_str(), "/of-file/p-s"),
    ] {
        let mut fixture = Fixture::new("p");
        let nas = fixture.host("nas", HostKind::Nas);
        fixture.file_system(nas, "tank", &bench.path("mnt"));
        let step = fixture.step("s", Verb::Prune, nas);
        let deadman = fixture.monitor("deadman", MonitorKind::Healthchecks, place);
        let span = fixture.model.steps[step].named.span;
        fixture.edit(step, |step| step.monitor = Some((deadman, span)));
        let artefact = script(&fixture.plan(), step, "  [[ -z ${PING:-} ]]");
        let finished = bench.run(&artefact);
        assert!(finished.is_success(), "{finished}");
        assert_eq!(monitor.asked().last().map(String::as_str), Some(asked));
        assert_eq!(shellcheck(&bench.install(&artefact)), Ok(()));
    }
}

#[test]
fn a_monitor_without_address_fails_the_run_that_was_done() {
    let (fixture, step) = monitored(MonitorKind::Healthchecks);
    for address in [None, Some("")] {
        let mut bench = Bench::new();
        if let Some(address) = address {
            bench.set("PING", address);
        }
        let finished = bench.run(&script(&fixture.plan(), step, "  true"));
        assert_eq!(finished.code, Some(78), "{finished}");
        assert!(
            finished
                .stderr
                .contains("the monitor has no address: set PING_S or PING in"),
            "{finished}"
        );
        assert_eq!(
            bench.record("p", "s")["ok"],
            true,
            "the work itself was done"
        );
    }
}

#[test]
fn a_monitor_that_cannot_be_reached_fails_the_run_that_was_done() {
    let (fixture, step) = monitored(MonitorKind::Healthchecks);
    let mut bench = Bench::new();
    bench.set("PING", "http://127.0.0.1:1");
    let finished = bench.run(&script(&fixture.plan(), step, "  true"));
    assert_eq!(finished.code, Some(74), "{finished}");
    assert!(
        finished.stderr.contains("cannot be told that it was done"),
        "{finished}"
    );
}

#[test]
fn the_address_is_in_no_argument() {
    let (fixture, step) = monitored(MonitorKind::Healthchecks);
    let monitor = Monitor::start();
    let mut bench = Bench::new();
    bench.set("PING", &format!("{}/secret", monitor.url));
    let seen = bench.path("seen");
    // A curl that notes its arguments, then does its work.
    bench.write(
        "bin/curl",
        format!("#!/bin/sh\necho \"$@\" >>'{seen}'\nexec /usr/bin/curl \"$@\"\n"),
    );
    thrice_test_support::run(
        std::process::Command::new("chmod").args(["755", &bench.path("bin/curl")]),
    );
    bench.programs(&bench.folder().join("bin"));
    assert!(
        bench
            .run(&script(&fixture.plan(), step, "  true"))
            .is_success()
    );
    assert_eq!(std::fs::read_to_string(seen).unwrap(), "--config -\n");
    assert_eq!(monitor.asked(), ["/secret/p-s"]);
}

#[test]
fn two_runs_at_once_are_one_run_and_an_error() {
    let (fixture, step) = monitored(MonitorKind::Healthchecks);
    let monitor = Monitor::start();
    let mut bench = Bench::new();
    bench.set("PING", &monitor.url);
    let (begun, go) = (bench.path("begun"), bench.path("go"));
    let artefact = script(
        &fixture.plan(),
        step,
        &format!("  : >'{begun}'\n  while [[ ! -e '{go}' ]]; do sleep 0.1; done"),
    );
    let mut first = bench
        .command(&artefact)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let limit = Duration::from_secs(20);
    until(limit, || std::fs::exists(&begun).unwrap().then_some(())).expect("the first run begins");
    let second = bench.run(&artefact);
    assert_eq!(second.code, Some(75), "{second}");
    assert!(
        second.stderr.contains("an earlier run is still going on"),
        "{second}"
    );
    assert_eq!(
        bench.record("p", "s"),
        serde_json::Value::Null,
        "only the holder of the lock writes"
    );
    bench.write("go", "");
    assert!(first.wait().unwrap().success());
    assert_eq!(bench.record("p", "s")["ok"], true);
    assert_eq!(monitor.asked(), ["/p-s/fail", "/p-s"]);
}

#[test]
fn a_run_that_takes_too_long_is_ended_with_all_that_it_started() {
    let (mut fixture, step) = monitored(MonitorKind::Healthchecks);
    fixture.edit(step, |step| {
        step.timing.duration = Interval::point(Seconds(1));
        step.timing.duration_stated = Some(step.named.span);
    });
    let monitor = Monitor::start();
    let mut bench = Bench::new();
    bench.set("PING", &monitor.url);
    let late = bench.path("late");
    let work = format!("  bash -c 'sleep 3; : >{late}'");
    let finished = bench.run(&script(&fixture.plan(), step, &work));
    assert_eq!(finished.code, Some(124), "{finished}");
    assert!(
        finished.stderr.contains("took longer than 1 s"),
        "{finished}"
    );
    assert_eq!(monitor.asked(), ["/p-s/fail"]);
    std::thread::sleep(Duration::from_secs(3));
    assert!(!std::fs::exists(&late).unwrap(), "what it started goes on");
}

#[test]
fn a_signal_ends_a_run_as_a_failure() {
    let (fixture, step) = monitored(MonitorKind::Healthchecks);
    let monitor = Monitor::start();
    let mut bench = Bench::new();
    bench.set("PING", &monitor.url);
    let begun = bench.path("begun");
    let artefact = script(
        &fixture.plan(),
        step,
        &format!("  : >'{begun}'\n  sleep 60"),
    );
    let mut run = bench
        .command(&artefact)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    until(Duration::from_secs(20), || {
        std::fs::exists(&begun).unwrap().then_some(())
    })
    .expect("it begins");
    thrice_test_support::run(std::process::Command::new("kill").arg(run.id().to_string()));
    let ended = until(Duration::from_secs(20), || run.try_wait().unwrap()).expect("it ends");
    assert_eq!(ended.code(), Some(143));
    assert_eq!(bench.record("p", "s")["ok"], false);
    assert_eq!(monitor.asked(), ["/p-s/fail"]);
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}

#[test]
fn failed_attempts_are_repeated_as_often_as_the_policy_says() {
    let (mut fixture, step) = one_step();
    fixture.edit(step, |step| step.timing.retries = 2);
    let bench = Bench::new();
    let tries = bench.path("tries");
    let until_third =
        format!("  echo x >>'{tries}'\n  [[ $(wc -l <'{tries}') == 3 ]]\n  number files 3");
    let finished = bench.run(&script(&fixture.plan(), step, &until_third));
    assert!(finished.is_success(), "{finished}");
    assert_eq!(bench.record("p", "s")["numbers"]["files"], 3);
    let never = bench.run(&script(
        &fixture.plan(),
        step,
        &format!("  echo x >>'{tries}'\n  false"),
    ));
    assert_eq!(never.code, Some(1), "{never}");
    assert_eq!(std::fs::read_to_string(&tries).unwrap().lines().count(), 6);
}

#[test]
fn secrets_reach_the_work_and_only_the_work() {
    let (fixture, step) = one_step();
    let plan = fixture.plan();
    let bench = Bench::new();
    let file = bench.write("it's/secrets.env", "TOKEN='a b'\n");
    let host = plan.model.steps[step].runner.host.unwrap();
    let with = |file: &str| {
        let body = "work() {\n  [[ $(printenv TOKEN) == 'a b' ]] && [[ $(printenv PLAIN) == \"it's\" ]]\n}";
        let script = Script {
            settings: vec![file.to_owned()],
            variables: vec![("PLAIN".to_owned(), "it's".to_owned())],
            body: body.to_owned(),
            ..Script::default()
        };
        artefact(&plan, step, host, &script).unwrap()
    };
    let good = with(&file);
    let finished = bench.run(&good);
    assert!(finished.is_success(), "{finished}");
    assert_eq!(good.secrets, [file]);
    assert_eq!(shellcheck(&bench.install(&good)), Ok(()));
    let finished = bench.run(&with(&bench.path("absent.env")));
    assert!(
        finished
            .stderr
            .contains("the file with secrets cannot be read"),
        "{finished}"
    );
    assert_eq!(finished.code, Some(1));
}

#[test]
fn steps_that_share_a_lock_wait_for_each_other() {
    let (mut fixture, first) = one_step();
    let host = fixture.model.steps[first].runner.host.unwrap();
    let second = fixture.step("t", Verb::Prune, host);
    let plan = fixture.plan();
    let bench = Bench::new();
    let (log, begun) = (bench.path("log"), bench.path("begun"));
    let made = |step: StepId, shared: bool, work: String| {
        let lock = Lock {
            name: "repository".to_owned(),
            shared,
        };
        let body = format!("work() {{\n{work}\n}}");
        artefact(
            &plan,
            step,
            host,
            &Script {
                body,
                locks: vec![lock],
                ..Script::default()
            },
        )
        .unwrap()
    };
    let slow = made(
        first,
        false,
        format!("  : >'{begun}'\n  sleep 1\n  echo slow >>'{log}'"),
    );
    let quick = made(second, true, format!("  echo quick >>'{log}'"));
    let mut running = bench.command(&slow).stdin(Stdio::null()).spawn().unwrap();
    until(Duration::from_secs(20), || {
        std::fs::exists(&begun).unwrap().then_some(())
    })
    .expect("it begins");
    assert!(bench.run(&quick).is_success());
    assert!(running.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(log).unwrap(), "slow\nquick\n");
}

#[test]
fn a_program_that_is_missing_is_named() {
    let (fixture, step) = one_step();
    let plan = fixture.plan();
    let script = Script {
        programs: vec!["no-such-program".to_owned()],
        body: "work() {\n  true\n}".to_owned(),
        ..Script::default()
    };
    let host = plan.model.steps[step].runner.host.unwrap();
    let bench = Bench::new();
    let finished = bench.run(&artefact(&plan, step, host, &script).unwrap());
    assert_eq!(finished.code, Some(127), "{finished}");
    assert!(
        finished.stderr.contains("no-such-program is not installed"),
        "{finished}"
    );
}

#[test]
fn a_monitor_whose_place_is_no_variable_is_refused() {
    let (mut fixture, step) = one_step();
    let monitor = fixture.monitor("odd", MonitorKind::Healthchecks, "A}; rm -rf /; ${B");
    let span = fixture.model.steps[step].named.span;
    fixture.edit(step, |step| step.monitor = Some((monitor, span)));
    let plan = fixture.plan();
    let host = plan.model.steps[step].runner.host.unwrap();
    let script = Script {
        body: "work() {\n  true\n}".to_owned(),
        ..Script::default()
    };
    let error = artefact(&plan, step, host, &script).unwrap_err();
    assert!(
        error
            .message
            .contains("neither a variable nor an absolute path"),
        "{error:?}"
    );
}
