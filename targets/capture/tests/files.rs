//! Copies of SQLite databases and folders.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use common::Capture;
use thrice_model::CaptureMethod;
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::span;
use thrice_test_support::run;

fn sqlite(path: impl AsRef<Path>, sql: &str) -> String {
    run(Command::new("sqlite3").arg(path.as_ref()).arg(sql))
}

#[test]
fn a_sqlite_database_in_use_comes_back_equal() {
    let capture = Capture::new(CaptureMethod::Sqlite, "live/it's a.db", "");
    let live = capture.bench.write("live/it's a.db", "");
    sqlite(
        &live,
        "PRAGMA journal_mode = wal; CREATE TABLE t (i INTEGER PRIMARY KEY, text);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) INSERT INTO t SELECT i, 'x' || i FROM n;",
    );
    // A writer with changes that are not in the file itself yet.
    let mut writer = Command::new("sqlite3")
        .arg(&live)
        .args([
            "-cmd",
            "PRAGMA wal_autocheckpoint = 0",
            "-cmd",
            "INSERT INTO t VALUES (1000, 'late')",
        ])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    capture.succeeds();
    drop(writer.stdin.take());
    writer.wait().unwrap();
    assert_eq!(capture.left(), ["database-latest.sqlite"]);
    let copy = capture.bench.folder().join("dumps/database-latest.sqlite");
    assert_eq!(sqlite(&copy, "SELECT count(*) FROM t"), "501\n");
    assert_eq!(sqlite(&copy, ".dump"), sqlite(&live, ".dump"));
    capture.is_clean();
}

#[test]
fn databases_of_a_folder_are_compared_with_the_list() {
    let capture =
        Capture::new(CaptureMethod::Sqlite, "live", "").parts(&["a.db", "sub/b.db", "gone.db"]);
    for name in ["a.db", "sub/b.db", "sub/unknown"] {
        let path = capture.bench.write(&format!("live/{name}"), "");
        sqlite(path, "CREATE TABLE t (i); INSERT INTO t VALUES (1)");
    }
    capture.bench.write("live/notes.txt", "no database");
    let finished = capture.fails("there is no file");
    assert!(
        finished.stderr.contains("there is 'sub/unknown'"),
        "{finished}"
    );
    assert_eq!(capture.left().len(), 2, "{:?}", capture.left());
    assert_eq!(capture.number("undeclared"), 1);
}

#[test]
fn a_damaged_or_empty_database_is_not_published() {
    let capture = Capture::new(CaptureMethod::Sqlite, "live/a.db", "");
    let live = capture.bench.write("live/a.db", "");
    capture.fails("holds no table");
    sqlite(
        &live,
        "PRAGMA page_size = 512; CREATE TABLE t (i INTEGER PRIMARY KEY, text); CREATE INDEX x ON t (text);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) INSERT INTO t SELECT i, 'text ' || i FROM n;",
    );
    capture.succeeds();
    let before = capture.bytes("a.db-latest.sqlite");
    let mut bytes = fs::read(&live).unwrap();
    for byte in bytes.iter_mut().skip(40_000).take(5000) {
        *byte = 0xff;
    }
    fs::write(&live, bytes).unwrap();
    capture.fails("is damaged");
    assert_eq!(capture.bytes("a.db-latest.sqlite"), before);
}

/// All entries below a folder: kind, mode, owner, time, content.
fn all(folder: &Path) -> String {
    let list = r#"find . -mindepth 1 -printf '%y %m %U %G %T@ %P %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum"#;
    run(Command::new("sh").args(["-c", list]).current_dir(folder))
}

#[test]
fn folders_are_copied_as_they_are() {
    let capture = Capture::new(CaptureMethod::Files, "live", "").parts(&["one", "two's"]);
    capture.bench.write("live/one/a/b.txt", "text");
    capture.bench.write("live/one/.hidden", "text");
    capture.bench.write("live/two's/-n", "text");
    std::os::unix::fs::symlink("/nowhere", capture.bench.folder().join("live/one/link")).unwrap();
    fs::set_permissions(
        capture.bench.folder().join("live/one/a"),
        fs::Permissions::from_mode(0o750),
    )
    .unwrap();
    capture.succeeds();
    let two = format!("{}-latest", thrice_target::filename("two's"));
    assert_eq!(capture.left(), ["one-latest".to_owned(), two]);
    let (live, copy) = (
        capture.bench.folder().join("live/one"),
        capture.bench.folder().join("dumps/one-latest"),
    );
    assert_eq!(all(&live), all(&copy));

    // A second run replaces it; what is gone is gone, and an interrupted one is put right.
    fs::remove_file(live.join(".hidden")).unwrap();
    fs::rename(&copy, capture.bench.folder().join("dumps/one-former")).unwrap();
    capture.bench.write("live/three/c", "text");
    let finished = capture.succeeds();
    assert!(finished.stderr.contains("there is 'three'"), "{finished}");
    assert_eq!(all(&live), all(&copy));
    assert_eq!(capture.left().len(), 2);

    // An empty one is no copy, and the one of before stays.
    fs::remove_dir_all(capture.bench.folder().join("live/two's")).unwrap();
    fs::create_dir(capture.bench.folder().join("live/two's")).unwrap();
    capture.fails("is empty");
    assert_eq!(capture.left().len(), 2);
    capture.is_clean();
}

#[test]
fn old_folders_stay_as_long_as_they_are_kept() {
    let capture = Capture::new(CaptureMethod::Files, "live", "")
        .edit(|parts| parts.keeps = Some((Interval::point(Seconds(3600)), span())));
    capture.bench.write("live/a", "first");
    capture
        .bench
        .write("dumps/data-20260101T000000Z/a", "very old");
    capture.succeeds();
    assert_eq!(capture.left(), ["data-latest"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    capture.bench.write("live/a", "second");
    capture.succeeds();
    let left = capture.left();
    assert_eq!(left.len(), 2);
    assert_eq!(capture.bytes(&format!("{}/a", left[0])), b"first");
    assert_eq!(capture.bytes("data-latest/a"), b"second");
}
