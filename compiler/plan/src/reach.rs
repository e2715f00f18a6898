//! How far back keep rules surely reach.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use thrice_model::{Model, Step, StepTarget};
use thrice_quantity::Seconds;
use thrice_quantity::schedule::Schedule;
use thrice_retention::{KeepRules, Regular, ResticVersion, guaranteed_reach};

/// Reaches already worked out: a simulation runs over years, and many steps share their rules.
#[derive(Default)]
pub(crate) struct Reaches {
    known: BTreeMap<String, Seconds>,
}

impl Reaches {
    /// How long after its last backup something that was deleted at its source surely stays
    /// restorable. Zero where nothing is guaranteed: no schedule, or rules that this version refuses.
    pub(crate) fn of(&mut self, model: &Model, step: &Step, rules: &KeepRules, forever: Seconds) -> Seconds {
        let (Some((schedule, _)), Some(version)) = (&step.timing.schedule, version(model, step)) else {
            return Seconds::ZERO;
        };
        let key = format!("{version} {rules:?} {schedule:?}");
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let found = reach(rules, version, schedule, forever);
        self.known.insert(key, found);
        found
    }
}

fn reach(rules: &KeepRules, version: ResticVersion, schedule: &Schedule, forever: Seconds) -> Seconds {
    if rules.is_unbounded() {
        return forever;
    }
    let utc = TimeZone::UTC;
    let zone = schedule.zone.time_zone(&utc).unwrap_or(TimeZone::UTC);
    let regular = Regular { schedule, zone: &zone, stored: &zone };
    guaranteed_reach(rules, version, regular).ok().flatten().unwrap_or(Seconds::ZERO)
}

/// The version of restic that thins what a step writes.
fn version(model: &Model, step: &Step) -> Option<ResticVersion> {
    match &step.target {
        StepTarget::Repository(repository, _) => model.repositories.get(*repository).map(|r| r.restic),
        _ => None,
    }
}
