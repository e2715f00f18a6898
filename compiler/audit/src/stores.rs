//! Stores: room, and what the policy says of buckets.

use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{HostId, Obligation, Store, StoreId, StoreKind};
use thrice_plan::{Plan, Room};
use thrice_quantity::Bytes;
use thrice_report::audit::{Measure, Unit};
use thrice_target::layout;

use crate::finding::{ASSUMED, BUCKET, Judge, ROOM, moment, whole};
use crate::measured::{About, Difference};
use crate::voids::{Reach, room};

const USED: Measure = Measure::new(
    "store_used",
    Unit::Bytes,
    "store",
    "What is used of the store.",
);
const SIZE: Measure = Measure::new(
    "store_size",
    Unit::Bytes,
    "store",
    "What the store can hold.",
);
const OBJECTS: Measure = Measure::new(
    "store_objects",
    Unit::One,
    "store",
    "How many objects and old versions of objects the bucket holds.",
);

/// What full stores and other sizes void.
const FULL: [Obligation; 2] = [Obligation::Capacity, Obligation::Cost];

/// All stores that were looked at.
pub fn judge(judge: &mut Judge<'_>) {
    let plan = judge.plan;
    for (id, store) in plan.model.stores.iter() {
        file_system(judge, id, store);
        bucket(judge, id, store);
    }
    for (id, _) in plan.model.hosts.iter() {
        account(judge, id);
    }
}

/// What all buckets of an object storage use that share the volume which its price includes. Buckets that
/// were not asked are not in it, so it is the least that is used.
fn account(judge: &mut Judge<'_>, host: HostId) {
    let (plan, measured) = (judge.plan, judge.measured);
    let shared: Vec<(StoreId, &Store, Room)> = plan
        .model
        .stores
        .iter()
        .filter(|(_, store)| store.host == host && store.kind == StoreKind::Bucket)
        .filter_map(|(id, store)| Some((id, store, room(plan, id)?)))
        .filter(|(.., room)| room.shared)
        .collect();
    let bytes = shared.iter().filter_map(|(_, store, _)| {
        let bucket = measured
            .buckets
            .get(store.named.name.as_str())?
            .as_ref()
            .ok()?;
        Some(bucket.bytes)
    });
    let seen: Vec<u64> = bytes.collect();
    let Some((id, _, room)) = shared.first().filter(|_| !seen.is_empty()) else {
        return;
    };
    let used = seen.into_iter().fold(0, u64::saturating_add);
    let name = &plan.model.hosts[host].named.name;
    judge.figure(USED, name, whole(used), whole(room.usable.0));
    full(judge, name, *id, used, room);
}

fn file_system(judge: &mut Judge<'_>, id: StoreId, store: &Store) {
    let plan = judge.plan;
    let name = &store.named.name;
    let measured = judge.measured;
    let room = match measured.rooms.get(name.as_str()) {
        Some(Ok(room)) => *room,
        Some(Err(why)) => {
            let voids = Reach::of_store(plan, id).voids(plan, &FULL);
            return judge.unmeasured(name, store.named.span, why, voids);
        }
        None => return,
    };
    judge.figure(SIZE, name, whole(room.size), None);
    if let Some((capacity, span)) = store
        .capacity
        .filter(|(capacity, _)| room.size < capacity.0)
    {
        let message = format!(
            "`{name}` can hold {}, and proofs rest on {capacity}",
            Bytes(room.size)
        );
        let diagnostic = Diagnostic::error(ASSUMED, message)
            .at(span, "so much, by the policy")
            .event(
                moment(judge.now),
                format!(
                    "the file system at {} holds {}",
                    store.mounted_at,
                    Bytes(room.size)
                ),
            )
            .about(name.clone())
            .help("write what it can hold, as `df` shows it, and run `thrice check`");
        judge.find(diagnostic, Reach::of_store(plan, id).voids(plan, &FULL));
    }
    used(judge, id, name, room.used);
}

/// What is used of a store, next to what may be.
fn used(judge: &mut Judge<'_>, id: StoreId, name: &str, used: u64) {
    let room = room(judge.plan, id).filter(|room| !room.shared);
    let usable = room.as_ref().map(|room| whole(room.usable.0));
    judge.figure(USED, name, whole(used), usable);
    if let Some(room) = room {
        full(judge, name, id, used, &room);
    }
}

/// Tells if more is used than may be.
fn full(judge: &mut Judge<'_>, name: &str, id: StoreId, used: u64, room: &Room) {
    if used <= room.usable.0 {
        return;
    }
    let plan = judge.plan;
    let message = format!(
        "{} of `{name}` are used, and the policy promises at most {} of {}",
        Bytes(used),
        room.usable,
        room.whole
    );
    let mut diagnostic = Diagnostic::error(ROOM, message).about(name);
    for (span, what) in &room.spans {
        diagnostic = diagnostic.at(*span, what.clone());
    }
    let diagnostic = diagnostic
        .event(moment(judge.now), format!("{} are used", Bytes(used)))
        .help("remove what the policy does not mention, or make room; then write the sizes as they are");
    judge.find(diagnostic, Reach::of_store(plan, id).voids(plan, &FULL));
}

fn bucket(judge: &mut Judge<'_>, id: StoreId, store: &Store) {
    let plan = judge.plan;
    let name = &store.named.name;
    let measured = judge.measured;
    let bucket = match measured.buckets.get(name.as_str()) {
        Some(Ok(bucket)) => bucket,
        Some(Err(why)) => {
            let voids = [
                Obligation::LastCopy,
                Obligation::Erasure,
                Obligation::Deletion,
                Obligation::Capacity,
            ];
            let voids = Reach::of_store(plan, id).voids(plan, &voids);
            return judge.unmeasured(name, store.named.span, why, voids);
        }
        None => return,
    };
    let objects = i64::try_from(bucket.objects).unwrap_or(i64::MAX);
    judge.figure(OBJECTS, name, objects, None);
    for difference in &bucket.differences {
        differs(judge, id, store, difference);
    }
    used(judge, id, name, bucket.bytes);
}

fn differs(judge: &mut Judge<'_>, id: StoreId, store: &Store, difference: &Difference) {
    let plan = judge.plan;
    let name = &store.named.name;
    let (what, voids): (String, &[Obligation]) = match &difference.about {
        About::Rule(id) => (
            format!("the lifecycle rule `{id}`"),
            if difference.excess {
                &[
                    Obligation::Copies,
                    Obligation::LastCopy,
                    Obligation::Erasure,
                    Obligation::Capacity,
                ]
            } else {
                &[Obligation::Erasure, Obligation::Capacity]
            },
        ),
        About::Versioning => (
            "the versioning".to_owned(),
            &[Obligation::Survival, Obligation::Deletion],
        ),
        About::Lock => (
            "the lock".to_owned(),
            &[
                Obligation::Copies,
                Obligation::Erasure,
                Obligation::Deletion,
            ],
        ),
    };
    let message = format!("{what} of bucket `{name}` is not as the policy says");
    let (span, words) = words(plan, store, &difference.about);
    let diagnostic = Diagnostic::error(BUCKET, message)
        .at(span, words)
        .event(moment(judge.now), difference.detail.clone())
        .about(name.clone())
        .help("`thrice s3 plan` shows it, `thrice s3 apply` changes it; find out who else sets it");
    judge.find(diagnostic, Reach::of_store(plan, id).voids(plan, voids));
}

/// The statement that a difference is about.
fn words(plan: &Plan, store: &Store, about: &About) -> (Span, &'static str) {
    match about {
        About::Rule(rule) => {
            let name = rule.rsplit('/').next().unwrap_or(rule);
            let mut steps = plan.model.steps.iter();
            match steps.find(|(id, _)| layout::step(plan, *id) == name) {
                Some((_, step)) => (step.named.span, "this rule"),
                None => (store.named.span, "of this bucket"),
            }
        }
        About::Versioning => (store.named.span, "its versioning"),
        About::Lock => {
            let span = store.lock.map_or(store.named.span, |lock| lock.span);
            (span, "its lock")
        }
    }
}
