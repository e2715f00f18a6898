//! Phases that come late, where that alone breaks a promise about ages or times.

use super::*;
use crate::adversary::all_codes;
use crate::common::{case, finding};

/// A database, and two storages, one of which comes in summer, on a Monday.
pub(crate) const PHASES: &str = r#"
policy p "p" { horizon 2 years; response time 24h }
phase spring = 2026-03-01 { slip 0 days }
phase summer = 2026-06-01 { slip LATE days }
provider ovh { site one }
provider old { site one }
provider new { site one }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye; grace 2h }
host vps at ovh/one { runs cron; has rclone 1.75.2; store disk { medium nvme } }
object_storage former at old/one { bucket main { medium object } }
object_storage latter at new/one since summer { bucket main { medium object } }
class db is state on vps.disk:/db
"#;

/// It has a weekly copy, each Sunday at 03:00, and a daily one from summer on.
const COPIES: &str = r#"
phase autumn = 2026-09-03 { slip 0 days }
copy weekly of db to former.main:/db by vps.cron { weekly on Sunday at 03:00 UTC; taking 0s..1h; monitor watch }
copy nightly of db to latter.main:/db by vps.cron since summer { daily at 04:00 UTC; taking 0s..1h; monitor watch }
"#;

fn late_by(slip: i64, more: &str) -> Verification {
    let text = [PHASES, COPIES, more].concat();
    let found = judged(&text.replace("LATE", &slip.to_string()));
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    found
}

pub(crate) fn is_silent(found: &Verification) {
    let codes = all_codes(found);
    assert!(
        codes.iter().all(|code| !code.starts_with("T13")),
        "{codes:?}"
    );
}

/// On Monday the weekly copy is a day old, and the new one is there at five. On Thursday it is four days old.
#[test]
fn what_must_do_until_a_new_copy_is_filled_must_do_for_longer_if_that_comes_late() {
    let asked = "require rpo <= 4 days for all since summer\n";
    for slip in [0, 2] {
        is_silent(&late_by(slip, asked));
    }
    for slip in [3, 60] {
        let found = late_by(slip, asked);
        assert_eq!(finding(&found, "T1304").severity, Severity::Warning);
        let told = message(&found, "T1304");
        assert!(told.contains("can be 4 d 2 h old"), "{told}");
        assert!(told.ends_with("; at most 4 d is asked for"), "{told}");
        assert!(
            told.contains(", when `summer` comes 3 days late;"),
            "{told}"
        );
        let case = case(&found, "T1304");
        let event = "2026-06-04 00:00 UTC `summer` begins, 3 days late";
        assert!(case.iter().any(|told| told == event), "{case:#?}");
        // Played with a summer that is so late: the new copy is empty until then.
        let plays = &found.plays[&Obligation::RecoveryPoint];
        assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
        let verdicts = found.verdicts.iter();
        let mut mine = verdicts.filter(|v| v.obligation == Obligation::RecoveryPoint);
        assert!(mine.all(|v| v.holds), "on time, all is well");
    }
    // A new copy is nothing to wait for where the old one does.
    is_silent(&late_by(60, "require rpo <= 8 days for all\n"));
    // What is exceeded on time is told as that, and once.
    let found = late_by(60, "require rpo <= 25h for all since summer\n");
    assert!(!all_codes(&found).contains(&"T1304"));
}

/// A summer that comes on the day of autumn leaves autumn with the weekly copy, four days old on that Thursday.
#[test]
fn a_phase_that_is_late_leaves_its_copies_to_the_next_one() {
    let asked = "require rpo <= 4 days for all since autumn\n";
    is_silent(&late_by(93, asked));
    for slip in [94, 300] {
        let found = late_by(slip, asked);
        let told = message(&found, "T1304");
        assert!(told.contains(" in `autumn` if "), "{told}");
        assert!(
            told.contains(", when `summer` comes 94 days late;"),
            "{told}"
        );
    }
}

/// While runs fail, the new copy is filled later, and the old one is older.
#[test]
fn what_is_guaranteed_must_be_so_however_late_phases_are() {
    let asked = |days: i64| {
        format!("require rpo <= 8 days, guaranteed <= {days} days for all since summer\n")
    };
    is_silent(&late_by(60, &asked(30)));
    let found = late_by(60, &asked(12));
    let told = message(&found, "T1304");
    assert!(
        told.contains("while runs fail until somebody has acted"),
        "{told}"
    );
    let plays = &found.plays[&Obligation::RecoveryPoint];
    assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0), "{plays:?}");
    is_silent(&late_by(0, &asked(12)));
}

/// A month of 30 days is followed by one of 31. That the month is only there because the next phase is late is a warning.
#[test]
fn a_period_that_lasts_longer_has_other_days() {
    let text = |until: &str, slip: i64| {
        let monthly = [PHASES, COPIES]
            .concat()
            .replace("weekly on Sunday at", "monthly on 1 at");
        let monthly = monthly.replace("spring = 2026-03-01", "spring = 2026-04-01");
        let monthly = monthly.replace("2026-06-01 {", &format!("{until} {{"));
        [
            &monthly.replace("LATE", &slip.to_string()),
            "require rpo <= 722h for all until summer\n",
        ]
        .concat()
    };
    is_silent(&judged(&text("2026-05-01", 30)));
    let found = judged(&text("2026-05-01", 31));
    assert!(found.internal.is_empty());
    assert_eq!(finding(&found, "T1304").severity, Severity::Warning);
    let told = message(&found, "T1304");
    assert!(told.contains(" in `spring` if "), "{told}");
    assert!(
        told.contains(", when `summer` comes 31 days late;"),
        "{told}"
    );
    assert!(all_codes(&judged(&text("2026-06-01", 0))).contains(&"T1301"));
}

/// Two hosts that work on one repository: a prune on the clock of Paris, an hour sooner from the last Sunday of March on,
/// and a mirror that ends with a phase.
const TABLE: &str = r#"
policy p "p" { horizon 1 year; response time 24h }
phase winter = 2026-11-01 { slip 0 days }
phase moved = 2027-03-01 { slip LATE days }
provider ovh { site one }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd } }
network mesh { joins vps, tower }
vault envelope at bank/safe
monitor deadman { healthchecks at "PING"; hosted by bank }
key k { held on envelope; file "/etc/k" }
repository r in tower.tank:/r { engine restic 0.18.0; key k }
class db is state on vps.disk:/db
backup up of db to r by vps.cron { daily at 01:00 UTC; taking 1m..10m; monitor deadman }
prune weekly of r by vps.cron SINCE { weekly on Sunday at 05:00 "Europe/Paris"; taking 1m..20m; monitor deadman }
sync mirror of tower.tank:/r to vps.disk:/mirror by tower.cron until moved { daily at 03:05 UTC; taking 1m..20m; max delete 1000; monitor deadman }
"#;

#[test]
fn a_step_that_goes_on_until_a_phase_comes_meets_others_on_later_days() {
    let found = |slip: i64, since: &str| {
        let text = TABLE.replace("LATE", &slip.to_string());
        judged(&text.replace("SINCE", since))
    };
    // The mirror of the 28th of March is the first one that may read what is pruned.
    let all = found(27, "");
    let meets = |code: &&str| code.starts_with("T21");
    assert!(!all_codes(&all).iter().any(meets), "{:?}", all_codes(&all));
    let all = found(28, "");
    assert_eq!(finding(&all, "T2110").severity, Severity::Warning);
    let told = message(&all, "T2110");
    let expected =
        "`mirror` may copy `r` while `weekly` deletes in it if `moved` comes 28 days late";
    assert_eq!(told, expected);
    let case = case(&all, "T2110");
    assert!(
        case[0].starts_with("2027-03-28 03:00 UTC `weekly`"),
        "{case:#?}"
    );
    assert!(codes(&all).iter().all(|code| !code.starts_with("T21")));
    // What begins when the mirror ends never meets it, however late that is.
    let apart = found(60, "since moved");
    assert!(!all_codes(&apart).iter().any(meets));
}

/// What is mirrored to the former storage until summer; autumn may be late, and winter waits for nobody.
const LEFT: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
phase spring = 2026-03-01 { slip 0 days }
phase summer = 2026-06-01 { slip 0 days }
phase autumn = 2026-09-01 { slip LATE days }
phase winter = 2026-12-01 { slip 0 days }
provider ovh { site one }
provider home { site rack }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye; grace 2h }
host vps at ovh/one { runs cron; has rclone 1.75.2; store disk { medium nvme }; clearance personal }
host shed at home/rack { runs cron; has rclone 1.75.2; store disk { medium hdd }; clearance personal }
host shop at home/rack { runs cron; has rclone 1.75.2; store disk { medium hdd }; clearance public }
network lan { joins vps, shed, shop }
class a is files on vps.disk:/a { retain at most 120 days; fields { rest personal } }
sync up of a to shed.disk:/q/a by shed.cron until summer { daily at 03:00 UTC; taking 0s..1h; monitor watch }
"#;

/// What clears the mirror after five days.
const CLEARS: &str = "expire e of shed.disk:/q/a after 5 days by mtime LIFE { by shed.cron; daily at 09:00; taking 0s..1h; monitor watch }\n";

fn left(slip: i64, more: &str) -> Vec<String> {
    let text = [LEFT, more].concat().replace("LATE", &slip.to_string());
    let found = judged(&text);
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    let all = found.findings.iter().map(|found| &found.diagnostic);
    let told = all.filter(|told| {
        ["T1209", "T1701", "T1702", "T2201", "T2202", "T2203"].contains(&told.code.0)
    });
    told.map(|told| format!("{} {}", told.code.0, told.message))
        .collect()
}

/// June 1 to September 1 are 92 days, and some days until it is cleared.
#[test]
fn what_a_step_has_left_stays_for_longer_if_who_clears_it_comes_late() {
    let since = CLEARS.replace("LIFE", "since autumn");
    assert_eq!(left(10, &since), [""; 0]);
    let told = left(30, &since);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("T1209 if `autumn` comes 30 days late: `a` can stay on `shed.disk`"),
        "{told:?}"
    );
    // Who clears it always does not wait for autumn.
    assert_eq!(left(30, &CLEARS.replace("LIFE", "")), [""; 0]);
}

#[test]
fn who_clears_has_no_time_if_he_begins_late() {
    let over = CLEARS.replace("LIFE", "since autumn until winter");
    assert_eq!(left(10, &over), [""; 0]);
    let told = left(91, &over);
    assert!(
        told[0].contains("comes 91 days late: `a` can stay on `shed.disk` for ever"),
        "{told:?}"
    );
}

/// Winter's reader finds nothing any more on time, and what autumn's rule has not yet cleared if that is late.
#[test]
fn what_is_left_in_clear_is_read_if_who_clears_it_comes_late() {
    let class = "retain at most 120 days; ";
    let reads = "sync down of shed.disk:/q to shop.disk:/q by shop.cron since winter { daily at 05:00 UTC; taking 0s..1h; monitor watch }\n";
    let both = [&CLEARS.replace("LIFE", "since autumn"), reads].concat();
    let read = |slip: i64| {
        let text = [LEFT, &both].concat().replace(class, "");
        let found = judged(&text.replace("LATE", &slip.to_string()));
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        all_codes(&found).contains(&"T1209")
    };
    assert!(!read(60));
    assert!(read(91));
}
