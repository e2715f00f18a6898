//! `thrice check`, as far as it does not depend on what a policy means.

mod common;

use std::process::Stdio;

use common::{Desk, stdout};
use insta_cmd::assert_cmd_snapshot;

const BROKEN: &str = "policy sample \"Sample {
provider home {
    site rack \"In the cellar\"
";

#[test]
fn mistakes_in_the_form_of_a_policy() {
    let desk = Desk::new(&[("sample/a.thrice", BROKEN), ("sample/b.thrice", "}\n")]);
    assert_cmd_snapshot!(desk.thrice(&["check", "sample", "--as-of", "2026-02-15"]));
}

#[test]
fn files_that_cannot_be_read() {
    let desk = Desk::new(&[("sample/b.thrice/x", "")]);
    desk.put("sample/a.thrice", b"host a at b/c\nhost b \xc3( at b/c\n");
    assert_cmd_snapshot!(desk.thrice(&["check", "./sample/", "--as-of", "2026-02-15"]));
}

#[test]
fn nothing_to_read() {
    let desk = Desk::new(&[("empty/readme.md", "")]);
    assert_cmd_snapshot!(
        "an_empty_folder",
        desk.thrice(&["check", "empty", "--as-of", "2026-02-15"])
    );
    assert_cmd_snapshot!(
        "no_folder",
        desk.thrice(&["check", "gone", "--as-of", "2026-02-15"])
    );
}

#[test]
fn misuse_is_explained() {
    let desk = Desk::new(&[]);
    assert_cmd_snapshot!("no_path", desk.thrice(&["check"]));
    assert_cmd_snapshot!(
        "no_date",
        desk.thrice(&["check", ".", "--as-of", "tomorrow"])
    );
    assert_cmd_snapshot!("no_format", desk.thrice(&["check", ".", "--format", "pdf"]));
}

#[test]
fn help_is_short() {
    let desk = Desk::new(&[]);
    assert_cmd_snapshot!("help", desk.thrice(&["--help"]));
    assert_cmd_snapshot!("help_check", desk.thrice(&["check", "--help"]));
    assert_cmd_snapshot!("help_build", desk.thrice(&["build", "--help"]));
    assert_cmd_snapshot!("help_fmt", desk.thrice(&["fmt", "--help"]));
    assert_cmd_snapshot!("help_retention", desk.thrice(&["retention", "--help"]));
}

#[test]
fn every_format_has_the_same_exit_code() {
    let desk = Desk::new(&[("sample/a.thrice", BROKEN)]);
    for format in ["human", "json", "sarif", "github", "junit"] {
        let output = desk.run(&["check", "sample", "--format", format]);
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert!(
            stdout(&output).contains("T0102"),
            "{format}: {}",
            stdout(&output)
        );
        assert!(output.stderr.is_empty(), "{format}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_wherever_it_lies() {
    let files = [
        ("sample/a.thrice", BROKEN),
        ("sample/b.thrice", "}\n"),
        ("sample/c.thrice", "}"),
    ];
    let (one, other) = (Desk::new(&files), Desk::new(&files));
    for format in ["human", "json", "sarif", "github", "junit"] {
        let args = [
            "check",
            "sample",
            "--format",
            format,
            "--as-of",
            "2026-02-15",
        ];
        let here = one.run(&args);
        for _ in 0..3 {
            assert_eq!(stdout(&here), stdout(&other.run(&args)), "{format}");
        }
    }
}

#[test]
fn colours_and_ascii_are_what_was_asked_for() {
    let desk = Desk::new(&[("sample/a.thrice", BROKEN)]);
    let escapes = |args: &[&str]| {
        let args = [&["check", "sample"], args].concat();
        stdout(&desk.run(&args)).contains('\u{1b}')
    };
    assert!(!escapes(&[]));
    assert!(escapes(&["--color", "always"]));
    assert!(!escapes(&["--color", "never"]));
    assert!(!escapes(&["--no-color"]));
    assert!(!stdout(&desk.run(&["check", "sample"])).is_ascii());
    assert!(stdout(&desk.run(&["check", "sample", "--ascii"])).is_ascii());
}

/// `/dev/full` fails every write; a closed pipe is what `thrice … | head` leaves.
#[test]
fn a_reader_that_goes_away_is_no_mistake_and_a_full_disk_is_one() {
    let desk = Desk::new(&[("sample/a.thrice", BROKEN)]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = desk
        .thrice(&["explain"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = desk.thrice(&["explain"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.starts_with("error: cannot write to standard output"),
        "{complaint}"
    );
}
