//! The policies that come with thrice: the real one in both its forms, and the one to start from.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the policies from their folders"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use thrice_diagnostics::{Diagnostic, FileId, Severity, SourceMap};
use thrice_model::{ClassId, Demand, Model, StepTarget, Verb};
use thrice_report::human::{Options, findings};
use thrice_resolve::{Loader, resolve};
use thrice_retention::{Regular, steady_history};
use thrice_verify::{Verification, verify};

/// A day in the first phase: nothing that is accepted has ended.
const DAY: Date = date(2026, 3, 1);

/// The folder of all policies.
fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

/// Files below the folder of all policies, named by their path in it.
struct Folder;

impl Loader for Folder {
    fn load(&self, from: &str, path: &str) -> Result<(String, String), String> {
        let mut name: Vec<&str> = from.split('/').collect();
        name.pop();
        for part in path.split('/') {
            match part {
                ".." => drop(name.pop()),
                part => name.push(part),
            }
        }
        let name = name.join("/");
        fs::read_to_string(policies().join(&name))
            .map(|text| (name, text))
            .map_err(|e| e.to_string())
    }
}

/// A policy that has been judged.
struct Judged {
    sources: SourceMap,
    findings: Vec<Diagnostic>,
    /// `None` where the text has mistakes.
    verified: Option<Verification>,
}

impl Judged {
    fn codes(&self, severity: Severity) -> BTreeSet<&'static str> {
        self.findings
            .iter()
            .filter(|f| f.severity == severity)
            .map(|f| f.code.0)
            .collect()
    }

    fn shown(&self) -> String {
        findings(&self.findings, &self.sources, Options::default())
    }
}

/// The typed policy of a folder, and what is wrong with its text. Its files are read in the order of
/// their names, each changed by `edit`.
fn read(
    folder: &str,
    edit: impl Fn(&str, String) -> String,
) -> (SourceMap, Option<Model>, Vec<Diagnostic>) {
    let mut names: Vec<String> = fs::read_dir(policies().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".thrice"))
        .collect();
    names.sort();
    let mut sources = SourceMap::new();
    let roots: Vec<FileId> = names
        .iter()
        .map(|name| {
            let path = format!("{folder}/{name}");
            let text = fs::read_to_string(policies().join(&path)).unwrap();
            sources.add(path, edit(name, text))
        })
        .collect();
    let (model, findings) = resolve(&mut sources, &roots, folder, DAY, &Folder);
    (sources, model, findings)
}

fn judge_with(folder: &str, edit: impl Fn(&str, String) -> String) -> Judged {
    let (sources, model, mut findings) = read(folder, edit);
    let verified = model.map(|model| {
        let (plan, mistakes) = thrice_plan::plan(model, DAY);
        findings.extend(mistakes);
        let mut verified = verify(&plan);
        findings.extend(
            verified
                .findings
                .drain(..)
                .map(|finding| finding.diagnostic),
        );
        verified
    });
    Judged {
        sources,
        findings,
        verified,
    }
}

fn judge(folder: &str) -> Judged {
    judge_with(folder, |_, text| text)
}

/// The policy with one place in one of its files changed.
fn changed(folder: &str, file: &str, from: &str, to: &str) -> Judged {
    judge_with(folder, |name, text| {
        if name != file {
            return text;
        }
        assert!(text.contains(from), "{file} has no `{from}`");
        text.replacen(from, to, 1)
    })
}

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
    assert!(
        judged.codes(Severity::Error).is_empty(),
        "{}",
        judged.shown()
    );
    insta::assert_snapshot!(judged.shown());
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
            "        readers nextcloud",
            "        encryption sse\n        readers nextcloud",
        ),
        (
            "T1101",
            steps,
            "to reserve.backups by seko.cron {",
            "to reserve.backups by seko.cron since nas {",
        ),
        (
            "T1201",
            steps,
            "copy reserve_documents",
            "sync reserve_documents",
        ),
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

/// The sections of the document, with their subsections.
const SECTIONS: [&str; 33] = [
    "1 Architecture Overview",
    "1 Design Principles",
    "2 S3 Bucket Strategy",
    "2 Bucket 1: vpai-backups",
    "2 Bucket 2: vpai-shared",
    "3 Restic Retention",
    "3 How GFS Works with Restic",
    "3 Raw Files Retention",
    "4 VPS VPAI",
    "4 VPS Applicatif",
    "4 Why NOT Restic for Media/Documents",
    "5 Repositories",
    "5 Backup Jobs",
    "5 Zerobyte UI Configuration",
    "6 Daily Seed Export",
    "6 Seeding Workflow",
    "6 Data Anonymization Matrix",
    "7 Three Temperature Tiers",
    "7 Lifecycle Rules",
    "7 S3 Lifecycle Policy",
    "8 T0",
    "8 T+6 Weeks",
    "8 T+6 Months",
    "8 Full Architecture at T+6 Months",
    "9 Monthly Recurring",
    "9 One-Time Costs",
    "9 S3 Storage Estimate",
    "10 External Storage Configuration",
    "10 Known Limitations with Hetzner S3",
    "10 Recommended Approach",
    "11 Monthly Sync Script",
    "11 NAS Directory Structure",
    "11 3-2-1 Backup Validation",
];

/// All that the form as written consists of, one text.
fn as_written() -> String {
    let folder = policies().join("vpai");
    let files = [
        "requirements",
        "inventory",
        "as-written/places",
        "as-written/steps",
        "as-written/estimates",
    ];
    files
        .map(|file| fs::read_to_string(folder.join(format!("{file}.thrice"))).unwrap())
        .join("\n")
}

/// Every section of the document has its row, and every statement that a row names is there.
#[test]
fn each_section_is_said() {
    let readme = fs::read_to_string(policies().join("vpai/README.md")).unwrap();
    let start = readme.find("## Where each section").unwrap();
    let end = readme.find("## What the document leaves unsaid").unwrap();
    let rows: Vec<Vec<&str>> = readme[start..end]
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| section"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), SECTIONS);
    let text = as_written();
    for row in &rows {
        let named: Vec<&str> = row[1].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{} names no statement", row[0]);
        for name in named {
            assert!(text.contains(name), "{}: nothing says `{name}`", row[0]);
        }
    }
}

/// Every change of the list is marked where it was made, and no other is.
#[test]
fn each_change_is_marked() {
    let readme = fs::read_to_string(policies().join("vpai/README.md")).unwrap();
    let list = &readme[readme.find("## The changes").unwrap()..];
    let listed: BTreeSet<u32> = list
        .lines()
        .filter_map(|line| line.split_once(". ")?.0.parse().ok())
        .collect();
    let folder = policies().join("vpai/hardened");
    let text = ["places", "steps", "promises"]
        .map(|file| fs::read_to_string(folder.join(format!("{file}.thrice"))).unwrap())
        .join("\n");
    let marked: BTreeSet<u32> = text
        .split("CHANGE ")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(listed, marked);
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

/// The backups of classes whose keep rules leave a wider hole than the policy asks for, or reach less
/// far back.
fn short_histories(folder: &str) -> Vec<String> {
    let (_, model, _) = read(folder, |_, text| text);
    let model = model.unwrap();
    let mut out = Vec::new();
    for requirement in &model.requirements {
        let Demand::History { reach, gap } = requirement.demand else {
            continue;
        };
        let asked = |class: &ClassId| requirement.selection.classes.contains(class);
        for (_, step) in model
            .steps
            .iter()
            .filter(|(_, s)| s.classes.iter().any(|(c, _)| asked(c)))
        {
            let (
                Verb::Backup {
                    keep: Some((rules, _)),
                    ..
                },
                StepTarget::Repository(repository, _),
            ) = (&step.verb, &step.target)
            else {
                continue;
            };
            let (schedule, _) = step.timing.schedule.as_ref().unwrap();
            let regular = Regular {
                schedule,
                zone: &TimeZone::UTC,
                stored: &TimeZone::UTC,
            };
            let history =
                steady_history(rules, model.repositories[*repository].restic, regular).unwrap();
            let widest = history.unwrap().widest_gap_within(reach);
            if widest.is_none_or(|widest| widest > gap) {
                let widest = widest.map_or("less".to_owned(), |w| w.to_string());
                out.push(format!("{} {reach}: {widest}", step.named.name));
            }
        }
    }
    out
}

/// Nobody gets two years from `2 yearly`, nor six months from `6 monthly`, nor four weeks from `4 weekly`.
#[test]
fn keep_rules_reach_as_far_as_promised() {
    assert_eq!(short_histories("vpai/hardened"), Vec::<String>::new());
    insta::assert_snapshot!(short_histories("vpai/as-written").join("\n"));
}
