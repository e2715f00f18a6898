//! The survival matrix: a row for classes alike, a column for faults that come to the same, a letter for what
//! saves them.

use std::collections::{BTreeMap, BTreeSet};

use textwrap::core::display_width;

use super::{Page, tables};
use crate::matrix::{Cell, Margin};
use crate::text;

/// The widest name of a row; longer lists of classes are counted.
const ROW: usize = 34;
/// What a column takes.
const COLUMN: usize = 4;
/// Fault sets that are named for one column; the rest is counted. JSON has them all.
const FAULTS: usize = 6;

/// Shows the matrix, phases that are alike together.
pub fn render(page: &mut Page<'_>, cells: &[Cell]) {
    let mut phases: Vec<&str> = Vec::new();
    for cell in cells {
        if !phases.contains(&cell.phase.as_str()) {
            phases.push(&cell.phase);
        }
    }
    let mut grids: Vec<(Vec<&str>, Grid<'_>)> = Vec::new();
    for phase in phases {
        let grid = Grid::new(cells.iter().filter(|cell| cell.phase == phase));
        match grids.iter_mut().find(|(_, other)| *other == grid) {
            Some((phases, _)) => phases.push(phase),
            None => grids.push((vec![phase], grid)),
        }
    }
    for (phases, grid) in grids {
        let head = page.clean(&format!("what saves what in {}", phases.join(", ")));
        page.heading(&head);
        grid.show(page);
    }
}

/// What is in a cell, told once for all cells that have it.
type Sign = String;

#[derive(PartialEq, Eq)]
struct Grid<'a> {
    /// For each row the classes, and for each column the sign.
    rows: Vec<(Vec<&'a str>, Vec<Sign>)>,
    /// For each column the fault sets.
    columns: Vec<Vec<String>>,
    /// What the letters stand for.
    letters: Vec<(String, String)>,
    /// The other signs that occur.
    signs: BTreeSet<Sign>,
}

impl<'a> Grid<'a> {
    fn new(cells: impl Iterator<Item = &'a Cell>) -> Self {
        let mut letters: Vec<(String, String)> = Vec::new();
        let mut faults: Vec<&[String]> = Vec::new();
        let mut classes: BTreeMap<&str, (usize, BTreeMap<usize, Sign>)> = BTreeMap::new();
        for cell in cells {
            let known = faults.iter().position(|f| *f == cell.faults);
            let column = known.unwrap_or_else(|| {
                faults.push(&cell.faults);
                faults.len() - 1
            });
            let sign = sign(cell, &mut letters);
            for class in &cell.classes {
                let next = classes.len();
                let row = classes.entry(class).or_insert((next, BTreeMap::new()));
                row.1.insert(column, sign.clone());
            }
        }
        let mut ordered: Vec<_> = classes.into_iter().collect();
        ordered.sort_by_key(|(_, (place, _))| *place);
        let mut rows: Vec<(Vec<&str>, Vec<Sign>)> = Vec::new();
        for (class, (_, signs)) in ordered {
            let sign = |column| signs.get(&column).cloned().unwrap_or_default();
            let signs: Vec<Sign> = (0..faults.len()).map(sign).collect();
            match rows.iter_mut().find(|(_, other)| *other == signs) {
                Some((names, _)) => names.push(class),
                None => rows.push((vec![class], signs)),
            }
        }
        Self::merged(rows, &faults, letters)
    }

    /// With one column for all fault sets that come to the same in every row.
    fn merged(
        rows: Vec<(Vec<&'a str>, Vec<Sign>)>,
        faults: &[&[String]],
        letters: Vec<(String, String)>,
    ) -> Self {
        let mut known: BTreeMap<Vec<&Sign>, usize> = BTreeMap::new();
        let mut columns: Vec<Vec<String>> = Vec::new();
        let mut first: Vec<usize> = Vec::new();
        for (column, set) in faults.iter().enumerate() {
            let signs = rows.iter().filter_map(|(_, signs)| signs.get(column));
            let at = *known.entry(signs.collect()).or_insert(columns.len());
            match columns.get_mut(at) {
                Some(sets) => sets.push(set.join(" and ")),
                None => {
                    columns.push(vec![set.join(" and ")]);
                    first.push(column);
                }
            }
        }
        let keep = |signs: &Vec<Sign>| {
            let kept = first.iter().filter_map(|column| signs.get(*column));
            kept.cloned().collect::<Vec<Sign>>()
        };
        let rows: Vec<_> = rows
            .iter()
            .map(|(n, signs)| (n.clone(), keep(signs)))
            .collect();
        let lettered: BTreeSet<&str> = letters.iter().map(|(letter, _)| letter.as_str()).collect();
        let signs = rows.iter().flat_map(|(_, signs)| signs);
        let signs = signs.filter(|sign| !lettered.contains(sign.as_str()));
        Self {
            signs: signs.cloned().collect(),
            rows,
            columns,
            letters,
        }
    }

    fn show(&self, page: &mut Page<'_>) {
        let unicode = page.options.unicode;
        let names: Vec<String> = self
            .rows
            .iter()
            .map(|(names, _)| text::cut(&page.clean(&row_name(names)), ROW, unicode))
            .collect();
        let widest = names.iter().map(|name| display_width(name)).max();
        let first = widest.unwrap_or(0) + 2;
        let columns = page.options.width.saturating_sub(first) / COLUMN;
        let all: Vec<usize> = (0..self.columns.len()).collect();
        for part in all.chunks(columns.max(1)) {
            let heads = part.iter().map(|column| (column + 1).to_string());
            let line = cells(heads);
            page.line(&format!("{}{line}", " ".repeat(first)));
            for (name, (_, signs)) in names.iter().zip(&self.rows) {
                let signs = part.iter().filter_map(|column| signs.get(*column));
                let line = cells(signs.map(|sign| shown(sign, unicode).to_owned()));
                let gap = first.saturating_sub(display_width(name) + 2);
                page.line(&format!("  {name}{}{line}", " ".repeat(gap)));
            }
        }
        for (at, sets) in self.columns.iter().enumerate() {
            let mut text = sets.get(..FAULTS).unwrap_or(sets).join("; ");
            if let Some(left) = sets.len().checked_sub(FAULTS).filter(|left| *left > 0) {
                text.push_str(&format!("; {left} more"));
            }
            let text = page.clean(&text);
            page.wrapped(&format!("  {:>3}  ", at + 1), &text);
        }
        for (letter, text) in &self.letters {
            let text = page.clean(text);
            page.wrapped(&format!("  {letter:>3}  "), &text);
        }
        for sign in &self.signs {
            if let Some(text) = legend(sign) {
                page.wrapped(&format!("  {:>3}  ", shown(sign, unicode)), text);
            }
        }
    }
}

/// Each as wide as a column.
fn cells(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| format!("{text:>COLUMN$}")).collect()
}

fn row_name(names: &[&str]) -> String {
    let all = tables::list(names);
    if display_width(&all) <= ROW {
        return all;
    }
    match names {
        [first, rest @ ..] if !rest.is_empty() => format!("{first} and {} more", rest.len()),
        _ => all,
    }
}

/// The sign of a cell; a letter for each copy with all that is told of it.
fn sign(cell: &Cell, letters: &mut Vec<(String, String)>) -> Sign {
    let text = match cell.saved_by {
        "copy" => told(cell),
        other => return other.to_owned(),
    };
    if let Some((letter, _)) = letters.iter().find(|(_, known)| *known == text) {
        return letter.clone();
    }
    let letter = letter(letters.len());
    letters.push((letter.clone(), text));
    letter
}

/// `A` to `Z`, then `A1` and so on.
fn letter(index: usize) -> String {
    let place = u8::try_from(index % 26).unwrap_or(0);
    let letter = char::from(b'A' + place);
    match index / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

fn shown(sign: &str, unicode: bool) -> &str {
    match (sign, unicode) {
        ("live", _) => "=",
        ("live alone", _) => "!",
        ("nothing", true) => "✗",
        ("nothing", false) => "no",
        ("undecided", _) => "?",
        ("", _) => ".",
        (letter, _) => letter,
    }
}

fn legend(sign: &str) -> Option<&'static str> {
    Some(match sign {
        "live" => "the live data is not touched, and a copy is left as well",
        "live alone" => "the live data alone is left: no copy",
        "nothing" => "nothing is left, or not at every age: a finding tells why",
        "undecided" => "not decided",
        "" => "not asked",
        _ => return None,
    })
}

fn told(cell: &Cell) -> String {
    let mut out = format!(
        "`{}` by `{}`: ",
        cell.store.as_deref().unwrap_or_default(),
        cell.step.as_deref().unwrap_or_default()
    );
    match (&cell.nominal, &cell.guaranteed) {
        (None, _) => out.push_str("its newest version has no greatest age"),
        (Some(nominal), None) => {
            out.push_str(&format!(
                "{} old at most while every run succeeds, without bound if one fails",
                nominal.words
            ));
        }
        (Some(nominal), Some(guaranteed)) => out.push_str(&format!(
            "{} old at most, {} with missed runs",
            nominal.words, guaranteed.words
        )),
    }
    match (&cell.restore, &cell.restored_from) {
        (Some(time), Some(from)) if Some(from) == cell.store.as_ref() => {
            out.push_str(&format!("; back within {}", time.words));
        }
        (Some(time), Some(from)) => {
            out.push_str(&format!("; back within {} from `{from}`", time.words));
        }
        _ => out.push_str("; how long a restore takes is not stated"),
    }
    for margin in &cell.margins {
        out.push_str(&format!("; {}", margin_words(margin)));
    }
    if !cell.also.is_empty() {
        let also: Vec<&str> = cell.also.iter().map(String::as_str).collect();
        out.push_str(&format!("; also on {}", tables::list(&also)));
    }
    out
}

fn margin_words(margin: &Margin) -> String {
    let (of, asked) = (margin.of, &margin.asked.words);
    if margin.left.seconds < 0 {
        let over = margin.left.words.trim_start_matches('-');
        format!("fails {of} {asked} by {over}")
    } else {
        format!("passes {of} {asked} by {}", margin.left.words)
    }
}
