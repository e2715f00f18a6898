//! Input that nobody should give: each is answered with an exit code, a code and a place, in time, and
//! without a panic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that cannot go on fails its test"
)]

mod common;

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use common::Desk;
use serde_json::Value;

/// Nonsense is this long, in bytes. A program that is not optimised reads twenty times as slowly.
const LONG: usize = if cfg!(debug_assertions) {
    250_000
} else {
    10_000_000
};
/// What a run may take: seconds of processor time, and bytes of memory.
const SECONDS: &str = "30";
const BYTES: u64 = if cfg!(debug_assertions) {
    500_000_000
} else {
    1_500_000_000
};

/// What begins every policy here.
const BASE: &str = "provider p { site s }
host h at p/s { runs cron; has restic 0.18.0; store d { medium nvme; capacity 100 GB } }
class c is files on h.d:/srv/c { size 1..2 GB }
key k { held on h; file \"/etc/k\" } repository r in h.d:/repo { engine restic 0.18.0; key k }
";

/// The exit code and the report of a check that may not take long.
fn check(desk: &Desk, path: &str) -> (Option<i32>, Value) {
    let (code, stdout, stderr) = limited(desk, &["check", path, "--format", "json"]);
    assert_eq!(stderr, "", "{path}");
    let report = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{path}: {error}"));
    (code, report)
}

fn limited(desk: &Desk, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new("prlimit")
        .args([&format!("--cpu={SECONDS}"), &format!("--as={BYTES}")])
        .arg(env!("CARGO_BIN_EXE_thrice"))
        .args(args)
        .args(["--as-of", "2026-02-15"])
        .current_dir(desk.path(""))
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Code, file and line of each finding; line 0 where there is no place.
fn told(report: &Value) -> Vec<(String, String, u64)> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            let place = &finding["places"][0];
            let file = place["file"].as_str().unwrap_or_default();
            let code = finding["code"].as_str().unwrap();
            (
                code.to_owned(),
                file.to_owned(),
                place["line"].as_u64().unwrap_or(0),
            )
        })
        .collect()
}

/// Judges one file: its first finding must have this code and stand on this line.
#[track_caller]
fn expect(text: &str, exit: i32, code: &str, line: u64) -> Value {
    let desk = Desk::new(&[("a.thrice", text)]);
    let (found, report) = check(&desk, "a.thrice");
    let told = told(&report);
    let start: String = text.chars().rev().take(60).collect();
    let wanted = (code.to_owned(), "a.thrice".to_owned(), line);
    assert!(told.contains(&wanted), "{start:?} (reversed): {told:?}");
    assert_eq!(found, Some(exit), "{told:?}");
    report
}

#[test]
fn wrong_words_and_values_are_told_of_where_they_stand() {
    for (text, code) in [
        ("backup b of c to r by h.cron { daily at 25:00 }", "T0305"),
        ("backup b of c to r by h.cron { every 7 hours }", "T0305"),
        (
            "backup b of c to r by h.cron { weekly on Someday at 03:00 }",
            "T0306",
        ),
        ("phase x = 2026-02-30", "T0501"),
        ("class x is files on h.d:/x { size 2..1 GB }", "T0304"),
        ("class x is files on h.d:/x { size 24h }", "T0301"),
        ("class x is files on h.d:/x { size 24 }", "T0302"),
        ("class c is files on h.d:/y { size 1 GB }", "T0202"),
        (
            "host i at p/s { store e { medium hdd; layout mirror of 2 x 1 TB; capacity 5 TB } }",
            "T0307",
        ),
        ("use \"a.thrice\"", "T0204"),
        ("use std/nothing", "T0406"),
        ("use \"/etc/passwd\"", "T0406"),
        ("use \"\"", "T0406"),
        (
            "class x is files on h.d:\"/a\u{0}b\" { size 1 GB }",
            "T0409",
        ),
        ("class x is files on h.d:/a/../b { size 1 GB }", "T0409"),
        ("class x is files on h.e:/x { size 1 GB }", "T0201"),
    ] {
        expect(&format!("{BASE}{text}\n"), 1, code, 5);
    }
}

#[test]
fn texts_that_are_no_policy_are_unreadable() {
    for (text, code, line) in [
        ("policy x \"open\n", "T0102", 1),
        ("\nhost h at p/s {\n", "T0103", 2),
        ("}\n", "T0104", 1),
        ("provider p { site s }\n\0\n", "T0101", 2),
        ("\u{feff}provider p { site s }\n", "T0006", 1),
        ("provider p {\r\n site s\r\n}\r\n", "T0007", 1),
        ("provider p\r{ site s }", "T0007", 1),
        ("provider \u{202e}p { site s }\n", "T0101", 1),
    ] {
        expect(text, 2, code, line);
    }
}

#[test]
fn files_of_no_statement_are_rejected() {
    for text in ["", "// nothing\n// at all", "\n\n \t\n", "/// of what?\n"] {
        expect(text, 1, "T2607", 1);
    }
}

#[test]
fn circles_are_named() {
    let desk = Desk::new(&[
        ("x/a.thrice", "use \"b\"\n"),
        ("x/b.thrice", "use \"../x/c\"\n"),
        ("x/c.thrice", "\nuse \"a\"\n"),
    ]);
    for path in ["x", "x/b.thrice"] {
        let (code, report) = check(&desk, path);
        assert_eq!(code, Some(1), "{path}");
        assert_eq!(told(&report).len(), 1, "{path}: {report:#}");
        assert_eq!(report["findings"][0]["code"], "T0204", "{path}");
    }
    let steps = "backup x of c to r by h.cron { daily at 03:00; after y }
backup y of c to r by h.cron { daily at 04:00; after x }
";
    let desk = Desk::new(&[("a.thrice", &format!("{BASE}{steps}"))]);
    let (code, report) = check(&desk, "a.thrice");
    assert_eq!(code, Some(1), "{report:#}");
    assert!(
        told(&report).iter().any(|(code, ..)| code == "T0204"),
        "{report:#}"
    );
}

#[test]
fn what_is_no_readable_file_is_told_of_by_name() {
    let desk = Desk::new(&[
        ("folder.thrice/x", ""),
        ("in/x.thrice/y", ""),
        ("none/x", ""),
    ]);
    symlink("b.thrice", desk.path("a.thrice")).unwrap();
    symlink("a.thrice", desk.path("b.thrice")).unwrap();
    symlink("nowhere", desk.path("lost.thrice")).unwrap();
    desk.put(
        "bytes.thrice",
        b"provider p { site s }\nprovider q { site \xff }\n",
    );
    desk.put("pipes/ok.thrice", BASE.as_bytes());
    let made = Command::new("mkfifo")
        .arg(desk.path("pipes/p.thrice"))
        .status();
    assert!(made.unwrap().success());
    for (path, code, words) in [
        ("gone", "T0001", "there is no such file or folder"),
        ("bytes.thrice/x", "T0001", "a part of the path is a file"),
        ("folder.thrice", "T0003", "holds no policy files"),
        ("none", "T0003", "holds no policy files"),
        ("in", "T0001", "`in/x.thrice`: it is a folder"),
        ("a.thrice", "T0001", "lead in a circle"),
        ("lost.thrice", "T0001", "there is no such file"),
        ("bytes.thrice", "T0002", "byte 40, on line 2, is wrong"),
        ("pipes", "T0001", "`pipes/p.thrice`: it is a pipe"),
    ] {
        let (exit, report) = check(&desk, path);
        assert_eq!(exit, Some(2), "{path}: {report:#}");
        assert_eq!(report["findings"][0]["code"], code, "{path}");
        let message = report["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{path}: {message}");
    }
    let (exit, _, stderr) = limited_fmt(&desk, "pipes/p.thrice");
    assert_eq!(exit, Some(2));
    assert!(stderr.contains("it is a pipe"), "{stderr}");
}

fn limited_fmt(desk: &Desk, path: &str) -> (Option<i32>, String, String) {
    let output = desk.run(&["fmt", path]);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A terminal or a CI system that reads the report must not take a file's name for a command.
#[test]
fn names_of_files_give_no_commands() {
    let name = "a\u{1b}[31m\n::warning::b.thrice";
    let desk = Desk::new(&[(&format!("x/{name}"), "nonsense\n")]);
    for format in ["human", "json", "sarif", "github", "junit"] {
        for path in ["x", name] {
            let (code, shown, stderr) = limited(&desk, &["check", path, "--format", format]);
            assert_eq!(
                code,
                Some(if path == "x" { 1 } else { 2 }),
                "{format}: {shown}"
            );
            assert_eq!(stderr, "", "{format}");
            assert!(!shown.contains('\u{1b}'), "{format}: {shown:?}");
            let command = shown.lines().find(|line| line.starts_with("::warning"));
            assert_eq!(command, None, "{format}: {shown}");
        }
    }
}

/// Root may read everything, unless it runs without the right to.
#[test]
fn what_others_may_not_read_is_told_of() {
    let desk = Desk::new(&[("open/a.thrice", BASE), ("closed/a.thrice", BASE)]);
    let mode = |path: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(desk.path(path), permissions).unwrap();
    };
    mode("open/a.thrice", 0o000);
    mode("closed", 0o000);
    let id = Command::new("id").arg("-u").output().unwrap();
    for path in ["open", "open/a.thrice", "closed", "closed/a.thrice"] {
        let mut command = if id.stdout == b"0\n" {
            let mut command = Command::new("setpriv");
            command
                .arg("--bounding-set=-dac_override,-dac_read_search")
                .arg(env!("CARGO_BIN_EXE_thrice"));
            command
        } else {
            Command::new(env!("CARGO_BIN_EXE_thrice"))
        };
        let output = command
            .args(["check", path])
            .current_dir(desk.path(""))
            .output();
        let output = output.unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}: {shown}");
        assert!(shown.contains("error[T0001]"), "{path}: {shown}");
        assert!(shown.contains("permission is denied"), "{path}: {shown}");
    }
    mode("closed", 0o755);
}

/// Ten megabytes, of the kinds that a program without optimisation reads quickly too.
#[test]
fn ten_megabytes_are_answered() {
    for (kind, exit, code) in [("{", 2, "T0105"), ("//", 1, "T2607")] {
        let desk = Desk::new(&[("a.thrice", &kind.repeat(10_000_000 / kind.len()))]);
        let (found, report) = check(&desk, "a.thrice");
        assert_eq!(
            (found, told(&report).first().map(|(code, ..)| code.as_str())),
            (Some(exit), Some(code)),
            "{kind:?}"
        );
    }
}

#[test]
fn long_nonsense_is_answered_in_time_and_room() {
    for (kind, exit, code) in [
        ("{", 2, "T0105"),
        ("host a at b/c {\n", 2, "T0105"),
        ("}", 2, "T0104"),
        ("\"", 1, "T0401"),
        ("+ ", 1, "T0401"),
        ("require not ", 1, "T0306"),
        ("\u{1D54F}\u{e9}", 2, "T0101"),
        ("\0", 2, "T0101"),
        ("\r", 2, "T0007"),
        (",", 2, "T0106"),
        ("1", 1, "T0401"),
        ("//", 1, "T2607"),
        ("provider p { site s }\n", 1, "T0202"),
        ("use std/nothing\n", 1, "T0406"),
    ] {
        let desk = Desk::new(&[("a.thrice", &kind.repeat(LONG / kind.len()))]);
        let (found, report) = check(&desk, "a.thrice");
        let told = told(&report);
        let first = told.first().map(|(code, ..)| code.as_str());
        assert_eq!((found, first), (Some(exit), Some(code)), "{kind:?}");
    }
}

#[test]
fn long_lists_and_long_names_are_taken() {
    // One each day, all within the horizon.
    let phases: String = (1..1000)
        .map(|n| format!("phase p{n} = p0 + {n} days {{ slip 0 days }}\n"))
        .collect();
    let text = format!("phase p0 = 2026-01-01 {{ slip 0 days }}\n{phases}{BASE}");
    let desk = Desk::new(&[("a.thrice", &text)]);
    let (exit, report) = check(&desk, "a.thrice");
    assert_eq!(report["phases"].as_array().map(Vec::len), Some(1000));
    assert_ne!(exit, Some(2));
    let name = "n".repeat(10_000);
    let text = format!("provider {name} {{ site s }}\nhost h at {name}x/s\n");
    expect(&text, 1, "T0201", 2);
    let deep = format!(
        "policy x \"y\" {}{}",
        "{".repeat(200_000),
        "}".repeat(200_000)
    );
    expect(&deep, 2, "T0105", 1);
}
