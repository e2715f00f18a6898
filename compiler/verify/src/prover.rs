//! Decides the obligations of a plan, side by side, with a solver that is set up beforehand.

use std::collections::{BTreeMap, VecDeque};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use thrice_model::Obligation;
use thrice_plan::Plan;
use thrice_presence::{Answers, Aside, Asks, NewSolver, z3};

use crate::context::{Context, Known};
use crate::fault::{BY_FAULT, Chosen};
use crate::indexed::Index;
use crate::obligations::{DECIDED, not_decided};
use crate::session::{Session, decided};
use crate::{Assumptions, Verification, acceptance, assumptions, by_hand, out_of_order, proofs};

/// The obligations that ask the solver.
const ASKING: [Obligation; 4] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::LastCopy,
    Obligation::Deletion,
];

/// Those that take longest among the others, the longest last. They are begun first, so that no thread is left
/// with a long one when the others have nothing to do any more.
const LONG: [Obligation; 4] = [
    Obligation::TimeTable,
    Obligation::Capacity,
    Obligation::History,
    Obligation::RecoveryPoint,
];

/// Plans with more copies than this have more to ask than it takes to set a second solver up: that is
/// some hundred questions' time and 17 MB.
const TWO_SOLVERS: usize = 500;

/// Decides obligations, side by side. To set a solver up takes Z3 as long as to answer some hundred
/// questions: who has that done before the plan is there does not wait for it.
pub struct Prover {
    solver: Option<Aside>,
    new_solver: NewSolver,
    asks: Asks,
}

/// Decides under some faults alone, which strike together, what depends on them; the other obligations are left
/// out.
#[must_use]
pub fn verify_under(plan: &Plan, chosen: &Chosen) -> Verification {
    let mut session = Session::under(Some(chosen));
    let mut out = session.decided(&session.context(plan), &BY_FAULT);
    out.assumptions = assumptions::worded(&plan.model, Vec::new(), assumptions::all(plan));
    by_hand::downgrade(
        &by_hand::without(plan, |plan, asked| session.decide(plan, asked)),
        &mut out,
    );
    acceptance::apply(plan, &mut out);
    // What an acceptance covers besides is not known here.
    out.findings
        .retain(|finding| finding.obligation != Obligation::Sense);
    out.accepted.retain(|accepted| accepted.covers > 0);
    out
}

/// A plan is being verified.
pub struct Proving {
    plan: Arc<Plan>,
    work: Option<Work>,
}

/// Where it is done.
enum Work {
    /// In a thread of its own.
    Aside(JoinHandle<[Outcomes; 2]>),
    /// It has been done already.
    Done(Box<[Outcomes; 2]>),
}

/// What came out of some of the tasks.
#[derive(Default)]
struct Outcomes {
    /// Of obligations, by their place.
    decided: BTreeMap<usize, Verification>,
    without: Option<by_hand::Without>,
    /// Where phases come in another order than that of their days.
    out_of_order: Option<out_of_order::Found>,
    /// What the verdicts rest on, and where evaluated ones turn.
    assumptions: Option<Assumptions>,
}

/// Something to be decided by one thread.
#[derive(Clone, Copy)]
enum Task {
    /// The obligation at this place.
    Obligation(usize),
    /// What holds without what is done by hand.
    Without,
    /// What comes of phases that are late and others that do not wait for them.
    OutOfOrder,
    /// What verdicts rest on, and where evaluated ones turn.
    Assumptions,
}

/// Where a thread takes its next task. The first ones ask the solver, the last ones evaluate: so
/// one solver does, unless the plan is large and the first take longer than all others together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a solver that has been set up beforehand.
    First,
    /// With one that is set up when something is asked.
    Last,
}

impl Prover {
    /// One that asks Z3.
    #[must_use]
    pub fn start() -> Self {
        Self::with(z3, Asks::Open)
    }

    /// The same; what Z3 is asked is in [`Verification::queries`].
    #[must_use]
    pub fn start_writing_down() -> Self {
        Self::with(z3, Asks::WrittenDown)
    }

    /// One that asks some other solver, or one that is written for a test, also where bounds decide.
    #[must_use]
    pub fn start_with(solver: NewSolver) -> Self {
        Self::with(solver, Asks::All)
    }

    const fn with(new_solver: NewSolver, asks: Asks) -> Self {
        Self {
            solver: None,
            new_solver,
            asks,
        }
    }

    /// Sets the solver up, in a thread of its own; else that is done when something is asked that evaluation and
    /// the bounds of what is open leave undecided.
    pub fn set_up(&mut self) {
        self.solver
            .get_or_insert_with(|| Aside::start(self.new_solver));
    }

    /// Decides all obligations that this version knows.
    #[must_use]
    pub fn verify(self, plan: &Arc<Plan>) -> Verification {
        self.begin(plan).finish()
    }

    /// Begins to decide all obligations that this version knows.
    #[must_use]
    pub fn begin(self, plan: &Arc<Plan>) -> Proving {
        let index = Arc::new(Index::of(plan));
        let of = Arc::clone(plan);
        // Whoever is one of the threads that decide must not wait for them: if all of them did, nobody would be left.
        let work = match rayon::current_thread_index() {
            Some(_) => Work::Done(Box::new(self.decide(plan, &index))),
            None => Work::Aside(thread::spawn(move || self.decide(&of, &index))),
        };
        Proving {
            plan: Arc::clone(plan),
            work: Some(work),
        }
    }

    /// Decides side by side, on the threads that have read the policy: what these have given up again is there
    /// for them alone.
    fn decide(self, plan: &Plan, index: &Arc<Index>) -> [Outcomes; 2] {
        let waiting = Mutex::new(tasks());
        let decide = |end, solver| {
            let answers = Answers::apart(solver, self.new_solver, self.asks);
            let context = Context::with(plan, Arc::clone(index), Known::with(answers));
            decide(end, &waiting, &context)
        };
        let (first, last) = rayon::join(
            || decide(End::First, self.solver),
            || decide(End::Last, None),
        );
        [first, last]
    }
}

impl Proving {
    /// Waits until everything is decided.
    #[must_use]
    pub fn finish(mut self) -> Verification {
        let mut outcomes = Outcomes::default();
        for mut others in self.wait().into_iter().flatten() {
            outcomes.decided.append(&mut others.decided);
            outcomes.without = outcomes.without.or(others.without);
            outcomes.out_of_order = outcomes.out_of_order.or(others.out_of_order);
            outcomes.assumptions = outcomes.assumptions.or(others.assumptions);
        }
        // Whoever decided what, what is said stands in the order of the obligations.
        let mut out = Verification::default();
        for (_, outcome) in outcomes.decided {
            out.append(outcome);
        }
        out.verdicts.shrink_to_fit();
        out.assumptions = outcomes.assumptions.unwrap_or_default();
        out.not_decided = not_decided();
        by_hand::downgrade(&outcomes.without.unwrap_or_default(), &mut out);
        out_of_order::tell(
            &self.plan,
            outcomes.out_of_order.unwrap_or_default(),
            &mut out,
        );
        acceptance::apply(&self.plan, &mut out);
        out
    }

    /// What came out, once.
    fn wait(&mut self) -> Option<[Outcomes; 2]> {
        Some(match self.work.take()? {
            Work::Aside(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Work::Done(outcomes) => *outcomes,
        })
    }
}

/// A process must not end while Z3 is at work.
impl Drop for Proving {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.wait();
        } else if let Some(Work::Aside(thread)) = self.work.take() {
            // One panic is told.
            let _ = thread.join();
        }
    }
}

/// All there is to decide: first what asks the solver, and that is also what holds without what is done
/// by hand; then what all rests on, and the other obligations. Long ones stand at both ends.
fn tasks() -> VecDeque<Task> {
    let obligations = (0..DECIDED.len()).map(Task::Obligation);
    let (asking, mut others): (Vec<Task>, Vec<Task>) = obligations.partition(|task| task.asks());
    others.sort_by_key(|task| task.length());
    let mut out = VecDeque::from(asking);
    // Assumptions are many: they come when there is no solver any more.
    out.extend([Task::Without, Task::OutOfOrder, Task::Assumptions]);
    out.extend(others);
    out
}

impl Task {
    /// Whether it asks the solver.
    fn asks(self) -> bool {
        match self {
            Self::Without | Self::OutOfOrder => true,
            Self::Assumptions => false,
            Self::Obligation(_) => self.is_one_of(&ASKING).is_some(),
        }
    }

    /// How long it takes among those that do not ask: the greater the longer.
    fn length(self) -> Option<usize> {
        self.is_one_of(&LONG)
    }

    /// The place in a list of the obligation that it decides.
    fn is_one_of(self, obligations: &[Obligation]) -> Option<usize> {
        let Self::Obligation(place) = self else {
            return None;
        };
        let (decided, _) = DECIDED.get(place)?;
        obligations.iter().position(|of| of == decided)
    }
}

/// Takes on one task after the other that no other thread has taken.
fn decide(end: End, waiting: &Mutex<VecDeque<Task>>, context: &Context<'_>) -> Outcomes {
    let plan = context.plan;
    let mut outcomes = Outcomes::default();
    let two_solvers = plan.copies.len() > TWO_SOLVERS;
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match end {
            End::First => waiting.pop_front(),
            End::Last => waiting.pop_back_if(|task| two_solvers || !task.asks()),
        }
    };
    while let Some(task) = next() {
        if !task.asks() {
            // Nothing that does comes after it.
            context.known.answers.give_up();
        }
        match task {
            Task::Obligation(place) => {
                if let Some((_, decide)) = DECIDED.get(place) {
                    outcomes.decided.insert(place, decided(context, *decide));
                }
            }
            Task::Without => {
                let mut session = Session::with(Rc::clone(&context.known));
                outcomes.without = Some(by_hand::without(plan, |plan, asked| {
                    session.decide(plan, asked)
                }));
            }
            Task::OutOfOrder => {
                let mut session = Session::with(Rc::clone(&context.known));
                let mut found =
                    out_of_order::out_of_order(plan, |plan, only| session.verify_about(plan, only));
                out_of_order::left_longer(plan, &mut found, |plan, asked| {
                    session.decided(&session.context(plan), asked)
                });
                outcomes.out_of_order = Some(found);
            }
            Task::Assumptions => outcomes.assumptions = Some(proofs::assumptions(context)),
        }
    }
    outcomes
}
