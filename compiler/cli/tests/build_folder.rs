//! `thrice build` and the folder it writes: replaced as a whole where it is thrice's own, and never touched
//! otherwise.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: it reads what was written, and a failure is a failed test"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Desk, stdout};

const SAFE: &str = include_str!("../../../policies/starter/starter.thrice");

/// A safe policy in `safe`, the same with another schedule in `later`, and one that loses its key.
fn desk() -> Desk {
    let later = SAFE.replace("daily at 03:00", "daily at 04:30");
    let rejected = SAFE.replace("held on web, envelope;", "held on web;");
    assert!(later != SAFE && rejected != SAFE);
    Desk::new(&[
        ("safe/a.thrice", SAFE),
        ("later/a.thrice", &later),
        ("rejected/a.thrice", &rejected),
        ("broken/a.thrice", "host {\n"),
    ])
}

fn build(desk: &Desk, policy: &str, out: &str) -> Output {
    desk.run(&["build", policy, "--out", out, "--as-of", "2026-03-01"])
}

/// Everything below a folder: files with their text, folders and links without.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        let text = kind.is_file().then(|| fs::read_to_string(&path).unwrap());
        found.insert(path.clone(), text);
        if kind.is_dir() {
            found.append(&mut tree(&path));
        }
    }
    found
}

#[test]
fn a_second_build_replaces_the_first_as_a_whole() {
    let desk = desk();
    assert_eq!(build(&desk, "safe", "out").status.code(), Some(0));
    let first = tree(&desk.path("out"));
    let script = desk.path("out/hosts/web/bin/nightly");
    assert!(first.contains_key(&script), "{:?}", first.keys());
    // What somebody has edited, and what has gone, is as it should be again.
    fs::write(&script, "#!/bin/sh\n").unwrap();
    fs::remove_dir_all(desk.path("out/hosts/web/cron.d")).unwrap();
    assert_eq!(build(&desk, "safe", "out").status.code(), Some(0));
    assert_eq!(tree(&desk.path("out")), first);
    let later = build(&desk, "later", "out");
    assert_eq!(later.status.code(), Some(0), "{}", stdout(&later));
    assert_ne!(tree(&desk.path("out")), first);
    assert!(
        desk.text("out/hosts/web/cron.d/thrice-later")
            .contains("30 4 * * *")
    );
    assert!(!desk.path("out/hosts/web/cron.d/thrice-safe").exists());
}

#[test]
fn a_policy_that_is_not_safe_leaves_everything_as_it_was() {
    let desk = desk();
    assert_eq!(build(&desk, "safe", "out").status.code(), Some(0));
    let before = tree(&desk.path(""));
    for (policy, code) in [("rejected", 1), ("broken", 2), ("gone", 2)] {
        for out in ["out", "new"] {
            let built = build(&desk, policy, out);
            assert_eq!(built.status.code(), Some(code), "{policy}");
            let told = stdout(&built);
            assert!(told.contains("error[T"), "{told}");
            assert!(told.ends_with("nothing was written: only a safe policy is built\n"));
            assert_eq!(tree(&desk.path("")), before, "{policy} to {out}");
        }
    }
}

#[test]
fn what_is_not_of_thrice_is_refused_and_left_alone() {
    let desk = desk();
    desk.put("foreign/mine", b"x");
    desk.put(
        "alien/manifest.json",
        br#"{"generator":"npm 1","files":[]}"#,
    );
    desk.put("file", b"x");
    assert_eq!(build(&desk, "safe", "mixed").status.code(), Some(0));
    desk.put("mixed/hosts/web/notes", b"x");
    symlink("mixed", desk.path("link")).unwrap();
    let before = tree(&desk.path(""));
    for (out, words) in [
        ("foreign", "it holds files, and thrice did not write it"),
        ("alien", "it holds files, and thrice did not write it"),
        ("safe", "it holds files, and thrice did not write it"),
        ("mixed", "thrice did not write `hosts/web/notes` in it"),
        ("file", "there is a file of that name"),
        ("file/out", "a part of the path is a file"),
        ("gone/out", "there is no such file or folder"),
        ("link", "it is a symbolic link"),
        (".", "this one cannot be"),
        ("..", "this one cannot be"),
        ("/", "this one cannot be"),
    ] {
        let built = build(&desk, "safe", out);
        let told = String::from_utf8(built.stderr).unwrap();
        assert_eq!(built.status.code(), Some(2), "{out}: {told}");
        assert!(told.starts_with("error[T0008]"), "{out}: {told}");
        assert!(told.contains(words), "{out}: {told}");
        assert!(told.ends_with("nothing was written\n"), "{out}: {told}");
        assert_eq!(tree(&desk.path("")), before, "{out}");
    }
}

/// Root may write everywhere, unless it runs without the right to.
#[test]
fn a_place_that_cannot_be_written_is_told_of() {
    let desk = desk();
    fs::create_dir(desk.path("closed")).unwrap();
    fs::set_permissions(desk.path("closed"), fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = Command::new("setpriv");
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout == b"0\n" {
        command.arg("--bounding-set=-dac_override");
    }
    let built = command
        .arg(env!("CARGO_BIN_EXE_thrice"))
        .args(["build", "safe", "--out", "closed/out"])
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8(built.stderr).unwrap();
    assert_eq!(built.status.code(), Some(2), "{told}");
    assert!(
        told.contains("cannot write the folder `closed/out`: permission is denied"),
        "{told}"
    );
    assert_eq!(tree(&desk.path("closed")), BTreeMap::new());
}
