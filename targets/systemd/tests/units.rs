//! Emitted units, read by the program that they are for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use thrice_model::{HostId, HostKind, RunnerKind, StepId, Verb};
use thrice_plan::Plan;
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay, Weekday};
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::{Fixture, span};
use thrice_target::{Artefact, due};
use thrice_target_systemd::{emit, lines, read_service, read_timer};
use thrice_test_support::systemd::{calendar, verify};

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).unwrap()
}

fn scheduled(fixture: &mut Fixture, host: HostId, name: &str, when: Recurrence) -> StepId {
    let step = fixture.step(name, Verb::Prune, host);
    fixture.edit(step, |step| {
        step.runner.kind = RunnerKind::Systemd;
        step.timing.schedule = Some((Schedule::utc(when).into(), span()));
    })
}

/// A policy with a step of each kind of schedule on one host.
fn all_schedules(policy: &str) -> Fixture {
    let mut fixture = Fixture::new(policy);
    let host = fixture.host("h", HostKind::Host);
    let five = time("05:00");
    let daily = scheduled(
        &mut fixture,
        host,
        "twice",
        Recurrence::Daily {
            times: vec![time("03:10"), time("15:20")],
        },
    );
    fixture.edit(daily, |step| {
        step.timing.duration_stated = Some(span());
        step.timing.duration = Interval::point(Seconds::HOUR);
        step.timing.jitter = Seconds::MINUTE;
    });
    for (name, when) in [
        (
            "weekly",
            Recurrence::Weekly {
                weekday: Weekday::Sunday,
                time: five,
            },
        ),
        ("monthly", Recurrence::Monthly { day: 1, time: five }),
        (
            "yearly",
            Recurrence::Yearly {
                month: 2,
                day: 28,
                time: five,
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

/// Writes units to a folder, with scripts that exist in the place of those of the policy.
fn written(folder: &Path, units: &[Artefact]) -> Vec<PathBuf> {
    let path = |unit: &Artefact| {
        folder.join(
            unit.install_to
                .as_deref()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap(),
        )
    };
    for unit in units {
        let text = unit
            .text()
            .replace("ExecStart=/opt/", "ExecStart=/bin/true /opt/");
        fs::write(path(unit), text).unwrap();
    }
    units.iter().map(path).collect()
}

fn verified(units: &[Artefact]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let paths = written(folder.path(), units);
    verify(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>())
}

#[test]
fn a_service_and_its_timer() {
    let units = emit(&all_schedules("p").plan()).unwrap();
    insta::assert_snapshot!("service", units[0].text());
    insta::assert_snapshot!("timer", units[1].text());
    let paths: Vec<&str> = units.iter().map(|unit| unit.path.as_str()).collect();
    assert_eq!(
        paths[..2],
        [
            "hosts/h/systemd/thrice-p-twice.service",
            "hosts/h/systemd/thrice-p-twice.timer"
        ]
    );
    assert_eq!(
        units.len(),
        13,
        "what is done on demand has no timer: {paths:?}"
    );
    assert_eq!(
        (units[1].mode, units[1].install_to.as_deref()),
        (0o644, Some("/etc/systemd/system/thrice-p-twice.timer"))
    );
}

#[test]
fn systemd_has_nothing_to_say_about_them() {
    for policy in ["p", "it's 100 % \"$(reboot)\" é\\"] {
        let mut fixture = all_schedules(policy);
        let ids: Vec<StepId> = fixture.model.steps.ids().collect();
        fixture.edit(ids[0], |step| {
            step.named.doc = "100 % safe\\\n[Service]\\".into()
        });
        fixture.edit(ids[1], |step| step.named.name = "50 %h of \\".into());
        assert_eq!(verified(&emit(&fixture.plan()).unwrap()), Ok(()));
    }
}

#[test]
fn that_it_says_nothing_means_something() {
    let units = emit(&all_schedules("p").plan()).unwrap();
    for (good, bad) in [
        ("Persistent=", "Persistant="),
        ("03:10:00", "33:10:00"),
        ("NoNewPrivileges=yes", "NoNewPrivileges=maybe"),
    ] {
        let mut wrong = units.clone();
        for unit in &mut wrong {
            unit.bytes = unit.text().replace(good, bad).into_bytes();
        }
        assert_ne!(wrong, units);
        assert!(verified(&wrong).is_err(), "{bad}");
    }
}

#[test]
fn what_is_read_back_is_what_the_policy_says() {
    let plan = all_schedules("p").plan();
    let units = emit(&plan).unwrap();
    let service = read_service(units[0].text()).unwrap();
    assert_eq!(
        (
            service.command.as_str(),
            service.user.as_str(),
            service.timeout.as_str()
        ),
        ("/opt/thrice/p/bin/twice", "root", "3900s")
    );
    let timer = read_timer(units[1].text()).unwrap();
    assert_eq!(timer.calendar, ["*-*-* 03:10:00 UTC", "*-*-* 15:20:00 UTC"]);
    assert_eq!((timer.persistent, timer.accuracy.as_str()), (true, "60s"));
    assert_eq!(
        read_timer(&units[1].text().replace("Acc", "Ack")).unwrap_err(),
        "AckuracySec=60s"
    );
    let weekly = units
        .iter()
        .find(|unit| unit.path.ends_with("weekly.service"))
        .unwrap();
    assert_eq!(read_service(weekly.text()).unwrap().timeout, "infinity");
}

#[test]
fn a_nas_and_what_is_not_by_systemd_get_nothing() {
    let mut fixture = all_schedules("p");
    let ids: Vec<StepId> = fixture.model.steps.ids().collect();
    for id in &ids {
        fixture.edit(*id, |step| step.runner.kind = RunnerKind::Cron);
    }
    assert_eq!(emit(&fixture.plan()).unwrap(), Vec::new());
    let nas = fixture.host("nas", HostKind::Nas);
    scheduled(&mut fixture, nas, "there", Recurrence::Hourly { minute: 0 });
    let mistakes = emit(&fixture.plan()).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].code.0), (1, "T2332"));
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn abroad(zone: &str, when: Recurrence) -> (Plan, Schedule) {
    let mut fixture = Fixture::new("p");
    fixture.host("h", HostKind::Host);
    let zone = ScheduleZone::Named(zone.to_owned());
    (fixture.plan(), Schedule { when, zone })
}

fn said(zone: &str, when: Recurrence) -> Result<Vec<String>, String> {
    let (plan, schedule) = abroad(zone, when);
    lines(
        &schedule,
        &due::zone(&schedule, &plan.model.hosts[HostId::from(0)]),
        &plan.model.policy,
    )
}

#[test]
fn times_that_a_change_of_the_clocks_hits_are_refused() {
    let daily = |text: &str| Recurrence::Daily {
        times: vec![time(text)],
    };
    assert_eq!(
        said("Europe/Paris", daily("03:30")).unwrap(),
        ["*-*-* 03:30:00 Europe/Paris"]
    );
    let error = said("Europe/Paris", daily("02:30")).unwrap_err();
    assert!(error.contains("2026-03-29 at 02:30"), "{error}");
    assert_eq!(said("Asia/Kathmandu", daily("02:30")).unwrap().len(), 1);
    // Real: systemd leaves out the night at which the plan counts on a run.
    let nights = calendar("*-*-* 02:30:00 Europe/Paris", "2026-03-28 00:00:00 UTC", 2).unwrap();
    assert_eq!(
        nights,
        ["2026-03-28 01:30:00 UTC", "2026-03-30 00:30:00 UTC"]
    );

    assert_eq!(
        said("Europe/Paris", Recurrence::Hourly { minute: 5 }).unwrap(),
        ["*-*-* *:05:00 UTC"]
    );
    assert_eq!(
        said("Asia/Kolkata", Recurrence::Hourly { minute: 5 }).unwrap(),
        ["*-*-* *:05:00 Asia/Kolkata"]
    );
    assert!(said("Australia/Lord_Howe", Recurrence::Hourly { minute: 5 }).is_err());
    assert!(said("Europe/Paris", Recurrence::EveryMinutes(120)).is_err());
    assert!(said("UTC", Recurrence::EveryMinutes(7)).is_err());
}

fn recurrence() -> impl Strategy<Value = Recurrence> {
    let time =
        || (0_u8..24, 0_u8..60).prop_map(|(hour, minute)| TimeOfDay::new(hour, minute).unwrap());
    let weekday = prop::sample::select(vec![
        Weekday::Monday,
        Weekday::Wednesday,
        Weekday::Saturday,
        Weekday::Sunday,
    ]);
    prop_oneof![
        prop::sample::select(vec![1_u32, 5, 15, 20, 30, 60, 120, 180, 720, 1440])
            .prop_map(Recurrence::EveryMinutes),
        (0_u8..60).prop_map(|minute| Recurrence::Hourly { minute }),
        prop::collection::vec(time(), 1..4).prop_map(|times| Recurrence::Daily { times }),
        (weekday, time()).prop_map(|(weekday, time)| Recurrence::Weekly { weekday, time }),
        (1_u8..32, time()).prop_map(|(day, time)| Recurrence::Monthly { day, time }),
        (1_u8..13, 1_u8..29, time()).prop_map(|(month, day, time)| Recurrence::Yearly {
            month,
            day,
            time
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Either systemd starts a step exactly when the plan counts on it, or it is refused.
    #[test]
    fn systemd_starts_a_step_when_the_plan_says(
        when in recurrence(),
        zone in prop::sample::select(vec!["UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"]),
        from in prop::sample::select(vec!["2026-03-28T00:00:00Z", "2026-10-24T12:00:00Z", "2026-04-03T00:00:00Z", "2027-01-30T23:00:00Z"]),
    ) {
        let Ok(events) = said(zone, when.clone()) else { return Ok(()) };
        let (_, schedule) = abroad(zone, when);
        let clock = TimeZone::get(zone).unwrap();
        let after = from.replace('T', " ").replace('Z', " UTC");
        let mut elapses: Vec<String> = events.iter().flat_map(|event| calendar(event, &after, 12).unwrap()).collect();
        elapses.sort();
        elapses.dedup();
        let end = at("2040-01-01T00:00:00Z");
        // systemd looks for moments after the given one.
        let first = Timestamp::from_second(at(from).as_second() + 1).unwrap();
        let expected: Vec<String> = schedule.occurrences(&clock, first, end).take(12)
            .map(|moment| moment.to_string().replace('T', " ").replace('Z', " UTC")).collect();
        prop_assert_eq!(&elapses[..12], &expected[..]);
    }
}
