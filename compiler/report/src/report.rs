//! The report as plain data, and what it comes to.

use std::borrow::Cow;

use ecow::EcoString;

use thrice_diagnostics::{Diagnostic, Severity};
use thrice_verdicts::{Assumptions, Matrix, Verdicts};

use crate::area;
use crate::matrix::Saved;

/// Everything a run found out.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The version of thrice, such as `0.1.0`.
    pub tool_version: String,
    /// The version of the language.
    pub language_version: u32,
    /// Name and title of the policy; none where it could not be read that far.
    pub policy: Option<Policy>,
    /// SHA-256 of the policy's files, in hexadecimal; empty where none could be read.
    pub hash: String,
    /// The date at which dates in the policy are judged, ISO.
    pub as_of: String,
    /// The phases in the order of time.
    pub phases: Vec<PhaseDate>,
    /// What was found, in the order in which it is shown (see `Diagnostics::sorted`).
    pub findings: Vec<Diagnostic>,
    /// What was decided, obligation by obligation.
    pub verdicts: Verdicts<Said>,
    /// What the verdicts rest on.
    pub assumptions: Assumptions,
    /// Risks that the policy accepts.
    pub accepted: Vec<Accepted>,
    /// Obligations that this version does not decide.
    pub not_decided: Vec<Cow<'static, str>>,
    /// Classes for which the live data alone bears a verdict out: no copy does.
    pub only_live: Vec<String>,
    /// What came of cases on the simulator that are worked out, an obligation each.
    pub plays: Vec<Plays>,
    /// The faults, in words, under which alone it was decided what depends on them; none: it was all decided.
    pub under: Vec<String>,
    /// Which copy saves what; empty where nobody asked for it.
    pub survival: Matrix<Saved>,
    /// Whether the assumptions are those that a verdict rests on, each with its turn: of all obligations,
    /// not only of those that are evaluated at a worst case.
    pub ledger: bool,
    /// What was looked at, such as `11 classes`, and what was left out, with the reason.
    pub scope: Vec<String>,
    /// Whether warnings count as errors.
    pub strict: bool,
}

/// What a policy calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its title; may be empty.
    pub title: String,
}

/// A phase and the ISO date at which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseDate {
    /// Its name.
    pub name: String,
    /// When it begins.
    pub date: String,
}

/// What came out of one obligation: for a class, store or environment, in a phase, whose name is empty where it
/// belongs to none in particular.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// Which obligation, one of [`crate::OBLIGATIONS`].
    pub obligation: Cow<'static, str>,
    /// What stands behind it: `evaluated`, `proved`, `proved up to 1096 d`, `proved if`, `refuted` or `unknown`.
    pub engine: Cow<'static, str>,
    /// Whether the obligation is met.
    pub holds: bool,
    /// The values attained, such as `3 copies on 2 media`.
    pub note: EcoString,
}

/// What came of an obligation's cases on the simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plays {
    /// Which obligation.
    pub obligation: Cow<'static, str>,
    /// How many came about.
    pub replayed: usize,
    /// What those rest on that could not be played, such as `missed runs`.
    pub rest_on: Vec<String>,
}

/// A risk that somebody took on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Which obligation.
    pub obligation: Cow<'static, str>,
    /// For what.
    pub subject: String,
    /// The reason given.
    pub why: String,
    /// Who took it on.
    pub by: String,
    /// The day on which it ends, ISO.
    pub until: String,
    /// How many findings it covers today.
    pub covers: usize,
}

/// What a report comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything decided is met: exit code 0.
    Safe,
    /// Something is not met: exit code 1.
    Rejected,
    /// The input could not be read as a policy: exit code 2.
    Unreadable,
    /// Nothing is known to be wrong, but not everything asked could be decided: exit code 3.
    Undecided,
    /// The program contradicts itself: exit code 101.
    Internal,
}

impl Outcome {
    /// The exit code of the command line.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Safe => 0,
            Self::Rejected => 1,
            Self::Unreadable => 2,
            Self::Undecided => 3,
            Self::Internal => 101,
        }
    }

    /// The word used in every output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Rejected => "rejected",
            Self::Unreadable => "unreadable",
            Self::Undecided => "undecided",
            Self::Internal => "internal error",
        }
    }
}

/// How many findings of each severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Findings that could not be decided.
    pub unknowns: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Report {
    /// What the report comes to. An error in a file or in its syntax means that there is no policy
    /// to judge; any other error, and with `strict` a warning, rejects it. A report in which
    /// nothing at all was decided is never safe.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let errors = || {
            self.findings
                .iter()
                .filter(|f| f.severity == Severity::Error)
        };
        let counts = self.counts();
        if errors().any(|f| area(f.code) == "internal") {
            Outcome::Internal
        } else if errors().any(|f| matches!(area(f.code), "files" | "syntax")) {
            Outcome::Unreadable
        } else if counts.errors > 0 || (self.strict && counts.warnings > 0) {
            Outcome::Rejected
        } else if counts.unknowns > 0
            || self.verdicts.is_empty()
            || self.verdicts.any(|said| said.engine == "unknown")
        {
            Outcome::Undecided
        } else {
            Outcome::Safe
        }
    }

    /// How many findings of each severity.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |severity| {
            self.findings
                .iter()
                .filter(|f| f.severity == severity)
                .count()
        };
        Counts {
            errors: count(Severity::Error),
            unknowns: count(Severity::Unknown),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }

    /// The last line of every report: `rejected: 2 errors, 1 warning; 31 of 33 verdicts hold`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = self.counts();
        let mut parts: Vec<String> = [
            (counts.errors, "error"),
            (counts.unknowns, "unknown"),
            (counts.warnings, "warning"),
            (counts.notes, "note"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| number(count, word))
        .collect();
        if parts.is_empty() {
            parts.push("nothing found".to_owned());
        }
        let mut line = format!("{}: {}", self.outcome().word(), parts.join(", "));
        if !self.verdicts.is_empty() {
            let hold = self.verdicts.count(|said| said.holds);
            let all = self.verdicts.count(|_| true);
            line.push_str(&format!(
                "; {hold} of {} {}",
                number(all, "verdict"),
                holds(all)
            ));
        }
        if !self.accepted.is_empty() {
            line.push_str(&format!(
                "; {}",
                number(self.accepted.len(), "accepted risk")
            ));
        }
        if !self.not_decided.is_empty() {
            line.push_str(&format!(
                "; {} not decided",
                number(self.not_decided.len(), "obligation")
            ));
        }
        line
    }
}

fn holds(count: usize) -> &'static str {
    if count == 1 { "holds" } else { "hold" }
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn number(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

#[cfg(test)]
mod tests {
    use thrice_diagnostics::Code;

    use super::*;

    fn verdict(engine: &'static str) -> (EcoString, EcoString, Said) {
        let said = Said {
            obligation: "copies".into(),
            engine: engine.into(),
            holds: true,
            note: EcoString::new(),
        };
        ("databases".into(), "t0".into(), said)
    }

    fn outcome(severities: &[(Severity, &'static str)], engine: &'static str, strict: bool) -> u8 {
        let findings = severities
            .iter()
            .map(|(s, code)| Diagnostic::new(Code(code), *s, "x"))
            .collect();
        let report = Report {
            findings,
            verdicts: [verdict(engine)].into_iter().collect(),
            strict,
            ..Report::default()
        };
        report.outcome().exit_code()
    }

    #[test]
    fn the_worst_finding_decides() {
        use Severity::{Error, Note, Unknown, Warning};
        assert_eq!(outcome(&[], "proved", false), 0);
        assert_eq!(outcome(&[(Note, "T2001")], "proved", true), 0);
        assert_eq!(outcome(&[(Warning, "T1301")], "proved", false), 0);
        assert_eq!(outcome(&[(Warning, "T1301")], "proved", true), 1);
        assert_eq!(outcome(&[(Unknown, "T1201")], "proved", false), 3);
        assert_eq!(
            outcome(&[(Unknown, "T1201"), (Warning, "T1301")], "proved", true),
            1
        );
        assert_eq!(
            outcome(&[(Unknown, "T1201"), (Error, "T1101")], "proved", false),
            1
        );
        assert_eq!(outcome(&[(Error, "T0201")], "proved", false), 1);
        assert_eq!(
            outcome(&[(Error, "T0101"), (Error, "T0201")], "proved", false),
            2
        );
        assert_eq!(outcome(&[(Warning, "T0101")], "proved", false), 0);
        assert_eq!(
            outcome(&[(Error, "T9001"), (Error, "T0101")], "proved", false),
            101
        );
        assert_eq!(outcome(&[], "unknown", false), 3);
    }

    #[test]
    fn a_report_without_verdicts_is_never_safe() {
        assert_eq!(Report::default().outcome(), Outcome::Undecided);
    }
}
