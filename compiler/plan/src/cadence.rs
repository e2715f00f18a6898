//! How often a step runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::{Model, Step, StepId, Table};
use thrice_quantity::schedule::{Schedule, ScheduleZone};
use thrice_quantity::{Interval, Seconds};

/// A step's rhythm. All bounds hold over every day of the horizon, DST changes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Longest time between the planned starts of two runs; `None` for a step that is done on demand.
    pub widest: Option<Seconds>,
    /// Shortest time between them.
    pub narrowest: Option<Seconds>,
    /// How long a run takes.
    pub duration: Interval<Seconds>,
    /// How much later than planned it may start.
    pub jitter: Seconds,
}

impl Cadence {
    /// From an item being there to its being done with, at worst: it just missed a run, and the next
    /// one starts late and takes long. On demand has no bound.
    #[must_use]
    pub fn worst_delay(&self) -> Option<Seconds> {
        Some(
            self.widest?
                .saturating_add(self.jitter)
                .saturating_add(self.duration.high()),
        )
    }
}

/// Rhythms already worked out: many steps share a schedule, and a horizon of years is long.
struct Gaps<'m> {
    model: &'m Model,
    from: Timestamp,
    years: u32,
    known: BTreeMap<String, (Option<Seconds>, Option<Seconds>)>,
}

/// The rhythm of every step.
pub(crate) fn cadences(model: &Model) -> Table<StepId, Cadence> {
    let from = model
        .policy
        .start
        .to_zoned(TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp());
    let days = model
        .policy
        .start
        .until(model.policy.end)
        .map_or(366, |span| i64::from(span.get_days()));
    let years = u32::try_from(days / 365).unwrap_or(1).clamp(1, 30);
    let mut gaps = Gaps {
        model,
        from,
        years,
        known: BTreeMap::new(),
    };
    let mut out = Table::default();
    for (_, step) in model.steps.iter() {
        let (widest, narrowest) = gaps.of(step);
        out.push(Cadence {
            widest,
            narrowest,
            duration: step.timing.duration,
            jitter: step.timing.jitter,
        });
    }
    out
}

impl Gaps<'_> {
    fn of(&mut self, step: &Step) -> (Option<Seconds>, Option<Seconds>) {
        let Some((schedule, _)) = &step.timing.schedule else {
            return (None, None);
        };
        let zone = self.zone_name(schedule, step);
        let key = format!("{zone} {schedule:?}");
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
        let gaps = (
            schedule.widest_gap(&zone, self.from, self.years),
            schedule.narrowest_gap(&zone, self.from, self.years),
        );
        self.known.insert(key, gaps);
        gaps
    }

    fn zone_name(&self, schedule: &Schedule, step: &Step) -> String {
        match &schedule.zone {
            ScheduleZone::Utc => "UTC".to_owned(),
            ScheduleZone::Named(name) => name.clone(),
            ScheduleZone::Host => step
                .runner
                .host
                .and_then(|host| self.model.hosts.get(host))
                .map_or_else(
                    || self.model.policy.timezone.clone(),
                    |host| host.timezone.clone(),
                ),
        }
    }
}
