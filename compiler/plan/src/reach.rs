//! What keep rules surely keep, by the real, iterated algorithm of the version that applies them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use thrice_model::{Model, Step, StepTarget, Verb};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay};
use thrice_quantity::{Bytes, BytesPerDay, Seconds};
use thrice_retention::{KeepRules, Regular, ResticVersion, steady_history};

use crate::build::FOR_EVER;

/// What is kept in the long run, while runs succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The age up to which there is always a version at least that old.
    pub reach: Seconds,
    /// Ages, youngest first, of the versions kept when they take the most room.
    pub ages: Vec<Seconds>,
}

/// Histories already worked out: a simulation runs over years, and many steps share their rules.
#[derive(Default)]
pub(crate) struct Histories {
    known: BTreeMap<String, Arc<Kept>>,
}

impl Histories {
    /// What the versions that a backup makes come to; `None` for a step that thins nothing.
    pub(crate) fn of(&mut self, model: &Model, step: &Step) -> Option<Arc<Kept>> {
        let (Verb::Backup { keep: Some((rules, _)), .. }, Some((schedule, _))) =
            (&step.verb, &step.timing.schedule)
        else {
            return None;
        };
        let StepTarget::Repository(repository, _) = &step.target else { return None };
        let version = model.repositories.get(*repository)?.restic;
        let schedule = rhythm(schedule, step, model);
        let key = format!("{version} {rules:?} {schedule:?}");
        let kept = self.known.entry(key).or_insert_with(|| Arc::new(simulate(rules, version, &schedule)));
        Some(Arc::clone(kept))
    }
}

fn simulate(rules: &KeepRules, version: ResticVersion, schedule: &Schedule) -> Kept {
    let zone = schedule.zone.time_zone(&TimeZone::UTC).unwrap_or(TimeZone::UTC);
    let regular = Regular { schedule, zone: &zone, stored: &zone };
    // Rules that this version refuses keep what there is, and promise nothing.
    let Some(steady) = steady_history(rules, version, regular).ok().flatten() else {
        return Kept { reach: Seconds::ZERO, ages: vec![Seconds::ZERO] };
    };
    let reach = if rules.is_unbounded() {
        FOR_EVER
    } else {
        steady.guarantee().and_then(|g| g.reach).unwrap_or(Seconds::ZERO)
    };
    // With a churn that never reaches the size, the widest spread is what takes the most.
    let ages = steady
        .worst_ages(Bytes(u64::from(u32::MAX)), BytesPerDay::new(1))
        .map_or_else(|| vec![Seconds::ZERO], |(ages, _)| ages);
    Kept { reach, ages }
}

/// A schedule on a clock of its own, and without its time of day where that makes no difference: in UTC no day is longer than
/// another, so buckets of days, weeks, months and years fall alike.
fn rhythm(schedule: &Schedule, step: &Step, model: &Model) -> Schedule {
    let mut out = schedule.clone();
    if schedule.zone == ScheduleZone::Host {
        let host = step.runner.host.and_then(|host| model.hosts.get(host));
        let zone = host.map_or(model.policy.timezone.as_str(), |host| host.timezone.as_str());
        out.zone = if zone == "UTC" { ScheduleZone::Utc } else { ScheduleZone::Named(zone.to_owned()) };
    }
    if out.zone != ScheduleZone::Utc {
        return out;
    }
    match &mut out.when {
        Recurrence::Daily { times } if times.len() == 1 => *times = vec![TimeOfDay::MIDNIGHT],
        Recurrence::Weekly { time, .. } | Recurrence::Monthly { time, .. } => *time = TimeOfDay::MIDNIGHT,
        _ => {}
    }
    out
}
