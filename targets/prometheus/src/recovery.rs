//! When a class's recovery point is missed.
//!
//! The newest copy outside the host of the data is as old as the run that made it, and what that run read
//! was at most as old as its source becomes while all goes well. So it is missed when, of every such copy,
//! the last run lies further back than the recovery point less the age of its source. The whole chain is
//! thus judged by its last step; a step before it that fails raises its own alarm.

use serde::Serialize;
use thrice_model::{Class, ClassId};
use thrice_plan::{Copy, CopyKind};
use thrice_target::{Plan, layout, select};

use crate::plain;

/// The rule of a class.
#[derive(Serialize)]
pub struct Point {
    class: String,
    /// For people.
    within: String,
    copies: Vec<Last>,
}

/// The last step of a copy.
#[derive(Serialize)]
struct Last {
    step: String,
    /// How long ago its last successful run may have started, in seconds.
    bound: i64,
}

/// A rule for each class with a recovery point, and the names of those that no rule can be made for.
pub fn points(plan: &Plan) -> (Vec<Point>, Vec<String>) {
    let (mut points, mut uncovered) = (Vec::new(), Vec::new());
    let classes = plan.model.classes.iter();
    for (id, class) in classes.filter(|(_, class)| class.lifetime.contains(plan.as_of)) {
        let Some((within, _)) = class.asked().rpo.or(class.asked().rpo_guaranteed) else {
            continue;
        };
        let mut copies: Vec<Last> = elsewhere(plan, id, class)
            .filter_map(|copy| last(plan, copy, within.0))
            .collect();
        copies.sort_by(|a, b| (&a.step, a.bound).cmp(&(&b.step, b.bound)));
        copies.dedup_by(|later, first| later.step == first.step);
        if copies.is_empty() {
            uncovered.push(plain(&class.named.name));
        } else {
            points.push(Point {
                class: plain(&class.named.name),
                within: within.to_string(),
                copies,
            });
        }
    }
    (points, uncovered)
}

/// Copies that survive the host of the data.
fn elsewhere<'a>(plan: &'a Plan, id: ClassId, class: &Class) -> impl Iterator<Item = &'a Copy> {
    let home = plan.host_of(class.home.store);
    plan.copies
        .iter()
        .map(|(_, copy)| copy)
        .filter(move |copy| {
            copy.class == id
                && copy.counts
                && copy.kind != CopyKind::Live
                && copy.lifetime.contains(plan.as_of)
                && plan.host_of(copy.location.store) != home
        })
}

fn last(plan: &Plan, copy: &Copy, within: i64) -> Option<Last> {
    let id = copy.made_by?;
    let step = &plan.model.steps[id];
    // That a mirror was asked after says nothing of when the data in it is from.
    let is_script = select::means(plan, step).is_script();
    if !step.lifetime.contains(plan.as_of) || !is_script {
        return None;
    }
    let source = copy.source.and_then(|source| plan.copies.get(source));
    let before = source.map_or(0, |source| source.nominal_staleness.0);
    // No alarm while every run succeeds: that the policy promises too much is for the verifier to say.
    let usual = plan.cadences.get(id)?.nominal_delay()?.0;
    Some(Last {
        step: layout::step(plan, id),
        bound: within.saturating_sub(before).max(usual),
    })
}
