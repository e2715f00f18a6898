//! What the README shows is what the compiler does.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test writes files, and fails where it cannot"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    fs::read_to_string(place).unwrap()
}

/// The one policy that the README shows.
fn policy() -> String {
    let text = readme();
    let (_, after) = text.split_once("```thrice\n").unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

fn exit_code(arguments: &[&str], text: &str) -> Option<i32> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.thrice");
    fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_thrice"));
    command
        .args(arguments)
        .arg(&file)
        .output()
        .unwrap()
        .status
        .code()
}

#[test]
fn its_policy_is_safe_and_in_the_one_style() {
    assert_eq!(exit_code(&["check", "--strict"], &policy()), Some(0));
    assert_eq!(exit_code(&["fmt", "--check"], &policy()), Some(0));
}

#[test]
fn with_the_key_beside_the_data_it_is_rejected() {
    let beside = policy().replace("held on web, envelope", "held on web");
    assert_ne!(beside, policy());
    assert_eq!(exit_code(&["check"], &beside), Some(1));
}

#[test]
fn its_finding_is_one_of_the_real_policy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = Command::new(env!("CARGO_BIN_EXE_thrice"))
        .args(["check", "policies/vpai/as-written"])
        .current_dir(root)
        .output()
        .unwrap();
    let report = String::from_utf8(out.stdout).unwrap();
    let text = readme();
    let (_, shown) = text.split_once("```text\n").unwrap();
    let case = shown
        .split_once("  the case:\n")
        .unwrap()
        .1
        .split_once("  help:")
        .unwrap()
        .0;
    assert!(report.contains(case), "the report has no\n{case}");
}
