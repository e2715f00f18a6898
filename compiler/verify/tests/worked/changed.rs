//! Phases in which other steps make the copies: until theirs are filled, what ended steps have left must do.

use super::*;
use crate::common::{case, finding, verdict};
use crate::late::{PHASES, is_silent};

/// A database that one step copies until summer, and another one from then on.
fn changed(slip: i64, steps: &[(&str, &str)], more: &str) -> Verification {
    let mut text = PHASES.replace("LATE", &slip.to_string());
    for (name, when) in steps {
        let to = match *name {
            "next" => "latter.main:/db by vps.cron since summer",
            _ => "former.main:/db by vps.cron until summer",
        };
        text.push_str(&format!(
            "copy {name} of db to {to} {{ {when}; taking 0s..1h; monitor watch }}\n"
        ));
    }
    let found = judged(&(text + more));
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    found
}

const MORNING: (&str, &str) = ("first", "daily at 03:00 UTC");
const EVENING: (&str, &str) = ("next", "daily at 23:00 UTC");
const ASKED: &str = "require rpo <= 26h for all\n";

#[test]
fn what_the_old_step_has_left_ages_until_the_new_one_is_done() {
    let found = changed(0, &[MORNING, EVENING], ASKED);
    assert_eq!(finding(&found, "T1301").severity, Severity::Error);
    let told = message(&found, "T1301");
    assert!(
        told.starts_with("the newest copy of `db` can be 45 h old in `summer`, before a copy that is new in it is filled, if "),
        "{told}"
    );
    let told = case(&found, "T1301");
    let events = [
        "2026-05-31 03:00 UTC `first` starts",
        "2026-06-02 00:00 UTC just before there is a newer one, host `vps` is lost: `db` on `former.main` is 45 h old",
    ];
    for event in events {
        assert!(told.iter().any(|told| told == event), "{told:#?}");
    }
    let plays = &found.plays[&Obligation::RecoveryPoint];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
    let mut verdicts = found.verdicts.iter();
    assert!(verdicts.any(|v| v.obligation == Obligation::RecoveryPoint && !v.holds));
    // An hour after the old one would have been done, the new one is.
    is_silent(&changed(
        0,
        &[MORNING, ("next", "daily at 03:30 UTC")],
        ASKED,
    ));
}

#[test]
fn nothing_is_asked_of_a_change_that_is_none() {
    // The class begins with its only copy.
    is_silent(&changed(
        0,
        &[EVENING],
        "require rpo <= 26h for all since summer\n",
    ));
    // What is asked for since then has the time that the new copy takes.
    let since = "require rpo <= 26h for all since summer\n";
    is_silent(&changed(0, &[MORNING, EVENING], since));
    // The old one goes on.
    let both = "copy third of db to former.main:/third by vps.cron { daily at 03:00 UTC; taking 0s..1h; monitor watch }\n";
    is_silent(&changed(0, &[MORNING, EVENING], &(both.to_owned() + ASKED)));
    // What was too old before is told once.
    let found = changed(
        0,
        &[("first", "weekly on Sunday at 03:00 UTC"), EVENING],
        ASKED,
    );
    let told = found
        .findings
        .iter()
        .filter(|f| f.diagnostic.code.0 == "T1301");
    assert_eq!(told.count(), 1);
    assert!(message(&found, "T1301").contains("can be 7 d 1 h old in `spring`"));
}

/// A dump of each evening is copied the same evening, and in the morning from summer on: that of the last day is brought on
/// the first morning, as it would have been before.
#[test]
fn a_new_step_brings_at_once_what_was_made_before() {
    let steps = |new: &str| {
        format!(
            "capture dump of db to vps.disk:/dump by vps.cron {{ daily at 20:00 UTC; method pg_dump; atomic; taking 0s..30m; monitor watch }}\n\
             copy first of db from dump to former.main:/db by vps.cron until summer {{ daily at 21:00 UTC; taking 0s..1h; monitor watch }}\n\
             copy next of db from dump to latter.main:/db by vps.cron since summer {{ {new}; taking 0s..1h; monitor watch }}\n"
        )
    };
    let asked = "require rpo <= 32h for all\n";
    is_silent(&changed(0, &[], &(steps("daily at 03:00 UTC") + asked)));
    let found = changed(
        0,
        &[],
        &(steps("daily at 19:00 UTC") + "require rpo <= 50h for all\n"),
    );
    is_silent(&found);
}

/// On Monday the copy of Sunday is a day old, and Wednesday comes soon. From Thursday on it takes a week.
#[test]
fn if_the_phase_is_late_it_comes_on_another_day_of_the_week() {
    let weekly = [
        ("first", "weekly on Sunday at 03:00 UTC"),
        ("next", "weekly on Wednesday at 04:00 UTC"),
    ];
    let asked = "require rpo <= 8 days for all\n";
    is_silent(&changed(2, &weekly, asked));
    let found = changed(5, &weekly, asked);
    assert_eq!(finding(&found, "T1304").severity, Severity::Warning);
    let told = message(&found, "T1304");
    assert!(told.contains("can be 10 d 2 h old in `summer`"), "{told}");
    assert!(
        told.contains(", when `summer` comes 3 days late;"),
        "{told}"
    );
    let plays = &found.plays[&Obligation::RecoveryPoint];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
    assert!(verdict(&found, Obligation::RecoveryPoint, "db").holds);
}

/// The last runs of the old step fail, and the first ones of the new.
#[test]
fn runs_fail_on_both_sides_of_a_change() {
    let asked = |days: i64| format!("require rpo <= 2 days, guaranteed <= {days} days for all\n");
    let found = changed(0, &[MORNING, EVENING], &asked(4));
    let told = message(&found, "T1303");
    assert!(
        told.starts_with("the newest copy of `db` can be 5 d 21 h old while runs fail until somebody has acted in `summer`, before"),
        "{told}"
    );
    let plays = &found.plays[&Obligation::RecoveryPoint];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
    is_silent(&changed(0, &[MORNING, EVENING], &asked(6)));
}

/// The old repository goes a week after the new one has come, which is too soon for what was written before: one finding,
/// whatever strikes, and a case of one of the faults that it names, from which follows what is said of each copy.
#[test]
fn what_is_said_of_each_copy_follows_from_the_faults_of_the_case() {
    let found = judged(
        r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
phase sw = t0 + 6 months { slip 0 days }
phase sw2 = sw + 7 days { slip 0 days }
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider bank { site safe }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
vault envelope at bank/safe
key k { held on web, envelope; file "/etc/k" }
host web at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
host keep at bank/safe { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium hdd } }
network mesh { joins web, keep }
object_storage s3 at cloud/one until sw2 { endpoint "s3.example.org"; bucket main "main-bucket" { medium object; versioning on } }
credential writer { account s3; may read, write, delete on s3.main; held on web; profile "w" }
expire old of s3.main after 30 days by upload { noncurrent }
repository safe in s3.main:/ { engine restic 0.18.0; key k; credential writer }
repository safe2 in keep.disk:/r { engine restic 0.18.0; key k }
class site is files on web.disk:/srv { noticed within 7 days }
backup n of site to safe by web.cron { daily at 03:00; keep 14 daily; prune; taking 1m..30m; monitor deadman }
backup n2 of site to safe2 by web.cron since sw { daily at 04:00; keep 14 daily; prune; taking 1m..30m; monitor deadman }
require survive any 1 of corruption for site
"#,
    );
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    let told = message(&found, "T1201");
    let both = "if host `web` is lost, or if the data is damaged";
    assert!(told.contains(both), "{told}");
    let told = case(&found, "T1201").join("; ");
    assert!(
        told.contains("the data is damaged where it lives"),
        "{told}"
    );
    assert!(told.contains("on `web.disk`: holds the damage"), "{told}");
}
