//! For GitHub Actions: one workflow command a finding, and the summary as the last line.
//!
//! Form and escapes are those of `@actions/core` (`packages/core/src/command.ts`): in a message
//! `%`, `\r` and `\n` are written as `%25`, `%0D`, `%0A`, in a property `:` and `,` as well.

use thrice_diagnostics::{Diagnostic, Severity, SourceMap};

use crate::report::Report;
use crate::{place, text};

/// The whole report.
#[must_use]
pub fn render(report: &Report, sources: &SourceMap) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        out.push_str(&command(finding, sources));
        out.push('\n');
    }
    out.push_str(&report.summary());
    out.push('\n');
    out
}

fn command(finding: &Diagnostic, sources: &SourceMap) -> String {
    let level = match finding.severity {
        Severity::Error | Severity::Unknown => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = finding.span().and_then(|span| place::place(sources, span)) {
        properties.push(format!("file={}", property(&text::line(place.file, true))));
        properties.push(format!("line={}", place.start.line));
        properties.push(format!("endLine={}", place.end.line));
        // Columns are understood on one line only, and only where something stands between them.
        if place.start.line == place.end.line {
            properties.push(format!("col={}", place.start.column));
            properties.push(format!(
                "endColumn={}",
                place.end.column.max(place.start.column + 1)
            ));
        }
    }
    properties.push(format!("title={}", property(&title(finding))));
    format!(
        "::{level} {}::{}",
        properties.join(","),
        data(&body(finding, sources))
    )
}

fn title(finding: &Diagnostic) -> String {
    format!("{} {}", finding.severity.word(), finding.code)
}

/// Message, further places, case and help, a line each.
fn body(finding: &Diagnostic, sources: &SourceMap) -> String {
    let mut lines = vec![text::line(&finding.message, true)];
    for label in finding.labels.iter().skip(1) {
        if let Some(place) = place::short(sources, label.span) {
            lines.push(text::line(&format!("{place}: {}", label.text), true));
        }
    }
    for event in &finding.case {
        lines.push(text::line(
            format!("{} {}", event.when, event.what).trim_start(),
            true,
        ));
    }
    if let Some(help) = &finding.help {
        lines.push(text::line(&format!("help: {help}"), true));
    }
    lines.join("\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_cannot_be_undone_by_what_follows() {
        assert_eq!(data("50%0A\n"), "50%250A%0A");
        assert_eq!(property("a:b,c%3A\r"), "a%3Ab%2Cc%253A%0D");
    }
}
