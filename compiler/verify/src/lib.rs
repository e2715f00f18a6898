//! Is the policy safe?
//!
//! What goes in: a [`Plan`]. What comes out: a [`Verification`]: findings with counterexamples,
//! verdicts with the engine that stands behind each, the assumptions they rest on, and the
//! obligations that this version does not decide.
//!
//! The way of one question, each folder an arrow: obligations ask about classes, stores and fault
//! sets; `faults` works out which copies a fault set leaves; `presence` turns a class's copies into a
//! small system of times (**symbolize**), drops names so that classes of one shape are asked about
//! once (**shape**), answers by evaluation where nothing is open, else **encodes**, **solves** with Z3,
//! and **replays** the answer on a concrete evaluator before anybody sees it.
//!
//! Invariants: no answer of the solver is shown that its replay does not confirm; an unknown answer
//! is never safe; the same plan gives the same verdicts in the same order.

#![allow(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out; slices are not indexed here"
)]

mod acceptance;
mod assumptions;
mod context;
mod faults;
mod obligations;
mod presence;
mod verification;
mod wording;

pub use presence::{
    Answer, Choices, FOR_EVER, Leaving, Node, NodeChoice, Question, Run, System, answer, refutes,
};
pub use verification::{Accepted, Assumption, Engine, Finding, Verdict, Verification};

use thrice_plan::Plan;

/// Decides all obligations that this version knows.
#[must_use]
pub fn verify(plan: &Plan) -> Verification {
    // Copies take about as long as all the others together: each side has a core, and a solver.
    let (copies, others) = obligations::DECIDED.split_at(1);
    let decided = |(_, decide): &(_, obligations::Decide)| *decide;
    let others = others.iter().map(decided);
    let mut out = std::thread::scope(|scope| {
        let copies = scope.spawn(|| decide(plan, copies.iter().map(decided)));
        let others = decide(plan, others);
        let mut out = copies
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        out.append(others);
        out
    });
    out.assumptions = assumptions::gather(plan);
    out.not_decided = obligations::not_decided();
    acceptance::apply(plan, &mut out);
    out
}

fn decide(plan: &Plan, obligations: impl Iterator<Item = obligations::Decide>) -> Verification {
    let context = context::Context::new(plan);
    let mut out = Verification::default();
    for decide in obligations {
        decide(&context, &mut out);
    }
    out.internal = context.mismatches.into_inner();
    out
}
