//! What `restic forget` keeps, and what that guarantees.

mod rules;

pub use rules::{Count, KeepRules, KeepWithin, ResticVersion};
