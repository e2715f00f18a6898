//! `thrice fmt`.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use common::{Desk, stdout};
use insta_cmd::assert_cmd_snapshot;

const UGLY: &str = "host   vpai at ovh/gravelines{\r\nstore local{medium nvme}\r\n}\r\n";
const BROKEN: &str = "host vpai   at ovh/gravelines {\n";

/// What the formatter makes of [`UGLY`]: whatever its style is, it settles after one time.
fn pretty() -> String {
    let desk = Desk::new(&[("a.thrice", UGLY)]);
    assert_eq!(desk.run(&["fmt", "a.thrice"]).status.code(), Some(0));
    let pretty = desk.text("a.thrice");
    assert_ne!(pretty, UGLY);
    pretty
}

#[test]
fn files_are_changed_once_and_then_left_alone() {
    let pretty = pretty();
    let desk = Desk::new(&[
        ("a.thrice", UGLY),
        ("deep/er/b.thrice", UGLY),
        ("c.thrice", &pretty),
    ]);
    let first = desk.run(&["fmt", "."]);
    assert_eq!(
        (stdout(&first), first.status.code()),
        ("a.thrice\ndeep/er/b.thrice\n", Some(0))
    );
    assert_eq!(desk.text("deep/er/b.thrice"), pretty);
    let second = desk.run(&["fmt", ".", "a.thrice", "--check"]);
    assert_eq!((stdout(&second), second.status.code()), ("", Some(0)));
}

#[test]
fn check_names_what_differs_and_changes_nothing() {
    let pretty = pretty();
    let desk = Desk::new(&[
        ("x/a.thrice", UGLY),
        ("x/b.thrice", &pretty),
        ("x/.c.thrice", UGLY),
    ]);
    desk.put("x/.git/d.thrice", UGLY.as_bytes());
    desk.put("x/e.txt", UGLY.as_bytes());
    symlink(".", desk.path("x/round")).unwrap();
    assert_cmd_snapshot!(desk.thrice(&["fmt", "--check", "x"]));
    assert_eq!(desk.text("x/a.thrice"), UGLY);
}

#[test]
fn a_file_with_mistakes_is_reported_and_left_alone_and_the_others_are_formatted() {
    let desk = Desk::new(&[
        ("a.thrice", BROKEN),
        ("b.thrice", UGLY),
        ("none/readme.md", ""),
    ]);
    desk.put("c.thrice", b"\xff");
    let args = [
        "fmt",
        "a.thrice",
        "b.thrice",
        "c.thrice",
        "gone.thrice",
        "none",
    ];
    assert_cmd_snapshot!(desk.thrice(&args));
    assert_eq!(desk.text("a.thrice"), BROKEN);
    assert_eq!(desk.text("b.thrice"), pretty());
}

#[test]
fn links_and_permissions_stay() {
    let desk = Desk::new(&[("real/a.thrice", UGLY)]);
    symlink("real/a.thrice", desk.path("link.thrice")).unwrap();
    fs::set_permissions(
        desk.path("real/a.thrice"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    assert_eq!(desk.run(&["fmt", "link.thrice"]).status.code(), Some(0));
    assert!(
        fs::symlink_metadata(desk.path("link.thrice"))
            .unwrap()
            .is_symlink()
    );
    let metadata = fs::symlink_metadata(desk.path("real/a.thrice")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o640);
    assert_eq!(desk.text("real/a.thrice"), pretty());
}

#[test]
fn a_file_that_must_not_be_changed_is_not_changed() {
    let desk = Desk::new(&[("a.thrice", UGLY)]);
    fs::set_permissions(desk.path("a.thrice"), fs::Permissions::from_mode(0o444)).unwrap();
    assert_cmd_snapshot!(desk.thrice(&["fmt", "a.thrice"]));
    assert_eq!(desk.text("a.thrice"), UGLY);
    assert_eq!(
        fs::metadata(desk.path("a.thrice"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o444
    );
}
