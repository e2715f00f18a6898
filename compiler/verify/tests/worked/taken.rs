//! What steps leave out or refuse, and what is said of versions that do not reach far enough.

use super::adversary::{ONE_KEY, all_codes, events};
use super::*;

const FILES: &str = r#"
class docs is files on vps.disk:/srv/docs { size 1..2 GB; fields { rest internal } }
"#;

fn backed_up(pattern: &str) -> Verification {
    let backup = format!(
        "backup docs_up of docs to r by vps.cron {{ daily at 04:00; keep 7 daily; exclude {pattern}; taking 1m..10m; monitor \
         deadman }}\n"
    );
    judged(&policy(&[FILES, &backup]))
}

#[test]
fn a_backup_that_leaves_out_all_of_a_class_is_none() {
    for pattern in ["\"*\"", "\"*.tmp\", \"srv\"", "\"/srv/docs/**\""] {
        let found = backed_up(pattern);
        assert_eq!(codes(&found), ["T2321"], "{pattern}");
        assert!(message(&found, "T2321").contains("`docs_up` leaves out all of `docs`"));
    }
    // What begins with `!` takes some of it back.
    for pattern in ["\"*.tmp\"", "\"/docs\"", "\"*\", \"!*.md\""] {
        assert!(codes(&backed_up(pattern)).is_empty(), "{pattern}");
    }
}

fn assumed(found: &Verification) -> Vec<String> {
    let all = found.assumptions.iter();
    all.map(|assumption| assumption.text().to_string())
        .collect()
}

#[test]
fn that_nothing_needed_bears_the_name_of_a_pattern_is_assumed() {
    let told = assumed(&backed_up("\"*.tmp\", \"cache\""));
    let says =
        "`docs_up` leaves out nothing that must come back: its patterns are `*.tmp` and `cache`";
    assert!(told.iter().any(|text| text == says), "{told:?}");
    let copy = |from: &str| {
        let step = format!(
            "copy some of {from} to tower.tank:/some by vps.cron {{ daily at 05:00; include \"*-latest.*\"; taking 1m..10m; \
             monitor deadman }}\n"
        );
        assumed(&judged(&policy(&[FILES, &step])))
    };
    let says = "`some` takes all that must come back: its patterns are `*-latest.*`";
    assert!(copy("docs").iter().any(|text| text == says));
    let told = copy("db from dump");
    assert!(
        !told.iter().any(|text| text.contains("patterns")),
        "a capture names its files itself: {told:?}"
    );
}

#[test]
fn an_immutable_copy_never_takes_what_has_changed() {
    let copied = |kind: &str, clauses: &str| {
        let class = FILES.replace("is files", kind);
        let copy = format!(
            "copy docs_up of docs to tower.tank:/docs by vps.cron {{ daily at 04:00; {clauses}; taking 1m..10m; monitor \
             deadman }}\n"
        );
        judged(&policy(&[&class, &copy]))
    };
    let found = copied("is files", "immutable");
    assert_eq!(codes(&found), ["T2322"]);
    assert!(message(&found, "T2322").contains("`docs_up` never takes what has changed of `docs`"));
    assert!(codes(&copied("is items", "immutable")).is_empty());
    assert!(codes(&copied("is files", "transfers 4")).is_empty());
}

#[test]
fn an_immutable_copy_of_dumps_takes_those_that_are_named_by_their_time() {
    let copied = |clauses: &str| {
        let copy = format!(
            "copy dumps of db from dump to tower.tank:/dumps by vps.cron {{ daily at 04:00; immutable; {clauses} taking \
             1m..10m; monitor deadman }}\n"
        );
        codes(&judged(&policy(&[&copy])))
    };
    assert_eq!(copied(""), ["T2322"]);
    assert!(copied("include \"*-2*\";").is_empty());
}

#[test]
fn a_key_that_is_lost_is_not_held_in_a_second_place() {
    let asked = |faults: &str| {
        let asked = format!("require survive any 1 of {faults} for all\n");
        let found = judged(&policy(&[&asked]));
        help(&found, "T1201").to_owned()
    };
    let alone = asked("key");
    assert!(alone.contains("a copy that another key opens"), "{alone}");
    assert!(!alone.contains("held on"), "{alone}");
}

#[test]
fn versions_that_reach_less_far_than_a_fault_stays_unseen_are_told() {
    let mirrored = |kept: &str| {
        let steps = format!(
            "host spare at bank/safe {{ runs cron; has rclone 1.75.2; store disk {{ medium hdd; snapshots daily at 00:30 keep {kept} }} }}\n\
             network all {{ joins vps, spare }}\n\
             sync docs_up of docs to spare.disk:/docs by spare.cron {{ daily at 04:00; taking 1m..10m; monitor deadman }}\n\
             require survive any 1 of operator, corruption for docs\n"
        );
        let class = FILES.replace("size 1..2 GB;", "size 1..2 GB; noticed within 14 days;");
        judged(&policy(&[&class, &steps]))
    };
    let found = mirrored("10");
    assert!(
        events(&found, "T1201").iter().any(|event| event
            == "copy on `spare.disk` by `docs_up`: the sync carries the deletion here; versions reach back 9 d there, and \
                it may stay unseen for 14 d"),
        "{:?}",
        events(&found, "T1201")
    );
    assert!(help(&found, "T1201").contains("keep more of them"));
    assert!(
        codes(&mirrored("16")).is_empty(),
        "what the help says helps"
    );
}

#[test]
fn old_versions_that_go_too_soon_are_told_to_stay_longer() {
    let kept = |days: &str| {
        let expire = format!("expire old of s3.backups after {days} by upload {{ noncurrent }}\n");
        let rights = "account s3; may read, write, delete on s3.*; held on vps, preprod";
        let text = [PLACES, ONE_KEY, &expire].concat();
        judged(
            &text
                .replace("account s3; held on vps, preprod", rights)
                .replace("\"the-backups\" {", "\"the-backups\" { versioning on;"),
        )
    };
    let brief = kept("1 days");
    assert!(
        events(&brief, "T1801").iter().any(|event| event.starts_with(
            "on `s3.backups`: deleted with `hetzner_key`; versions reach back 24 h there, and it may stay unseen for"
        )),
        "{:?}",
        events(&brief, "T1801")
    );
    assert!(help(&brief, "T1801").contains("expire later"));
    assert!(!all_codes(&kept("30 days")).contains(&"T1801"));
}

#[test]
fn a_key_that_no_may_narrows_is_told_as_one() {
    let narrowed = |capabilities: &str| {
        let rights = "account s3; may read, write on s3.shared; held on vps, preprod";
        let text = [PLACES, ONE_KEY].concat();
        let supports = format!("supports versioning, lifecycle, {capabilities} }}");
        judged(
            &text
                .replace("account s3; held on vps, preprod", rights)
                .replace("credential hetzner_key }", "credential all }")
                .replace("key k {", "credential all { account s3; may read, write, delete on s3.backups; held on envelope; profile \"a\" }\nkey k {")
                .replace("supports versioning, lifecycle }", &supports),
        )
    };
    let open = narrowed("one-key-all-buckets");
    assert!(message(&open, "T1802").contains("`hetzner_key`"));
    assert!(
        help(&open, "T1802").contains("lacks `bucket-policy`"),
        "{}",
        help(&open, "T1802")
    );
    let told = |found: &Verification| {
        let told = finding_of(found, "T1802");
        told.is_some_and(|told| told.contains("`hetzner_key`"))
    };
    assert!(!told(&narrowed("one-key-all-buckets, bucket-policy")));
}

/// The message of the first finding of a code, if there is one.
fn finding_of(found: &Verification, code: &str) -> Option<String> {
    let mut all = found.findings.iter();
    let hit = all.find(|finding| finding.diagnostic.code.0 == code)?;
    Some(hit.diagnostic.message.to_string())
}

#[test]
fn a_script_that_waits_too_short_is_not_told_to_wait() {
    let prune = "host ops at bank/safe { runs cron; has restic 0.18.0 }\n\
                 credential pruner { account s3; may read, write, delete on s3.main; held on ops; profile \"o\" }\n\
                 prune weekly of r by ops.cron { weekly on Sunday at 03:05; taking 1m..50m; credential pruner; monitor deadman }\n";
    let found = judged(&policy(&[prune]));
    assert!(
        help(&found, "T2102").contains("not for as long as the other may take"),
        "{}",
        help(&found, "T2102")
    );
}
