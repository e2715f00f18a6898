//! What keep rules surely keep, by the real, iterated algorithm of the version that applies them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustc_hash::FxBuildHasher;
use thrice_model::{HostId, Model, RunnerKind, Step, StepTarget, Verb};
use thrice_quantity::Seconds;
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone, TimeOfDay, zone_named};
use thrice_retention::closed_form::{count_reach, within_reach};
use thrice_retention::{
    Count, ForgetError, History, KeepRules, ResticVersion, Run, regular_runs, runs_of,
    simulate_iterated,
};

use crate::copies::FOR_EVER;

/// What is kept, while runs succeed.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The age up to which there is always a version at least that old, in the long run.
    pub reach: Seconds,
    regime: Regime,
    fullest: OnceLock<Vec<Vec<Seconds>>>,
}

/// Rules, applied after each run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Regime {
    rules: Arc<KeepRules>,
    version: ResticVersion,
    schedule: Schedule,
    /// What restic shows where it runs.
    clock: TimeZone,
    /// The policy's first moment, and its horizon.
    calendar: (Timestamp, Timestamp),
}

/// What is kept follows from the rules and when they are applied.
impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.regime == other.regime
    }
}

impl Eq for Kept {}

impl Kept {
    /// By the real, iterated algorithm over the policy's own calendar.
    fn new(
        rules: &Arc<KeepRules>,
        version: ResticVersion,
        (schedule, clock): (Schedule, TimeZone),
        model: &Model,
    ) -> Self {
        let moment = |day: Date| {
            day.to_zoned(TimeZone::UTC)
                .map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp())
        };
        let regime = Regime {
            rules: Arc::clone(rules),
            version,
            schedule,
            clock,
            calendar: (moment(model.policy.start), moment(model.policy.end)),
        };
        let reach = if regime.is_refused() {
            Seconds::ZERO
        } else if rules.is_unbounded() {
            FOR_EVER
        } else {
            reach(rules, &regime.schedule)
        };
        Self {
            reach,
            regime,
            fullest: OnceLock::new(),
        }
    }

    /// Ages, youngest first, of the versions kept after some run up to the horizon: of all such
    /// sets those that none of the others outdoes. Whatever a class's size and churn, one of these
    /// takes the most room. Worked out when it is first asked for: that takes years of runs.
    #[must_use]
    pub fn fullest(&self) -> &[Vec<Seconds>] {
        self.fullest.get_or_init(|| self.regime.fullest())
    }
}

impl Regime {
    fn history(&self, runs: &[Run]) -> Result<History, ForgetError> {
        simulate_iterated(&self.rules, self.version, runs, &self.clock)
    }

    /// Whether this version refuses the rules. What keeps one version alone keeps the newest of many.
    fn is_refused(&self) -> bool {
        let (first, _) = self.calendar;
        self.history(&regular_runs(first, Seconds::DAY, 1)).is_err()
    }

    fn fullest(&self) -> Vec<Vec<Seconds>> {
        let (from, to) = self.calendar;
        let zone = self.schedule.zone.time_zone(&TimeZone::UTC);
        let zone = zone.unwrap_or(TimeZone::UTC);
        let runs = runs_of(&self.schedule, &zone, &self.clock, from, to);
        match self.history(&runs) {
            Ok(history) => history.fullest(),
            // Rules that this version refuses promise nothing.
            Err(_) => vec![vec![Seconds::ZERO]],
        }
    }
}

/// Histories already worked out: a simulation runs over years, and many steps share their rules.
#[derive(Default)]
pub(crate) struct Histories<'m> {
    known: BTreeMap<String, Arc<Kept>>,
    /// The same by what stands in the step, which is quicker to look up.
    written: IndexMap<Written<'m>, Arc<Kept>, FxBuildHasher>,
}

/// What stands in a step of its history: version, rules and schedule; the host, where its clock matters, and
/// whether snapshots are stored by that clock too.
type Written<'m> = (
    ResticVersion,
    &'m KeepRules,
    &'m Schedule,
    (Option<HostId>, bool),
);

impl<'m> Histories<'m> {
    /// What the versions that a backup makes come to; `None` for a step that thins nothing.
    pub(crate) fn of(&mut self, model: &Model, step: &'m Step) -> Option<Arc<Kept>> {
        let (
            Verb::Backup {
                keep: Some((rules, _)),
                ..
            },
            Some((schedule, _)),
        ) = (&step.verb, &step.timing.schedule)
        else {
            return None;
        };
        let StepTarget::Repository(repository, _) = &step.target else {
            return None;
        };
        let version = model.repositories.get(*repository)?.restic;
        let by_zerobyte = step.runner.kind == RunnerKind::Zerobyte;
        let on_host = by_zerobyte || schedule.zone == ScheduleZone::Host;
        let clock = (step.runner.host.filter(|_| on_host), by_zerobyte);
        let written = (version, rules.as_ref(), schedule.as_ref(), clock);
        if let Some(kept) = self.written.get(&written) {
            return Some(Arc::clone(kept));
        }
        let schedule = rhythm(schedule, step, model);
        let clock = restic_clock(step, model);
        let named = clock.iana_name().unwrap_or("UTC");
        let key = format!("{version} {rules:?} {schedule:?} {named}");
        let kept = self
            .known
            .entry(key)
            .or_insert_with(|| Arc::new(Kept::new(rules, version, (schedule, clock), model)));
        self.written.insert(written, Arc::clone(kept));
        Some(Arc::clone(kept))
    }
}

/// The best of what each rule guarantees by itself: rules only add to each other.
fn reach(rules: &KeepRules, schedule: &Schedule) -> Seconds {
    let Some(period) = schedule.nominal_period() else {
        return Seconds::ZERO;
    };
    let counts = rules
        .counts()
        .into_iter()
        .filter_map(|(bucket, count)| match count? {
            Count::N(count) => Some(count_reach(bucket, count, period)),
            _ => None,
        });
    let within = rules.within.map(|within| within_reach(within, period, 0));
    counts.chain(within).max().unwrap_or(Seconds::ZERO)
}

/// The clock that restic shows when a step runs it: it stores the offset with each snapshot, and counts days
/// and months by it when it forgets. Emitted scripts set `TZ=UTC`; Zerobyte has the clock of its host.
#[must_use]
pub fn restic_clock(step: &Step, model: &Model) -> TimeZone {
    let host = match step.runner.kind {
        RunnerKind::Zerobyte => step.runner.host.and_then(|host| model.hosts.get(host)),
        _ => None,
    };
    host.and_then(|host| zone_named(&host.timezone).ok())
        .unwrap_or(TimeZone::UTC)
}

/// A schedule on a clock of its own, and without its time of day where that makes no difference: in UTC no day is longer than
/// another, so buckets of days, weeks, months and years fall alike, if snapshots are stored in UTC as well.
#[must_use]
pub fn rhythm(schedule: &Schedule, step: &Step, model: &Model) -> Schedule {
    let mut out = schedule.clone();
    if schedule.zone == ScheduleZone::Host {
        let host = step.runner.host.and_then(|host| model.hosts.get(host));
        let zone = host.map_or(model.policy.timezone.as_str(), |host| {
            host.timezone.as_str()
        });
        out.zone = if zone == "UTC" {
            ScheduleZone::Utc
        } else {
            ScheduleZone::Named(zone.to_owned())
        };
    }
    if out.zone != ScheduleZone::Utc || restic_clock(step, model) != TimeZone::UTC {
        return out;
    }
    match &mut out.when {
        Recurrence::Daily { times } if times.len() == 1 => *times = vec![TimeOfDay::MIDNIGHT],
        Recurrence::Weekly { time, .. } | Recurrence::Monthly { time, .. } => {
            *time = TimeOfDay::MIDNIGHT
        }
        _ => {}
    }
    out
}
