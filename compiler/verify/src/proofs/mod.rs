//! Proofs that teach: which copy saves what, why a verdict stands, and at which value it turns.
//!
//! None of this is worked out by [`crate::verify`]: it costs many checks, and is for those who ask.

mod matrix;
mod statements;
mod turning;
mod why;

pub use matrix::{Cell, Margin, SavedBy, survival_matrix};
pub use statements::Statement;
pub use turning::ledger;
pub use why::{NoCore, Why, holds_with, why};

use thrice_model::Obligation;
use thrice_plan::Plan;

use crate::context::Context;
use crate::obligations::DECIDED;
use crate::presence::Answers;
use crate::verification::Verification;

/// Decides single obligations about one plan after the other; what is known by shape stays known.
#[derive(Default)]
pub(crate) struct Judge {
    answers: Answers,
}

impl Judge {
    pub(crate) fn decide(&mut self, plan: &Plan, obligations: &[Obligation]) -> Verification {
        let context = Context::new(plan, std::mem::take(&mut self.answers));
        let mut out = Verification::default();
        let chosen = DECIDED.iter().filter(|(o, _)| obligations.contains(o));
        for (_, decide) in chosen {
            decide(&context, &mut out);
        }
        self.answers = context.answers;
        out
    }
}
