//! The stages, one after the other: the only file that knows them all.

use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Diagnostics, FileId, SourceMap, Span};
use thrice_report::{OBLIGATIONS, Policy, Report};

use crate::input::Input;

const INTERNAL: Code = Code("T9001");

/// A policy that has been judged.
pub struct Judged {
    /// What there is to say.
    pub report: Report,
    /// The texts it points into.
    pub sources: SourceMap,
}

/// A file that carries a policy out.
pub struct Artefact {
    /// Its path in the folder, with forward slashes.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its permissions.
    pub mode: u32,
}

/// Reads, plans and verifies. Where a stage finds an error, the later ones are left out, since what
/// they would say follows from it.
pub fn check(input: Input, as_of: Date, strict: bool) -> Judged {
    let Input {
        sources,
        roots,
        name,
        mistakes,
        ..
    } = input;
    let mut findings = Diagnostics::new();
    findings.extend(mistakes);
    for file in &roots {
        let text = sources
            .get(*file)
            .map_or_else(|| "".into(), |source| source.text.clone());
        findings.extend(thrice_grammar::parse(*file, &text).1);
    }
    let not_decided = match findings.has_errors() {
        true => Vec::new(),
        false => OBLIGATIONS.iter().map(|name| (*name).into()).collect(),
    };
    let policy = (!findings.has_errors()).then(|| Policy {
        name,
        title: String::new(),
    });
    let report = Report {
        policy,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        language_version: thrice_grammar::LANGUAGE_VERSION,
        as_of: as_of.to_string(),
        findings: findings.sorted(),
        not_decided,
        strict,
        ..Report::default()
    };
    Judged { report, sources }
}

/// The artefacts of a policy that was judged safe.
///
/// # Errors
/// What keeps a target from emitting.
pub fn build(_judged: &Judged) -> Result<Vec<Artefact>, Vec<Diagnostic>> {
    Ok(Vec::new())
}

/// A text in the one style.
///
/// # Errors
/// The mistakes in its form; those that formatting mends are none.
pub fn formatted(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let (tree, mistakes) = thrice_grammar::parse(file, text);
    let mended = |mistake: &Diagnostic| matches!(mistake.code.0, "T0006" | "T0007");
    if !mistakes.iter().all(mended) {
        return Err(mistakes);
    }
    thrice_grammar::format(&tree, text).ok_or_else(|| {
        if !mistakes.is_empty() {
            return mistakes;
        }
        let message = "this file cannot be formatted, though no mistake was found in it";
        vec![Diagnostic::error(INTERNAL, message).at(Span::new(file, 0, 0), "")]
    })
}
