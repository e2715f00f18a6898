//! Until when something is still somewhere that was deleted, followed on the calendar.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]

mod common;

use std::collections::BTreeMap;

use common::planned;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};
use thrice_model::StepId;
use thrice_plan::Plan;
use thrice_quantity::Seconds;
use thrice_simulate::{Erasure, NotFollowed, OneRun, Stay, erased};

const PLACES: &str = "\
use std/home
policy p \"P\" { timezone \"UTC\"; response time 30h }
phase t0 = 2026-02-15
provider cloud { site one; supports versioning, lifecycle }
provider eye
monitor watch { healthchecks at \"PING\"; hosted by eye; grace 1h }
host web at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
nas attic at home/rack { runs cron; has rclone 1.75.2; store tank { medium hdd } }
object_storage s3 at cloud/one { bucket near { medium object } }
credential writer { account s3; may read, write, delete on s3.*; held on web, attic }
vault safe at cloud/one
key k { held on safe }
repository repo in s3.near:/repo { engine restic 0.18.0; key k; credential writer }
";

fn plan(policy: &str) -> Plan {
    let (plan, found) = planned(format!("{PLACES}{policy}"));
    assert!(found.is_empty(), "{found:#?}");
    plan
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn step(plan: &Plan, name: &str) -> StepId {
    let mut steps = plan.model.steps.iter();
    steps.find(|(_, step)| step.named.name == name).unwrap().0
}

/// What becomes of a file that is written and deleted at some moments.
fn case(plan: &Plan, written: &str, deleted: Option<&str>) -> Erasure {
    Erasure {
        copies: plan.copies.ids().collect(),
        on: date(2026, 3, 1),
        as_written: false,
        from: at("2026-02-15T00:00:00Z"),
        written: at(written),
        deleted: deleted.map(at),
        until: at("2030-01-01T00:00:00Z"),
        runs: BTreeMap::new(),
    }
}

/// In each copy: when it came, when it left its place, and when nothing was left.
fn followed(plan: &Plan, case: &Erasure) -> Vec<[Option<String>; 3]> {
    let word = |at: Option<Timestamp>| at.map(|at| at.strftime("%F %R").to_string());
    let stays = erased(plan, case, &mut { u64::MAX }).unwrap_or_else(|why| panic!("{why:?}"));
    let words = |stay: &Stay| [word(stay.came), word(stay.left), word(stay.gone)];
    stays.values().map(words).collect()
}

fn of(words: [&str; 3]) -> [Option<String>; 3] {
    words.map(|word| (word != "never").then(|| word.to_owned()))
}

const FILES: &str = "class db is files on web.disk:/db\n";

/// It is found until it is deleted, and gone from the mirror when a run is done that does not find it any more.
#[test]
fn a_mirror_deletes_it_at_its_next_run() {
    let plan = plan(&format!(
        "{FILES}sync out of db to attic.tank:/out by web.cron {{ daily at 04:00 UTC; taking 1h..2h; jitter 30m; monitor watch }}\n"
    ));
    let mut case = case(&plan, "2026-03-01T12:00:00Z", Some("2026-03-10T04:00:00Z"));
    // The run of that day is late, and does not find it.
    let home = of(["2026-03-01 12:00", "2026-03-10 04:00", "2026-03-10 04:00"]);
    let mirror = of(["2026-03-02 06:30", "2026-03-10 06:30", "2026-03-10 06:30"]);
    assert_eq!(followed(&plan, &case), [home.clone(), mirror]);
    // On time it does: at one instant who reads comes before who deletes. The next one is missed.
    let out = step(&plan, "out");
    let goes = |late, takes| OneRun::Goes {
        late: Seconds::minutes(late),
        takes: Seconds::minutes(takes),
    };
    let day = |days: i64| {
        at("2026-03-10T04:00:00Z")
            .checked_add((days * 24).hours())
            .unwrap()
    };
    case.runs.insert(
        out,
        [(day(0), goes(0, 60)), (day(1), OneRun::Missed)].into(),
    );
    let mirror = of(["2026-03-02 06:30", "2026-03-12 06:30", "2026-03-12 06:30"]);
    assert_eq!(followed(&plan, &case), [home, mirror]);
    // What the plan does not allow is refused.
    let mut refused = |runs: &[(Timestamp, OneRun)]| {
        case.runs.insert(out, runs.iter().copied().collect());
        match erased(&plan, &case, &mut { u64::MAX }) {
            Err(NotFollowed::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        refused(&[(day(0), goes(31, 60))]),
        "`out` never starts 31 min late and takes 1 h"
    );
    assert_eq!(
        refused(&[(day(0), goes(0, 59))]),
        "`out` never starts 0 s late and takes 59 min"
    );
    let missed: Vec<_> = (0..3).map(|days| (day(days), OneRun::Missed)).collect();
    assert_eq!(refused(&missed), "`out` never misses 3 runs in a row");
}

/// What a store keeps of what is deleted in it is gone later, and no step reads that.
#[test]
fn stores_keep_what_is_deleted_and_nothing_reads_it() {
    let policy = |store: &str, bucket: &str| {
        let places = PLACES
            .replace("store disk", &format!("store disk {{ {store} }}"))
            .replace(
                "bucket near { medium object }",
                &format!("bucket near {{ medium object; {bucket} }}"),
            );
        let text = format!(
            "{FILES}sync out of db to s3.near:/out by web.cron {{ daily at 04:00 UTC; taking 1h..1h }}\n\
             sync back of s3.near:/out to attic.tank:/back by attic.cron {{ daily at 06:00 UTC; taking 1h..1h }}\n\
             expire old of s3.near after 20 days by upload {{ noncurrent }}\n"
        );
        planned(format!("{places}{text}")).0
    };
    let gone = |store: &str, bucket: &str| {
        let plan = policy(store, bucket);
        let case = case(&plan, "2026-03-01T04:00:00Z", Some("2026-03-01T12:00:00Z"));
        let all = followed(&plan, &case);
        let left = all.iter().map(|[_, left, _]| left.clone().unwrap());
        let left: Vec<String> = left.collect();
        assert_eq!(
            left,
            ["2026-03-01 12:00", "2026-03-02 05:00", "2026-03-02 07:00"]
        );
        let gone = all.into_iter().map(|[_, _, gone]| gone.unwrap());
        gone.collect::<Vec<String>>()
    };
    let snapshots = gone("snapshots daily at 06:00 UTC keep 3", "");
    assert_eq!(
        snapshots,
        ["2026-03-04 06:00", "2026-03-02 05:00", "2026-03-02 07:00"]
    );
    let versions = gone("", "versioning on");
    assert_eq!(
        versions,
        ["2026-03-01 12:00", "2026-03-24 05:00", "2026-03-02 07:00"]
    );
    // Both clocks run at once, the lock's since the file was written on the day before.
    let locked = |days: u32| gone("", &format!("lock compliance {days} days")).remove(1);
    assert_eq!(locked(21), "2026-03-24 05:00");
    assert_eq!(locked(22), "2026-03-25 05:00");
}

/// By the real forget, a version lies there until a prune has removed it; a mirror of the repository has it until then.
#[test]
fn versions_are_there_until_they_are_pruned() {
    let text = |prunes: &str, more: &str| {
        plan(&format!(
            "{FILES}backup up of db to repo by web.cron {{ daily at 02:00 UTC; taking 1h..1h; keep 7 daily; {prunes} }}\n{more}"
        ))
    };
    let own = text("prune", "");
    let stays = |plan: &Plan| {
        let case = case(plan, "2026-03-01T00:00:00Z", Some("2026-03-02T12:00:00Z"));
        followed(plan, &case).split_off(1)
    };
    let week = ["2026-03-01 03:00", "2026-03-09 03:00", "2026-03-09 03:00"];
    assert_eq!(stays(&own), [of(week)]);
    let pruned = "prune tidy of repo by web.cron { weekly on Monday at 03:00 UTC; taking 1h..1h }\n\
                  sync out of s3.near:/repo to attic.tank:/out by attic.cron { monthly on 1 at 05:00 UTC; taking 2h..2h }\n";
    let later = text("", pruned);
    // It begins when the last version is forgotten, and has looked before.
    let until = ["2026-03-01 03:00", "2026-03-16 04:00", "2026-03-16 04:00"];
    let mirror = ["2026-03-01 07:00", "2026-04-01 07:00", "2026-04-01 07:00"];
    assert_eq!(stays(&later), [of(until), of(mirror)]);
    let never = ["2026-03-01 03:00", "never", "never"];
    assert_eq!(stays(&text("", "")), [of(never)]);
}

/// Items nobody deletes: people, rules and moves take them away, each of what is its own.
#[test]
fn items_leave_by_age_and_by_being_moved() {
    let items = "class films is items on web.disk:/films\n";
    let plan = plan(&format!(
        "{items}move away of films to s3.near:/films by web.cron {{ weekly on Sunday at 04:00 UTC; older than 10 days by mtime; taking 1h..1h }}\n\
         expire old of s3.near:/films after 30 days by upload\n"
    ));
    let case = case(&plan, "2026-03-05T04:00:01Z", None);
    // On the 15th it is a second too young.
    let home = of(["2026-03-05 04:00", "2026-03-22 05:00", "2026-03-22 05:00"]);
    let away = of(["2026-03-22 05:00", "2026-04-23 05:00", "2026-04-23 05:00"]);
    assert_eq!(followed(&plan, &case), [home, away]);
    // Of a part that is moved or cleared nobody knows what is in it: what is followed is the rest.
    let part = self::plan(&format!(
        "{items}move away of web.disk:/films/old to s3.near:/films by web.cron {{ weekly on Sunday at 04:00 UTC }}\n\
         expire old of web.disk:/films/new after 30 days by use {{ by hand }}\n"
    ));
    let case = self::case(&part, "2026-03-05T04:00:01Z", None);
    let there = of(["2026-03-05 04:00", "never", "never"]);
    assert_eq!(followed(&part, &case), [there, of(["never"; 3])]);
}

/// Nobody need ever clear what is cleared on demand; once he does, it is gone.
#[test]
fn what_is_cleared_on_demand_goes_when_somebody_asks() {
    for how in [
        "by attic.cron; on demand; taking 1h..1h",
        "by hand; taking 1h..1h",
    ] {
        let plan = plan(&format!(
            "{FILES}copy out of db to attic.tank:/out by web.cron {{ daily at 04:00 UTC; taking 1h..1h }}\n\
             expire old of attic.tank:/out after 30 days by mtime {{ {how} }}\n"
        ));
        let mut case = case(&plan, "2026-03-01T00:00:00Z", Some("2026-03-01T12:00:00Z"));
        let gone = |case: &Erasure| followed(&plan, case).split_off(1);
        let came = "2026-03-01 05:00";
        assert_eq!(gone(&case), [of([came, "never", "never"])]);
        let goes = OneRun::Goes {
            late: Seconds::ZERO,
            takes: Seconds::hours(1),
        };
        let asked = [(at("2026-05-01T07:00:00Z"), goes)];
        case.runs = [(step(&plan, "old"), asked.into())].into();
        let left = "2026-05-01 08:00";
        assert_eq!(gone(&case), [of([came, left, left])]);
    }
}

/// Dumps age from when they are done, and bear that time wherever they are carried.
#[test]
fn dumps_bear_the_time_at_which_they_are_done() {
    let plan = plan(&format!(
        "{FILES}capture dump of db to web.disk:/dump by web.cron {{ daily at 03:00 UTC; method program; runs \"/opt/dump\"; atomic; taking 1h..5h; keeps 3 days }}\n\
         copy out of db from dump to attic.tank:/out by web.cron {{ daily at 12:00 UTC; taking 1h..1h }}\n\
         expire old of attic.tank:/out after 30 days by mtime {{ by attic.cron; daily at 07:00 UTC; taking 1h..1h }}\n"
    ));
    let case = case(&plan, "2026-03-01T00:00:00Z", Some("2026-03-01T12:00:00Z"));
    let dump = of(["2026-03-01 08:00", "2026-03-04 08:00", "2026-03-04 08:00"]);
    // On the 31st at 07:00 the dump is an hour short of 30 days old.
    let out = of(["2026-03-01 13:00", "2026-04-01 08:00", "2026-04-01 08:00"]);
    assert_eq!(followed(&plan, &case).split_off(1), [dump, out]);
}

/// A run that takes no time forgets what others would: its own version was taken before that all the same.
#[test]
fn a_run_of_no_time_forgets() {
    let plan = plan(&format!(
        "{FILES}backup up of db to repo by web.cron {{ daily at 03:00 UTC; taking 0m..5m; keep within 5h; prune; monitor watch }}\n"
    ));
    let mut case = case(&plan, "2026-03-01T00:00:00Z", Some("2026-03-01T12:00:00Z"));
    let gone = |case: &Erasure| followed(&plan, case).split_off(1);
    let [came, left] = ["2026-03-01 03:05", "2026-03-02 03:05"];
    assert_eq!(gone(&case), [of([came, left, left])]);
    let (late, takes) = (Seconds::ZERO, Seconds::ZERO);
    let next = [(at("2026-03-02T03:00:00Z"), OneRun::Goes { late, takes })];
    case.runs = [(step(&plan, "up"), next.into())].into();
    let left = "2026-03-02 03:00";
    assert_eq!(gone(&case), [of([came, left, left])]);
}

/// Versions without it are looked at where rules count them: what a year of hourly versions takes grows with the years, and
/// not with their square. What does not suffice is said, and what was looked at is taken from what may be.
#[test]
fn what_is_looked_at_is_counted() {
    let plan = plan(&format!(
        "{FILES}backup up of db to repo by web.cron {{ hourly at minute 4; taking 1m..2m; monitor watch }}
prune tidy of repo by web.cron {{ weekly on Sunday at 05:30; taking 1m..2m; monitor watch }}
"
    ));
    let mut case = case(&plan, "2026-03-01T12:00:00Z", Some("2026-03-10T04:00:00Z"));
    let mut looked_at = |year: i64| {
        case.until = at(&format!("{year}-01-01T00:00:00Z"));
        let mut effort = u64::MAX;
        erased(&plan, &case, &mut effort).unwrap();
        u64::MAX - effort
    };
    let (two, eight) = (looked_at(2028), looked_at(2034));
    assert!(two > 2 * 8_000 && eight < 5 * two, "{two} {eight}");
    let mut effort = two;
    assert_eq!(erased(&plan, &case, &mut effort), Err(NotFollowed::TooMuch));
    assert_eq!(effort, 0);
}

/// A forget comes after its backup, however short that is: rules by duration count from the newest version.
#[test]
fn what_a_short_backup_forgets() {
    let plan = plan(&format!(
        "{FILES}backup up of db to repo by web.cron {{ weekly on Sunday at 04:00 UTC; taking 0m..0m; monitor watch; keep within 43h; prune }}\n"
    ));
    let case = case(&plan, "2026-03-07T12:00:00Z", Some("2026-03-09T12:00:00Z"));
    let home = of(["2026-03-07 12:00", "2026-03-09 12:00", "2026-03-09 12:00"]);
    let version = of(["2026-03-08 04:00", "2026-03-15 04:00", "2026-03-15 04:00"]);
    assert_eq!(followed(&plan, &case), [home, version]);
}
