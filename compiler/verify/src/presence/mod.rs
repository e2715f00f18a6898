//! Where an item or version is at each age: a small system of times, and questions about it.

mod across;
mod aside;
mod changes;
mod choices;
mod concretize;
mod encode;
mod evaluate;
mod least;
mod relevant;
mod replay;
mod shape;
mod solve;
mod solver;
mod symbolize;
mod symbols;
mod terms;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

pub(crate) use across::{Across, across};
pub(crate) use aside::Aside;
pub use changes::{Changes, Held, Life, NodeLife};
pub use choices::{Choices, FOR_EVER, NodeChoice};
pub use concretize::Run;
pub(crate) use evaluate::{can_be_asked, settled};
pub use evaluate::{refutes, stays_of};
pub(crate) use replay::{ABOUT_CLASS, About, answered, mismatch};
pub use solver::Solver;
pub(crate) use solver::z3;
pub(crate) use symbolize::{Symbolized, symbolize};

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

/// What a solver is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asks {
    /// What neither evaluation nor the bounds of what is open decide.
    #[default]
    Open,
    /// The same, and only whether it holds: where it does not, nobody sees the case, and any will do.
    Whether,
    /// What the bounds decide as well.
    All,
    /// That, and it is written down.
    WrittenDown,
}

/// Where the solver is.
enum Place {
    /// In this thread, once it is asked something.
    Here(OnceCell<solve::Asker>),
    /// In a thread of its own, which is there already or is started when something is asked.
    Apart(RefCell<Option<Aside>>),
}

/// Answers by shape: classes that differ in nothing but names are asked about once.
pub(crate) struct Answers {
    known: RefCell<BTreeMap<Vec<i64>, Answer>>,
    solver: Place,
    new_solver: NewSolver,
    asks: Asks,
    /// What was put to the solver and what it said, since this was last emptied, if that is written down.
    asked: RefCell<Vec<(String, Answer)>>,
}

/// Sets a solver up, in the thread that is to ask it.
pub type NewSolver = fn() -> Box<dyn Solver>;

impl Default for Answers {
    fn default() -> Self {
        Self::here(Asks::Open)
    }
}

impl Answers {
    const fn new(solver: Place, new_solver: NewSolver, asks: Asks) -> Self {
        Self {
            known: RefCell::new(BTreeMap::new()),
            solver,
            new_solver,
            asks,
            asked: RefCell::new(Vec::new()),
        }
    }

    /// With Z3 in this thread.
    pub(crate) const fn here(asks: Asks) -> Self {
        Self::new(Place::Here(OnceCell::new()), z3, asks)
    }

    /// With solvers in threads of their own: one that is there already, if there is, or is set up when something
    /// is asked.
    pub(crate) const fn apart(solver: Option<Aside>, new_solver: NewSolver, asks: Asks) -> Self {
        Self::new(Place::Apart(RefCell::new(solver)), new_solver, asks)
    }

    /// Whether somebody sees the cases: then of all of them the least is looked for.
    pub(crate) fn least(&self) -> bool {
        self.asks != Asks::Whether
    }

    /// Gives up a solver in another thread: little or nothing is asked after this.
    pub(crate) fn give_up(&self) {
        if let Place::Apart(aside) = &self.solver
            && let Some(aside) = aside.borrow_mut().as_mut()
        {
            aside.give_up();
        }
    }

    /// Forgets all answers; the solver stays.
    pub(crate) fn forget(&self) {
        self.known.borrow_mut().clear();
    }

    /// By the bounds of what is open, where they decide and that is enough, else by the solver. Where both refute,
    /// the same case is shown, whoever is asked.
    fn decide(&self, system: &System, question: &Question) -> Answer {
        let by_bounds = solve::by_bounds(system, question, self.least());
        match (self.asks, by_bounds) {
            (Asks::Open | Asks::Whether, Some(found)) => found,
            (_, by_bounds) => match (self.solve(system, question), by_bounds) {
                (Answer::Refuted(_), Some(shown @ Answer::Refuted(_))) => shown,
                (found, _) => found,
            },
        }
    }

    fn solve(&self, system: &System, question: &Question) -> Answer {
        let aside = match &self.solver {
            Place::Here(asker) => {
                let asker = asker.get_or_init(|| solve::Asker::new((self.new_solver)()));
                return asker.solve(system, question, self.least());
            }
            Place::Apart(aside) => aside,
        };
        let mut aside = aside.borrow_mut();
        let found = aside.as_mut().and_then(|a| a.solve(system, question));
        found.unwrap_or_else(|| {
            let another = aside.insert(Aside::start(self.new_solver));
            let found = another.solve(system, question);
            found.unwrap_or_else(|| Answer::Unknown("the solver is gone".to_owned()))
        })
    }

    /// What was put to the solver since this was last asked for, in SMT-LIB 2, and what it said.
    pub(crate) fn take_asked(&self) -> Vec<(String, Answer)> {
        self.asked.take()
    }

    pub(crate) fn ask(&self, system: &System, question: &Question) -> Answer {
        // Data that need not be kept until its copies are made: then the last age at which it must be
        // there is asked about. A claim about no age at all would hold of anything.
        let question = &Question {
            from: question.from.min(question.to),
            ..question.clone()
        };
        let Some((part, of_part)) = relevant::relevant(system, question) else {
            return Answer::Evaluated;
        };
        let found = self.known(&part, &of_part);
        if found.holds() || (&part, &of_part) == (system, question) {
            return found;
        }
        // What is shown is a run of all copies.
        self.known(system, question)
    }

    fn known(&self, system: &System, question: &Question) -> Answer {
        let key = shape::key(system, question);
        let known = self.known.borrow().get(&key).cloned();
        let found = known.unwrap_or_else(|| {
            let found = self.decide(system, question);
            self.known.borrow_mut().insert(key, found.clone());
            found
        });
        // Known or not: which thread was asked first is no part of what is written down.
        if self.asks == Asks::WrittenDown {
            let text = encode::encode::<symbols::InZ3>(system, question).smt();
            self.asked.borrow_mut().push((text, found.clone()));
        }
        found
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
