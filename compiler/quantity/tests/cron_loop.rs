//! The runs of schedules and cron lines against a minute-by-minute model of cron's main loop.
//!
//! The model follows the description of `cron.c` (Debian cron 3.0pl1): each minute it compares
//! the wall clock with a virtual clock. Going ahead by up to three hours it catches up fixed
//! times minute by minute; going back it runs only jobs that follow the clock until the virtual
//! clock is reached again.
#![expect(clippy::unwrap_used, reason = "a fault in a test is a failed test")]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use thrice_quantity::cron::CronSpec;
use thrice_quantity::schedule::{Recurrence, Schedule, TimeOfDay, Weekday, zone_named};

/// Wall minutes since 1970-01-01 at an instant.
fn wall_minutes(zone: &TimeZone, second: i64) -> i64 {
    let at = Timestamp::from_second(second).unwrap();
    (second + i64::from(zone.to_offset(at).seconds())).div_euclid(60)
}

fn fits(spec: &CronSpec, wall_minute: i64) -> bool {
    let at = Timestamp::from_second(wall_minute * 60)
        .unwrap()
        .to_zoned(TimeZone::UTC);
    spec.matches(
        at.minute().unsigned_abs(),
        at.hour().unsigned_abs(),
        at.day().unsigned_abs(),
        at.month().unsigned_abs(),
        at.weekday().to_sunday_zero_offset().unsigned_abs(),
    )
}

/// Starts of the line, one minute of real time after the other.
fn simulate(spec: &CronSpec, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let wild = spec.follows_clock();
    let mut runs = Vec::new();
    let mut virtual_time = wall_minutes(zone, from.as_second() - 86_400);
    for second in ((from.as_second() - 86_400)..to.as_second()).step_by(60) {
        let clock = wall_minutes(zone, second);
        let ahead = clock - virtual_time;
        let starts = if ahead < 0 {
            wild && fits(spec, clock)
        } else if ahead > 5 && ahead <= 180 {
            let fixed_missed = (virtual_time + 1..=clock).any(|minute| fits(spec, minute));
            virtual_time = clock;
            if wild {
                fits(spec, clock)
            } else {
                fixed_missed
            }
        } else {
            // On time, or minutes late, or too far ahead to care.
            let again = ahead == 0 && second > from.as_second() - 86_400;
            virtual_time = clock;
            fits(spec, clock) && (wild || !again)
        };
        if starts && second >= from.as_second() {
            runs.push(Timestamp::from_second(second).unwrap());
        }
    }
    runs
}

fn recurrences() -> impl Strategy<Value = Recurrence> {
    let time =
        || (0_u8..5, 0_u8..60).prop_map(|(hour, minute)| TimeOfDay::new(hour, minute).unwrap());
    prop_oneof![
        prop::sample::select(vec![1_u32, 5, 15, 30, 60, 120, 180, 360, 720, 1440])
            .prop_map(Recurrence::EveryMinutes),
        (0_u8..60).prop_map(|minute| Recurrence::Hourly { minute }),
        (0_u8..60, prop::collection::btree_set(0_u8..24, 1..4)).prop_map(|(minute, hours)| {
            Recurrence::Daily {
                times: hours
                    .into_iter()
                    .map(|hour| TimeOfDay::new(hour, minute).unwrap())
                    .collect(),
            }
        }),
        time().prop_map(|time| Recurrence::Daily { times: vec![time] }),
        (prop::sample::select(Weekday::ALL.to_vec()), time())
            .prop_map(|(weekday, time)| Recurrence::Weekly { weekday, time }),
        (1_u8..=31, time()).prop_map(|(day, time)| Recurrence::Monthly { day, time }),
        (1_u8..=12, 1_u8..=28, time()).prop_map(|(month, day, time)| Recurrence::Yearly {
            month,
            day,
            time
        }),
    ]
}

fn zones() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
    ])
}

/// Weeks around clock changes in both hemispheres.
fn stretches() -> impl Strategy<Value = (Timestamp, Timestamp)> {
    prop::sample::select(vec![
        ("2026-02-10T00:00Z", "2026-02-20T00:00Z"),
        ("2026-03-05T00:00Z", "2026-04-08T00:00Z"),
        ("2026-09-30T00:00Z", "2026-11-05T00:00Z"),
    ])
    .prop_map(|(from, to)| (from.parse().unwrap(), to.parse().unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schedules_run_as_cron_runs_their_line(
        when in recurrences(), zone in zones(), (from, to) in stretches(),
    ) {
        let schedule = Schedule::utc(when);
        let line = schedule.to_cron().unwrap();
        let spec = CronSpec::parse(&line).unwrap();
        let zone = zone_named(zone).unwrap();
        let simulated = simulate(&spec, &zone, from, to);
        prop_assert_eq!(&spec.occurrences(&zone, from, to), &simulated, "line {}", line);
        let runs: Vec<Timestamp> = schedule.occurrences(&zone, from, to).collect();
        prop_assert_eq!(runs, simulated, "schedule {}", schedule);
    }

    #[test]
    fn cron_lines_never_panic(text in "[-0-9*/, a٣]{0,20}") {
        // A line that is read fits some minute of some day, if it fits a day at all.
        if let Ok(spec) = CronSpec::parse(&text) {
            let day = "2026-01-01T00:00Z".parse::<Timestamp>().unwrap();
            let leap_cycle = "2054-01-01T00:00Z".parse::<Timestamp>().unwrap();
            let some = spec.follows_clock()
                || !spec.occurrences(&TimeZone::UTC, day, leap_cycle).is_empty();
            prop_assert!(some || spec.never_matches());
        }
    }
}

#[test]
fn lines_that_never_run() {
    let spec = CronSpec::parse("0 0 30 2 *").unwrap();
    assert!(spec.never_matches());
    assert!(!CronSpec::parse("0 0 29 2 *").unwrap().never_matches());
    assert!(
        CronSpec::parse("0 0 31 4,6,9,11 *")
            .unwrap()
            .never_matches()
    );
}
