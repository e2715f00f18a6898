//! What is, next to what was promised.
//!
//! What goes in: a plan, a host, and what somebody measured there: records of runs, snapshots, lists of what
//! captures left, room, buckets, and what else there is. What comes out: a [`thrice_report::audit::Audit`]:
//! findings, each with the proofs that it voids, and the measured figures. It reads no file and no clock, and
//! starts no program: the command line does, and asks [`questions`] what to look at.
//!
//! | what is judged | where | codes |
//! |---|---|---|
//! | runs, and what proofs assume of them: time, sizes, changes | `runs` | T3201, T3203 |
//! | the newest usable copy of each class | `copies` | T3202 |
//! | what captures left | `manifests` | T3205 |
//! | snapshots, by the keep rules | `history` | T3206, T3207 |
//! | room, and buckets | `stores` | T3203, T3204, T3208 |
//! | what the policy does not mention | `unmentioned` | T3210 |

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that their own `push` made"
)]

mod copies;
mod finding;
mod history;
mod judge;
mod known;
mod manifests;
mod measured;
mod question;
mod runs;
mod stores;
mod unmentioned;
mod voids;

pub use history::newest_two;
pub use judge::judge;
pub use known::strange;
pub use measured::{
    About, Added, Answer, Bucket, Difference, Folder, Listed, Measured, Now, Record, Room,
    Snapshot, Strange, Taken,
};
pub use question::{Backup, BucketQuestion, Questions, Repository, Server, hosts, questions};
