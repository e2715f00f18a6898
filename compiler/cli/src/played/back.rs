//! How soon the classes that a case takes are back in use.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use thrice_model::{ClassId, Target};
use thrice_plan::{CopyId, Plan};
use thrice_quantity::Seconds;
use thrice_report::simulation::Back;
use thrice_simulate::{Course, Losses, Restored, Restoring, Sizes, with_needs};

/// For each class asked about that is lost and can be restored, where sizes and lines are stated. Each comes from its
/// newest usable copy, all at once. Classes that nobody asked about keep none of them waiting; nothing is said of one that
/// needs such a class, for whether that is lost is not known. Keys are lost with the places that are: what only a vault has
/// that is gone is waited for.
pub(super) fn back(plan: &Plan, course: &Course, places: Vec<Target>) -> BTreeMap<ClassId, Back> {
    let lost = course.outcomes.iter().filter(|outcome| !outcome.live);
    let newest = lost.filter_map(|outcome| Some((outcome.class, outcome.newest?.0)));
    let newest: BTreeMap<ClassId, CopyId> = newest.collect();
    if newest.is_empty() {
        return BTreeMap::new();
    }
    let classes: BTreeSet<ClassId> = newest.keys().copied().collect();
    let others = plan.copies.iter().filter(|(id, copy)| {
        let from = newest.get(&copy.class);
        from.is_some_and(|from| from != id)
    });
    let mut losses = Losses {
        at: course.judged,
        day: course.judged.to_zoned(TimeZone::UTC).date(),
        lost: places,
        also: classes.clone(),
        empty: others.map(|(id, _)| id).collect(),
        classes,
        asking: BTreeSet::new(),
        sizes: Sizes::Least,
    };
    let least = Restoring::after(plan, &losses).play(None);
    losses.sizes = Sizes::Most;
    let most = Restoring::after(plan, &losses).play(None);
    let both = least.into_iter().zip(most);
    let asked: BTreeSet<ClassId> = course.outcomes.iter().map(|o| o.class).collect();
    both.filter(|(_, most)| with_needs(plan, most.class).is_subset(&asked))
        .filter_map(|(least, most)| Some((most.class, words(&least, &most)?)))
        .collect()
}

fn words(least: &Restored, most: &Restored) -> Option<Back> {
    let (Seconds(soonest), Seconds(latest)) = (least.back?, most.back?);
    let times = match soonest == latest {
        true => Seconds(latest).to_string(),
        false => format!("{} to {}", Seconds(soonest), Seconds(latest)),
    };
    let asked = most
        .due
        .map_or(String::new(), |due| format!("; it must be within {due}"));
    Some(Back {
        least_seconds: soonest,
        most_seconds: latest,
        due_seconds: most.due.map(|due| due.0),
        words: format!("{times} after the loss{asked}"),
    })
}
