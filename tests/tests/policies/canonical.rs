//! What is found does not depend on the order of statements.

use thrice_diagnostics::{Diagnostic, FileId};

use crate::judge::{Judged, judge, judge_with};

/// What a finding is about. Which of several things alike is told of, and in which order names stand,
/// follows the order of declaration, so whole texts are not compared.
fn told(finding: &Diagnostic) -> String {
    let subject = finding.subject.clone().unwrap_or_default();
    let mut names: Vec<&str> = subject
        .split([' ', ','])
        .filter(|n| !n.is_empty())
        .collect();
    names.sort_unstable();
    let engine = finding.engine.unwrap_or_default();
    let (code, severity) = (finding.code, finding.severity.word());
    format!(
        "{code} {severity} {engine} {}: {} events",
        names.join(" "),
        finding.case.len()
    )
}

/// The statements of a file, each with the lines above it that belong to it.
fn statements(text: &str) -> Vec<String> {
    let (tree, mistakes) = thrice_grammar::parse(FileId::new(0), text);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let starts = tree.statements().map(|statement| {
        let first = statement.docs().next().unwrap_or_else(|| statement.head());
        usize::try_from(first.start).unwrap_or(usize::MAX)
    });
    let mut cuts: Vec<usize> = starts.skip(1).collect();
    cuts.push(text.len());
    let mut from = 0;
    let mut out = Vec::new();
    for cut in cuts {
        out.push(text.get(from..cut).unwrap_or_default().to_owned());
        from = cut;
    }
    out
}

/// In another order, the same for every run: the n-th statement goes where a stride lands.
fn shuffled(text: &str, stride: usize) -> String {
    let parts = statements(text);
    let count = parts.len();
    let mut keyed: Vec<(usize, String)> = parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| (at * stride % (count.max(1) * 7 + 1), part))
        .collect();
    keyed.sort();
    keyed.into_iter().map(|(_, part)| part + "\n").collect()
}

/// All that is said, without an order of its own.
fn said(judged: &Judged) -> Vec<String> {
    let findings = judged.findings.iter();
    let mut out: Vec<String> = findings.map(told).collect();
    out.sort();
    out
}

#[test]
fn findings_do_not_depend_on_the_order_of_statements() {
    let first = said(&judge("vpai/as-written"));
    assert!(first.len() > 5, "{first:?}");
    for stride in [5, 11] {
        let other = judge_with("vpai/as-written", |_, text| {
            let other = shuffled(&text, stride);
            assert_ne!(other, text, "nothing was shuffled");
            other
        });
        assert!(other.verified.is_some(), "{}", other.shown());
        let other = said(&other);
        assert_eq!(other, first, "another order, other findings");
    }
}
