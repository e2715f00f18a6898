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

/// The script of a move refuses to write over what it has brought (`--immutable`), and each dump has the name of the last.
#[test]
fn a_move_brings_one_dump_of_a_name() {
    let moved = |dump: &str, clauses: &str| {
        let steps = format!(
            "class n is state on vps.disk:/var/lib/n {{ size 1..2 GB; fields {{ rest internal }} }}\n\
             capture n_dump of n to vps.disk:/n by vps.cron {{ daily at 02:00; {dump}; atomic; taking 1m..4m; monitor deadman }}\n\
             move off of n from n_dump to tower.tank:/n by tower.cron {{ daily at 04:00; {clauses}; taking 1m..10m; monitor \
             deadman }}\n"
        );
        judged(&policy(&[
            &steps,
            "require history of 20 days with gap 3 days for n\n",
        ]))
    };
    let told = |dump: &str, clauses: &str| {
        let found = moved(dump, clauses);
        assert!(!codes(&found).contains(&"T9002"), "{:?}", codes(&found));
        let of = |f: &&thrice_verify::Finding| f.diagnostic.code.0 == "T2322";
        let found = found.findings.iter().find(of);
        found.map(|f| f.diagnostic.message.clone())
    };
    let one = "`off` brings but one dump of `n`: the next one of `n_dump` has the same name";
    let all = "transfers 4";
    assert_eq!(told("method pg_dump", all).as_deref(), Some(one));
    let own = "method program; runs \"/opt/n\"";
    assert_eq!(told(own, all).as_deref(), Some(one));
    let beside = "method pg_dump; keeps 9 days";
    assert_eq!(told(beside, all).as_deref(), Some(one));
    assert_eq!(
        told("method pg_dump", "older than 5 days by mtime").as_deref(),
        Some(
            "`off` never finds a dump of `n` that is 5 d old: each one of `n_dump` overwrites the one before"
        )
    );
    assert_eq!(told(beside, "older than 5 days by mtime"), None);
    assert_eq!(
        told(&format!("{own}; keeps 9 days"), all),
        None,
        "nobody knows its names"
    );
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
            == "copy on `spare.disk` by `docs_up`: holds the damage: no version from before it; versions reach back 9 d \
                there, and it may take 17 d until somebody has acted"),
        "{:?}",
        events(&found, "T1201")
    );
    assert!(help(&found, "T1201").contains("keep more of them"));
    assert!(
        codes(&mirrored("19")).is_empty(),
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
            "on `s3.backups`: deleted with `hetzner_key`; versions reach back 24 h there, and it may take"
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

const TREE: &str = r#"
class tree is items on vps.disk:/tree { size 1..2 GB; fields { rest internal } }
"#;

fn copied(step: &str) -> Verification {
    judged(&policy(&[TREE, step]))
}

/// A policy that names a part of a class was taken to copy all of it: nothing of what lies elsewhere was ever copied.
#[test]
fn a_copy_of_a_part_is_no_copy_of_the_whole() {
    let copy = |of: &str| {
        copied(&format!(
            "copy tree_up of {of} to tower.tank:/tree by vps.cron {{ daily at 04:00; taking 1m..10m; monitor deadman }}\n"
        ))
    };
    for part in ["vps.disk:/tree/www", "tree from vps.disk:/tree/www"] {
        let found = copy(part);
        assert_eq!(codes(&found), ["T1202"], "{part}");
        assert!(
            events(&found, "T1202").iter().any(|event| event
                == "copy on `tower.tank` by `tree_up`: but a part of it, never counts"),
            "{:?}",
            events(&found, "T1202")
        );
    }
    for whole in ["tree", "vps.disk:/tree", "vps.disk:/"] {
        assert!(!codes(&copy(whole)).contains(&"T1202"), "{whole}");
    }
}

#[test]
fn what_is_made_of_a_part_is_a_part_on_whichever_way() {
    let chain = |clause: &str| {
        copied(&format!(
            "host spare at bank/safe {{ runs cron; has rclone 1.75.2; store disk {{ medium hdd }} }}\n\
             network all {{ joins vps, tower, spare }}\n\
             copy near of vps.disk:/tree/www to spare.disk:/tree by spare.cron {{ daily at 04:00; {clause} taking 1m..10m; monitor deadman }}\n\
             copy far of spare.disk:/tree to tower.tank:/tree by tower.cron {{ daily at 06:00; taking 1m..10m; monitor deadman }}\n"
        ))
    };
    assert!(codes(&chain("")).contains(&"T1202"));
    assert!(codes(&chain("transit;")).contains(&"T1202"));
}

#[test]
fn of_a_part_that_is_moved_nobody_knows_what_is_where() {
    let moved = |of: &str, asked: &str| {
        copied(&format!(
            "copy first of tree to spare.disk:/tree by vps.cron {{ daily at 03:00; taking 1m..10m; monitor deadman }}\n\
             host spare at bank/safe {{ runs cron; has rclone 1.75.2; store disk {{ medium hdd }} }}\n\
             network all {{ joins vps, tower, spare }}\n\
             move tree_up of {of} to tower.tank:/tree by vps.cron {{ daily at 04:00; older than 10 days by mtime; taking 1m..10m; monitor deadman }}\n\
             {asked}\n"
        ))
    };
    let of_part = "vps.disk:/tree/www";
    assert!(
        codes(&moved(of_part, "require survive loss of vps for tree")).is_empty(),
        "what was moved is there, and what was not was copied before"
    );
    let lost = "require survive loss of vps and spare for tree";
    let found = moved(of_part, lost);
    assert_eq!(codes(&found), ["T1201"]);
    assert!(
        events(&found, "T1201").iter().any(|event| event
            == "it never reaches `tower.tank`: `tree_up` takes but a part of where it lies"),
        "{:?}",
        events(&found, "T1201")
    );
}

/// What is inside of a class and has a name of its own was copied with it, and nothing of that was seen.
#[test]
fn a_class_within_another_one_goes_along() {
    let inner = "class tokens is files on vps.disk:/tree/tokens { size 1..2 MB; fields { rest credential } }\n\
                 skip tokens because \"made anew\"\n";
    let taken = |step: &str| codes(&copied(&(inner.to_owned() + step)));
    let copy = |of: &str| {
        format!(
            "copy tree_up of {of} to tower.tank:/tree by vps.cron {{ daily at 04:00; taking 1m..10m; monitor deadman }}\n"
        )
    };
    assert_eq!(taken(&copy("tree")), ["T2323"]);
    assert!(!taken(&copy("vps.disk:/tree")).contains(&"T2323"));
    let backup = |of: &str, clause: &str| {
        format!(
            "backup up2 of {of} to r by vps.cron {{ daily at 04:00; keep 7 daily; {clause} taking 1m..10m; monitor deadman }}\n"
        )
    };
    assert_eq!(taken(&backup("tree", "")), ["T2323"]);
    assert!(taken(&backup("tree", "exclude \"/tree/tokens\";")).is_empty());
    assert!(!taken(&backup("tree, tokens", "")).contains(&"T2323"));
}

/// One place is wrong, however many steps come by: they are all named, once.
#[test]
fn what_several_steps_take_along_is_said_once() {
    let inner = |name: &str, path: &str| {
        format!(
            "class {name} is files on vps.disk:/tree/{path} {{ size 1..2 MB; fields {{ rest credential }} }}\n\
             skip {name} because \"made anew\"\n"
        )
    };
    let copy = |name: &str, hour: u32| {
        format!(
            "copy {name} of tree to tower.tank:/{name} by vps.cron {{ daily at {hour}:00; taking 1m..10m; monitor deadman }}\n"
        )
    };
    let backup = |of: &str, clause: &str| {
        format!(
            "backup fourth of {of} to r by vps.cron {{ daily at 06:00; keep 7 daily; {clause} taking 1m..10m; monitor deadman }}\n"
        )
    };
    let steps = [copy("first", 14), copy("second", 15), copy("third", 16)].concat();
    let told = |more: &str| -> Vec<(String, usize)> {
        let found = copied(&(steps.clone() + more));
        let mine = found.findings.iter().map(|f| &f.diagnostic);
        let mine = mine.filter(|d| d.code.0 == "T2323");
        let steps = |d: &thrice_diagnostics::Diagnostic| {
            d.labels.iter().filter(|l| l.text == "the step").count()
        };
        mine.map(|d| (d.message.clone(), steps(d))).collect()
    };
    let one = inner("tokens", "a");
    let said = "`first`, `second` and `third` take `tokens` along with `tree`, and do not say so";
    assert_eq!(told(&one), [(said.to_owned(), 3)]);
    let two = one.clone() + &inner("pins", "b");
    let said = "`first`, `second` and `third` take `pins` and `tokens` along with `tree`, and do not say so";
    assert_eq!(told(&two), [(said.to_owned(), 3)]);
    // What one of them leaves out, it has no part in.
    let apart = two + &backup("tree", "exclude \"/tree/a\";");
    let all =
        "`first`, `fourth`, `second` and `third` take `pins` along with `tree`, and do not say so";
    let some = "`first`, `second` and `third` take `tokens` along with `tree`, and do not say so";
    assert_eq!(told(&apart), [(all.to_owned(), 4), (some.to_owned(), 3)]);
    // Of two classes that a step takes and something lies in, the inner one has it.
    let between = inner("middle", "a").replace("skip middle because \"made anew\"\n", "")
        + &inner("tokens", "a/b");
    let nested = between + &backup("tree, middle", "");
    let all = told(&nested).into_iter().map(|(message, _)| message);
    let mine: Vec<String> = all.filter(|m| m.contains("fourth")).collect();
    assert_eq!(
        mine,
        ["`fourth` takes `tokens` along with `middle`, and does not say so"]
    );
}

#[test]
fn a_class_beside_another_one_does_not_go_along() {
    let beside = "class trees is files on vps.disk:/trees { size 1..2 MB; fields { rest internal } }\n\
                  skip trees because \"made anew\"\n\
                  copy tree_up of tree to tower.tank:/tree by vps.cron { daily at 04:00; taking 1m..10m; monitor deadman }\n";
    assert!(codes(&copied(beside)).is_empty());
}

#[test]
fn a_laptop_is_no_copy_off_line_of_what_lives_on_it() {
    let asked = "require copies >= 2, locked >= 1 for db\n";
    let off = |host: &str| {
        let text = policy(&[MIRROR, asked]);
        codes(&judged(
            &text.replace(host, &format!("{host} not always on;")),
        ))
    };
    assert_eq!(off("host vps at ovh/one {"), ["T1104"]);
    assert!(off("nas tower at home/rack {").is_empty());
}

/// A version needs the oldest objects of its repository; a file in a bucket needs nothing but itself.
#[test]
fn a_lock_over_a_repository_counts_only_if_it_outlasts_the_policy() {
    let asked = "require copies >= 2, locked >= 1 for db\n";
    let locked = |lock: &str, step: &str| {
        let text = policy(&[step, asked]);
        let bucket = "{ medium object }";
        assert!(text.contains(bucket));
        let locked = format!("{{ medium object; versioning on; {lock} }}");
        all_codes(&judged(&text.replace(bucket, &locked))).concat()
    };
    let plain = "copy plain of db from dump to s3.main:/plain by vps.cron { daily at 05:00; latest only; taking 1m..10m; \
                 credential writer; monitor deadman }\n";
    let lacks = |lock: &str, step: &str| {
        let codes = locked(lock, step);
        ["T1104", "T1804"].map(|code| codes.contains(code))
    };
    assert_eq!(lacks("lock compliance 30d", ""), [true, true]);
    assert_eq!(lacks("lock compliance 1100d", ""), [false, false]);
    assert_eq!(lacks("lock compliance 30d", plain), [false, true]);
}

#[test]
fn a_dump_that_is_left_within_a_class_goes_along_with_it() {
    let taken = |of: &str, clause: &str| {
        codes(&copied(&format!(
            "capture second of db to vps.disk:/tree/dumps by vps.cron {{ daily at 01:00; method program; runs \"/opt/dump\"; atomic; taking 1m..4m; monitor deadman }}\n\
             backup tree_up of {of} to r by vps.cron {{ daily at 04:00; keep 7 daily; {clause} taking 1m..10m; monitor deadman }}\n"
        )))
    };
    assert_eq!(taken("tree", ""), ["T2323"]);
    assert!(taken("tree", "exclude \"/tree/dumps\";").is_empty());
    assert!(taken("tree, db from vps.disk:/tree", "").is_empty());
}

#[test]
fn two_writers_at_one_place_write_over_each_other() {
    let written = |second: &str| {
        let found = copied(&format!(
            "class trunk is items on vps.disk:/trunk {{ size 1..2 GB; fields {{ rest internal }} }}\n\
             copy tree_up of tree to tower.tank:/both by vps.cron {{ daily at 04:00; taking 1m..10m; monitor deadman }}\n\
             copy trunk_up of {second} by vps.cron {{ daily at 05:00; taking 1m..10m; monitor deadman }}\n\
             skip trunk because \"grows again\"\n"
        ));
        let told = finding_of(&found, "T2324");
        told.unwrap_or_default()
    };
    assert_eq!(
        written("trunk to tower.tank:/both"),
        "`trunk_up` writes to the same place as step `tree_up`"
    );
    assert_eq!(written("trunk to tower.tank:/both/trunk"), "");
    assert_eq!(
        written("tree to tower.tank:/both"),
        "",
        "the same files twice"
    );
    assert_eq!(
        written("db from dump to tower.tank:/both"),
        "",
        "a dump is named by what it is of"
    );
    assert_eq!(
        written("trunk to vps.disk:/tree"),
        "`trunk_up` writes over class `tree`"
    );
}

#[test]
fn two_seeds_by_one_place_write_over_each_other() {
    let written = |second: &str| {
        let found = copied(&format!(
            "host bench at cloud/one {{ store small }}\n\
             environment test {{ on bench; clearance internal }}\n\
             environment demo {{ on bench; clearance internal }}\n\
             seed first of db from dump to test via s3.main:/seed by vps.cron {{ daily at 04:00; rest keep; skip a, b; credential writer; taking 1m..10m; monitor deadman }}\n\
             {second} by vps.cron {{ daily at 05:00; rest keep; skip b, a; credential writer; taking 1m..10m; monitor deadman }}\n"
        ));
        finding_of(&found, "T2324").unwrap_or_default()
    };
    let met = "`second` writes to the same place as step `first`";
    let second = "seed second of db from dump to";
    assert_eq!(written(&format!("{second} demo via s3.main:/seed")), met);
    assert_eq!(written(&format!("{second} demo via s3.main:/seed/two")), "");
    assert_eq!(
        written(&format!("{second} test via s3.main:/seed")),
        "",
        "the same twice"
    );
    let home = "seed second of db to test via s3.main:/seed";
    assert_eq!(written(home), met, "of something else");
    let tree = "seed second of tree to demo via s3.main:/seed";
    assert_eq!(written(tree), "", "other data has other names");
    let copy = |to: &str| {
        let found = copied(&format!(
            "host bench at cloud/one {{ store small }}\n\
             environment test {{ on bench; clearance internal }}\n\
             seed first of db from dump to test via s3.main:/seed by vps.cron {{ daily at 04:00; rest keep; credential writer; taking 1m..10m; monitor deadman }}\n\
             copy raw of db from dump to s3.main:{to} by vps.cron {{ daily at 05:00; credential writer; taking 1m..10m; monitor deadman }}\n"
        ));
        finding_of(&found, "T2324").unwrap_or_default()
    };
    assert_eq!(
        copy("/seed"),
        "`raw` writes to the same place as step `first`"
    );
    assert_eq!(copy("/raw"), "");
}

#[test]
fn nothing_else_lies_in_a_repository() {
    let beside = |text: &str| {
        let found = copied(text);
        finding_of(&found, "T2324").unwrap_or_default()
    };
    let second = |path: &str| {
        beside(&format!(
            "repository second in s3.main:{path} {{ engine restic 0.18.0; key k; credential writer }}\n\
             backup tree_up of tree to second by vps.cron {{ daily at 04:00; keep 7 daily; taking 1m..10m; monitor deadman }}\n"
        ))
    };
    assert_eq!(second("/restic"), "`second` lies in repository `r`");
    assert_eq!(second("/restic/second"), "`second` lies in repository `r`");
    assert_eq!(second("/"), "`r` lies in repository `second`");
    assert_eq!(second("/restic2"), "");
    assert_eq!(
        beside(
            "copy tree_up of tree to s3.main:/restic/data by vps.cron { daily at 04:00; credential writer; taking 1m..10m; monitor deadman }\n"
        ),
        "`tree_up` writes into repository `r`"
    );
}

/// Whoever writes so great a number means all of them; it was said to contradict itself.
#[test]
fn rules_that_reach_further_than_calendars_are_no_contradiction() {
    for keep in ["keep 999999999 daily", "keep within 400000d"] {
        let found = copied(&format!(
            "backup tree_up of tree to r by vps.cron {{ daily at 04:00; {keep}; taking 1m..10m; monitor deadman }}\n"
        ));
        let survival = |v: &thrice_verify::Verdict| v.obligation == Obligation::Survival;
        assert!(
            found.verdicts.iter().filter(survival).all(|v| v.holds),
            "{keep}: {:?}",
            all_codes(&found)
        );
    }
}

#[test]
fn waiting_longer_does_not_help_where_files_bring_their_age_along() {
    let tidied = |after: &str| {
        copied(&format!(
            "copy tree_up of tree to tower.tank:/tree by vps.cron {{ daily at 04:00; taking 1m..10m; monitor deadman }}\n\
             expire tidy of vps.disk:/tree after {after}\n"
        ))
    };
    let by_mtime = "60 days by mtime { by vps.cron; daily at 05:00; monitor deadman }";
    let found = tidied(by_mtime);
    assert!(help(&found, "T1501").starts_with("`mtime` comes along"));
    assert!(
        !codes(&tidied("7..60 days by use { by hand }")).contains(&"T1501"),
        "by another clock it is enough to wait"
    );
}

/// Whoever must browse all of it sees all of it: not what is on its way, and not a folder of it.
#[test]
fn who_browses_sees_all_of_it() {
    let shown = |copy: &str, mount: &str| {
        let text = format!(
            "{PLACES}host web at ovh/one {{ runs cron; has rclone 1.75.2; service cloud }}
            object_storage s3 at cloud/one {{ endpoint \"s3.example.org\"; bucket main \"main-bucket\" {{ medium object }} }}
            class papers is files on vps.disk:/papers {{ browsed by cloud }}
            copy up of {copy} by vps.cron {{ daily at 03:00; MORE; monitor deadman }}
            mount folder of {mount} in cloud {{ for all users }}\n"
        );
        let more = if copy.contains("/gone") {
            "transit;"
        } else {
            ""
        };
        !codes(&judged(&text.replace("MORE;", more))).contains(&"T2310")
    };
    assert!(shown("papers to s3.main:/papers", "s3.main:/papers"));
    assert!(shown("papers to s3.main:/papers", "s3.main:/"));
    assert!(!shown("papers to s3.main:/papers", "s3.main:/papers/new"));
    assert!(!shown("papers to s3.main:/gone", "s3.main:/gone"));
    assert!(!shown(
        "vps.disk:/papers/new to s3.main:/papers",
        "s3.main:/papers"
    ));
}

/// Who fetches from another machine has an account there.
#[test]
fn that_who_fetches_can_do_no_more_is_assumed() {
    let fetched = |clauses: &str| {
        let step = format!(
            "host far at bank/safe {{ runs cron; has rclone 1.75.2; {clauses} store disk {{ medium hdd }} }}\n\
             network all {{ joins vps, far }}\n\
             copy docs_up of docs to far.disk:/docs by far.cron {{ daily at 04:00; taking 1m..10m; monitor deadman }}\n"
        );
        let told = assumed(&judged(&policy(&[FILES, &step])));
        let says = "`vps` lets `far` do no more there than its steps must";
        told.iter().any(|text| text == says)
    };
    assert!(fetched(""));
    assert!(!fetched("deploys to vps;"), "it owns it anyway");
}

/// What a failed capture leaves in place is moved once it is old enough, if it still lies there then.
#[test]
fn what_is_cleared_before_a_move_takes_it_passes_for_nothing() {
    let moved = |keeps: u32| {
        let steps = format!(
            "class n is state on vps.disk:/var/lib/n {{ size 1..2 GB; fields {{ rest internal }} }}\n\
             capture n_dump of n to vps.disk:/n by vps.cron {{ daily at 01:00; method redis_bgsave; in place; keeps {keeps} days; \
             taking 1m..5m; monitor deadman }}\n\
             move off of n from n_dump to tower.tank:/n by tower.cron {{ hourly at minute 15; older than 30 days by mtime; \
             taking 1m..5m; monitor deadman }}\n"
        );
        judged(&policy(&[&steps]))
    };
    let told = |keeps: u32| {
        let found = moved(keeps);
        let codes = all_codes(&found);
        assert!(!codes.contains(&"T9002"), "{keeps}: {codes:?}");
        let plays = found.plays.get(&Obligation::Alarm);
        let rests = plays.is_some_and(|plays| {
            let mut on = plays.rest_on.iter();
            on.any(|on| on.contains("cleared away where"))
        });
        (codes.contains(&"T2506"), rests)
    };
    assert_eq!(told(20), (false, false));
    // Within a day of it minutes decide.
    assert_eq!(told(30), (true, true));
    assert_eq!(told(31), (true, false));
    assert_eq!(told(60), (true, false));
}
