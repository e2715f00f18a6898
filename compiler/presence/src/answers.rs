//! Who is asked, and what has been answered.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use crate::{Answer, Aside, Question, Solver, System, encode, relevant, shape, solve, symbols, z3};

/// What a solver is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
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
pub struct Answers {
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
    pub const fn here(asks: Asks) -> Self {
        Self::new(Place::Here(OnceCell::new()), z3, asks)
    }

    /// With solvers in threads of their own: one that is there already, if there is, or is set up when something
    /// is asked.
    pub const fn apart(solver: Option<Aside>, new_solver: NewSolver, asks: Asks) -> Self {
        Self::new(Place::Apart(RefCell::new(solver)), new_solver, asks)
    }

    /// Whether somebody sees the cases: then of all of them the least is looked for.
    pub fn least(&self) -> bool {
        self.asks != Asks::Whether
    }

    /// Gives up a solver in another thread: little or nothing is asked after this.
    pub fn give_up(&self) {
        if let Place::Apart(aside) = &self.solver
            && let Some(aside) = aside.borrow_mut().as_mut()
        {
            aside.give_up();
        }
    }

    /// Forgets all answers; the solver stays.
    pub fn forget(&self) {
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
    pub fn take_asked(&self) -> Vec<(String, Answer)> {
        self.asked.take()
    }

    /// Answers a question, if it is not one that was answered before.
    pub fn ask(&self, system: &System, question: &Question) -> Answer {
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
