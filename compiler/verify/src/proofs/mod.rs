//! Proofs that teach: which copy saves what, why a verdict stands, and at which value it turns.
//!
//! Most of this is not worked out by [`crate::verify`]: it costs many checks, and is for those who ask.

mod left;
mod matrix;
mod statements;
mod survivors;
mod touched;
mod turning;
mod why;

pub use matrix::{Margin, Saved, SavedBy, survival_matrix};
pub use statements::Statement;
pub use survivors::{Aftermath, Fate, fates, survivors};
pub(crate) use turning::assumptions;
pub use turning::ledger;
pub use why::{NoCore, Why, holds_with, why};
