//! What stands around the findings: head, assumptions, accepted risks, values attained, open ends.

use textwrap::core::display_width;

use super::Page;
use crate::place;
use crate::report::{Accepted, Assumption, Report, Verdict, number};
use crate::text;

/// Rows of the table of verdicts; the rest is counted. JSON has them all.
const ROWS: usize = 60;
/// The widest cell of that table, its last column apart.
const CELL: usize = 32;
/// A note with less room than this stands on lines of its own.
const NOTE: usize = 24;

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

/// What the verdicts rest on: first what only the policy says, each with what would show it to be
/// false, then what others say, with source and date.
pub fn assumptions(page: &mut Page<'_>, assumptions: &[Assumption]) {
    let (facts, own): (Vec<_>, Vec<_>) = assumptions.iter().partition(|a| a.source.is_some());
    for (heading, assumptions) in [("this rests on", own), ("and on what others say", facts)] {
        if !assumptions.is_empty() {
            page.heading(heading);
        }
        for assumption in assumptions {
            let text = assumption_line(page, assumption);
            page.bullet(&text);
        }
    }
}

fn assumption_line(page: &Page<'_>, assumption: &Assumption) -> String {
    let mut text = assumption.text.clone();
    let place = assumption
        .span
        .and_then(|span| place::short(page.sources, span));
    let origin: Vec<&str> = [&assumption.source, &assumption.date, &place]
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    if !origin.is_empty() {
        text.push_str(&format!(" ({})", origin.join(", ")));
    }
    match &assumption.monitor {
        Some(monitor) => text.push_str(&format!("; `{monitor}` would tell if not")),
        // For a fact, the date says how far to trust it.
        None if assumption.source.is_some() => {}
        None => text.push_str("; nothing would tell if not"),
    }
    page.clean(&text)
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

/// The values attained. Phases that agree share a row, and what does not hold comes first.
pub fn verdicts(page: &mut Page<'_>, verdicts: &[Verdict]) {
    if verdicts.is_empty() {
        return;
    }
    page.heading("decided");
    let mut rows = rows(verdicts);
    // The sort is stable: inside each half the order of the verdicts stays.
    rows.sort_by_key(|row| row.holds);
    let left = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let unicode = page.options.unicode;
    let cells: Vec<[String; 5]> = rows.iter().map(|row| row.cells(unicode)).collect();
    let mut widths = [0usize; 5];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(display_width(cell));
        }
    }
    for (row, verdict) in cells.iter().zip(&rows) {
        let mut first = String::from("  ");
        for (width, cell) in widths.iter().zip(row) {
            first.push_str(cell);
            first.push_str(&" ".repeat(width.saturating_sub(display_width(cell)) + 2));
        }
        let note = page.clean(verdict.note);
        if display_width(&first) + NOTE <= page.options.width {
            page.wrapped(&first, &note);
        } else {
            page.line(&first);
            page.wrapped("      ", &note);
        }
    }
    if left > 0 {
        let more = number(left, "more row");
        page.line(&format!(
            "  {} {more}: `--format json` has them all",
            page.dash()
        ));
    }
}

/// What was not decided, and where no copy bears the verdict out.
pub fn open_ends(page: &mut Page<'_>, report: &Report) {
    if !report.only_live.is_empty() {
        page.heading("only the live data bears this out");
        let names = page.clean(&report.only_live.join(", "));
        page.wrapped("  ", &names);
    }
    if !report.not_decided.is_empty() {
        page.heading("not decided by this version");
        let names = page.clean(&report.not_decided.join(", "));
        page.wrapped("  ", &names);
    }
}

/// Verdicts that differ in nothing but the phase.
struct Row<'a> {
    obligation: &'a str,
    subject: &'a str,
    phases: Vec<&'a str>,
    engine: &'a str,
    holds: bool,
    note: &'a str,
}

fn rows(verdicts: &[Verdict]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for verdict in verdicts {
        let same = rows.last_mut().filter(|row| {
            row.obligation == verdict.obligation
                && row.subject == verdict.subject
                && row.engine == verdict.engine
                && row.holds == verdict.holds
                && row.note == verdict.note
        });
        match same {
            Some(row) => row.phases.push(&verdict.phase),
            None => rows.push(Row {
                obligation: &verdict.obligation,
                subject: &verdict.subject,
                phases: vec![&verdict.phase],
                engine: &verdict.engine,
                holds: verdict.holds,
                note: &verdict.note,
            }),
        }
    }
    rows
}

impl Row<'_> {
    fn cells(&self, unicode: bool) -> [String; 5] {
        let sign = match (self.engine, self.holds) {
            ("unknown", _) => "?",
            (_, true) if unicode => "✓",
            (_, true) => "ok",
            (_, false) if unicode => "✗",
            (_, false) => "no",
        };
        let cell = |text: &str| text::cut(&text::line(text, unicode), CELL, unicode);
        [
            sign.to_owned(),
            cell(self.obligation),
            cell(self.subject),
            cell(&self.phases.join(" ")),
            cell(self.engine),
        ]
    }
}
