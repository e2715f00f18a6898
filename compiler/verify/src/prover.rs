//! Threads with solvers, to be set up while the plan is made.

use std::collections::{BTreeMap, VecDeque};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use thrice_plan::Plan;

use crate::context::Context;
use crate::obligations::{DECIDED, not_decided};
use crate::presence::Answers;
use crate::{Verification, acceptance, assumptions, by_hand};

/// Decides obligations, side by side. To set a solver up takes Z3 as long as to answer some hundred
/// questions: who starts this before reading the policy does not wait for it.
pub struct Prover {
    workers: Vec<Worker>,
}

/// A plan is being verified.
pub struct Proving {
    prover: Prover,
    plan: Arc<Plan>,
}

/// What came out of each obligation, by its place.
type Outcomes = BTreeMap<usize, Verification>;

/// The places of the obligations that nobody has taken yet.
type Waiting = Arc<Mutex<VecDeque<usize>>>;

/// Where a worker takes its next obligation. The first ones ask the solver, the last ones evaluate: so
/// one solver does, unless the first take longer than all others together. More cores do not help:
/// each thread has an index to make.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a solver that is ready.
    First,
    /// With one that is set up when something is asked.
    Last,
}

/// A thread that waits for a plan and decides obligations about it.
struct Worker {
    plan: Sender<Arc<Plan>>,
    thread: JoinHandle<Outcomes>,
}

impl Prover {
    /// Starts the threads.
    #[must_use]
    pub fn start() -> Self {
        let waiting = Waiting::new(Mutex::new((0..DECIDED.len()).collect()));
        let workers = [End::First, End::Last].map(|end| Worker::start(end, Arc::clone(&waiting)));
        Self {
            workers: workers.into(),
        }
    }

    /// Decides all obligations that this version knows.
    #[must_use]
    pub fn verify(self, plan: &Arc<Plan>) -> Verification {
        self.begin(plan).finish()
    }

    /// Begins to decide all obligations that this version knows.
    #[must_use]
    pub fn begin(self, plan: &Arc<Plan>) -> Proving {
        for worker in &self.workers {
            // A thread that is not there any more has panicked: that is told when it is waited for.
            let _ = worker.plan.send(Arc::clone(plan));
        }
        Proving {
            prover: self,
            plan: Arc::clone(plan),
        }
    }
}

impl Proving {
    /// Waits until everything is decided.
    #[must_use]
    pub fn finish(mut self) -> Verification {
        let mut outcomes = Outcomes::new();
        for worker in self.prover.workers.drain(..) {
            outcomes.append(&mut worker.finish());
        }
        // Whoever decided what, what is said stands in the order of the obligations.
        let mut out = Verification::default();
        for (_, outcome) in outcomes {
            out.append(outcome);
        }
        out.assumptions = assumptions::gather(&self.plan);
        out.not_decided = not_decided();
        by_hand::downgrade(&self.plan, &mut out);
        acceptance::apply(&self.plan, &mut out);
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
    fn start(end: End, waiting: Waiting) -> Self {
        let (plan, plans) = channel();
        Self {
            plan,
            thread: thread::spawn(move || decide(end, &waiting, &plans)),
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
fn decide(end: End, waiting: &Waiting, plans: &Receiver<Arc<Plan>>) -> Outcomes {
    let answers = match end {
        End::First => Answers::ready(),
        End::Last => Answers::default(),
    };
    let mut outcomes = Outcomes::new();
    let Ok(plan) = plans.recv() else {
        return outcomes;
    };
    let context = Context::new(&plan, answers);
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match end {
            End::First => waiting.pop_front(),
            End::Last => waiting.pop_back(),
        }
    };
    while let Some(at) = next() {
        let Some((_, decide)) = DECIDED.get(at) else {
            continue;
        };
        let mut out = Verification::default();
        decide(&context, &mut out);
        out.internal = context.mismatches.take();
        outcomes.insert(at, out);
    }
    outcomes
}
