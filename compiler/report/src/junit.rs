//! For CI systems: JUnit's XML, one test suite an obligation, one test case a verdict or finding.
//!
//! There is no standard; this keeps to what Jenkins, GitLab and GitHub's readers have in common:
//! `testsuites/testsuite/testcase` with at most one of `failure`, `error`, `skipped`. No times and
//! no host, so that the same report gives the same bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quick_xml::escape::escape;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};

use crate::report::{Report, Verdict};
use crate::{OBLIGATIONS, area, place, text};

/// The whole report.
#[must_use]
pub fn render(report: &Report, sources: &SourceMap) -> String {
    let mut suites: BTreeMap<(usize, &str), Vec<Case>> = BTreeMap::new();
    for verdict in &report.verdicts {
        suites
            .entry(rank(&verdict.obligation))
            .or_default()
            .push(Case::verdict(verdict));
    }
    for finding in &report.findings {
        let case = Case::finding(finding, sources, report.strict);
        suites
            .entry(rank(area(finding.code)))
            .or_default()
            .push(case);
    }
    for obligation in &report.not_decided {
        suites.entry(rank(obligation)).or_default().push(Case {
            name: (*obligation).to_string(),
            result: Result::Skipped,
            message: "not decided by this version".to_owned(),
            details: String::new(),
            file: None,
        });
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = || suites.values().flatten();
    out.push_str(&format!("<testsuites name=\"thrice\"{}>\n", counts(all)));
    for ((_, name), cases) in &suites {
        let counts = counts(|| cases.iter());
        out.push_str(&format!(
            "  <testsuite name=\"{}\"{counts}>\n",
            attribute(name)
        ));
        for case in cases {
            case.write(name, &mut out);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Suites stand in the order of the obligations, after what belongs to none.
fn rank(name: &str) -> (usize, &str) {
    (
        OBLIGATIONS
            .iter()
            .position(|o| *o == name)
            .map_or(0, |at| at + 1),
        name,
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Result {
    Passed,
    Failed,
    Error,
    Skipped,
}

struct Case {
    name: String,
    result: Result,
    message: String,
    details: String,
    file: Option<(String, u32)>,
}

impl Case {
    /// What does not hold is explained by a finding or covered by an acceptance, so the verdict
    /// itself never fails twice: a case of its own is passed, or skipped with its reason.
    fn verdict(verdict: &Verdict) -> Self {
        let mut name = verdict.subject.to_string();
        if !verdict.phase.is_empty() {
            name.push_str(&format!(" in {}", verdict.phase));
        }
        let result = match (&*verdict.engine, verdict.holds) {
            ("unknown", _) => Result::Error,
            (_, true) => Result::Passed,
            (_, false) => Result::Skipped,
        };
        let message = match result {
            Result::Error => "could not be decided",
            Result::Skipped => "does not hold: see the findings and accepted risks",
            Result::Passed | Result::Failed => "",
        };
        let details = match &*verdict.note {
            "" => verdict.engine.to_string(),
            note => format!("{}: {note}", verdict.engine),
        };
        Self {
            name,
            result,
            message: message.to_owned(),
            details,
            file: None,
        }
    }

    fn finding(finding: &Diagnostic, sources: &SourceMap, strict: bool) -> Self {
        let mut name = finding.code.to_string();
        if let Some(subject) = &finding.subject {
            name.push_str(&format!(" {subject}"));
        }
        let result = match finding.severity {
            Severity::Error => Result::Failed,
            Severity::Unknown => Result::Error,
            Severity::Warning if strict => Result::Failed,
            Severity::Warning | Severity::Note => Result::Passed,
        };
        let place = finding.span().and_then(|span| place::place(sources, span));
        let file = place.map(|p| (p.file.to_owned(), p.start.line));
        Self {
            name,
            result,
            message: finding.message.clone(),
            details: details(finding, sources),
            file,
        }
    }

    fn write(&self, suite: &str, out: &mut String) {
        out.push_str(&format!(
            "    <testcase name=\"{}\" classname=\"thrice.{}\"",
            attribute(&self.name),
            attribute(suite)
        ));
        if let Some((file, line)) = &self.file {
            out.push_str(&format!(" file=\"{}\" line=\"{line}\"", attribute(file)));
        }
        out.push_str(">\n");
        let message = attribute(&self.message);
        let details = content(&self.details);
        let line = match self.result {
            Result::Passed if self.message.is_empty() => {
                format!("<system-out>{details}</system-out>")
            }
            Result::Passed => format!(
                "<system-out>{}\n{details}</system-out>",
                content(&self.message)
            ),
            Result::Failed => format!("<failure message=\"{message}\">{details}</failure>"),
            Result::Error => format!("<error message=\"{message}\">{details}</error>"),
            Result::Skipped => format!("<skipped message=\"{message}\"/>"),
        };
        out.push_str(&format!("      {line}\n    </testcase>\n"));
    }
}

/// Places, case and help of a finding, a line each.
fn details(finding: &Diagnostic, sources: &SourceMap) -> String {
    let mut lines = Vec::new();
    for label in &finding.labels {
        if let Some(place) = place::short(sources, label.span) {
            lines.push(
                format!("{place}: {}", label.text)
                    .trim_end_matches(": ")
                    .to_owned(),
            );
        }
    }
    lines.extend(
        finding
            .case
            .iter()
            .map(|e| format!("{} {}", e.when, e.what).trim().to_owned()),
    );
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    // A file may have a line break in its name, and what follows it could pass for another finding.
    let lines: Vec<String> = lines.iter().map(|line| text::line(line, true)).collect();
    lines.join("\n")
}

fn counts<'a, I: Iterator<Item = &'a Case>>(cases: impl Fn() -> I) -> String {
    let count = |result| cases().filter(|case| case.result == result).count();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases().count(),
        count(Result::Failed),
        count(Result::Error),
        count(Result::Skipped)
    )
}

fn content(value: &str) -> String {
    escape(text::plain(value)).into_owned()
}

/// In an attribute, line breaks and tabs would be read as blanks.
fn attribute(value: &str) -> String {
    let escaped: Cow<'_, str> = escape(text::plain(value));
    escaped.replace('\n', "&#10;").replace('\t', "&#9;")
}
