//! Room along chains of steps, counted by hand: what one step leaves is what the next one takes.

mod common;

use common::{judged, verdict};
use thrice_model::Obligation;
use thrice_verify::Verification;

const PLACES: &str = r#"
policy p "p" { horizon 365 days; response time 24h }
phase one = 2026-03-01
phase two = 2026-09-01 { slip 0 days }
phase three = 2026-11-01 { slip 0 days }
provider far { site a; site b; site c; supports versioning, lifecycle, lifecycle-prefix }
host h at far/a { runs cron; has restic 0.18.0, rclone 1.75.2; store data { medium hdd } }
host o at far/b { runs cron; has restic 0.18.0, rclone 1.75.2; store data { medium hdd; capacity ROOM GB }; store more { medium hdd; mounted at /srv } }
object_storage s3 at far/c { endpoint "s3.example.org"; bucket near "near" { medium object; quota ROOM GB; versioning on }; bucket far "far" { medium object } }
monitor m { healthchecks at "HC"; hosted by far }
vault envelope at far/c
key k { held on envelope }
repository r in o.data:/r { engine restic 0.18.0; key k; max unused 0 % }
repository q in s3.far:/q { engine restic 0.18.0; key k; max unused 0 % }
"#;

/// 100 GB of which 1 GB a day are replaced.
const FILES: &str =
    "class c is files on h.data:/c { size 100..100 GB; growth 0..0 GB/day; churn 1..1 GB/day }\n";

/// Dumps of 10 GB, each of which is another one.
const DUMPS: &str = "class c is state on h.data:/c { size 10..10 GB; growth 0..0 GB/day }\n\
    capture d of c to h.data:/d by h.cron { daily at 01:00 UTC; taking 1m..1h; atomic; method program; runs \"/bin/d\"; keeps KEEPS days }\n";

fn checked(room: u32, steps: &[&str]) -> Verification {
    let text = [PLACES, &steps.concat()].concat();
    let found = judged(&text.replace("ROOM", &room.to_string()));
    assert!(found.internal.is_empty(), "{:#?}", found.internal);
    found
}

/// Whether something is too full if there is so much room.
fn too_full(room: u32, steps: &[&str]) -> bool {
    let found = checked(room, steps);
    common::codes(&found).contains(&"T2001")
}

/// The same, and that it is so on the simulator.
fn is_too_full(room: u32, steps: &[&str]) -> bool {
    let found = checked(room, steps);
    let plays = found.plays.get(&Obligation::Capacity);
    common::codes(&found).contains(&"T2001") && plays.is_some_and(|plays| plays.replayed > 0)
}

/// Three weeks between the oldest and the newest of four versions, and in each of them the dumps of thirty days: 51 dumps.
#[test]
fn a_version_has_all_dumps_that_lie_side_by_side() {
    let weekly = "backup b of c from d to r by h.cron { weekly on Sunday at 04:00 UTC; taking 1m..1h; keep 4 last; prune }\n";
    let kept = |days: &str| DUMPS.replace("KEEPS", days);
    assert!(is_too_full(510, &[&kept("30"), weekly]));
    assert!(!too_full(510, &[&kept("1"), weekly]));
    // One version of all that a year has left.
    let added = "copy w of c from d to o.more:/d by h.cron { daily at 03:00 UTC; taking 1m..1h }\n\
        backup b of c from w to r by o.cron { daily at 05:00 UTC; taking 1m..1h; keep 1 last; prune }\n";
    assert!(is_too_full(1600, &[&kept("3"), added]) && too_full(3600, &[&kept("3"), added]));
    let newest = added.replace(
        "taking 1m..1h }\nbackup",
        "taking 1m..1h; latest only }\nbackup",
    );
    assert!(!too_full(100, &[&kept("3"), &newest]));
    // Dumps that are much alike take no more than what changes.
    let alike = kept("30").replace("/day }", "/day; churn 100..100 MB/day }");
    assert!(!too_full(40, &[&alike, weekly]));
    // A drill restores them all, file by file.
    let drill = "backup b of c from d to q by h.cron { daily at 04:00 UTC; taking 1m..1h; keep 1 last; prune }\n\
        drill t of c from q by o.cron { monthly on 1 at 10:00 UTC; taking 1m..1h }\n";
    let needs = |room| {
        let found = checked(room, &[&kept("30"), drill]);
        common::codes(&found).contains(&"T2004")
    };
    assert!(needs(300) && !needs(330));
}

const CLEARS: &str = "expire e of PLACE after 30 days by mtime LIFE { by o.cron; daily at 05:00 UTC; taking 1m..1h }\n";

/// 244 days until November, whatever deletes from then on: it has to run first, and what is new lies beside it.
#[test]
fn what_begins_to_delete_finds_all_that_came_before() {
    let clears = |place: &str, life: &str| CLEARS.replace("PLACE", place).replace("LIFE", life);
    let aside = "sync y of c to o.data:/c by h.cron { daily at 03:00 UTC; taking 1m..1h; backup dir o.data:/aside }\n";
    let new = "class n is items on h.data:/n since three { size 100..100 GB; growth 0..0 GB/day }\n\
        sync x of n to o.data:/n by h.cron { daily at 04:00 UTC; taking 1m..1h }\n";
    let late = clears("o.data:/aside", "since three");
    assert!(is_too_full(440, &[FILES, aside, &late, new]));
    assert!(!too_full(460, &[FILES, aside, &late, new]));
    assert!(!too_full(
        440,
        &[FILES, aside, &clears("o.data:/aside", ""), new]
    ));
    // Before that nothing is too full, and afterwards neither.
    assert!(!too_full(360, &[FILES, aside, &late]));
    let adds = "copy y of c to o.data:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n";
    let late = clears("o.data:/c", "since three");
    assert!(is_too_full(440, &[FILES, adds, &late, new]));
    let synced = "sync y of c to s3.near:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n\
        expire e of s3.near after 20 days by upload since three { noncurrent }\n";
    let new = new.replace("o.data:/n", "s3.near:/n");
    assert!(is_too_full(440, &[FILES, synced, &new]));
    assert!(!too_full(460, &[FILES, synced, &new]));
    // A first prune writes all that it keeps anew before it deletes anything.
    let backup =
        "backup b of c to r by h.cron { daily at 03:00 UTC; taking 1m..1h; keep 7 daily }\n";
    let prune =
        "prune x of r by o.cron since three { weekly on Sunday at 12:00 UTC; taking 1m..1h }\n";
    assert!(is_too_full(440, &[FILES, backup, prune]));
    assert!(!too_full(500, &[FILES, backup, prune]));
    // A period that is over before it has run finds it as well.
    let soon = "phase four = 2026-11-02 { slip 0 days }\n";
    let later = new.replace("since three", "since four");
    let daily = synced.replace("20 days", "150 days");
    assert!(is_too_full(440, &[soon, FILES, &daily, &later]));
}

/// Who clears a folder leaves all that lies beside it.
#[test]
fn a_part_that_is_cleared_makes_no_room_for_the_rest() {
    let adds = "copy y of c to o.data:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n";
    let clears = |place: &str| CLEARS.replace("PLACE", place).replace("LIFE", "");
    assert!(is_too_full(440, &[FILES, adds, &clears("o.data:/c/old")]));
    assert!(!too_full(140, &[FILES, adds, &clears("o.data:/c")]));
    assert!(!too_full(140, &[FILES, adds, &clears("o.data")]));
}

/// Packs that a prune has written anew go aside at each run of a mirror.
#[test]
fn what_a_mirror_of_a_repository_puts_aside_takes_room() {
    let mirror = |when: &str, aside: &str| {
        format!(
            "backup b of c to q by h.cron {{ daily at 03:00 UTC; taking 1m..1h; keep 7 daily; prune }}\n\
             sync w of s3.far:/q to o.data:/q by o.cron {{ {when}; taking 1m..1h{aside} }}\n"
        )
    };
    let daily = mirror("daily at 09:00 UTC", "; backup dir o.data:/aside");
    assert!(is_too_full(30_000, &[FILES, &daily]));
    let monthly = mirror("monthly on 5 at 09:00 UTC", "; backup dir o.data:/aside");
    assert!(is_too_full(600, &[FILES, &monthly]) && too_full(1170, &[FILES, &monthly]));
    assert!(!too_full(2400, &[FILES, &monthly]));
    assert!(!too_full(400, &[FILES, &mirror("daily at 09:00 UTC", "")]));
}

/// Of files of which nobody says how many change, a copy keeps an unknown amount until they are cleared, too.
#[test]
fn what_is_kept_for_some_time_is_not_checked_either() {
    let unsaid = FILES.replace("; churn 1..1 GB/day", "");
    let adds = "copy y of c to o.data:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n";
    let clears = CLEARS.replace("PLACE", "o.data:/c").replace("LIFE", "");
    let found = checked(900, &[&unsaid, adds, &clears]);
    assert!(common::message(&found, "T2002").contains("no churn is stated"));
    let none = found.verdicts.iter();
    let mut none = none.filter(|v| v.obligation == Obligation::Capacity);
    assert!(none.all(|v| v.subject != "o.data"));
    let said = checked(900, &[FILES, adds, &clears]);
    assert!(verdict(&said, Obligation::Capacity, "o.data").holds);
}

/// Dumps of three days at home, each for ten days and two more in the bucket from when it came there last.
#[test]
fn dumps_are_cleared_where_they_are_carried_to() {
    let dumps = DUMPS.replace("KEEPS", "3");
    let near = "copy y of c from d to s3.near:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n";
    let carried = near.replace("s3.near", "o.data");
    let clears = |place: &str| CLEARS.replace("PLACE", place).replace("LIFE", "");
    assert!(is_too_full(300, &[&dumps, &carried, &clears("o.data:/c")]));
    assert!(!too_full(400, &[&dumps, &carried, &clears("o.data:/c")]));
    assert!(is_too_full(
        1600,
        &[&dumps, &carried, &clears("o.data:/c/old")]
    ));
    let far = "expire e of s3.near:/c after 10 days by upload\n\
        expire n of s3.near after 1 days by upload { noncurrent }\n";
    assert!(is_too_full(130, &[&dumps, near, far]));
    assert!(!too_full(350, &[&dumps, near, far]));
}

/// Fifteen dumps that the source still has come again each night and are cleared at noon: old versions of ten days are 150.
#[test]
fn dumps_that_come_again_where_they_were_cleared_are_old_versions_each_time() {
    let again = |keeps: &str| {
        let dumps = DUMPS.replace("KEEPS", keeps);
        let steps = "copy y of c from d to s3.near:/c by h.cron { daily at 03:00 UTC; taking 1m..1h }\n\
            expire e of s3.near:/c after 5 days by mtime { by h.cron; daily at 12:00 UTC; taking 1m..1h }\n\
            expire n of s3.near after 10 days by upload { noncurrent }\n";
        [dumps, steps.to_owned()].concat()
    };
    assert!(is_too_full(1600, &[&again("20")]));
    assert!(!too_full(3500, &[&again("20")]));
    assert!(!too_full(400, &[&again("4")]));
}

/// 100 GB of which 20 GB a day are replaced: each week's copy is another one, and what reads it each day finds 53 of them.
#[test]
fn what_is_made_rarely_is_new_rarely() {
    let class = "class c is state on h.data:/c { size 100..100 GB; growth 0..0 GB/day; churn 20..20 GB/day }\n\
        copy w of c to o.more:/c by h.cron { weekly on Sunday at 03:00 UTC; taking 1m..1h; latest only }\n";
    let daily = "backup b of c from w to r by o.cron { daily at 05:00 UTC; taking 1m..1h }\n";
    assert!(is_too_full(5300, &[class, daily]));
    assert!(!too_full(5700, &[class, daily]));
}

/// Two dumps of 10 GB, each with the one being written beside it: 40 GB, though they are written one after the other.
#[test]
fn dumps_that_may_be_written_at_once_are_told_and_not_replayed() {
    let dumps = "class a is state on h.data:/a { size 10..10 GB; growth 0..0 GB/day }\n\
        class b is state on h.data:/b { size 10..10 GB; growth 0..0 GB/day }\n\
        capture da of a to o.data:/a by h.cron { daily at 01:00 UTC; taking 1m..1h; atomic; method program; runs \"/bin/a\" }\n\
        capture db of b to o.data:/b by h.cron { daily at 05:00 UTC; taking 1m..1h; atomic; method program; runs \"/bin/b\" }\n";
    assert!(too_full(35, &[dumps]) && !is_too_full(35, &[dumps]));
    assert!(is_too_full(29, &[dumps]) && !too_full(40, &[dumps]));
}
