//! When steps are at work, whatever they find.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use thrice_model::{HostId, StepId, StoreId};
use thrice_plan::Plan;

use crate::calendar::{instant, moments, snapshots};
use crate::log::{Log, Ran};
use crate::{Case, Choices, engine};

/// Zerobyte checks every repository at this time of its host's clock (`lifecycle/startup.ts`).
const OWN_CHECK: Time = Time::constant(12, 50, 0, 0);

/// The runs of some steps that are due between two instants, both included, and start by the second one, in the
/// order in which they start. Those that they wait for run as well. That nothing was written yet which they would
/// read keeps none of them from running, nor does a lock.
#[must_use]
pub fn runs(
    plan: &Plan,
    steps: &BTreeSet<StepId>,
    (from, to): (Timestamp, Timestamp),
    choices: &Choices,
) -> Vec<Ran> {
    let case = Case {
        strikes: Vec::new(),
        from: Some(from),
        judged: to,
        classes: BTreeSet::new(),
        choices: choices.clone(),
    };
    let mut log = Log {
        steps: with_those_before(plan, steps),
        ..Log::default()
    };
    engine::time(plan, &case, &mut log);
    log.runs.retain(|run| steps.contains(&run.step));
    log.runs
}

/// Some steps, and all that keep one of them waiting.
pub(crate) fn with_those_before(plan: &Plan, steps: &BTreeSet<StepId>) -> BTreeSet<StepId> {
    let mut out = BTreeSet::new();
    let mut next: Vec<StepId> = steps.iter().copied().collect();
    while let Some(id) = next.pop() {
        if !out.insert(id) {
            continue;
        }
        next.extend(plan.waits_for(id));
    }
    out
}

/// When the Zerobyte of a host begins to check its repositories, between two instants, both included. How long
/// that takes nothing says.
#[must_use]
pub fn own_checks(plan: &Plan, host: HostId, (from, to): (Timestamp, Timestamp)) -> Vec<Timestamp> {
    let zone = TimeZone::get(&plan.model.hosts[host].timezone).unwrap_or(TimeZone::UTC);
    let first = from.to_zoned(zone.clone()).date();
    let days = first.series(jiff::Span::new().days(1));
    let checks = days.map_while(|day| {
        let at = day.to_datetime(OWN_CHECK).to_zoned(zone.clone()).ok()?;
        Some(at.timestamp()).filter(|at| *at <= to)
    });
    checks.filter(|at| from <= *at).collect()
}

/// When a store takes snapshots of itself, between two instants, both included.
#[must_use]
pub fn own_snapshots(
    plan: &Plan,
    store: StoreId,
    (from, to): (Timestamp, Timestamp),
) -> Vec<Timestamp> {
    let store = &plan.model.stores[store];
    let (taken, _) = snapshots(plan, store, from.as_second(), to.as_second());
    taken.into_iter().map(instant).collect()
}

/// When it is asked whether a mirror has every version, between two instants, both included.
#[must_use]
pub fn asked(plan: &Plan, step: StepId, (from, to): (Timestamp, Timestamp)) -> Vec<Timestamp> {
    let step = &plan.model.steps[step];
    let schedule = step.mirror().and_then(|mirror| mirror.checked.as_ref());
    let all = schedule
        .map(|(schedule, _)| moments(plan, step, schedule, (from.as_second(), to.as_second())));
    all.into_iter().flatten().map(instant).collect()
}
