//! Who hears of it if something fails, and goes on failing.
//!
//! A step that a monitor watches sends a signal when a run has gone well; of a mirror it is sent by whoever asks
//! whether all versions have arrived, who must have something that asks. A monitor waits from its first
//! signal on, and raises the alarm when the next one is later than it was told to wait, as long as it is there itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{Mishap, MonitorId, RunnerKind, StepId, Strike, Target};
use thrice_plan::{CopyId, Plan};

use crate::calendar::moments;
use crate::log::{Ended, Log, Report};
use crate::runs::with_those_before;
use crate::{Case, Choices, engine};

/// What goes wrong, and whose runs are followed.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The steps that are followed.
    pub steps: BTreeSet<StepId>,
    /// The copies that they make and that are played with all that they are made of; where there are none, steps run
    /// whatever they find.
    pub copies: BTreeSet<CopyId>,
    /// The steps of which each run fails half way, from the instant on at which it goes wrong.
    pub fails: BTreeSet<StepId>,
    /// What is lost then.
    pub lost: Vec<Target>,
    /// From when on steps are played.
    pub from: Timestamp,
    /// When it goes wrong.
    pub at: Timestamp,
    /// Until when somebody may be told.
    pub until: Timestamp,
    /// What is chosen of the runs, besides those that fail.
    pub choices: Choices,
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// When runs reported success.
    pub well: Vec<Timestamp>,
    /// Those of them that had read half of something.
    pub half: Vec<Timestamp>,
    /// When runs failed; of a mirror that was not begun, when it is due again.
    pub failed: Vec<Timestamp>,
    /// The monitor that raises the alarm first, and when.
    pub told: Option<(MonitorId, Timestamp)>,
}

/// Plays steps of which some fail, and says what is heard of each from when it goes wrong on.
#[must_use]
pub fn heard(plan: &Plan, listening: &Listening) -> BTreeMap<StepId, Heard> {
    let strikes = listening.lost.iter().map(|target| Strike {
        at: listening.at,
        mishap: Mishap::Lose(*target),
        span: None,
    });
    let fails = listening.fails.iter().map(|step| (*step, listening.at));
    let case = Case {
        strikes: strikes.collect(),
        from: Some(listening.from),
        judged: listening.until,
        classes: BTreeSet::new(),
        choices: Choices {
            fails: fails.collect(),
            ..listening.choices.clone()
        },
    };
    let mut log = Log {
        steps: with_those_before(plan, &listening.steps),
        ..Log::default()
    };
    let path = listening.copies.iter().flat_map(|id| plan.way(*id));
    engine::follow(plan, &case, &path.collect(), &mut log);
    let steps = listening.steps.iter();
    steps
        .map(|step| (*step, of_step(plan, listening, *step, &log.reports)))
        .collect()
}

fn of_step(plan: &Plan, listening: &Listening, step: StepId, reports: &[Report]) -> Heard {
    let mine = || reports.iter().filter(|report| report.step == step);
    let when = |wanted: &dyn Fn(Ended) -> bool| -> Vec<Timestamp> {
        let ended = mine().filter(|report| wanted(report.ended));
        ended.map(|report| report.at).collect()
    };
    Heard {
        well: when(&|ended| ended != Ended::Failed),
        half: when(&|ended| ended == Ended::Half),
        failed: when(&|ended| ended == Ended::Failed),
        told: alarm(plan, listening, step, &mine().copied().collect::<Vec<_>>()),
    }
}

/// Who raises the alarm about a step, and when.
fn alarm(
    plan: &Plan,
    listening: &Listening,
    id: StepId,
    runs: &[Report],
) -> Option<(MonitorId, Timestamp)> {
    let (monitor, _) = plan.model.steps[id].monitor?;
    let waits = plan.cadences[id].freshness?;
    let signals = signals(plan, listening, id, runs);
    let next = signals.iter().skip(1).map(Some).chain([None]);
    let silent = signals.iter().zip(next).filter_map(|(last, next)| {
        let rings = Timestamp::from_second(last.as_second().saturating_add(waits.0)).ok()?;
        next.is_none_or(|next| *next > rings).then_some(rings)
    });
    let mut rings = silent.filter(|at| *at <= listening.until);
    let at = rings.find(|at| *at < listening.at || !is_lost(plan, &listening.lost, monitor))?;
    Some((monitor, at))
}

/// When signals of success are sent.
fn signals(plan: &Plan, listening: &Listening, id: StepId, runs: &[Report]) -> Vec<Timestamp> {
    let step = &plan.model.steps[id];
    let Some(mirror) = step.mirror() else {
        let well = runs.iter().filter(|run| run.ended != Ended::Failed);
        return well.map(|run| run.at).collect();
    };
    let (Some((schedule, _)), Some(host)) = (&mirror.checked, step.runner.host) else {
        return Vec::new();
    };
    let mut runners = plan.model.hosts[host].runners.iter();
    if !runners.any(|(runner, _)| *runner == RunnerKind::Cron) {
        return Vec::new();
    }
    let between = (listening.from.as_second(), listening.until.as_second());
    let asked = moments(plan, step, schedule, between).map(crate::calendar::instant);
    let arrived = |at: &Timestamp| {
        let last = runs.iter().rev().find(|run| run.at <= *at);
        last.is_some_and(|run| run.ended != Ended::Failed)
    };
    asked.filter(arrived).collect()
}

/// Whether a monitor goes with something that is lost.
fn is_lost(plan: &Plan, lost: &[Target], monitor: MonitorId) -> bool {
    let model = &plan.model;
    let monitor = &model.monitors[monitor];
    let site = monitor.host.map(|host| model.hosts[host].site);
    lost.iter().any(|target| match *target {
        Target::Host(host) => monitor.host == Some(host),
        Target::Site(lost) => site == Some(lost),
        Target::Provider(lost) => {
            monitor.provider == Some(lost)
                || site.is_some_and(|site| model.sites[site].provider == lost)
        }
        Target::Store(_) | Target::Credential(_) | Target::Key(_) => false,
    })
}
