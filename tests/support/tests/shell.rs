//! shellcheck must be asked in earnest, and the project's own scripts must pass it.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the outside world: they write files, and a failure is a failed test"
)]

use std::fs;
use std::path::Path;

use thrice_test_support::shell::shellcheck;

#[test]
fn a_script_that_deletes_too_much_is_rejected() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("bad.sh");
    fs::write(&script, "#!/bin/sh\nrm -rf $1/*\n").expect("the folder can be written");
    let remarks = shellcheck(&script).expect_err("an unquoted variable");
    assert!(
        remarks.contains("SC2115") && remarks.contains("SC2086"),
        "{remarks}"
    );
    fs::write(&script, "#!/bin/sh\nrm -rf -- \"${1:?}\"/*\n").expect("the folder can be written");
    assert_eq!(shellcheck(&script), Ok(()));
}

#[test]
fn the_scripts_of_the_set_up_pass() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for name in ["setup", "test", "run"] {
        assert_eq!(shellcheck(&root.join(".ci").join(name)), Ok(()), "{name}");
    }
}
