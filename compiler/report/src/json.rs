//! For programs: one JSON document, described by `schema/report.schema.json`.
//!
//! The document says which format it is in. Within one format, fields are added but never renamed,
//! removed or given another meaning.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use thrice_diagnostics::{Diagnostic, Label, SourceMap, Span};
use thrice_verdicts::{Assumption, Assumptions, Turn, Verdicts};

use crate::matrix::{Cell, Cells};
use crate::report::{Accepted, Report, Said};
use crate::{area, place};

/// The format that this version writes.
pub const FORMAT: u32 = 1;

/// Writes the whole report, with a line feed at its end, as it goes: a large one is never held as a whole.
///
/// # Errors
/// What keeps the writer from writing.
pub fn write(report: &Report, sources: &SourceMap, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document::new(report, sources))?;
    out.write_all(b"\n")
}

/// The JSON Schema of what [`write`] writes, with a line feed at its end.
#[must_use]
pub fn schema() -> String {
    text(&schemars::schema_for!(Document<'_>))
}

/// A document with a line feed at its end. Plain structs with string keys always serialise.
pub(crate) fn text(document: &impl Serialize) -> String {
    let mut out = serde_json::to_string_pretty(document).unwrap_or_default();
    out.push('\n');
    out
}

/// What `thrice check --format json` writes.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "thrice report")]
struct Document<'a> {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    format: u32,
    tool: Tool<'a>,
    /// The version of the language the policy was read in.
    language: u32,
    /// Absent where the policy could not be read that far.
    policy: Option<Policy<'a>>,
    /// SHA-256 of the policy's files; empty where none could be read.
    sha256: &'a str,
    /// The ISO date at which dates in the policy are judged.
    as_of: &'a str,
    /// Whether warnings count as errors.
    strict: bool,
    #[schemars(extend("enum" = ["safe", "rejected", "unreadable", "undecided", "internal error"]))]
    outcome: &'static str,
    /// The exit code of the command.
    exit_code: u8,
    /// The last line of the report for people.
    summary: String,
    /// The phases of the policy in the order of time.
    phases: Vec<Phase<'a>>,
    /// What was found, the heaviest first.
    findings: Vec<Finding<'a>>,
    /// What was decided.
    #[schemars(with = "Vec<VerdictRow<'a>>")]
    verdicts: VerdictRows<'a>,
    /// What the verdicts rest on.
    #[schemars(with = "Vec<AssumptionRow<'a>>")]
    assumptions: AssumptionRows<'a>,
    /// Risks the policy accepts.
    accepted: Vec<AcceptedRow<'a>>,
    /// Obligations that this version does not decide.
    not_decided: Vec<&'a str>,
    /// Classes for which the live data alone bears a verdict out.
    only_live: Vec<&'a str>,
    /// Which copy saves what, with `--proofs`; else empty.
    #[schemars(with = "Vec<Cell<'a>>")]
    survival: Cells<'a>,
    /// What was looked at, and what was left out for which reason.
    scope: Vec<&'a str>,
}

#[derive(Serialize, JsonSchema)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Policy<'a> {
    name: &'a str,
    /// May be empty.
    title: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Phase<'a> {
    name: &'a str,
    /// ISO.
    date: &'a str,
}

/// One finding, as every verb shows it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Finding<'a> {
    /// `thrice explain CODE` tells more.
    code: &'static str,
    #[schemars(extend("enum" = ["error", "unknown", "warning", "note"]))]
    severity: &'static str,
    /// The obligation, or the part of reading a policy, that the code belongs to.
    area: &'static str,
    message: &'a str,
    /// What it is about: a class, a store, a step.
    subject: Option<&'a str>,
    /// What stands behind it: `evaluated`, `proved`, `proved if`, `refuted`, `unknown`.
    engine: Option<&'static str>,
    /// Every place that matters; the first is the main one.
    places: Vec<PlaceRow<'a>>,
    /// The concrete case in the order of time.
    case: Vec<EventRow<'a>>,
    /// What to do about it.
    help: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
struct PlaceRow<'a> {
    file: &'a str,
    /// From 1.
    line: u32,
    /// In characters, from 1.
    column: u32,
    end_line: u32,
    /// One past the last character.
    end_column: u32,
    /// What about this place.
    text: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct EventRow<'a> {
    /// An ISO date, a date and time, an age, or empty where the order alone matters.
    when: &'a str,
    what: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct VerdictRow<'a> {
    obligation: &'a str,
    /// The class, store or environment.
    subject: &'a str,
    /// Empty for a verdict that belongs to no phase.
    phase: &'a str,
    /// `evaluated`, `proved`, `proved up to …` (an age, beyond which nothing was asked), `proved if`, `refuted` or `unknown`.
    engine: &'a str,
    holds: bool,
    /// The values attained.
    note: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct AssumptionRow<'a> {
    text: String,
    /// Who says so.
    source: Option<&'a str>,
    /// When that was looked up, ISO.
    date: Option<&'a str>,
    /// The monitor that would show it to be false.
    monitor: Option<&'a str>,
    /// Where the policy or the library says it.
    place: Option<PlaceRow<'a>>,
    /// Where a verdict turns: of `capacity`, `recovery-time` and `time-table`; with `--proofs` of all
    /// obligations, and assumptions on which none does are left out.
    turns: Option<TurnRow<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct TurnRow<'a> {
    /// What is assumed today.
    now: &'a str,
    /// A value at which a verdict fails; at a lower one that can be told all hold.
    at: &'a str,
    /// What then fails: obligation and subject.
    breaks: Vec<&'a str>,
}

#[derive(Serialize, JsonSchema)]
struct AcceptedRow<'a> {
    obligation: &'a str,
    subject: &'a str,
    why: &'a str,
    by: &'a str,
    /// The day on which it ends, ISO.
    until: &'a str,
    /// How many findings it covers.
    covers: usize,
}

impl<'a> Document<'a> {
    fn new(report: &'a Report, sources: &'a SourceMap) -> Self {
        let outcome = report.outcome();
        Self {
            format: FORMAT,
            tool: Tool {
                name: "thrice",
                version: &report.tool_version,
            },
            language: report.language_version,
            policy: report.policy.as_ref().map(|p| Policy {
                name: &p.name,
                title: &p.title,
            }),
            sha256: &report.hash,
            as_of: &report.as_of,
            strict: report.strict,
            outcome: outcome.word(),
            exit_code: outcome.exit_code(),
            summary: report.summary(),
            phases: report
                .phases
                .iter()
                .map(|p| Phase {
                    name: &p.name,
                    date: &p.date,
                })
                .collect(),
            findings: report
                .findings
                .iter()
                .map(|f| Finding::new(f, sources))
                .collect(),
            verdicts: VerdictRows(&report.verdicts),
            assumptions: AssumptionRows(&report.assumptions, sources),
            accepted: report.accepted.iter().map(AcceptedRow::new).collect(),
            not_decided: report.not_decided.iter().map(AsRef::as_ref).collect(),
            only_live: report.only_live.iter().map(String::as_str).collect(),
            survival: Cells(&report.survival),
            scope: report.scope.iter().map(String::as_str).collect(),
        }
    }
}

impl<'a> Finding<'a> {
    pub(crate) fn new(finding: &'a Diagnostic, sources: &'a SourceMap) -> Self {
        let label = |l: &'a Label| PlaceRow::new(l.span, &l.text, sources);
        Self {
            code: finding.code.0,
            severity: finding.severity.word(),
            area: area(finding.code),
            message: &finding.message,
            subject: finding.subject.as_deref(),
            engine: finding.engine,
            places: finding.labels.iter().filter_map(label).collect(),
            case: finding
                .case
                .iter()
                .map(|e| EventRow {
                    when: &e.when,
                    what: &e.what,
                })
                .collect(),
            help: finding.help.as_deref(),
        }
    }
}

impl<'a> PlaceRow<'a> {
    fn new(span: Span, text: &'a str, sources: &'a SourceMap) -> Option<Self> {
        let place = place::place(sources, span)?;
        Some(Self {
            file: place.file,
            line: place.start.line,
            column: place.start.column,
            end_line: place.end.line,
            end_column: place.end.column,
            text,
        })
    }
}

/// Rows that are made when they are written.
struct VerdictRows<'a>(&'a Verdicts<Said>);

impl Serialize for VerdictRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|verdict| VerdictRow {
            obligation: &verdict.said.obligation,
            subject: verdict.subject,
            phase: verdict.period,
            engine: &verdict.said.engine,
            holds: verdict.said.holds,
            note: &verdict.said.note,
        }))
    }
}

/// The same of assumptions.
struct AssumptionRows<'a>(&'a Assumptions, &'a SourceMap);

impl Serialize for AssumptionRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.iter();
        serializer.collect_seq(rows.map(|assumption| AssumptionRow::new(assumption, self.1)))
    }
}

impl<'a> AssumptionRow<'a> {
    fn new(assumption: Assumption<'a>, sources: &'a SourceMap) -> Self {
        let sentence = assumption.sentence;
        Self {
            text: assumption.text(),
            source: sentence.source.as_deref(),
            date: sentence.date.as_deref(),
            monitor: sentence.monitor.as_deref(),
            place: assumption
                .span
                .and_then(|span| PlaceRow::new(span, "", sources)),
            turns: assumption.turns.map(TurnRow::new),
        }
    }
}

impl<'a> TurnRow<'a> {
    fn new(turn: &'a Turn) -> Self {
        Self {
            now: &turn.now,
            at: &turn.at,
            breaks: turn.breaks.iter().map(String::as_str).collect(),
        }
    }
}

impl<'a> AcceptedRow<'a> {
    fn new(accepted: &'a Accepted) -> Self {
        Self {
            obligation: &accepted.obligation,
            subject: &accepted.subject,
            why: &accepted.why,
            by: &accepted.by,
            until: &accepted.until,
            covers: accepted.covers,
        }
    }
}
