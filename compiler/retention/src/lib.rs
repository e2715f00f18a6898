//! What retention rules keep, and what that guarantees.
//!
//! [`forget`] evaluates restic's keep rules on a set of snapshots exactly as a given version of
//! restic does (`snapshot_policy.go`; compared with the real programs in this crate's tests).
//! [`simulate_iterated`] repeats it after every run, because a guarantee is about what is left
//! after years of runs, not about one evaluation on a full history. [`steady_history`] does so for
//! a regular schedule over a whole cycle of the calendar and gives the worst case:
//! the reach that is guaranteed, the widest hole, the oldest version that can be left, and the
//! most that the repository can hold ([`repository_bound`]). A [`Profile`] has all of it by age.

mod bucket;
mod capacity;
pub mod closed_form;
mod evaluate;
mod forget;
mod fullest;
mod guarantee;
mod history;
mod profile;
mod repeated;
mod rules;
mod runs;
mod snapshot;
mod steady;
mod stepwise;
mod version;
mod walk;

pub use bucket::Bucket;
pub use capacity::{PeakAssumptions, peak, repository_bound};
pub use forget::{Decision, ForgetError, forget, keeps};
pub use guarantee::Guarantee;
pub use history::{History, simulate_iterated, simulate_with_forgets};
pub use profile::{Hole, Profile};
pub use repeated::Repeated;
pub use rules::{Count, KeepRules, KeepWithin, RuleError};
pub use runs::{Run, regular_runs, runs_of};
pub use snapshot::{GroupBy, GroupKey, Snapshot, group_by, stored_time};
pub use steady::{
    Regular, SteadyHistory, guaranteed_reach, kept_ages_at_worst, oldest_possible, settling_time,
    steady_history,
};
pub use version::ResticVersion;
