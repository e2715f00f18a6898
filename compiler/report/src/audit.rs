//! What an audit found out: for people, for programs (`schema/audit.schema.json`), for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};
use thrice_quantity::{Bytes, Seconds};

use crate::human::{self, Options};
use crate::{json, number};

/// The format of the JSON that this version writes.
pub const FORMAT: u32 = 1;

/// All severities, the heaviest first.
const SEVERITIES: [Severity; 4] = [
    Severity::Error,
    Severity::Unknown,
    Severity::Warning,
    Severity::Note,
];

/// What is on a host, next to what was promised.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// The policy's name.
    pub policy: String,
    /// SHA-256 of its files.
    pub hash: String,
    /// The host.
    pub host: String,
    /// When it was measured, in Unix seconds.
    pub at: i64,
    /// Whether warnings count as errors.
    pub strict: bool,
    /// What is not as promised, the heaviest first.
    pub findings: Vec<Finding>,
    /// What was measured.
    pub figures: Vec<Figure>,
}

/// One thing that is not as promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What to say about it.
    pub diagnostic: Diagnostic,
    /// The proofs that it voids.
    pub voids: Vec<Voided>,
}

/// Proofs that rest on something that is not so: the verdicts of `thrice check` with this obligation and
/// these subjects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Voided {
    /// The obligation.
    pub obligation: &'static str,
    /// What it was decided for: classes, stores, the policy.
    pub subjects: Vec<String>,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Things, or yes (1) and no (0).
    One,
}

impl Unit {
    /// The ending of a metric's name, as Prometheus wants it.
    const fn ending(self) -> &'static str {
        match self {
            Self::Seconds => "_seconds",
            Self::Bytes => "_bytes",
            Self::One => "",
        }
    }

    fn words(self, value: i64) -> String {
        match self {
            Self::Seconds => Seconds(value).to_string(),
            Self::Bytes => Bytes(u64::try_from(value).unwrap_or(0)).to_string(),
            Self::One => value.to_string(),
        }
    }
}

/// What there is to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measure {
    /// Its name without its unit: `class_age`.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// `class`, `step` or `store`.
    pub kind: &'static str,
    /// What it is, in a sentence.
    pub help: &'static str,
}

impl Measure {
    /// A measure.
    #[must_use]
    pub const fn new(
        name: &'static str,
        unit: Unit,
        kind: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            unit,
            kind,
            help,
        }
    }
}

/// One measured figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Of what.
    pub measure: Measure,
    /// Of which class, step or store.
    pub subject: String,
    /// How much.
    pub value: i64,
    /// How much it was promised to be at most, if that was.
    pub promised: Option<i64>,
}

impl Audit {
    /// How many findings of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let is = |finding: &&Finding| finding.diagnostic.severity == severity;
        self.findings.iter().filter(is).count()
    }

    /// `as promised`, `not as promised` or `not measured`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self.exit_code() {
            0 => "as promised",
            1 => "not as promised",
            _ => "not measured",
        }
    }

    /// As that of `thrice check`: 0 as promised, 1 not as promised, 3 something could not be measured.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.count(Severity::Error) > 0 || (self.strict && self.count(Severity::Warning) > 0) {
            1
        } else if self.count(Severity::Unknown) > 0 {
            3
        } else {
            0
        }
    }

    /// The measures, each with its figures.
    fn measures(&self) -> BTreeMap<Measure, Vec<&Figure>> {
        let mut out: BTreeMap<Measure, Vec<&Figure>> = BTreeMap::new();
        for figure in &self.figures {
            out.entry(figure.measure).or_default().push(figure);
        }
        out
    }
}

/// For people: the findings, what has a promise, and one line that says what it comes to.
#[must_use]
pub fn human(audit: &Audit, sources: &SourceMap, options: Options) -> String {
    let told: Vec<Diagnostic> = audit.findings.iter().map(told).collect();
    let mut out = human::findings(&told, sources, options);
    let mut rows = Vec::new();
    for figure in &audit.figures {
        if let Some(promised) = figure.promised {
            let unit = figure.measure.unit;
            rows.push([
                format!("`{}`", figure.subject),
                figure.measure.name.replace('_', " "),
                unit.words(figure.value),
                format!("at most {}", unit.words(promised)),
            ]);
        }
    }
    if !rows.is_empty() {
        out.push_str(if out.is_empty() { "" } else { "\n" });
        out.push_str("measured, and promised\n");
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (first, second, third) = (width(0), width(1), width(2));
    for [subject, what, value, promised] in &rows {
        let _ = writeln!(
            out,
            "  {subject:<first$}  {what:<second$}  {value:>third$}  {promised}"
        );
    }
    let _ = writeln!(
        out,
        "\n`{}` is {}: {}, {} not as promised, {} not measured, {} unmentioned",
        audit.host,
        audit.outcome(),
        number(audit.figures.len(), "figure"),
        audit.count(Severity::Error),
        audit.count(Severity::Unknown),
        audit.count(Severity::Warning)
    );
    out
}

/// A finding with what it voids as the end of its case.
fn told(finding: &Finding) -> Diagnostic {
    let mut by_subjects: BTreeMap<&[String], Vec<&str>> = BTreeMap::new();
    for voided in &finding.voids {
        let obligations = by_subjects.entry(&voided.subjects).or_default();
        obligations.push(voided.obligation);
    }
    let mut out = finding.diagnostic.clone();
    for (subjects, obligations) in by_subjects {
        let quoted: Vec<String> = subjects.iter().map(|name| format!("`{name}`")).collect();
        let what = format!(
            "what was proved of {} does not hold meanwhile: {}",
            quoted.join(", "),
            obligations.join(", ")
        );
        out = out.event("", what);
    }
    out
}

/// What `thrice audit --format json` writes.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "thrice audit")]
struct Document<'a> {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    format: u32,
    /// The policy's name.
    policy: &'a str,
    /// SHA-256 of the policy's files.
    sha256: &'a str,
    /// The host, by its name in the policy.
    host: &'a str,
    /// When it was measured, in Unix seconds.
    at_seconds: i64,
    #[schemars(extend("enum" = ["as promised", "not as promised", "not measured"]))]
    outcome: &'static str,
    /// The exit code of the command.
    exit_code: u8,
    /// What is not as promised, the heaviest first.
    findings: Vec<FindingRow<'a>>,
    /// What was measured.
    figures: Vec<FigureRow<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct FindingRow<'a> {
    #[serde(flatten)]
    finding: json::Finding<'a>,
    /// The proofs that it voids.
    voids: &'a [Voided],
}

#[derive(Serialize, JsonSchema)]
struct FigureRow<'a> {
    /// Its name, with its unit: `class_age_seconds`.
    name: String,
    /// What it is about.
    #[schemars(extend("enum" = ["class", "step", "store"]))]
    kind: &'static str,
    /// Which.
    subject: &'a str,
    /// How much.
    value: i64,
    /// How much it was promised to be at most; absent where nothing was.
    promised: Option<i64>,
}

/// For programs: one JSON document, with a line feed at its end.
#[must_use]
pub fn json(audit: &Audit, sources: &SourceMap) -> String {
    let findings = audit.findings.iter().map(|finding| FindingRow {
        finding: json::Finding::new(&finding.diagnostic, sources),
        voids: &finding.voids,
    });
    let figures = audit.figures.iter().map(|figure| FigureRow {
        name: format!("{}{}", figure.measure.name, figure.measure.unit.ending()),
        kind: figure.measure.kind,
        subject: &figure.subject,
        value: figure.value,
        promised: figure.promised,
    });
    json::text(&Document {
        format: FORMAT,
        policy: &audit.policy,
        sha256: &audit.hash,
        host: &audit.host,
        at_seconds: audit.at,
        outcome: audit.outcome(),
        exit_code: audit.exit_code(),
        findings: findings.collect(),
        figures: figures.collect(),
    })
}

/// The JSON Schema of what [`json`] writes, with a line feed at its end.
#[must_use]
pub fn schema() -> String {
    json::text(&schemars::schema_for!(Document<'_>))
}

/// In the text format of Prometheus, for the textfile collector of its `node_exporter`. Every figure is a
/// gauge in base units; what was promised has a metric of its own, so that an alert compares the two.
#[must_use]
pub fn prometheus(audit: &Audit) -> String {
    let mut out = String::new();
    let labels = format!(
        "policy=\"{}\",host=\"{}\"",
        label(&audit.policy),
        label(&audit.host)
    );
    for (measure, figures) in audit.measures() {
        let ending = measure.unit.ending();
        let line = |figure: &Figure, value: i64| {
            let subject = label(&figure.subject);
            (
                format!("{{{labels},{}=\"{subject}\"}}", measure.kind),
                value,
            )
        };
        let measured = figures.iter().map(|figure| line(figure, figure.value));
        let name = format!("{}{ending}", measure.name);
        metric(&mut out, &name, measure.help, measured);
        let promised: Vec<_> = figures
            .iter()
            .filter_map(|figure| Some(line(figure, figure.promised?)))
            .collect();
        if !promised.is_empty() {
            let name = format!("{}_promised{ending}", measure.name);
            let help = format!("At most, by the policy: {}", measure.help);
            metric(&mut out, &name, &help, promised.into_iter());
        }
    }
    let counts = SEVERITIES.map(|severity| {
        let count = i64::try_from(audit.count(severity)).unwrap_or(i64::MAX);
        (
            format!("{{{labels},severity=\"{}\"}}", severity.word()),
            count,
        )
    });
    let help = "Findings of the audit, by severity.";
    metric(&mut out, "findings", help, counts.into_iter());
    let now = [(format!("{{{labels}}}"), audit.at)];
    let help = "When the audit was made.";
    metric(&mut out, "timestamp_seconds", help, now.into_iter());
    out
}

fn metric(out: &mut String, name: &str, help: &str, lines: impl Iterator<Item = (String, i64)>) {
    let _ = writeln!(
        out,
        "# HELP thrice_audit_{name} {help}\n# TYPE thrice_audit_{name} gauge"
    );
    for (labels, value) in lines {
        let _ = writeln!(out, "thrice_audit_{name}{labels} {value}");
    }
}

/// A label's value, escaped as the format wants it.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
