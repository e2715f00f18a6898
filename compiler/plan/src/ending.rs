//! What deletes the newest version of a state once nobody makes another one.
//!
//! While steps run, a rule that deletes by age takes older versions only, if a new one comes often enough. When a step
//! on the way ends, the last version stays where it is, and is deleted as any other one.

use std::iter::successors;

use thrice_model::{StepId, Table};
use thrice_quantity::{Interval, Seconds};

use crate::copies::{Copy, CopyId, FOR_EVER};

/// A step on the way to a copy, and what lies between the versions that come through it.
struct Way {
    by: StepId,
    /// From one version to the next one, after this step, at worst.
    apart: Seconds,
    /// From a version being brought by this step to it being in the copy, at worst.
    late: Seconds,
}

/// Between the newest versions of a state in a copy so much time lies at worst; `None` where nobody makes any.
pub(crate) fn apart(copies: &Table<CopyId, Copy>, copy: &Copy) -> Option<Seconds> {
    way(copies, copy).first().map(|way| way.apart)
}

/// For each step on the way to a copy that has an end: how long after that the newest version is deleted which the copy
/// then has, by a rule that deletes so long `after` the version was made, or `came`.
///
/// Some version was made so long before the end that it had surely come through by then. No later one was made than
/// at the end; it may have come later, if steps after this one were slow.
pub(crate) fn after_ends(
    copies: &Table<CopyId, Copy>,
    copy: &Copy,
    (after, came): (Interval<Seconds>, bool),
    ends: impl Fn(StepId) -> bool,
) -> Vec<(StepId, Interval<Seconds>)> {
    let way = way(copies, copy).into_iter().filter(|way| ends(way.by));
    let after = way.map(|way| {
        let low = after.low().saturating_sub(way.apart).max(Seconds::ZERO);
        let late = if came { way.late } else { Seconds::ZERO };
        let high = after.high().saturating_add(late).min(FOR_EVER);
        let bounds = Interval::new(low, high);
        (way.by, bounds.unwrap_or(Interval::point(high)))
    });
    after.collect()
}

/// The steps on the way to a copy, the last one first.
fn way(copies: &Table<CopyId, Copy>, copy: &Copy) -> Vec<Way> {
    let all: Vec<&Copy> = successors(Some(copy), |copy| copies.get(copy.source?)).collect();
    let mut out: Vec<Way> = Vec::new();
    let mut wide = Seconds::ZERO;
    // From the data on: what waits for an age lets versions through as far apart as they came, or as its age may vary.
    for copy in all.iter().rev() {
        let Some(by) = copy.made_by else { continue };
        let older = copy.enter.older_than.as_deref();
        let (low, high) = older.map_or((Seconds::ZERO, Seconds::ZERO), |age| {
            (age.low(), age.high())
        });
        wide = wide.saturating_add(high.saturating_sub(low));
        let waits = high.saturating_add(copy.enter.delay.high());
        for before in &mut out {
            before.late = before.late.saturating_add(waits).min(FOR_EVER);
        }
        out.push(Way {
            by,
            apart: copy.staleness.saturating_add(wide).min(FOR_EVER),
            late: Seconds::ZERO,
        });
    }
    out.reverse();
    out
}
