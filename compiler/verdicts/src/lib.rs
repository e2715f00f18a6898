//! What a verifier says about thousands of things, in tables that take room for what differs.
//!
//! A policy of 10,000 classes and ten phases has hundreds of thousands of [`Verdicts`], tens of thousands of
//! [`Assumptions`] and, for those who ask, millions of cells of a survival [`Matrix`], of which nearly all say the
//! same of something else. What is said is kept once; what it is said of is a number. Invariants: what goes in
//! comes out in the same order, and what is merged is copied nowhere as text.

mod assumptions;
mod matrix;
mod verdicts;

pub use assumptions::{Assumption, Assumptions, Sentence, Turn};
pub use matrix::{Cell, Matrix};
pub use verdicts::{Names, Run, Verdict, Verdicts};

/// A place in a table; those beyond what an id can name share the last one, as ids of the model do.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
