//! Which copy saves what, how old it is then, how long it takes to be back.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use thrice_verdicts::Matrix;

/// What saves classes under one set of faults in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Saved {
    /// What saves them: `live` (the faults leave the live data alone, and copies are left as well),
    /// `live alone`, `copy`, `nothing` or `undecided`.
    pub by: &'static str,
    /// The store of the copy with the newest version.
    pub store: Option<String>,
    /// The step that makes that copy.
    pub step: Option<String>,
    /// Other stores in which copies are left.
    pub also: Vec<String>,
    /// Age of the newest version at worst while every run succeeds.
    pub nominal: Option<Time>,
    /// The same with as many missed runs as monitors and the response time allow.
    pub guaranteed: Option<Time>,
    /// From the fault to being in use again, at worst.
    pub restore: Option<Time>,
    /// The store it is restored from: of several the fastest.
    pub restored_from: Option<String>,
    /// What is asked of it, and what is left of that.
    pub margins: Vec<Margin>,
}

/// Classes alike under one set of faults in one phase.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cell<'a> {
    /// The classes.
    classes: Vec<&'a str>,
    /// The phase.
    phase: &'a str,
    /// The faults that strike together.
    faults: &'a [String],
    /// What saves them: `live` (the faults leave the live data alone, and copies are left as well),
    /// `live alone`, `copy`, `nothing` or `undecided`.
    #[schemars(extend("enum" = ["live", "live alone", "copy", "nothing", "undecided"]))]
    saved_by: &'static str,
    /// The store of the copy with the newest version.
    store: Option<&'a str>,
    /// The step that makes that copy.
    step: Option<&'a str>,
    /// Other stores in which copies are left.
    also: &'a [String],
    /// Age of the newest version at worst while every run succeeds; absent for live data, or where it has no
    /// bound.
    nominal: Option<&'a Time>,
    /// The same with as many missed runs as monitors and the response time allow.
    guaranteed: Option<&'a Time>,
    /// From the fault to being in use again, at worst; absent where there is nothing to restore or where a size
    /// or speed is not stated.
    restore: Option<&'a Time>,
    /// The store it is restored from: of several the fastest.
    restored_from: Option<&'a str>,
    /// What is asked of it, and what is left of that.
    margins: &'a [Margin],
}

/// The cells of a matrix, each as a row, made while they are written: there may be millions.
pub(crate) struct Cells<'a>(pub &'a Matrix<Saved>);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.cells().map(Cell::new))
    }
}

impl<'a> Cell<'a> {
    fn new(cell: thrice_verdicts::Cell<'a, Saved>) -> Self {
        let said = cell.said;
        Self {
            classes: cell.names().collect(),
            phase: cell.period(),
            faults: cell.faults,
            saved_by: said.by,
            store: said.store.as_deref(),
            step: said.step.as_deref(),
            also: &said.also,
            nominal: said.nominal.as_ref(),
            guaranteed: said.guaranteed.as_ref(),
            restore: said.restore.as_ref(),
            restored_from: said.restored_from.as_deref(),
            margins: &said.margins,
        }
    }
}

/// A time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct Time {
    /// In seconds.
    pub seconds: i64,
    /// In words.
    pub words: String,
}

/// By how much something is within what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct Margin {
    /// What is asked: `rpo`, `rpo guaranteed` or `rto`.
    #[schemars(extend("enum" = ["rpo", "rpo guaranteed", "rto"]))]
    pub of: &'static str,
    /// How much.
    pub asked: Time,
    /// How much of it is left; negative where it fails.
    pub left: Time,
}
