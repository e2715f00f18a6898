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

/// First the phases of one subject are drawn together, then the subjects with the same phases. Rows stand
/// in the order of their first verdicts.
fn rows(verdicts: &[Verdict]) -> Vec<Row<'_>> {
    let (mut keys, mut subjects) = (Numbers::default(), Numbers::default());
    let mut phases = Numbers::default();
    let mut all: Vec<Numbered> = verdicts
        .iter()
        .enumerate()
        .map(|(at, verdict)| Numbered {
            key: keys.of(Key {
                obligation: &verdict.obligation,
                engine: &verdict.engine,
                holds: verdict.holds,
                note: &verdict.note,
            }),
            subject: subjects.of(verdict.subject.as_str()),
            at,
            phase: phases.of(verdict.phase.as_str()),
        })
        .collect();
    all.sort_unstable();
    let alike =
        |one: &Numbered, next: &Numbered| (one.key, one.subject) == (next.key, next.subject);
    let mut single: Vec<&[Numbered]> = all.chunk_by(alike).collect();
    single.sort_unstable_by_key(|verdicts| verdicts.first().map(|verdict| verdict.at));
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: Known<(usize, Vec<usize>)> = Known::default();
    let mut row: (usize, Vec<usize>) = (0, Vec::new());
    for verdicts in single {
        let Some(first) = verdicts.first() else {
            continue;
        };
        let Some(subject) = subjects.at(first.subject) else {
            continue;
        };
        row.0 = first.key;
        row.1.clear();
        row.1.extend(verdicts.iter().map(|verdict| verdict.phase));
        if let Some(row) = known.get(&row).and_then(|at| rows.get_mut(*at)) {
            row.subjects.push(subject);
        } else if let Some(key) = keys.at(first.key) {
            known.insert(row.clone(), rows.len());
            rows.push(Row {
                key: *key,
                phases: row
                    .1
                    .iter()
                    .filter_map(|at| phases.at(*at).copied())
                    .collect(),
                subjects: vec![subject],
            });
        }
    }
    rows
}

/// A verdict, by the numbers of what it says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Numbered {
    key: usize,
    subject: usize,
    at: usize,
    phase: usize,
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
    fn at(&self, number: usize) -> Option<&T> {
        self.known.get_index(number).map(|(thing, _)| thing)
    }

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
