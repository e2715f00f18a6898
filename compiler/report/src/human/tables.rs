//! What stands around the findings: head, accepted risks, open ends.

use super::Page;
use crate::report::{Accepted, Report, number};

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
