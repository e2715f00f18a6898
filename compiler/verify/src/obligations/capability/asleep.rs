//! Runs at a time of the day, where a host that takes part is switched off now and then: nobody makes up for those
//! that it sleeps through, if it is always off at that time there is none, and proofs take it that each comes about.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{HostId, HostKind, RunnerKind, Step, Store};
use thrice_plan::touched_places;
use thrice_quantity::Seconds;

use super::{SHOWN, finding, rank};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const ASLEEP: Code = Code("T2326");

/// The part that such a host has in a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Starts,
    OtherEnd,
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let hosts = &context.plan.model.hosts;
    let mut found: BTreeMap<(HostId, Part, usize), Vec<&Step>> = BTreeMap::new();
    for (_, step) in context.plan.model.steps.iter() {
        if let Some((host, part)) = asleep(context, step) {
            let rank = rank(context, [&step.named, &hosts[host].named]);
            found.entry((host, part, rank)).or_default().push(step);
        }
    }
    let found = found.into_iter();
    out.extend(found.map(|((host, part, _), steps)| tell(context, host, part, &steps)));
    let stores = context.plan.model.stores.iter();
    out.extend(stores.filter_map(|(_, store)| unseen(context, store)));
}

/// Snapshots that a store takes of itself at a time of the day at which its host may be off: nothing makes up for them either,
/// and nobody watches them.
fn unseen(context: &Context<'_>, store: &Store) -> Option<Finding> {
    let (schedule, _, span) = store.snapshots.as_ref()?;
    let host = &context.plan.model.hosts[store.host];
    if host.always_on || schedule.nominal_period()? < Seconds::DAY {
        return None;
    }
    let (name, host) = (&store.named.name, &host.named);
    let message = format!(
        "`{name}` takes its snapshots at a time at which `{}` may be off, and nothing makes up for them",
        host.name
    );
    let diagnostic = Diagnostic::warning(ASLEEP, message)
        .at(host.span, "`not always on`: off now and then")
        .at(*span, "once a day, or more rarely")
        .help("let it take one several times a day");
    let subjects = [name.to_string(), host.name.to_string()];
    Some(finding(diagnostic, subjects.into()))
}

/// Whoever may be off when a step is due that comes once a day or more rarely. What is due more often soon has
/// another run; and systemd makes up for what it missed when its host is on again.
fn asleep(context: &Context<'_>, step: &Step) -> Option<(HostId, Part)> {
    let model = &context.plan.model;
    let (schedule, _) = step.timing.schedule.as_ref()?;
    let runner = step.runner.host?;
    if schedule.nominal_period()? < Seconds::DAY {
        return None;
    }
    let mut ends = touched_places(model, step).map(|place| context.plan.host_of(place.store));
    let is_off = |host: &HostId| !model.hosts[*host].always_on;
    if let Some(host) = ends.find(|host| *host != runner && is_off(host)) {
        return Some((host, Part::OtherEnd));
    }
    let kind = step.runner.kind;
    let misses = matches!(
        kind,
        RunnerKind::Cron | RunnerKind::Zerobyte | RunnerKind::TrueNas
    );
    (is_off(&runner) && misses).then_some((runner, Part::Starts))
}

fn tell(context: &Context<'_>, host: HostId, part: Part, steps: &[&Step]) -> Finding {
    // Nothing is installed on a NAS.
    let is_nas = context.plan.model.hosts[host].kind == HostKind::Nas;
    let host = &context.plan.model.hosts[host].named;
    let names = || steps.iter().map(|step| step.named.name.as_str());
    let (starts, run) = match steps.len() {
        1 => ("starts", "runs"),
        _ => ("start", "run"),
    };
    let (message, help) = match part {
        Part::Starts => (
            format!(
                "{} {starts} at a time at which `{}` may be off, and nothing makes up for a run there",
                some(names()),
                host.name
            ),
            format!(
                "let `{}.systemd` start it, whose timers make up for a run as soon as the host is on; or let it run several \
                 times a day",
                host.name
            ),
        ),
        Part::OtherEnd => (
            format!(
                "{} {run} at a time at which `{}` may be off, and no run is made up for when it is on again",
                some(names()),
                host.name
            ),
            format!(
                "let `{}` do it itself, started by systemd, whose timers make up for a run as soon as the host is on; or let \
                 it run several times a day",
                host.name
            ),
        ),
    };
    let help = match is_nas {
        true => "let it run several times a day".to_owned(),
        false => help,
    };
    let mut diagnostic =
        Diagnostic::warning(ASLEEP, message).at(host.span, "`not always on`: off now and then");
    for step in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(step.named.span, "once a day, or more rarely");
    }
    let subjects = names().chain([host.name.as_str()]);
    finding(diagnostic.help(help), subjects.map(str::to_owned).collect())
}
