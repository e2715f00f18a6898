//! A step runs only after those that it comes after: since they were last due, not at some time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::process::Command;

use jiff::{Timestamp, ToSpan as _};
use thrice_model::{HostKind, StepId, Verb};
use thrice_quantity::schedule::{
    Recurrence, Schedule, ScheduleZone, TimeOfDay, Weekday, zone_named,
};
use thrice_target::bench::Bench;
use thrice_target::fixture::Fixture;
use thrice_target::script::{Script, artefact};
use thrice_target::{Artefact, Plan};
use thrice_test_support::shell::shellcheck;

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).unwrap()
}

/// The plan of a step `late` after a step `early` with the given schedule.
fn two_steps(schedule: Option<Schedule>) -> (Plan, StepId, StepId) {
    let mut fixture = Fixture::new("p");
    let host = fixture.host("h", HostKind::Host);
    let early = fixture.step("early", Verb::Prune, host);
    let late = fixture.step("late", Verb::Prune, host);
    let span = fixture.model.steps[early].named.span;
    fixture.edit(early, |step| {
        step.timing.schedule = schedule.map(|schedule| (schedule.into(), span))
    });
    fixture.edit(late, |step| step.timing.after = vec![(early, span)].into());
    (fixture.plan(), early, late)
}

fn script(plan: &Plan, step: StepId, work: &str) -> Artefact {
    let script = Script {
        body: format!("work() {{\n  {work}\n}}"),
        ..Script::default()
    };
    artefact(
        plan,
        step,
        plan.model.steps[step].runner.host.unwrap(),
        &script,
    )
    .unwrap()
}

#[test]
fn a_step_runs_only_after_a_success() {
    let (plan, early, late) = two_steps(None);
    let bench = Bench::new();
    let after = script(&plan, late, "true");
    let never = bench.run(&after);
    assert!(
        never
            .stderr
            .contains("it comes after early, which has never run on this host"),
        "{never}"
    );
    assert_eq!(
        (never.code, &bench.record("p", "late")["ok"]),
        (Some(1), &false.into())
    );
    assert_eq!(bench.run(&script(&plan, early, "false")).code, Some(1));
    let failed = bench.run(&after);
    assert!(
        failed.stderr.contains("it comes after early, which failed"),
        "{failed}"
    );
    assert!(bench.run(&script(&plan, early, "true")).is_success());
    assert!(bench.run(&after).is_success());
}

/// As if `early` had succeeded, and begun so many seconds ago.
fn succeeded(bench: &Bench, seconds_ago: i64) {
    let start = Timestamp::now().as_second() - seconds_ago;
    bench.write(
        "state/runs/p/early.json",
        format!("{{\"start\":{start},\"end\":{start},\"ok\":true}}"),
    );
}

#[test]
fn a_success_before_the_last_time_it_was_due_is_too_old() {
    let (plan, _, late) = two_steps(Some(Schedule::utc(Recurrence::EveryMinutes(1440))));
    let bench = Bench::new();
    let after = script(&plan, late, "true");
    let since_midnight = Timestamp::now().as_second() % 86_400;
    succeeded(&bench, since_midnight + 60);
    let old = bench.run(&after);
    assert!(
        old.stderr.contains("which was due at") && old.stderr.contains("00:00 UTC"),
        "{old}"
    );
    succeeded(&bench, since_midnight.saturating_sub(1));
    assert!(bench.run(&after).is_success());
}

/// What the functions of the frame say of a schedule, at a moment that `faketime`-less bash is told by
/// a `printf` and a `date` of our own.
fn last_due(artefact: &Artefact, moments: &[i64]) -> Vec<i64> {
    let text = artefact.text();
    let functions =
        &text[text.find("# ---- the frame").unwrap()..text.find("# Reads an environment").unwrap()];
    let call = text
        .split("require 'early' \"$(")
        .nth(1)
        .unwrap()
        .split(")\"")
        .next()
        .unwrap();
    let mut script = String::from(
        "set -euo pipefail\nshopt -s inherit_errexit\nexport LC_ALL=C TZ=UTC\n\
         printf() { if [[ $2 == now ]]; then now=$moment; else builtin printf \"$@\"; fi; }\n",
    );
    script.push_str(functions);
    for moment in moments {
        script.push_str(&format!("moment={moment}\n{call}\n"));
    }
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect()
}

#[test]
fn the_script_knows_when_a_schedule_was_last_due() {
    let daily = |times: &[&str]| Recurrence::Daily {
        times: times.iter().map(|t| time(t)).collect(),
    };
    let zone = |name: &str| ScheduleZone::Named(name.to_owned());
    let schedules = [
        Schedule::utc(daily(&["02:00"])),
        Schedule {
            when: daily(&["23:30", "08:09"]),
            zone: zone("America/New_York"),
        },
        Schedule {
            when: daily(&["02:30"]),
            zone: zone("Europe/Paris"),
        },
        Schedule {
            when: Recurrence::Hourly { minute: 45 },
            zone: zone("Asia/Kathmandu"),
        },
        Schedule::utc(Recurrence::EveryMinutes(15)),
        Schedule::utc(Recurrence::Weekly {
            weekday: Weekday::Sunday,
            time: time("12:00"),
        }),
        Schedule {
            when: Recurrence::Monthly {
                day: 31,
                time: time("05:00"),
            },
            zone: zone("Europe/Paris"),
        },
        Schedule::utc(Recurrence::Yearly {
            month: 2,
            day: 29,
            time: time("04:00"),
        }),
    ];
    for schedule in schedules {
        let (plan, _, late) = two_steps(Some(schedule.clone()));
        let artefact = script(&plan, late, "true");
        assert_eq!(
            shellcheck(&Bench::new().install(&artefact)),
            Ok(()),
            "{schedule}"
        );
        // Around both changes of the clocks in Paris and New York, and at odd times.
        let moments: Vec<Timestamp> = [
            "2026-03-08T06:59:59Z",
            "2026-03-08T12:00Z",
            "2026-03-29T00:59Z",
            "2026-03-29T01:10Z",
            "2026-03-29T12:00Z",
            "2026-10-25T00:29Z",
            "2026-10-25T00:31Z",
            "2026-10-25T02:00Z",
            "2026-11-23T22:31:05Z",
            "2027-01-01T00:00Z",
            "2027-03-01T04:44:59Z",
            "2028-03-01T00:00Z",
        ]
        .map(|text| text.parse().unwrap())
        .to_vec();
        let seconds: Vec<i64> = moments.iter().map(|moment| moment.as_second()).collect();
        for (moment, said) in moments.iter().zip(last_due(&artefact, &seconds)) {
            let host = zone_named("UTC").unwrap();
            let clock = schedule.zone.time_zone(&host).unwrap();
            let from = *moment - (24 * 366 * 9).hours();
            let runs = schedule.occurrences(&clock, from, *moment + 1.second());
            let expected = runs.last().expect("a run in nine years").as_second();
            // Where the clocks jump over a time, the script takes an earlier one: it is never too strict.
            let earlier = schedule
                .occurrences(&clock, from, Timestamp::from_second(expected).unwrap())
                .last();
            let skipped = moment.to_string().starts_with("2026-03-29T")
                && (earlier.unwrap().as_second()..expected).contains(&said);
            assert!(
                said == expected || skipped,
                "{schedule} at {moment}: {said} is not {expected}"
            );
        }
    }
}
