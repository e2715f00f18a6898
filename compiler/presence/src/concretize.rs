//! A confirmed counterexample as ages: what enters and leaves where, when.

use crate::System;
use crate::changes::Ages;
use crate::choices::{Choices, FOR_EVER, NodeChoice};
use crate::evaluate::{Stay, stays_of};

/// One run of the plan for one item or version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The age at which too little is left.
    pub age: i64,
    /// The age at which the faults strike.
    pub struck: i64,
    /// For each node, when the item enters and leaves it; `None` where it never is.
    pub stays: Vec<Stay>,
    /// The age at each change of the system.
    pub changes: Vec<i64>,
    /// How many days late each of them comes.
    pub late: Vec<i64>,
    /// What was chosen for each node.
    pub chosen: Vec<NodeChoice>,
}

impl Run {
    pub(crate) fn new(system: &System, choices: Choices) -> Self {
        let stays = stays_of(system, &choices);
        Self {
            age: choices.age,
            struck: choices.struck,
            changes: Ages::of(system, &choices).all(),
            stays,
            late: choices.late,
            chosen: choices.nodes,
        }
    }

    /// Whether the item is in a node at the age in question.
    #[must_use]
    pub fn is_in(&self, node: usize) -> bool {
        self.stay(node)
            .is_some_and(|(from, to)| from <= self.age && self.age < to)
    }

    /// Whether any change comes late in it.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.late.iter().any(|days| *days > 0)
    }

    /// When it enters and leaves a node.
    #[must_use]
    pub fn stay(&self, node: usize) -> Stay {
        self.stays.get(node).copied().flatten()
    }

    /// When it leaves a node, if it does.
    #[must_use]
    pub fn leaves(&self, node: usize) -> Option<i64> {
        self.stay(node)
            .map(|(_, to)| to)
            .filter(|to| *to < FOR_EVER)
    }
}
