//! A monitor that is not there hears nothing: before its host comes, when that has gone, while it is switched off.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{Lifetime, MonitorId, Step};

use super::{Found, SHOWN, finding, heard, rank_heard, watched};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const ABSENT: Code = Code("T2508");

/// When a monitor hears nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// Its host comes after steps that report to it.
    Before,
    /// Its host goes before them.
    After,
    /// Its host is switched off now and then: what falls silent meanwhile is told later than anybody has said.
    NowAndThen,
}

pub(super) fn check(context: &Context<'_>, out: &mut Found) {
    let model = &context.plan.model;
    let mut absent: BTreeMap<(MonitorId, When, usize), Vec<&Step>> = BTreeMap::new();
    for (_, step) in watched(context) {
        let monitor = step.monitor.map(|(monitor, _)| monitor);
        let on = monitor.and_then(|monitor| Some((monitor, model.monitors[monitor].host?)));
        let Some((monitor, host)) = on else {
            continue;
        };
        let host = &model.hosts[host];
        for when in absences(host.lifetime, host.always_on, step.lifetime) {
            let same = absent.entry((monitor, when, rank_heard(context, step, monitor)));
            same.or_default().push(step);
        }
    }
    let found = absent.into_iter();
    out.extend(found.filter_map(|((monitor, when, _), steps)| {
        let found = tell(context, monitor, when, &steps)?;
        Some((heard(context, monitor, found), None))
    }));
}

fn absences(host: Lifetime, always_on: bool, step: Lifetime) -> impl Iterator<Item = When> {
    let goes_first = host
        .until
        .is_some_and(|end| step.until.is_none_or(|until| end < until));
    let all = [
        (step.from < host.from, When::Before),
        (goes_first, When::After),
        (!always_on, When::NowAndThen),
    ];
    all.into_iter()
        .filter_map(|(is_so, when)| is_so.then_some(when))
}

fn tell(context: &Context<'_>, monitor: MonitorId, when: When, steps: &[&Step]) -> Option<Finding> {
    let model = &context.plan.model;
    let monitor = &model.monitors[monitor];
    let host = &model.hosts[monitor.host?];
    let names = some(steps.iter().map(|step| step.named.name.as_str()));
    let name = &monitor.named.name;
    let (run, report) = match steps.len() {
        1 => ("runs", "reports"),
        _ => ("run", "report"),
    };
    let because = match when {
        When::Before => format!("`{name}` is not there yet when {names} already {run}"),
        When::After => format!("`{name}` is not there any more while {names} still {run}"),
        When::NowAndThen => {
            format!("`{name}`, to which {names} {report}, is switched off now and then")
        }
    };
    let at = match when {
        When::Before => format!("comes on {}", host.lifetime.from),
        When::After => format!("goes on {}", host.lifetime.until?),
        When::NowAndThen => "`not always on`".to_owned(),
    };
    let diagnostic = match when {
        When::NowAndThen => Diagnostic::warning(ABSENT, because),
        When::Before | When::After => Diagnostic::error(ABSENT, because),
    };
    let mut diagnostic = diagnostic
        .at(monitor.named.span, format!("runs on `{}`", host.named.name))
        .at(host.named.span, at)
        .event(
            "meanwhile",
            "a step fails, or its host is off, and nobody is told",
        )
        .help("let a monitor that is there all the time expect a signal from these steps");
    for step in steps.iter().take(SHOWN) {
        diagnostic = diagnostic.at(step.named.span, "is watched by it");
    }
    Some(Finding {
        floor: when != When::NowAndThen,
        ..finding(diagnostic, steps)
    })
}
