//! How often a step runs, and how many runs in a row may be missed before somebody has acted.

use std::ops::Index;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustc_hash::FxBuildHasher;
use thrice_model::{Model, Step, StepId, Table};
use thrice_quantity::schedule::{Recurrence, Schedule, ScheduleZone};
use thrice_quantity::{Interval, Seconds};

use crate::copies::LIFECYCLE_LATE;

/// A step's rhythm. All bounds hold over every day of the horizon, DST changes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Longest time between the planned starts of two runs; `None` for a step that is done on demand.
    pub widest: Option<Seconds>,
    /// Shortest time between them.
    pub narrowest: Option<Seconds>,
    /// Longest time between the planned times of two signals of success: `widest`, but of a mirror that of
    /// when it is asked after.
    pub signals: Option<Seconds>,
    /// The silence after which its monitor raises the alarm, counted from the last signal of success:
    /// the widest gap, a late start, a long run and the monitor's grace. `None` for a step that nothing
    /// watches.
    pub freshness: Option<Seconds>,
    /// How many runs in a row may be missed until somebody who was told has acted:
    /// `⌊(jitter + duration + freshness + response) / narrowest⌋`, for the last run that went well was due so long
    /// before its signal. 0 for a step that nothing watches, since then no number
    /// is enough: that is a finding of its own, and all other proofs say that they rest on it. A mirror
    /// also misses what its backup misses, and its signal may still come after the first version that does
    /// not arrive was due: `⌊(jitter + freshness + response) / narrowest⌋ + 1` more than its backup.
    pub missed: u32,
    /// Longest time between the planned starts of two successful runs, `missed` ones between them.
    pub widest_missed: Option<Seconds>,
    /// How long a run takes.
    pub duration: Interval<Seconds>,
    /// How much later than planned it may start.
    pub jitter: Seconds,
}

impl Cadence {
    /// From an item being there to its being done with, at worst: it just missed a run, as many runs
    /// fail as can before somebody has acted, and the next one starts late and takes long. On demand
    /// has no bound.
    #[must_use]
    pub fn worst_delay(&self) -> Option<Seconds> {
        self.after_gap(self.widest_missed)
    }

    /// The same while every run succeeds.
    #[must_use]
    pub fn nominal_delay(&self) -> Option<Seconds> {
        self.after_gap(self.widest)
    }

    /// For how long runs may be missed in a row: by so much the longest time between two that go well grows.
    #[must_use]
    pub fn outage(&self) -> Seconds {
        let both = self.widest_missed.zip(self.widest);
        both.map_or(Seconds::ZERO, |(missed, widest)| {
            missed.saturating_sub(widest)
        })
    }

    fn after_gap(&self, gap: Option<Seconds>) -> Option<Seconds> {
        Some(
            gap?.saturating_add(self.jitter)
                .saturating_add(self.duration.high()),
        )
    }
}

/// The rhythm of every step. Steps of one rhythm share it.
#[derive(Clone, Debug, Default)]
pub struct Cadences {
    distinct: Vec<Cadence>,
    /// By step, its place in `distinct`.
    of: Table<StepId, u32>,
}

impl Cadences {
    /// The rhythm of a step, if it is one of this plan's.
    #[must_use]
    pub fn get(&self, step: StepId) -> Option<&Cadence> {
        let place = self.of.get(step)?;
        self.distinct.get(usize::try_from(*place).ok()?)
    }

    /// All steps with their rhythms.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (StepId, &Cadence)> {
        self.of.ids().map(|step| (step, &self[step]))
    }

    /// Puts a rhythm that no other step is known to have; its place.
    fn add(&mut self, cadence: Cadence) -> u32 {
        self.distinct.push(cadence);
        u32::try_from(self.distinct.len() - 1).unwrap_or(u32::MAX)
    }

    /// How late a step that deletes by age is at most with what is old enough for it: lifecycle workers run once a day and round, a
    /// clean-up deletes when it runs. `None` for one that runs when somebody thinks of it.
    #[must_use]
    pub fn clears_within(&self, id: StepId, step: &Step) -> Option<Seconds> {
        match step.timing.schedule {
            Some(_) => self[id].worst_delay(),
            None => (!step.clears_when_asked()).then_some(LIFECYCLE_LATE),
        }
    }
}

impl Index<StepId> for Cadences {
    type Output = Cadence;

    fn index(&self, step: StepId) -> &Cadence {
        &self.distinct[self.of[step] as usize]
    }
}

/// Rhythms already worked out: many steps share a schedule, and a horizon of years is long.
struct Gaps<'m> {
    model: &'m Model,
    from: Timestamp,
    years: u32,
    known: IndexMap<(&'m str, &'m Recurrence, u32), Option<Seconds>, FxBuildHasher>,
    narrowest: IndexMap<(&'m str, &'m Recurrence, u32), Option<Seconds>, FxBuildHasher>,
}

/// How long asking whether a mirror has every version may take: the limit of the script that does.
pub const ASKING: Seconds = Seconds::minutes(15);

/// How many years of runs are looked at: those to the horizon.
pub(crate) fn years(model: &Model) -> u32 {
    let policy = &model.policy;
    let days = policy.start.until(policy.end);
    let days = days.map_or(366, |span| i64::from(span.get_days()));
    u32::try_from(days / 365).unwrap_or(1).clamp(1, 30)
}

/// The rhythm of every step.
pub(crate) fn cadences(model: &Model) -> Cadences {
    let from = model
        .policy
        .start
        .to_zoned(TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp());
    let years = years(model);
    let mut gaps = Gaps {
        model,
        from,
        years,
        known: IndexMap::default(),
        narrowest: IndexMap::default(),
    };
    let mut known = IndexMap::with_hasher(FxBuildHasher);
    let mut out = Cadences {
        distinct: Vec::new(),
        of: Table::with_capacity(model.steps.len()),
    };
    for (_, step) in model.steps.iter() {
        let timing = &step.timing;
        let alike = (
            timing.schedule.as_ref().map(|(schedule, _)| schedule),
            step.runner.host,
            (timing.duration.low(), timing.duration.high(), timing.jitter),
            step.monitor.map(|(monitor, _)| monitor),
        );
        let place = *known.entry(alike).or_insert_with(|| out.add(gaps.of(step)));
        out.of.push(place);
    }
    for (id, step) in model
        .steps
        .iter()
        .filter(|(_, step)| step.mirror().is_some())
    {
        let backup = model.followed(step).map_or(0, |backup| out[backup].missed);
        let mut cadence = out[id];
        gaps.mirror(step, backup, &mut cadence);
        let place = out.add(cadence);
        if let Some(of) = out.of.get_mut(id) {
            *of = place;
        }
    }
    out
}

impl<'m> Gaps<'m> {
    fn of(&mut self, step: &'m Step) -> Cadence {
        let timing = &step.timing;
        let mut out = Cadence {
            widest: None,
            narrowest: None,
            signals: None,
            freshness: None,
            missed: 0,
            widest_missed: None,
            duration: timing.duration,
            jitter: timing.jitter,
        };
        let Some((schedule, _)) = &timing.schedule else {
            return out;
        };
        let zone = zone_name(self.model, schedule, step);
        out.widest = self.widest(schedule, zone, 0);
        out.narrowest = self.narrowest(schedule, zone);
        out.signals = out.widest;
        out.freshness = self.freshness(step, out.nominal_delay());
        out.missed = out.freshness.map_or(0, |freshness| {
            let since_due = out.jitter.saturating_add(out.duration.high());
            let told = freshness.saturating_add(since_due);
            self.missed(told, step, &out)
        });
        out.widest_missed = self.widest(schedule, zone, out.missed);
        out
    }

    /// What is otherwise for a mirror: its signal comes when it is asked after, and it misses what its backup
    /// misses.
    fn mirror(&mut self, step: &'m Step, backup: u32, out: &mut Cadence) {
        let asked = step.signals().and_then(|(schedule, _)| {
            let zone = zone_name(self.model, schedule, step);
            self.widest(schedule, zone, 0)
        });
        out.signals = asked;
        out.freshness = self.freshness(step, asked.map(|gap| gap.saturating_add(ASKING)));
        let own = out.freshness.map_or(0, |freshness| {
            let silent = freshness.saturating_add(out.jitter);
            self.missed(silent, step, out).saturating_add(1)
        });
        out.missed = own.saturating_add(backup);
        let Some((schedule, _)) = &step.timing.schedule else {
            return;
        };
        let zone = zone_name(self.model, schedule, step);
        out.widest_missed = self.widest(schedule, zone, out.missed);
    }

    /// How long a monitor stays quiet without a signal, if one comes within `delay` of the one before.
    fn freshness(&self, step: &Step, delay: Option<Seconds>) -> Option<Seconds> {
        let (monitor, _) = step.monitor?;
        let grace = self.model.monitors.get(monitor)?.grace;
        Some(delay?.saturating_add(grace))
    }

    /// How many runs may be due until somebody has acted who is told so long after a run that went well was due: as many as
    /// lie in that time where they are closest to each other.
    fn missed(&mut self, told: Seconds, step: &'m Step, cadence: &Cadence) -> u32 {
        let silent = told.saturating_add(self.model.policy.response);
        let runs = |apart: Option<Seconds>| {
            let apart = apart.map_or(1, |apart| apart.0).max(1);
            u32::try_from(silent.0 / apart).unwrap_or(u32::MAX)
        };
        let (mut low, mut high) = (runs(cadence.widest), runs(cadence.narrowest));
        let Some((schedule, _)) = &step.timing.schedule else {
            return low;
        };
        let zone = zone_name(self.model, schedule, step);
        // Where they lie unevenly, not all can be as close as the closest two.
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let between = middle.saturating_sub(1);
            match self.narrowest_of(schedule, zone, between) {
                Some(least) if least <= silent => low = middle,
                _ => high = middle - 1,
            }
        }
        low
    }

    fn widest(&mut self, schedule: &'m Schedule, zone: &'m str, missed: u32) -> Option<Seconds> {
        let (from, years) = (self.from, self.years);
        *self
            .known
            .entry((zone, &schedule.when, missed))
            .or_insert_with(|| {
                let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
                schedule.widest_gap_with_missed(&zone, from, years, missed)
            })
    }

    fn narrowest(&mut self, schedule: &'m Schedule, zone: &'m str) -> Option<Seconds> {
        self.narrowest_of(schedule, zone, 0)
    }

    /// The shortest time between a run and the one after so many between them.
    fn narrowest_of(
        &mut self,
        schedule: &'m Schedule,
        zone: &'m str,
        between: u32,
    ) -> Option<Seconds> {
        let (from, years) = (self.from, self.years);
        *self
            .narrowest
            .entry((zone, &schedule.when, between))
            .or_insert_with(|| {
                let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
                schedule.narrowest_gap_of(&zone, from, years, between)
            })
    }
}

/// The IANA zone on whose clock a step's schedule runs.
#[must_use]
pub fn zone_name<'m>(model: &'m Model, schedule: &'m Schedule, step: &Step) -> &'m str {
    match &schedule.zone {
        ScheduleZone::Utc => "UTC",
        ScheduleZone::Named(name) => name,
        ScheduleZone::Host => {
            let host = step.runner.host.and_then(|host| model.hosts.get(host));
            host.map_or(&model.policy.timezone, |host| &host.timezone)
        }
    }
}
