//! Findings and figures, as they come up.

use thrice_diagnostics::{Code, Diagnostic, Event, Severity, Span};
use thrice_model::{HostId, Step, StepId};
use thrice_plan::Plan;
use thrice_report::audit::{Figure, Finding, Measure, Voided};
use thrice_target::layout;

use crate::measured::{Measured, Record};

/// A step has not run as promised.
pub const RUN: Code = Code("T3201");
/// The newest usable copy of a class is older than its recovery point.
pub const AGE: Code = Code("T3202");
/// Something is otherwise than proofs assume.
pub const ASSUMED: Code = Code("T3203");
/// More is used than is promised.
pub const ROOM: Code = Code("T3204");
/// What a capture left is not there as it left it.
pub const LEFT: Code = Code("T3205");
/// Snapshots are gone that keep rules keep.
pub const MISSING: Code = Code("T3206");
/// Snapshots are there that keep rules do not keep.
pub const STALE: Code = Code("T3207");
/// A bucket is not as the policy says.
pub const BUCKET: Code = Code("T3208");
/// Something could not be measured.
pub const UNMEASURED: Code = Code("T3209");
/// Something is there that the policy does not mention.
pub const UNMENTIONED: Code = Code("T3210");

/// What is judged, and what was found so far.
pub struct Judge<'a> {
    pub plan: &'a Plan,
    pub host: HostId,
    pub measured: &'a Measured,
    /// The present, in Unix seconds.
    pub now: i64,
    pub findings: Vec<Finding>,
    /// What may follow from findings.
    pub consequences: Vec<Consequence>,
    pub figures: Vec<Figure>,
}

/// A finding about a class, unless findings about the steps that make its copies say it all.
pub struct Consequence {
    pub finding: Finding,
    /// What it comes to, in a line.
    pub told: String,
    /// For each copy the steps on its way, by their names.
    pub ways: Vec<Vec<String>>,
}

impl Consequence {
    /// Whether a finding explains what is wrong with a copy: a step on its way did not run, or what it left is
    /// not there.
    fn is_by(&self, finding: &Finding, way: &[String]) -> bool {
        let Diagnostic {
            code,
            severity,
            subject,
            ..
        } = &finding.diagnostic;
        matches!(*code, RUN | LEFT | MISSING)
            && *severity == Severity::Error
            && subject.as_ref().is_some_and(|name| way.contains(name))
    }

    /// Has its causes tell of it, if there is one for each copy; else it stands for itself, and is given back.
    pub fn settle(self, findings: &mut [Finding]) -> Option<Finding> {
        let has_cause = |way: &Vec<String>| findings.iter().any(|f| self.is_by(f, way));
        if !self.ways.iter().all(has_cause) {
            return Some(self.finding);
        }
        for finding in findings {
            if self.ways.iter().any(|way| self.is_by(finding, way)) {
                finding.diagnostic.case.push(Event {
                    when: String::new(),
                    what: self.told.clone(),
                });
                add(&mut finding.voids, &self.finding.voids);
            }
        }
        None
    }
}

/// Adds what else is void.
fn add(voids: &mut Vec<Voided>, more: &[Voided]) {
    for void in more {
        match voids.iter_mut().find(|it| it.obligation == void.obligation) {
            Some(known) => {
                known.subjects.extend_from_slice(&void.subjects);
                known.subjects.sort_unstable();
                known.subjects.dedup();
            }
            None => voids.push(void.clone()),
        }
    }
}

impl Judge<'_> {
    pub fn find(&mut self, diagnostic: Diagnostic, voids: Vec<Voided>) {
        self.findings.push(Finding { diagnostic, voids });
    }

    pub fn figure(
        &mut self,
        measure: Measure,
        subject: &str,
        value: i64,
        promised: impl Into<Option<i64>>,
    ) {
        self.figures.push(Figure {
            measure,
            subject: subject.to_owned(),
            value,
            promised: promised.into(),
        });
    }

    /// Something that a proof rests on could not be looked at.
    pub fn unmeasured(&mut self, subject: &str, span: Span, why: &str, voids: Vec<Voided>) {
        let message = format!("`{subject}` could not be measured: {why}");
        let diagnostic = Diagnostic::new(UNMEASURED, Severity::Unknown, message)
            .at(span, "promised here")
            .about(subject);
        self.find(diagnostic, voids);
    }

    /// Something that nothing was promised of could not be looked at.
    pub fn overlooked(&mut self, subject: &str, why: &str) {
        let message = format!("{why}, so what the policy does not mention there is not known");
        let diagnostic = Diagnostic::new(UNMEASURED, Severity::Note, message).about(subject);
        self.find(diagnostic, Vec::new());
    }

    /// The record of a step's last run on this host, if there is one.
    pub fn record(&self, id: StepId) -> Option<&Record> {
        let record = self.measured.records.get(&layout::step(self.plan, id))?;
        record.as_ref().ok()?.as_ref()
    }
}

/// A failure that is about a step.
pub fn of_step(code: Code, step: &Step, message: String) -> Diagnostic {
    Diagnostic::error(code, message).about(step.named.name.to_string())
}

/// Bytes as a figure.
pub fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A count as a figure.
pub fn count(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}

/// The verb after a count.
pub const fn is(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// A moment for people.
pub fn moment(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or_else(
        |_| second.to_string(),
        |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// The first of some names, and how many more there are.
pub fn some(names: &[String]) -> String {
    const NAMED: usize = 5;
    let told: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    let told = told.join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}
