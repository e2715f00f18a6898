//! `thrice build`, as far as it does not depend on what a policy means.

mod common;

use common::Desk;
use insta_cmd::assert_cmd_snapshot;

#[test]
fn a_policy_that_is_not_safe_writes_nothing() {
    let desk = Desk::new(&[("sample/a.thrice", "provider home {\n")]);
    assert_cmd_snapshot!(desk.thrice(&[
        "build",
        "sample",
        "--out",
        "out",
        "--as-of",
        "2026-02-15"
    ]));
    assert!(!desk.path("out").exists());
}

#[test]
fn an_output_folder_must_be_named() {
    let desk = Desk::new(&[("sample/a.thrice", "")]);
    assert_eq!(desk.run(&["build", "sample"]).status.code(), Some(2));
}
