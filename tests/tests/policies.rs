//! The policies that come with thrice: the real one in both its forms, and the one to start from.

#![expect(clippy::disallowed_methods, reason = "a test reads the policies from their folders")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use thrice_diagnostics::{Diagnostic, FileId, Severity, SourceMap};
use thrice_report::human::{Options, findings};
use thrice_resolve::{Loader, resolve};
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
        fs::read_to_string(policies().join(&name)).map(|text| (name, text)).map_err(|e| e.to_string())
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
        self.findings.iter().filter(|f| f.severity == severity).map(|f| f.code.0).collect()
    }

    fn shown(&self) -> String {
        findings(&self.findings, &self.sources, Options::default())
    }
}

/// The files of a policy's folder, in the order of their names, each changed by `edit`.
fn judge_with(folder: &str, edit: impl Fn(&str, String) -> String) -> Judged {
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
    let (model, mut findings) = resolve(&mut sources, &roots, folder, DAY, &Folder);
    let verified = model.map(|model| {
        let (plan, mistakes) = thrice_plan::plan(model, DAY);
        findings.extend(mistakes);
        let mut verified = verify(&plan);
        findings.extend(verified.findings.drain(..).map(|finding| finding.diagnostic));
        verified
    });
    Judged { sources, findings, verified }
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
    assert!(judged.codes(Severity::Error).is_empty(), "{}", judged.shown());
    assert!(judged.codes(Severity::Unknown).is_empty(), "{}", judged.shown());
    insta::assert_snapshot!(judged.shown());
}

#[test]
fn starter_is_accepted() {
    let judged = judge("starter");
    assert!(judged.codes(Severity::Error).is_empty(), "{}", judged.shown());
    insta::assert_snapshot!(judged.shown());
}
