//! A repository with a history of two years, and what is in it.

use std::path::Path;

use jiff::fmt::temporal::Pieces;
use serde_json::Value;
use thrice_retention::Snapshot;
use thrice_test_support::restic::Restic;
use thrice_test_support::run;

/// Snapshots by host: local time, zone of the machine that takes them, tags. Two years, clusters
/// at the ends of days, weeks, months and years, and one in the future.
pub fn plan() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let zones = ["UTC", "Asia/Kolkata", "America/New_York", "Europe/Paris"];
    let tags = ["", "a", "b", "a,b"];
    let dates = [
        "2024-02-28 23:30",
        "2024-02-29 00:40",
        "2024-03-01 02:00",
        "2024-03-31 02:00",
        "2024-04-01 00:10",
        "2024-05-31 23:50",
        "2024-07-15 12:00",
        "2024-10-27 01:30",
        "2024-12-29 22:00",
        "2024-12-30 02:00",
        "2024-12-31 20:00",
        "2024-12-31 23:59",
        "2025-01-01 00:01",
        "2025-01-05 23:00",
        "2025-01-06 01:00",
        "2025-03-31 02:00",
        "2025-06-01 02:00",
        "2025-06-30 23:00",
        "2025-07-01 02:00",
        "2025-09-15 03:00",
        "2025-11-28 02:00",
        "2025-12-25 02:00",
        "2025-12-28 02:00",
        "2025-12-29 02:00",
        "2025-12-30 02:00",
        "2025-12-31 02:00",
        "2025-12-31 02:20",
        "2025-12-31 03:10",
        "2026-01-01 02:00",
        "2026-01-02 02:00",
    ];
    let mut plan: Vec<_> = dates
        .iter()
        .enumerate()
        .map(|(place, date)| {
            (
                "one",
                format!("{date}:00"),
                zones[place * 7 % 4],
                tags[place * 5 % 4],
            )
        })
        .collect();
    // A sparse, regular history besides, whose counters are never used up.
    for month in 1..=9 {
        plan.push((
            "two",
            format!("2025-{month:02}-11 02:00:00"),
            zones[month % 4],
            "a",
        ));
    }
    plan.push(("one", "2090-05-05 05:05:05".to_owned(), "UTC", "b"));
    plan
}

/// Tags that each draw a history of their own out of all snapshots, two of them together another one.
pub const DRAWS: usize = 12;

/// The tags of a place in the plan: about half of the draws.
fn draws(place: usize) -> impl Iterator<Item = String> {
    // Numbers that are random enough, and the same in every run.
    let bits = (place as u64 + 1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29);
    (0..DRAWS)
        .filter(move |draw| bits >> (3 * draw) & 1 == 1)
        .map(|draw| format!("draw{draw}"))
}

/// A repository made by one restic and read by all.
pub fn repository(folder: &Path, restic: &Restic) -> String {
    let repository = folder.join("repository").to_string_lossy().into_owned();
    let file = folder.join("file");
    std::fs::write(&file, "content").unwrap();
    run(restic.command(&repository).args(["init", "-q"]));
    let plan: Vec<_> = plan().into_iter().enumerate().collect();
    std::thread::scope(|scope| {
        // Two at a time: each start takes half a second to derive the key.
        for part in plan.chunks(plan.len().div_ceil(2)) {
            let (repository, file) = (&repository, &file);
            scope.spawn(move || {
                for (place, (host, time, zone, tags)) in part {
                    let mut backup = restic.command(repository);
                    backup
                        .env("TZ", zone)
                        .args(["backup", "-q", "--host", host, "--time", time])
                        .arg(file);
                    if !tags.is_empty() {
                        backup.args(["--tag", tags]);
                    }
                    for draw in draws(*place) {
                        backup.args(["--tag", &draw]);
                    }
                    run(&mut backup);
                }
            });
        }
    });
    repository
}

/// The strings of a JSON list; none for `null`.
pub fn words(value: &Value) -> Vec<String> {
    let words = value.as_array().into_iter().flatten();
    words
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

/// What the repository lists.
pub fn snapshots(restic: &Restic, repository: &str) -> Vec<Snapshot> {
    let listed = run(restic
        .command(repository)
        .args(["snapshots", "--json", "--no-lock"]));
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    listed
        .iter()
        .map(|listed| {
            let time = listed["time"].as_str().unwrap();
            // `Z` is no numeric offset: the clock showed UTC.
            let offset = Pieces::parse(time).unwrap().to_numeric_offset();
            Snapshot {
                id: listed["id"].as_str().unwrap().to_owned(),
                time: time.parse().unwrap(),
                offset_seconds: offset.map_or(0, jiff::tz::Offset::seconds),
                tags: words(&listed["tags"]),
                host: listed["hostname"].as_str().unwrap().to_owned(),
                paths: words(&listed["paths"]),
            }
        })
        .collect()
}
