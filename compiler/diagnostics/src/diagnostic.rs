//! One message, and a collection of them.

use crate::{Code, Span};

/// How much a message weighs. Only an acceptance in the policy lowers a severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy is not safe, or cannot be read: exit code 1 or 2.
    Error,
    /// The verifier could not decide: exit code 3, never safe.
    Unknown,
    /// Worth a look; `--strict` makes it count.
    Warning,
    /// What holds, and by how much.
    Note,
}

impl Severity {
    /// The word used in every output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place that matters to a message, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What about it, in a few words.
    pub text: String,
}

/// One line of a counterexample: when, and what happens then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// An ISO date, a date and time, an age, or empty where the order alone matters.
    pub when: String,
    /// What happens, in the words of the policy.
    pub what: String,
}

/// One thing said to the person who wrote the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of finding: `thrice explain CODE` tells more.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, lower case, without a full stop, names in backticks.
    pub message: String,
    /// Every place that matters; the first is the main one.
    pub labels: Vec<Label>,
    /// The concrete case, in the order of time.
    pub case: Vec<Event>,
    /// What to do about it.
    pub help: Option<String>,
    /// What this is about (a class, a store, a step), for machine-readable output.
    pub subject: Option<String>,
    /// Which engine stands behind it (`evaluated`, `proved`, `refuted` …), for verdicts.
    pub engine: Option<&'static str>,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A message of the given severity.
    #[must_use]
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            case: Vec::new(),
            help: None,
            subject: None,
            engine: None,
        }
    }

    /// Points at a place; the first call names the main one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a line to the concrete case.
    #[must_use]
    pub fn event(mut self, when: impl Into<String>, what: impl Into<String>) -> Self {
        self.case.push(Event {
            when: when.into(),
            what: what.into(),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says what it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Says which engine stands behind it.
    #[must_use]
    pub fn by(mut self, engine: &'static str) -> Self {
        self.engine = Some(engine);
        self
    }

    /// The main place, if the message has one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|l| l.span)
    }
}

/// The messages of one run. Stages add to it and go on, so that one run reports several mistakes.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds several.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(more);
    }

    /// Whether an error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// How many of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|d| d.severity == severity).count()
    }

    /// All of them, as added.
    #[must_use]
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.list
    }

    /// All of them in the one order in which they are shown: by severity, file, place, code, text;
    /// exact repetitions are dropped.
    #[must_use]
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|a, b| {
            (a.severity, a.span(), a.code, &a.message).cmp(&(
                b.severity,
                b.span(),
                b.code,
                &b.message,
            ))
        });
        self.list.dedup();
        self.list
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}
