//! Concrete values of all that is open.

use crate::{Leaving, Question, System};

/// Longer than any horizon with all that may be late, in seconds: the time of what never happens.
pub const FOR_EVER: i64 = 400 * 366 * 86_400;

/// Concrete values of all that is open in a system: one run of the plan, for one item or version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The age asked about.
    pub age: i64,
    /// The age at which the faults strike; at most `age`.
    pub struck: i64,
    /// The age on the day that is written for the first change of the system, and then from each such day to
    /// the next one.
    pub gaps: Vec<i64>,
    /// How many days after its day each change comes.
    pub late: Vec<i64>,
    /// For each node: its delay, its age rule, and the value of each leaving.
    pub nodes: Vec<NodeChoice>,
}

impl Choices {
    /// One of a system's, all of it 0.
    pub(crate) fn unset(system: &System) -> Self {
        let nodes = system.nodes.iter().map(|node| NodeChoice {
            leaves: vec![0; node.leaves.len()],
            ..NodeChoice::default()
        });
        Self {
            age: 0,
            struck: 0,
            gaps: vec![0; system.gaps().len()],
            late: vec![0; system.late().len()],
            nodes: nodes.collect(),
        }
    }
}

/// The open values of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeChoice {
    /// From the source having it to it being here.
    pub delay: i64,
    /// The age from which it is taken.
    pub older_than: i64,
    /// One value a leaving.
    pub leaves: Vec<i64>,
}

/// What is open in a system, one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    Age,
    Struck,
    Gap(usize),
    Late(usize),
    Delay(usize),
    OlderThan(usize),
    /// Of a node, one of its ways of leaving.
    Leave(usize, usize),
}

impl Open {
    /// All that is open, in the order in which a case is made small: the youngest item first, then the earliest
    /// faults, then phases as little late and steps as quick as will do.
    pub(crate) fn all(system: &System) -> Vec<Self> {
        let mut out = vec![Self::Age, Self::Struck];
        out.extend((0..system.late().len()).map(Self::Late));
        out.extend((0..system.gaps().len()).map(Self::Gap));
        for (at, node) in system.nodes.iter().enumerate() {
            out.push(Self::OlderThan(at));
            out.extend((0..node.leaves.len()).map(|way| Self::Leave(at, way)));
            out.push(Self::Delay(at));
        }
        out
    }

    /// The least that it may be, where an item is so old.
    pub(crate) fn least(self, system: &System, question: &Question, age: i64) -> Option<i64> {
        let node = |at: usize| system.nodes.get(at);
        match self {
            Self::Age => Some(question.from),
            Self::Struck => Some(question.from.max(age.saturating_sub(question.window))),
            Self::Gap(change) => system.gaps().get(change).map(|(low, _)| *low),
            Self::Late(_) => Some(0),
            Self::Delay(at) => node(at)?
                .source
                .map_or(Some(0), |_| Some(node(at)?.delay.0)),
            Self::OlderThan(at) => Some(node(at)?.older_than.map_or(0, |(low, _)| low)),
            Self::Leave(at, way) => Some(node(at)?.leaves.get(way)?.least()),
        }
    }

    /// The most that a step may delay something, by how long it takes or by what it waits for.
    pub(crate) fn slowest(self, system: &System) -> Option<i64> {
        match self {
            Self::Delay(at) => system.nodes.get(at).map(|node| node.delay.1),
            Self::OlderThan(at) => Some(system.nodes.get(at)?.older_than?.1),
            Self::Age | Self::Struck | Self::Gap(_) | Self::Late(_) | Self::Leave(..) => None,
        }
    }

    /// Its value in a run.
    pub(crate) fn of(self, choices: &Choices) -> Option<i64> {
        let node = |at: usize| choices.nodes.get(at);
        match self {
            Self::Age => Some(choices.age),
            Self::Struck => Some(choices.struck),
            Self::Gap(change) => choices.gaps.get(change).copied(),
            Self::Late(change) => choices.late.get(change).copied(),
            Self::Delay(at) => Some(node(at)?.delay),
            Self::OlderThan(at) => Some(node(at)?.older_than),
            Self::Leave(at, way) => node(at)?.leaves.get(way).copied(),
        }
    }

    /// Gives it a value in a run.
    pub(crate) fn set(self, choices: &mut Choices, value: i64) -> Option<()> {
        *match self {
            Self::Age => &mut choices.age,
            Self::Struck => &mut choices.struck,
            Self::Gap(change) => choices.gaps.get_mut(change)?,
            Self::Late(change) => choices.late.get_mut(change)?,
            Self::Delay(at) => &mut choices.nodes.get_mut(at)?.delay,
            Self::OlderThan(at) => &mut choices.nodes.get_mut(at)?.older_than,
            Self::Leave(at, way) => choices.nodes.get_mut(at)?.leaves.get_mut(way)?,
        } = value;
        Some(())
    }
}

impl Leaving {
    /// The least that is open about it.
    pub(crate) const fn least(self) -> i64 {
        self.bounds().0
    }

    /// Bounds of what is open about it.
    pub(crate) const fn bounds(self) -> (i64, i64) {
        match self {
            Self::AfterEntering(low, high) | Self::AtAge(low, high) | Self::With(_, low, high) => {
                (low, high)
            }
            Self::AfterChange { after, .. } => after,
            Self::Into(_) => (0, 0),
        }
    }
}
