//! `thrice explain`.

mod common;

use common::{Desk, stdout};
use insta_cmd::assert_cmd_snapshot;

#[test]
fn a_code_is_explained_in_any_case() {
    let desk = Desk::new(&[]);
    assert_cmd_snapshot!("page", desk.thrice(&["explain", "t0003"]));
    assert_eq!(
        desk.run(&["explain", "t0003"]),
        desk.run(&["explain", "T0003"])
    );
}

#[test]
fn an_unknown_code_is_an_error() {
    let desk = Desk::new(&[]);
    let output = desk.run(&["explain", "T00\u{1b}3"]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.starts_with("error: there is no code `T00\\u{1b}3`"),
        "{complaint}"
    );
}

/// Every page begins with its own code, so that the list has a title for each.
#[test]
fn the_list_has_every_code_with_a_title() {
    let desk = Desk::new(&[]);
    let output = desk.run(&["explain"]);
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert!(
        lines.contains(&"T0001  a file or folder cannot be read"),
        "{lines:#?}"
    );
    assert!(lines.is_sorted(), "{lines:#?}");
    for line in lines {
        let (code, title) = line.split_once("  ").unwrap();
        assert!(
            code.len() == 5 && !title.is_empty() && !title.contains(code),
            "{line}"
        );
        let page = desk.run(&["explain", code]);
        assert!(
            stdout(&page).starts_with(&format!("# {code}: {title}\n")),
            "{line}"
        );
    }
}
