//! The newest usable copy of each class.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_diagnostics::{Diagnostic, Severity, Span};
use thrice_model::{ClassId, Demand, Obligation, Step, StepId};
use thrice_plan::{Copy, CopyId, CopyKind, Plan, zone_name};
use thrice_quantity::Seconds;
use thrice_report::audit::{Finding, Measure, Unit, Voided};
use thrice_target::layout;
use thrice_target::select::{self, Means};

use crate::finding::{AGE, Consequence, Judge, UNMEASURED, moment, some};
use crate::history::snapshots;
use crate::manifests;
use crate::runs::LOST;
use crate::voids::Reach;

const CLASS_AGE: Measure = Measure::new(
    "class_age",
    Unit::Seconds,
    "class",
    "Age of the data in the newest usable copy that this host makes.",
);

/// The newest copies of all classes that this host makes.
pub fn judge(judge: &mut Judge<'_>) {
    let plan = judge.plan;
    for (id, class) in plan.model.classes.iter() {
        if class.lifetime.contains(plan.as_of) {
            of_class(judge, id);
        }
    }
    unseen(judge);
}

/// Steps of this host whose copies leave no trace that is known here.
fn unseen(judge: &mut Judge<'_>) {
    let plan = judge.plan;
    let zerobyte = select::in_force(plan).filter(|(_, step)| {
        step.runner.host == Some(judge.host) && select::means(plan, step) == Means::Zerobyte
    });
    let names: Vec<String> = zerobyte
        .map(|(_, step)| format!("`{}`", step.named.name))
        .collect();
    if !names.is_empty() {
        let message = format!(
            "what Zerobyte runs leaves no record here, and is not audited: {}",
            some(&names)
        );
        let note = Diagnostic::new(UNMEASURED, Severity::Note, message);
        judge.find(note, Vec::new());
    }
}

/// What a class, or else a requirement, allows while every run succeeds, and where that is said.
fn recovery_point(plan: &Plan, id: ClassId) -> Option<(Seconds, Span)> {
    if let Some(rpo) = plan.model.classes[id].asked().rpo {
        return Some(rpo);
    }
    let asked = plan.model.requirements.iter().filter_map(|requirement| {
        let Demand::RecoveryPoint { nominal, .. } = requirement.demand else {
            return None;
        };
        let mine = requirement.selection.contains(id) && requirement.lifetime.contains(plan.as_of);
        mine.then_some((nominal, requirement.span))
    });
    asked.min_by_key(|(nominal, _)| *nominal)
}

/// A copy, and when the data in its newest version was made; `None` if there is none.
struct Seen<'p> {
    step: &'p Step,
    /// The names of the steps on its way.
    way: Vec<String>,
    data_of: Option<i64>,
}

fn of_class(judge: &mut Judge<'_>, id: ClassId) {
    let plan = judge.plan;
    let seen: Vec<Seen<'_>> = plan
        .copies
        .iter()
        .filter(|(_, copy)| copy.class == id && copy.counts)
        .filter_map(|(id, copy)| look(judge, id, copy))
        .collect();
    if seen.is_empty() {
        return;
    }
    let class = &plan.model.classes[id];
    let name = &class.named.name;
    let limit = recovery_point(plan, id);
    let reach = Reach::of_class(plan, id);
    let place = limit.map_or(class.named.span, |(_, span)| span);
    let copies = |mut diagnostic: Diagnostic| {
        let mut in_time: Vec<&Seen<'_>> = seen.iter().collect();
        in_time.sort_by_key(|seen| seen.data_of);
        for seen in in_time {
            let step = &seen.step.named.name;
            let (when, what) = match seen.data_of {
                Some(data_of) => (moment(data_of), format!("the data in the copy of `{step}`")),
                None => (String::new(), format!("`{step}` has left no usable copy")),
            };
            diagnostic = diagnostic.event(when, what);
        }
        diagnostic
            .event(moment(judge.now), "audited")
            .about(name.clone())
    };
    let consequence = |told: String, diagnostic: Diagnostic, voids: Vec<Voided>| Consequence {
        finding: Finding { diagnostic, voids },
        told,
        ways: seen.iter().map(|seen| seen.way.clone()).collect(),
    };
    let Some(newest) = seen.iter().filter_map(|seen| seen.data_of).max() else {
        let message = format!("no usable copy of `{name}` is known here");
        let diagnostic = Diagnostic::error(AGE, message.clone()).at(place, "promised here");
        let diagnostic = copies(diagnostic).help("run the step by hand, and see what it says");
        let consequence = consequence(message, diagnostic, reach.voids(plan, &LOST));
        return judge.consequences.push(consequence);
    };
    let age = judge.now.saturating_sub(newest);
    let too_old = limit
        .filter(|(limit, _)| age > limit.0)
        .map(|(limit, span)| {
            let message = format!(
                "the newest usable copy of `{name}` is {} old, and its recovery point is {limit}",
                Seconds(age)
            );
            let diagnostic = Diagnostic::error(AGE, message.clone()).at(span, "no older than this");
            let diagnostic =
                copies(diagnostic).help("see why no run has succeeded since, and run it by hand");
            let voids = reach.voids(plan, &[Obligation::RecoveryPoint]);
            consequence(message, diagnostic, voids)
        });
    judge.figure(CLASS_AGE, name, age, limit.map(|(limit, _)| limit.0));
    judge.consequences.extend(too_old);
}

/// A copy that this host makes; `None` for one that cannot be seen from here.
fn look<'p>(judge: &Judge<'p>, id: CopyId, copy: &Copy) -> Option<Seen<'p>> {
    let plan = judge.plan;
    let by = copy.made_by?;
    let step = &plan.model.steps[by];
    let is_here = step.runner.host == Some(judge.host)
        && step.lifetime.contains(plan.as_of)
        && select::means(plan, step).is_script();
    if !is_here {
        return None;
    }
    let time = match copy.kind {
        CopyKind::Versions => {
            let snapshots = snapshots(judge, by, step)?;
            snapshots.iter().map(|s| s.time.at.as_second()).max()
        }
        _ => {
            let record = judge.measured.records.get(&layout::step(plan, by))?;
            let record = record.as_ref().ok()?.as_ref();
            let usable = !manifests::is_broken(judge, by);
            record
                .filter(|record| record.ok && usable)
                .map(|record| record.start)
        }
    };
    Some(Seen {
        step,
        way: way(plan, copy),
        data_of: time.map(|time| data_of(judge, id, time)),
    })
}

/// The steps that make a copy and all that it is made of, by their names.
fn way(plan: &Plan, copy: &Copy) -> Vec<String> {
    let sources = std::iter::successors(Some(copy), |copy| Some(&plan.copies[copy.source?]));
    let steps = sources.filter_map(|copy| copy.made_by);
    steps
        .map(|id| plan.model.steps[id].named.name.to_string())
        .collect()
}

/// When the data was made that a copy of some time holds: a backup of a dump is as old as the dump that it
/// read. Of a dump that ran since, or that failed, no more is known than when the one before was due, which is
/// the best that can be.
fn data_of(judge: &Judge<'_>, copy: CopyId, time: i64) -> i64 {
    let plan = judge.plan;
    let mut time = time;
    let mut copy = &plan.copies[copy];
    while let Some(source) = copy.source {
        copy = &plan.copies[source];
        let Some(by) = copy.made_by else {
            break;
        };
        let Some(record) = judge.record(by) else {
            continue;
        };
        time = if record.ok && record.end <= time {
            time.min(record.start)
        } else {
            last_due(plan, by, time.min(record.start)).unwrap_or(time)
        };
    }
    time
}

/// The last time before a moment at which a step was due.
fn last_due(plan: &Plan, id: StepId, before: i64) -> Option<i64> {
    let step = &plan.model.steps[id];
    let (schedule, _) = step.timing.schedule.as_ref()?;
    let widest = plan.cadences[id].widest?;
    let zone = TimeZone::get(zone_name(&plan.model, schedule, step)).ok()?;
    let from = before.saturating_sub(widest.0.saturating_mul(2));
    let at = |second| Timestamp::from_second(second).ok();
    let due = schedule.occurrences(&zone, at(from)?, at(before)?);
    due.last().map(Timestamp::as_second)
}
