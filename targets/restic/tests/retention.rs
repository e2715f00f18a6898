//! `forget` as emitted keeps what `thrice_retention` says that it keeps.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::collections::BTreeSet;

use common::{World, backup};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_retention::{Count, KeepRules, KeepWithin, ResticVersion, Snapshot, forget};
use thrice_test_support::restic::versions;
use thrice_test_support::run;

/// Moments over two years, in the time zone that the scripts set.
const MOMENTS: [&str; 12] = [
    "2024-10-01 02:00:00",
    "2025-01-05 02:00:00",
    "2025-01-31 02:00:00",
    "2025-06-01 02:00:00",
    "2025-12-31 23:30:00",
    "2026-01-01 00:30:00",
    "2026-09-07 02:00:00",
    "2026-10-12 02:00:00",
    "2026-11-01 02:00:00",
    "2026-11-02 02:00:00",
    "2026-11-02 03:00:00",
    "2026-11-03 02:00:00",
];

fn snapshots(world: &World) -> Vec<Snapshot> {
    let of = |value: &serde_json::Value| {
        let text = value["time"].as_str().unwrap();
        let offset = jiff::fmt::temporal::DateTimeParser::new()
            .parse_timestamp(text)
            .unwrap();
        Snapshot::at(value["id"].as_str().unwrap(), offset, 0)
    };
    world.snapshots().iter().map(of).collect()
}

fn ids(snapshots: impl IntoIterator<Item = Snapshot>) -> BTreeSet<String> {
    snapshots.into_iter().map(|snapshot| snapshot.id).collect()
}

fn rules() -> [KeepRules; 2] {
    let counts = KeepRules {
        daily: Some(Count::N(3)),
        monthly: Some(Count::N(4)),
        yearly: Some(Count::N(9)),
        ..KeepRules::default()
    };
    let within = KeepRules {
        last: Some(Count::N(2)),
        within_monthly: Some(KeepWithin {
            years: 1,
            ..KeepWithin::default()
        }),
        ..KeepRules::default()
    };
    [counts, within]
}

#[test]
fn what_is_kept_is_what_is_proved_to_be_kept() {
    for restic in [versions().first().unwrap(), versions().last().unwrap()] {
        let mut world = World::local(restic);
        world.backup("full", "source", backup(None, false));
        let file = world.bench.write("source/file", "content");
        for moment in MOMENTS {
            let arguments = [
                "backup",
                "--host",
                "h",
                "--tag",
                "thrice:p:full",
                "--time",
                moment,
                &file,
            ];
            run(world.call(&arguments).env("TZ", "UTC"));
        }
        let version = ResticVersion::parse(&restic.version.to_string()).unwrap();
        for rules in rules() {
            let span = thrice_target::fixture::span();
            let step = world.fixture.model.steps.ids().next().unwrap();
            // First without the rules, to see what there is before they act.
            world
                .fixture
                .edit(step, |step| step.verb = backup(None, false));
            world.succeed("full");
            let before = snapshots(&world);
            world.fixture.edit(step, |step| {
                let thrice_model::Verb::Backup { keep, .. } = &mut step.verb else {
                    unreachable!()
                };
                *keep = Some((rules.clone().into(), span));
            });
            world.succeed("full");
            let after = ids(snapshots(&world));
            let made = after
                .iter()
                .find(|id| !before.iter().any(|old| old.id == **id))
                .unwrap()
                .clone();
            let newest = snapshots(&world)
                .into_iter()
                .find(|snapshot| snapshot.id == made)
                .unwrap();
            let all: Vec<Snapshot> = before.into_iter().chain([newest]).collect();
            let decisions = forget(
                &rules,
                version,
                &all,
                &Timestamp::now().to_zoned(TimeZone::UTC),
            )
            .unwrap();
            let kept = all
                .iter()
                .zip(&decisions)
                .filter(|(_, d)| d.keep)
                .map(|(snapshot, _)| snapshot.clone());
            assert_eq!(after, ids(kept), "restic {}: {rules}", restic.version);
            assert!(after.len() < all.len(), "the rules remove something");
        }
    }
}

/// Older versions of restic remove every snapshot of a group for which the rules keep none. No rules that
/// a policy can say do that, so the emitted bytes are changed here.
#[test]
fn rules_that_would_keep_nothing_remove_nothing() {
    let restic = versions().first().unwrap();
    let mut world = World::local(restic);
    world.backup("full", "source", backup(Some(common::keep_daily(2)), true));
    world.bench.write("source/file", "content");
    world.succeed("full");
    let mut script = world.script("full");
    let text = script
        .text()
        .replace("'--keep-daily' '2'", "'--keep-tag' 'nothing-has-this'");
    assert_ne!(text, script.text());
    script.bytes = text.into_bytes();
    let finished = world.bench.run(&script);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(
        finished
            .stderr
            .contains("the keep rules would keep nothing"),
        "{finished}"
    );
    assert_eq!(world.snapshots().len(), 2);
}
