//! `thrice verify`: what was built, compared with the policy.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use common::{Desk, stdout};
use insta_cmd::assert_cmd_snapshot;

const POLICY: &str = include_str!("../../../policies/starter/starter.thrice");
const VERIFY: [&str; 5] = ["verify", "out", "starter", "--as-of", "2026-06-01"];
const SCRIPT: &str = "out/hosts/web/bin/nightly";
const CRON: &str = "out/hosts/web/cron.d/thrice-starter";

/// A folder `out` built from the policy in `starter`.
fn built() -> Desk {
    let desk = Desk::new(&[("starter/starter.thrice", POLICY)]);
    let output = desk.run(&["build", "starter", "--out", "out", "--as-of", "2026-06-01"]);
    assert!(output.status.success(), "{}", stdout(&output));
    desk
}

fn change(desk: &Desk, name: &str, old: &str, new: &str) {
    let text = desk.text(name);
    assert!(text.contains(old), "{name} has no {old}");
    desk.put(name, text.replacen(old, new, 1).as_bytes());
}

#[test]
fn what_was_built_is_right() {
    let output = built().run(&VERIFY);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let said = stdout(&output);
    assert!(
        said.contains("say what the policy says as of 2026-06-01"),
        "{said}"
    );
}

#[test]
fn an_edit_is_shown_beside_what_it_contradicts() {
    let desk = built();
    change(&desk, SCRIPT, "'--keep-daily' '14'", "'--keep-daily' '4'");
    change(&desk, CRON, "0 3 * * *", "0 4 * * *");
    assert_cmd_snapshot!(desk.thrice(&VERIFY));
}

#[test]
fn programs_are_told_the_same() {
    let schema = include_str!("../../report/schema/readback.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let desk = built();
    let mut command = VERIFY.to_vec();
    command.extend(["--format", "json"]);
    for differences in [0, 2] {
        let output = desk.run(&command);
        let code = i32::from(differences > 0);
        assert_eq!(output.status.code(), Some(code));
        let mut found: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&found)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(found["differences"], differences);
        assert_eq!(found["exit_code"], code);
        found["findings"] = "none".into();
        assert!(!validator.is_valid(&found));
        if differences == 0 {
            change(&desk, SCRIPT, "'--keep-daily' '14'", "'--keep-daily' '4'");
            change(&desk, CRON, "0 3 * * *", "0 4 * * *");
        }
    }
}

#[test]
fn files_that_are_missing_or_too_many_or_open_to_all() {
    let desk = built();
    fs::remove_file(desk.path(CRON)).unwrap();
    desk.put("out/hosts/web/bin/weekly", b"#!/bin/bash\n");
    fs::set_permissions(desk.path(SCRIPT), fs::Permissions::from_mode(0o777)).unwrap();
    assert_cmd_snapshot!(desk.thrice(&VERIFY));
}

#[test]
fn what_cannot_be_read_back_is_told() {
    let desk = built();
    desk.put(CRON, b"at noon\n");
    fs::remove_file(desk.path(SCRIPT)).unwrap();
    std::os::unix::fs::symlink("/bin/true", desk.path(SCRIPT)).unwrap();
    assert_cmd_snapshot!(desk.thrice(&VERIFY));
}

#[test]
fn a_comment_is_a_note() {
    let desk = built();
    change(&desk, CRON, "SHELL=", "# looked at\nSHELL=");
    assert_cmd_snapshot!(desk.thrice(&VERIFY));
}

#[test]
fn a_policy_that_has_changed_since_is_shown() {
    let desk = built();
    change(
        &desk,
        "starter/starter.thrice",
        "daily at 03:00 UTC",
        "daily at 05:00 UTC",
    );
    assert_cmd_snapshot!(desk.thrice(&VERIFY));
}

#[test]
fn nothing_to_compare() {
    let desk = Desk::new(&[
        ("starter/starter.thrice", POLICY),
        ("broken/a.thrice", "}\n"),
    ]);
    assert_cmd_snapshot!("no_folder", desk.thrice(&VERIFY));
    fs::create_dir(desk.path("out")).unwrap();
    assert_cmd_snapshot!(
        "no_policy",
        desk.thrice(&["verify", "out", "broken", "--as-of", "2026-06-01"])
    );
    let output = desk.run(&VERIFY);
    assert_eq!(
        output.status.code(),
        Some(1),
        "an empty folder carries nothing out"
    );
}

/// The real policy in each of its phases: every kind of file has a reader, and all of them find the same
/// as the plan says.
#[test]
fn the_real_policy_is_read_back() {
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/vpai/hardened");
    let kinds: Vec<&str> = thrice_readback::READERS
        .iter()
        .map(|(kind, _)| *kind)
        .collect();
    for day in ["2026-03-01", "2026-04-15", "2026-09-01"] {
        let desk = Desk::new(&[]);
        let output = desk.run(&["build", policy, "--out", "out", "--as-of", day]);
        assert!(output.status.success(), "{}", stdout(&output));
        let output = desk.run(&["verify", "out", policy, "--as-of", day]);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        let manifest: serde_json::Value =
            serde_json::from_str(&desk.text("out/manifest.json")).unwrap();
        for file in manifest["files"].as_array().unwrap() {
            let kind = file["kind"].as_str().unwrap();
            assert!(kinds.contains(&kind), "{kind} has no reader: {file}");
        }
    }
}

#[test]
fn a_role_is_read_back_too() {
    let desk = Desk::new(&[("starter/starter.thrice", POLICY)]);
    let day = ["--as-of", "2026-06-01"];
    let targets = ["--target", "runbook", "--target", "ansible"];
    let build = [
        &["build", "starter", "--out", "out"],
        &targets[..],
        &day[..],
    ]
    .concat();
    let verify = ["verify", "out", "starter", day[0], day[1]];
    assert_eq!(desk.run(&build).status.code(), Some(0));
    assert_eq!(desk.run(&verify).status.code(), Some(0));
    let variables = "out/ansible/roles/thrice/vars/hosts/web.json";
    change(&desk, variables, "\"0755\"", "\"0777\"");
    fs::remove_file(desk.path("out/ansible/inventory.yml")).unwrap();
    let found = desk.run(&verify);
    assert_eq!(found.status.code(), Some(1));
    for wrong in ["hosts/web.json", "ansible/inventory.yml"] {
        assert!(stdout(&found).contains(wrong), "{}", stdout(&found));
    }
}

#[test]
fn a_rejected_policy_has_a_runbook_and_nothing_else() {
    let desk = Desk::new(&[("starter/starter.thrice", POLICY)]);
    change(
        &desk,
        "starter/starter.thrice",
        "held on web, envelope;",
        "held on web;",
    );
    let day = ["--as-of", "2026-06-01"];
    let all = desk.run(&["build", "starter", "--out", "all", day[0], day[1]]);
    assert_eq!(all.status.code(), Some(1));
    assert!(!desk.path("all").exists());
    assert_cmd_snapshot!(desk.thrice(&[
        "build", "starter", "--target", "runbook", "--out", "out", day[0], day[1]
    ]));
    assert!(
        desk.text("out/runbook.md")
            .contains("# THIS POLICY WAS REJECTED\n")
    );
    assert!(
        desk.text("out/runbook.html")
            .contains("THIS POLICY WAS REJECTED")
    );
    assert!(!desk.path("out/hosts").exists() && !desk.path("out/buckets").exists());
}
