//! What is left, and what is lost.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{ClassId, ClassKind, KeyId};
use thrice_plan::{CopyId, CopyKind};
use thrice_quantity::Seconds;

use crate::calendar::instant;
use crate::content::{Piece, Quality, minus, union};
use crate::world::World;
use crate::{CopyState, Outcome};

/// What there was right before anything went wrong.
#[derive(Default)]
pub(crate) struct Before {
    /// For each class of files or items, when those were created that some copy had.
    created: BTreeMap<ClassId, Vec<(i64, i64)>>,
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
    for (copy, pieces) in readable(world, now).1 {
        if !pieces.is_empty() {
            had.insert(copy);
        }
        let ranges = out.entry(world.plan.copies[copy].class).or_default();
        ranges.extend(pieces.iter().map(|piece| (piece.from, piece.to)));
    }
    let created = out.into_iter();
    Before {
        created: created
            .map(|(class, ranges)| (class, union(ranges)))
            .collect(),
        had,
    }
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
    let live_until = lost_at.unwrap_or(now);
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
        holes: holes
            .into_iter()
            .map(|(from, to)| (instant(from), instant(to)))
            .collect(),
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
    if !world.is_up(copy.location.store) {
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
