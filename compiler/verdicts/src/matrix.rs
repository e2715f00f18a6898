//! What is said of classes under each set of faults, in each period.
//!
//! A fleet of 1,000 classes has a million such cells, in which a few thousand things are said. A class has a row
//! a period; rows that say the same are kept once, and so is each thing that is said.

use std::fmt::{self, Debug, Formatter};
use std::hash::Hash;
use std::sync::Arc;

use ecow::EcoString;
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::{Names, number};

/// Each once, by number.
type Once<T> = IndexSet<T, FxBuildHasher>;

/// Cells in the order in which their blocks were pushed. `S` is what is said of a class under a set of faults.
#[derive(Clone)]
pub struct Matrix<S> {
    names: Arc<Names>,
    /// Sets of faults in words.
    faults: Once<Vec<String>>,
    said: Once<S>,
    /// Lists of sets of faults.
    asked: Once<Box<[u32]>>,
    /// Lists of what is said, under one set of faults after the other.
    rows: Once<Box<[u32]>>,
    blocks: Vec<Block>,
}

/// Classes of which the same is asked in a period.
#[derive(Clone)]
struct Block {
    period: u32,
    /// The list of the sets of faults.
    asked: u32,
    /// For each class its number, and the list of what is said of it.
    rows: Vec<(u32, u32)>,
}

/// Classes of one block of which the same is said under one set of faults.
#[derive(Debug)]
pub struct Cell<'m, S> {
    /// What is said.
    pub said: &'m S,
    /// Its number: the same for all cells that say the same.
    pub number: u32,
    /// The faults that strike together, in words.
    pub faults: &'m [String],
    /// Their number.
    pub set: u32,
    /// The classes, by number.
    pub classes: Vec<u32>,
    /// The period, by number.
    pub period: u32,
    names: &'m Names,
}

impl<'m, S> Cell<'m, S> {
    /// The names of the classes.
    pub fn names(&self) -> impl Iterator<Item = &'m str> {
        let classes = self.classes.iter();
        classes.map(|class| self.names.subject(*class))
    }

    /// The name of the period.
    #[must_use]
    pub fn period(&self) -> &'m str {
        self.names.period(self.period)
    }
}

impl<S> Default for Matrix<S> {
    fn default() -> Self {
        Self::about(Arc::default())
    }
}

impl<S> Matrix<S> {
    /// Empty, about things and periods of these names.
    #[must_use]
    pub fn about(names: Arc<Names>) -> Self {
        Self {
            names,
            faults: Once::default(),
            said: Once::default(),
            asked: Once::default(),
            rows: Once::default(),
            blocks: Vec::new(),
        }
    }

    /// The names of its classes and periods.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The words of a set of faults; none for a number that nobody gave out.
    #[must_use]
    pub fn faults(&self, set: u32) -> &[String] {
        self.faults
            .get_index(set as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The periods about which something is said, in the order of time.
    #[must_use]
    pub fn periods(&self) -> Vec<u32> {
        let mut out: Vec<u32> = self.blocks.iter().map(|block| block.period).collect();
        out.dedup();
        out
    }

    /// One cell after the other: block by block, in each the sets of faults, under each the classes of which the
    /// same is said.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_, S>> {
        self.blocks.iter().flat_map(|block| self.cells_of(block))
    }

    /// Those of one period.
    pub fn cells_in(&self, period: u32) -> impl Iterator<Item = Cell<'_, S>> {
        let blocks = self.blocks.iter();
        let blocks = blocks.filter(move |block| block.period == period);
        blocks.flat_map(|block| self.cells_of(block))
    }

    fn cells_of<'m>(&'m self, block: &'m Block) -> impl Iterator<Item = Cell<'m, S>> {
        let sets = list(&self.asked, block.asked).iter().enumerate();
        sets.flat_map(move |(column, set)| {
            self.together(block, column)
                .into_iter()
                .filter_map(|(said, classes)| {
                    Some(Cell {
                        said: self.said.get_index(said as usize)?,
                        number: said,
                        faults: self.faults(*set),
                        set: *set,
                        classes,
                        period: block.period,
                        names: &self.names,
                    })
                })
        })
    }

    /// What is said under one set of faults, and the classes of which it is, in the order of the first ones.
    fn together(&self, block: &Block, column: usize) -> Vec<(u32, Vec<u32>)> {
        let mut out: Vec<(u32, Vec<u32>)> = Vec::new();
        for (class, row) in &block.rows {
            let Some(said) = list(&self.rows, *row).get(column) else {
                continue;
            };
            match out.iter_mut().find(|(known, _)| known == said) {
                Some((_, classes)) => classes.push(*class),
                None => out.push((*said, vec![*class])),
            }
        }
        out
    }

    /// Says something of classes of which the same is asked in a period: for each its number, and what is said
    /// under each of the sets of faults.
    pub fn push<'r>(
        &mut self,
        period: u32,
        faults: &[u32],
        rows: impl IntoIterator<Item = (u32, &'r [u32])>,
    ) {
        let rows = rows.into_iter();
        let rows = rows.map(|(class, said)| (class, kept(&mut self.rows, said)));
        self.blocks.push(Block {
            period,
            rows: rows.collect(),
            asked: kept(&mut self.asked, faults),
        });
    }

    /// The number of a set of faults.
    pub fn number_of(&mut self, faults: Vec<String>) -> u32 {
        number(self.faults.insert_full(faults).0)
    }
}

impl<S: Eq + Hash> Matrix<S> {
    /// The number of something that is said.
    pub fn say(&mut self, said: S) -> u32 {
        number(self.said.insert_full(said).0)
    }

    /// The same cells in other words.
    #[must_use]
    pub fn map<T: Eq + Hash>(self, words: impl FnMut(S) -> T) -> Matrix<T> {
        let mut out = Matrix::about(self.names);
        let said = self.said.into_iter().map(words);
        let said: Vec<u32> = said.map(|said| out.say(said)).collect();
        let renumbered = |old: &u32| said.get(*old as usize).copied().unwrap_or(u32::MAX);
        let rows = self.rows.into_iter().map(|row| {
            let row: Vec<u32> = row.iter().map(renumbered).collect();
            kept(&mut out.rows, &row)
        });
        let rows: Vec<u32> = rows.collect();
        (out.faults, out.asked, out.blocks) = (self.faults, self.asked, self.blocks);
        for (_, row) in out.blocks.iter_mut().flat_map(|block| &mut block.rows) {
            *row = rows.get(*row as usize).copied().unwrap_or(u32::MAX);
        }
        out
    }
}

fn list(lists: &Once<Box<[u32]>>, place: u32) -> &[u32] {
    lists.get_index(place as usize).map_or(&[], |list| list)
}

/// The place of a list.
fn kept(lists: &mut Once<Box<[u32]>>, list: &[u32]) -> u32 {
    let known = lists.get_index_of(list);
    number(known.unwrap_or_else(|| lists.insert_full(list.into()).0))
}

/// Single cells: the classes, the period, the faults, and what is said.
impl<S: Eq + Hash> FromIterator<(Vec<EcoString>, EcoString, Vec<String>, S)> for Matrix<S> {
    fn from_iter<C>(cells: C) -> Self
    where
        C: IntoIterator<Item = (Vec<EcoString>, EcoString, Vec<String>, S)>,
    {
        let mut out = Self::default();
        let (mut subjects, mut periods) = (Once::<EcoString>::default(), Once::default());
        for (classes, period, faults, said) in cells {
            let classes = classes.into_iter();
            let classes: Vec<u32> = classes
                .map(|class| number(subjects.insert_full(class).0))
                .collect();
            let period = number(periods.insert_full(period).0);
            let (faults, said) = ([out.number_of(faults)], [out.say(said)]);
            out.push(
                period,
                &faults,
                classes.iter().map(|class| (*class, &said[..])),
            );
        }
        out.names = Arc::new(Names {
            subjects: subjects.into_iter().collect(),
            periods: periods.into_iter().collect(),
        });
        out
    }
}

impl<S: Debug> Debug for Matrix<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.cells()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Listed = (Vec<String>, String, Vec<String>, u8);

    fn listed(matrix: &Matrix<u8>) -> Vec<Listed> {
        let cells = matrix.cells();
        cells
            .map(|cell| {
                let classes = cell.names().map(str::to_owned).collect();
                (
                    classes,
                    cell.period().to_owned(),
                    cell.faults.to_vec(),
                    *cell.said,
                )
            })
            .collect()
    }

    fn names() -> Arc<Names> {
        let named = |prefix: char| (0..5).map(move |n| format!("{prefix}{n}").into());
        Arc::new(Names {
            subjects: named('c').collect(),
            periods: named('p').collect(),
        })
    }

    #[test]
    fn classes_of_which_the_same_is_said_share_a_cell() {
        let mut out = Matrix::about(names());
        let sets = [
            vec!["one".to_owned()],
            vec!["one".to_owned(), "other".to_owned()],
        ];
        let sets = sets.map(|set| out.number_of(set));
        let (a, b) = (out.say(7), out.say(8));
        let rows: [(u32, &[u32]); 3] = [(0, &[a, a]), (1, &[b, a]), (2, &[a, b])];
        out.push(1, &sets, rows);
        let text = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let cell = |classes: &[&str], faults: &[&str], said| {
            (text(classes), "p1".to_owned(), text(faults), said)
        };
        let expected = [
            cell(&["c0", "c2"], &["one"], 7),
            cell(&["c1"], &["one"], 8),
            cell(&["c0", "c1"], &["one", "other"], 7),
            cell(&["c2"], &["one", "other"], 8),
        ];
        assert_eq!(listed(&out), expected);
        assert_eq!(
            (
                out.periods(),
                out.cells_in(0).count(),
                out.cells_in(1).count()
            ),
            (vec![1], 0, 4)
        );
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            cells in prop::collection::vec((0..5_u8, 0..5_u8, 0..5_u8, 0..4_u8), 0..40),
        ) {
            let words = |prefix: char, n: &u8| format!("{prefix}{n}");
            let all = cells.iter().map(|(class, period, fault, said)| {
                (vec![words('c', class).into()], words('p', period).into(), vec![words('f', fault)], *said)
            });
            let matrix: Matrix<u8> = all.collect();
            let expected: Vec<Listed> = cells
                .iter()
                .map(|(class, period, fault, said)| {
                    (vec![words('c', class)], words('p', period), vec![words('f', fault)], *said)
                })
                .collect();
            prop_assert_eq!(listed(&matrix), expected.clone());
            // In words of which two are the same.
            let halved: Vec<Listed> = expected.into_iter().map(|(c, p, f, said)| (c, p, f, said / 2)).collect();
            prop_assert_eq!(listed(&matrix.map(|said| said / 2)), halved);
        }
    }
}
