//! What was decided and the values attained, a row for all that differs in subject or phase alone.

use std::collections::BTreeMap;
use std::ops::Range;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use textwrap::core::display_width;
use thrice_verdicts::{Run, Verdicts};

use super::{Page, tables};
use crate::report::{Plays, Said, number};
use crate::text;

/// Rows that are shown; the rest is counted. JSON has every verdict.
const ROWS: usize = 60;
/// The widest cell, the last column apart.
const CELL: usize = 32;
/// Subjects and values with less room than this stand on lines of their own.
const ROOM: usize = 24;
/// The obligations whose counterexamples by the solver are played on the simulator before they are shown.
const REPLAYED: [&str; 3] = ["copies", "survival", "last-copy"];

/// Shows the verdicts; what does not hold comes first.
pub fn render(page: &mut Page<'_>, verdicts: &Verdicts<Said>) {
    if verdicts.is_empty() {
        return;
    }
    page.heading("decided");
    let mut rows = rows(verdicts);
    // The sort is stable: inside each half the order of the verdicts stays.
    rows.sort_by_key(|row| row.said.holds);
    let left = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let unicode = page.options.unicode;
    let cells: Vec<[String; 4]> = rows.iter().map(|row| row.cells(unicode)).collect();
    let mut widths = [0usize; 4];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(display_width(cell));
        }
    }
    for (cells, row) in cells.iter().zip(&rows) {
        let mut first = String::from("  ");
        for (width, cell) in widths.iter().zip(cells) {
            first.push_str(cell);
            first.push_str(&" ".repeat(width.saturating_sub(display_width(cell)) + 2));
        }
        let about = page.clean(&row.about());
        if display_width(&first) + ROOM <= page.options.width {
            page.wrapped(&first, &about);
        } else {
            page.line(&first);
            page.wrapped("      ", &about);
        }
    }
    let replayed = |said: &Said| said.engine == "refuted" && REPLAYED.contains(&&*said.obligation);
    if verdicts.any(replayed) {
        let text = "cases of `copies`, `survival` and `last-copy` were replayed on the simulator";
        page.line(&format!("  {} {text}", page.dash()));
    }
    if left > 0 {
        let more = number(left, "more row");
        page.line(&format!(
            "  {} {more}: `--format json` has them all",
            page.dash()
        ));
    }
}

/// Says which cases that were worked out were played, and which were not.
pub fn plays(page: &mut Page<'_>, plays: &[Plays]) {
    let start = format!("  {} ", page.dash());
    let replayed = plays.iter().filter(|plays| plays.replayed > 0);
    let replayed: Vec<String> = replayed.map(|p| format!("`{}`", p.obligation)).collect();
    if !replayed.is_empty() {
        let text = format!(
            "cases of {} were replayed on the simulator, run by run",
            all(&replayed)
        );
        let text = page.clean(&text);
        page.wrapped(&start, &text);
    }
    for plays in plays.iter().filter(|plays| !plays.rest_on.is_empty()) {
        let text = format!(
            "not replayed: cases of `{}` that rest on {}",
            plays.obligation,
            all(&plays.rest_on)
        );
        let text = page.clean(&text);
        page.wrapped(&start, &text);
    }
}

/// "a, b and c".
fn all(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Verdicts that differ in subject or phase alone.
struct Row<'v> {
    said: &'v Said,
    phases: Vec<&'v str>,
    /// The first subjects.
    subjects: Vec<&'v str>,
    /// How many there are.
    count: usize,
    /// How many verdicts stand before its first one.
    before: usize,
}

/// First the phases of one subject are drawn together, then the subjects with the same phases. Rows stand
/// in the order of their first verdicts.
fn rows(verdicts: &Verdicts<Said>) -> Vec<Row<'_>> {
    let names = verdicts.names();
    let mut runs: Vec<(usize, Run<'_, Said>)> = Vec::new();
    let mut before = 0;
    for run in verdicts.runs() {
        let count = run.count();
        runs.push((before, run));
        before += count;
    }
    // The sort is stable: what says the same stays in order.
    runs.sort_by_key(|(_, run)| run.number);
    let mut phases = Phases::default();
    // Of each subject, the phases in which the same is said of it.
    let mut when: Vec<u32> = vec![Phases::NONE; names.subjects.len()];
    let mut rows: Vec<Row<'_>> = Vec::new();
    for alike in runs.chunk_by(|(_, one), (_, next)| one.number == next.number) {
        let mut seen: Vec<(u32, usize)> = Vec::new();
        for (before, run) in alike {
            for (at, subject) in run.subjects.iter().enumerate() {
                let Some(when) = when.get_mut(*subject as usize) else {
                    continue;
                };
                if *when == Phases::NONE {
                    seen.push((*subject, before + at));
                }
                *when = phases.then(*when, &run.periods);
            }
        }
        let mut known: BTreeMap<u32, usize> = BTreeMap::new();
        for (subject, before) in seen {
            let Some(when) = when.get_mut(subject as usize) else {
                continue;
            };
            let when = std::mem::replace(when, Phases::NONE);
            let at = *known.entry(when).or_insert(rows.len());
            if at == rows.len() {
                rows.extend(alike.first().map(|(_, run)| Row {
                    said: run.said,
                    phases: phases.of(when).map(|phase| names.period(phase)).collect(),
                    subjects: Vec::new(),
                    count: 0,
                    before,
                }));
            }
            if let Some(row) = rows.get_mut(at) {
                row.count += 1;
                if row.subjects.len() < tables::NAMES {
                    row.subjects.push(names.subject(subject));
                }
            }
        }
    }
    rows.sort_by_key(|row| row.before);
    rows
}

/// Phases one after the other, each such row of phases by a number.
#[derive(Default)]
struct Phases {
    /// To go on with a phase: from which row, and with which phase.
    steps: IndexSet<(u32, u32), FxBuildHasher>,
    /// The last question and its answer: neighbours are mostly alike.
    last: Option<(u32, Range<u32>, u32)>,
}

impl Phases {
    /// No phase at all.
    const NONE: u32 = 0;

    /// A row and then more phases.
    fn then(&mut self, row: u32, more: &Range<u32>) -> u32 {
        if let Some((_, _, known)) = self.last.as_ref().filter(|l| l.0 == row && l.1 == *more) {
            return *known;
        }
        let to = more.clone().fold(row, |row, phase| {
            let (place, _) = self.steps.insert_full((row, phase));
            u32::try_from(place + 1).unwrap_or(u32::MAX)
        });
        self.last = Some((row, more.clone(), to));
        to
    }

    /// The phases of a row.
    fn of(&self, row: u32) -> impl Iterator<Item = u32> + use<> {
        let mut at = row;
        let mut out = Vec::new();
        while let Some((before, phase)) = (at as usize)
            .checked_sub(1)
            .and_then(|place| self.steps.get_index(place))
        {
            out.push(*phase);
            at = *before;
        }
        out.into_iter().rev()
    }
}

impl Row<'_> {
    fn cells(&self, unicode: bool) -> [String; 4] {
        let sign = match (&*self.said.engine, self.said.holds) {
            ("unknown", _) => "?",
            (_, true) if unicode => "✓",
            (_, true) => "ok",
            (_, false) if unicode => "✗",
            (_, false) => "no",
        };
        let cell = |text: &str| text::cut(&text::line(text, unicode), CELL, unicode);
        let phases = cell(&self.phases.join(" "));
        [
            sign.to_owned(),
            cell(&self.said.obligation),
            phases,
            cell(&self.said.engine),
        ]
    }

    fn about(&self) -> String {
        let subjects = tables::first_of(&self.subjects, self.count);
        match self.said.note.as_str() {
            "" => subjects,
            note => format!("{subjects}: {note}"),
        }
    }
}
