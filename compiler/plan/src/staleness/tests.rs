//! Worked examples, and an adversary that plays the runs out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use thrice_quantity::schedule::{Recurrence, Schedule, TimeOfDay, Weekday, zone_named};

use super::*;

/// What a step leaves of a source that nothing empties.
fn stage(
    source: &Newest,
    writer: Option<&Rhythm>,
    step: &Rhythm,
    read: Read,
    older_than: Option<Seconds>,
) -> Newest {
    super::stage(source, writer, step, read, older_than, None)
}

const FROM: &str = "2026-02-15T00:00Z";
const UNTIL: &str = "2028-02-15T00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn second(text: &str) -> i64 {
    at(text).as_second()
}

/// A step that runs on a zone's clock; starts reach back far enough for any chain of the tests.
fn step(when: Recurrence, zone: &str, late: i64, long: i64, missed: u32) -> Rhythm {
    let zone = if zone == "UTC" {
        TimeZone::UTC
    } else {
        zone_named(zone).unwrap()
    };
    let runs = Schedule::utc(when).occurrences(&zone, at("2025-01-01T00:00Z"), at(UNTIL));
    Rhythm {
        starts: runs.map(Timestamp::as_second).collect(),
        late: late * 60,
        long: long * 60,
        missed,
    }
}

fn daily(time: &str) -> Recurrence {
    Recurrence::Daily {
        times: vec![TimeOfDay::parse(time).unwrap()],
    }
}

fn monthly(time: &str) -> Recurrence {
    let time = TimeOfDay::parse(time).unwrap();
    Recurrence::Monthly { day: 1, time }
}

/// What a chain of steps leaves, each reading what the one before it published.
fn chain(steps: &[Rhythm]) -> Newest {
    steps.iter().fold(Newest::LIVE, |source, step| {
        stage(&source, None, step, Read::default(), None)
    })
}

fn age(newest: &Newest) -> String {
    let (from, until) = (second(FROM), second("2028-01-15T00:00Z"));
    worst(&[newest], from, until).map_or("nothing".to_owned(), |worst| worst.age.to_string())
}

/// Dump 02:55, backup 03:00 within ten minutes, mirror on the first within two hours.
fn example(dump: i64, mirror_at: &str, zone: &str, missed: u32) -> [Rhythm; 3] {
    [
        step(daily("02:55"), zone, 0, dump, missed),
        step(daily("03:00"), zone, 0, 10, missed),
        step(monthly(mirror_at), zone, 0, 120, missed),
    ]
}

#[test]
fn a_nightly_backup_and_a_monthly_mirror() {
    let steps = example(4, "05:00", "UTC", 0);
    assert_eq!(age(&chain(&steps[..2])), "1 d 15 min");
    assert_eq!(age(&chain(&steps)), "31 d 4 h 5 min");
}

#[test]
fn a_dump_that_may_end_after_the_backup_began_costs_a_day() {
    let steps = example(6, "05:00", "UTC", 0);
    assert_eq!(age(&chain(&steps[..2])), "2 d 15 min");
    assert_eq!(age(&chain(&steps)), "32 d 4 h 5 min");
}

#[test]
fn one_miss_of_each_step() {
    let steps = example(4, "05:00", "UTC", 1);
    assert_eq!(age(&chain(&steps[..2])), "3 d 15 min");
    assert_eq!(age(&chain(&steps)), "64 d 4 h 5 min");
}

#[test]
fn in_paris_the_night_of_the_change_costs_a_day() {
    // On 29 March 02:55 does not exist: the dump starts at 03:00, with the backup, which reads the old one.
    let steps = example(4, "05:00", "Europe/Paris", 0);
    assert_eq!(age(&chain(&steps[..2])), "1 d 23 h 15 min");
    let newest = chain(&steps[..2]);
    let found = worst(&[&newest], second(FROM), second(UNTIL) - 86_400).unwrap();
    let moment = Timestamp::from_second(found.at).unwrap().to_string();
    assert_eq!(moment, "2026-03-30T01:10:00Z", "until the next one is done");
}

#[test]
fn a_mirror_before_the_nightly_backup_carries_yesterdays() {
    let steps = example(4, "02:00", "UTC", 0);
    assert_eq!(age(&chain(&steps)), "32 d 1 h 5 min");
}

#[test]
fn what_a_reader_may_tear_is_of_no_use() {
    let dump = step(daily("02:55"), "UTC", 0, 6, 0);
    let backup = step(daily("03:00"), "UTC", 0, 10, 0);
    let source = stage(&Newest::LIVE, None, &dump, Read::default(), None);
    let in_place = Read {
        in_place: true,
        keeps_versions: true,
        after: false,
    };
    let torn = stage(&source, Some(&dump), &backup, in_place, None);
    assert_eq!(torn, Newest::NOTHING);
    // Four minutes are enough: it is whole when the backup begins.
    let quick = step(daily("02:55"), "UTC", 0, 4, 0);
    let source = stage(&Newest::LIVE, None, &quick, Read::default(), None);
    let whole = stage(&source, Some(&quick), &backup, in_place, None);
    assert_eq!(age(&whole), "1 d 15 min");
    // A reader that waits finds it whole, and is done later.
    let after = Read {
        after: true,
        ..in_place
    };
    let source = stage(&Newest::LIVE, None, &dump, Read::default(), None);
    let waited = stage(&source, Some(&dump), &backup, after, None);
    assert_eq!(age(&waited), "1 d 16 min");
}

#[test]
fn misses_of_a_reader_that_waits_are_those_of_what_it_waits_for() {
    let dump = step(daily("02:00"), "UTC", 0, 4, 2);
    let backup = step(daily("03:00"), "UTC", 0, 10, 2);
    let source = stage(&Newest::LIVE, None, &dump, Read::default(), None);
    let after = Read {
        after: true,
        ..Read::default()
    };
    let waits = stage(&source, Some(&dump), &backup, after, None);
    assert_eq!(age(&waits), "3 d 1 h 10 min");
    // Without the order the backup may miss two, and read a dump that missed two before.
    let apart = stage(&source, Some(&dump), &backup, Read::default(), None);
    assert_eq!(age(&apart), "5 d 1 h 10 min");
}

#[test]
fn two_copies_together_are_newer_than_each() {
    let morning = chain(&[step(daily("03:00"), "UTC", 0, 10, 0)]);
    let evening = chain(&[step(daily("15:00"), "UTC", 0, 10, 0)]);
    let (from, until) = (second(FROM), second("2027-02-15T00:00Z"));
    let both = worst(&[&morning, &evening], from, until).unwrap();
    assert_eq!(both.age.to_string(), "12 h 10 min");
    assert_eq!(
        worst(&[&morning], from, until).unwrap().age.to_string(),
        "1 d 10 min"
    );
}

#[test]
fn what_moves_at_an_age_is_that_old() {
    let copy = step(daily("03:00"), "UTC", 0, 10, 0);
    let to_the_nas = step(monthly("05:00"), "UTC", 0, 60, 0);
    let source = chain(&[copy]);
    let age_of = Some(Seconds::days(90));
    let moved = stage(&source, None, &to_the_nas, Read::default(), age_of);
    assert_eq!(age(&moved), "121 d 1 h");
}

/// How one run of a step goes.
#[derive(Clone, Copy, Debug)]
struct Play {
    missed: bool,
    late: i64,
    long: i64,
}

/// What a chain publishes when its runs go like that: moments, and from when the data is.
fn played(steps: &[Rhythm], plays: &[Vec<Play>]) -> Vec<(i64, i64)> {
    let mut source: Option<Vec<(i64, i64)>> = None;
    for (step, plays) in steps.iter().zip(plays) {
        let mut published = Vec::new();
        for (start, play) in step.starts.iter().zip(plays) {
            let start = start + play.late;
            let data = match &source {
                None => Some(start),
                Some(versions) => versions
                    .iter()
                    .filter(|(at, _)| *at <= start)
                    .map(|(_, data)| *data)
                    .max(),
            };
            if let (false, Some(data)) = (play.missed, data) {
                published.push((start + play.long, data));
            }
        }
        source = Some(published);
    }
    source.unwrap_or_default()
}

/// The greatest age of the newest version between two moments.
fn oldest(published: &[(i64, i64)], from: i64, until: i64) -> i64 {
    let newest = |moment: i64| {
        let there = published.iter().filter(|(at, _)| *at < moment);
        there.map(|(_, data)| *data).max()
    };
    let moments = published.iter().map(|(at, _)| *at);
    moments
        .filter(|at| from < *at && *at <= until)
        .chain([until])
        .filter_map(|at| Some(at - newest(at)?))
        .max()
        .unwrap_or(0)
}

/// The worst that the definition says: the run that is read goes on time, those after it fail, the next
/// one is late and long. Everything else is late and long too, so that nothing newer is there in time.
fn worst_plays(steps: &[Rhythm], moment: i64) -> Vec<Vec<Play>> {
    let mut reader = moment;
    let mut out: Vec<Vec<Play>> = Vec::new();
    for step in steps.iter().rev() {
        let slowest = step.late + step.long;
        let done = step
            .starts
            .partition_point(|start| start + slowest < reader);
        // At the end of the chain the moment is just before a run is done.
        let read = done.saturating_sub(1 + step.missed as usize);
        let play = |(index, _): (usize, &i64)| Play {
            missed: index > read && index < done,
            late: if index == read { 0 } else { step.late },
            long: step.long,
        };
        out.push(step.starts.iter().enumerate().map(play).collect());
        // A version that is there at the very moment is read.
        reader = step.starts[read] + 1;
    }
    out.reverse();
    out
}

fn any_step() -> impl Strategy<Value = Rhythm> {
    let time =
        (0_u8..24, 0_u8..60).prop_map(|(hour, minute)| TimeOfDay::new(hour, minute).unwrap());
    let when = prop_oneof![
        time.clone()
            .prop_map(|time| Recurrence::Daily { times: vec![time] }),
        time.clone().prop_map(|time| Recurrence::Weekly {
            weekday: Weekday::Sunday,
            time
        }),
        Just(Recurrence::EveryMinutes(360)),
        (1_u8..29, time).prop_map(|(day, time)| Recurrence::Monthly { day, time }),
    ];
    let zone = prop::sample::select(vec!["UTC", "Europe/Paris", "America/New_York"]);
    (when, zone, 0_i64..10, 0_i64..180, 0_u32..3)
        .prop_map(|(when, zone, late, long, missed)| step(when, zone, late, long, missed))
}

/// Runs that fail at random, at most so many in a row, late and long at random or at the extremes.
fn any_plays(step: &Rhythm, seed: u64) -> Vec<Play> {
    let mut state = seed | 1;
    let mut next = move |below: i64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i64::try_from(state % 1_000_003).unwrap_or(0) % below.max(1)
    };
    let mut row = 0;
    let play = |_: &i64| {
        let missed = row < step.missed && next(3) > 0;
        row = if missed { row + 1 } else { 0 };
        let extreme = next(2) == 0;
        let mut pick = |most: i64| {
            if extreme {
                most * next(2)
            } else {
                next(most + 1)
            }
        };
        Play {
            missed,
            late: pick(step.late),
            long: pick(step.long),
        }
    };
    step.starts.iter().map(play).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_adversary_exceeds_it_and_one_attains_it(
        steps in prop::collection::vec(any_step(), 1..4), seed in any::<u64>(),
    ) {
        let (from, until) = (second("2026-02-15T00:00Z"), second("2026-12-15T00:00Z"));
        let newest = chain(&steps);
        let found = worst(&[&newest], from, until).unwrap();
        for round in 0..4 {
            let plays: Vec<_> = steps
                .iter()
                .enumerate()
                .map(|(index, step)| any_plays(step, seed.wrapping_mul(31).wrapping_add(round * 7 + index as u64 * 1009)))
                .collect();
            let suffered = oldest(&played(&steps, &plays), from, until);
            prop_assert!(suffered <= found.age.0, "{} > {}", Seconds(suffered), found.age);
        }
        let published = played(&steps, &worst_plays(&steps, found.at));
        prop_assert_eq!(Seconds(oldest(&published, from, until)), found.age);
    }
}
