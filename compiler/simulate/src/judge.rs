//! What is left, and what is lost.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{ClassId, ClassKind, KeyId, Verb};
use thrice_plan::{CopyId, CopyKind, Plan};
use thrice_quantity::Seconds;

use crate::calendar::{instant, midnight};
use crate::content::{Piece, Quality, minus, union};
use crate::world::World;
use crate::{CopyState, Outcome};

/// What there was right before anything went wrong.
#[derive(Default)]
pub(crate) struct Before {
    /// For each class of files or items, when those were created that some copy had.
    created: BTreeMap<ClassId, Vec<(i64, i64)>>,
    /// The same of each place where the data lies, and not copies of it.
    data: BTreeMap<CopyId, Vec<(i64, i64)>>,
    /// The copies that something could be restored from.
    pub had: BTreeSet<CopyId>,
}

/// A state that could be restored: of which instant, from where.
type Restorable = (i64, CopyId);

/// What there is before anything goes wrong.
pub(crate) fn before(world: &mut World<'_>, now: i64) -> Before {
    let mut out: BTreeMap<ClassId, Vec<(i64, i64)>> = BTreeMap::new();
    for class in world.live.keys().copied().collect::<Vec<_>>() {
        world.grow(class, now);
    }
    let mut had = BTreeSet::new();
    let mut data = BTreeMap::new();
    for (copy, pieces) in readable(world, now).1 {
        if !pieces.is_empty() {
            had.insert(copy);
        }
        let created = pieces.iter().map(|piece| (piece.from, piece.to));
        let created: Vec<(i64, i64)> = created.collect();
        out.entry(world.plan.copies[copy].class)
            .or_default()
            .extend(&created);
        if is_data(world.plan, copy) {
            data.insert(copy, union(created));
        }
    }
    let created = out.into_iter();
    Before {
        data,
        created: created
            .map(|(class, ranges)| (class, union(ranges)))
            .collect(),
        had,
    }
}

/// Whether the data itself lies there: it lives there, or was moved there.
fn is_data(plan: &Plan, copy: CopyId) -> bool {
    let copy = &plan.copies[copy];
    let by = copy.made_by.map(|by| &plan.model.steps[by].verb);
    copy.kind == CopyKind::Live || matches!(by, Some(Verb::Move { .. }))
}

/// What of the holes counts as lost: what the class says must be kept, and what was lost where the data itself lay. What rules
/// have deleted there meanwhile, and what only copies had, is missed so long as it must be kept.
fn missed(
    world: &World<'_>,
    class: ClassId,
    before: &Before,
    (holes, now): (&[(i64, i64)], i64),
) -> Vec<(i64, i64)> {
    let Some((kept, _)) = world.plan.model.classes[class].asked().retain_at_least else {
        return holes.to_vec();
    };
    let is_hit = |copy: CopyId| match world.plan.copies[copy].kind {
        CopyKind::Live => world.live_lost.contains_key(&class),
        _ => !world.is_up(world.store_of(copy)) || world.fate.contains_key(&copy),
    };
    let mine = before.data.iter();
    let mine = mine.filter(|(copy, _)| world.plan.copies[**copy].class == class);
    let hit = mine.filter(|(copy, _)| is_hit(**copy));
    let hit = union(hit.flat_map(|(_, ranges)| ranges).copied().collect());
    let since = now.saturating_sub(kept.0);
    let young = holes.iter().map(|(from, to)| (*from.max(&since), *to));
    // What is in both.
    let taken = minus(holes, &minus(holes, &hit));
    union(young.chain(taken).collect())
}

/// The sound pieces in each copy that counts, whatever its key.
fn sound(world: &World<'_>, now: i64) -> BTreeMap<CopyId, Vec<Piece>> {
    let usable = world.held.iter().filter(|(id, _)| {
        let copy = &world.plan.copies[**id];
        counts(copy.kind, copy.counts) && world.is_up(copy.location.store)
    });
    usable
        .map(|(id, held)| {
            let sound = held
                .readable(now)
                .filter(|piece| piece.quality == Quality::Sound);
            (*id, sound.copied().collect())
        })
        .collect()
}

/// The keys that are left, and the sound pieces in each copy that counts and can be read.
fn readable(world: &World<'_>, now: i64) -> (BTreeSet<KeyId>, BTreeMap<CopyId, Vec<Piece>>) {
    let mut found = sound(world, now);
    let filled = found.iter().filter(|(_, pieces)| !pieces.is_empty());
    let keys = world.keys_left(now, &filled.map(|(id, _)| *id).collect());
    found.retain(|id, _| {
        let key = world.plan.copies[*id].key;
        key.is_none_or(|key| keys.contains(&key))
    });
    (keys, found)
}

const fn counts(kind: CopyKind, counts: bool) -> bool {
    counts && !matches!(kind, CopyKind::Transit | CopyKind::Seed)
}

/// What is left of all classes.
struct Left {
    /// Keys that can be used.
    keys: BTreeSet<KeyId>,
    /// The sound pieces in each copy that can be read.
    readable: BTreeMap<CopyId, Vec<Piece>>,
    /// For each class what can be restored.
    restorable: BTreeMap<ClassId, Vec<Restorable>>,
}

/// What came of each class.
pub(crate) fn outcomes(
    world: &mut World<'_>,
    asked: &[ClassId],
    before: &Before,
    now: i64,
) -> Vec<Outcome> {
    for class in world.live.keys().copied().collect::<Vec<_>>() {
        world.grow(class, now);
    }
    let (keys, readable) = readable(world, now);
    let left = Left {
        restorable: restorable(world, &readable),
        readable,
        keys,
    };
    asked
        .iter()
        .map(|class| outcome(world, *class, &left, before, now))
        .collect()
}

/// For each class the states that can be restored: those for which all it needs has a version that is
/// near enough. The greatest set of which that holds: classes may need each other.
fn restorable(
    world: &World<'_>,
    readable: &BTreeMap<CopyId, Vec<Piece>>,
) -> BTreeMap<ClassId, Vec<Restorable>> {
    let mut out: BTreeMap<ClassId, Vec<Restorable>> = BTreeMap::new();
    for (copy, pieces) in readable {
        let states = out.entry(world.plan.copies[*copy].class).or_default();
        states.extend(pieces.iter().map(|piece| (piece.to, *copy)));
    }
    for states in out.values_mut() {
        states.sort_unstable_by_key(|(at, copy)| (std::cmp::Reverse(*at), *copy));
        states.dedup();
    }
    loop {
        let mut changed = false;
        for (class, data) in world.plan.model.classes.iter() {
            for need in &data.needs {
                let others: Vec<i64> = out
                    .get(&need.class)
                    .into_iter()
                    .flatten()
                    .map(|(at, _)| *at)
                    .collect();
                let fits = |at: i64| {
                    others.iter().any(|other| {
                        need.within
                            .is_none_or(|within| other.abs_diff(at) <= within.0.unsigned_abs())
                    })
                };
                if let Some(states) = out.get_mut(&class) {
                    let count = states.len();
                    states.retain(|(at, _)| fits(*at));
                    changed |= states.len() != count;
                }
            }
        }
        if !changed {
            return out;
        }
    }
}

fn outcome(world: &World<'_>, class: ClassId, left: &Left, before: &Before, now: i64) -> Outcome {
    let Left {
        readable,
        restorable,
        ..
    } = left;
    let data = &world.plan.model.classes[class];
    let lost_at = world.live_lost.get(&class).copied();
    // No data is made after its end: what is not made is not lost.
    let end = data.lifetime.until.map_or(i64::MAX, midnight);
    let live_until = lost_at.unwrap_or(now).min(end);
    let live = lost_at.is_none()
        && world
            .live
            .get(&class)
            .is_some_and(|id| readable.get(id).is_some_and(|pieces| !pieces.is_empty()));
    let states = restorable.get(&class).map_or(&[][..], Vec::as_slice);
    let newest = states.first().map(|(at, copy)| (*copy, instant(*at)));
    let own = |piece: &(&CopyId, &Vec<Piece>)| world.plan.copies[*piece.0].class == class;
    let any = readable
        .iter()
        .filter(own)
        .any(|(_, pieces)| !pieces.is_empty());
    let lacks = (newest.is_none() && any)
        .then(|| lacking(world, class, restorable))
        .flatten();
    let mut holes = Vec::new();
    if data.kind != ClassKind::State {
        let mut all = before.created.get(&class).cloned().unwrap_or_default();
        // What was created later, until the data was lost, was there as well.
        if let Some(last) = all.last().map(|(_, to)| *to) {
            all.push((last, live_until));
        }
        let kept = readable
            .iter()
            .filter(|_| newest.is_some())
            .filter(own)
            .flat_map(|(_, pieces)| pieces.iter().map(|piece| (piece.from, piece.to)))
            .collect();
        holes = minus(&union(all), &union(kept));
    }
    let loss = newest.map(|(_, at)| Seconds(live_until.saturating_sub(at.as_second()).max(0)));
    let since = newest.map(|(_, at)| (at.as_second(), live_until));
    // What is lost since the newest is mostly a hole as well, and counts once.
    let counted = missed(world, class, before, (&holes, now));
    let gone = union(counted.into_iter().chain(since).collect());
    let ranges = |ranges: Vec<(i64, i64)>| -> Vec<(Timestamp, Timestamp)> {
        let ranges = ranges.into_iter();
        ranges
            .map(|(from, to)| (instant(from), instant(to)))
            .collect()
    };
    let copies = world
        .held
        .keys()
        .filter(|id| world.plan.copies[**id].class == class);
    Outcome {
        class,
        live,
        live_until: instant(live_until),
        newest,
        loss,
        holes: ranges(holes),
        gone: ranges(gone),
        lacks,
        copies: copies.map(|id| copy_state(world, *id, left, now)).collect(),
    }
}

/// The first of the needed classes of which nothing is left that fits.
fn lacking(
    world: &World<'_>,
    class: ClassId,
    restorable: &BTreeMap<ClassId, Vec<Restorable>>,
) -> Option<ClassId> {
    let needs = &world.plan.model.classes[class].needs;
    let nothing = needs
        .iter()
        .find(|need| restorable.get(&need.class).is_none_or(Vec::is_empty));
    nothing.or_else(|| needs.first()).map(|need| need.class)
}

fn copy_state(world: &World<'_>, id: CopyId, left: &Left, now: i64) -> CopyState {
    let newest: Option<Timestamp> = left
        .readable
        .get(&id)
        .and_then(|pieces| pieces.iter().map(|piece| piece.to).max())
        .map(instant);
    let readable = left.readable.get(&id).into_iter().flatten();
    let taken =
        readable.filter_map(|piece| piece.taken.or_else(|| piece.is_state().then_some(piece.to)));
    let versions: BTreeSet<i64> = taken.collect();
    CopyState {
        copy: id,
        newest,
        versions: versions.into_iter().map(instant).collect(),
        why_not: newest
            .is_none()
            .then(|| why_not(world, id, &left.keys, now)),
    }
}

fn why_not(world: &World<'_>, id: CopyId, keys: &BTreeSet<KeyId>, now: i64) -> String {
    let copy = &world.plan.copies[id];
    let held = world.held.get(&id);
    let qualities: Vec<Quality> = held.map_or_else(Vec::new, |held| {
        held.readable(now).map(|p| p.quality).collect()
    });
    if world.is_lost(copy.location.store) && !world.ended.contains_key(&copy.location.store) {
        return "gone with its store".to_owned();
    }
    if qualities.is_empty() {
        let fate = world.fate.get(&id).cloned();
        return fate.unwrap_or_else(|| "nothing was brought there yet".to_owned());
    }
    match copy.kind {
        CopyKind::Transit => return "in transit, never counts".to_owned(),
        CopyKind::Seed => return "a seed, never counts".to_owned(),
        _ if !copy.counts && world.plan.is_part(copy) => {
            return "but a part of it, never counts".to_owned();
        }
        _ if !copy.counts => return "never counts".to_owned(),
        _ => {}
    }
    if let Some(key) = copy.key.filter(|key| !keys.contains(key)) {
        let name = &world.plan.model.keys[key].named.name;
        return format!("unreadable: every holder of key `{name}` is gone");
    }
    if qualities.iter().any(|quality| quality.is_bad()) {
        return world
            .fate
            .get(&id)
            .cloned()
            .unwrap_or_else(|| "damaged, with no version from before".to_owned());
    }
    "torn: read while it was written".to_owned()
}
