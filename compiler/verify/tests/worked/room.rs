//! How much room there is, and on what that rests.

use super::*;
use crate::adversary::all_codes;
use crate::common::{help, verdict};

/// A repository in a bucket that keeps old versions for two months, pruned on Sundays.
const REPOSITORY: &str = r#"
policy p "p" { horizon 3 years; response time 72h }
phase t0 = 2026-12-01
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object; versioning on; quota QUOTA } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on vps, envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class photos is CLASS
backup nightly of photos MORE to r by vps.cron { daily at 03:00 UTC; keep 14 daily, 8 weekly; taking 1m..30m; monitor deadman }
prune weekly of r by vps.cron { weekly on Sunday at 10:00 UTC; taking 1m..1h; MONITOR }
expire old of s3.main after 60 days by upload { noncurrent }
"#;

fn repository(quota: &str, class: &str, (more, monitor): (&str, &str)) -> Verification {
    let text = REPOSITORY
        .replace("QUOTA", quota)
        .replace("CLASS", class)
        .replace("MORE", more)
        .replace("MONITOR", monitor);
    judged(&text)
}

fn is_too_full(found: &Verification) -> bool {
    all_codes(found).contains(&"T2001")
}

const WATCHED: &str = "monitor deadman";

/// 200 GB that are written once: nothing is ever unneeded, and so nothing is written anew.
#[test]
fn what_is_written_once_no_prune_writes_anew() {
    let once = "items on vps.disk:/photos { size 200..200 GB; growth 0..0 %/month }";
    let found = repository("1 TB", once, ("", WATCHED));
    assert!(!is_too_full(&found), "{:?}", all_codes(&found));
    // A fiftieth for what says which versions there are, and as much at each prune.
    assert!(is_too_full(&repository("205 GB", once, ("", WATCHED))));
    // What changes, or is taken away where it lives, goes.
    let changed = once.replace("size", "churn 0..1 GB/day; size");
    assert!(is_too_full(&repository("1 TB", &changed, ("", WATCHED))));
    let deleted = format!(
        "{once}\nexpire cleared of vps.disk:/photos after 90 days by mtime {{ by vps.cron; daily at 06:00 UTC; taking 1m..5m; monitor deadman }}"
    );
    assert!(is_too_full(&repository("1 TB", &deleted, ("", WATCHED))));
    // Packs are shared with what lies beside.
    let beside = format!(
        "{once}\nclass docs is files on vps.disk:/docs {{ size 1..1 GB; growth 0..0 %/month; churn 0..1 GB/day }}"
    );
    assert!(is_too_full(&repository(
        "1 TB",
        &beside,
        (", docs", WATCHED)
    )));
}

/// Nobody hears of it if the prune stops: any number of its runs may be missed.
#[test]
fn room_that_rests_on_a_prune_that_nobody_watches_is_told() {
    let class =
        "files on vps.disk:/photos { size 1..1 GB; growth 0..0 %/month; churn 0..100 MB/day }";
    let told = |quota: &str, monitor: &str| {
        let text = REPOSITORY
            .replace("QUOTA", quota)
            .replace("CLASS", class)
            .replace("MORE", "")
            .replace("MONITOR", monitor)
            .replace("versioning on; ", "")
            .replace(
                "expire old of s3.main after 60 days by upload { noncurrent }\n",
                "",
            );
        let found = judged(&text);
        let verdict = verdict(&found, Obligation::Capacity, "s3.main").holds;
        let codes = all_codes(&found);
        (verdict, codes.contains(&"T2001"), codes.contains(&"T2005"))
    };
    assert_eq!(told("60 GB", WATCHED), (true, false, false));
    assert_eq!(told("60 GB", ""), (true, false, true));
    // All that comes in three years, 110 GB, has room.
    assert_eq!(told("200 GB", ""), (true, false, false));
    assert_eq!(told("5 GB", ""), (false, true, false));
}

/// What fits has to do so on the last day, too.
#[test]
fn what_is_said_to_fit_does() {
    let store = |class: &str| {
        judged(&format!(
            "policy p \"p\" {{ horizon 3 years }}\nphase t0 = 2026-12-01\nprovider ovh {{ site one }}\n\
             host vps at ovh/one {{ store disk {{ medium nvme; capacity 100 GB }} }}\n\
             class a is files on vps.disk:/a {{ {class} }}\n"
        ))
    };
    let two = |second: &str| {
        store(&format!(
            "size 95..95 GB; growth 0..0 %/month }}\nclass b is files on vps.disk:/b {{ size 10..10 GB; growth 0..{second}"
        ))
    };
    let grows = two("100 GB/year");
    assert!(
        help(&grows, "T2001").contains("it fits while `b` takes no more than 5 GB there"),
        "{}",
        help(&grows, "T2001")
    );
    let three = two(
        "100 GB/year }\nclass c is files on vps.disk:/c { size 120..120 GB; growth 0..0 %/month",
    );
    assert!(
        help(&three, "T2001").contains("without `b` it does not fit either"),
        "{}",
        help(&three, "T2001")
    );
}

/// Snapshots on demand: nobody need ever take one, nor a newer one in its place.
#[test]
fn a_snapshot_on_demand_may_stay_for_ever() {
    let with = |schedule: &str, capacity: &str| {
        let text = REPOSITORY
            .replace("QUOTA", "90 TB")
            .replace(
                "CLASS",
                "files on vps.disk:/photos { size 3..3 GB; growth 0..0 %/month; churn 0..3 GB/day; retain at most 400 days }",
            )
            .replace("MORE", "")
            .replace("MONITOR", WATCHED)
            .replace(
                "store disk { medium nvme }",
                &format!("store disk {{ medium nvme; capacity {capacity}; snapshots {schedule} keep 30 }}"),
            );
        let found = judged(&text);
        let codes = all_codes(&found);
        (codes.contains(&"T1702"), is_too_full(&found))
    };
    assert_eq!(with("daily at 00:30", "200 GB"), (false, false));
    assert_eq!(with("on demand", "200 GB"), (true, true));
    assert_eq!(with("on demand", "9 TB"), (true, false));
}

/// A seed changes a copy of the database beside it, and has its dump and the text of that on the same disk.
#[test]
fn a_seed_that_changes_databases_needs_room_for_it() {
    let told = |capacity: &str, rules: &str| {
        let text = format!(
            "policy p \"p\" {{ horizon 1 year }}\nphase t0 = 2026-12-01\nprovider ovh {{ site one; site two }}\n\
             host web at ovh/one {{ runs cron; has postgresql 15, rclone 1.75.2; store disk {{ medium nvme; capacity {capacity} }} }}\n\
             host bench at ovh/two {{ runs cron; has postgresql 15, rclone 1.75.2; store disk {{ medium nvme }} }}\n\
             object_storage s3 at ovh/two {{ endpoint \"s3.example.org\"; bucket seeds \"my-seeds\" {{ medium object }} }}\n\
             credential w {{ account s3; may read, write on s3.seeds; held on web, bench }}\n\
             environment staging {{ on bench; clearance internal }}\n\
             class db is state on web.disk:/pg {{ parts app; size 1..1 GB; growth 0..0 %/month; fields {{ rest internal }} }}\n\
             capture d of db to web.disk:/dumps by web.cron {{ daily at 02:00 UTC; method pg_dump; atomic; taking 1m..15m }}\n\
             seed s of db from d to staging via s3.seeds:/seed by web.cron {{ daily at 04:00 UTC; {rules}; verified; credential w; \
             taking 1m..30m }}\n"
        );
        all_codes(&judged(&text)).contains(&"T2004")
    };
    let changes = "anonymise app.users.mail redact before leaving; rest keep";
    // The data, two dumps, and four times as much.
    assert!(told("6 GB", changes));
    assert!(!told("7 GB", changes));
    assert!(!told("6 GB", "rest keep"));
}
