//! Incidents that policies are made for, played on the calendar.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stop the test with what they know"
)]

mod common;

use std::collections::BTreeSet;

use common::planned;
use jiff::Timestamp;
use thrice_plan::Plan;
use thrice_quantity::Seconds;
use thrice_simulate::{Case, Choices, Course, Outcome, findings, simulate};

const PLACES: &str = "\
use std/home
use std/hetzner
use std/ovh
use std/ionos
policy p \"P\" { timezone \"UTC\" }
phase t0 = 2026-02-15
host prod at ovh/gravelines since t0 { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
host relay at ionos/de since t0 { runs cron; transit only; has restic 0.18.0, rclone 1.75.2 }
nas attic at home/rack since t0 { runs cron; has rclone 1.75.2; store tank { medium hdd }; store safe_tank { medium hdd; snapshots daily at 00:30 keep 90 } }
object_storage s3 at hetzner/fsn1 since t0 { bucket backups { medium object }; bucket shared { medium object } }
credential writer { account s3; may read, write, delete on s3.*; held on relay, prod }
vault envelope at home/safe
";

const STRATEGY: &str = "\
key restic_key { held on relay, envelope }
repository repo in s3.backups:/ { engine restic 0.18.0; key restic_key; credential writer }
class databases is state on prod.disk:/pg
capture dump_pg of databases to prod.disk:/dumps by prod.cron { daily at 02:30 UTC; method pg_dump; atomic; taking 4m..4m }
backup db_full of databases from dump_pg to repo by relay.cron { daily at 03:00 UTC; keep 7 daily, 4 weekly, 6 monthly, 2 yearly; after dump_pg; taking 10m..10m }
sync nas_copy of s3.backups to attic.tank:/mirror by attic.cron { monthly on 1 at 05:00 UTC; taking 2h..2h }
";

fn plan(policy: &str) -> Plan {
    let (plan, found) = planned(format!("{PLACES}{policy}"));
    assert!(found.is_empty(), "{found:#?}");
    plan
}

/// Plays the scenario `clauses`, under which each class is asked about.
fn played(policy: &str, clauses: &str) -> (Plan, Course) {
    played_with(policy, clauses, |_| Choices::default())
}

fn played_with(policy: &str, clauses: &str, choices: impl Fn(&Plan) -> Choices) -> (Plan, Course) {
    let plan = plan(&format!("{policy}scenario \"case\" {{\n{clauses}\n}}\n"));
    let scenario = plan.model.scenarios[0].clone();
    let case = Case {
        strikes: scenario.strikes,
        from: None,
        judged: scenario.judged,
        classes: BTreeSet::new(),
        choices: choices(&plan),
    };
    let course = simulate(&plan, &case);
    assert_eq!(
        format!("{course:?}"),
        format!("{:?}", simulate(&plan, &case)),
        "played twice, it differs"
    );
    (plan, course)
}

fn outcome<'c>(plan: &Plan, course: &'c Course, class: &str) -> &'c Outcome {
    course
        .outcomes
        .iter()
        .find(|o| plan.model.classes[o.class].named.name == class)
        .unwrap()
}

/// The store of the newest usable copy, and until when its data reaches.
fn newest(plan: &Plan, outcome: &Outcome) -> Option<(String, String)> {
    let store = |copy| {
        plan.model.stores[plan.copies[copy].location.store]
            .named
            .name
            .to_string()
    };
    outcome
        .newest
        .map(|(copy, at)| (store(copy), at.to_string()))
}

fn has(course: &Course, what: &str) -> bool {
    course.trace.iter().any(|event| event.what.contains(what))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The auditor's 1.2: the key on production deletes the bucket at 23:00, and six hours later the monthly
/// mirror deletes itself, before anybody looks.
#[test]
fn a_stolen_key_empties_the_bucket_and_the_mirror_empties_itself_on_the_first_of_the_month() {
    let case = "steal credential writer on 2026-10-31 at 23:00\nlose host prod at 2026-11-01 06:00";
    let (plan, course) = played(STRATEGY, case);
    let databases = outcome(&plan, &course, "databases");
    assert!(!databases.recoverable(), "{databases:#?}");
    assert!(
        has(&course, "`nas_copy` finds nothing in its source"),
        "{:#?}",
        course.trace
    );
    // Two hours earlier in the month, the mirror still has the night's version.
    let case = "steal credential writer on 2026-11-01 at 23:00\nlose host prod at 2026-11-02 06:00";
    let (plan, course) = played(STRATEGY, case);
    let found = newest(&plan, outcome(&plan, &course, "databases")).unwrap();
    assert_eq!(
        found,
        ("attic.tank".to_owned(), "2026-11-01T02:30:00Z".to_owned())
    );
}

#[test]
fn snapshots_of_the_store_spare_the_mirror() {
    let policy = STRATEGY.replace("attic.tank:/mirror", "attic.safe_tank:/mirror");
    let case = "steal credential writer on 2026-10-31 at 23:00\nlose host prod at 2026-11-01 06:00";
    let (plan, course) = played(&policy, case);
    let found = newest(&plan, outcome(&plan, &course, "databases")).unwrap();
    assert_eq!(
        found,
        (
            "attic.safe_tank".to_owned(),
            "2026-10-01T02:30:00Z".to_owned()
        )
    );
}

/// The auditor's 3.1: dump, backup and mirror add up; a dump that is still running at 03:00 costs a day.
#[test]
fn staleness_is_that_of_the_worked_example() {
    let lose = "lose site hetzner/fsn1 at 2026-04-01 07:00\nlose host prod at 2026-04-01 07:00";
    let (plan, course) = played(STRATEGY, lose);
    let found = newest(&plan, outcome(&plan, &course, "databases")).unwrap();
    assert_eq!(
        found,
        ("attic.tank".to_owned(), "2026-04-01T02:30:00Z".to_owned()),
        "the mirror is done at 07:00"
    );
    let lose = "lose site hetzner/fsn1 at 2026-04-01 06:59\nlose host prod at 2026-04-01 06:59";
    let (plan, course) = played(STRATEGY, lose);
    let databases = outcome(&plan, &course, "databases");
    assert_eq!(newest(&plan, databases).unwrap().1, "2026-03-01T02:30:00Z");
    assert_eq!(
        databases.loss,
        Some(Seconds(31 * 86_400 + 4 * 3600 + 29 * 60))
    );
}

#[test]
fn a_reader_that_does_not_wait_reads_the_dump_of_the_day_before_or_half_a_dump() {
    let lose = "lose host prod at 2026-05-10 12:00";
    let late = STRATEGY
        .replace("taking 4m..4m", "taking 40m..40m")
        .replace("after dump_pg; ", "");
    let (plan, course) = played(&late, lose);
    assert_eq!(
        newest(&plan, outcome(&plan, &course, "databases"))
            .unwrap()
            .1,
        "2026-05-09T02:30:00Z"
    );
    let (plan, course) = played(&late.replace("; atomic", ""), lose);
    let databases = outcome(&plan, &course, "databases");
    assert!(!databases.recoverable(), "{databases:#?}");
    assert!(
        databases
            .copies
            .iter()
            .any(|c| c.why_not.as_deref() == Some("torn: read while it was written"))
    );
    // `after` waits for it where both run on one host; on another one nothing does.
    let after = STRATEGY.replace("taking 4m..4m", "taking 40m..40m");
    let one_host = after.replace("to repo by relay.cron", "to repo by prod.cron");
    for (policy, newest_is) in [
        (one_host, "2026-05-10T02:30:00Z"),
        (after, "2026-05-09T02:30:00Z"),
    ] {
        let (plan, course) = played(&policy, lose);
        let databases = outcome(&plan, &course, "databases");
        assert_eq!(newest(&plan, databases).unwrap().1, newest_is);
    }
}

/// The auditor's 1.1: the key dies with the orchestrator, and then production burns.
#[test]
fn a_key_that_only_the_orchestrator_holds_makes_the_repository_noise() {
    let case = "lose host relay at 2026-05-03\nlose host prod at 2026-05-20";
    let policy = STRATEGY.replace("held on relay, envelope", "held on relay");
    let (plan, course) = played(&policy, case);
    let databases = outcome(&plan, &course, "databases");
    assert!(!databases.recoverable());
    let unreadable = |c: &thrice_simulate::CopyState| {
        c.why_not
            .as_deref()
            .is_some_and(|why| why.contains("every holder of key `restic_key` is gone"))
    };
    assert!(databases.copies.iter().any(unreadable), "{databases:#?}");
    let (plan, course) = played(STRATEGY, case);
    let databases = outcome(&plan, &course, "databases");
    assert_eq!(newest(&plan, databases).unwrap().1, "2026-05-02T02:30:00Z");
    assert_eq!(
        databases.loss,
        Some(Seconds(17 * 86_400 + 21 * 3600 + 30 * 60))
    );
}

/// Clocks go forward on 29 March: 02:55 on the clock of Paris does not exist, and cron starts it at 03:00.
#[test]
fn clock_changes_are_those_of_the_hosts() {
    let policy = STRATEGY
        .replace("daily at 02:30 UTC", "daily at 02:30 \"Europe/Paris\"")
        .replace("daily at 03:00 UTC", "daily at 03:00 \"Europe/Paris\"")
        .replace("after dump_pg; ", "");
    let (plan, course) = played(&policy, "lose host prod at 2026-03-29 12:00");
    // Both start at 01:00 UTC, and the backup reads the dump of the day before.
    assert_eq!(
        newest(&plan, outcome(&plan, &course, "databases"))
            .unwrap()
            .1,
        "2026-03-28T01:30:00Z"
    );
}

#[test]
fn damage_that_nobody_notices_spares_earlier_versions_but_rot_spares_nothing_in_its_store() {
    let (plan, course) = played(
        STRATEGY,
        "corrupt databases at 2026-05-10 12:00\njudged 4 days later",
    );
    let databases = outcome(&plan, &course, "databases");
    assert_eq!(
        newest(&plan, databases).unwrap().1,
        "2026-05-10T02:30:00Z",
        "{databases:#?}"
    );
    assert!(!databases.live);
    let (plan, course) = played(
        STRATEGY,
        "rot s3.backups at 2026-05-10 12:00\nlose host prod an hour later",
    );
    let found = newest(&plan, outcome(&plan, &course, "databases")).unwrap();
    assert_eq!(
        found,
        ("attic.tank".to_owned(), "2026-05-01T02:30:00Z".to_owned())
    );
    // Later versions in the same repository need what has rotted: its index, and all that has not changed since.
    let (plan, course) = played(
        STRATEGY,
        "rot s3.backups at 2026-05-10 12:00\nlose host prod 3 days later",
    );
    let found = newest(&plan, outcome(&plan, &course, "databases")).unwrap();
    assert_eq!(
        found,
        ("attic.tank".to_owned(), "2026-05-01T02:30:00Z".to_owned())
    );
}

/// A mirror of a repository that has decayed keeps what it had and the repository still names: of April the last.
#[test]
fn rot_of_a_repository_spares_what_its_mirror_has() {
    let (plan, course) = played(
        STRATEGY,
        "rot s3.backups at 2026-05-10 12:00\nlose host prod at 2026-06-02 12:00",
    );
    let found = newest(&plan, outcome(&plan, &course, "databases")).unwrap();
    let april = ("attic.tank".to_owned(), "2026-04-30T02:30:00Z".to_owned());
    assert_eq!(found, april);
}

/// Items that decay keep their sizes and times, so what has arrived elsewhere is not brought anew, by rclone or restic.
#[test]
fn rot_of_items_spares_what_has_been_brought_from_there() {
    const ITEMS: &str = "\
        class photos is items on attic.tank:/photos\n\
        sync photos_shared of attic.tank:/photos to s3.shared:/photos by attic.cron { daily at 01:00 UTC; taking 1h..1h }\n\
        sync photos_again of s3.shared:/photos to prod.disk:/photos by prod.cron { daily at 03:00 UTC; taking 1h..1h }\n";
    let (plan, course) = played(
        ITEMS,
        "rot attic.tank at 2026-05-10 12:00\njudged at 2026-05-12 12:00",
    );
    let found = newest(&plan, outcome(&plan, &course, "photos")).unwrap();
    let before = "2026-05-10T01:00:00Z".to_owned();
    assert_eq!(found, ("s3.shared".to_owned(), before.clone()));
    let (plan, course) = played(
        ITEMS,
        "rot s3.shared at 2026-05-10 12:00\nlose host attic an hour later\njudged at 2026-05-12 12:00",
    );
    let found = newest(&plan, outcome(&plan, &course, "photos")).unwrap();
    assert_eq!(found, ("prod.disk".to_owned(), before));
    // Who damages them changes them, and that is brought.
    let (plan, course) = played(
        ITEMS,
        "corrupt photos at 2026-05-10 12:00\njudged at 2026-05-12 12:00",
    );
    assert!(!outcome(&plan, &course, "photos").recoverable());
}

/// Packs are compared by their names, and a version needs many of them: one that had not arrived when they decayed is none.
#[test]
fn rot_of_a_repository_of_items_spares_whole_versions_alone() {
    let kept = "key restic_key { held on attic, envelope }\n\
        repository repo in s3.backups:/ { engine restic 0.18.0; key restic_key; credential writer }\n\
        class photos is items on prod.disk:/photos\n\
        backup up of photos to repo by prod.cron { daily at 01:00 UTC; taking 4m..4m }\n\
        sync nas_copy of s3.backups to attic.tank:/mirror by attic.cron { daily at 05:00 UTC; taking 4m..4m }\n";
    let (plan, course) = played(
        kept,
        "rot s3.backups at 2026-05-10 03:00\nlose host prod an hour later\njudged at 2026-05-11 12:00",
    );
    let photos = outcome(&plan, &course, "photos");
    let left = photos.copies.iter().find(|copy| copy.why_not.is_none());
    let last = left.unwrap().versions.last().map(ToString::to_string);
    assert_eq!(last.as_deref(), Some("2026-05-09T01:00:00Z"));
}

/// The same of dumps that lie side by side: those that have arrived are not brought anew.
#[test]
fn rot_of_dumps_spares_those_that_have_been_brought_from_there() {
    let dumps = "class databases is state on prod.disk:/pg\n\
        capture dump_pg of databases to prod.disk:/dumps by prod.cron { daily at 02:30 UTC; method pg_dump; atomic; taking 4m..4m; keeps 9 days }\n\
        sync dumps_away of prod.disk:/dumps to s3.shared:/dumps by prod.cron { daily at 03:00 UTC; taking 4m..4m }\n";
    let (plan, course) = played(
        dumps,
        "rot prod.disk at 2026-05-10 12:00\njudged at 2026-05-12 12:00",
    );
    let found = newest(&plan, outcome(&plan, &course, "databases")).unwrap();
    let last = "2026-05-10T02:30:00Z".to_owned();
    assert_eq!(found, ("s3.shared".to_owned(), last));
    // After nine days none from before is kept where it is made, and so none is left there.
    let (plan, course) = played(
        dumps,
        "rot prod.disk at 2026-05-10 12:00\njudged at 2026-05-22 12:00",
    );
    assert!(!outcome(&plan, &course, "databases").recoverable());
}

/// A store's own snapshots have what the data was when the last of them was taken, also where it lives.
#[test]
fn own_snapshots_keep_what_the_data_was() {
    for kind in ["state", "files", "items"] {
        let class = format!("class notes is {kind} on attic.safe_tank:/notes\n");
        for what in ["corrupt notes", "operator deletes attic.safe_tank"] {
            let (plan, course) = played(&class, &format!("{what} at 2026-05-10 12:00"));
            let notes = outcome(&plan, &course, "notes");
            assert!(!notes.live);
            let found = newest(&plan, notes);
            let found = found.unwrap_or_else(|| panic!("{kind}, {what}: {notes:#?}"));
            let last = "2026-05-10T00:30:00Z".to_owned();
            assert_eq!(
                found,
                ("attic.safe_tank".to_owned(), last),
                "{kind}, {what}"
            );
        }
        // 90 are kept: after as many more nothing from before is there.
        let (plan, course) = played(
            &class,
            "corrupt notes at 2026-05-10 12:00\njudged 91 days later",
        );
        assert!(!outcome(&plan, &course, "notes").recoverable(), "{kind}");
    }
    let (plan, course) = played(
        "class notes is state on attic.tank:/notes\n",
        "corrupt notes at 2026-05-10 12:00",
    );
    assert!(!outcome(&plan, &course, "notes").recoverable());
}

/// What is thinned is thinned by the real rules: damage that is noticed after weeks finds a weekly version.
#[test]
fn versions_are_thinned_as_restic_does() {
    let (plan, course) = played(
        STRATEGY,
        "corrupt databases at 2026-05-10 12:00\njudged 20 days later",
    );
    // 30 May: seven daily versions are of after the damage; of the weeks before it, Sunday the 10th is kept.
    assert_eq!(
        newest(&plan, outcome(&plan, &course, "databases"))
            .unwrap()
            .1,
        "2026-05-10T02:30:00Z"
    );
    let daily = STRATEGY.replace(
        "keep 7 daily, 4 weekly, 6 monthly, 2 yearly",
        "keep 7 daily",
    );
    let (plan, course) = played(
        &daily,
        "corrupt databases at 2026-05-10 12:00\njudged 20 days later",
    );
    let databases = outcome(&plan, &course, "databases");
    // Only the mirror of 1 May is from before.
    assert_eq!(
        newest(&plan, databases).unwrap(),
        ("attic.tank".to_owned(), "2026-05-01T02:30:00Z".to_owned())
    );
}

/// A script that moves refuses to write over what it has brought under the same name: only the first dump ever arrives.
#[test]
fn a_move_brings_no_second_dump_of_one_name() {
    let corrupted = |dump: &str, moved: &str| {
        let capture = "method pg_dump; atomic; taking 4m..4m";
        let daily = STRATEGY
            .replace(
                capture,
                &format!("method pg_dump; atomic; {dump}taking 4m..4m"),
            )
            .lines()
            .filter(|line| !line.starts_with("backup") && !line.starts_with("sync"))
            .map(|line| format!("{line}\n"))
            .collect::<String>();
        let moves = format!(
            "network n {{ joins prod, attic }}\n\
             move off of databases from dump_pg to attic.tank:/dumps by attic.cron {{ daily at 03:00 UTC; {moved}taking 5m..5m }}\n"
        );
        let (plan, course) = played(
            &format!("{daily}{moves}"),
            "corrupt databases at 2026-05-10 12:00\njudged 5 days later",
        );
        newest(&plan, outcome(&plan, &course, "databases"))
    };
    let on = |store: &str, at: &str| Some((store.to_owned(), at.to_owned()));
    assert_eq!(corrupted("", ""), on("attic.tank", "2026-02-15T02:30:00Z"));
    // What waits until it has a name of its own is moved.
    let moved = corrupted("keeps 9 days; ", "older than 2 days by mtime; ");
    assert_eq!(moved, on("attic.tank", "2026-05-10T02:30:00Z"));
    assert_eq!(
        corrupted("keeps 1 day; ", ""),
        on("attic.tank", "2026-02-15T02:30:00Z")
    );
    // What is overwritten before it is old enough never is.
    assert_eq!(corrupted("", "older than 2 days by mtime; "), None);
}

const ITEMS: &str = "\
class photos is items on s3.shared:/photos
move archive of s3.shared:/photos to attic.tank:/photos by attic.cron { monthly on 1 at 06:00 UTC; older than 90 days by mtime; taking 2h..2h }
";

/// An item is in one of the two places at every age, and the NAS has what was moved.
#[test]
fn a_move_leaves_each_item_in_one_place() {
    let (plan, course) = played(ITEMS, "lose site hetzner/fsn1 at 2026-08-10");
    let photos = outcome(&plan, &course, "photos");
    // The run of 1 August took what was 90 days old: made up to 3 May 06:00.
    let holes: Vec<(String, String)> = photos
        .holes
        .iter()
        .map(|(a, b)| (a.to_string(), b.to_string()))
        .collect();
    assert_eq!(
        holes,
        [(
            "2026-05-03T06:00:00Z".to_owned(),
            "2026-08-10T00:00:00Z".to_owned()
        )]
    );
    let (plan, course) = played(ITEMS, "lose host attic at 2026-08-10");
    let photos = outcome(&plan, &course, "photos");
    let holes: Vec<(Timestamp, Timestamp)> = photos.holes.clone();
    assert_eq!(
        holes,
        [(at("2026-02-15T00:00:00Z"), at("2026-05-03T06:00:00Z"))]
    );
}

/// The auditor's 3.2: an export that expires after 30 days is gone when the mirror looks; after 35 it is not.
#[test]
fn an_export_that_expires_before_the_monthly_pull_is_never_pulled() {
    let policy = |days: u32| {
        format!(
            "class reports is items on prod.disk:/reports\n\
             copy out of reports to s3.shared:/exports by prod.cron {{ daily at 05:30 UTC; taking 1m..1m }}\n\
             expire tidy of prod.disk:/reports after 1 day by use {{ by hand }}\n\
             expire old of s3.shared:/exports after {days} days by upload\n\
             copy pull of s3.shared:/exports to attic.tank:/exports by attic.cron {{ monthly on 1 at 05:00 UTC; taking 1m..1m }}\n"
        )
    };
    let case = "lose host prod at 2026-10-31 23:00\nlose site hetzner/fsn1 at 2026-11-01 06:00";
    // What the bucket still had in the evening, but for the last day, which no copy had yet.
    let lost = |days: u32| {
        let (plan, course) = played(&policy(days), case);
        let holes = outcome(&plan, &course, "reports").holes.clone();
        let old = holes
            .into_iter()
            .filter(|(from, _)| *from < at("2026-10-30T00:00:00Z"));
        old.map(|(from, to)| (from.to_string(), to.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(lost(35), []);
    assert_eq!(
        lost(28),
        [(
            "2026-10-02T05:30:00Z".to_owned(),
            "2026-10-03T05:30:00Z".to_owned()
        )]
    );
}

#[test]
fn what_a_class_needs_must_be_there_too() {
    let policy = format!(
        "{STRATEGY}class configs is state on prod.disk:/etc\n{}",
        "copy configs_out of configs to attic.tank:/configs by prod.cron { daily at 04:00 UTC }\n"
    )
    .replace(
        "class databases is state on prod.disk:/pg",
        "class databases is state on prod.disk:/pg { needs configs within 2 days }",
    );
    let (plan, course) = played(&policy, "lose host prod at 2026-05-10 12:00");
    assert!(outcome(&plan, &course, "databases").recoverable());
    let (plan, course) = played(
        &policy,
        "lose host prod at 2026-05-10 12:00\nlose host attic a day later",
    );
    let databases = outcome(&plan, &course, "databases");
    assert!(!databases.recoverable());
    let lacks = databases
        .lacks
        .map(|class| plan.model.classes[class].named.name.as_str());
    assert_eq!(lacks, Some("configs"));
}

#[test]
fn missed_runs_cost_their_days() {
    let miss = |count: u32| {
        let (plan, course) = played_with(STRATEGY, "lose host prod at 2026-05-10 12:00", |plan| {
            let step = plan
                .model
                .steps
                .iter()
                .find(|(_, s)| s.named.name == "db_full")
                .unwrap()
                .0;
            Choices {
                missed: [(step, count)].into(),
                ..Choices::default()
            }
        });
        newest(&plan, outcome(&plan, &course, "databases"))
            .unwrap()
            .1
    };
    assert_eq!(miss(0), "2026-05-10T02:30:00Z");
    assert_eq!(miss(2), "2026-05-08T02:30:00Z");
}

#[test]
fn a_sync_deletes_what_others_wrote_under_its_destination() {
    let policy = "\
class photos is items on prod.disk:/photos
class notes is files on attic.tank:/all/notes
copy up of photos to s3.shared:/photos by prod.cron { daily at 03:00 UTC }
sync all of s3.shared:/photos to attic.tank:/all by attic.cron { daily at 05:00 UTC }
";
    let (plan, course) = played(policy, "lose host prod at 2026-03-10");
    let notes = outcome(&plan, &course, "notes");
    assert!(!notes.recoverable(), "{notes:#?}");
    assert!(
        notes.live_until.to_string().ends_with("T05:00:00Z"),
        "at the first run that is played: {}",
        notes.live_until
    );
}

#[test]
fn scenarios_are_told_with_their_trace() {
    let policy = format!(
        "{STRATEGY}scenario \"stolen\" {{\nsteal credential writer on 2026-10-31 at 23:00\nlose host prod at 2026-11-01 06:00\n\
         expect databases recoverable losing at most 3 days\n}}\n\
         scenario \"burnt\" {{\nlose host prod at t0 + 10 weeks\nexpect databases recoverable losing at most 1 day\n}}\n\
         scenario \"foreseen\" {{\nsteal credential writer on 2026-10-31 at 23:00\nlose host prod at 2026-11-01 06:00\nexpect databases lost\n}}\n\
         scenario \"before its time\" {{\nlose host prod at 2026-02-01\nexpect databases lost\n}}\n"
    );
    let found = findings(&plan(&policy));
    let told: Vec<String> = found
        .iter()
        .map(|f| format!("{} {}: {}", f.severity.word(), f.code, f.message))
        .collect();
    assert_eq!(
        told,
        [
            "warning T2702: scenario \"before its time\" strikes `prod` on 2026-02-01 00:00, and then it does not exist: host `prod` is lost",
            "note T2703: scenario \"before its time\", judged at 2026-02-04 00:00: nothing of `databases` is left",
            "note T2703: scenario \"burnt\", judged at 2026-04-29 00:00: `databases` comes back from `s3.backups`, and 21 h 30 min of it are lost",
            "note T2703: scenario \"foreseen\", judged at 2026-11-04 06:00: nothing of `databases` is left",
            "error T2701: scenario \"stolen\": nothing of `databases` is left",
        ]
    );
    assert!(
        found[4]
            .case
            .iter()
            .any(|event| event.when == "2026-11-01 07:00" && event.what.contains("`nas_copy`")),
        "{:#?}",
        found[4].case
    );
}

/// What is in a vault lies on one host, its program runs on another: the key in it is lost with either, and comes
/// back with a copy of what is in it that another key opens, also where nobody asked about that.
#[test]
fn a_vault_is_as_good_as_its_content() {
    let text = |key: &str| {
        format!(
            "key in_vault {{ held on passwords }}\nkey outside {{ held on envelope }}\n\
             repository a in s3.backups:/a {{ engine restic 0.18.0; key in_vault; credential writer }}\n\
             repository b in s3.backups:/b {{ engine restic 0.18.0; key {key}; credential writer }}\n\
             class data is state on prod.disk:/data\n\
             class secrets is files on attic.tank:/secrets\n\
             network vpn \"VPN\" {{ joins prod, attic, relay }}\n\
             vault passwords on relay of secrets\n\
             backup up of data to a by prod.cron {{ daily at 03:00 UTC; keep 7 daily; taking 10m..10m }}\n\
             backup aside of secrets to b by prod.cron {{ daily at 04:00 UTC; keep 7 daily; taking 10m..10m }}\n"
        )
    };
    let restored = |key: &str, lost: &str| {
        let plan = plan(&format!(
            "{}scenario \"case\" {{\nlose host prod at 2026-03-10 12:00\nlose {lost} at 2026-03-10 12:00\n}}\n",
            text(key)
        ));
        let (data, _) = plan
            .model
            .classes
            .iter()
            .find(|(_, c)| c.named.name == "data")
            .unwrap();
        let scenario = plan.model.scenarios[0].clone();
        let case = Case {
            strikes: scenario.strikes,
            from: None,
            judged: scenario.judged,
            classes: BTreeSet::from([data]),
            choices: Choices::default(),
        };
        newest(&plan, outcome(&plan, &simulate(&plan, &case), "data")).is_some()
    };
    assert!(
        restored("in_vault", "store attic.safe_tank"),
        "the vault is whole"
    );
    assert!(
        !restored("in_vault", "store attic.tank"),
        "its content is lost"
    );
    assert!(
        restored("outside", "store attic.tank"),
        "its content comes back"
    );
    assert!(
        restored("outside", "host relay"),
        "so it does without its host"
    );
    assert!(!restored("in_vault", "host relay"));
}

const FETCHED: &str = "\
class scans is KIND on prod.disk:/scans
VERB up of scans to attic.tank:/scans by attic.cron { daily at 03:00 UTC; taking 10m..10m; CLAUSES }
";

fn fetched(kind: &str, verb: &str, clauses: &str, case: &str) -> (Plan, Course) {
    let policy = FETCHED.replace("KIND", kind).replace("VERB", verb);
    played(&policy.replace("CLAUSES", clauses), case)
}

/// Who has the server in hand writes over what is on it, and so over what is fetched from there.
#[test]
fn a_copy_carries_on_what_was_overwritten_unless_it_refuses_changes() {
    let stolen = "steal host prod on 2026-10-07 at 23:00";
    for kind in ["files", "items"] {
        let (plan, course) = fetched(kind, "copy", "", stolen);
        let scans = outcome(&plan, &course, "scans");
        assert!(!scans.recoverable(), "{kind}: {scans:#?}");
        assert!(
            has(&course, "`up` carries the damage to `attic.tank`"),
            "{:#?}",
            course.trace
        );
        let (plan, course) = fetched(kind, "copy", "immutable", stolen);
        let found = newest(&plan, outcome(&plan, &course, "scans"));
        assert_eq!(found.unwrap().0, "attic.tank", "{kind}");
    }
    let deleted = "operator deletes prod.disk on 2026-10-07 at 23:00";
    let (plan, course) = fetched("files", "copy", "", deleted);
    let found = newest(&plan, outcome(&plan, &course, "scans"));
    assert_eq!(
        found.unwrap().0,
        "attic.tank",
        "a mistake overwrites nothing"
    );
}

/// A mirror that puts aside what it takes away has it for as long as nobody clears it there, or has that in hand.
#[test]
fn what_a_mirror_puts_aside_is_there_until_it_is_cleared() {
    let left = |rest: &str, case: &str| {
        let policy = FETCHED.replace("KIND", "files").replace("VERB", "sync");
        let policy = policy.replace("CLAUSES", "backup dir attic.tank:/aside") + rest;
        let (plan, course) = played(&policy, case);
        newest(&plan, outcome(&plan, &course, "scans")).map(|(store, _)| store)
    };
    let deleted = "operator deletes prod.disk on 2026-10-07 at 23:00";
    for case in [deleted, "steal host prod on 2026-10-07 at 23:00"] {
        assert_eq!(left("", case).as_deref(), Some("attic.tank"));
    }
    let cleared = "expire old of attic.tank:/aside after 99 days by mtime { by attic.cron; daily at 05:00 UTC }\n";
    let (plan, course) = {
        let policy = FETCHED.replace("KIND", "files").replace("VERB", "sync");
        let policy = policy.replace("CLAUSES", "backup dir attic.tank:/aside") + cleared;
        played(&policy, deleted)
    };
    let holes = &outcome(&plan, &course, "scans").holes;
    assert!(
        !holes.is_empty(),
        "what is older than 99 days is cleared at once"
    );
    let both = "steal host prod on 2026-10-07 at 23:00\nsteal host attic on 2026-10-08 at 23:00";
    assert_eq!(left("", both), None);
}

/// Whoever reads a place into which the file of a credential was carried deletes with that credential; a key whose file lay
/// among the data is gone with it.
#[test]
fn what_lies_among_data_goes_where_that_goes() {
    const FOUND: &str = "\
credential looker { account s3; may read on s3.shared of /conf; held on attic }
class conf is files on prod.disk:/conf
copy conf_up of conf to s3.shared:/conf by prod.cron { daily at 04:00 UTC; credential all; taking 1m..1m }
";
    let stolen = |file: &str, include: &str| {
        let all = format!(
            "credential all {{ account s3; may read, write, delete on s3.*; held on prod; file \"{file}\" }}\n"
        );
        let found = FOUND.replace("{ daily", &format!("{{ {include}daily"));
        let policy = [STRATEGY, &all, &found].concat();
        let case =
            "steal credential looker on 2026-10-31 at 23:00\nlose host prod at 2026-11-02 06:00";
        let (plan, course) = played(&policy, case);
        outcome(&plan, &course, "databases").recoverable()
    };
    assert!(stolen("/etc/all.env", ""));
    assert!(!stolen("/conf/all.env", ""));
    assert!(stolen("/conf/all.env", "include \"*.txt\"; "));
    assert!(!stolen("/conf/all.env", "include \"all.*\"; "));
    let key = |file: &str| {
        let held = format!("key restic_key {{ held on relay, prod; file \"{file}\" }}");
        let policy = STRATEGY.replace("key restic_key { held on relay, envelope }", &held);
        let case = "corrupt databases on 2026-10-31 at 23:00\nlose host relay at 2026-11-02 06:00";
        let (plan, course) = played(&policy, case);
        outcome(&plan, &course, "databases").recoverable()
    };
    assert!(key("/etc/k"));
    assert!(!key("/pg/k"));
}

/// What is in a vault is deleted with by whoever reads a copy of its content, unless that is sealed.
#[test]
fn the_content_of_a_vault_opens_what_is_in_it() {
    const READ: &str = "\
credential looker { account s3; may read on s3.shared of /v; held on attic }
credential all { account s3; may read, write, delete on s3.*; held on passwords }
class secrets is files on prod.disk:/vault
copy secrets_up of secrets to s3.shared:/v by prod.cron { daily at 04:00 UTC; credential writer; taking 1m..1m }
";
    let stolen = |vault: &str| {
        let policy = [STRATEGY, READ, vault].concat();
        let case =
            "steal credential looker on 2026-10-31 at 23:00\nlose host prod at 2026-11-02 06:00";
        let (plan, course) = played(&policy, case);
        outcome(&plan, &course, "databases").recoverable()
    };
    assert!(!stolen("vault passwords on prod of secrets\n"));
    assert!(!stolen("vault passwords at home/safe of secrets\n"));
    assert!(stolen("vault passwords on prod of secrets sealed\n"));
    assert!(stolen("vault passwords on prod of databases\n"));
    assert!(stolen("vault passwords on prod\n"));
}
