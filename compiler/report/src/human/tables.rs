//! What stands around the findings: head, accepted risks, open ends.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::Severity;

use super::Page;
use crate::area::area;
use crate::report::{Accepted, Report, number};

/// So many findings fill more than a screen: then what they are about is said once more at the end.
const MANY: usize = 6;

/// Names of a list that are shown; the rest is counted. JSON has them all.
pub const NAMES: usize = 20;

/// Which policy, which tool, which day.
pub fn head(page: &mut Page<'_>, report: &Report) {
    let mut line = page.strong("policy");
    match &report.policy {
        Some(policy) if policy.title.is_empty() => {
            line.push_str(&format!(" {}", page.clean(&policy.name)));
        }
        Some(policy) => {
            line.push_str(&format!(
                " {} \"{}\"",
                page.clean(&policy.name),
                page.clean(&policy.title)
            ));
        }
        None => line.push_str(" not read"),
    }
    line.push_str(&format!(", as of {}", page.clean(&report.as_of)));
    if !report.under.is_empty() {
        line.push_str(&format!(", if {}", page.clean(&report.under.join(" and "))));
    }
    page.wrapped("", &line);
    let hash: String = report.hash.chars().take(16).collect();
    let mut by = format!(
        "thrice {}, language {}",
        report.tool_version, report.language_version
    );
    if !hash.is_empty() {
        by.push_str(&format!(", sha256 {}", page.clean(&hash)));
    }
    page.wrapped("", &by);
    if !report.phases.is_empty() {
        let phases: Vec<String> = report
            .phases
            .iter()
            .map(|p| format!("{} from {}", p.name, p.date))
            .collect();
        let phases = page.clean(&phases.join(", "));
        page.wrapped("phases ", &phases);
    }
}

/// The risks somebody took on.
pub fn accepted(page: &mut Page<'_>, accepted: &[Accepted]) {
    if accepted.is_empty() {
        return;
    }
    page.heading("accepted risks");
    for risk in accepted {
        let text = format!(
            "{} for {}: \"{}\", by {} until {}, covers {}",
            risk.obligation,
            risk.subject,
            risk.why,
            risk.by,
            risk.until,
            number(risk.covers, "finding"),
        );
        let text = page.clean(&text);
        page.bullet(&text);
    }
}

/// What was not decided, and where no copy bears the verdict out.
pub fn open_ends(page: &mut Page<'_>, report: &Report) {
    if !report.only_live.is_empty() {
        page.heading("only the live data bears this out");
        for text in report.only_live.iter().take(NAMES) {
            let text = page.clean(text);
            page.bullet(&text);
        }
        if let Some(left) = report
            .only_live
            .len()
            .checked_sub(NAMES)
            .filter(|left| *left > 0)
        {
            page.bullet(&format!("and {left} more"));
        }
    }
    if !report.not_decided.is_empty() {
        page.heading("not decided by this version");
        let names = page.clean(&report.not_decided.join(", "));
        page.wrapped("  ", &names);
    }
}

/// What no policy can say, and so no verdict is about.
const NOT_MODELLED: &str = "not modelled: whether what runs is what was emitted (read it back), whether a \
    restore works (drill it), and what TRUST names";

/// What was looked at, what was left out, and what nothing here is about.
pub fn scope(page: &mut Page<'_>, report: &Report) {
    if report.verdicts.is_empty() {
        return;
    }
    page.heading("looked at");
    for text in &report.scope {
        let text = page.clean(text);
        page.bullet(&text);
    }
    page.bullet(NOT_MODELLED);
}

/// How many findings of each severity there are about one thing, and their codes.
type Counted = (BTreeMap<Severity, usize>, BTreeSet<&'static str>);

/// Of many findings how many are about what, by obligation, with their codes: a long report is read from its end.
pub fn overview(page: &mut Page<'_>, report: &Report) {
    let findings = report.findings.iter();
    let findings = findings.filter(|f| f.severity != Severity::Note);
    let mut found: BTreeMap<(&str, &str), Counted> = BTreeMap::new();
    for finding in findings.clone() {
        let about = area(finding.code);
        let hundreds = finding.code.0.get(1..3).unwrap_or_default();
        let (counts, codes) = found.entry((hundreds, about)).or_default();
        *counts.entry(finding.severity).or_default() += 1;
        codes.insert(finding.code.0);
    }
    if findings.count() < MANY {
        return;
    }
    page.heading("found");
    for ((_, about), (counts, codes)) in found {
        let words = [
            (Severity::Error, "error"),
            (Severity::Unknown, "unknown"),
            (Severity::Warning, "warning"),
        ];
        let counted = words.into_iter().filter_map(|(severity, word)| {
            let count = counts.get(&severity)?;
            Some(number(*count, word))
        });
        let counted: Vec<String> = counted.collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        page.bullet(&format!(
            "{about}: {} ({})",
            counted.join(", "),
            codes.join(", ")
        ));
    }
}

/// Names with commas between them, the last ones counted where there are many.
pub fn list(names: &[&str]) -> String {
    first_of(names, names.len())
}

/// The same of so many names, of which only the first ones may be known.
pub fn first_of(names: &[&str], count: usize) -> String {
    let mut out = names.get(..NAMES).unwrap_or(names).join(", ");
    if let Some(left) = count.checked_sub(NAMES).filter(|left| *left > 0) {
        out.push_str(&format!(" and {left} more"));
    }
    out
}
