//! The survival matrix: a row for classes alike, a column for faults that come to the same, a letter for what
//! saves them.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use textwrap::core::display_width;
use thrice_verdicts::Matrix;

use super::{Page, tables};
use crate::matrix::{Margin, Saved};
use crate::text;

/// The widest name of a row; longer lists of classes are counted.
const ROW: usize = 34;
/// What a column takes.
const COLUMN: usize = 4;
/// Fault sets that are named for one column; the rest is counted. JSON has them all.
const FAULTS: usize = 6;

/// Shows the matrix, phases that are alike together.
pub fn render(page: &mut Page<'_>, matrix: &Matrix<Saved>) {
    let mut grids: Vec<(Vec<&str>, Grid)> = Vec::new();
    for period in matrix.periods() {
        let grid = Grid::new(matrix, period);
        let name = matrix.names().period(period);
        match grids.iter_mut().find(|(_, other)| *other == grid) {
            Some((phases, _)) => phases.push(name),
            None => grids.push((vec![name], grid)),
        }
    }
    for (phases, grid) in grids {
        let head = page.clean(&format!("what saves what in {}", phases.join(", ")));
        page.heading(&head);
        grid.show(page, matrix);
    }
}

/// What is in a cell, told once for all cells that have it: one of these, or from [`LETTERS`] on a letter.
type Sign = u32;

const NOT_ASKED: Sign = 0;
const LIVE: Sign = 1;
const LIVE_ALONE: Sign = 2;
const NOTHING: Sign = 3;
const UNDECIDED: Sign = 4;
const LETTERS: Sign = 5;

#[derive(PartialEq, Eq)]
struct Grid {
    /// For each row the classes, and for each column the sign.
    rows: Vec<(Vec<u32>, Vec<Sign>)>,
    /// For each column the sets of faults, by number.
    columns: Vec<Vec<u32>>,
    /// What the letters stand for.
    letters: Vec<String>,
    /// The other signs that occur.
    signs: BTreeSet<Sign>,
}

/// The texts that letters stand for, each once.
#[derive(Default)]
struct Letters {
    texts: IndexSet<String, FxBuildHasher>,
    /// By the number of what is said.
    known: IndexMap<u32, Sign, FxBuildHasher>,
}

impl Letters {
    /// The sign of what is said; a letter for each copy with all that is told of it.
    fn sign(&mut self, number: u32, said: &Saved) -> Sign {
        if let Some(sign) = self.known.get(&number) {
            return *sign;
        }
        let sign = match said.by {
            "live" => LIVE,
            "live alone" => LIVE_ALONE,
            "nothing" => NOTHING,
            "undecided" => UNDECIDED,
            _ => {
                let place = self.texts.insert_full(told(said)).0;
                LETTERS.saturating_add(u32::try_from(place).unwrap_or(u32::MAX))
            }
        };
        self.known.insert(number, sign);
        sign
    }
}

impl Grid {
    fn new(matrix: &Matrix<Saved>, period: u32) -> Self {
        let mut letters = Letters::default();
        let mut sets: IndexSet<u32, FxBuildHasher> = IndexSet::default();
        let mut classes: IndexMap<u32, Vec<Sign>, FxBuildHasher> = IndexMap::default();
        for cell in matrix.cells_in(period) {
            let column = sets.insert_full(cell.set).0;
            let sign = letters.sign(cell.number, cell.said);
            for class in cell.classes {
                let row = classes.entry(class).or_default();
                if row.len() <= column {
                    row.resize(column + 1, NOT_ASKED);
                }
                if let Some(place) = row.get_mut(column) {
                    *place = sign;
                }
            }
        }
        let mut rows: IndexMap<Vec<Sign>, Vec<u32>, FxBuildHasher> = IndexMap::default();
        for (class, mut signs) in classes {
            signs.resize(sets.len(), NOT_ASKED);
            rows.entry(signs).or_default().push(class);
        }
        Self::merged(&rows, &sets, letters.texts.into_iter().collect())
    }

    /// With one column for all fault sets that come to the same in every row.
    fn merged(
        rows: &IndexMap<Vec<Sign>, Vec<u32>, FxBuildHasher>,
        sets: &IndexSet<u32, FxBuildHasher>,
        letters: Vec<String>,
    ) -> Self {
        let mut known: BTreeMap<Vec<Sign>, usize> = BTreeMap::new();
        let mut columns: Vec<Vec<u32>> = Vec::new();
        let mut first: Vec<usize> = Vec::new();
        for (column, set) in sets.iter().enumerate() {
            let signs = rows.keys().filter_map(|signs| signs.get(column).copied());
            let at = *known.entry(signs.collect()).or_insert(columns.len());
            match columns.get_mut(at) {
                Some(sets) => sets.push(*set),
                None => {
                    columns.push(vec![*set]);
                    first.push(column);
                }
            }
        }
        let keep = |signs: &[Sign]| -> Vec<Sign> {
            let kept = first.iter().filter_map(|column| signs.get(*column));
            kept.copied().collect()
        };
        let rows: Vec<_> = rows
            .iter()
            .map(|(signs, classes)| (classes.clone(), keep(signs)))
            .collect();
        let signs = rows.iter().flat_map(|(_, signs)| signs).copied();
        Self {
            signs: signs.filter(|sign| *sign < LETTERS).collect(),
            rows,
            columns,
            letters,
        }
    }

    fn show(&self, page: &mut Page<'_>, matrix: &Matrix<Saved>) {
        let unicode = page.options.unicode;
        let class = |number: &u32| matrix.names().subject(*number);
        let names: Vec<String> = self
            .rows
            .iter()
            .map(|(classes, _)| {
                let names: Vec<&str> = classes.iter().map(class).collect();
                text::cut(&page.clean(&row_name(&names)), ROW, unicode)
            })
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
                let line = cells(signs.map(|sign| shown(*sign, unicode)));
                let gap = first.saturating_sub(display_width(name) + 2);
                page.line(&format!("  {name}{}{line}", " ".repeat(gap)));
            }
        }
        for (at, sets) in self.columns.iter().enumerate() {
            let shown = sets.iter().take(FAULTS);
            let shown = shown.map(|set| matrix.faults(*set).join(" and "));
            let mut text = shown.collect::<Vec<_>>().join("; ");
            if let Some(left) = sets.len().checked_sub(FAULTS).filter(|left| *left > 0) {
                text.push_str(&format!("; {left} more"));
            }
            let text = page.clean(&text);
            page.wrapped(&format!("  {:>3}  ", at + 1), &text);
        }
        for (index, text) in self.letters.iter().enumerate() {
            let text = page.clean(text);
            page.wrapped(&format!("  {:>3}  ", letter(index)), &text);
        }
        for sign in &self.signs {
            if let Some(text) = legend(*sign) {
                page.wrapped(&format!("  {:>3}  ", shown(*sign, unicode)), text);
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

/// `A` to `Z`, then `A1` and so on.
fn letter(index: usize) -> String {
    let place = u8::try_from(index % 26).unwrap_or(0);
    let letter = char::from(b'A' + place);
    match index / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

fn shown(sign: Sign, unicode: bool) -> String {
    let word = match (sign, unicode) {
        (LIVE, _) => "=",
        (LIVE_ALONE, _) => "!",
        (NOTHING, true) => "✗",
        (NOTHING, false) => "no",
        (UNDECIDED, _) => "?",
        (NOT_ASKED, _) => ".",
        _ => return letter((sign - LETTERS) as usize),
    };
    word.to_owned()
}

fn legend(sign: Sign) -> Option<&'static str> {
    Some(match sign {
        LIVE => "the live data is not touched, and a copy is left as well",
        LIVE_ALONE => "the live data alone is left: no copy",
        NOTHING => "nothing is left, or not at every age: a finding tells why",
        UNDECIDED => "not decided",
        NOT_ASKED => "not asked",
        _ => return None,
    })
}

fn told(cell: &Saved) -> String {
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
