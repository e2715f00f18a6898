//! First pass: which statements there are, and the names they declare.

mod found;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;
use thrice_diagnostics::{Diagnostic, SourceMap};

use crate::both;
use crate::forms::FORMS;
use crate::item::Item;
use crate::load::Loaded;
use crate::names::Names;

use found::{Found, Reader, Rows, Run};

/// What the first pass yields.
#[derive(Default)]
pub struct Declared<'a> {
    /// The statements of each row of [`FORMS`], in their order.
    pub items: Vec<Vec<Item<'a>>>,
    /// All names.
    pub names: Names,
    /// What is wrong so far.
    pub reports: Vec<Diagnostic>,
}

/// Declares all statements of some files, sorted by the names that they declare. Ids then do not tell in
/// which order or file they stand, nor does what follows from ids: which of several cases is told, what a
/// list begins with, what is written to machines. What has no name keeps its place, and is sorted when it
/// is read (`draft`). Where there is `much`, on several cores.
#[must_use]
pub fn declare<'a>(sources: &'a SourceMap, files: &'a [Loaded], much: bool) -> Declared<'a> {
    let rows = Rows::new();
    let reader = Reader::new(sources, &rows);
    let runs = files.iter().flat_map(|file| {
        let runs = file.tree.runs();
        runs.map(|statements| (statements, file.library))
    });
    let runs: Vec<_> = runs.collect();
    let read = |(statements, library)| reader.run(statements, library);
    // What is said in one statement does not depend on others, but for its place among them.
    let mut runs: Vec<Run<'a>> = if much {
        runs.into_par_iter().map(read).collect()
    } else {
        runs.into_iter().map(read).collect()
    };
    let order = order(&runs, much);
    let (mut names, mut counts) = (Names::default(), vec![0; FORMS.len()]);
    for &(_, _, run, at) in &order {
        let run = runs.get_mut(run as usize);
        if let Some(found) = run.and_then(|run| run.found.get_mut(at as usize)) {
            found.place(0, &mut names, &mut counts);
        }
    }
    let sorted = || {
        let find = |&(_, _, run, at): &Order| runs.get(run as usize)?.found.get(at as usize);
        order.iter().filter_map(find)
    };
    let ((names, mut reports), items) = both(
        much,
        || declare_all(names, sorted()),
        || {
            let mut items: Vec<_> = counts.iter().map(|n| Vec::with_capacity(*n)).collect();
            sorted().for_each(|found| found.list(&mut items));
            items
        },
    );
    reports.extend(runs.into_iter().flat_map(|run| run.reports));
    Declared {
        items,
        names,
        reports,
    }
}

/// What statements of files are sorted by: their names, and where they stand: run, and place in it. A name's
/// first bytes as a number tell most of them apart without a look into the text.
type Order<'a> = (u64, &'a str, u32, u32);

fn order<'a>(runs: &[Run<'a>], much: bool) -> Vec<Order<'a>> {
    let all = (0..).zip(runs).flat_map(|(run, Run { found, .. })| {
        let places = (0..).zip(found);
        places.map(move |(at, found)| (first_bytes(found.sorted_by), found.sorted_by, run, at))
    });
    let mut order: Vec<Order<'a>> = all.collect();
    if much {
        order.par_sort_unstable();
    } else {
        order.sort_unstable();
    }
    order
}

fn first_bytes(name: &str) -> u64 {
    let mut first = [0; 8];
    for (byte, of_name) in first.iter_mut().zip(name.bytes()) {
        *byte = of_name;
    }
    u64::from_be_bytes(first)
}

/// Declares the names of statements; says which are declared twice.
fn declare_all<'f, 'a: 'f>(
    mut names: Names,
    sorted: impl Iterator<Item = &'f Found<'a>>,
) -> (Names, Vec<Diagnostic>) {
    let (least, most) = sorted.size_hint();
    names.reserve(most.unwrap_or(least));
    let mut reports = Vec::new();
    sorted.for_each(|found| found.declare(&mut names, &mut reports));
    (names, reports)
}
