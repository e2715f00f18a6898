//! When a step was last due, as a script can find out.

use serde::Serialize;
use thrice_model::Host;

use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone};

/// A call of one of the functions `due_by_minute` and `due_by_day` of the frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The function; empty for what is never due by itself.
    pub function: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// The call that prints when a schedule was last due on a host.
#[must_use]
pub fn last_due(schedule: Option<&Schedule>, host: &Host) -> Due {
    let Some(schedule) = schedule else {
        return never();
    };
    let zone = zone(schedule, host);
    match &schedule.when {
        Recurrence::OnDemand => never(),
        Recurrence::EveryMinutes(step) => by_minute(zone, *step, 0),
        Recurrence::Hourly { minute } => by_minute(zone, 60, u32::from(*minute)),
        Recurrence::Daily { times } => by_day(
            zone,
            1,
            String::new(),
            times.iter().map(ToString::to_string).collect(),
        ),
        Recurrence::Weekly { weekday, time } => by_day(
            zone,
            7,
            format!("u{}", weekday.from_monday() + 1),
            vec![time.to_string()],
        ),
        // The longest way back: from 30 January to 31 December and on to 31 October.
        Recurrence::Monthly { day, time } => {
            by_day(zone, 92, format!("d{day:02}"), vec![time.to_string()])
        }
        // 29 February may be eight years away.
        Recurrence::Yearly { month, day, time } => by_day(
            zone,
            8 * 366,
            format!("y{month:02}-{day:02}"),
            vec![time.to_string()],
        ),
    }
}

/// The zone whose clock a schedule reads on a host.
#[must_use]
pub fn zone(schedule: &Schedule, host: &Host) -> String {
    match &schedule.zone {
        ScheduleZone::Utc => "UTC".to_owned(),
        ScheduleZone::Named(name) => name.clone(),
        ScheduleZone::Host => host.timezone.clone(),
    }
}

/// Whether a step is due at times of days on another clock than its host's, which cron cannot say: its
/// `CRON_TZ` is only a variable of the environment (tried on Debian 12, cron 3.0pl1). Such a step is
/// started each hour with `--on-time`, and its script looks at the right clock.
#[must_use]
pub fn needs_other_clock(schedule: &Schedule, host: &Host) -> bool {
    let same = |name: &str| {
        if name == "Etc/UTC" {
            "UTC".to_owned()
        } else {
            name.to_owned()
        }
    };
    schedule.is_fixed_time() && same(&zone(schedule, host)) != same(&host.timezone)
}

fn never() -> Due {
    Due {
        function: "",
        arguments: Vec::new(),
    }
}

fn by_minute(zone: String, period: u32, offset: u32) -> Due {
    let arguments = vec![zone, period.to_string(), offset.to_string()];
    Due {
        function: "due_by_minute",
        arguments,
    }
}

fn by_day(zone: String, days: u32, wanted: String, times: Vec<String>) -> Due {
    let mut arguments = vec![zone, days.to_string(), wanted];
    arguments.extend(times);
    Due {
        function: "due_by_day",
        arguments,
    }
}
