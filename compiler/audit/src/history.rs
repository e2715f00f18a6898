//! Snapshots: how many there are, and whether they are those that the keep rules leave.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_diagnostics::Span;
use thrice_model::{Obligation, Step, StepId, StepTarget, Verb};
use thrice_plan::{calendar, restic_clock, zone_name};
use thrice_quantity::Seconds;
use thrice_report::audit::{Measure, Unit};
use thrice_report::number;
use thrice_retention::{KeepRules, ResticVersion, keeps, runs_of, simulate_iterated};
use thrice_target_restic::{host_name, tag};

use crate::finding::{Judge, MISSING, RUN, STALE, count, is, moment, of_step, some};
use crate::measured::Snapshot;
use crate::runs::LOST;
use crate::voids::Reach;

const SNAPSHOTS: Measure = Measure::new(
    "step_snapshots",
    Unit::One,
    "step",
    "How many snapshots of the step there are.",
);
const NEWEST: Measure = Measure::new(
    "step_snapshot_age",
    Unit::Seconds,
    "step",
    "Age of the newest snapshot.",
);
const OLDEST: Measure = Measure::new(
    "step_history",
    Unit::Seconds,
    "step",
    "Age of the oldest snapshot.",
);
const WIDEST: Measure = Measure::new(
    "step_snapshot_gap",
    Unit::Seconds,
    "step",
    "Widest time between two snapshots that follow each other.",
);

/// More runs than these since a step came into force are not played.
const MOST_RUNS: i64 = 50_000;

/// The snapshots of a step, by its tag and its host, the oldest first, without one that its last run left
/// unfinished. `None` if nobody could list them.
pub fn snapshots<'m>(judge: &Judge<'m>, id: StepId, step: &Step) -> Option<Vec<&'m Snapshot>> {
    let plan = judge.plan;
    let StepTarget::Repository(repository, _) = &step.target else {
        return None;
    };
    let name = &plan.model.repositories[*repository].named.name;
    let measured = judge.measured;
    let all = measured.snapshots.get(name.as_str())?.as_ref().ok()?;
    let (tag, host) = (tag(plan, id), host_name(plan, judge.host));
    // A run that could not read some files leaves a snapshot all the same.
    let failed = judge.record(id).filter(|record| !record.ok);
    let is_whole = |snapshot: &Snapshot| {
        let at = snapshot.time.at.as_second();
        !failed.is_some_and(|record| (record.start..=record.end).contains(&at))
    };
    let mut mine: Vec<&Snapshot> = all
        .iter()
        .filter(|snapshot| snapshot.hostname == host && snapshot.tags.contains(&tag))
        .filter(|snapshot| is_whole(snapshot))
        .collect();
    mine.sort_by_key(|snapshot| snapshot.time);
    Some(mine)
}

/// How many snapshots of a step there are, over how much time, and whether they are the right ones.
pub fn judge(judge: &mut Judge<'_>, id: StepId, step: &Step) {
    let plan = judge.plan;
    let name = &step.named.name;
    let Some(snapshots) = snapshots(judge, id, step) else {
        return;
    };
    judge.figure(SNAPSHOTS, name, count(snapshots.len()), None);
    let times: Vec<i64> = snapshots.iter().map(|s| s.time.at.as_second()).collect();
    let reach = Reach::of_step(plan, id);
    let (Some(oldest), Some(newest)) = (times.first(), times.last()) else {
        // If it never ran, that is said already.
        if judge.record(id).is_some_and(|record| record.ok) {
            let tag = tag(plan, id);
            let message = format!(
                "`{name}` has run, and its repository has no snapshot with its tag `{tag}`"
            );
            let help = "see who may delete from the repository, and whether it is the one that is backed up to";
            let diagnostic = of_step(MISSING, step, message)
                .at(step.named.span, "makes a snapshot each time")
                .help(help);
            judge.find(diagnostic, reach.voids(plan, &LOST));
        }
        return;
    };
    let now = judge.now;
    judge.figure(NEWEST, name, now.saturating_sub(*newest), None);
    judge.figure(OLDEST, name, now.saturating_sub(*oldest), None);
    let gaps = times.iter().zip(times.iter().skip(1));
    if let Some(widest) = gaps.map(|(a, b)| b.saturating_sub(*a)).max() {
        judge.figure(WIDEST, name, widest, None);
    }
    if *newest > now {
        let message = format!(
            "the newest snapshot of `{name}` is {} ahead of the clock",
            Seconds(newest - now)
        );
        let diagnostic = of_step(RUN, step, message)
            .at(step.named.span, "makes it")
            .event(moment(*newest), "its newest snapshot")
            .event(moment(now), "audited")
            .help("set the clock right: keep rules count from the newest snapshot");
        let voids = [Obligation::RecoveryPoint, Obligation::History];
        judge.find(diagnostic, reach.voids(plan, &voids));
    }
    if let (
        Verb::Backup {
            keep: Some((rules, span)),
            ..
        },
        StepTarget::Repository(repository, _),
    ) = (&step.verb, &step.target)
    {
        let version = plan.model.repositories[*repository].restic;
        let thinned = Thinned {
            id,
            step,
            rules,
            span: *span,
            version,
            reach: &reach,
        };
        thinned.stale(judge, &snapshots);
        thinned.missing(judge, &times);
    }
}

/// A backup with keep rules.
struct Thinned<'a> {
    id: StepId,
    step: &'a Step,
    rules: &'a KeepRules,
    span: Span,
    version: ResticVersion,
    reach: &'a Reach,
}

impl Thinned<'_> {
    /// Snapshots that the rules do not keep. Each run thins, and thinning what is thinned removes nothing:
    /// so after a run that succeeded there are none. What a run that goes on has added is left out.
    fn stale(&self, judge: &mut Judge<'_>, snapshots: &[&Snapshot]) {
        let Some(record) = judge.record(self.id).filter(|record| record.ok) else {
            return;
        };
        let end = record.end;
        let settled: Vec<(Timestamp, i32)> = snapshots
            .iter()
            .filter(|snapshot| snapshot.time.at.as_second() <= end)
            .map(|snapshot| (snapshot.time.at, snapshot.time.offset_seconds))
            .collect();
        let now = Timestamp::from_second(judge.now).unwrap_or(Timestamp::MAX);
        let now = now.to_zoned(restic_clock(self.step, &judge.plan.model));
        // Rules that this version refuses are a finding of `thrice check`.
        let Ok(kept) = keeps(self.rules, self.version, &settled, &now) else {
            return;
        };
        let stale: Vec<String> = settled
            .iter()
            .zip(kept)
            .filter(|(_, kept)| !kept)
            .map(|((at, _), _)| moment(at.as_second()))
            .collect();
        let Some(first) = stale.first() else {
            return;
        };
        let name = &self.step.named.name;
        let message = format!(
            "{} of `{name}` {} still there that its rules do not keep",
            number(stale.len(), "snapshot"),
            is(stale.len())
        );
        let diagnostic = of_step(STALE, self.step, message)
            .at(self.span, "these rules keep none of them")
            .event(first.clone(), "the oldest of them")
            .event("", format!("taken: {}", some(&stale)))
            .event(moment(end), "its last run succeeded, and should have thinned them")
            .help("see whether the script on the host is the one that `thrice build` writes: `thrice verify`");
        let voids = [Obligation::Erasure, Obligation::Capacity, Obligation::Cost];
        judge.find(diagnostic, self.reach.voids(judge.plan, &voids));
    }

    /// Snapshots that the rules should have left and that are not there, nor one in their stead: each comes as
    /// late as a run may, and where monitors and the response time let runs be missed, one near it may stand
    /// for it.
    fn missing(&self, judge: &mut Judge<'_>, times: &[i64]) {
        let Some(expected) = self.expected(judge, times) else {
            return;
        };
        let cadence = &judge.plan.cadences[self.id];
        let near = cadence
            .outage()
            .saturating_add(cadence.jitter)
            .saturating_add(cadence.duration.high());
        let is_there = |due: i64| {
            let after = times.partition_point(|time| *time < due);
            let around = [after.checked_sub(1), Some(after)];
            let found = around.into_iter().flatten();
            found
                .filter_map(|index| times.get(index))
                .any(|time| time.abs_diff(due) <= near.0.unsigned_abs())
        };
        let missing: Vec<i64> = expected
            .iter()
            .copied()
            .filter(|due| !is_there(*due))
            .collect();
        let (Some(first), Some(oldest)) = (missing.first(), times.first()) else {
            return;
        };
        let name = &self.step.named.name;
        let message = format!(
            "{} of {} of `{name}` {} missing that its rules keep",
            missing.len(),
            number(expected.len(), "snapshot"),
            is(missing.len())
        );
        let told: Vec<String> = missing.iter().map(|due| moment(*due)).collect();
        let help = "see who may delete from the repository; if runs were missed, or the step runs only since later, or its \
            rules kept less until lately, the policy promises more history than there is yet";
        let diagnostic = of_step(MISSING, self.step, message)
            .at(self.span, "by these rules")
            .event(
                moment(*first),
                format!("due, kept, and no snapshot within {near} of it"),
            )
            .event("", format!("missing: {}", some(&told)))
            .event(moment(*oldest), "its oldest snapshot")
            .help(help);
        let voids = [Obligation::Survival, Obligation::History];
        judge.find(diagnostic, self.reach.voids(judge.plan, &voids));
    }

    /// When the snapshots were due that the rules have left of all runs up to the last one: since the step
    /// is in force, or its oldest snapshot if that is older.
    fn expected(&self, judge: &Judge<'_>, times: &[i64]) -> Option<Vec<i64>> {
        let plan = judge.plan;
        let (schedule, _) = self.step.timing.schedule.as_ref()?;
        let record = judge.record(self.id)?;
        let last = record.start;
        let in_force = calendar::midnight(self.step.lifetime.from);
        // The first run may come a little before its snapshot, and is due a little before it.
        let cadence = &plan.cadences[self.id];
        let late = cadence.jitter.saturating_add(cadence.duration.high());
        let from = times.first().map_or(in_force, |oldest| {
            in_force.min(oldest.saturating_sub(late.0))
        });
        let period = schedule.nominal_period()?.0.max(1);
        if last.saturating_sub(from) / period > MOST_RUNS {
            return None;
        }
        let at = |second| Timestamp::from_second(second).ok();
        let zone = TimeZone::get(zone_name(&plan.model, schedule, self.step)).ok()?;
        let clock = restic_clock(self.step, &plan.model);
        let mut runs = runs_of(
            schedule,
            &zone,
            &clock,
            at(from)?,
            at(last.saturating_add(1))?,
        );
        if !record.ok {
            // What a run that failed did not leave is told with it.
            runs.pop();
        }
        let history = simulate_iterated(self.rules, self.version, &runs, &clock).ok()?;
        let kept = history.kept(history.len().checked_sub(1)?);
        let due = kept
            .iter()
            .filter_map(|run| usize::try_from(*run).ok().and_then(|run| runs.get(run)));
        Some(due.map(|run| run.at.as_second()).collect())
    }
}

/// What repositories could not be listed.
pub fn unlisted(judge: &mut Judge<'_>) {
    let plan = judge.plan;
    let measured = judge.measured;
    for (_, repository) in plan.model.repositories.iter() {
        let name = &repository.named.name;
        if let Some(Err(why)) = measured.snapshots.get(name.as_str()) {
            let voids = Reach::of_store(plan, repository.store).voids(plan, &LOST);
            judge.unmeasured(name, repository.named.span, why, voids);
        }
    }
}

/// Whether a step of the policy makes snapshots with one of these tags.
pub fn is_of_a_step(judge: &Judge<'_>, tags: &[String]) -> bool {
    let plan = judge.plan;
    plan.model
        .steps
        .ids()
        .any(|id| tags.contains(&tag(plan, id)))
}

/// The newest two of some snapshots with a tag and a host, the older first, by ID and moment.
#[must_use]
pub fn newest_two<'s>(
    snapshots: &'s [Snapshot],
    host: &str,
    tag: &str,
) -> Option<[&'s Snapshot; 2]> {
    let mut mine: Vec<&Snapshot> = snapshots
        .iter()
        .filter(|snapshot| snapshot.hostname == host && snapshot.tags.iter().any(|t| t == tag))
        .collect();
    mine.sort_by_key(|snapshot| snapshot.time);
    let newest = mine.pop()?;
    Some([mine.pop()?, newest])
}
