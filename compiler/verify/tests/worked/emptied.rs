//! Places that are emptied before somebody reads them, or after.

use super::*;
use crate::adversary::all_codes;
use crate::common::{PLACES, finding, verdict};

/// A tree is laid out in the night, and taken away from there at some time; a backup reads it at three. Each Wednesday
/// it is copied as well.
const STAGED: &str = r#"
repository safe in s3.main:/safe { engine restic 0.18.0; key k; credential writer }
class site is files on vps.disk:/srv { noticed within 7 days; fields { rest internal }; rpo 30h }
copy stage of site to vps.disk:/stage by vps.cron { daily at 02:15 UTC; taking 1m..10m; monitor deadman }
backup n of site from stage to safe by vps.cron { daily at 03:00 UTC; keep 30 daily; taking 1m..30m; monitor deadman }
copy weekly of site to s3.main:/z by vps.cron { weekly on Wednesday at 04:00 UTC; credential writer; taking 1m..5m; monitor deadman }
"#;

const TO: &str = "vps.disk:/away by vps.cron";

fn staged(more: &str) -> Verification {
    let found = judged(&[PLACES, STAGED, more].concat());
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    found
}

fn moved(when: &str) -> String {
    format!("move mv of vps.disk:/stage to {TO} {{ {when}; taking 1m..5m; monitor deadman }}\n")
}

fn too_old(found: &Verification) -> String {
    assert_eq!(finding(found, "T1301").severity, Severity::Error);
    assert!(!verdict(found, Obligation::RecoveryPoint, "site").holds);
    message(found, "T1301")
}

fn is_young(more: &str) {
    let found = staged(more);
    assert!(!codes(&found).contains(&"T1301"), "{more}");
    let verdict = verdict(&found, Obligation::RecoveryPoint, "site");
    assert!(verdict.holds, "{more}");
    // From 02:15 to the end of the next night's backup.
    assert!(
        verdict.note.starts_with("nominal 1 d 1 h 15 min"),
        "{more}{}",
        verdict.note
    );
    assert!(!all_codes(&found).contains(&"T2603"), "{more}");
}

#[test]
fn a_backup_of_what_has_been_moved_away_has_nothing() {
    let found = staged(&moved("daily at 02:30 UTC"));
    let told = too_old(&found);
    assert!(
        told.starts_with("the newest copy of `site` can be 7 d "),
        "{told}"
    );
    let told = message(&found, "T2603");
    assert!(
        told.starts_with("`n` may never find anything to do: `mv` may have taken away"),
        "{told}"
    );
    // Played: nothing has come to the repository.
    let plays = &found.plays[&Obligation::RecoveryPoint];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
    let alone = [PLACES, STAGED].concat();
    let alone = &alone[..alone.find("copy weekly").unwrap_or_default()];
    let found = judged(&(alone.to_owned() + &moved("daily at 02:30 UTC")));
    let told = too_old(&found);
    assert!(
        told.starts_with("nothing bounds the age of the newest copy of `site`"),
        "{told}"
    );
    let case = &finding(&found, "T1301").case;
    let why = "`mv` may have taken away what `n` comes to read, so that it finds nothing";
    assert!(case.iter().any(|event| event.what == why), "{case:?}");
}

#[test]
fn what_is_moved_when_it_has_been_read_is_in_the_backup() {
    is_young("");
    is_young(&moved("daily at 03:30 UTC"));
    // It comes after the backup, however late that is.
    is_young(&moved("daily at 03:00 UTC; after n"));
    // What is moved is old, and so is what is cleared.
    let old = "move mv of vps.disk:/stage to vps.disk:/away by vps.cron { daily at 02:30 UTC; older than 20 days by mtime; taking 1m..5m; monitor deadman }\n";
    is_young(old);
    is_young(
        "expire tidy of vps.disk:/stage after 3 days by mtime { by vps.cron; daily at 02:50 UTC; taking 1m..5m; monitor deadman }\n",
    );
}

/// Until it begins, nobody empties the place.
#[test]
fn a_move_takes_nothing_before_it_begins() {
    let phase = "phase t1 = 2026-06-01 { slip 0 days }\nprovider ovh";
    let phases = PLACES.replace("provider ovh", phase);
    let moved = moved("daily at 02:30 UTC").replace(" {", " since t1 {");
    let found = judged(&[&phases, STAGED, &moved].concat());
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    let told = message(&found, "T1301");
    assert!(told.contains(" in `t1` if "), "{told}");
}

#[test]
fn a_clean_up_may_come_before_the_reader() {
    let tidy = "expire tidy of vps.disk:/stage after 10 minutes by mtime { by vps.cron; daily at AT UTC; taking 1m..5m; monitor deadman }\n";
    is_young(&tidy.replace("AT", "03:30"));
    let told = too_old(&staged(&tidy.replace("AT", "02:50")));
    assert!(
        told.starts_with("the newest copy of `site` can be 7 d "),
        "{told}"
    );
}

/// On Sundays nothing is found: Saturday's data is the newest until Monday's backup is done.
#[test]
fn only_runs_count_that_find_something() {
    let found = staged(&moved("weekly on Sunday at 02:30 UTC"));
    let told = too_old(&found);
    assert!(
        told.starts_with("the newest copy of `site` can be 2 d 1 h 15 min old"),
        "{told}"
    );
    let plays = &found.plays[&Obligation::RecoveryPoint];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
    // A sync of a place that is empty once a week is empty then.
    let mirror = "sync m of vps.disk:/stage to tower.tank:/m by tower.cron { daily at 04:00 UTC; taking 1m..5m; monitor deadman }\n";
    let note = |more: &str| {
        let found = staged(&(mirror.to_owned() + more));
        verdict(&found, Obligation::RecoveryPoint, "site").note
    };
    assert!(note("").starts_with("nominal 1 d 1 h 15 min"));
    let emptied = note(&moved("weekly on Sunday at 02:30 UTC"));
    assert!(emptied.starts_with("nominal 2 d 1 h 15 min"), "{emptied}");
}

/// A copy in a bucket from which all is moved back to the server each day: most of the day it is empty.
#[test]
fn a_copy_counts_for_as_long_as_its_newest_version_lies_there() {
    let text = STAGED
        .replace("vps.disk:/stage by vps.cron", "s3.main:/stage by vps.cron")
        .replace(
            "backup n of site from stage to safe",
            "backup n of site from stage to vps_safe",
        );
    let text = text.replace(
        "repository safe in s3.main:/safe",
        "repository vps_safe in vps.disk:/safe",
    );
    let judge = |more: &str| {
        let found = judged(&[PLACES, &text, more].concat());
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        found
    };
    let moved = |when: &str, more: &str| {
        format!(
            "move mv of s3.main:/stage to {TO} {{ {when}; taking 1m..5m; monitor deadman{more} }}\n"
        )
    };
    let holds = |found: &Verification| verdict(found, Obligation::RecoveryPoint, "site").holds;
    assert!(holds(&judge("")));
    assert!(holds(&judge(&moved(
        "daily at 04:00 UTC",
        "; older than 9 days by upload"
    ))));
    // What somebody moves when he likes is in the one place or in the other.
    let by_hand = "move mv of s3.main:/stage to vps.disk:/away by hand { taking 1m..5m }\n";
    assert!(holds(&judge(by_hand)));
    let found = judge(&moved("daily at 04:00 UTC", ""));
    assert!(too_old(&found).starts_with("the newest copy of `site` can be 7 d "));
    let plays = &found.plays[&Obligation::RecoveryPoint];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
}

/// A dump that is to be moved into a bucket half an hour before it is backed up.
const DUMPED: &str = r#"
repository safe in s3.main:/safe { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/db { parts n8n; noticed within 7 days; fields { rest internal } }
capture d of db to vps.disk:/dumps by vps.cron { daily at 02:00 UTC; method pg_dump; atomic; taking 1m..5m; monitor deadman }
move mv of db from d to s3.main:/d by vps.cron { daily at 02:30 UTC; credential writer; taking 1m..5m; monitor deadman }
backup n of db from d to safe by vps.cron { daily at 03:00 UTC; keep 30 daily; taking 1m..30m; monitor deadman }
"#;

/// The move brings one dump, and refuses all others, which bear its name: the backup finds them. So it is of what a copy
/// has written over the one before.
#[test]
fn what_is_not_moved_is_backed_up() {
    let copied = DUMPED
        .replace("capture d of", "copy d of")
        .replace("; method pg_dump; atomic", "");
    for (text, days) in [(DUMPED, 20), (DUMPED, 40), (&copied, 20), (&copied, 40)] {
        let ask = format!("require history of {days} days with gap 3 days for db\n");
        let found = judged(&[PLACES, text, &ask].concat());
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        let codes = codes(&found);
        assert!(codes.contains(&"T2322"), "{codes:?}");
        assert_eq!(codes.contains(&"T1601"), days > 30, "{codes:?}");
    }
}

#[test]
fn what_was_never_brought_has_no_history() {
    let text = STAGED.replace("; rpo 30h", "");
    for days in [20, 40] {
        let ask = format!("require history of {days} days with gap 3 days for site\n");
        let has = |when: &str| {
            let found = judged(&[PLACES, &text, &moved(when), &ask].concat());
            assert!(found.internal.is_empty(), "{:?}", found.internal);
            verdict(&found, Obligation::History, "site").holds
        };
        assert!(!has("daily at 02:30 UTC"));
        assert_eq!(has("daily at 03:30 UTC"), days < 30);
    }
}

#[test]
fn what_was_never_brought_is_not_retained() {
    let text = STAGED.replace("rpo 30h", "retain at least 20 days");
    let retained = |when: &str| {
        let found = judged(&[PLACES, &text, &moved(when)].concat());
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        verdict(&found, Obligation::History, "site").holds
    };
    assert!(!retained("daily at 02:30 UTC"));
    assert!(retained("daily at 03:30 UTC"));
}

/// What no single course shows is named as not replayed, and is no mistake of this program.
#[test]
fn what_no_course_shows_is_named() {
    let places = "provider watch\nprovider vps { site a }\nprovider home { site rack; site safe }\nprovider cloud { site one }\n\
        monitor deadman { healthchecks at \"HC\"; hosted by watch }\n\
        host web at vps/a { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }\n\
        nas attic at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd } }\n\
        network mesh { joins web, attic }\nvault envelope at home/safe\n\
        key k { held on web, envelope; file \"/etc/k\" }\n";
    let suspended = "object_storage s3 at cloud/one { endpoint \"s3.example.org\"; bucket b \"my-b\" { medium object; versioning suspended } }\n\
        credential w { account s3; may read, write, delete on s3.b; held on web; file \"/etc/w.env\" }\n\
        repository safe in s3.b:/r { engine restic 0.18.0; key k; credential w; max unused 0 % }\n\
        class c0 is files on web.disk:/srv { retain at most 60 days }\n\
        backup n of c0 to safe by web.cron { daily at 03:00 UTC; keep within 40d; prune; taking 1m..10m; monitor deadman }\n";
    let emptied = "class c0 is files on web.disk:/srv { retain at least 120 days }\n\
        repository r0 in attic.tank:/r { engine restic 0.18.0; key k }\n\
        copy q2 of c0 to attic.tank:/k by attic.cron { daily at 04:00 UTC; taking 1m..30m; monitor deadman }\n\
        move q4 of c0 from q2 to attic.tank:/archive by attic.cron { weekly on Sunday at 05:00 UTC; taking 1m..10m; monitor deadman }\n\
        backup q5 of c0 from q2 to r0 by attic.cron { hourly at minute 20; keep within 30d; taking 1m..10m; monitor deadman }\n";
    let half = "class db is state on web.disk:/pg { parts a, b }\n\
        capture d of db to web.disk:/dumps by web.cron { monthly on 1 at 06:00 UTC; method program; runs \"/opt/dump\"; taking 1m..30m; monitor deadman }\n\
        expire q2 of web.disk:/dumps after 5 days by mtime { by web.cron; daily at 03:00 UTC; taking 1m..5m; monitor deadman }\n\
        copy q4 of db from d to attic.tank:/f by attic.cron { monthly on 1 at 06:00 UTC; taking 1m..5m; monitor deadman }\n";
    for (steps, code) in [(suspended, "T1702"), (emptied, "T1601"), (half, "T2506")] {
        let text =
            format!("policy p \"p\" {{ horizon 3 years }}\nphase t0 = 2026-12-01\n{places}{steps}");
        let found = judged(&text);
        assert!(found.internal.is_empty(), "{code}: {:?}", found.internal);
        assert!(
            all_codes(&found).contains(&code),
            "{code}: {:?}",
            all_codes(&found)
        );
    }
}
