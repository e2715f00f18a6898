//! What was decided and the values attained, a row for all that differs in subject or phase alone.

use std::hash::Hash;

use indexmap::IndexMap;
use rayon::iter::ParallelIterator as _;
use rayon::slice::ParallelSlice as _;
use rustc_hash::FxBuildHasher;
use textwrap::core::display_width;

use super::{Page, tables};
use crate::report::{Plays, Verdict, number};
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
pub fn render(page: &mut Page<'_>, verdicts: &[Verdict]) {
    if verdicts.is_empty() {
        return;
    }
    page.heading("decided");
    // No row holds verdicts on two obligations.
    let parts = verdicts.par_chunk_by(|one, next| one.obligation == next.obligation);
    let mut rows: Vec<Row<'_>> = parts.flat_map_iter(rows).collect();
    // The sort is stable: inside each half the order of the verdicts stays.
    rows.sort_by_key(|row| row.key.holds);
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
    let replayed = |v: &Verdict| v.engine == "refuted" && REPLAYED.contains(&&*v.obligation);
    if verdicts.iter().any(replayed) {
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

/// What all verdicts of a row have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'a> {
    obligation: &'a str,
    engine: &'a str,
    holds: bool,
    note: &'a str,
}

/// Rows by what makes them one; a fleet has hundreds of thousands of verdicts.
type Known<K> = IndexMap<K, usize, FxBuildHasher>;

struct Row<'a> {
    key: Key<'a>,
    phases: Vec<&'a str>,
    subjects: Vec<&'a str>,
}

/// First the phases of one subject are drawn together, then the subjects with the same phases.
fn rows(verdicts: &[Verdict]) -> Vec<Row<'_>> {
    let mut single: Vec<Row<'_>> = Vec::new();
    let (mut subjects, mut keys) = (Numbers::default(), Numbers::default());
    let mut known: Known<(usize, usize)> = Known::default();
    for verdict in verdicts {
        let key = Key {
            obligation: &verdict.obligation,
            engine: &verdict.engine,
            holds: verdict.holds,
            note: &verdict.note,
        };
        let both = (subjects.of(verdict.subject.as_str()), keys.of(key));
        let at = *known.entry(both).or_insert(single.len());
        match single.get_mut(at) {
            Some(row) => row.phases.push(&verdict.phase),
            None => single.push(Row {
                key,
                phases: vec![&verdict.phase],
                subjects: vec![&verdict.subject],
            }),
        }
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut phases = Numbers::default();
    let mut known: Known<(usize, usize)> = Known::default();
    for row in single {
        let both = (keys.of(row.key), phases.of(row.phases.clone()));
        let at = *known.entry(both).or_insert(rows.len());
        match rows.get_mut(at) {
            Some(same) => same.subjects.extend(row.subjects),
            None => rows.push(row),
        }
    }
    rows
}

/// Numbers for things, in the order in which they are first seen.
struct Numbers<T> {
    known: Known<T>,
    last: usize,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self {
            known: Known::default(),
            last: 0,
        }
    }
}

impl<T: Hash + Eq> Numbers<T> {
    fn of(&mut self, thing: T) -> usize {
        // Neighbours are often alike.
        if self
            .known
            .get_index(self.last)
            .is_none_or(|(last, _)| *last != thing)
        {
            let next = self.known.len();
            self.last = *self.known.entry(thing).or_insert(next);
        }
        self.last
    }
}

impl Row<'_> {
    fn cells(&self, unicode: bool) -> [String; 4] {
        let sign = match (self.key.engine, self.key.holds) {
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
            cell(self.key.obligation),
            phases,
            cell(self.key.engine),
        ]
    }

    fn about(&self) -> String {
        let subjects = tables::list(&self.subjects);
        if self.key.note.is_empty() {
            subjects
        } else {
            format!("{subjects}: {}", self.key.note)
        }
    }
}
