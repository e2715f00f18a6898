//! Random histories: rhythms, nights of clock changes, ends of days, weeks, months and years, twins, what lies
//! far back and far ahead, and what lies just at the edge of a rule; from clocks in many zones.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, ToSpan as _};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use thrice_retention::{KeepWithin, Snapshot};

use crate::Random;

/// Where clocks stand: with summer time in both halves of the world, of half an hour, by a negative offset in
/// winter, given up, and with quarters of hours.
pub const ZONES: [&str; 12] = [
    "UTC",
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Apia",
];

/// A history ends before it, or goes on long after it. Between the two lies the clock of whoever runs the test.
const PAST: &str = "2026-01-31T00:00:00Z";

/// When the rules are applied, as the model is told; restic asks the clock.
pub const NOW: &str = "2080-01-01T00:00:00Z";

const AHEAD: &str = "2081-01-01T00:00:00Z";

/// More of them make restic slow and show nothing new.
const MOST: usize = 60;

/// A moment, and how far ahead of UTC the clock was that stored it.
type Taken = (Timestamp, Offset);

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The time of a snapshot as restic writes it.
pub fn stored(snapshot: &Snapshot) -> String {
    let offset = Offset::from_seconds(snapshot.offset_seconds).unwrap();
    match snapshot.offset_seconds {
        0 => snapshot.time.to_string(),
        _ => snapshot.time.display_with_offset(offset).to_string(),
    }
}

/// Snapshots of several hosts, paths and tags, in any order. Some lie at the edges that `spans` draw on the
/// clock of `machine`.
pub fn history(random: &mut Random, spans: &[KeepWithin], machine: &TimeZone) -> Vec<Snapshot> {
    let mut taken = Vec::new();
    for _ in 0..random.random_range(1..=3) {
        // The machine that forgets is often the one that took them.
        let zone = match random.random_bool(0.5) {
            true => machine.clone(),
            false => some_zone(random),
        };
        match random.random_range(0..10) {
            0..4 => rhythm(random, &zone, &mut taken),
            4..6 => edges(random, &zone, &mut taken),
            6..8 => night(random, &zone, &mut taken),
            8 => scattered(random, &mut taken),
            _ => far(random, &mut taken),
        }
    }
    if random.random_bool(0.3) {
        over_a_change(random, spans, machine, &mut taken);
    }
    thresholds(random, spans, machine, &mut taken);
    // Twins are made on purpose, and few.
    taken.sort_unstable();
    taken.dedup_by_key(|(time, _)| *time);
    twins(random, &mut taken);
    let span = at("0001-01-03T00:00:00Z")..at("9999-12-28T00:00:00Z");
    taken.retain(|(time, _)| span.contains(time) && !(at(PAST)..at(AHEAD)).contains(time));
    while taken.len() > MOST {
        taken.swap_remove(random.random_range(0..taken.len()));
    }
    if taken.is_empty() {
        taken.push((past(random, 1970), Offset::UTC));
    }
    dressed(random, &taken)
}

pub fn some_zone(random: &mut Random) -> TimeZone {
    TimeZone::get(ZONES.choose(random).unwrap()).unwrap()
}

/// The offset of a clock; RFC 3339 knows no seconds of it, which clocks had long ago.
fn shown(time: Timestamp, zone: &TimeZone) -> Taken {
    let seconds = zone.to_offset(time).seconds();
    (time, Offset::from_seconds(seconds / 60 * 60).unwrap())
}

fn past(random: &mut Random, from: i16) -> Timestamp {
    let from = Date::constant(from, 1, 1).to_zoned(TimeZone::UTC).unwrap();
    let seconds = from.timestamp().as_second()..at(PAST).as_second();
    Timestamp::from_second(random.random_range(seconds)).unwrap()
}

/// A schedule on the clock of a zone, with runs that start late and some that were missed.
fn rhythm(random: &mut Random, zone: &TimeZone, taken: &mut Vec<Taken>) {
    let every = *[
        20.minutes(),
        1.hour(),
        5.hours(),
        1.day(),
        1.day(),
        1.day(),
        1.week(),
        1.month(),
    ]
    .choose(random)
    .unwrap();
    let (misses, jitter) = (random.random_bool(0.5), random.random_bool(0.5));
    let mut due = past(random, 2004).to_zoned(zone.clone());
    if random.random_bool(0.5) {
        let hour = random.random_range(0..4);
        due = due.with().hour(hour).minute(30).second(0).build().unwrap();
    }
    for _ in 0..random.random_range(3..40) {
        let late = match jitter {
            true => SignedDuration::from_millis(random.random_range(0..900_000)),
            false => SignedDuration::ZERO,
        };
        if !(misses && random.random_bool(0.2)) {
            taken.push(shown(due.timestamp().checked_add(late).unwrap(), zone));
        }
        due = due.checked_add(every).unwrap();
    }
}

/// Just before and just after the midnight of some day, Monday, first of a month or of a year.
fn edges(random: &mut Random, zone: &TimeZone, taken: &mut Vec<Taken>) {
    for _ in 0..random.random_range(2..6) {
        let day = past(random, 1990).to_zoned(zone.clone()).date();
        let day = match random.random_range(0..4) {
            0 => day,
            1 => day
                .checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
                .unwrap(),
            2 => day.first_of_month(),
            _ => day.first_of_year(),
        };
        let midnight = day.to_zoned(zone.clone()).unwrap().timestamp();
        for _ in 0..random.random_range(1..6) {
            taken.push(shown(near(random, midnight), zone));
        }
    }
}

/// A moment, or one shortly before or after it.
fn near(random: &mut Random, moment: Timestamp) -> Timestamp {
    let nanoseconds = *[
        0,
        1,
        500_000_000,
        1_000_000_000,
        59_000_000_000,
        1_800_000_000_000,
        3_600_000_000_000,
        40_000_000_000_000,
    ]
    .choose(random)
    .unwrap();
    let sign = if random.random_bool(0.5) { 1 } else { -1 };
    moment
        .checked_add(SignedDuration::from_nanos(sign * nanoseconds))
        .unwrap_or(moment)
}

/// Often through a night in which the clock is set forward or back.
fn night(random: &mut Random, zone: &TimeZone, taken: &mut Vec<Taken>) {
    let after = past(random, 1985);
    let Some(change) = zone.following(after).next() else {
        return rhythm(random, zone, taken);
    };
    let minutes = *[10, 20, 30, 60].choose(random).unwrap();
    let mut time = change
        .timestamp()
        .checked_sub(random.random_range(1..4).hours())
        .unwrap();
    for _ in 0..random.random_range(4..24) {
        taken.push(shown(time, zone));
        time = time.checked_add(minutes.minutes()).unwrap();
    }
}

/// Here and there, each by another clock.
fn scattered(random: &mut Random, taken: &mut Vec<Taken>) {
    for _ in 0..random.random_range(1..16) {
        let time = past(random, 1970)
            .checked_add(SignedDuration::from_nanos(
                random.random_range(0..1_000_000_000),
            ))
            .unwrap();
        taken.push(match random.random_bool(0.5) {
            true => shown(time, &some_zone(random)),
            false => (time, some_offset(random)),
        });
    }
}

/// Any quarter of an hour that RFC 3339 can write, and that some clock could show.
fn some_offset(random: &mut Random) -> Offset {
    Offset::from_seconds(random.random_range(-72..=72) * 900).unwrap()
}

/// Clocks that were far off: the first years of the calendar, and years to come.
fn far(random: &mut Random, taken: &mut Vec<Taken>) {
    let (from, to) = *[(1, 1900), (2081, 2110), (2081, 9999), (2081, 2084)]
        .choose(random)
        .unwrap();
    for _ in 0..random.random_range(1..12) {
        let year = random.random_range(from..to);
        let month = *[1, 1, 2, 7, 12].choose(random).unwrap();
        let date = Date::constant(year, month, random.random_range(1..29));
        let hour = random.random_range(0..24);
        let shown = DateTime::from_parts(date, Time::constant(hour, 0, 0, 0));
        let offset = some_offset(random);
        taken.push((offset.to_timestamp(shown).unwrap(), offset));
    }
}

/// Has the newest lie so that the edge of a span falls into a night in which the machine's clock is changed.
fn over_a_change(
    random: &mut Random,
    spans: &[KeepWithin],
    machine: &TimeZone,
    taken: &mut Vec<Taken>,
) {
    let Some(span) = spans.choose(random) else {
        return;
    };
    let Some(change) = machine.following(past(random, 1985)).next() else {
        return;
    };
    let edge = change
        .timestamp()
        .checked_add(SignedDuration::from_mins(30 * random.random_range(-16..16)))
        .unwrap();
    let back = Span::new()
        .years(span.years)
        .months(span.months)
        .days(span.days)
        .hours(span.hours);
    let latest = edge.to_zoned(machine.clone()).checked_add(back);
    let Some(latest) = latest.ok().map(|latest| latest.timestamp()) else {
        return;
    };
    if latest < at(PAST) {
        taken.retain(|(time, _)| *time < latest || *time >= at(AHEAD));
        taken.push(shown(latest, machine));
    }
}

/// At the edge of what a span keeps back from the newest, and on both sides of it, as the stored offset has it
/// and as the machine's clock does.
fn thresholds(
    random: &mut Random,
    spans: &[KeepWithin],
    machine: &TimeZone,
    taken: &mut Vec<Taken>,
) {
    let past = taken.iter().filter(|(time, _)| *time < at(PAST));
    let Some((latest, offset)) = past.max().copied() else {
        return;
    };
    for span in spans {
        for clock in [machine, &TimeZone::UTC] {
            let Some(edge) = span.before(latest, offset.seconds(), clock) else {
                continue;
            };
            for _ in 0..random.random_range(1..4) {
                let time = near(random, edge);
                taken.push(match random.random_bool(0.5) {
                    true => shown(time, machine),
                    false => (time, offset),
                });
            }
        }
    }
}

/// Some twice in the same second or at the same moment, by the same clock or another.
fn twins(random: &mut Random, taken: &mut Vec<Taken>) {
    if taken.is_empty() || random.random_bool(0.6) {
        return;
    }
    for _ in 0..random.random_range(1..5) {
        let (time, offset) = *taken.choose(random).unwrap();
        let later = SignedDuration::from_nanos(*[0, 0, 1, 999_999_999].choose(random).unwrap());
        let offset = match random.random_bool(0.5) {
            true => offset,
            false => some_offset(random),
        };
        taken.push((time.checked_add(later).unwrap_or(time), offset));
    }
}

/// Gives each a host, paths and tags.
fn dressed(random: &mut Random, taken: &[Taken]) -> Vec<Snapshot> {
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(ToString::to_string).collect() };
    let hosts: &[&str] = [
        ["one", "two"].as_slice(),
        &["one"],
        &["one", "two", "three"],
    ]
    .choose(random)
    .copied()
    .unwrap();
    let paths = [
        words(&["/srv"]),
        words(&["/srv"]),
        words(&["/etc", "/srv"]),
        words(&["/srv", "/etc"]),
    ];
    let tags = [
        words(&[]),
        words(&["a"]),
        words(&["b"]),
        words(&["a", "b"]),
        words(&["b", "a", "c"]),
    ];
    let numbered = (0..).zip(taken);
    numbered
        .map(|(number, (time, offset))| Snapshot {
            id: format!("{number}"),
            time: *time,
            offset_seconds: offset.seconds(),
            tags: tags.choose(random).unwrap().clone(),
            host: hosts.choose(random).unwrap().to_string(),
            paths: paths.choose(random).unwrap().clone(),
        })
        .collect()
}
