//! What comes to be in one phase and is still there in a later one.

use super::*;
use crate::adversary::all_codes;
use crate::common::{case, finding};

/// Scans on a server; an old object storage that goes in autumn, and a new one.
const SCANS: &str = r#"
policy p "p" { horizon 2 years; response time 24h }
phase spring = 2026-03-01 { slip 0 days }
phase summer = 2026-06-01 { slip 0 days }
phase autumn = 2026-09-01 { slip 0 days }
provider ovh { site one }
provider old { site one }
provider new { site one }
host vps at ovh/one { runs cron; has rclone 1.75.2; store disk { medium nvme } }
object_storage former at old/one until autumn { bucket main { medium object } }
object_storage latter at new/one since SINCE { bucket main { medium object } }
class scans is items on vps.disk:/scans { retain at least 1 year }
"#;

const COPIES: &str = r#"
copy to_former of scans to former.main:/scans by vps.cron until autumn { daily at 03:00 UTC; taking 0s..1h }
copy to_latter of scans to latter.main:/scans by vps.cron since SINCE { daily at 04:00 UTC; taking 0s..1h }
"#;

/// The verdicts of an obligation, phase by phase.
fn by_phase(found: &Verification, obligation: Obligation) -> Vec<(String, bool)> {
    let mine = found.verdicts.iter().filter(|v| v.obligation == obligation);
    mine.map(|v| (v.period.to_string(), v.holds)).collect()
}

fn scans(since: &str, steps: &[&str]) -> Verification {
    judged(&[&[SCANS], steps].concat().concat().replace("SINCE", since))
}

fn in_autumn(found: &Verification, obligation: Obligation, holds: bool) {
    let all = by_phase(found, obligation);
    let expected = |phase: &str| phase != "autumn" || holds;
    assert!(!all.is_empty());
    assert!(
        all.iter().all(|(phase, held)| *held == expected(phase)),
        "{all:?}"
    );
}

/// The day on which the old storage goes is the first one of the new one: at noon before its first run, all there
/// is lies on the server.
#[test]
fn a_storage_that_goes_before_the_next_one_is_filled_leaves_nothing() {
    let found = scans("autumn", &[COPIES]);
    in_autumn(&found, Obligation::Survival, false);
    let told = message(&found, "T1202");
    assert!(
        told.contains("nothing of `scans` is left in `autumn`"),
        "{told}"
    );
    let case = case(&found, "T1202");
    let told = |what: &str| case.iter().any(|event| event.contains(what));
    assert!(told("2026-09-01 `autumn` begins"), "{case:#?}");
    assert!(told("`former.main` is no longer there"), "{case:#?}");
    // A season together, and nobody is ever without.
    let found = scans("summer", &[COPIES]);
    in_autumn(&found, Obligation::Survival, true);
}

/// What was moved away lies nowhere else: when its place goes, it is gone, though what is written from then on stays on
/// the server and is copied to the new storage.
#[test]
fn what_was_moved_goes_with_the_place_that_it_was_moved_to() {
    let moves = "move archived of scans to former.main:/scans by vps.cron until autumn \
        { daily at 03:00 UTC; older than 30 days by mtime; taking 0s..1h }\n";
    let copy = "copy to_latter of scans to latter.main:/scans by vps.cron since summer \
        { daily at 04:00 UTC; taking 0s..1h }\n";
    let found = scans("summer", &[moves]);
    in_autumn(&found, Obligation::LastCopy, false);
    let case = case(&found, "T1501");
    assert!(
        case.iter()
            .any(|event| event.contains("`archived` takes it away from `vps.disk`")),
        "{case:#?}"
    );
    // A copy that begins while all is still there saves what comes after; what had been moved before, it never sees.
    let found = scans("summer", &[moves, copy]);
    in_autumn(&found, Obligation::LastCopy, false);
    // Where the old storage is copied, all is there but what was moved on its last day: that must end before.
    let from_there = "copy rescued of former.main:/scans to latter.main:/scans by vps.cron since summer \
        { daily at 05:00 UTC; taking 0s..1h }\n";
    let found = scans("summer", &[moves, from_there]);
    in_autumn(&found, Obligation::LastCopy, false);
    let moves = moves.replace("until autumn", "until summer");
    let found = scans("summer", &[&moves, from_there]);
    in_autumn(&found, Obligation::LastCopy, true);
}

/// A new copy finds what is left: what people had tidied away by then never comes there, and has one copy only.
#[test]
fn a_new_copy_is_none_of_what_had_been_deleted_before() {
    let tidied = "expire tidied of vps.disk:/scans after 30..90 days by use { by hand }\n";
    let both = "require copies >= 2 for all\n";
    let kept = COPIES.replace(" until autumn", "");
    let places = SCANS
        .replace(" until autumn", "")
        .replace("SINCE", "summer");
    let text = [
        &places,
        &kept.replace("SINCE", "summer"),
        tidied,
        "require copies >= 2 for all since summer\n",
    ]
    .concat();
    let found = judged(&text);
    let summer: Vec<(String, bool)> = by_phase(&found, Obligation::Copies);
    assert!(summer.contains(&("summer".to_owned(), false)), "{summer:?}");
    let case = case(&found, "T1101");
    assert!(
        case.iter()
            .any(|event| event.contains("`tidied` takes it away from `vps.disk`")),
        "{case:#?}"
    );
    // From spring on it has all.
    let text = [
        &SCANS
            .replace(" until autumn", "")
            .replace("SINCE", "spring"),
        &kept.replace("SINCE", "spring"),
        tidied,
        both,
    ]
    .concat();
    let found = judged(&text);
    assert!(
        by_phase(&found, Obligation::Copies)
            .iter()
            .all(|(_, held)| *held)
    );
}

/// The same with a summer that may be so many days late.
fn late_by(slip: i64, steps: &[&str]) -> Verification {
    let late = format!("summer = 2026-06-01 {{ slip {slip} days }}");
    let text = [&[SCANS], steps].concat().concat();
    let text = text.replace("summer = 2026-06-01 { slip 0 days }", &late);
    judged(&text.replace("SINCE", "summer"))
}

/// The new storage comes in summer, the old one goes in autumn, 92 days later. If summer is 92 days late, both is on one day.
/// A first run of the new copy that is done on the second day at the latest is in time if it is 90 days late; but if the
/// server is lost before that run, the old storage goes before anybody has noticed, unless there are days more.
#[test]
fn a_phase_that_is_late_leaves_less_time_until_the_next_one() {
    let asked = [COPIES, "require copies >= 2 for all\n"];
    for (slip, codes) in [
        (0, [false, false]),
        (89, [false, false]),
        (90, [false, true]),
    ] {
        let found = late_by(slip, &asked);
        in_autumn(&found, Obligation::Survival, true);
        let told = all_codes(&found);
        assert_eq!(
            ["T1105", "T1206"].map(|code| told.contains(&code)),
            codes,
            "{slip}: {told:?}"
        );
    }
    let found = late_by(91, &asked);
    // That a phase may be late is a warning: on time, all is well.
    in_autumn(&found, Obligation::Survival, true);
    in_autumn(&found, Obligation::Copies, true);
    for (code, when) in [
        ("T1105", "in `autumn` if `summer` comes 91 days late"),
        ("T1206", ", when `summer` comes 91 days late"),
    ] {
        assert_eq!(finding(&found, code).severity, Severity::Warning);
        let told = message(&found, code);
        assert!(told.contains(when), "{told}");
        let case = case(&found, code);
        for event in [
            "2026-08-31 `summer` begins, 91 days late",
            "2026-09-01 `autumn` begins",
            "2026-09-01 `former.main` is no longer there",
        ] {
            assert!(case.iter().any(|told| told == event), "{case:#?}");
        }
    }
    // However late it may be, it comes no later than autumn.
    let found = late_by(400, &asked);
    let told = message(&found, "T1105");
    assert!(told.contains("if `summer` comes 92 days late"), "{told}");
}

/// What was moved to the old storage is copied from there in summer: if that comes on the day on which the old storage goes,
/// it is lost.
#[test]
fn what_is_to_be_rescued_is_lost_if_the_rescue_comes_late() {
    let steps = [
        "move archived of scans to former.main:/scans by vps.cron until summer \
            { daily at 03:00 UTC; older than 30 days by mtime; taking 0s..1h }\n",
        "copy rescued of former.main:/scans to latter.main:/scans by vps.cron since summer \
            { daily at 05:00 UTC; taking 0s..1h }\n",
    ];
    in_autumn(&late_by(60, &steps), Obligation::LastCopy, true);
    assert!(!all_codes(&late_by(60, &steps)).contains(&"T1502"));
    let found = late_by(92, &steps);
    in_autumn(&found, Obligation::LastCopy, true);
    assert_eq!(finding(&found, "T1502").severity, Severity::Warning);
    let told = message(&found, "T1502");
    assert!(told.contains("in `autumn` if `summer` comes 9"), "{told}");
}

/// A phase that is shorter than its new copies take, as it is written: what was there before it is still asked for when it is
/// over.
#[test]
fn a_short_phase_is_no_excuse() {
    let found = |autumn: &str| {
        let text = [SCANS, COPIES].concat();
        let text = text.replace("2026-09-01", autumn);
        judged(&text.replace("SINCE", "summer"))
    };
    in_autumn(&found("2026-06-04"), Obligation::Survival, true);
    in_autumn(&found("2026-06-02"), Obligation::Survival, false);
}

/// A step that is over when its class begins has brought nothing of it: what it might have brought is no copy when the
/// old storage goes.
#[test]
fn a_step_that_has_ended_before_its_class_begins_brings_nothing() {
    let scans_later = |steps: &[&str]| {
        let place = "vps.disk:/scans";
        let later = SCANS.replace(place, &format!("{place} since summer"));
        judged(
            &[&[later.as_str()], steps]
                .concat()
                .concat()
                .replace("SINCE", "autumn"),
        )
    };
    let over = "host shed at new/one { store disk { medium hdd } }
copy to_shed of scans to shed.disk:/scans by vps.cron until ENDS { daily at 05:00 UTC; taking 0s..1h }
copy from_shed of scans from to_shed to shed.disk:/more by vps.cron { daily at 06:00 UTC; taking 0s..1h }
";
    in_autumn(&scans_later(&[COPIES]), Obligation::Survival, false);
    let before = scans_later(&[COPIES, &over.replace("ENDS", "summer")]);
    in_autumn(&before, Obligation::Survival, false);
    let still = scans_later(&[COPIES, &over.replace("ENDS", "autumn")]);
    in_autumn(&still, Obligation::Survival, true);
}

/// One step after the other in one place: the second one deletes there what the first one has left, also where it
/// brings nothing of any class itself, and that is asked about as what goes.
#[test]
fn a_sync_that_begins_when_another_step_has_ended_takes_its_place() {
    let steps = |until: &str, second: &str| {
        let text =
            "host shed at new/one { runs cron; has rclone 1.75.2; store disk { medium hdd } }
copy one of scans to shed.disk:/m by vps.cron until UNTIL { daily at 05:00 UTC; taking 0s..1h }
copy next of scans to former.main:/m by vps.cron since summer { daily at 06:00 UTC; taking 0s..1h }
";
        let places = SCANS.replace(" until autumn", "");
        let text = [places.as_str(), text, second].concat();
        judged(&text.replace("UNTIL", until).replace("SINCE", "autumn"))
    };
    let sync = |verb: &str, of: &str| {
        format!(
            "{verb} other of {of} to shed.disk:/m by vps.cron since summer {{ daily at 07:00 UTC; taking 0s..1h }}\n"
        )
    };
    let survives = |found: &Verification| {
        let all = by_phase(found, Obligation::Survival);
        all.iter().all(|(_, holds)| *holds)
    };
    let empty = sync("sync", "vps.disk:/empty");
    let both = steps("autumn", &empty);
    assert!(codes(&both).contains(&"T2306"), "{:?}", codes(&both));
    let after = steps("summer", &empty);
    assert!(!survives(&after) && !codes(&after).contains(&"T2306"));
    assert!(survives(&steps("summer", "")));
    assert!(survives(&steps("summer", &sync("copy", "vps.disk:/empty"))));
}
