//! Plays restores that come too late on the simulator before anybody sees them.
//!
//! The simulator shares nothing with the evaluation but the plan: it finds out by itself what losses take and leave, which
//! copy is the fastest, how much there is and how soon it must be back, and carries it event by event, each over the
//! lines on its own way. Each class that is told to be late must be so there, at the very second that is told. What else
//! comes back begins, within its setup, when that keeps the class waiting for longest.
//!
//! Where lines differ, or not all that is as urgent shares one, the time that is told is a bound: the slowest counts for
//! all. What is played then comes sooner, but too late all the same, or else the case is named as not replayed. So it
//! is where new copies are filled on different days (each class counts as it is on its own), and where data counts that
//! the faults leave where it is. That is lost in the play only where the one that is late is lost so itself. Of faults
//! other than losses the simulator is told what they leave.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_model::{ClassId, Mishap, Target};
use thrice_plan::calendar::midnight;
use thrice_plan::{CopyId, CopyKind, Period};
use thrice_quantity::Seconds;
use thrice_simulate::{Losses, Restored, Restoring, Sizes};

use super::super::playing::{NO_DATES, Played, lost};
use super::jobs::Restore;
use super::shared::Shared;
use super::urgency::Job;
use super::{Late, When};
use crate::context::Context;
use crate::faults::{Why, at_times, strike};

/// Of more that are late together, each in a way of its own, only the most urgent are played.
const MOST: usize = 32;

/// What one case of restores has played: when the last byte is there of the one that comes last, and the rest.
type Course = (Option<Seconds>, Vec<Restored>);

/// Whether all that is told to be late is; why not, if something is not.
pub(super) fn confirm(context: &Context<'_>, late: &Late) -> Result<Played, String> {
    let Some(period) = context.plan.periods.get(late.case.1) else {
        return Ok(Played::Not(NO_DATES));
    };
    let struck = Strikes::of(context, late, period);
    let Shared { restores, jobs, .. } = &late.shared;
    let mut cases: BTreeMap<(Date, bool), Restoring<'_>> = BTreeMap::new();
    let mut courses: BTreeMap<_, Course> = BTreeMap::new();
    let mut out = Played::Out;
    for (which, (restore, job)) in restores.iter().zip(jobs).enumerate() {
        if !late.classes.contains(&restore.class) {
            continue;
        }
        let Ok(at) = Timestamp::from_second(midnight(restore.day)) else {
            return Ok(Played::Not(NO_DATES));
        };
        let untouched = struck.untouched.contains(&restore.class);
        let case = cases.entry((restore.day, untouched)).or_insert_with(|| {
            let losses = struck.losses((restore.day, at), untouched);
            Restoring::after(context.plan, &losses)
        });
        let bound = Bound::of(context, &struck, job, untouched);
        // Over one line all that begins at once and is as urgent is there when the last of it is, whichever that is.
        let alone = (bound != Bound::Attained).then_some(restore.class);
        let alike = (restore.day, untouched, job.arrival, job.deadline, alone);
        if courses.len() >= MOST && !courses.contains_key(&alike) {
            continue;
        }
        let course = courses.entry(alike).or_insert_with(|| {
            let case = case.in_the_way_of(restore.class);
            let restored = case.play(Some(restore.class));
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
    /// It may be more: what is not lost counts as well.
    Untouched,
    /// It may be more: what keeps a vault waiting is not always in the way of what waits for that as well.
    Vaults,
    /// It may be more or less: other classes count as they are on other days.
    OtherDays,
    /// It may be more: the play goes by lines alone, and not by what is in a copy.
    Parts,
}

impl Bound {
    fn of(context: &Context<'_>, struck: &Strikes<'_, '_>, own: &Job, untouched: bool) -> Self {
        let shared = &struck.late.shared;
        let all = shared.restores.iter().zip(&shared.jobs);
        let urgent = all.filter(|(_, job)| job.deadline <= own.deadline);
        let urgent: Vec<&Restore> = urgent.map(|(restore, _)| restore).collect();
        if urgent.iter().any(|restore| !restore.all_have_all) {
            return Self::Parts;
        }
        let days: BTreeSet<Date> = urgent.iter().map(|restore| restore.day).collect();
        if days.len() > 1 {
            return Self::OtherDays;
        }
        let is_there = |restore: &&Restore| struck.untouched.contains(&restore.class);
        if !untouched && urgent.iter().any(is_there) {
            return Self::Untouched;
        }
        if shared.may_wait() {
            return Self::Vaults;
        }
        let speed = |restore: &Restore| restore.speed.as_ref().ok().copied();
        let Some(slowest) = shared.restores.iter().filter_map(speed).min() else {
            return Self::Slowest;
        };
        let ways = urgent.first().map(|restore| &restore.ways);
        let one_line = ways.into_iter().flatten().any(|way| {
            let mut all = urgent.iter();
            all.all(|restore| restore.is_over(context, slowest, *way))
        });
        match one_line {
            true => Self::Attained,
            false => Self::Slowest,
        }
    }

    /// What a case rests on that is in time in the play.
    const fn rests_on(self) -> &'static str {
        match self {
            Self::Attained | Self::Slowest => "the slowest of several lines",
            Self::Untouched => "data that the faults leave where it is",
            Self::Vaults => "keys that come back with vaults",
            Self::OtherDays => "copies that are filled on different days",
            Self::Parts => "copies that have not all of it, are too old or keep what was deleted",
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
    if copy != restore.copy && matches!(bound, Bound::Parts | Bound::Vaults) {
        return Ok(Played::Not(bound.rests_on()));
    }
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
    let waits = restore.before.key.is_some();
    // When a key is there hangs on what else comes before it, which may be other copies than is told.
    let is_open = waits && matches!(bound, Bound::OtherDays | Bound::Parts);
    if (own.begins > job.arrival && !is_open) || (own.begins < job.arrival && !waits) {
        let (begins, told) = (own.begins, job.arrival);
        return Err(format!(
            "played, `{name}` begins to come after {begins}, not {told}"
        ));
    }
    let refused = match (*there, told) {
        (there, told) if there == told => return Ok(Played::Out),
        (Some(there), Some(told)) => match bound {
            Bound::Attained => true,
            Bound::Slowest | Bound::Untouched | Bound::Vaults => there > told,
            Bound::OtherDays | Bound::Parts => false,
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
    let in_time = there.is_some_and(|there| there <= job.deadline);
    Ok(match in_time {
        true => Played::Not(bound.rests_on()),
        false => Played::Out,
    })
}

/// What the faults of a case do.
struct Strikes<'c, 'p> {
    context: &'c Context<'p>,
    late: &'c Late,
    period: &'c Period,
    /// What is lost at once; where that is none, it is told what is left.
    lost: Option<Vec<Target>>,
    /// Classes whose data is lost, and those whose data counts as lost though the faults leave it where it is.
    hit: BTreeSet<ClassId>,
    untouched: BTreeSet<ClassId>,
    /// Copies of which nothing is left, as the simulator is told.
    empty: BTreeSet<CopyId>,
}

impl<'c, 'p> Strikes<'c, 'p> {
    fn of(context: &'c Context<'p>, late: &'c Late, period: &'c Period) -> Self {
        let faults = &late.case.0;
        let lost = lost(faults);
        let lost = lost.map(|lost| lost.into_iter().filter_map(Mishap::lost).collect());
        let mut out = Self {
            context,
            late,
            period,
            lost,
            hit: BTreeSet::new(),
            untouched: BTreeSet::new(),
            empty: BTreeSet::new(),
        };
        let struck = strike(context, faults, period.from);
        for restore in late.shared.with_all_before() {
            let copies = context.copies_there(restore.class, period);
            for (id, why) in struck.useless(context, &copies).iter() {
                let is_untouched = why == Why::LiveDataLost;
                // The play brings vaults back from what is there at times only, which the rules do not count on.
                let opened_at_times = why.key().is_some() && at_times(context, period.from);
                if context.plan.copies[id].kind != CopyKind::Live {
                    if is_untouched || opened_at_times || out.lost.is_none() {
                        out.empty.insert(id);
                    }
                } else if is_untouched {
                    out.untouched.insert(restore.class);
                } else {
                    out.hit.insert(restore.class);
                }
            }
        }
        out
    }

    /// What is lost at an instant of a day; what the faults leave where it is only if so is the one that is looked at.
    fn losses(&self, (day, at): (Date, Timestamp), untouched: bool) -> Losses {
        let restores = self.late.shared.with_all_before();
        let mut also = BTreeSet::new();
        if self.lost.is_none() {
            also.extend(&self.hit);
        }
        if untouched {
            also.extend(&self.untouched);
        }
        let mut empty = self.empty.clone();
        // What is new has been filled on the day of each class.
        let unfilled = restores
            .iter()
            .filter(|restore| self.late.when == When::AtFirst && restore.day >= day);
        for restore in unfilled {
            let copies = self.context.copies_there(restore.class, self.period);
            let new =
                |id: &&CopyId| self.context.plan.copies[**id].lifetime.from >= self.period.from;
            empty.extend(copies.iter().filter(new));
        }
        Losses {
            at,
            day: self.period.from,
            lost: self.lost.clone().unwrap_or_default(),
            also,
            empty,
            classes: restores.iter().map(|restore| restore.class).collect(),
            asking: self.context.living_in(self.period).collect(),
            sizes: Sizes::Most,
        }
    }
}

#[cfg(test)]
mod tests;
