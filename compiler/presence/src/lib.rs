//! Where an item or version is at each age.
//!
//! What goes in: a [`System`]: the copies of one class, as nodes with times at which something comes and goes, each
//! within bounds; and a [`Question`] about it: whether enough of it is there from one age to another. What comes out: an
//! [`Answer`]: it holds, evaluated or proved, or it fails in a [`Run`]; or nobody knows.
//!
//! Copies that no answer can depend on are left out (**relevant**), names are dropped so that what has one **shape** is
//! asked about once. What nothing open can change is **evaluated**; else the question and the negated claim are
//! **encode**d as linear integer arithmetic, whose bounds mostly decide, and Z3 does where they do not (**solve**).
//! Of all counterexamples the **least** is taken, so that it is the same one in every run.
//!
//! Invariants: nothing here knows of policies or plans; all times are seconds. No run is answered that the concrete
//! evaluation does not bear out, which shares nothing with the encoding. An unknown answer holds nowhere. The same
//! question has the same answer.

mod answers;
mod aside;
mod changes;
mod choices;
mod concretize;
mod encode;
mod evaluate;
mod least;
mod relevant;
mod shape;
mod solve;
mod solver;
mod symbols;
mod terms;

pub use answers::{Answers, Asks, NewSolver};
pub use aside::Aside;
pub use changes::{Changes, DAY, Held, Life, NodeLife};
pub use choices::{Choices, FOR_EVER, NodeChoice};
pub use concretize::Run;
pub use evaluate::{can_be_asked, refutes, settled, stays_of};
pub use solver::{Solver, z3};

/// One copy, as times. All times are seconds after the item or version came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The node it is filled from; `None` for live data, which is there at 0.
    pub source: Option<usize>,
    /// From it being in the source (and old enough) to it being here: least and greatest.
    pub delay: (i64, i64),
    /// Only what has this age is taken: least and greatest value that the age rule may have.
    pub older_than: Option<(i64, i64)>,
    /// How it goes; the earliest counts.
    pub leaves: Vec<Leaving>,
    /// Whether the faults leave it usable.
    pub alive: bool,
    /// Whether its step can still be fed after the faults: its source is alive.
    pub fed: bool,
}

/// How something leaves a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// So long after it entered.
    AfterEntering(i64, i64),
    /// At this age, or on entering if it is older then.
    AtAge(i64, i64),
    /// So long after a change, with which nobody makes newer ones any more.
    AfterChange {
        /// The change.
        change: usize,
        /// Least and greatest time.
        after: (i64, i64),
        /// No sooner than so long after it entered.
        stays: i64,
    },
    /// So long after it left another node.
    With(usize, i64, i64),
    /// As soon as it has entered another node.
    Into(usize),
}

/// The copies of one class under one set of faults. Sources stand before what they feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// One a copy.
    pub nodes: Vec<Node>,
    /// What of it comes and goes while the item is there; `None`: all of it is there all the time.
    pub changes: Option<Box<Changes>>,
}

/// "From age `from` to age `to`: in at least `need` different groups, some member is present."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Nodes that may count, each with its group (a store, a medium).
    pub members: Vec<(usize, u32)>,
    /// How many groups.
    pub need: u32,
    /// First age asked about.
    pub from: i64,
    /// Last age asked about.
    pub to: i64,
    /// How long after the faults somebody has noticed, acted and restored: so long must it hold on.
    /// Faults strike at an age from `from` on: what is lost of younger items is the recovery point's.
    pub window: i64,
    /// Which side of the last change of the system is asked about.
    pub crossing: Crossing,
}

/// What is asked about where a system changes: what is left after the last change. Faults may have struck before it,
/// if nobody has noticed them yet and acted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Crossing {
    /// Items and versions that had the first age asked about when it changed, from the change on.
    #[default]
    Old,
    /// Items and versions of which there had been enough for long when one of these changes came, from the last
    /// change on.
    Held(Vec<Held>),
    /// All of them, where faults strike so long after it that what is new has surely been filled.
    Settled(i64),
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds, and nothing was open.
    Evaluated,
    /// It holds for all values of the unknowns.
    Proved,
    /// It fails in this run of the plan, which was replayed.
    Refuted(Run),
    /// The solver gave up, or its answer did not replay; the text says which.
    Unknown(String),
}

impl Answer {
    /// Whether the question's claim holds.
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Evaluated | Self::Proved)
    }
}

/// Answers a question about a system: by evaluation or the bounds of what is open where those decide, else by Z3.
#[must_use]
pub fn answer(system: &System, question: &Question) -> Answer {
    Answers::default().ask(system, question)
}

/// The same, by Z3 also where the bounds of what is open decide.
#[must_use]
pub fn solved(system: &System, question: &Question) -> Answer {
    Answers::here(Asks::All).ask(system, question)
}
