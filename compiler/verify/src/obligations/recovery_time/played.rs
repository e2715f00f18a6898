//! Plays restores that come too late on the simulator before anybody sees them.
//!
//! The simulator shares nothing with the evaluation but the plan: it finds out by itself what losses take and leave, which
//! copy is the fastest, how much there is and how soon it must be back, and carries it event by event, each over the
//! lines on its own way. Each class that is told to be late must be so there, at the very second that is told.
//!
//! Where lines differ, or not all that is as urgent shares one, the time that is told is a bound: the slowest counts for
//! all. What is played then comes sooner, but too late all the same, or else the case is named as not replayed. So it
//! is where new copies are filled on different days: each class counts as it is on the last one before its own. Of
//! faults other than losses the simulator is told what they leave.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_model::{ClassId, Mishap};
use thrice_plan::calendar::midnight;
use thrice_plan::{CopyKind, Period};
use thrice_quantity::Seconds;
use thrice_simulate::{Losses, Restored, Restoring, Sizes};

use super::super::playing::{Played, lost};
use super::jobs::{Restore, Shared};
use super::urgency::Job;
use super::{Late, When};
use crate::context::Context;
use crate::faults::{Why, strike};

/// What one case of restores has played: when the last byte is there of the one that comes last, and the rest.
type Course = (Option<Seconds>, Vec<Restored>);

/// Whether all that is told to be late is; why not, if something is not.
pub(super) fn confirm(context: &Context<'_>, late: &Late) -> Result<Played, String> {
    let Some(period) = context.plan.periods.get(late.case.1) else {
        return Ok(Played::Not("dates that there are not"));
    };
    let Shared { restores, jobs, .. } = &late.shared;
    let mut days: BTreeMap<Date, Restoring<'_>> = BTreeMap::new();
    let mut courses: BTreeMap<_, Course> = BTreeMap::new();
    let mut out = Played::Out;
    for (which, (restore, job)) in restores.iter().zip(jobs).enumerate() {
        if !late.classes.contains(&restore.class) {
            continue;
        }
        let Ok(at) = Timestamp::from_second(midnight(restore.day)) else {
            return Ok(Played::Not("dates that there are not"));
        };
        let restoring = days.entry(restore.day).or_insert_with(|| {
            let losses = losses(context, late, (period, restore.day), at);
            Restoring::after(context.plan, &losses)
        });
        let bound = Bound::of(context, &late.shared, job);
        // Over one line all that begins at once and is as urgent is there when the last of it is, whichever that is.
        let alone = (bound != Bound::Attained).then_some(restore.class);
        let case = (restore.day, job.arrival, job.deadline, alone);
        let course = courses.entry(case).or_insert_with(|| {
            let restored = restoring.play(Some(restore.class));
            let own = of(&restored, restore.class);
            (own.and_then(|own| own.there), restored)
        });
        let told = late.shared.done(which);
        match judge(context, (restore, job, told), course, bound)? {
            Played::Out => {}
            not @ Played::Not(_) => out = not,
        }
    }
    Ok(out)
}

/// How the time that is told of a restore is to that which is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// It is the same: all that is as urgent comes over one line that is no faster than the others on the ways.
    Attained,
    /// It may be more: the slowest of several lines counts.
    Slowest,
    /// It may be more or less: other classes count as they are on other days.
    OtherDays,
}

impl Bound {
    fn of(context: &Context<'_>, shared: &Shared, own: &Job) -> Self {
        let all = shared.restores.iter().zip(&shared.jobs);
        let urgent = all.filter(|(_, job)| job.deadline <= own.deadline);
        let urgent: Vec<&Restore> = urgent.map(|(restore, _)| restore).collect();
        let days: BTreeSet<Date> = urgent.iter().map(|restore| restore.day).collect();
        if days.len() > 1 {
            return Self::OtherDays;
        }
        let speed = shared.speed;
        let ways = urgent.first().map(|restore| &restore.ways);
        let one_line = ways.into_iter().flatten().any(|way| {
            let mut all = urgent.iter();
            all.all(|restore| restore.is_over(context, speed, *way))
        });
        let mut all = urgent.iter();
        match one_line && all.all(|restore| restore.speed.as_ref().ok() == Some(&speed)) {
            true => Self::Attained,
            false => Self::Slowest,
        }
    }
}

fn of(restored: &[Restored], class: ClassId) -> Option<&Restored> {
    restored.iter().find(|restored| restored.class == class)
}

/// What is played of a class against what is told: when its last byte is there, and what that follows from.
fn judge(
    context: &Context<'_>,
    (restore, job, told): (&Restore, &Job, Option<Seconds>),
    (there, restored): &Course,
    bound: Bound,
) -> Result<Played, String> {
    let name = context.class_name(restore.class);
    let Some(own) = of(restored, restore.class) else {
        return Err(format!("played, the data of `{name}` is still there"));
    };
    let Some(copy) = own.from else {
        return Err(format!("played, nothing of `{name}` can be restored"));
    };
    if copy != restore.copy {
        let store = context.store_name(context.plan.copies[copy].location.store);
        let told = restore.from(context);
        return Err(format!(
            "played, `{name}` comes from `{store}`, not `{told}`"
        ));
    }
    if own.due != Some(restore.due.0) {
        let due = own
            .due
            .map_or("at no time".to_owned(), |due| format!("within {due}"));
        return Err(format!(
            "played, `{name}` must be back {due}, not within {}",
            restore.due.0
        ));
    }
    let refused = match (*there, told) {
        (there, told) if there == told => return Ok(Played::Out),
        (Some(there), Some(told)) => match bound {
            Bound::Attained => true,
            Bound::Slowest => there > told,
            Bound::OtherDays => false,
        },
        _ => true,
    };
    if refused {
        let back = |there: Option<Seconds>| match there {
            Some(there) => format!("after {}", there.saturating_add(restore.finish)),
            None => "never".to_owned(),
        };
        let (played, told) = (back(*there), back(told));
        return Err(format!("played, `{name}` is back {played}, not {told}"));
    }
    Ok(
        match (bound, there.is_some_and(|there| there <= job.deadline)) {
            (_, false) => Played::Out,
            (Bound::OtherDays, true) => Played::Not("copies that are filled on different days"),
            (_, true) => Played::Not("the slowest of several lines"),
        },
    )
}

/// What is lost on a day.
fn losses(
    context: &Context<'_>,
    late: &Late,
    (period, day): (&Period, Date),
    at: Timestamp,
) -> Losses {
    let faults = &late.case.0;
    let at_once = lost(faults);
    let struck = strike(context, faults, period.from);
    let (mut also, mut empty) = (BTreeSet::new(), BTreeSet::new());
    for restore in &late.shared.restores {
        let copies = context.copies_there(restore.class, period);
        let useless = struck.useless(context, &copies);
        for id in copies.iter() {
            let copy = &context.plan.copies[*id];
            let is_told = match useless.get(*id) {
                None => false,
                Some(why) => at_once.is_none() || why == Why::LiveDataLost,
            };
            let is_new = copy.lifetime.from >= period.from;
            let unfilled = late.when == When::AtFirst && is_new && restore.day >= day;
            if copy.kind == CopyKind::Live {
                also.extend(is_told.then_some(copy.class));
            } else if is_told || unfilled {
                empty.insert(*id);
            }
        }
    }
    let target = |mishap| match mishap {
        Mishap::Lose(target) => Some(target),
        _ => None,
    };
    Losses {
        at,
        day: period.from,
        lost: at_once.into_iter().flatten().filter_map(target).collect(),
        also,
        empty,
        classes: late.shared.restores.iter().map(|r| r.class).collect(),
        asking: context.classes_in(period).iter().copied().collect(),
        sizes: Sizes::Most,
    }
}

#[cfg(test)]
mod tests;
