//! What of a system comes and goes while an item or version is in it.
//!
//! Who crosses the beginning of a phase meets other steps before it than after it. How old it is then is
//! open: it may have come to be at any time, and phases may be late, each by itself. So one phase may be over
//! before what is new in it has been filled.

use crate::choices::{Choices, FOR_EVER};
use crate::{Crossing, Question, System};

/// When what a system consists of is there. Changes are numbered in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The age on the day that is written for the first change, and then how long it is from each such day to
    /// the next one: least and greatest. An age below 0: the item comes to be after that day. What lies between
    /// two written days is known, so the first alone is open.
    pub gaps: Vec<(i64, i64)>,
    /// How many days after its day each change comes at most. None comes before the one before it.
    pub late: Vec<i64>,
    /// One a node.
    pub nodes: Vec<NodeLife>,
}

/// When what fills and empties a node is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeLife {
    /// Its step: outside of this time it brings nothing, but for what it brings at the very moment at which it
    /// ends. What it has brought stays.
    pub fed: Life,
    /// With which change its place ceases to be, and all that is in it.
    pub gone: Option<usize>,
    /// One a way of leaving: outside of this time it takes nothing away, and what it ought to have taken before,
    /// it takes at once.
    pub leaves: Vec<Life>,
}

impl NodeLife {
    /// Whether all of it is there all the time.
    pub(crate) fn is_always(&self) -> bool {
        let always = Life::default();
        self.stays() && self.fed == always && self.leaves.iter().all(|life| *life == always)
    }

    /// Whether its place is there all the time.
    pub(crate) const fn stays(&self) -> bool {
        self.gone.is_none()
    }
}

/// From which change on, and before which one, something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// `None`: before any change.
    pub from: Option<usize>,
    /// `None`: after all changes.
    pub until: Option<usize>,
}

/// That enough of what is old enough had been there for long when a change came, and when faults strike: from then
/// on it must go on being there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The change.
    pub change: usize,
    /// What has this age by then is old enough.
    pub from: i64,
    /// The change before, if there is one, came so long before it, and before the faults, at least.
    pub long: i64,
    /// So long after the day that is written for the change, or before it if this is below 0, it and the faults come
    /// at least: else it had not been asked for, nor the class been there, for so long.
    pub asked: i64,
}

/// A day, in seconds.
pub const DAY: i64 = 86_400;

/// The lives of a concrete run: what is there at which ages.
pub(crate) struct Ages<'s> {
    changes: Option<&'s Changes>,
    /// The age at each change.
    at: Vec<i64>,
    /// How many days late each comes.
    late: &'s [i64],
}

impl<'s> Ages<'s> {
    pub(crate) fn of(system: &'s System, choices: &'s Choices) -> Self {
        let mut age = 0_i64;
        let gaps = choices.gaps.iter().zip(&choices.late);
        let at = gaps.map(|(gap, late)| {
            age = age.saturating_add(*gap);
            age.saturating_add(late.saturating_mul(DAY))
        });
        Self {
            changes: system.changes.as_deref(),
            at: at.collect(),
            late: &choices.late,
        }
    }

    /// Whether no change comes before the one before it.
    pub(crate) fn are_in_order(&self) -> bool {
        self.at.is_sorted()
    }

    /// Whether enough had been there for long when a change came and when faults strike.
    fn held(&self, held: &Held, struck: i64) -> bool {
        let before = held.change.checked_sub(1);
        let before = before.and_then(|before| self.at.get(before));
        let Some((at, late)) = self.at.get(held.change).zip(self.late.get(held.change)) else {
            return false;
        };
        let written = at.saturating_sub(late.saturating_mul(DAY));
        let both = struck.min(*at);
        held.from <= *at
            && before.is_none_or(|before| before.saturating_add(held.long) <= both)
            && written.saturating_add(held.asked) <= both
    }

    /// The age at the last change, if there is one.
    pub(crate) fn last(&self) -> Option<i64> {
        self.at.last().copied()
    }

    /// The age at each change.
    pub(crate) fn all(self) -> Vec<i64> {
        self.at
    }

    /// When a node's step is there.
    pub(crate) fn fed(&self, node: usize) -> (i64, i64) {
        self.node(node)
            .map_or((0, FOR_EVER), |life| self.ages(life.fed))
    }

    /// When a node's place ceases to be.
    pub(crate) fn gone(&self, node: usize) -> i64 {
        let gone = self.node(node).and_then(|life| life.gone);
        gone.map_or(FOR_EVER, |change| self.age(change))
    }

    /// When a way of leaving is there.
    pub(crate) fn leaves(&self, node: usize, way: usize) -> (i64, i64) {
        let life = self.node(node).and_then(|life| life.leaves.get(way));
        life.map_or((0, FOR_EVER), |life| self.ages(*life))
    }

    fn node(&self, node: usize) -> Option<&'s NodeLife> {
        self.changes.and_then(|changes| changes.nodes.get(node))
    }

    fn ages(&self, life: Life) -> (i64, i64) {
        let from = life.from.map_or(0, |change| self.age(change));
        let until = life.until.map_or(FOR_EVER, |change| self.age(change));
        (from, until)
    }

    /// The age at a change.
    pub(crate) fn age(&self, change: usize) -> i64 {
        self.at.get(change).copied().unwrap_or(FOR_EVER)
    }
}

impl System {
    /// When a node's step begins and ends, in changes.
    #[must_use]
    pub fn life(&self, node: usize) -> Option<&NodeLife> {
        self.changes.as_ref()?.nodes.get(node)
    }

    /// The bounds of what is open about its changes.
    pub(crate) fn gaps(&self) -> &[(i64, i64)] {
        self.changes.as_ref().map_or(&[], |changes| &changes.gaps)
    }

    /// How many days late each of its changes comes at most.
    pub(crate) fn late(&self) -> &[i64] {
        self.changes.as_ref().map_or(&[], |changes| &changes.late)
    }

    /// The greatest age at which anything changes.
    pub fn last_change(&self) -> i64 {
        let gaps = self.gaps().iter();
        let last = gaps.fold(0, |sum: i64, (_, high)| sum.saturating_add(*high));
        let late = self.late().last().copied().unwrap_or(0);
        last.saturating_add(late.saturating_mul(DAY))
    }

    /// The same if no change is late; `None` where none may be.
    pub fn on_time(&self) -> Option<Self> {
        let changes = self.changes.as_deref()?;
        changes.late.iter().any(|late| *late > 0).then(|| Self {
            nodes: self.nodes.clone(),
            changes: Some(Box::new(Changes {
                late: vec![0; changes.late.len()],
                ..changes.clone()
            })),
        })
    }
}

/// Whether a run is asked about as far as changes go.
pub(crate) fn after_changes(ages: &Ages<'_>, question: &Question, choices: &Choices) -> bool {
    ages.last().is_none_or(|change| match &question.crossing {
        Crossing::Old => question.from <= change && change <= choices.age,
        Crossing::Held(all) => {
            change <= choices.age && all.iter().any(|held| ages.held(held, choices.struck))
        }
        Crossing::Settled(after) => change.saturating_add(*after) <= choices.struck,
    })
}
