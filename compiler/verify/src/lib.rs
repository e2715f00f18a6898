//! Is the policy safe?
//!
//! What goes in: a [`Plan`]. What comes out: a [`Verification`]: findings with counterexamples,
//! verdicts with the engine that stands behind each, the assumptions they rest on, and the
//! obligations that this version does not decide.
//!
//! The way of one question, each folder an arrow: obligations ask about classes, stores and fault
//! sets; `faults` works out which copies a fault set leaves; `systems` turns a class's copies into a
//! small system of times (**symbolize**), which `thrice_presence` answers questions about, by evaluation or by Z3;
//! counterexamples are **replayed** on the simulator before anybody sees them.
//!
//! Invariants: no answer of the solver is shown that its replay does not confirm; an unknown answer
//! is never safe; the same plan gives the same verdicts in the same order.

#![allow(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out; slices are not indexed here"
)]

mod acceptance;
mod assumptions;
mod by_hand;
mod context;
mod engine;
mod fault;
mod faults;
mod groups;
mod hands;
mod indexed;
mod obligations;
mod out_of_order;
mod patterns;
mod proofs;
mod prover;
mod replay;
mod session;
mod systems;
#[cfg(test)]
mod testing;
mod verdicts;
mod verification;
mod wording;

pub use fault::{Chosen, NoFault};
pub use obligations::cost::{Monthly, monthly, once};
pub use proofs::{
    Aftermath, Fate, Margin, NoCore, Saved, SavedBy, Statement, Why, fates, holds_with, ledger,
    survival_matrix, survivors, why,
};
pub use prover::{Prover, Proving, verify_under};
pub use session::Session;
pub use thrice_presence::{NewSolver, Solver};
pub use verdicts::{Said, Verdict, Verdicts};
pub use verification::{Accepted, Engine, Finding, Plays, Query, Verification};

pub use thrice_verdicts::{Assumption, Assumptions, Turn};

use std::sync::Arc;

use thrice_plan::Plan;

/// Decides all obligations that this version knows. Who has something to do before the plan is there
/// starts a [`Prover`] first.
#[must_use]
pub fn verify(plan: &Plan) -> Verification {
    Prover::start().verify(&Arc::new(plan.clone()))
}
