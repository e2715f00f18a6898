//! What stores keep of what is deleted or overwritten in them, in bytes: old versions, snapshots, locks.
//!
//! What is deleted within a stretch of time was there when it began or was written in it; that is the
//! bound. For files and dumps what is written is the churn, or the whole once a run, and the whole again each time after
//! somebody has cleared it all, or the dumps that the source still has; for a repository it is the churn and what each
//! prune rewrites, which is never more than its content. What syncs put aside lies there as well, until somebody clears
//! it.

use jiff::civil::Date;
use thrice_model::{ClassKind, Source, StepId, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, FOR_EVER, LIFECYCLE_LATE, Leave};
use thrice_quantity::{Bytes, BytesPerDay, Seconds};

use super::super::kept::{Noncurrent, noncurrent};
use super::days::since;
use crate::context::Context;

/// How long a copy's store keeps what is deleted in it, up to a day, by the rules of `in_force`: the longest of its
/// ways.
pub(super) fn window(context: &Context<'_>, copy: &Copy, in_force: Date, day: Date) -> Seconds {
    let since = || since(context, copy, day);
    let old_versions = match noncurrent(context, &copy.location, Some(in_force)) {
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
    match old_versions.max(snapshots).max(locked) {
        Seconds::ZERO => Seconds::ZERO,
        kept => kept.min(since()),
    }
}

/// How long lies in a copy's store what was taken away there, or put aside, up to a day on which a period begins.
pub(super) fn stays(context: &Context<'_>, copy: &Copy, day: Date) -> Seconds {
    let window = window(context, copy, day, day);
    aside(context, copy, (day, day), window).unwrap_or(window)
}

/// Whether a copy keeps what people change or delete where they work, and nobody says how much that is.
fn is_open(context: &Context<'_>, copy: &Copy) -> bool {
    let class = &context.plan.model.classes[copy.class];
    let keeps = match copy.kind {
        CopyKind::Files => true,
        // How much prunes write anew is known.
        CopyKind::Versions => false,
        _ => context.aside(copy).is_some(),
    };
    keeps && class.kind == ClassKind::Files && class.churn.is_none()
}

/// The same of a copy or what that is made of.
pub(super) fn keeps_unknown(context: &Context<'_>, id: CopyId) -> bool {
    let plan = context.plan;
    plan.way(id).any(|id| is_open(context, &plan.copies[id]))
}

/// What is deleted or overwritten in a copy, and how often.
#[derive(Clone, Copy)]
pub(super) struct Deleted {
    /// The greatest size of the data.
    pub size: Bytes,
    pub churn: BytesPerDay,
    /// Within which time.
    pub window: Seconds,
    /// What the copy's step reads was dumped by this one, each dump under a name of its own; and how many of these each run brings
    /// again that had been cleared.
    pub dumps: Option<(StepId, u64)>,
    /// The first of the period.
    pub in_force: Date,
}

/// The most that is kept of deleted files, dumps or objects.
pub(super) fn plain(context: &Context<'_>, copy: &Copy, deleted: Deleted) -> Bytes {
    let Deleted {
        size,
        churn,
        window,
        dumps,
        in_force,
    } = deleted;
    if window == Seconds::ZERO {
        return Bytes::ZERO;
    }
    let class = &context.plan.model.classes[copy.class];
    // A run deletes all that has changed in its source since the one before; and what brings that there may not have run
    // for as long.
    let since = window.saturating_add(gaps(context, copy));
    let emptied = || apart(context, copy, in_force).map_or(0, |apart| points(since, apart));
    match (class.kind, dumps) {
        // Each of them is deleted once, and once more each time that it comes again.
        (ClassKind::State, Some((dumps, again))) => {
            let again = match again {
                0 => 0,
                again => again.saturating_mul(emptied()),
            };
            size.saturating_mul(runs(context, dumps, since).saturating_add(again))
        }
        // Each run writes all of it anew.
        (ClassKind::State, None) if copy.kind != CopyKind::Live => {
            let runs = copy.made_by.map_or(1, |by| runs(context, by, window));
            size.saturating_mul(runs)
        }
        _ => churn
            .over(since)
            .saturating_add(size.saturating_mul(emptied())),
    }
}

/// How long all steps on the way to a copy may bring nothing, one after the other.
pub(super) fn gaps(context: &Context<'_>, copy: &Copy) -> Seconds {
    let plan = context.plan;
    let makes = plan.way_of(copy).filter_map(|copy| copy.made_by);
    let gaps = makes.filter_map(|by| plan.cadences[by].widest_missed);
    gaps.fold(Seconds::ZERO, Seconds::saturating_add)
}

/// How far apart the moments are at least at which all that is in a copy may be deleted; `None` where it never is. Where
/// the data lives nobody brings it anew.
fn apart(context: &Context<'_>, copy: &Copy, in_force: Date) -> Option<Seconds> {
    let plan = context.plan;
    let between = |step: StepId| plan.cadences[step].narrowest.unwrap_or_default();
    let Some(by) = copy.made_by else {
        let mut leaves = context.leaves(copy, in_force);
        return leaves.next().map(|_| FOR_EVER);
    };
    let leaves = context.leaves(copy, in_force);
    let own = leaves.filter_map(|leave| {
        let stays = match leave {
            Leave::AfterEntering { after, .. } => after.low(),
            Leave::With { .. } => return None,
            _ => Seconds::ZERO,
        };
        Some(stays.max(between(leave.by())))
    });
    // A rule that spares the newest version of a state clears the older ones.
    let there = |by: &StepId| plan.model.steps[*by].lifetime.contains(in_force);
    let older = copy.older_by.iter().copied().filter(there).map(between);
    let verb = &plan.model.steps[by].verb;
    let follows = match verb {
        Verb::Sync { .. } => true,
        Verb::Copy { latest_only, .. } => *latest_only,
        _ => false,
    };
    let source = copy.source.filter(|_| follows);
    let with = source.and_then(|id| apart(context, &plan.copies[id], in_force));
    let least = own.chain(older).chain(with).min()?;
    Some(least.max(between(by)))
}

/// For how long lies what a sync puts aside, up to a day, where the store keeps for a `window` what is deleted; `None` for a
/// copy of which nothing is put aside.
pub(super) fn aside(
    context: &Context<'_>,
    copy: &Copy,
    (in_force, day): (Date, Date),
    window: Seconds,
) -> Option<Seconds> {
    // Nothing is said of files of which nobody says how much of them changes.
    if is_open(context, copy) {
        return None;
    }
    let plan = context.plan;
    let beside = context.aside(copy)?;
    let cleared = plan.model.steps.iter().filter_map(|(id, step)| {
        let (
            Verb::Expire {
                after,
                noncurrent: false,
                ..
            },
            Source::Location(place, _),
        ) = (&step.verb, &step.source)
        else {
            return None;
        };
        let late = plan.cadences.clears_within(id, step)?;
        // A clean-up by the files' times in a bucket is as late as that of a lifecycle.
        let late = match &step.timing.schedule {
            None => late,
            Some(_) => late.saturating_add(LIFECYCLE_LATE),
        };
        let acts = step.lifetime.contains(in_force) && place.contains(beside);
        acts.then(|| after.high().saturating_add(late))
    });
    let kept = cleared.min().unwrap_or(FOR_EVER);
    Some(kept.saturating_add(window).min(since(context, copy, day)))
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
pub(super) fn times(window: Seconds, apart: Seconds) -> u64 {
    let seconds = |time: Seconds| u64::try_from(time.0).unwrap_or(0);
    seconds(window)
        .div_ceil(seconds(apart).max(1))
        .saturating_add(1)
}

/// How many moments that are so far apart at least fall in a window at most.
fn points(window: Seconds, apart: Seconds) -> u64 {
    let seconds = |time: Seconds| u64::try_from(time.0).unwrap_or(0);
    (seconds(window) / seconds(apart).max(1)).saturating_add(1)
}
