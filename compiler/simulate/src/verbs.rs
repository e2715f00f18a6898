//! What a run of a step reads and leaves.

use std::collections::BTreeSet;

use thrice_model::{AgeClock, ClassKind, Location, Source, Step, StepId, Verb};
use thrice_plan::{CopyId, CopyKind, LIFECYCLE_LATE};

use crate::Sort;
use crate::calendar::midnight;
use crate::content::{Form, Piece, Quality, form, minus, same, union};
use crate::dumps::{is_dated, refuses_next};
use crate::words::names;
use crate::world::{World, aside, deletes_in};

/// What a run found for one copy that it makes.
pub(crate) struct Taken {
    /// When the run started.
    pub start: i64,
    pub copy: CopyId,
    pub source: CopyId,
    pub pieces: Vec<Piece>,
}

/// Reads what a step would take from a copy's source.
///
/// # Errors
/// Why it cannot be read or written, in words.
pub(crate) fn take(
    world: &mut World<'_>,
    step: &Step,
    copy: CopyId,
    now: i64,
) -> Result<Option<Taken>, String> {
    let what = &world.plan.copies[copy];
    let Some(source) = what.source else {
        return Ok(None);
    };
    // Of a place that is but a part of where the data lies it cannot be said what is in it: what is played is the
    // rest, which is never moved.
    if matches!(step.verb, Verb::Move { .. }) && world.plan.is_part(what) {
        return Ok(None);
    }
    for (id, end) in [(source, "source"), (copy, "destination")] {
        if !world.is_up(world.store_of(id)) {
            return Err(format!("its {end} `{}` is gone", world.store_name(id)));
        }
    }
    if let Some(key) = what.key.filter(|key| world.lost_keys.contains(key)) {
        return Err(format!(
            "key `{}` is lost",
            world.plan.model.keys[key].named.name
        ));
    }
    if world.plan.copies[source].kind == CopyKind::Live {
        world.grow(what.class, now);
    }
    let held = world.held.get_mut(&source);
    let newest = step.mirror().is_some();
    let pieces = held.map_or_else(Vec::new, |held| {
        if newest {
            // What its backup has just made, and no older version.
            let made = held.pieces.iter().filter_map(|piece| piece.taken).max();
            let new = held.pieces.iter().filter(|piece| piece.taken == made);
            return new.copied().collect();
        }
        let older_than = match &step.verb {
            Verb::Move { older_than } => older_than.as_ref(),
            _ => None,
        };
        match older_than {
            None => held.pieces.clone(),
            Some((age, clock, _)) => {
                let limit = now.saturating_sub(age.0);
                match clock {
                    AgeClock::Mtime | AgeClock::Use => {
                        held.cut(limit);
                        let old = held.pieces.iter().filter(|piece| piece.to <= limit);
                        old.copied().collect()
                    }
                    AgeClock::Upload | AgeClock::Snapshot => {
                        let old = held.pieces.iter().filter(|piece| piece.entered <= limit);
                        old.copied().collect()
                    }
                }
            }
        }
    });
    let mut pieces = as_read(world, step, (source, pieces), now);
    if matches!(
        step.verb,
        Verb::Copy {
            latest_only: true,
            ..
        } | Verb::Seed { .. }
    ) {
        // Of dumps that lie side by side.
        let newest = pieces.iter().filter(|piece| piece.is_state());
        let newest = newest.map(|piece| piece.to).max();
        pieces.retain(|piece| !piece.is_state() || Some(piece.to) == newest);
    }
    if bears_name_there(world, copy, &pieces) {
        return Err(format!(
            "what it brings has the name of something else on `{}`",
            world.store_name(copy)
        ));
    }
    // A sync of an empty source empties its destination; a move may find nothing old enough.
    let may_be_empty = matches!(step.verb, Verb::Sync { .. } | Verb::Move { .. });
    if pieces.is_empty() && !may_be_empty {
        return Err(format!(
            "there is nothing to read on `{}`",
            world.store_name(source)
        ));
    }
    Ok(Some(Taken {
        start: now,
        copy,
        source,
        pieces,
    }))
}

/// Whether a dump that is to be brought bears the name of another one that was brought before.
fn bears_name_there(world: &World<'_>, copy: CopyId, pieces: &[Piece]) -> bool {
    let there = world.held.get(&copy);
    let mut there = there.into_iter().flat_map(|held| &held.pieces);
    let new = pieces.iter().max_by_key(|piece| piece.to);
    refuses_next(world.plan, &world.plan.copies[copy])
        && there.any(|old| new.is_some_and(|new| !same(old, new)))
}

/// What a run makes of what it finds. What it reads anew is damaged where the source was changed by hand, also if
/// but a part of it was deleted: that fails no run. A move brings nothing over what it has brought, since rclone is told
/// `--immutable`: what was moved before stays.
fn as_read(
    world: &World<'_>,
    step: &Step,
    (source, mut pieces): (CopyId, Vec<Piece>),
    now: i64,
) -> Vec<Piece> {
    let what = &world.plan.copies[source];
    let class = &world.plan.model.classes[what.class];
    match step.verb {
        Verb::Move { .. } => pieces.retain(|piece| piece.quality != Quality::Overwritten),
        Verb::Capture(_) | Verb::Backup { .. } if what.kind != CopyKind::Versions => {
            for piece in &mut pieces {
                piece.quality = match piece.quality {
                    Quality::Overwritten => Quality::Damaged,
                    as_it_is => as_it_is,
                };
            }
            if pieces.is_empty() && world.by_hand.contains(&source) {
                let rest = Piece::state(now, Quality::Damaged);
                let from = world.from.max(midnight(class.lifetime.from));
                pieces.push(match class.kind {
                    ClassKind::State => rest,
                    _ => Piece { from, ..rest },
                });
            }
        }
        _ => {}
    }
    pieces
}

/// Leaves what a run took: it started at `start`, and is done now.
pub(crate) fn leave(world: &mut World<'_>, id: StepId, taken: Taken, start: i64, now: i64) {
    let plan = world.plan;
    let step = &plan.model.steps[id];
    let Taken {
        copy,
        source,
        mut pieces,
        ..
    } = taken;
    let is_state = plan.model.classes[plan.copies[copy].class].kind == ClassKind::State;
    for piece in &mut pieces {
        piece.entered = now;
    }
    if matches!(step.verb, Verb::Sync { .. } | Verb::Copy { .. }) {
        leave_good_versions(world, copy, &mut pieces);
    }
    leave_good_items(
        world,
        copy,
        &mut pieces,
        matches!(step.verb, Verb::Capture(_)),
    );
    let harmful = pieces.iter().any(|piece| piece.quality.is_bad());
    match &step.verb {
        Verb::Capture(parts) => {
            let replaced = is_state && parts.keeps.is_none();
            if replaced {
                replace(world, copy, &pieces, now);
            } else {
                world.add(copy, pieces, now);
            }
            if let Some((keeps, _)) = &parts.keeps {
                let keeps = if world.late {
                    keeps.high()
                } else {
                    keeps.low()
                };
                tidy(world, copy, now.saturating_sub(keeps.0), now, is_state);
            }
        }
        Verb::Backup { keep, mirror, .. } => {
            for piece in pieces.iter_mut().filter(|_| mirror.is_none()) {
                piece.taken = Some(start);
            }
            if world.rotten.contains(&world.store_of(copy)) {
                for piece in &mut pieces {
                    piece.quality = Quality::Damaged;
                }
            }
            world.add(copy, merged(pieces), now);
            if let Some((rules, _)) = keep {
                thin(world, id, copy, rules, now);
            }
        }
        Verb::Copy {
            latest_only,
            immutable,
            ..
        } => {
            let is_foreign = |piece: &Piece| piece.quality == Quality::Overwritten;
            if *immutable {
                pieces.retain(|piece| piece.quality == Quality::Sound);
            }
            if *immutable && pieces.is_empty() {
                // All that differs is refused.
            } else if *latest_only || (is_state && !is_dated(plan, source)) {
                replace(world, copy, &pieces, now);
            } else {
                if pieces.iter().any(is_foreign) {
                    // Also what is not at the source any more: its name is.
                    world.remove(copy, now, false, |_| true);
                }
                world.add(copy, pieces, now);
            }
        }
        Verb::Sync { .. } => {
            mirror(world, id, copy, &pieces, now);
            if pieces.is_empty() && world.by_hand.contains(&source) {
                world.by_hand.insert(copy);
            }
        }
        Verb::Move { .. } => {
            world.add(copy, pieces.clone(), now);
            remove_from(world, source, &pieces, now);
        }
        Verb::Seed { .. } => replace(world, copy, &pieces, now),
        Verb::Expire { .. } | Verb::Prune | Verb::Check(_) | Verb::Drill => {}
    }
    if harmful && plan.copies[copy].kind != CopyKind::Live && !world.fate.contains_key(&copy) {
        let line = format!(
            "`{}` carries the damage to `{}`",
            step.named.name,
            world.store_name(copy)
        );
        world.log(now, Sort::Loss, line);
        world.fate.insert(
            copy,
            format!("`{}` carried the damage here", step.named.name),
        );
    }
}

/// Deletes by age in a place.
pub(crate) fn expire(world: &mut World<'_>, id: StepId, now: i64) {
    let plan = world.plan;
    let step = &plan.model.steps[id];
    let (
        Verb::Expire {
            after,
            clock,
            noncurrent,
            ..
        },
        Source::Location(place, _),
    ) = (&step.verb, &step.source)
    else {
        return;
    };
    let after = match (world.late, clock) {
        (false, _) => after.low().0,
        (true, AgeClock::Upload) => after.high().0.saturating_add(LIFECYCLE_LATE.0),
        (true, _) => after.high().0,
    };
    let limit = now.saturating_sub(after);
    if !world.is_up(place.store) {
        return;
    }
    if !*noncurrent {
        clear_aside(world, place, (*clock, limit));
    }
    for copy in world.under(id) {
        let what = &plan.copies[copy];
        if what.kind == CopyKind::Live {
            world.grow(what.class, now);
        }
        if *noncurrent {
            world.clear_past(copy, limit, now);
            continue;
        }
        if world.is_empty(copy) {
            continue;
        }
        match clock {
            // Where the data lives, it came when it was made.
            AgeClock::Upload | AgeClock::Snapshot if what.kind != CopyKind::Live => {
                world.remove(copy, now, false, |piece| piece.entered <= limit);
            }
            _ if plan.model.classes[what.class].kind == ClassKind::State
                && what.kind == CopyKind::Live => {}
            _ => {
                world.remove_older(copy, limit, now);
            }
        }
        if world.is_empty(copy) && what.kind != CopyKind::Live {
            emptied(world, id, copy, now, "deletes the last of");
        }
    }
}

/// Deletes what syncs have put aside in a place. Files keep their times when they are put there.
fn clear_aside(world: &mut World<'_>, place: &Location, (clock, limit): (AgeClock, i64)) {
    let plan = world.plan;
    for (copy, held) in &mut world.held {
        if aside(plan, *copy).is_some_and(|aside| aside.meets(place)) {
            held.past.retain(|past| {
                let since = match clock {
                    AgeClock::Mtime | AgeClock::Use => past.piece.to,
                    AgeClock::Upload | AgeClock::Snapshot => past.removed,
                };
                !past.aside || since > limit
            });
        }
    }
}

fn emptied(world: &mut World<'_>, id: StepId, copy: CopyId, now: i64, does: &str) {
    let step = &world.plan.model.steps[id].named.name;
    let class = &world.plan.model.classes[world.plan.copies[copy].class]
        .named
        .name;
    let line = format!("`{step}` {does} `{class}` on `{}`", world.store_name(copy));
    world.log(now, Sort::Loss, line);
    world.fate.insert(copy, format!("deleted by `{step}`"));
    world.emptied.insert(copy);
}

/// Puts the new in place of all that was there.
fn replace(world: &mut World<'_>, copy: CopyId, pieces: &[Piece], now: i64) {
    let new: BTreeSet<Form> = pieces.iter().map(form).collect();
    world.remove(copy, now, false, |old| !new.contains(&form(old)));
    world.add(copy, pieces.iter().copied(), now);
}

/// The files of a version that has arrived are never brought anew: they have names of their own, and only names and
/// sizes are compared. So one that has decayed in the source since stays good.
fn leave_good_versions(world: &World<'_>, copy: CopyId, pieces: &mut [Piece]) {
    let there = world.held.get(&copy);
    let there = there.map_or(&[][..], |held| &held.pieces);
    let decayed = |piece: &&mut Piece| piece.taken.is_some() && piece.quality == Quality::Damaged;
    for piece in pieces.iter_mut().filter(decayed) {
        let sound = Piece {
            quality: Quality::Sound,
            ..*piece
        };
        if there.iter().any(|other| same(other, &sound)) {
            *piece = sound;
        }
    }
}

/// Items and dumps are written once, and what decays keeps its size and time: what has arrived before is not brought anew.
/// Nor are items read anew by restic, which trusts its last snapshot. A capture reads it all.
fn leave_good_items(world: &World<'_>, copy: CopyId, pieces: &mut Vec<Piece>, anew: bool) {
    if !pieces.iter().any(|piece| piece.quality == Quality::Rotten) {
        return;
    }
    let there = world.held.get(&copy);
    let there = there.map_or(&[][..], |held| &held.pieces);
    let last = there.iter().map(|piece| piece.taken).max().flatten();
    let sound = there
        .iter()
        .filter(|piece| !anew && piece.quality == Quality::Sound && piece.taken == last);
    let sound = union(sound.map(|piece| (piece.from, piece.to)).collect());
    let part = |piece: &Piece, (from, to): (i64, i64), quality| Piece {
        from: from.max(piece.from),
        to: to.min(piece.to),
        ..piece.now(quality)
    };
    *pieces = std::mem::take(pieces)
        .into_iter()
        .flat_map(|piece| {
            if piece.quality != Quality::Rotten {
                return vec![piece];
            }
            if piece.is_state() {
                let sound = piece.now(Quality::Sound);
                let arrived = !anew && there.iter().any(|other| same(other, &sound));
                return vec![if arrived {
                    sound
                } else {
                    piece.now(Quality::Damaged)
                }];
            }
            let arrived = sound
                .iter()
                .filter(|(from, to)| *from < piece.to && piece.from < *to);
            let arrived = arrived.map(|range| part(&piece, *range, Quality::Sound));
            let rest = minus(&[(piece.from, piece.to)], &sound).into_iter();
            let rest = rest.map(|range| part(&piece, range, Quality::Damaged));
            arrived.chain(rest).collect()
        })
        .collect();
}

/// Makes a copy equal to what was read, and deletes whatever else lies under the destination.
fn mirror(world: &mut World<'_>, id: StepId, copy: CopyId, pieces: &[Piece], now: i64) {
    let there = world.held.get(&copy);
    let there = there.map_or(&[][..], |held| held.pieces.as_slice());
    let had = !there.is_empty();
    // Of a source in which nothing has gone only what is new in it is to be brought: of tens of thousands of versions.
    let begins_so = pieces.split_at_checked(there.len());
    let begins_so = begins_so.filter(|(before, _)| {
        let mut each = there.iter().zip(*before);
        had && aside(world.plan, copy).is_none()
            && before.iter().all(|piece| piece.taken.is_some())
            && each.all(|(old, new)| same(old, new))
    });
    if let Some((_, new)) = begins_so {
        return world.add(copy, new.iter().copied(), now);
    }
    // Whole states and whole versions; of what lies side by side, other pieces than before may hold the same.
    let whole =
        pieces.iter().all(Piece::is_state) || pieces.iter().any(|piece| piece.taken.is_some());
    let ranges = union(pieces.iter().map(|piece| (piece.from, piece.to)).collect());
    if !whole && let Some(held) = world.held.get_mut(&copy) {
        held.cut_each(&ends(&ranges));
    }
    let new: BTreeSet<Form> = pieces.iter().filter(|_| whole).map(form).collect();
    let is_there = |old: &Piece| {
        let mut ranges = ranges.iter();
        match whole {
            true => new.contains(&form(old)),
            false => ranges.any(|(from, to)| *from <= old.from && old.to <= *to),
        }
    };
    if aside(world.plan, copy).is_some() {
        let spoiled = |old: &Piece| {
            let mut new = pieces.iter();
            new.any(|new| new.quality > old.quality && new.from < old.to && old.from < new.to)
        };
        world.put_aside(copy, now, |old| !is_there(old) || spoiled(old));
    } else {
        world.remove(copy, now, false, |old| !is_there(old));
    }
    world.add(copy, pieces.iter().copied(), now);
    let left = world
        .held
        .get(&copy)
        .is_some_and(|held| !held.pieces.is_empty());
    if had && !left {
        emptied(
            world,
            id,
            copy,
            now,
            "finds nothing in its source, and deletes all that there is of",
        );
    }
}

/// What other steps wrote under the destination of a sync goes, unless the source has the like, and what they put aside there.
pub(crate) fn sweep(world: &mut World<'_>, id: StepId, mine: &BTreeSet<CopyId>, now: i64) {
    let plan = world.plan;
    let step = &plan.model.steps[id];
    let Some(place) = deletes_in(step) else {
        return;
    };
    if !world.is_up(place.store) {
        return;
    }
    let copies = &plan.copies;
    for (copy, held) in &mut world.held {
        let is_mine = copies[*copy].made_by == Some(id);
        if !is_mine && aside(plan, *copy).is_some_and(|aside| place.contains(aside)) {
            held.past.retain(|past| !past.aside);
        }
    }
    let written: BTreeSet<&Location> = mine
        .iter()
        .map(|copy| &plan.copies[*copy].location)
        .collect();
    for copy in world.under(id) {
        let what = &plan.copies[copy];
        let foreign = what.made_by != Some(id) && !written.contains(&what.location);
        if foreign {
            let why = format!(
                " by `{}`, which deletes all that is not in its source",
                step.named.name
            );
            world.destroy(copy, now, false, &why);
        }
    }
}

/// The ends of ranges that are ascending and apart, in order.
fn ends(ranges: &[(i64, i64)]) -> Vec<i64> {
    let ends = ranges.iter().flat_map(|(from, to)| [*from, *to]);
    ends.collect()
}

fn remove_from(world: &mut World<'_>, source: CopyId, pieces: &[Piece], now: i64) {
    let ranges = union(pieces.iter().map(|piece| (piece.from, piece.to)).collect());
    if let Some(held) = world.held.get_mut(&source) {
        held.cut_each(&ends(&ranges));
    }
    let gone = |old: &Piece| {
        let whole = pieces
            .iter()
            .any(|new| (old.from, old.to, old.taken) == (new.from, new.to, new.taken));
        whole
            || (!old.is_state()
                && ranges
                    .iter()
                    .any(|(from, to)| *from <= old.from && old.to <= *to))
    };
    world.remove(source, now, false, gone);
}

/// A capture's own clean-up: what came before an instant goes, but never the newest version of a state.
fn tidy(world: &mut World<'_>, copy: CopyId, limit: i64, now: i64, is_state: bool) {
    let newest = world
        .held
        .get(&copy)
        .and_then(|held| held.pieces.iter().map(|piece| piece.to).max());
    world.remove(copy, now, false, |piece| {
        piece.entered <= limit && !(is_state && Some(piece.to) == newest)
    });
}

/// `restic forget` after a backup, on the snapshots of this class.
fn thin(
    world: &mut World<'_>,
    id: StepId,
    copy: CopyId,
    rules: &thrice_retention::KeepRules,
    now: i64,
) {
    let held = world.held.get(&copy);
    let pieces = held.map_or(&[][..], |held| &held.pieces);
    let mut taken: Vec<i64> = Vec::with_capacity(pieces.len());
    for at in pieces.iter().filter_map(|piece| piece.taken) {
        // The pieces of a version lie beside each other, mostly.
        if taken.last() != Some(&at) {
            taken.push(at);
        }
    }
    if !taken.is_sorted_by(|earlier, later| earlier < later) {
        taken.sort_unstable();
        taken.dedup();
    }
    let plan = world.plan;
    let gone = world.forgetting.goes(plan, (id, copy), rules, &taken, now);
    if gone.is_empty() {
        return;
    }
    // Few go at once, of versions that may have thousands of pieces.
    world.remove(copy, now, false, |piece| {
        let taken = piece.taken.as_ref();
        taken.is_some_and(|at| gone.binary_search(at).is_ok())
    });
}

/// The pieces of one tree, neighbours joined.
fn merged(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_unstable();
    pieces.dedup_by(|next, before| {
        let joins = !next.is_state() && before.to == next.from && before.quality == next.quality;
        if joins {
            before.to = next.to;
        }
        joins
    });
    pieces
}

/// The stores of some copies, named.
pub(crate) fn stores(world: &World<'_>, copies: impl IntoIterator<Item = CopyId>) -> String {
    let found: BTreeSet<&str> = copies
        .into_iter()
        .map(|copy| world.store_name(copy))
        .collect();
    names(found)
}
