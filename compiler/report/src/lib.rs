//! What a run has to say, and how it is shown.
//!
//! What goes in: a [`Report`], plain data that the command line fills from the stages before it,
//! and the [`thrice_diagnostics::SourceMap`] that its places point into. What comes out: text in
//! one of five formats, one file each. Invariants: rendering reads nothing but its arguments (no
//! terminal, no clock, no file), never fails, and the same report gives the same bytes. Words
//! that come from a policy are data: no format lets them end a field, a line or an element, or
//! reach a terminal as control codes.

mod area;
pub mod audit;
mod excerpt;
pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub mod matrix;
mod place;
pub mod readback;
mod report;
pub mod sarif;
pub mod simulation;
mod text;

pub use area::{OBLIGATIONS, area};
pub use report::{Accepted, Counts, Outcome, PhaseDate, Plays, Policy, Report, Said, number};
