//! `thrice check --dump-smt`: the same bytes each time, whole or not at all.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads what was written, and has failed where it cannot"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::Desk;

const POLICY: &str = "use std/home\nuse std/hetzner\n\
    host a at home/rack { runs cron; has rclone 1.75.2; store disk { medium hdd } }\n\
    object_storage s3 at hetzner/fsn1 { bucket near }\n\
    class photos is items on a.disk:/photos\n\
    copy out of photos to s3.near:/photos by a.cron { daily at 03:00 UTC }\n\
    expire tidied of a.disk:/photos after 30..40 days by use { by hand }\n";

fn files(desk: &Desk, folder: &str) -> BTreeMap<String, String> {
    let all = fs::read_dir(desk.path(folder)).unwrap();
    let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .map(|name| {
            let text = desk.text(&format!("{folder}/{name}"));
            (name, text)
        })
        .collect()
}

#[test]
fn questions_are_the_same_bytes_each_time() {
    let desk = Desk::new(&[("sample/a.thrice", POLICY)]);
    for out in ["one", "other", "one"] {
        let run = desk.run(&[
            "check",
            "sample",
            "--as-of",
            "2026-02-15",
            "--dump-smt",
            out,
        ]);
        assert_ne!(run.status.code(), Some(2), "{run:?}");
    }
    let one = files(&desk, "one");
    assert_eq!(one, files(&desk, "other"));
    let manifest: serde_json::Value = serde_json::from_str(&one["manifest.json"]).unwrap();
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!(listed.len() + 1, one.len());
    let first = listed
        .iter()
        .find(|file| file["obligation"] == "last-copy")
        .unwrap();
    assert_eq!(first["subject"], "photos");
    assert_eq!(first["answers"][1], "unsat");
    let text = &one[first["path"].as_str().unwrap()];
    assert!(text.contains("(set-logic QF_LIA)"), "{text}");
    assert_eq!(text.matches("(check-sat)").count(), 2, "{text}");
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let desk = Desk::new(&[("sample/a.thrice", POLICY), ("mine/letter.txt", "dear")]);
    let run = desk.run(&[
        "check",
        "sample",
        "--as-of",
        "2026-02-15",
        "--dump-smt",
        "mine",
    ]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert_eq!(files(&desk, "mine").len(), 1);
}
