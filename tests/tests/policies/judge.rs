//! Reads and judges a policy of the folder `policies`.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the policies from their folders"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use thrice_diagnostics::{Diagnostic, FileId, Severity, SourceMap};
use thrice_model::Model;
use thrice_report::human::{Options, findings};
use thrice_resolve::{Loader, beside, resolve};
use thrice_verify::{Verification, verify};

/// A day in the first phase: nothing that is accepted has ended.
pub const DAY: Date = date(2026, 3, 1);

/// The folder of all policies.
pub fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

/// Files below the folder of all policies, named by their path in it.
pub struct Folder;

impl Loader for Folder {
    fn load(&self, from: &str, path: &str) -> Result<(String, String), String> {
        let name = beside(from, path);
        fs::read_to_string(policies().join(&name))
            .map(|text| (name, text))
            .map_err(|e| e.to_string())
    }
}

/// A policy that has been judged.
pub struct Judged {
    /// Its texts.
    pub sources: SourceMap,
    /// What is wrong with it.
    pub findings: Vec<Diagnostic>,
    /// `None` where the text has mistakes.
    pub verified: Option<Verification>,
}

impl Judged {
    /// The codes of its findings of a severity.
    pub fn codes(&self, severity: Severity) -> BTreeSet<&'static str> {
        self.findings
            .iter()
            .filter(|f| f.severity == severity)
            .map(|f| f.code.0)
            .collect()
    }

    /// Its findings as people see them.
    pub fn shown(&self) -> String {
        findings(&self.findings, &self.sources, Options::default())
    }
}

/// The policy files of a folder, by name: their path below the folder of all policies, and their text.
pub fn files(folder: &str) -> BTreeMap<String, String> {
    fs::read_dir(policies().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".thrice"))
        .map(|name| {
            let path = format!("{folder}/{name}");
            let text = fs::read_to_string(policies().join(&path)).unwrap();
            (path, text)
        })
        .collect()
}

/// The typed policy of a folder, and what is wrong with its text. Each of its files is changed by
/// `edit`, which is told its name.
pub fn read(
    folder: &str,
    edit: impl Fn(&str, String) -> String,
) -> (SourceMap, Option<Model>, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let roots: Vec<FileId> = files(folder)
        .into_iter()
        .map(|(path, text)| {
            let text = edit(path.rsplit('/').next().unwrap(), text);
            sources.add(path, text)
        })
        .collect();
    let (model, findings) = resolve(&mut sources, &roots, folder, DAY, &Folder);
    (sources, model, findings)
}

/// The policy judged, each of its files changed by `edit`.
pub fn judge_with(folder: &str, edit: impl Fn(&str, String) -> String) -> Judged {
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

/// The policy judged as it is.
pub fn judge(folder: &str) -> Judged {
    judge_with(folder, |_, text| text)
}

/// The policy with one place in one of its files changed.
pub fn changed(folder: &str, file: &str, from: &str, to: &str) -> Judged {
    judge_with(folder, |name, text| {
        if name != file {
            return text;
        }
        assert!(text.contains(from), "{file} has no `{from}`");
        text.replacen(from, to, 1)
    })
}
