//! One finding: code, message, places, concrete case, what to do.

use std::fmt;

use miette::{LabeledSpan, SourceCode};
use thrice_diagnostics::{Diagnostic, Event, Severity};

use super::Page;
use crate::excerpt::Excerpt;
use crate::place;

/// The widest column for dates in a case.
const WHEN: usize = 26;
/// What frame and line numbers take of the width.
const GUTTER: usize = 12;

/// Shows a finding in full.
pub fn render(page: &mut Page<'_>, finding: &Diagnostic) {
    let head = format!("{}[{}]", finding.severity.word(), finding.code);
    shown(page, finding, head);
}

/// Shows what is no finding: its code is a word.
pub fn statements(page: &mut Page<'_>, message: &Diagnostic) {
    shown(page, message, message.code.to_string());
}

fn shown(page: &mut Page<'_>, finding: &Diagnostic, head: String) {
    let width = page.options.width.saturating_sub(GUTTER);
    let message = Message {
        code: head,
        text: page.clean(&finding.message),
        severity: match finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Unknown | Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        },
        excerpt: Excerpt::new(page.sources, &finding.labels, width, page.options.unicode),
    };
    let mut shown = String::new();
    // Writing to a string does not fail, and the excerpt holds every label it hands out.
    let _ = page.handler.render_report(&mut shown, &message);
    for line in shown.lines() {
        page.line(line);
    }
    case(page, &finding.case);
    if let Some(help) = &finding.help {
        let help = page.clean(help);
        let first = page.paint("  help: ", page.theme.styles.help);
        page.wrapped(&first, &help);
    }
}

/// Shows a note: one line, and where.
pub fn note(page: &mut Page<'_>, note: &Diagnostic) {
    let place = note
        .span()
        .and_then(|span| place::short(page.sources, span));
    let place = place.map(|p| format!(" ({p})")).unwrap_or_default();
    let text = format!("[{}] {}{}", note.code, note.message, place);
    let text = page.clean(&text);
    page.bullet(&text);
}

/// The concrete case as a table of when and what, in the order given.
fn case(page: &mut Page<'_>, case: &[Event]) {
    if case.is_empty() {
        return;
    }
    page.line("  the case:");
    let whens: Vec<String> = case.iter().map(|event| page.clean(&event.when)).collect();
    let widest = whens
        .iter()
        .map(|w| w.chars().count())
        .max()
        .unwrap_or(0)
        .min(WHEN);
    for (when, event) in whens.iter().zip(case) {
        let what = page.clean(&event.what);
        let first = if widest == 0 {
            "    ".to_owned()
        } else {
            format!("    {when:<widest$}  ")
        };
        page.wrapped(&first, &what);
    }
}

/// A finding as miette wants it.
struct Message {
    code: String,
    text: String,
    severity: miette::Severity,
    excerpt: Excerpt,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Message {}

impl miette::Diagnostic for Message {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.labels.iter().cloned()))
    }
}
