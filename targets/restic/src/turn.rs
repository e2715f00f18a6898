//! Which part of a repository is read when.

use thrice_model::{Host, Step};
use thrice_quantity::schedule::{Recurrence, ScheduleZone};

/// What is counted to find the part that is next (`hour`, `day`, `week`, `month`, `year`), and on whose
/// calendar: the one of the schedule, so that each run is in the next.
pub fn of(step: &Step, host: &Host) -> (&'static str, String) {
    let Some((schedule, _)) = &step.timing.schedule else {
        return ("day", "UTC".to_owned());
    };
    let zone = match &schedule.zone {
        ScheduleZone::Utc => "UTC".to_owned(),
        ScheduleZone::Named(name) => name.clone(),
        ScheduleZone::Host => host.timezone.clone(),
    };
    let turn = match &schedule.when {
        Recurrence::EveryMinutes(_) | Recurrence::Hourly { .. } => "hour",
        Recurrence::Daily { .. } | Recurrence::OnDemand => "day",
        Recurrence::Weekly { .. } => "week",
        Recurrence::Monthly { .. } => "month",
        Recurrence::Yearly { .. } => "year",
    };
    (turn, zone)
}
