//! For CI systems: JUnit's XML, one test suite an obligation, one test case a verdict or finding.
//!
//! There is no standard; this keeps to what Jenkins, GitLab and GitHub's readers have in common:
//! `testsuites/testsuite/testcase` with at most one of `failure`, `error`, `skipped`. No times and
//! no host, so that the same report gives the same bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use quick_xml::escape::escape;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};
use thrice_verdicts::{Run, Verdict};

use crate::report::{Report, Said};
use crate::{OBLIGATIONS, area, place, text};

/// Writes the whole report as it goes: a large one is never held as a whole.
///
/// # Errors
/// What keeps the writer from writing.
pub fn write(report: &Report, sources: &SourceMap, out: &mut impl Write) -> io::Result<()> {
    let suites = suites(report, sources);
    let mut all = Counts::default();
    for suite in suites.values() {
        all.add(&suite.counts);
    }
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
    writeln!(out, "<testsuites name=\"thrice\"{all}>")?;
    for ((_, name), suite) in &suites {
        let counts = &suite.counts;
        writeln!(out, "  <testsuite name=\"{}\"{counts}>", attribute(name))?;
        let mine = |run: &Run<'_, Said>| run.said.obligation == *name;
        for run in report.verdicts.runs().filter(mine) {
            for verdict in run.verdicts() {
                Case::verdict(&verdict).write(name, out)?;
            }
        }
        for case in &suite.cases {
            case.write(name, out)?;
        }
        out.write_all(b"  </testsuite>\n")?;
    }
    out.write_all(b"</testsuites>\n")
}

/// What there is to say about an obligation.
#[derive(Default)]
struct Suite {
    /// Of the verdicts on it, and of the other cases.
    counts: Counts,
    /// What is no verdict.
    cases: Vec<Case>,
}

impl Suite {
    fn push(&mut self, case: Case) {
        self.counts.count(case.result, 1);
        self.cases.push(case);
    }
}

fn suites<'r>(report: &'r Report, sources: &SourceMap) -> BTreeMap<(usize, &'r str), Suite> {
    let mut suites: BTreeMap<(usize, &str), Suite> = BTreeMap::new();
    for run in report.verdicts.runs() {
        let suite = suites.entry(rank(&run.said.obligation)).or_default();
        suite.counts.count(result(run.said), run.count());
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
    suites
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

/// What does not hold is explained by a finding or covered by an acceptance, so the verdict
/// itself never fails twice: a case of its own is passed, or skipped with its reason.
fn result(said: &Said) -> Result {
    match (&*said.engine, said.holds) {
        ("unknown", _) => Result::Error,
        (_, true) => Result::Passed,
        (_, false) => Result::Skipped,
    }
}

struct Case {
    name: String,
    result: Result,
    message: String,
    details: String,
    file: Option<(String, u32)>,
}

impl Case {
    fn verdict(verdict: &Verdict<'_, Said>) -> Self {
        let mut name = verdict.subject.to_owned();
        if !verdict.period.is_empty() {
            name.push_str(&format!(" in {}", verdict.period));
        }
        let said = verdict.said;
        let result = result(said);
        let message = match result {
            Result::Error => "could not be decided",
            Result::Skipped => "does not hold: see the findings and accepted risks",
            Result::Passed | Result::Failed => "",
        };
        let details = match said.note.as_str() {
            "" => said.engine.to_string(),
            note => format!("{}: {note}", said.engine),
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

    fn write(&self, suite: &str, out: &mut impl Write) -> io::Result<()> {
        let (name, suite) = (attribute(&self.name), attribute(suite));
        write!(
            out,
            "    <testcase name=\"{name}\" classname=\"thrice.{suite}\""
        )?;
        if let Some((file, line)) = &self.file {
            write!(out, " file=\"{}\" line=\"{line}\"", attribute(file))?;
        }
        out.write_all(b">\n")?;
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
        writeln!(out, "      {line}\n    </testcase>")
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

/// How many cases came to what; shown as attributes.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn count(&mut self, result: Result, cases: usize) {
        self.tests += cases;
        match result {
            Result::Passed => {}
            Result::Failed => self.failures += cases,
            Result::Error => self.errors += cases,
            Result::Skipped => self.skipped += cases,
        }
    }

    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tests,
            failures,
            errors,
            skipped,
        } = self;
        write!(
            f,
            " tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\""
        )
    }
}

fn content(value: &str) -> String {
    escape(text::plain(value)).into_owned()
}

/// In an attribute, line breaks and tabs would be read as blanks.
fn attribute(value: &str) -> String {
    let escaped: Cow<'_, str> = escape(text::plain(value));
    escaped.replace('\n', "&#10;").replace('\t', "&#9;")
}
