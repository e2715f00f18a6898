//! The README of the real policy against its files: nothing of the document is left out, and no
//! change is unmarked.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the policies from their folders"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

use std::collections::BTreeSet;
use std::fs;

use crate::judge::policies;

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
