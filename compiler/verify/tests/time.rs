//! Recovery points, the time table and alarms, from policy text to verdict.

mod common;

use common::{codes, finding, help, judged, message, severity, verdict};
use thrice_diagnostics::Severity;
use thrice_model::Obligation;
use thrice_verify::Verification;

/// A database that is dumped and backed up on one host into a bucket.
const BASE: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron, zerobyte; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
network mesh { joins vps, tower }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
"#;

const DUMP: &str = r#"
class db is state on vps.disk:/var/lib/db { RPO }
capture dump of db to vps.disk:/backups by vps.cron { daily at 02:55 ZONE; method program; runs "/opt/dump"; atomic; taking 1m..4m; monitor deadman }
backup up of db from dump to r by vps.cron { daily at 03:00 ZONE; taking 1m..10m; monitor deadman }
"#;

const MIRROR: &str = r#"
sync mirror of s3.main to tower.tank:/mirror by tower.cron { monthly on 1 at 05:00 UTC; taking 1m..2h; max delete 1000; credential writer; monitor deadman }
"#;

fn dump(rpo: &str) -> String {
    [BASE, DUMP]
        .concat()
        .replace("RPO", rpo)
        .replace("ZONE", "UTC")
}

fn has(found: &Verification, code: &str) -> bool {
    found.findings.iter().any(|f| f.diagnostic.code.0 == code)
}

/// When and what of a finding's case.
fn case(found: &Verification, code: &str) -> Vec<String> {
    let events = finding(found, code).case.iter();
    events
        .map(|event| format!("{} {}", event.when, event.what))
        .collect()
}

#[test]
fn a_daily_backup_misses_a_day_by_its_own_run_time() {
    let found = judged(&dump("rpo 24h"));
    assert_eq!(severity(&found, "T1302"), Severity::Warning);
    let said = message(&found, "T1302");
    assert!(
        said.contains("can be 1 d 15 min old in `t0` if host `vps` is lost"),
        "{said}"
    );
    assert!(help(&found, "T1302").contains("say `rpo 26h`"));
    let enough = judged(&dump("rpo 26h"));
    assert!(
        !has(&enough, "T1302") && codes(&enough).is_empty(),
        "{:?}",
        codes(&enough)
    );
    let note = &verdict(&enough, Obligation::RecoveryPoint, "db").note;
    let attained = "nominal 1 d 15 min, guaranteed 9 d 15 min with 4 missed runs of each step";
    assert_eq!(note, attained);
}

#[test]
fn the_verdict_changes_when_a_duration_is_pinned_to_its_middle() {
    // The dump may take longer than the backup waits: then that takes the one of the night before.
    let open = dump("rpo 26h").replace("taking 1m..4m", "taking 1m..7m");
    let found = judged(&open);
    assert!(message(&found, "T1301").contains("2 d 15 min"));
    assert!(help(&found, "T1301").contains("`up` starts before `dump` is surely done"));
    assert_eq!(severity(&found, "T2104"), Severity::Warning);
    let pinned = judged(&open.replace("taking 1m..7m", "taking 4m..4m"));
    assert!(!has(&pinned, "T1301") && !has(&pinned, "T2104"));
}

#[test]
fn a_night_of_the_change_is_told_with_its_dates() {
    let paris = [BASE, DUMP]
        .concat()
        .replace("RPO", "rpo 26h")
        .replace("ZONE", "\"Europe/Paris\"");
    let found = judged(&paris);
    assert!(message(&found, "T1301").contains("1 d 23 h 15 min"));
    let told = case(&found, "T1301");
    assert!(
        told.first()
            .is_some_and(|e| e.starts_with("2026-03-28 01:55 UTC")),
        "{told:?}"
    );
    assert!(
        told.last()
            .is_some_and(|e| e.starts_with("2026-03-30 01:10 UTC")),
        "{told:?}"
    );
}

#[test]
fn under_the_faults_to_survive_what_is_left_counts() {
    let ask = "require survive any 1 of provider for all\n";
    let found = judged(&[&dump("rpo 26h"), MIRROR, ask].concat());
    // The dump beside the data is left, and as new as the backup.
    assert!(!has(&found, "T1301"), "{:?}", codes(&found));
    let both = "require survive loss of vps and cloud for all\n";
    let found = judged(&[&dump("rpo 26h"), MIRROR, both].concat());
    assert_eq!(severity(&found, "T1301"), Severity::Error);
    let said = message(&found, "T1301");
    assert!(
        said.contains("31 d 4 h 5 min") && said.contains("`cloud`"),
        "{said}"
    );
    // A longer recovery point is kept.
    let month = judged(&[&dump("rpo 32 days"), MIRROR, both].concat());
    assert!(!has(&month, "T1301"));
}

#[test]
fn a_guarantee_counts_the_runs_that_may_fail() {
    let found = judged(&dump("rpo 26h, guaranteed 9 days"));
    let said = message(&found, "T1303");
    assert!(
        said.contains("9 d 15 min") && said.contains("a guarantee of 9 d"),
        "{said}"
    );
    assert!(!has(&judged(&dump("rpo 26h, guaranteed 10 days")), "T1303"));
    // A backup that refuses to run without its dump does not add misses of its own to those.
    let after =
        dump("rpo 26h, guaranteed 6 days").replace("taking 1m..10m", "after dump; taking 1m..10m");
    assert!(!has(&judged(&after), "T1303"));
    // Nobody is told: no number of missed runs is enough.
    let silent = after.replacen("taking 1m..4m; monitor deadman", "taking 1m..4m", 1);
    assert!(message(&judged(&silent), "T1303").contains("nothing bounds the age"));
}

/// Whoever asks for less in one place takes nothing back of what is asked for in another one.
#[test]
fn the_least_of_what_is_asked_for_is_asked_for() {
    let ask = "require rpo <= 12h, guaranteed <= 20 days for all\n";
    for own in ["", "rpo 26h"] {
        let found = judged(&[&dump(own), ask].concat());
        let said = message(&found, "T1301");
        assert!(said.contains("at most 12 h is asked for"), "{own}: {said}");
    }
    let loose = "require rpo <= 26h, guaranteed <= 9 days for all\n";
    let found = judged(&[&dump("rpo 26h"), loose].concat());
    let said = message(&found, "T1303");
    assert!(said.contains("a guarantee of 9 d"), "{said}");
    let found = judged(&[&dump("rpo 12h"), loose].concat());
    assert!(message(&found, "T1301").contains("at most 12 h is asked for"));
}

#[test]
fn what_runs_on_demand_has_no_bound() {
    let text = dump("rpo 26h").replace(
        "by vps.cron { daily at 03:00 UTC; taking 1m..10m; monitor deadman }",
        "by hand { on demand }",
    );
    let found = judged(&text);
    assert!(message(&found, "T1301").contains("nothing bounds the age"));
    assert!(help(&found, "T1301").contains("give it a schedule"));
}

/// Two jobs that thin, so that each needs the repository for itself at its end.
fn two(runner: &str, second: &str, long: &str) -> String {
    let job = |name: &str, at: &str| {
        format!(
            "class c_{name} is files on vps.disk:/{name}\nbackup {name} of c_{name} to r by vps.{runner} {{ daily at {at}; keep 7 daily, 5 weekly; taking 1m..{long}; monitor deadman }}\n"
        )
    };
    [BASE.to_owned(), job("a", "03:00"), job("b", second)].concat()
}

#[test]
fn jobs_five_minutes_apart_meet_an_exclusive_prune() {
    let found = judged(&two("zerobyte", "03:05", "10m"));
    assert_eq!(severity(&found, "T2102"), Severity::Error);
    assert_eq!(
        case(&found, "T2102"),
        [
            "2026-02-15 03:00 UTC `a` may be at work until 2026-02-15 03:10 UTC",
            "2026-02-15 03:05 UTC `b` may be at work until 2026-02-15 03:15 UTC",
            "then `a` may find the lock taken, and fails then: so it may be in each of its runs",
        ]
    );
    // Pinned to the middle of its interval, the first is done in time; set apart, both are.
    assert!(!has(&judged(&two("zerobyte", "03:06", "5m")), "T2102"));
    assert!(!has(&judged(&two("zerobyte", "03:10", "10m")), "T2102"));
    // Scripts wait for each other.
    let scripts = judged(&two("cron", "03:05", "10m"));
    assert!(!has(&scripts, "T2102"));
    assert_eq!(severity(&scripts, "T2103"), Severity::Warning);
}

#[test]
fn zerobyte_checks_every_repository_at_its_own_time() {
    let found = judged(&two("zerobyte", "12:45", "10m"));
    assert!(
        case(&found, "T2102")
            .iter()
            .any(|e| e.contains("Zerobyte's own check"))
    );
    assert!(help(&found, "T2102").contains("12:50"));
    assert!(!has(&judged(&two("cron", "12:45", "10m")), "T2102"));
}

#[test]
fn a_clock_change_brings_two_steps_together_once_a_year() {
    // 02:50 does not exist on 29 March, and becomes 03:00: the moment at which the other one starts.
    let text = two("zerobyte", "02:50 \"Europe/Paris\"", "10m")
        .replace("daily at 03:00;", "daily at 03:00 \"Europe/Paris\";")
        .replace(
            "host vps at ovh/one {",
            "host vps at ovh/one { timezone \"Europe/Paris\";",
        );
    let found = judged(&text);
    assert_eq!(severity(&found, "T2102"), Severity::Warning);
    assert!(
        case(&found, "T2102")
            .iter()
            .any(|e| e.starts_with("2026-03-29 01:00 UTC"))
    );
    let counted = case(&found, "T2102");
    assert!(
        counted.iter().any(|e| e.contains("in 2 of its")),
        "{counted:?}"
    );
}

#[test]
fn a_mirror_meets_a_prune() {
    let prune = "prune clean of r by vps.cron { weekly on Sunday at 05:30 UTC; taking 1m..1h; monitor deadman }\n";
    let found = judged(&[&dump(""), MIRROR, prune].concat());
    assert_eq!(severity(&found, "T2101"), Severity::Error);
    // 2026-03-01 is the first first of a month that is a Sunday.
    assert!(
        case(&found, "T2101")
            .iter()
            .any(|e| e.starts_with("2026-03-01 05:00 UTC `mirror`"))
    );
    let apart = prune.replace("05:30", "07:00");
    assert!(!has(
        &judged(&[&dump(""), MIRROR, &apart].concat()),
        "T2101"
    ));
}

/// A mirror writes a repository in no order that restic could read in between.
#[test]
fn a_store_takes_snapshots_of_half_a_mirror() {
    let found = |shots: &str, mirror: &str, steps: &str| {
        let store = format!("store tank {{ medium hdd; snapshots {shots} UTC keep 30 }}");
        let text = [&dump(""), MIRROR, steps].concat();
        let text = text.replace("store tank { medium hdd }", &store);
        let found = judged(&text.replace("monthly on 1 at 05:00 UTC; taking 1m..2h", mirror));
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        found
    };
    let prune = "prune clean of r by vps.cron { weekly on Sunday at 12:00 UTC; taking 1m..1h; monitor deadman }\n";
    let each = found("daily at 06:30", "daily at 06:00 UTC; taking 2h", prune);
    assert_eq!(severity(&each, "T2105"), Severity::Error);
    assert_eq!(
        message(&each, "T2105"),
        "`tower.tank` may take snapshots of itself while `mirror` is at work there: they hold half of what it is writing, which is \
         of no use"
    );
    assert!(
        case(&each, "T2105")
            .iter()
            .any(|e| e
                == "2026-02-15 06:30 UTC the snapshot of `tower.tank` is taken, as is each one")
    );
    let some = found(
        "daily at 06:30",
        "monthly on 1 at 06:00 UTC; taking 1m..2h",
        prune,
    );
    assert_eq!(severity(&some, "T2105"), Severity::Warning);
    // It starts as late as that.
    let late = "daily at 06:00 UTC; jitter 31m; taking 1m";
    assert_eq!(
        severity(&found("daily at 06:30", late, prune), "T2105"),
        Severity::Error
    );
    for (shots, mirror, steps) in [
        ("daily at 08:00", "daily at 06:00 UTC; taking 2h", prune),
        ("daily at 05:59", "daily at 06:00 UTC; taking 2h", prune),
        (
            "daily at 06:30",
            "daily at 06:00 UTC; taking 1m..30m",
            prune,
        ),
        // Older versions are whole in each half of what only comes to it.
        ("daily at 06:30", "daily at 06:00 UTC; taking 2h", ""),
    ] {
        assert!(
            !has(&found(shots, mirror, steps), "T2105"),
            "{shots} {mirror}"
        );
    }
    let in_place = |clauses: &str| {
        let store = "store disk { medium nvme; snapshots daily at 02:57 UTC keep 30 }";
        let text = dump("").replace("store disk { medium nvme }", store);
        judged(&text.replace("atomic; taking 1m..4m", clauses))
    };
    assert_eq!(
        severity(&in_place("taking 1m..4m"), "T2105"),
        Severity::Error
    );
    assert!(!has(&in_place("taking 1m..2m"), "T2105"));
    assert!(!has(&in_place("atomic; taking 1m..4m"), "T2105"));
}

#[test]
fn a_dump_in_place_must_be_done_before_it_is_read() {
    let in_place = dump("rpo 26h").replace("atomic; taking 1m..4m", "taking 1m..7m");
    let found = judged(&in_place);
    assert_eq!(severity(&found, "T2105"), Severity::Error);
    assert!(message(&found, "T1301").contains("nothing bounds the age"));
    let pinned = judged(&in_place.replace("1m..7m", "4m..4m"));
    assert!(!has(&pinned, "T2105") && !has(&pinned, "T1301"));
    // Done in time or not: what it leaves on failing is taken for a whole set.
    assert_eq!(severity(&pinned, "T2506"), Severity::Warning);
}

#[test]
fn a_reader_that_looks_may_still_be_overtaken_by_the_next_dump() {
    // It looks at 03:00, finds last night's dump, and may read until the next one is begun.
    let after = dump("rpo 60h")
        .replace("atomic; taking 1m..4m", "taking 1m..4m")
        .replace("taking 1m..10m", "after dump; taking 1m..10m");
    assert!(!has(&judged(&after), "T2105"));
    let long = after.replace("1m..10m", "1m..1436m");
    assert_eq!(severity(&judged(&long), "T2105"), Severity::Error);
    assert!(!has(
        &judged(&after.replace("1m..10m", "1m..1435m")),
        "T2105"
    ));
}

#[test]
fn a_reader_that_looks_once_must_not_look_too_early() {
    let after = dump("")
        .replace("taking 1m..4m", "taking 1m..7m")
        .replace("taking 1m..10m", "after dump; taking 1m..10m");
    assert_eq!(severity(&judged(&after), "T2106"), Severity::Error);
    assert!(!has(&judged(&after.replace("1m..7m", "4m..4m")), "T2106"));
}

#[test]
fn runs_fit_into_their_period_and_their_line() {
    let long = dump("").replace("taking 1m..10m", "taking 1m..25h");
    assert_eq!(severity(&judged(&long), "T2107"), Severity::Warning);
    let never = dump("").replace("taking 1m..10m", "taking 24h..25h");
    assert_eq!(severity(&judged(&never), "T2107"), Severity::Error);
    let line = |churn: &str| {
        let text = dump(&format!(
            "size 10..10 GB; growth 0..0 %/month; churn {churn}"
        ));
        text.replace("taking 1m..10m", "limit 5 MB/s; taking 1m..10m")
    };
    // 5 MB/s for ten minutes are 3 GB.
    assert_eq!(
        severity(&judged(&line("1..5 GB/day")), "T2108"),
        Severity::Warning
    );
    assert_eq!(
        severity(&judged(&line("4..5 GB/day")), "T2108"),
        Severity::Error
    );
    assert!(
        !has(&judged(&line("3..3 GB/day")), "T2108"),
        "pinned to its middle"
    );
}

#[test]
fn a_monitor_is_there_as_long_as_what_it_watches() {
    let on = |host: &str, steps: &str| {
        let kuma = format!("phase later = t0 + 6 months\nhost kuma at bank/safe {host}\n");
        let text = dump("").replace("hosted by bank }", "on kuma }");
        let text = text.replace("by vps.cron {", &format!("by vps.cron {steps} {{"));
        judged(&[&text, &kuma as &str].concat())
    };
    assert!(!has(&on("since t0", ""), "T2508"));
    assert!(message(&on("since t0 until later", ""), "T2508").contains("not there any more"));
    assert!(!has(&on("since t0 until later", "until later"), "T2508"));
    assert!(message(&on("since later", ""), "T2508").contains("not there yet"));
    assert_eq!(severity(&on("since later", ""), "T2508"), Severity::Error);
    assert!(!has(&on("since later", "since later"), "T2508"));
    let off = on("since t0 { not always on }", "");
    assert_eq!(severity(&off, "T2508"), Severity::Warning);
}

#[test]
fn a_monitor_outlives_what_it_watches() {
    let by = |place: &str| judged(&dump("").replace("hosted by bank }", place));
    assert!(!has(&by("hosted by bank }"), "T2503"));
    assert_eq!(severity(&by("on vps }"), "T2502"), Severity::Warning);
    assert!(message(&by("hosted by ovh }"), "T2503").contains("with the provider"));
    assert!(message(&by("}"), "T2504").contains("nothing says who runs `deadman`"));
    let outside = by("hosted by bank }");
    let note = &verdict(&outside, Obligation::Alarm, "p").note;
    assert!(
        note.contains("silence is noticed after 1 d 1 h 10 min"),
        "{note}"
    );
}

#[test]
fn one_script_for_two_captures_fails_both() {
    let second = r#"
class cache is state on vps.disk:/cache
capture dump_cache of cache to vps.disk:/caches by vps.cron { daily at 02:55 UTC; method program; runs "/opt/dump"; atomic; taking 1m..4m; monitor deadman }
backup up_cache of cache from dump_cache to r by vps.cron { daily at 03:00 UTC; taking 1m..10m; monitor deadman }
"#;
    let together = [&dump(""), second].concat();
    assert!(message(&judged(&together), "T2505").contains("`dump` and `dump_cache` fail together"));
    let apart = [
        &dump(""),
        second.replace("/opt/dump\"", "/opt/other\"").as_str(),
    ]
    .concat();
    assert!(!has(&judged(&apart), "T2505"));
}
