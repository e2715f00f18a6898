//! What the snapshots that a file system takes of itself keep.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::{Model, Store, StoreId};
use thrice_quantity::Seconds;
use thrice_quantity::schedule::{Recurrence, Schedule};

use crate::cadence::years;
use crate::copies::FOR_EVER;

/// What a store's own snapshots keep of what was deleted or overwritten in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSnapshots {
    /// How far apart they are at most; [`FOR_EVER`] where they are taken on demand, and so perhaps never again.
    pub apart: Seconds,
    /// How far back they surely reach: one of them is about to be replaced.
    pub reach: Seconds,
    /// How long one stays at most.
    pub stay: Seconds,
}

/// On which clock a store takes its own snapshots: where nothing else is said, on that of its host.
#[must_use]
pub fn snapshot_zone(model: &Model, store: &Store, schedule: &Schedule) -> TimeZone {
    let host = TimeZone::get(&model.hosts[store.host].timezone).unwrap_or(TimeZone::UTC);
    schedule.zone.time_zone(&host).unwrap_or(TimeZone::UTC)
}

/// `None` for a store that takes none. Times of a day may lie unevenly, months are of different lengths, and clocks change:
/// so both bounds come from the runs themselves.
pub(crate) fn own_snapshots(model: &Model, store: StoreId) -> Option<OwnSnapshots> {
    let store = model.stores.get(store)?;
    let (schedule, keep, _) = store.snapshots.as_ref()?;
    let zone = snapshot_zone(model, store, schedule);
    let from = model.policy.start.to_zoned(TimeZone::UTC);
    let from = from.map_or(Timestamp::UNIX_EPOCH, |start| start.timestamp());
    let years = years(model);
    if matches!(schedule.when, Recurrence::OnDemand) {
        return Some(OwnSnapshots {
            apart: FOR_EVER,
            reach: Seconds::ZERO,
            stay: FOR_EVER,
        });
    }
    let least = |runs: u32| match runs.checked_sub(1) {
        Some(between) => schedule.narrowest_gap_of(&zone, from, years, between),
        None => Some(Seconds::ZERO),
    };
    let most = |runs: u32| match runs.checked_sub(1) {
        Some(between) => schedule.widest_gap_with_missed(&zone, from, years, between),
        None => Some(Seconds::ZERO),
    };
    Some(OwnSnapshots {
        apart: most(1)?,
        reach: least(keep.saturating_sub(1))?,
        stay: most(*keep)?,
    })
}
