//! Emitted crontabs, read by the programs that they are for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::fs;
use std::time::Duration;

use jiff::civil::Time;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use thrice_model::{HostId, HostKind, Mirror, RunnerKind, Source, StepId, StepTarget, Verb};
use thrice_quantity::cron::CronSpec;
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay, Weekday};
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target::script::{Script, artefact};
use thrice_target::{Artefact, Plan};
use thrice_target_cron::{emit, read};
use thrice_test_support::cron::{at_once, check};
use thrice_test_support::cron_daemon::Setting;
use thrice_test_support::until;

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).unwrap()
}

fn scheduled(fixture: &mut Fixture, host: HostId, name: &str, when: Recurrence) -> StepId {
    let step = fixture.step(name, Verb::Prune, host);
    fixture.edit(step, |step| {
        step.timing.schedule = Some((Schedule::utc(when).into(), span()))
    })
}

/// A policy with a step of each kind of schedule on one host.
fn all_schedules(policy: &str) -> Fixture {
    let mut fixture = Fixture::new(policy);
    let host = fixture.host("h", HostKind::Host);
    for (name, when) in [
        (
            "daily",
            Recurrence::Daily {
                times: vec![time("03:00")],
            },
        ),
        (
            "twice",
            Recurrence::Daily {
                times: vec![time("03:10"), time("15:20")],
            },
        ),
        (
            "weekly",
            Recurrence::Weekly {
                weekday: Weekday::Sunday,
                time: time("12:00"),
            },
        ),
        (
            "monthly",
            Recurrence::Monthly {
                day: 1,
                time: time("05:00"),
            },
        ),
        (
            "yearly",
            Recurrence::Yearly {
                month: 2,
                day: 28,
                time: time("23:59"),
            },
        ),
        ("hourly", Recurrence::Hourly { minute: 7 }),
        ("quarters", Recurrence::EveryMinutes(15)),
        ("never", Recurrence::OnDemand),
    ] {
        scheduled(&mut fixture, host, name, when);
    }
    fixture
}

fn only(plan: &Plan) -> Artefact {
    let mut artefacts = emit(plan).unwrap();
    assert_eq!(artefacts.len(), 1, "{artefacts:?}");
    artefacts.remove(0)
}

#[test]
fn a_crontab_says_each_schedule_once() {
    let plan = all_schedules("p").plan();
    let file = only(&plan);
    insta::assert_snapshot!(file.text());
    assert_eq!(check(file.text()), Ok(()));
    assert_eq!(
        (file.mode, file.install_to.as_deref()),
        (0o644, Some("/etc/cron.d/thrice-p"))
    );
    assert_eq!(file.path, "hosts/h/cron.d/thrice-p");
}

#[test]
fn what_is_read_back_is_what_the_policy_says() {
    let plan = all_schedules("p").plan();
    let entries = read(only(&plan).text()).unwrap();
    let mut expected = Vec::new();
    for (_, step) in plan.model.steps.iter() {
        let (schedule, _) = step.timing.schedule.as_ref().unwrap();
        if schedule.when != Recurrence::OnDemand {
            for fields in schedule.to_cron_lines().unwrap() {
                let command = vec![format!("/opt/thrice/p/bin/{}", step.named.name)];
                expected.push((CronSpec::parse(&fields).unwrap(), command));
            }
        }
    }
    let found: Vec<_> = entries
        .into_iter()
        .map(|entry| (entry.when, entry.command))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 8);
    assert!(read("0 3 * * * root a; b\n").is_err());
}

#[test]
fn only_what_cron_starts_on_that_day_is_in_it() {
    let mut fixture = all_schedules("p");
    let ids: Vec<StepId> = fixture.model.steps.ids().collect();
    fixture.edit(ids[0], |step| step.runner.kind = RunnerKind::Executor);
    fixture.edit(ids[1], |step| step.runner.kind = RunnerKind::Zerobyte);
    fixture.edit(ids[2], |step| {
        step.lifetime.from = jiff::civil::date(2026, 6, 2)
    });
    fixture.edit(ids[3], |step| {
        step.lifetime.until = Some(thrice_target::fixture::AS_OF)
    });
    fixture.edit(ids[4], |step| step.runner.kind = RunnerKind::Hand);
    let entries = read(only(&fixture.plan()).text()).unwrap();
    let commands: Vec<&str> = entries
        .iter()
        .map(|entry| entry.command[0].as_str())
        .collect();
    assert_eq!(
        commands,
        ["/opt/thrice/p/bin/hourly", "/opt/thrice/p/bin/quarters"]
    );
}

#[test]
fn a_cron_daemon_loads_it_whatever_the_policy_is_called() {
    for policy in ["p", "it's 100 % \"$(reboot)\" é.conf"] {
        let file = only(&all_schedules(policy).plan());
        assert_eq!(check(file.text()), Ok(()));
        let name = file
            .install_to
            .as_deref()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        let daemon = Setting::new().file(name, file.text()).start();
        assert_eq!(daemon.complaints(), Vec::<String>::new(), "{}", file.text());
    }
}

#[test]
fn a_cron_daemon_considers_the_file_and_runs_its_scripts() {
    let plan = all_schedules("p").plan();
    let file = only(&plan);
    let bench = Bench::new();
    for (id, step) in plan.model.steps.iter() {
        let script = Script {
            body: "work() {\n  true\n}".to_owned(),
            ..Script::default()
        };
        bench.install(&artefact(&plan, id, step.runner.host.unwrap(), &script).unwrap());
    }
    fs::create_dir(bench.folder().join("state")).unwrap();
    let daemon = Setting::new()
        .file("thrice-p", &at_once(file.text()))
        .folder_at(
            &bench.folder().join("out/hosts/h/bin"),
            "/opt/thrice/p/bin".as_ref(),
        )
        .folder_at(&bench.folder().join("state"), "/var/lib/thrice".as_ref())
        .start();
    for step in [
        "daily", "twice", "weekly", "monthly", "yearly", "hourly", "quarters",
    ] {
        until(Duration::from_secs(20), || {
            bench.record("p", step)["ok"].as_bool()
        })
        .unwrap_or_else(|| panic!("{step} did not run: {:#?}", daemon.log()));
    }
    assert_eq!(bench.record("p", "never"), Value::Null);
    // Cron reads the file again under that very name when it changes: it does not pass over it.
    daemon.put("thrice-p", file.text());
    assert!(daemon.reloads("thrice-p"), "{:#?}", daemon.log());
    assert_eq!(daemon.complaints(), Vec::<String>::new());
}

/// A step of a host in Paris that is due at times of another zone.
fn abroad(when: Recurrence) -> (Plan, StepId) {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    fixture.model.hosts.get_mut(host).unwrap().timezone = "Europe/Paris".to_owned();
    let step = fixture.step("s", Verb::Prune, host);
    let schedule = Schedule {
        when,
        zone: ScheduleZone::Named("Asia/Kathmandu".to_owned()),
    };
    fixture.edit(step, |step| {
        step.timing.schedule = Some((schedule.into(), span()))
    });
    (fixture.plan(), step)
}

fn kathmandu(seconds_from_now: i64) -> (TimeOfDay, jiff::civil::Date) {
    let moment = Timestamp::from_second(Timestamp::now().as_second() + seconds_from_now).unwrap();
    let there = TimeZone::get("Asia/Kathmandu").unwrap().to_datetime(moment);
    let Time { .. } = there.time();
    (
        TimeOfDay::new(there.hour() as u8, there.minute() as u8).unwrap(),
        there.date(),
    )
}

#[test]
fn a_schedule_on_another_clock_is_kept_by_the_script() {
    let (now, date) = kathmandu(0);
    let (soon, _) = kathmandu(60);
    let (other, _) = kathmandu(7200);
    let tomorrow = date.tomorrow().unwrap().day() as u8;
    for (when, runs) in [
        (
            Recurrence::Daily {
                times: vec![other, now, soon],
            },
            true,
        ),
        (Recurrence::Daily { times: vec![other] }, false),
        (
            Recurrence::Monthly {
                day: tomorrow,
                time: now,
            },
            false,
        ),
    ] {
        let (plan, step) = abroad(when);
        let entries = read(only(&plan).text()).unwrap();
        assert_eq!(entries[0].command, ["/opt/thrice/p/bin/s", "--on-time"]);
        let bench = Bench::new();
        let script = Script {
            body: "work() {\n  true\n}".to_owned(),
            ..Script::default()
        };
        let script = artefact(
            &plan,
            step,
            plan.model.steps[step].runner.host.unwrap(),
            &script,
        )
        .unwrap();
        let finished = thrice_test_support::finish(bench.command(&script).arg("--on-time"));
        assert!(finished.is_success(), "{finished}");
        assert_eq!(bench.record("p", "s")["ok"].as_bool(), runs.then_some(true));
        assert_eq!(
            thrice_test_support::shell::shellcheck(&bench.install(&script)),
            Ok(())
        );
        assert!(bench.run(&script).is_success(), "by hand it always runs");
        assert_eq!(bench.record("p", "s")["ok"], true);
    }
}

#[test]
fn cron_starts_such_a_script_in_every_minute_at_which_it_may_be_due() {
    let (plan, _) = abroad(Recurrence::Daily {
        times: vec![time("02:50")],
    });
    let entries = read(only(&plan).text()).unwrap();
    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    // Kathmandu is 5 h 45 min ahead of UTC; in between, the clocks in Paris change.
    let (from, to) = (day("2026-10-24T00:00Z"), day("2026-10-27T00:00Z"));
    let paris = TimeZone::get("Europe/Paris").unwrap();
    let starts: Vec<Timestamp> = entries
        .iter()
        .flat_map(|entry| entry.when.occurrences(&paris, from, to))
        .collect();
    for due in [
        "2026-10-24T21:05Z",
        "2026-10-25T21:05Z",
        "2026-10-26T21:05Z",
    ] {
        assert!(starts.contains(&day(due)), "{due}: {starts:?}");
    }
    // 25 October has 25 hours in Paris: 73 hours, four times each.
    assert_eq!(starts.len(), 72 * 4);
}

#[test]
fn a_nas_gets_nothing_under_etc() {
    let mut fixture = Fixture::new("p");
    let nas = fixture.host("nas", HostKind::Nas);
    scheduled(
        &mut fixture,
        nas,
        "hourly",
        Recurrence::Hourly { minute: 0 },
    );
    assert_eq!(emit(&fixture.plan()), Ok(Vec::new()));
}

#[test]
fn the_same_policy_gives_the_same_bytes() {
    assert_eq!(
        emit(&all_schedules("p").plan()),
        emit(&all_schedules("p").plan())
    );
}

#[test]
fn schedules_that_cron_cannot_say_are_refused() {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    scheduled(&mut fixture, host, "uneven", Recurrence::EveryMinutes(7));
    scheduled(&mut fixture, host, "too", Recurrence::EveryMinutes(50));
    let mistakes = emit(&fixture.plan()).unwrap_err();
    assert_eq!(mistakes.len(), 2, "each is told of: {mistakes:?}");
    assert!(mistakes[0].message.contains("`uneven`"), "{mistakes:?}");
}

/// Zerobyte starts what it copies; cron asks whether all of it has arrived.
#[test]
fn a_mirror_is_asked_after() {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    let store = fixture.file_system(host, "disk", "/");
    let key = fixture.key("k", None);
    let [near, far] = ["/near", "/far"].map(|path| {
        fixture.repository(
            &path[1..],
            Fixture::location(store, path),
            (0, 18),
            key,
            None,
        )
    });
    let backup = |mirror: Option<Mirror>| Verb::Backup {
        keep: None,
        prune: true,
        exclude: Default::default(),
        flags: Default::default(),
        mirror: mirror.map(Box::new),
    };
    let half_past = Recurrence::Hourly { minute: 30 };
    let asked = Some(Mirror {
        checked: Some((Schedule::utc(half_past).into(), span())),
        stated: None,
    });
    let nightly = fixture.step("nightly", backup(None), host);
    let [silent, mirror] = [("silent", Some(Mirror::default())), ("mirror", asked)]
        .map(|(name, mirror)| fixture.step(name, backup(mirror), host));
    for (id, source, target) in [
        (nightly, Source::Home, near),
        (silent, Source::Step(nightly, span()), far),
        (mirror, Source::Step(nightly, span()), far),
    ] {
        fixture.edit(id, |step| {
            step.runner.kind = RunnerKind::Zerobyte;
            step.source = source;
            step.target = StepTarget::Repository(target, span());
        });
    }
    let emitted = emit(&fixture.plan()).unwrap();
    let when = Schedule::utc(Recurrence::Hourly { minute: 30 });
    let comment = format!("# ask after copy mirror: {when}\n");
    assert!(
        emitted[0].text().contains(&comment),
        "{}",
        emitted[0].text()
    );
    let entries = read(emitted[0].text()).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].command, ["/opt/thrice/p/bin/mirror"]);
    assert_eq!(entries[0].when, CronSpec::parse("30 * * * *").unwrap());
}
