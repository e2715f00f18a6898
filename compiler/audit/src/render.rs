//! An audit for people, programs and Prometheus.

use std::fmt::Write as _;

use serde_json::{Value, json as object};
use thrice_model::Obligation;

use crate::judge::{Audit, Figure, Weight};

/// For people.
#[must_use]
pub fn human(audit: &Audit, host: &str) -> String {
    let mut out = String::new();
    for finding in &audit.findings {
        let _ = writeln!(
            out,
            "{}: `{}`: {}",
            finding.weight.word(),
            finding.subject,
            finding.message
        );
        if !finding.voids.is_empty() {
            let words: Vec<&str> = finding
                .voids
                .iter()
                .map(|obligation| obligation.word())
                .collect();
            let _ = writeln!(
                out,
                "  until then, what was proved about this does not hold: {}",
                words.join(", ")
            );
        }
    }
    let count = |weight| {
        audit
            .findings
            .iter()
            .filter(|finding| finding.weight == weight)
            .count()
    };
    let _ = writeln!(
        out,
        "{host}: {} figures, {} not as promised, {} not measured, {} unmentioned",
        audit.figures.len(),
        count(Weight::Failure),
        count(Weight::NotMeasured),
        count(Weight::Unmentioned)
    );
    out
}

/// For programs.
#[must_use]
pub fn json(audit: &Audit, host: &str) -> String {
    let findings: Vec<Value> = audit
        .findings
        .iter()
        .map(|finding| {
            let voids: Vec<&str> = finding
                .voids
                .iter()
                .map(|o: &Obligation| o.word())
                .collect();
            object!({
                "weight": finding.weight.word(),
                "subject": finding.subject,
                "message": finding.message,
                "voids": voids,
            })
        })
        .collect();
    let figures: Vec<Value> = audit
        .figures
        .iter()
        .map(|figure| {
            object!({
                "name": figure.name,
                figure.kind: figure.subject,
                "value": figure.value,
                "promised": figure.promised,
            })
        })
        .collect();
    format!(
        "{:#}\n",
        object!({"format": 1, "host": host, "findings": findings, "figures": figures})
    )
}

/// In the text format of Prometheus, for the textfile collector of its `node_exporter`.
#[must_use]
pub fn prometheus(audit: &Audit, host: &str, policy: &str) -> String {
    let mut out = String::new();
    let mut names: Vec<&str> = audit.figures.iter().map(|figure| figure.name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let mine: Vec<&Figure> = audit
            .figures
            .iter()
            .filter(|figure| figure.name == name)
            .collect();
        metric(
            &mut out,
            name,
            "What was measured.",
            &mine,
            host,
            policy,
            |figure| Some(figure.value),
        );
        if mine.iter().any(|figure| figure.promised.is_some()) {
            let most = format!("{name}_promised");
            metric(
                &mut out,
                &most,
                "What the policy promises at most.",
                &mine,
                host,
                policy,
                |f| f.promised,
            );
        }
    }
    let _ = writeln!(
        out,
        "# HELP thrice_audit_findings What is not as promised.\n# TYPE thrice_audit_findings gauge"
    );
    for weight in [Weight::Failure, Weight::NotMeasured, Weight::Unmentioned] {
        let count = audit
            .findings
            .iter()
            .filter(|finding| finding.weight == weight)
            .count();
        let _ = writeln!(
            out,
            "thrice_audit_findings{{policy=\"{}\",host=\"{}\",weight=\"{}\"}} {count}",
            label(policy),
            label(host),
            weight.word()
        );
    }
    out
}

fn metric(
    out: &mut String,
    name: &str,
    help: &str,
    figures: &[&Figure],
    host: &str,
    policy: &str,
    value: impl Fn(&Figure) -> Option<i64>,
) {
    let _ = writeln!(
        out,
        "# HELP thrice_audit_{name} {help}\n# TYPE thrice_audit_{name} gauge"
    );
    for figure in figures {
        if let Some(value) = value(figure) {
            let (policy, host, subject) = (label(policy), label(host), label(&figure.subject));
            let kind = figure.kind;
            let _ = writeln!(
                out,
                "thrice_audit_{name}{{policy=\"{policy}\",host=\"{host}\",{kind}=\"{subject}\"}} {value}"
            );
        }
    }
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
