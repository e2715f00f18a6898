//! Histories, from policy text to verdict: how far back, how far apart, and what is left after faults.

mod common;

use common::{PLACES, codes, help, judged, message, severity};
use thrice_diagnostics::Severity;

/// A server whose database is backed up nightly into a bucket, and mirrored to a NAS.
const BASE: &str = r#"
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/lib/db { size 150..200 MB }
backup up of db to r by vps.cron { daily at 03:00; KEEP; taking 1m..10m; monitor deadman }
"#;

fn base(keep: &str) -> String {
    [PLACES, BASE].concat().replace("KEEP", keep)
}

fn with(keep: &str, more: &str) -> String {
    base(keep) + more
}

const AS_WRITTEN: &str = "keep 7 daily, 4 weekly, 6 monthly, 2 yearly";

#[test]
fn nobody_gets_two_years_from_two_yearly() {
    let text = with(
        AS_WRITTEN,
        "require history of 730 days with gap 366 days for db\n",
    );
    let found = judged(&text);
    assert_eq!(codes(&found), ["T1601"]);
    assert!(message(&found, "T1601").contains("can be no older than 121 d"));
    let labels: Vec<&str> = found
        .findings
        .iter()
        .flat_map(|f| &f.diagnostic.labels)
        .map(|l| l.text.as_str())
        .collect();
    let kept = "at least 121 d old at any time, holes of up to 213 d, nothing older than 366 d";
    assert!(labels.iter().any(|l| l.contains(kept)), "{labels:?}");
    // What is proposed is enough, and one fewer is not.
    assert!(help(&found, "T1601").contains("4 yearly` is enough: it reaches back 731 d"));
    let enough = text.replace("2 yearly", "4 yearly");
    assert!(!codes(&judged(&enough)).contains(&"T1601"));
    let three = text.replace("2 yearly", "3 yearly");
    assert!(codes(&judged(&three)).contains(&"T1601"));
}

#[test]
fn the_smallest_change_is_proposed() {
    let proposed = |ask: &str| {
        let found = judged(&with(AS_WRITTEN, ask));
        let help = help(&found, "T1601");
        let rules = help.split('`').nth(1).unwrap_or_default().to_owned();
        let mended = judged(&with(&rules, ask));
        assert!(!codes(&mended).contains(&"T1601"), "{rules}");
        rules
    };
    assert_eq!(
        proposed("require history of 180 days with gap 31 days for db\n"),
        "keep 7 daily, 4 weekly, 8 monthly, 2 yearly"
    );
    assert_eq!(
        proposed("require history of 28 days with gap 7 days for db\n"),
        "keep 7 daily, 6 weekly, 6 monthly, 2 yearly"
    );
    assert_eq!(
        proposed("require history of 730 days with gap 31 days for db\n"),
        "keep 7 daily, 4 weekly, 26 monthly, 2 yearly"
    );
}

#[test]
fn least_retention_asks_for_the_reach_alone() {
    let kept = |days: u32| {
        let class = format!("size 150..200 MB; retain at least {days} days");
        let text = base(AS_WRITTEN).replace("size 150..200 MB", &class);
        codes(&judged(&text)).contains(&"T1601")
    };
    assert!(!kept(121), "holes do not matter");
    assert!(kept(122));
}

const MIRROR: &str = "sync mirror of s3.main to tower.tank:/mirror by tower.cron { monthly on 1 at 05:00; taking 1m..2h; max delete 1000; credential writer; monitor deadman }\n";
const LOSS: &str = "require survive loss of s3 for all\n";

#[test]
fn faults_may_leave_the_data_and_take_its_history() {
    let ask = "require history of 15 days with gap 7 days for db\n";
    assert!(codes(&judged(&with(AS_WRITTEN, ask))).is_empty());
    let found = judged(&with(AS_WRITTEN, &[ask, LOSS].concat()));
    assert_eq!(codes(&found), ["T1602"]);
    assert!(
        message(&found, "T1602")
            .contains("nothing of the history of `db` is left in `t0` if host `s3` is lost")
    );
    // A mirror has all versions, and the newest is as old as the mirror lags behind.
    let mirrored = with(AS_WRITTEN, &[ask, LOSS, MIRROR].concat());
    assert_eq!(
        codes(&judged(&mirrored)),
        ["T1602"],
        "31 d without a new version"
    );
    let nightly = mirrored.replace("monthly on 1 at 05:00", "daily at 05:00");
    assert!(
        codes(&judged(&nightly)).is_empty(),
        "{:?}",
        codes(&judged(&nightly))
    );
}

#[test]
fn the_loss_of_one_thing_can_be_accepted() {
    let ask = "require history of 15 days with gap 7 days for db\n";
    let accept =
        "accept history for db of host s3 because \"a test\" by \"owner\" until 2030-01-01\n";
    let found = judged(&with(AS_WRITTEN, &[ask, LOSS, accept].concat()));
    assert!(codes(&found).is_empty(), "{:?}", codes(&found));
    assert_eq!(
        found.accepted.iter().map(|a| a.covers).collect::<Vec<_>>(),
        [1]
    );
}

#[test]
fn missed_runs_are_told_as_a_warning_and_widen_holes() {
    let ask = "require history of 15 days with gap 7 days for db\n";
    let found = judged(&with(AS_WRITTEN, ask));
    assert_eq!(severity(&found, "T1603"), Severity::Warning);
    assert!(message(&found, "T1603").contains("holes can become 4 d wider"));
    let roomy = judged(&with(
        AS_WRITTEN,
        "require history of 15 days with gap 11 days for db\n",
    ));
    assert!(
        roomy
            .findings
            .iter()
            .all(|f| f.diagnostic.code.0 != "T1603")
    );
    // Rules by age lose what was not made: 20 days less four.
    let within = |days: u32| {
        let ask = format!("require history of {days} days with gap 9 days for db\n");
        let found = judged(&with("keep within 20d", &ask));
        assert!(codes(&found).is_empty(), "{:?}", codes(&found));
        found
            .findings
            .iter()
            .any(|f| f.diagnostic.code.0 == "T1603")
    };
    assert!(!within(15));
    assert!(within(16));
}

#[test]
fn snapshots_of_a_nas_and_versions_of_a_bucket_are_history() {
    let photos = "class photos is files on vps.disk:/photos\nsync mirrored of photos to PLACE by vps.cron { daily at 04:00; taking 1m..1h; monitor deadman }\nrequire history of DAYS days with gap 3 days for photos\n";
    let has = |place: &str, days: u32, from: &str, to: &str| {
        let more = photos
            .replace("PLACE", place)
            .replace("DAYS", &days.to_string());
        let text = with(AS_WRITTEN, &more);
        assert!(text.contains(from));
        let found = judged(&text.replace(from, to));
        !codes(&found).contains(&"T1601")
    };
    let plain = "medium hdd }";
    assert!(
        !has("tower.tank:/photos", 20, plain, plain),
        "a mirror has no past"
    );
    let snapshots = "medium hdd; snapshots daily at 00:30 keep 30 }";
    assert!(has("tower.tank:/photos", 29, plain, snapshots));
    assert!(!has("tower.tank:/photos", 30, plain, snapshots));
    // Once a week they do not lie near enough to each other, however far they reach.
    let weekly = "medium hdd; snapshots weekly on Sunday at 00:30 keep 30 }";
    let more = photos
        .replace("PLACE", "tower.tank:/photos")
        .replace("DAYS", "29");
    let found = judged(&with(AS_WRITTEN, &more).replace(plain, weekly));
    let says = "versions of `photos` do not lie near enough to each other";
    assert!(
        message(&found, "T1601").starts_with(says),
        "{}",
        message(&found, "T1601")
    );
    let versioned = |after: &str| format!("medium object; versioning on }} }}\n{after}# ");
    let bucket = "medium object } }";
    let expiring = "expire old of s3.main after 20 days by upload { noncurrent }\n";
    let with_rule = versioned(expiring).replace("# ", "");
    assert!(has("s3.main:/photos", 20, bucket, &with_rule));
    assert!(!has("s3.main:/photos", 21, bucket, &with_rule));
    let without = versioned("").replace("# ", "");
    assert!(
        has("s3.main:/photos", 700, bucket, &without),
        "nothing takes them away"
    );
    let suspended = without.replace("versioning on", "versioning suspended");
    assert!(
        !has("s3.main:/photos", 1, bucket, &suspended),
        "what is overwritten now is gone: only versions of before are still there"
    );
    let locked = without.replace("versioning on", "lock compliance 1d");
    assert!(
        has("s3.main:/photos", 700, bucket, &locked),
        "only buckets with versions can be locked"
    );
}

#[test]
fn what_is_needed_must_reach_back_as_far() {
    let more = "class conf is state on vps.disk:/etc/app\nbackup of_conf of conf to r by vps.cron { daily at 03:30; RULES; taking 1m..5m; monitor deadman }\nrequire history of 100 days with gap 31 days for db\n";
    let needing = base(AS_WRITTEN).replace(
        "size 150..200 MB",
        "size 150..200 MB; needs conf within 2 days",
    );
    let with_rules = |rules: &str| judged(&(needing.clone() + &more.replace("RULES", rules)));
    assert_eq!(codes(&with_rules("keep 7 daily, 4 weekly")), ["T1604"]);
    assert_eq!(
        codes(&with_rules("keep 26 monthly")),
        ["T1604"],
        "far back, and not near enough"
    );
    assert!(codes(&with_rules("keep 120 daily")).is_empty());
    assert!(
        codes(&with_rules(AS_WRITTEN)).is_empty(),
        "the same rules keep the same days"
    );
}

#[test]
fn buckets_fall_in_the_zone_that_snapshots_store() {
    // At 23:30 UTC it is the next day in Paris: there noon's snapshot is the day's newest, not the
    // night's, and the night begins a new day.
    let twice = base("keep 5 daily").replace("daily at 03:00", "daily at 12:00, 23:30 UTC");
    let text = twice + "require history of 84h with gap 25h for db\n";
    let in_paris = |text: &str| {
        text.replace(
            "host vps at ovh/one { ",
            "host vps at ovh/one { timezone \"Europe/Paris\"; ",
        )
    };
    assert!(codes(&judged(&text)).is_empty());
    // Scripts store UTC wherever they run, Zerobyte what its host's clock says.
    assert!(codes(&judged(&in_paris(&text))).is_empty());
    let zerobyte = text.replace("by vps.cron", "by vps.zerobyte").replace(
        "runs cron; has restic 0.18.0, rclone 1.75.2; store disk",
        "runs zerobyte; has restic 0.18.0, zerobyte 0.41.0; store disk",
    );
    assert!(!codes(&judged(&zerobyte)).contains(&"T1601"));
    assert!(codes(&judged(&in_paris(&zerobyte))).contains(&"T1601"));
}

/// How long the mirror takes is unknown; the verdict turns within its interval.
#[test]
fn pinning_the_duration_of_a_mirror_to_its_middle_changes_the_verdict() {
    let ask = "require history of 15 days with gap 7 days for db\n";
    let mirror = MIRROR.replace("monthly on 1 at 05:00", "weekly on Sunday at 05:00");
    // 24 h and 6 d between mirrors would do; a week and what it takes does not.
    let open = with(AS_WRITTEN, &[ask, LOSS, &mirror].concat()).replace("gap 7 days", "gap 193h");
    let open = open.replace("taking 1m..2h;", "taking 1m..119m;");
    assert_eq!(codes(&judged(&open)), ["T1602"]);
    let pinned = open.replace("taking 1m..119m;", "taking 60m..60m;");
    assert!(
        codes(&judged(&pinned)).is_empty(),
        "{:?}",
        codes(&judged(&pinned))
    );
}

/// What a sync puts aside, and the versions of a backup that has ended, are there and are not counted on.
#[test]
fn what_is_there_and_does_not_count_is_no_mismatch() {
    let told = |steps: &str| {
        let phases = "phase x = t0 + 200 days { slip 0 days }\n\
                      class web is state on vps.disk:/web\n\
                      require history of 7 days with gap 3 days for web\n";
        let found = judged(&[PLACES, phases, steps].concat());
        let internal = found.internal.iter().map(|found| found.message.clone());
        assert_eq!(internal.collect::<Vec<_>>(), [] as [String; 0]);
        codes(&found).contains(&"T1601")
    };
    assert!(told(
        "sync y of web to s3.main:/web by vps.cron { daily at 03:00; credential writer; backup dir s3.main:/aside }"
    ));
    assert!(told(
        "repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
        backup up of web to r by vps.cron until x { daily at 03:00; taking 1m..10m }"
    ));
}

/// Of classes that fall short for one reason in different phases, one is played in a phase in which it does.
#[test]
fn what_is_played_is_of_a_class_in_its_own_phase() {
    let found = judged(
        &[
            PLACES,
            "phase x = t0 + 90 days { slip 0 days }
            phase y = t0 + 200 days { slip 0 days }
            repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
            class web is files on vps.disk:/web
            class wiki is files on vps.disk:/wiki until x
            backup up_web of web to r by vps.cron since x until y { daily at 03:00; taking 1m..5m; keep within 9d }
            backup up_wiki of wiki to r by vps.cron { daily at 03:30; taking 1m..5m; keep within 9d }
            require history of 30 days with gap 8 days for web, wiki\n",
        ]
        .concat(),
    );
    let internal = found.internal.iter().map(|found| found.message.clone());
    assert_eq!(internal.collect::<Vec<_>>(), [] as [String; 0]);
    assert!(codes(&found).contains(&"T1601"), "{:?}", codes(&found));
}

/// Three yearly versions reach back a year, with nothing in between. What is proposed to keep a class for a month does not
/// lie further apart than that.
#[test]
fn what_is_proposed_for_the_least_retention_is_no_yearly_version() {
    let kept = "size 150..200 MB; retain at least 1 month";
    let text = base("keep within 20d").replace("size 150..200 MB", kept);
    let told = help(&judged(&text), "T1601");
    assert!(
        told.starts_with("`keep 4 monthly, within 20d` is enough"),
        "{told}"
    );
    let enough = text.replace("within 20d", "4 monthly, within 20d");
    assert!(!codes(&judged(&enough)).contains(&"T1601"));
}

/// A server in Berlin: a day of October has 25 hours, and one of March 23.
fn in_berlin(rhythm: &str, keep: &str, ask: &str) -> thrice_verify::Verification {
    let host = "host vps at ovh/one { timezone \"Europe/Berlin\"; ";
    let text = with(keep, ask).replace("host vps at ovh/one { ", host);
    judged(&text.replace("daily at 03:00", rhythm))
}

/// The last snapshots of September and of October lie 31 days and an hour apart. More versions of a kind are written than
/// are needed of it.
#[test]
fn more_of_a_kind_than_reaches_so_far_is_no_internal_error() {
    let keep = "keep 14 daily, 8 weekly, 12 monthly";
    let days = |gap: &str| {
        let ask = format!("require history of 90 days with gap {gap} days for db\n");
        in_berlin("daily at 03:00", keep, &ask)
    };
    let found = days("31");
    assert_eq!(codes(&found), ["T1601"]);
    assert!(
        message(&found, "T1601").contains("31 d 1 h apart"),
        "{}",
        message(&found, "T1601")
    );
    assert!(codes(&days("32")).is_empty());
    let weekly = "require history of 60 days with gap 7 days for db\n";
    let found = in_berlin("daily at 03:00", "keep 4 last, 12 weekly", weekly);
    assert_eq!(codes(&found), ["T1601"]);
}

/// Sixty whole days are an hour longer than sixty of which one has 23 hours: one version more is enough, of which kind does not
/// matter, and also where more of them are written than reach so far by themselves.
#[test]
fn a_rule_that_is_enough_by_a_clock_that_changes_is_found() {
    let proposed = |rhythm: &str, keep: &str, ask: &str| {
        let ask = format!("require history of {ask} for db\n");
        let help = help(&in_berlin(rhythm, keep, &ask), "T1601");
        let rules = help.split('`').nth(1).unwrap_or(&help).to_owned();
        let mended = in_berlin(rhythm, &rules, &ask);
        assert!(!codes(&mended).contains(&"T1601"), "{rules}");
        rules
    };
    let daily = "daily at 03:00";
    let rules = [
        (
            "keep 30 last",
            "60 days with gap 7 days",
            "keep 30 last, 62 daily",
        ),
        ("keep 61 daily", "60 days with gap 7 days", "keep 62 daily"),
        (
            "keep 14 daily, 8 weekly, 12 monthly",
            "365 days with gap 31 days",
            "keep 14 daily, 55 weekly, 12 monthly",
        ),
        (
            "keep 14 daily, 8 weekly, 12 monthly",
            "400 days with gap 31 days",
            "keep 14 daily, 60 weekly, 12 monthly",
        ),
        (
            "keep 14 daily, 8 weekly, 12 monthly",
            "90 days with gap 31 days",
            "keep 14 daily, 15 weekly, 12 monthly",
        ),
    ];
    for (keep, ask, enough) in rules {
        assert_eq!(proposed(daily, keep, ask), enough, "{keep}");
    }
    // Between runs that lie eight hours apart no kind of period but each run by itself is fine enough.
    let often = "daily at 03:00, 11:00, 19:00 UTC";
    assert_eq!(
        proposed(often, "keep 4 last", "10 days with gap 9h"),
        "keep 31 last"
    );
    // Runs that lie further apart than is asked for are not mended by any rule.
    let ask = "require history of 10 days with gap 7h for db\n";
    let found = in_berlin(often, "keep 4 last", ask);
    assert!(!help(&found, "T1601").contains("is enough: "));
}
