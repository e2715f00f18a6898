//! What stores keep of what is deleted or overwritten in them, in bytes: old versions, snapshots, locks.
//!
//! What is deleted within a stretch of time was there when it began or was written in it; that is the
//! bound. For files and dumps what is written is the churn, or the whole once a run; for a repository it
//! is the churn and what each prune rewrites, which is never more than its content.

use jiff::civil::Date;
use thrice_model::{ClassKind, Source, StepId, Verb};
use thrice_plan::{Copy, CopyKind, LIFECYCLE_LATE};
use thrice_quantity::{Bytes, BytesPerDay, Seconds};

use super::super::kept::{Noncurrent, noncurrent};
use super::days::days_between;
use crate::context::Context;

/// How long a copy's store keeps what is deleted in it, up to a day, by the rules of `in_force`: the longest of its
/// ways.
pub(super) fn window(context: &Context<'_>, copy: &Copy, in_force: Date, day: Date) -> Seconds {
    let since = || Seconds::days(i64::from(days_between(copy.lifetime.from, day)));
    let old_versions = match noncurrent(context, copy, Some(in_force)) {
        Noncurrent::Gone => Seconds::ZERO,
        Noncurrent::For(after, _) => after.high().saturating_add(LIFECYCLE_LATE),
        Noncurrent::ForEver => since(),
    };
    let snapshots = context.own_snapshots(copy.location.store);
    let snapshots = snapshots.map_or(Seconds::ZERO, |snapshots| snapshots.stay);
    let store = &context.plan.model.stores[copy.location.store];
    let locked = store
        .lock
        .map_or(Seconds::ZERO, |lock| Seconds::days(lock.days));
    // What is cleared beside its destination is deleted then, and kept once more.
    let aside = aside(context, copy, (in_force, day));
    match old_versions
        .max(snapshots)
        .max(locked)
        .saturating_add(aside)
    {
        Seconds::ZERO => Seconds::ZERO,
        kept => kept.min(since()),
    }
}

/// How long what a sync takes away from a copy lies beside it at most: until a clean-up has surely come. Nothing is said of
/// files of which nobody says how much of them changes.
fn aside(context: &Context<'_>, copy: &Copy, (in_force, day): (Date, Date)) -> Seconds {
    let plan = context.plan;
    let Some((place, _)) = context.aside(copy).filter(|_| !is_open(context, copy)) else {
        return Seconds::ZERO;
    };
    let cleared = plan.model.steps.iter().filter_map(|(id, step)| {
        let (
            Verb::Expire {
                after,
                noncurrent: false,
                ..
            },
            Source::Location(of, _),
        ) = (&step.verb, &step.source)
        else {
            return None;
        };
        let late = match step.timing.schedule {
            Some(_) => plan.cadences[id].worst_delay()?,
            None => LIFECYCLE_LATE,
        };
        let clears = of.contains(place) && step.lifetime.contains(in_force);
        clears.then(|| after.high().saturating_add(late))
    });
    let days = days_between(copy.lifetime.from, day);
    cleared.min().unwrap_or(Seconds::days(i64::from(days)))
}

/// Whether a copy keeps what people change or delete where they work, and nobody says how much that is.
pub(super) fn is_open(context: &Context<'_>, copy: &Copy) -> bool {
    let class = &context.plan.model.classes[copy.class];
    let keeps = match copy.kind {
        CopyKind::Files => copy.leaves.is_empty(),
        _ => context.aside(copy).is_some(),
    };
    keeps && class.kind == ClassKind::Files && class.churn.is_none()
}

/// The most that is kept of deleted files, dumps or objects.
pub(super) fn plain(
    context: &Context<'_>,
    copy: &Copy,
    (size, churn): (Bytes, BytesPerDay),
    window: Seconds,
) -> Bytes {
    if window == Seconds::ZERO {
        return Bytes::ZERO;
    }
    let class = &context.plan.model.classes[copy.class];
    match class.kind {
        // Each run writes all of it anew.
        ClassKind::State if copy.kind != CopyKind::Live => {
            let runs = copy.made_by.map_or(1, |by| runs(context, by, window));
            size.saturating_mul(runs)
        }
        ClassKind::State | ClassKind::Files => churn.over(window),
        ClassKind::Items if copy.leaves.is_empty() => Bytes::ZERO,
        ClassKind::Items => size,
    }
}

/// The most that is kept of a repository's deleted files, with `content` in use at most and `peak` at a
/// prune.
pub(super) fn repository(
    (content, peak): (Bytes, Bytes),
    churn: BytesPerDay,
    (window, between_prunes): (Seconds, Seconds),
) -> Bytes {
    if window == Seconds::ZERO {
        return Bytes::ZERO;
    }
    let prunes = times(window, between_prunes);
    peak.saturating_add(churn.over(window))
        .saturating_add(content.saturating_mul(prunes))
}

/// How often a step runs in a stretch of time at most.
fn runs(context: &Context<'_>, step: StepId, window: Seconds) -> u64 {
    let narrowest = context.plan.cadences[step].narrowest;
    times(window, narrowest.unwrap_or(Seconds::DAY))
}

/// How many moments that lie `apart` fall in a window at most.
fn times(window: Seconds, apart: Seconds) -> u64 {
    let seconds = |time: Seconds| u64::try_from(time.0).unwrap_or(0);
    seconds(window)
        .div_ceil(seconds(apart).max(1))
        .saturating_add(1)
}
