//! The copies of a class as a system of times, and what questions about it come to.

mod across;
mod known;
mod symbolize;

pub(crate) use across::{Across, across};
pub(crate) use known::BySystem;
pub(crate) use symbolize::{Symbolized, symbolize, symbolized_in};
