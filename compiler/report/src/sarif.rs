//! For code scanning: SARIF 2.1.0 (OASIS standard, 27 March 2020).
//!
//! SARIF has no severity for "could not be decided", and readers pass over a result whose kind is
//! `open`. Since what is unknown is never safe, it is written as an error; `properties.severity`
//! has the word.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};
use thrice_diagnostics::{Code, Diagnostic, Label, Severity, SourceMap, explain};

use crate::report::Report;
use crate::{area, place};

/// What a path segment of a URI may not hold as it is (RFC 3986 § 3.3), `/` left as separator. A
/// colon is written in full, so that no file name can be taken for a scheme.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The whole report, with a line feed at its end.
#[must_use]
pub fn render(report: &Report, sources: &SourceMap) -> String {
    let rules = rules(report);
    let outcome = report.outcome();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(finding, &rules, sources))
        .collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "thrice",
                "version": report.tool_version,
                "rules": rules.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": outcome.exit_code(),
                "exitCodeDescription": outcome.word(),
            }],
            "results": results,
            "properties": {
                "outcome": outcome.word(),
                "summary": report.summary(),
                "policy": report.policy.as_ref().map(|p| p.name.as_str()),
                "sha256": report.hash,
                "asOf": report.as_of,
                "notDecided": report.not_decided,
            },
        }],
    });
    // Values with string keys always serialise.
    let mut out = serde_json::to_string_pretty(&log).unwrap_or_default();
    out.push('\n');
    out
}

/// The codes that were found, each once, in order.
fn rules(report: &Report) -> Vec<Code> {
    let mut codes: Vec<Code> = report.findings.iter().map(|f| f.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn rule(code: Code) -> Value {
    let page = explain(code).unwrap_or("");
    let title = page
        .lines()
        .next()
        .unwrap_or("")
        .trim_start_matches(['#', ' ']);
    let title = title
        .strip_prefix(code.0)
        .unwrap_or(title)
        .trim_start_matches([':', ' ']);
    let title = if title.is_empty() { code.0 } else { title };
    let mut rule = json!({
        "id": code.0,
        "shortDescription": { "text": title },
        "properties": { "tags": [area(code)] },
    });
    if !page.is_empty() {
        set(&mut rule, "help", json!({ "text": page, "markdown": page }));
    }
    rule
}

fn result(finding: &Diagnostic, rules: &[Code], sources: &SourceMap) -> Value {
    let level = match finding.severity {
        Severity::Error | Severity::Unknown => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut properties = Map::new();
    properties.insert("severity".to_owned(), json!(finding.severity.word()));
    if let Some(subject) = &finding.subject {
        properties.insert("subject".to_owned(), json!(subject));
    }
    if let Some(engine) = finding.engine {
        properties.insert("engine".to_owned(), json!(engine));
    }
    let mut result = json!({
        "ruleId": finding.code.0,
        "ruleIndex": rules.binary_search(&finding.code).ok(),
        "level": level,
        "message": { "text": message(finding) },
        "properties": properties,
    });
    let mut places = finding.labels.iter();
    let main = places
        .next()
        .and_then(|label| location(label, None, sources));
    set(
        &mut result,
        "locations",
        Value::Array(main.into_iter().collect()),
    );
    let related: Vec<Value> = places
        .enumerate()
        .filter_map(|(id, label)| location(label, Some(id), sources))
        .collect();
    if !related.is_empty() {
        set(&mut result, "relatedLocations", Value::Array(related));
    }
    result
}

/// The message with its case and help: viewers show one text a result.
fn message(finding: &Diagnostic) -> String {
    let mut lines = vec![finding.message.clone()];
    lines.extend(
        finding
            .case
            .iter()
            .map(|e| format!("{} {}", e.when, e.what).trim().to_owned()),
    );
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

fn location(label: &Label, id: Option<usize>, sources: &SourceMap) -> Option<Value> {
    let place = place::place(sources, label.span)?;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(place.file) },
            "region": {
                "startLine": place.start.line,
                "startColumn": place.start.column,
                "endLine": place.end.line,
                "endColumn": place.end.column,
            },
        },
    });
    if let Some(id) = id {
        set(&mut location, "id", json!(id + 1));
    }
    if !label.text.is_empty() {
        set(&mut location, "message", json!({ "text": label.text }));
    }
    Some(location)
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(key.to_owned(), value);
    }
}

/// A file name as a URI reference; absolute names as a `file` URI.
fn uri(name: &str) -> String {
    let path = utf8_percent_encode(name, PATH).to_string();
    if path.starts_with('/') {
        format!("file://{path}")
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_uris_and_nothing_else() {
        assert_eq!(uri("a/b c#1?.thrice"), "a/b%20c%231%3F.thrice");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
        assert_eq!(uri("/srv/ä.thrice"), "file:///srv/%C3%A4.thrice");
    }
}
