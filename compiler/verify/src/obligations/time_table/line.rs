//! What a run carries goes through its line in the time that it may take.

use std::collections::BTreeSet;

use thrice_diagnostics::{Diagnostic, Severity};
use thrice_model::{ClassId, ClassKind, RepositoryId, Source, Step, StepId, Subset, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, Period};
use thrice_quantity::{Bytes, BytesPerDay, Interval, RatioPerMonth, Seconds};

use super::super::lateness::last_day;
use super::at_once::Loads;
use super::played::{Case, Told};
use super::way::{Legs, TOO_SLOW, legs, speed, takes};
use super::{finding, says_when};
use crate::context::Context;
use crate::obligations::capacity::{most_read, size_on};

/// At least, and at most.
pub(super) type Amount = (Bytes, Bytes);

/// What a step carries.
enum Carries<'c> {
    /// What is new for these copies.
    New(&'c [CopyId]),
    /// All that a repository holds.
    All(RepositoryId),
    /// The newest of its classes, out of a repository.
    Newest(RepositoryId),
}

/// Whether a step carries something, and it is not known what or through what.
pub(super) fn check(
    context: &Context<'_>,
    id: StepId,
    loads: &mut Loads,
    out: &mut Vec<Told>,
) -> bool {
    let step = &context.plan.model.steps[id];
    let carries = match carries(context, id, step) {
        Some(carries) if step.timing.schedule.is_some() => carries,
        _ => return false,
    };
    let parts = parts(context, id, &carries);
    let legs: Legs = parts.iter().flat_map(|(legs, _)| legs).copied().collect();
    // A dump nearly always stays on its host: there is nothing to be known.
    if legs.is_empty() && matches!(step.verb, Verb::Capture(_)) {
        return false;
    }
    let speed = speed(context, step, &legs);
    let known = speed.and_then(|speed| Some((speed, sum(parts.iter().map(|(_, bytes)| *bytes))?)));
    let told = known
        .as_ref()
        .and_then(|(speed, carried)| too_slow(context, id, speed, *carried));
    let alone = told.as_ref().map(|told| told.finding.diagnostic.severity);
    out.extend(told);
    // Of what is carried besides something whose size nobody knows it is known all the same.
    let parts = parts.iter();
    let parts = parts.filter_map(|(legs, bytes)| Some((legs, (*bytes)?)));
    loads.add(context, (id, alone), parts);
    known.is_none()
}

/// What a prune carries is not said: it hangs on what has been forgotten. A check of the structure reads next to nothing,
/// and one that reads in parts as much as they come to be.
fn carries<'c>(context: &'c Context<'_>, id: StepId, step: &Step) -> Option<Carries<'c>> {
    match (&step.verb, &step.source) {
        (
            Verb::Backup { .. }
            | Verb::Copy { .. }
            | Verb::Sync { .. }
            | Verb::Move { .. }
            | Verb::Capture(_),
            _,
        ) => Some(Carries::New(context.made_by(id))),
        (Verb::Check(Subset::All), Source::Repository(repository, _)) => {
            Some(Carries::All(*repository))
        }
        (Verb::Drill, Source::Repository(repository, _)) => Some(Carries::Newest(*repository)),
        _ => None,
    }
}

/// What a run carries, each with its ways between two hosts: from where it reads to who runs it, and on to where it
/// writes. At least at the start, and at most at the horizon; `None` where a size is not stated. The first run, which
/// carries everything, is not meant.
fn parts(context: &Context<'_>, id: StepId, carries: &Carries<'_>) -> Vec<(Legs, Option<Amount>)> {
    let plan = context.plan;
    let step = &plan.model.steps[id];
    let out_of = |repository: RepositoryId| {
        let store = plan.model.repositories[repository].store;
        legs(step, Some(plan.host_of(store)), None)
    };
    match carries {
        Carries::New(copies) => {
            let parts = copies.iter().map(|copy| {
                let copy = &plan.copies[*copy];
                let source = copy.source.map(|id| context.host(&plan.copies[id]));
                let legs = legs(step, source, Some(context.host(copy)));
                (legs, of_copy(context, copy, id))
            });
            parts.collect()
        }
        Carries::All(repository) => {
            vec![(out_of(*repository), read_all(context, step, *repository))]
        }
        Carries::Newest(repository) => {
            let named: BTreeSet<ClassId> = step.classes.iter().map(|(class, _)| *class).collect();
            vec![(out_of(*repository), whole(context, named))]
        }
    }
}

fn sum(all: impl Iterator<Item = Option<Amount>>) -> Option<Amount> {
    let mut out = (Bytes::ZERO, Bytes::ZERO);
    for each in all {
        let (low, high) = each?;
        out = (out.0.saturating_add(low), out.1.saturating_add(high));
    }
    Some(out)
}

/// All of some classes.
fn whole(context: &Context<'_>, classes: impl IntoIterator<Item = ClassId>) -> Option<Amount> {
    let model = &context.plan.model;
    let sizes = classes.into_iter().map(|class| {
        let class = &model.classes[class];
        let (size, _) = class.size.as_ref()?;
        Some((size.low(), size_on(context, class, model.policy.end)))
    });
    sum(sizes)
}

/// All that lies in a repository: at least the newest version of each class, at most all that lies there between two prunes.
fn read_all(context: &Context<'_>, step: &Step, repository: RepositoryId) -> Option<Amount> {
    let plan = context.plan;
    let of_period = |period: &Period| {
        let there = plan.copies.iter().filter(|(_, copy)| {
            copy.kind == CopyKind::Versions
                && copy.repository == Some(repository)
                && copy.lifetime.contains(period.from)
        });
        let copies: Vec<CopyId> = there.map(|(id, _)| id).collect();
        let classes: BTreeSet<ClassId> = copies.iter().map(|id| plan.copies[*id].class).collect();
        let (least, _) = whole(context, classes)?;
        let last = last_day(period, period.slip_days);
        Some((least, most_read(context, &copies, period.from, last)))
    };
    let periods = plan.periods.iter();
    let periods = periods.filter(|period| step.lifetime.contains(period.from));
    let mut out = (Bytes::ZERO, Bytes::ZERO);
    for (low, high) in periods.map(of_period).collect::<Option<Vec<_>>>()? {
        out = (out.0.max(low), out.1.max(high));
    }
    Some(out)
}

pub(super) fn of_copy(context: &Context<'_>, copy: &Copy, by: StepId) -> Option<Amount> {
    let class = &context.plan.model.classes[copy.class];
    let cadence = &context.plan.cadences[by];
    let gap = cadence.widest?;
    let (least, most) = whole(context, [copy.class])?;
    let is_version = copy.kind == CopyKind::Versions;
    let is_whole = class.kind == ClassKind::State && !is_version;
    Some(match &class.churn {
        Some((churn, _)) if !is_whole => (
            churn.low().over(gap).min(least),
            churn.high().over(gap).min(most),
        ),
        // What is written once has been carried before, but for what has come since: at least between two runs that lie
        // closest, at most since the last one before those that were missed. A dump of it is written anew.
        None if class.kind == ClassKind::Items && (is_version || !is_dumped(context, copy)) => {
            let closest = cadence.narrowest.unwrap_or(gap);
            let furthest = cadence.widest_missed.unwrap_or(gap);
            let volume = class.growth_volume.as_ref();
            let low = (class.growth.low(), volume.map(Interval::low));
            let high = (class.growth.high(), volume.map(Interval::high));
            (
                grown(context, least, low, closest).min(least),
                grown(context, most, high, furthest).min(most),
            )
        }
        _ => (least, most),
    })
}

/// Whether a copy comes from dumps, each of which is written anew.
fn is_dumped(context: &Context<'_>, copy: &Copy) -> bool {
    let mut way = context.plan.way_of(copy);
    way.any(|copy| copy.kind == CopyKind::Dump)
}

/// By how much so much grows in some time: by volume where it is said so, else by ratio.
fn grown(
    context: &Context<'_>,
    size: Bytes,
    (ratio, volume): (RatioPerMonth, Option<BytesPerDay>),
    time: Seconds,
) -> Bytes {
    if let Some(volume) = volume {
        return volume.over(time);
    }
    let seconds = time.0.max(0).unsigned_abs();
    let day = Seconds::DAY.0.unsigned_abs();
    let days = u32::try_from(seconds.div_ceil(day))
        .unwrap_or(u32::MAX)
        .max(1);
    let after = context.grown.factor(ratio, days).of(size);
    let more = u128::from(after.saturating_sub(size).0) * u128::from(seconds);
    let share = more.div_ceil(u128::from(day) * u128::from(days));
    Bytes(u64::try_from(share).unwrap_or(u64::MAX))
}

fn too_slow(
    context: &Context<'_>,
    id: StepId,
    (speed, of): &(Bytes, String),
    (least, most): (Bytes, Bytes),
) -> Option<Told> {
    let step = &context.plan.model.steps[id];
    let time = |bytes: Bytes| takes(bytes, *speed);
    let cadence = &context.plan.cadences[id];
    let bound = cadence.duration.high();
    if time(most) <= bound {
        return None;
    }
    let name = &step.named.name;
    let never = time(least) > bound;
    let severity = if never {
        Severity::Error
    } else {
        Severity::Warning
    };
    let (text, span) = says_when(context, id);
    let when = if never {
        "already at the start"
    } else {
        "at the horizon"
    };
    let message = format!(
        "`{name}` cannot be done within {bound}: what it carries takes {} through {of}",
        time(if never { least } else { most })
    );
    let diagnostic = Diagnostic::new(TOO_SLOW, severity, message)
        .at(span, text)
        .event(
            when,
            format!(
                "a run carries {}, at {speed} a second",
                if never { least } else { most }
            ),
        )
        .help("give it more time (`taking`), a faster line, or less to carry");
    Some(Told {
        finding: finding(diagnostic, vec![name.to_string()]),
        case: Case::Not("what a line carries"),
    })
}
