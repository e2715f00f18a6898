//! What pieces of data take, and what a store keeps of those that were deleted.

use std::collections::BTreeMap;

use thrice_model::{ClassKind, RepositoryId, Source, Step, StepTarget, Verb};
use thrice_plan::{Copy, CopyId, CopyKind, LIFECYCLE_LATE, Leave, Plan};

use crate::calendar::{day, midnight};
use crate::content::{Piece, union};
use crate::volume::Volume;
use crate::world::World;

/// What a piece of data takes.
pub(crate) fn piece(volume: &Volume, piece: &Piece) -> u128 {
    match piece.is_state() {
        true => volume.size(piece.to),
        false => volume.created(piece.from, piece.to),
    }
}

/// What pieces of data take together. There may be tens of thousands of them, each from where the one before ends.
pub(crate) fn pieces<'w>(volume: &Volume, all: impl Iterator<Item = &'w Piece>) -> u128 {
    let mut sum = 0;
    let mut open: Option<Piece> = None;
    for next in all {
        match open.as_mut() {
            Some(last)
                if !last.is_state()
                    && !next.is_state()
                    && last.to == next.from
                    && volume.goes_on_at(next.from) =>
            {
                last.to = next.to;
            }
            _ => sum += open.replace(*next).map_or(0, |last| piece(volume, &last)),
        }
    }
    sum + open.map_or(0, |last| piece(volume, &last))
}

/// The numbers of the bytes that versions hold, which share what they can: ascending and apart. What they read may keep
/// what was deleted at home: `kept` says since when, by when they were taken.
pub(crate) fn content(
    volume: &Volume,
    pieces: impl Iterator<Item = Piece>,
    kept: impl Fn(i64) -> Option<i64>,
) -> Vec<(u128, u128)> {
    if volume.kind() == ClassKind::Items && !volume.has_churn() {
        return union(
            pieces
                .map(|piece| volume.created_bytes(piece.from, piece.to))
                .collect(),
        );
    }
    // Of files a version has those of its own time; of dumps that lie side by side it has each of them.
    let mut newest: BTreeMap<(Option<i64>, Option<i64>), i64> = BTreeMap::new();
    for piece in pieces {
        let dump = piece.is_state().then_some(piece.to);
        let at = newest.entry((piece.taken, dump)).or_insert(piece.to);
        *at = piece.to.max(*at);
    }
    let bytes = newest.iter().map(|((taken, _), at)| {
        let (from, to) = volume.bytes(*at);
        let since = taken.and_then(&kept);
        (
            since.map_or(from, |since| volume.overwritten(since).min(from)),
            to,
        )
    });
    union(bytes.collect())
}

/// When runs were done that brought a copy, and up to when the data of each reaches.
pub(crate) type Reads = BTreeMap<CopyId, Vec<(i64, i64)>>;

/// Since when all that was overwritten or deleted at home lay in a copy at an instant, because it or what it is made of adds what is new
/// and deletes nothing, or not before somebody clears it; `None` where nothing lies there for that.
pub(crate) fn added_since(
    world: &World<'_>,
    reads: &Reads,
    (id, volume): (CopyId, &Volume),
    at: i64,
) -> Option<i64> {
    if !volume.has_churn() || volume.kind() == ClassKind::State {
        return None;
    }
    let copy = &world.plan.copies[id];
    let runs = reads.get(&id)?;
    let done = runs.partition_point(|(done, _)| *done <= at);
    let runs = runs.get(..done)?;
    let (last, _) = runs.last()?;
    let own = || {
        // What somebody clears was brought by a run, and changed in its source after that had read it.
        let from = cleared_from(world, copy, at);
        let first = runs.partition_point(|(done, _)| *done < from);
        runs.get(first).map(|(_, read)| *read)
    };
    let own = if adds(world.plan, copy) { own() } else { None };
    let before = added_since(world, reads, (copy.source?, volume), *last);
    own.into_iter().chain(before).min()
}

/// Whether a step brings what is new there and deletes nothing.
fn adds(plan: &Plan, copy: &Copy) -> bool {
    let verb = copy.made_by.map(|step| &plan.model.steps[step].verb);
    let verb = verb.filter(|_| copy.kind == CopyKind::Files);
    matches!(
        verb,
        Some(Verb::Copy {
            latest_only: false,
            ..
        })
    )
}

/// What users deleted or overwrote and is still there: in a copy that keeps what was deleted, and in what the
/// store keeps by itself.
pub(crate) fn overwritten(
    world: &World<'_>,
    reads: &Reads,
    (id, volume): (CopyId, &Volume),
    now: i64,
) -> u128 {
    let Some(held) = world.held.get(&id) else {
        return 0;
    };
    let copy = &world.plan.copies[id];
    let live = copy.kind == CopyKind::Live;
    // What is written anew as a whole has pieces of its own.
    if volume.kind() == ClassKind::State && !live {
        return 0;
    }
    let read = match live {
        true => Some(now),
        false => held.pieces.iter().map(|piece| piece.to).max(),
    };
    let begun = match live {
        true => Some(midnight(copy.lifetime.from).max(world.from)),
        false => held.first,
    };
    let (Some(read), Some(begun)) = (read, begun) else {
        return 0;
    };
    let kept_from = kept_from(world, copy, now);
    let runs = reads.get(&id).map_or(&[][..], Vec::as_slice);
    let from = if live {
        Some(kept_from.max(begun))
    } else if adds(world.plan, copy) && volume.has_churn() {
        None
    } else {
        // Each run deletes all that has changed in its source since the one before.
        // Nothing is said of files of which nobody says how much of them changes.
        let is_open = volume.kind() == ClassKind::Files && !volume.has_churn();
        let aside = aside_from(world, copy, now).filter(|_| !is_open);
        let from = aside.map_or(kept_from, |from| from.min(kept_from));
        let before = runs
            .partition_point(|(done, _)| *done < from)
            .checked_sub(1);
        let before = before.and_then(|last| runs.get(last));
        let before = before.map_or(begun, |(_, read)| *read);
        (from < now).then_some(before.max(begun))
    };
    // What is cleared lies there as long as the store keeps it.
    let kept = now.saturating_sub(kept_from);
    let added =
        added_since(world, reads, (id, volume), now).map(|since| since.saturating_sub(kept));
    match from.into_iter().chain(added).min() {
        Some(from) => {
            let before = volume.overwritten(from.min(read));
            volume.overwritten(read).saturating_sub(before)
        }
        None => 0,
    }
}

/// From when on what is deleted in a copy's store is still there.
pub(crate) fn kept_from(world: &World<'_>, copy: &Copy, now: i64) -> i64 {
    let plan = world.plan;
    let store = &plan.model.stores[copy.location.store];
    let mut from = now;
    if store.keeps_versions() {
        let rules = plan
            .model
            .steps
            .iter()
            .filter(|(_, step)| acts(step, now))
            .filter_map(|(_, step)| noncurrent(step, copy));
        from = rules
            .min()
            .map_or(i64::MIN, |after| now - after - LIFECYCLE_LATE.0);
    }
    if let Some(lock) = store.lock {
        from = from.min(now.saturating_sub(lock.days.saturating_mul(86_400)));
    }
    from.min(
        world
            .oldest_snapshot(copy.location.store, now)
            .unwrap_or(now),
    )
}

/// Whether what deletes by age does so by now: one that has just begun has not looked yet.
fn acts(step: &Step, now: i64) -> bool {
    step.lifetime.contains(day(now)) && step.lifetime.from <= day(now - LIFECYCLE_LATE.0)
}

/// From when on what came to a copy has not been cleared by age.
fn cleared_from(world: &World<'_>, copy: &Copy, now: i64) -> i64 {
    let steps = &world.plan.model.steps;
    let leaves = copy.leaves.iter();
    let leaves = leaves
        .filter(|leave| acts(&steps[leave.by()], now) && world.plan.clears_all(leave.by(), copy));
    let ages = leaves.filter_map(|leave| match leave {
        Leave::AfterEntering { after, .. } | Leave::AtAge { age: after, .. } => {
            Some(after.high().0)
        }
        _ => None,
    });
    ages.min().map_or(i64::MIN, |after| now - after)
}

/// From when on what a sync puts aside is still there; `None` for a copy of which nothing is put aside.
pub(crate) fn aside_from(world: &World<'_>, copy: &Copy, now: i64) -> Option<i64> {
    let steps = &world.plan.model.steps;
    let beside = steps[copy.made_by?].puts_aside()?;
    let there = steps.iter().filter(|(_, step)| acts(step, now));
    // Nobody need ever ask for it.
    let there = there.filter(|(_, step)| !(world.late && step.clears_when_asked()));
    let cleared = there.filter_map(|(_, step)| match (&step.verb, &step.source) {
        (
            Verb::Expire {
                after,
                noncurrent: false,
                ..
            },
            Source::Location(place, _),
        ) if place.contains(beside) => Some(after.high().0),
        _ => None,
    });
    Some(cleared.min().map_or(i64::MIN, |after| now - after))
}

/// How long a lifecycle rule leaves what is deleted where a copy lies.
fn noncurrent(step: &Step, copy: &Copy) -> Option<i64> {
    let (
        Verb::Expire {
            noncurrent: true,
            after,
            ..
        },
        Source::Location(place, _),
    ) = (&step.verb, &step.source)
    else {
        return None;
    };
    place.contains(&copy.location).then_some(after.high().0)
}

/// The repository that a step prunes.
pub(crate) const fn pruned(step: &Step) -> Option<RepositoryId> {
    match (&step.verb, &step.target, &step.source) {
        (Verb::Backup { prune: true, .. }, StepTarget::Repository(id, _), _)
        | (Verb::Prune, _, Source::Repository(id, _)) => Some(*id),
        _ => None,
    }
}
