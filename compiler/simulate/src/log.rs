//! A list of runs, kept while they are played.

use std::collections::BTreeSet;

use jiff::Timestamp;
use thrice_model::StepId;

/// A run that is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Whose.
    pub step: StepId,
    /// When it was due.
    pub due: Timestamp,
    /// When it would have started if it waited for no other step.
    pub ready: Timestamp,
    /// When it starts.
    pub from: Timestamp,
    /// When it is done: at this instant it is not at work any more.
    pub to: Timestamp,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    /// It reported success of half of something.
    Half,
    /// Or it was never begun.
    Failed,
}

/// A run that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    pub step: StepId,
    pub at: Timestamp,
    pub ended: Ended,
}

/// Lists runs while they are played.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The steps that run.
    pub steps: BTreeSet<StepId>,
    pub runs: Vec<Ran>,
    /// How they ended, in the order of time.
    pub reports: Vec<Report>,
}
