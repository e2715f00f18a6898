//! What is, next to what was promised.
//!
//! What goes in: a plan, a host, and what somebody measured there: the records that scripts leave, and the
//! lists of snapshots that restic gives. What comes out: an [`Audit`]: failures, each with the obligations
//! whose proofs it voids, and the measured figures. It reads no file and no clock: the command line does.

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod judge;
mod measured;
mod question;
mod render;

pub use judge::{Audit, Figure, Finding, Weight, judge};
pub use measured::{Measured, Record, Snapshot};
pub use question::{Questions, Repository, hosts, questions};
pub use render::{human, json, prometheus};
