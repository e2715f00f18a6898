//! `thrice simulate`: a question with an answer, whatever it is.

mod common;

use common::{Desk, stdout};
use insta_cmd::assert_cmd_snapshot;

const POLICY: &str = "\
use std/home
use std/hetzner
policy small \"Small\" { timezone \"Europe/Paris\"; response time 24h }
phase t0 = 2026-02-15
host server at home/rack since t0 {
    runs cron
    has restic 0.18.0
    store disk { medium nvme }
}
object_storage s3 at hetzner/fsn1 since t0 { bucket backups { medium object } }
credential writer { account s3; may read, write, delete on s3.*; held on server }
vault envelope at home/safe
key restic_key { held on envelope }
repository repo in s3.backups:/ { engine restic 0.18.0; key restic_key; credential writer }
class databases is state on server.disk:/db
backup nightly of databases to repo by server.cron {
    daily at 03:00 UTC
    keep 7 daily, 4 weekly
    taking 10m..1h
}
";

fn desk() -> Desk {
    Desk::new(&[("small/policy.thrice", POLICY)])
}

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["simulate", "small", "--as-of", "2026-02-15"], more].concat()
}

#[test]
fn what_happens_and_what_is_left() {
    let desk = desk();
    assert_cmd_snapshot!(
        "the_server_burns",
        desk.thrice(&args(&["--lose", "server@2026-09-30 02:58"]))
    );
    assert_cmd_snapshot!(
        "a_stolen_credential",
        desk.thrice(&args(&[
            "steal credential writer on 2026-10-31 at 23:00",
            "lose host server 2 days later"
        ]))
    );
    assert_cmd_snapshot!(
        "nothing_goes_wrong",
        desk.thrice(&args(&["--class", "databases"]))
    );
}

/// Where nothing was played nothing can be lost.
#[test]
fn before_the_first_day_nothing_is_there_yet() {
    let desk = desk();
    let output = desk.run(&args(&["--lose", "host server@2020-01-01"]));
    let told = stdout(&output);
    assert!(told.contains("nothing is there yet"), "{told}");
    assert!(!told.contains("all of it is lost"), "{told}");
}

#[test]
fn both_ways_to_say_it_are_the_same() {
    let desk = desk();
    let option = desk.run(&args(&[
        "--lose",
        "host server@2026-09-30 02:58",
        "--at",
        "2026-10-02T00:00",
    ]));
    let sentence = desk.run(&args(&[
        "lose server on 2026-09-30 at 02:58",
        "--at",
        "at 2026-10-02",
    ]));
    assert!(option.status.success());
    assert_eq!(stdout(&option), stdout(&sentence));
}

#[test]
fn what_is_chosen_makes_a_difference() {
    let desk = desk();
    let newest = |more: &[&str]| {
        let all = [
            &["--lose", "server@2026-09-30 05:59", "--format", "json"],
            more,
        ]
        .concat();
        let output = desk.run(&args(&all));
        assert!(output.status.success());
        let shown: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
        shown["classes"][0]["newest"]["reaches"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(newest(&[]), "2026-09-30 05:00");
    assert_eq!(newest(&["--miss", "nightly=2"]), "2026-09-28 05:00");
    assert_eq!(
        newest(&["--duration", "nightly=2h"]),
        "2026-09-29 05:00",
        "it is not done by then"
    );
    assert_eq!(
        newest(&["--worst"]),
        "2026-09-29 05:00",
        "it takes the whole hour, and nothing watches it"
    );
}

/// A bucket with a quota: what is in it grows, and so does what is not known of it.
#[test]
fn the_room_that_is_taken_is_shown() {
    let policy = POLICY
        .replace("{ medium object }", "{ medium object; quota 40 GB }")
        .replace(
            "server.disk:/db",
            "server.disk:/db { size 1..2 GB; growth 0..1 GB/month; churn 0..100 MB/day }",
        );
    let desk = Desk::new(&[("small/policy.thrice", policy.as_str())]);
    let taken = |more: &[&str]| {
        let output = desk.run(&args(&[more, &["--format", "json"]].concat()));
        assert!(output.status.success());
        let shown: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
        let room = &shown["rooms"][0];
        assert_eq!(room["store"], "s3.backups");
        assert_eq!(room["usable_bytes"], 40_000_000_000_u64);
        ["least_bytes", "most_bytes"].map(|of| room[of].as_u64().unwrap())
    };
    // Nothing prunes: what was read at 03:00 on the first day, all that is new since, what has grown, and 3 % for the index.
    let later = taken(&["lose host server at 2026-04-16 07:00"]);
    assert_eq!(
        later,
        [
            1_030_000_000,
            (2_000_000_000 + 2_000_000_000 + 6_000_000_000) / 100 * 103
        ]
    );
    // A lost bucket holds nothing.
    assert_eq!(
        taken(&["lose store s3.backups at 2026-04-16 04:00"]),
        [0, 0]
    );
    assert_cmd_snapshot!(
        "how_much_room_is_taken",
        desk.thrice(&args(&["--lose", "server@2026-09-30 02:58"]))
    );
}

/// 9 GB an hour: a database of 9 to 18 GB, and files for which nobody waits.
#[test]
fn how_soon_what_is_lost_is_back_is_shown() {
    let policy = POLICY
        .replace("    has restic", "    link 2.5 MB/s\n    has restic")
        .replace(
            "server.disk:/db",
            "server.disk:/db { size 9..18 GB; growth 0..0 %/month; rto 5h; restore setup 1h; restore finish 0m }\n\
             class files is files on server.disk:/files { size 9..9 GB; growth 0..0 %/month; restore setup 1h..2h }",
        )
        .replace("nightly of databases", "nightly of databases, files");
    let desk = Desk::new(&[("small/policy.thrice", policy.as_str())]);
    let burns = ["--lose", "server@2026-09-30 02:58"];
    let back = |more: &[&str]| {
        let output = desk.run(&args(&[&burns, more, &["--format", "json"]].concat()));
        assert!(output.status.success());
        let shown: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
        let classes = shown["classes"].as_array().unwrap().iter();
        let hours = |of: &serde_json::Value| of.as_i64().map(|seconds| seconds / 3600);
        let hours = |class: &serde_json::Value| {
            let back = &class["back"];
            [
                &back["least_seconds"],
                &back["most_seconds"],
                &back["due_seconds"],
            ]
            .map(hours)
        };
        classes.map(hours).collect::<Vec<_>>()
    };
    assert_eq!(
        back(&[]),
        [[Some(2), Some(3), Some(5)], [Some(3), Some(4), None]]
    );
    assert_eq!(back(&["--class", "files"]), [[Some(2), Some(3), None]]);
    // What is needed is waited for; of what nobody asked about it is not known whether it is lost.
    let needs = policy.replace("{ size 9..9 GB", "{ needs databases; size 9..9 GB");
    desk.put("small/policy.thrice", needs.as_bytes());
    assert_eq!(back(&["--class", "files"]), [[None; 3]]);
    assert_eq!(back(&[])[1], [Some(3), Some(4), None]);
    let slow = needs.replace("restore finish 0m", "restore finish 9h");
    desk.put("small/policy.thrice", slow.as_bytes());
    assert_eq!(back(&[])[1], [Some(11), Some(12), None]);
    desk.put("small/policy.thrice", policy.as_bytes());
    // What is gone for ever is never back.
    assert_eq!(back(&["--lose", "s3@2026-09-30 02:58"]), [[None; 3]; 2]);
    assert_cmd_snapshot!("how_soon_it_is_back", desk.thrice(&args(&burns)));
}

#[test]
fn what_cannot_be_read_is_misuse_and_the_nearest_name_is_offered() {
    let desk = desk();
    assert_cmd_snapshot!(
        "no_such_host",
        desk.thrice(&args(&["--lose", "servr@2026-09-30 02:58"]))
    );
    assert_cmd_snapshot!(
        "no_such_moment",
        desk.thrice(&args(&["--lose", "server@yesterday"]))
    );
    assert_cmd_snapshot!(
        "no_such_class_or_step",
        desk.thrice(&args(&[
            "--class",
            "database",
            "--miss",
            "nigthly=2",
            "--miss",
            "nightly",
            "--duration",
            "nightly=ten"
        ]))
    );
    assert_cmd_snapshot!(
        "no_sentence",
        desk.thrice(&args(&["set the server on fire"]))
    );
    let broken = Desk::new(&[("small/policy.thrice", "host a at b/c\n")]);
    assert_eq!(broken.run(&args(&[])).status.code(), Some(2));
    // What is said cannot break out of the case it is read in.
    let output = desk.run(&args(&[
        "lose server at 2026-09-30 } host x at home/rack {",
    ]));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_says_how_to_say_it() {
    assert_cmd_snapshot!(desk().thrice(&["simulate", "--help"]));
}
