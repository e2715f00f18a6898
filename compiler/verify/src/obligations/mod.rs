//! The obligations, one file each. A new one is a new file and a line in [`DECIDED`].

mod alarm;
mod capability;
pub(crate) mod capacity;
mod copies;
pub(crate) mod cost;
mod deletion;
mod erasure;
mod flow;
mod history;
mod kept;
mod keys;
mod last_copy;
mod lateness;
mod playing;
pub(crate) mod recovery_point;
pub(crate) mod recovery_time;
mod sense;
mod settling;
mod split;
mod story;
pub(crate) mod survival;
pub(crate) mod time_table;

use thrice_diagnostics::Code;
use thrice_model::Obligation;

use crate::context::Context;
use crate::verification::Verification;

/// Decides one obligation about everything it concerns.
pub(crate) type Decide = fn(&Context<'_>, &mut Verification);

/// What this version decides, in the order of the semantics.
pub(crate) const DECIDED: &[(Obligation, Decide)] = &[
    (Obligation::Copies, copies::decide),
    (Obligation::Survival, survival::decide),
    (Obligation::RecoveryPoint, recovery_point::decide),
    (Obligation::RecoveryTime, recovery_time::decide),
    (Obligation::LastCopy, last_copy::decide),
    (Obligation::History, history::decide),
    (Obligation::Erasure, erasure::decide),
    (Obligation::Deletion, deletion::decide),
    (Obligation::Keys, keys::decide),
    (Obligation::Capacity, capacity::decide),
    (Obligation::TimeTable, time_table::decide),
    (Obligation::Flow, flow::decide),
    (Obligation::Capability, capability::decide),
    (Obligation::Cost, cost::decide),
    (Obligation::Alarm, alarm::decide),
    (Obligation::Sense, sense::decide),
];

/// What is said of each where it fails only if phases come late.
pub(crate) const IF_LATE: [Code; 7] = [
    copies::LATE,
    survival::LATE,
    recovery_point::LATE,
    recovery_time::IF_LATE,
    last_copy::LATE,
    capacity::SLIPS,
    time_table::LATE,
];

/// What this version does not decide: reports end by naming it.
pub(crate) fn not_decided() -> Vec<Obligation> {
    Obligation::ALL
        .into_iter()
        .filter(|o| DECIDED.iter().all(|(decided, _)| decided != o))
        .collect()
}
