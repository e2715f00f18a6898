//! What people do at stated times meets what programs do then.

use super::adversary::all_codes;
use super::*;

fn severity_of(found: &Verification, code: &str) -> Option<Severity> {
    let mut findings = found.findings.iter();
    let of = findings.find(|f| f.diagnostic.code.0 == code);
    of.map(|f| f.diagnostic.severity)
}

fn told(steps: &str) -> Verification {
    let found = judged(&policy(&[steps]));
    let codes = all_codes(&found);
    assert!(!codes.contains(&"T9002"), "{codes:?}");
    found
}

const CLASS: &str =
    "class n is state on vps.disk:/var/lib/n { noticed within 7 days; fields { rest internal } }\n";

/// A dump that is written in place from 02:50 to 04:50, and a copy of it.
fn dumped(dump_by: &str, copy: &str) -> Verification {
    told(&format!(
        "{CLASS}capture d of n to vps.disk:/n by {dump_by} {{ daily at 02:50; method pg_dump; in place; taking 5m..2h; monitor \
         deadman }}\n\
         copy c of n from d to tower.tank:/n by {copy} taking 1m..15m; monitor deadman }}\n"
    ))
}

#[test]
fn whoever_reads_by_hand_at_a_stated_time_reads_half_of_it_as_programs_do() {
    let torn = |dump: &str, copy: &str| severity_of(&dumped(dump, copy), "T2105");
    let error = Some(Severity::Error);
    assert_eq!(torn("vps.cron", "tower.cron { daily at 03:10;"), error);
    assert_eq!(torn("vps.cron", "hand { daily at 03:10;"), error);
    assert_eq!(torn("hand", "tower.cron { daily at 03:10;"), error);
    assert_eq!(torn("hand", "hand { daily at 03:10;"), error);
    for clear in ["hand { daily at 05:10;", "hand { on demand;"] {
        assert_eq!(torn("vps.cron", clear), None, "{clear}");
        assert_eq!(torn("hand", clear), None, "{clear}");
    }
}

#[test]
fn whoever_reads_by_hand_what_is_still_to_be_renamed_takes_the_old_one() {
    let read = |at: &str| {
        told(&format!(
            "{CLASS}capture d of n to vps.disk:/n by vps.cron {{ daily at 02:50; method pg_dump; atomic; taking 5m..2h; monitor \
             deadman }}\n\
             copy c of n from d to tower.tank:/n by hand {{ daily at {at}; taking 1m..15m; monitor deadman }}\n"
        ))
    };
    assert_eq!(
        severity_of(&read("03:10"), "T2104"),
        Some(Severity::Warning)
    );
    assert_eq!(severity_of(&read("05:10"), "T2104"), None);
}

const PRUNED: &str = "class site is files on vps.disk:/srv { fields { rest internal } }\n\
     backup s of site to r by vps.cron { daily at 12:00; keep 14 daily; prune; taking 1m..30m; monitor deadman }\n";

#[test]
fn a_mirror_by_hand_does_not_meet_a_prune_either() {
    let mirrored = |when: &str| {
        let mirror = format!(
            "sync m of s3.main to tower.tank:/m by hand {{ {when}; credential writer; taking 5m..2h; monitor deadman }}\n"
        );
        severity_of(&told(&[PRUNED, &mirror].concat()), "T2101")
    };
    assert_eq!(mirrored("daily at 12:10"), Some(Severity::Error));
    assert_eq!(mirrored("daily at 15:00"), None);
    assert_eq!(mirrored("on demand"), None);
}

#[test]
fn a_check_by_hand_finds_the_lock_taken() {
    let checked = |when: &str| {
        let check = format!("check c of r by hand {{ {when}; taking 1m..10m; monitor deadman }}\n");
        severity_of(&told(&[PRUNED, &check].concat()), "T2102")
    };
    assert_eq!(checked("daily at 12:10"), Some(Severity::Error));
    assert_eq!(checked("daily at 15:00"), None);
    assert_eq!(checked("on demand"), None);
}

/// Half a month is what a drill is taken to last of which nothing else is said.
#[test]
fn how_long_somebody_keeps_a_lock_must_be_said_to_be_kept_clear_of() {
    let drilled = |taking: &str| {
        let drill = format!(
            "drill d of site from r by hand {{ monthly on 15 at 10:00; {taking}monitor deadman }}\n"
        );
        let found = told(&[PRUNED, &drill].concat());
        severity_of(&found, "T2102").or(severity_of(&found, "T2103"))
    };
    assert_eq!(drilled(""), None);
    assert_eq!(drilled("taking 1h..4h; "), Some(Severity::Warning));
    // What deletes does so for as long as it may.
    let pruned = |taking: &str| {
        let steps = format!(
            "class site is files on vps.disk:/srv {{ fields {{ rest internal }} }}\n\
             backup s of site to r by vps.cron {{ daily at 12:00; taking 1m..30m; monitor deadman }}\n\
             prune gone of r by hand {{ weekly on sun at 08:00; {taking}monitor deadman }}\n"
        );
        severity_of(&told(&[&steps, MIRROR].concat()), "T2101")
    };
    assert_eq!(pruned(""), Some(Severity::Error));
    assert_eq!(pruned("taking 1m..1h; "), None);
}

/// Nobody begins anew before he is done. What he carries may go on a disk: of that no line says anything.
#[test]
fn a_run_by_hand_may_take_longer_than_its_period() {
    let copied = |taking: &str| {
        told(&format!(
            "class photos is items on vps.disk:/photos {{ size 50..60 GB; churn 30..40 GB/day; fields {{ rest internal }} }}\n\
             copy c of photos to tower.tank:/photos by hand {{ daily at 03:10; limit 1 Mbit/s; taking {taking}; monitor deadman }}\n"
        ))
    };
    let found = copied("1m..25h");
    assert_eq!(severity_of(&found, "T2107"), Some(Severity::Warning));
    assert_eq!(
        severity_of(&copied("25h..26h"), "T2107"),
        Some(Severity::Error)
    );
    let quick = copied("1m..10m");
    assert_eq!(severity_of(&quick, "T2107"), None);
    assert_eq!(severity_of(&quick, "T2108"), None);
}
