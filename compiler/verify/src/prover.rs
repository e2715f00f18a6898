//! Threads with solvers, to be set up while the plan is made.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use thrice_model::Obligation;
use thrice_plan::Plan;

use crate::context::Context;
use crate::obligations::{DECIDED, Decide, not_decided};
use crate::presence::{Answers, NewSolver, z3};
use crate::{Verification, acceptance, assumptions};

/// More cores do not help: each thread has a solver to set up and an index to make.
const THREADS: usize = 2;

/// Decides obligations, side by side. To set a solver up takes Z3 as long as to answer some hundred
/// questions: who starts this before reading the policy does not wait for it.
pub struct Prover {
    workers: Vec<Worker>,
}

/// Decides plan after plan in the present thread, with one solver for all of them.
#[derive(Default)]
pub struct Session {
    answers: Answers,
}

impl Session {
    /// Whose questions are written down: [`Verification::queries`].
    #[must_use]
    pub fn writing_down() -> Self {
        Self {
            answers: Answers::ready(z3, true),
        }
    }

    /// Decides some obligations about a plan: their findings, verdicts and queries, and nothing else.
    /// Nothing is known from the plans before.
    #[must_use]
    pub fn verify(&mut self, plan: &Plan, obligations: &[Obligation]) -> Verification {
        self.answers.forget();
        let context = Context::new(plan, std::mem::take(&mut self.answers));
        let mut out = Verification::default();
        for (_, decide) in DECIDED.iter().filter(|(o, _)| obligations.contains(o)) {
            out.append(decided(&context, *decide));
        }
        self.answers = context.answers;
        out
    }
}

/// What comes out of one obligation.
fn decided(context: &Context<'_>, decide: Decide) -> Verification {
    let mut out = Verification::default();
    decide(context, &mut out);
    out.internal = context.mismatches.take();
    out.queries = context.queries.take();
    out
}

/// What came out of each obligation, by its place.
type Outcomes = BTreeMap<usize, Verification>;

/// A thread that waits for a plan and decides obligations about it.
struct Worker {
    plan: Sender<Arc<Plan>>,
    thread: JoinHandle<Outcomes>,
}

impl Prover {
    /// Starts the threads, each with a Z3.
    #[must_use]
    pub fn start() -> Self {
        Self::with(z3, false)
    }

    /// The same; what Z3 is asked is in [`Verification::queries`].
    #[must_use]
    pub fn start_writing_down() -> Self {
        Self::with(z3, true)
    }

    /// Starts the threads with some other solver, or one that is written for a test.
    #[must_use]
    pub fn start_with(solver: NewSolver) -> Self {
        Self::with(solver, false)
    }

    fn with(solver: NewSolver, written_down: bool) -> Self {
        let next = Arc::new(AtomicUsize::new(0));
        let ready = move || Answers::ready(solver, written_down);
        let workers = (0..THREADS).map(|_| Worker::start(Arc::clone(&next), ready));
        Self {
            workers: workers.collect(),
        }
    }

    /// Decides all obligations that this version knows.
    #[must_use]
    pub fn verify(mut self, plan: &Arc<Plan>) -> Verification {
        for worker in &self.workers {
            // A thread that is not there any more has panicked: that is told below.
            let _ = worker.plan.send(Arc::clone(plan));
        }
        let mut outcomes = Outcomes::new();
        for worker in self.workers.drain(..) {
            outcomes.append(&mut worker.finish());
        }
        // Whoever decided what, what is said stands in the order of the obligations.
        let mut out = Verification::default();
        for (_, outcome) in outcomes {
            out.append(outcome);
        }
        out.assumptions = assumptions::gather(plan);
        out.not_decided = not_decided();
        acceptance::apply(plan, &mut out);
        out
    }
}

/// A process must not end while Z3 is at work.
impl Drop for Prover {
    fn drop(&mut self) {
        for worker in self.workers.drain(..) {
            worker.finish();
        }
    }
}

impl Worker {
    fn start(next: Arc<AtomicUsize>, ready: impl Fn() -> Answers + Send + 'static) -> Self {
        let (plan, plans) = channel();
        Self {
            plan,
            thread: thread::spawn(move || decide(&next, &plans, ready())),
        }
    }

    /// What came out; nothing if there was no plan.
    fn finish(self) -> Outcomes {
        drop(self.plan);
        self.thread
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Decides one obligation after the other that no other thread has taken.
fn decide(next: &AtomicUsize, plans: &Receiver<Arc<Plan>>, answers: Answers) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let Ok(plan) = plans.recv() else {
        return outcomes;
    };
    let context = Context::new(&plan, answers);
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some((_, decide)) = DECIDED.get(at) else {
            return outcomes;
        };
        outcomes.insert(at, decided(&context, *decide));
    }
}
