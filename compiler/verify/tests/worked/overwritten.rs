//! Who may write puts something else under the old names: what reads them next takes it for new.

use super::*;
use crate::adversary::events;

/// Scans lie on the server and come to the tower, which fetches them itself.
const SCANS: &str = r#"
class scans is KIND on vps.disk:/scans { size 1..2 GB }
VERB up of scans to tower.tank:/scans by tower.cron { daily at 04:00; taking 1m..10m; monitor deadman; CLAUSES }
require survive any 1 of FAULT for scans
"#;

/// The codes of errors, where scans are of a kind and come in some way.
fn asked(kind: &str, verb: &str, clauses: &str, fault: &str) -> Verification {
    let scans = SCANS.replace("KIND", kind).replace("VERB", verb);
    let scans = scans.replace("CLAUSES", clauses).replace("FAULT", fault);
    judged(&[PLACES, &scans].concat())
}

fn is_left(found: &Verification) -> bool {
    let codes = codes(found);
    let others: Vec<_> = codes.iter().filter(|code| **code != "T1201").collect();
    assert!(others.is_empty(), "{others:?}");
    codes.is_empty()
}

#[test]
fn a_copy_takes_what_was_put_in_the_place_of_its_source() {
    for kind in ["items", "files"] {
        let found = asked(kind, "copy", "", "compromise");
        assert!(!is_left(&found), "{kind}");
        assert_eq!(
            events(&found, "T1201"),
            [
                "the data on `vps.disk`: deleted",
                "copy on `tower.tank` by `up`: the next run writes over it what was put in the place of its source",
            ]
        );
        assert!(help(&found, "T1201").contains("`immutable`"));
    }
    // A mistaken command deletes, and puts nothing else there.
    assert!(is_left(&asked("items", "copy", "", "operator")));
}

#[test]
fn what_refuses_changes_keeps_what_it_brought() {
    for fault in ["compromise", "operator", "corruption"] {
        let found = asked("items", "copy", "immutable", fault);
        assert!(is_left(&found), "{fault}: {:?}", codes(&found));
    }
}

#[test]
fn versions_of_the_destination_bring_back_what_was_overwritten() {
    let with_snapshots = |keep: u32| {
        let says = format!("capacity 6 TB; snapshots daily at 00:30 keep {keep}");
        let places = PLACES.replace("capacity 6 TB", &says);
        let scans = SCANS.replace("KIND", "files").replace("VERB", "copy");
        let scans = scans.replace("CLAUSES", "").replace("FAULT", "compromise");
        judged(&(places + &scans))
    };
    assert!(is_left(&with_snapshots(30)));
    let found = with_snapshots(3);
    assert!(!is_left(&found));
    let told = events(&found, "T1201").join("\n");
    assert!(told.contains("versions reach back 2 d there"), "{told}");
}

/// Who may delete but not write takes away; a copy does not carry that on.
#[test]
fn who_may_but_delete_overwrites_nothing() {
    let left = |rights: &str| {
        let text = format!(
            "object_storage s3 at cloud/one {{ endpoint \"s3.example.org\"; bucket main \"main-bucket\" {{ medium object }} }}\n\
             host web at ovh/one {{ runs cron }}\n\
             credential tidy {{ account s3; may {rights} on s3.main; held on web; profile \"t\" }}\n\
             credential pull {{ account s3; may read on s3.main; held on tower; profile \"p\" }}\n\
             class scans is files on s3.main:/scans {{ size 1..2 GB }}\n\
             copy up of scans to tower.tank:/scans by tower.cron {{ daily at 04:00; taking 1m..10m; credential pull; monitor deadman }}\n\
             require survive any 1 of credential for scans\n"
        );
        is_left(&judged(&[PLACES, &text].concat()))
    };
    assert!(left("read, delete"));
    assert!(!left("read, write"));
}

/// Of what is deleted in part each backup makes a version, and none of them fails.
#[test]
fn a_backup_of_what_is_left_of_it_is_no_version_of_it() {
    let kept = |keep: &str, fault: &str| {
        let text = format!(
            "class docs is files on vps.disk:/docs {{ size 1..2 GB; noticed within 5 days }}\n\
             backup up of docs to r by vps.cron {{ daily at 03:00; {keep}; taking 1m..10m; monitor deadman }}\n\
             require survive any 1 of {fault} for docs\n"
        );
        judged(&[PLACES, CLOUD, &text].concat())
    };
    let left = |keep: &str, fault: &str| {
        let found = kept(keep, fault);
        let about = |v: &thrice_verify::Verdict| {
            v.obligation == Obligation::Survival && v.subject == "docs"
        };
        found.verdicts.iter().filter(about).all(|v| v.holds)
    };
    for fault in ["operator", "corruption"] {
        assert!(left("keep 9 daily", fault), "{fault}");
        // Five days until it is noticed, and three until somebody has acted.
        assert!(!left("keep 8 daily", fault), "{fault}");
        assert!(!left("keep 2 last", fault), "{fault}");
    }
    let told = events(&kept("keep 2 last", "operator"), "T1201").join("\n");
    assert!(told.contains("versions reach back 24 h there"), "{told}");
}

/// Dumps with dates in their names lie side by side: new ones are bad, those from before stay for as long as they are
/// kept.
#[test]
fn dumps_that_are_kept_reach_back() {
    let left = |keeps: &str, copied: &str| {
        let text = format!(
            "class db is state on vps.disk:/var/lib/db {{ size 100..200 MB; noticed within 5 days }}\n\
             capture dump of db to vps.disk:/backups by vps.cron {{ daily at 02:00; method program; runs \"/opt/dump\"; \
             atomic; taking 1m..4m; {keeps}monitor deadman }}\n\
             copy up of db from dump to tower.tank:/db by tower.cron {{ daily at 03:00; after dump; {copied}; \
             taking 1m..10m; monitor deadman }}\n\
             require survive any 1 of corruption for db\n"
        );
        is_left(&judged(&[PLACES, &text].concat()))
    };
    assert!(left("keeps 30 days; ", "immutable; include \"*.dump\""));
    assert!(left("keeps 30 days; ", "include \"*.dump\""));
    // Gone at its source when somebody looks, and not where it is carried.
    assert!(left("keeps 5 days; ", "include \"*.dump\""));
    assert!(
        !left("keeps 25h; ", "include \"*.dump\""),
        "gone before it is carried under a name of its own"
    );
    assert!(!left("", "latest only"), "each overwrites the one before");
}

/// What a sync puts aside is there until somebody clears it.
#[test]
fn what_is_put_aside_is_there_until_it_is_cleared() {
    let left = |fault: &str, rest: &str| {
        let text = format!(
            "class docs is files on vps.disk:/docs {{ size 1..2 GB }}\n\
             sync up of docs to tower.tank:/docs by tower.cron {{ daily at 04:00; backup dir tower.tank:/aside; taking 1m..10m; monitor deadman }}\n\
             {rest}\n\
             require survive any 1 of {fault} for docs\n"
        );
        let found = judged(&[PLACES, &text].concat());
        !codes(&found).contains(&"T1201")
    };
    let cleared =
        "expire old of tower.tank:/aside after 99 days by mtime { by tower.cron; daily at 05:00 }";
    let emptied = "sync over of vps.disk:/none to tower.tank:/ by tower.cron { daily at 06:00 }";
    for fault in ["operator", "corruption", "compromise"] {
        assert!(left(fault, ""), "{fault}");
        assert!(
            !left(fault, cleared),
            "{fault}: files that are taken away keep their times"
        );
        assert!(!left(fault, emptied), "{fault}: it is not in that source");
    }
}

/// What is lost with it is all that came after the newest version from before it.
#[test]
fn damage_that_is_seen_late_may_cost_more_than_the_age_of_the_newest_copy() {
    let told = |clauses: &str, keep: &str, fault: &str| {
        let text = format!(
            "class docs is files on vps.disk:/docs {{ size 1..2 GB; noticed within 10 days; {clauses} }}\n\
             backup up of docs to r by vps.cron {{ daily at 03:00 UTC; {keep}; taking 1m..10m; monitor deadman }}\n\
             require survive any 1 of {fault} for docs\n"
        );
        let found = judged(&[PLACES, CLOUD, &text].concat());
        let mut all = found.findings.iter().map(|f| &f.diagnostic);
        let told = all.find(|d| d.code.0 == "T1305").map(|d| {
            assert_eq!(d.severity, Severity::Warning);
            d.message.clone()
        });
        assert!(!codes(&found).contains(&"T1201"), "{keep}");
        told
    };
    let says = |what: &str, older: &str| {
        format!(
            "after {what} that is seen and put right within 13 d, the newest version of `docs` from \
             before it can be {older} older than it; at most 26 h is asked for"
        )
    };
    for (fault, what) in [
        ("operator", "a mistaken deletion"),
        ("corruption", "damage"),
        ("rot", "damage"),
    ] {
        assert_eq!(
            told("rpo 26h;", "keep 3 daily, 6 weekly", fault),
            Some(says(what, "7 d")),
        );
        assert_eq!(told("rpo 26h;", "keep 14 daily", fault), None);
        assert_eq!(told("rpo 7 days;", "keep 3 daily, 6 weekly", fault), None);
        assert_eq!(told("", "keep 3 daily, 6 weekly", fault), None);
    }
    assert_eq!(told("rpo 26h;", "keep 3 daily, 6 weekly", "host"), None);
    let within = told("rpo 26h;", "keep within 14d", "corruption");
    assert_eq!(
        within, None,
        "every version of the time until somebody acts"
    );
}

/// Somebody hostile overwrites the data where it lives, on a host or in a bucket; backups on another host that he does not
/// reach go on with that.
#[test]
fn what_hostile_hands_write_is_backed_up_until_somebody_acts() {
    let told = |keep: &str, fault: &str, class: &str| {
        let text = format!(
            r#"
policy p "p" {{ horizon 2 years; response time 72h }}
phase t0 = 2026-02-15
provider ovh {{ site one; site two }}
provider cloud {{ site one }}
provider bank {{ site safe }}
monitor deadman {{ healthchecks at "HC_PING_KEY"; hosted by bank }}
vault envelope at bank/safe
key k {{ held on box, envelope; file "/etc/k" }}
host web at ovh/one {{ runs cron; has rclone 1.75.2; store disk {{ medium nvme }} }}
host box at ovh/two {{ runs cron; has restic 0.18.0, rclone 1.75.2; store disk {{ medium hdd }} }}
network m {{ joins web, box }}
object_storage s3 at cloud/one {{ endpoint "s3.example.org"; bucket main "main-bucket" {{ medium object }} }}
credential w {{ account s3; may read, write, delete on s3.main; held on box; profile "w" }}
repository r in box.disk:/r {{ engine restic 0.18.0; key k }}
class site is files on {class} {{ noticed within 2 days; rpo 26h }}
copy c of site to box.disk:/c by box.cron {{ daily at 01:00, 07:00, 13:00, 19:00 UTC; taking 1m..30m; monitor deadman }}
backup b of site from c to r by box.cron {{ daily at 02:00, 08:00, 14:00, 20:00 UTC; taking 1m..30m; {keep}; prune; monitor deadman }}
require survive any 1 of {fault} for site
"#
        );
        let found = judged(&text);
        assert!(!codes(&found).contains(&"T1201"), "{:?}", codes(&found));
        let mut all = found.findings.iter().map(|f| &f.diagnostic);
        let told = all.find(|d| d.code.0 == "T1305")?;
        Some(told.message.clone())
    };
    let rare = "keep 3 last, 8 weekly";
    let before = "after what hostile hands do that is seen and put right within 5 d, the newest version of `site` from before \
                  it can be 7 d older than it; at most 26 h is asked for";
    for (fault, class) in [
        ("compromise", "web.disk:/srv"),
        ("credential", "s3.main:/live"),
    ] {
        assert_eq!(told(rare, fault, class).as_deref(), Some(before));
        assert_eq!(told("keep within 6d", fault, class), None);
    }
    // He reaches nothing of it where it lives.
    assert_eq!(told(rare, "credential", "web.disk:/srv"), None);
}
