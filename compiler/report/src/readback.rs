//! What came of comparing a folder with a policy, for programs (`schema/readback.schema.json`).

use schemars::JsonSchema;
use serde::Serialize;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};

use crate::json;

/// The format that this version writes.
pub const FORMAT: u32 = 1;

/// A folder that was compared.
#[derive(Clone, Debug, Default)]
pub struct Readback {
    /// The folder, as it was named.
    pub folder: String,
    /// The day that it was compared for, ISO.
    pub as_of: String,
    /// How many files it has.
    pub files: usize,
    /// What differs, and notes.
    pub findings: Vec<Diagnostic>,
}

impl Readback {
    /// How many things differ.
    #[must_use]
    pub fn differences(&self) -> usize {
        let is = |finding: &&Diagnostic| finding.severity == Severity::Error;
        self.findings.iter().filter(is).count()
    }

    /// 0 if nothing differs, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(self.differences() > 0)
    }
}

/// What `thrice verify --format json` writes.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "thrice verify")]
struct Document<'a> {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    format: u32,
    /// The folder, as it was named.
    folder: &'a str,
    /// The ISO date at which the policy was read.
    as_of: &'a str,
    /// How many files the folder has.
    files: usize,
    /// How many things differ.
    differences: usize,
    /// The exit code of the command.
    exit_code: u8,
    /// What differs, and notes. A place may lie in a file of the folder.
    findings: Vec<json::Finding<'a>>,
}

/// For programs: one JSON document, with a line feed at its end.
#[must_use]
pub fn json(readback: &Readback, sources: &SourceMap) -> String {
    let findings = readback.findings.iter();
    json::text(&Document {
        format: FORMAT,
        folder: &readback.folder,
        as_of: &readback.as_of,
        files: readback.files,
        differences: readback.differences(),
        exit_code: readback.exit_code(),
        findings: findings
            .map(|finding| json::Finding::new(finding, sources))
            .collect(),
    })
}

/// The JSON Schema of what [`json`] writes, with a line feed at its end.
#[must_use]
pub fn schema() -> String {
    json::text(&schemars::schema_for!(Document<'_>))
}
