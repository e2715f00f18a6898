//! The policies that come with thrice: the real one in both its forms, and the one to start from.

#[path = "policies/canonical.rs"]
mod canonical;
#[path = "policies/document.rs"]
mod document;
#[path = "policies/history.rs"]
mod history;
#[path = "policies/judge.rs"]
mod judge;

use std::collections::BTreeSet;

use jiff::civil::date;
use thrice_diagnostics::{Diagnostic, FileId, Severity};

use crate::judge::{DAY, changed, files, judge, read};

#[test]
fn as_written_is_rejected() {
    let judged = judge("vpai/as-written");
    assert!(judged.verified.is_some(), "{}", judged.shown());
    insta::assert_snapshot!(judged.shown());
}

#[test]
fn hardened_is_accepted() {
    let judged = judge("vpai/hardened");
    assert!(
        judged.codes(Severity::Error).is_empty(),
        "{}",
        judged.shown()
    );
    assert!(
        judged.codes(Severity::Unknown).is_empty(),
        "{}",
        judged.shown()
    );
    insta::assert_snapshot!(judged.shown());
}

#[test]
fn starter_is_accepted() {
    let judged = judge("starter");
    let noted = |found: &Diagnostic| found.severity == Severity::Note;
    assert!(judged.findings.iter().all(noted), "{}", judged.shown());
}

/// Each repair of the hardened form that is judged, taken back: its finding returns.
#[test]
fn each_repair_matters() {
    let (places, steps, promises) = ("places.thrice", "steps.thrice", "promises.thrice");
    let repairs = [
        ("T1202", places, "held on seko, envelope;", "held on seko;"),
        ("T1201", places, "ionos/berlin", "hetzner/nbg1"),
        (
            "T2401",
            places,
            "cost 0..0.80 EUR/month",
            "cost 0..0.90 EUR/month",
        ),
        (
            "T2305",
            places,
            "        readers preprod",
            "        encryption sse\n        readers preprod",
        ),
        (
            "T1101",
            steps,
            "to reserve.backups by seko.cron {",
            "to reserve.backups by seko.cron since nas {",
        ),
        ("T1201", steps, "copy reserve_media", "sync reserve_media"),
        (
            "T1201",
            steps,
            "copy deliverables_copy",
            "sync deliverables_copy",
        ),
        ("T1201", steps, "copy media_copy", "sync media_copy"),
        (
            "T2302",
            steps,
            "after 35 days by upload",
            "after 35 days by upload { deprecated prefix }",
        ),
        (
            "T1101",
            promises,
            "accept copies for deliverables, media",
            "accept copies for deliverables",
        ),
        (
            "T1201",
            promises,
            "accept survival for music",
            "accept survival for media",
        ),
    ];
    for (code, file, from, to) in repairs {
        let judged = changed("vpai/hardened", file, from, to);
        let found = judged.findings.iter().any(|f| f.code.0 == code);
        assert!(
            found,
            "`{to}` instead of `{from}` is not found:\n{}",
            judged.shown()
        );
    }
}

/// "10-12 TB, ZFS mirrored" (section 7) and "2x 6TB HDD" (section 9) contradict each other.
#[test]
fn the_capacity_of_the_nas_is_a_contradiction() {
    let judged = changed(
        "vpai/as-written",
        "places.thrice",
        "layout mirror",
        "capacity 10..12 TB; layout mirror",
    );
    assert_eq!(
        judged.codes(Severity::Error),
        BTreeSet::from(["T0307"]),
        "{}",
        judged.shown()
    );
}

/// What the report says of the form as written, code by code.
#[test]
fn as_written_teaches() {
    let judged = judge("vpai/as-written");
    let errors = [
        "T1101", "T1102", "T1103", "T1201", "T1202", "T1501", "T2305",
    ];
    assert!(
        judged
            .codes(Severity::Error)
            .is_superset(&BTreeSet::from(errors)),
        "{}",
        judged.shown()
    );
    let warnings = ["T2302", "T2316", "T2612"];
    assert!(
        judged
            .codes(Severity::Warning)
            .is_superset(&BTreeSet::from(warnings)),
        "{}",
        judged.shown()
    );
}

/// What is accepted can be emitted, in the first phase and in the last.
#[test]
fn hardened_can_be_carried_out() {
    let (_, model, _) = read("vpai/hardened", |_, text| text);
    let model = model.unwrap();
    for day in [DAY, date(2026, 9, 1)] {
        let (plan, _) = thrice_plan::plan(model.clone(), day);
        let emitted = [
            thrice_target_cron::emit(&plan),
            thrice_target_rclone::emit(&plan),
            thrice_target_s3_lifecycle::emit(&plan),
        ];
        for artefacts in emitted {
            assert!(!artefacts.unwrap().is_empty());
        }
    }
}

/// All policies are in the one style.
#[test]
fn policies_are_formatted() {
    for folder in ["std", "starter", "vpai", "vpai/as-written", "vpai/hardened"] {
        for (name, text) in files(folder) {
            let (tree, mistakes) = thrice_grammar::parse(FileId::new(0), &text);
            assert!(mistakes.is_empty(), "{name}: {mistakes:?}");
            assert_eq!(
                thrice_grammar::format(&tree, &text).as_deref(),
                Some(text.as_str()),
                "{name}"
            );
        }
    }
}
