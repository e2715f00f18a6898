//! Plays the two runs of a case on the simulator before anybody sees it.
//!
//! The simulator finds their starts on the clocks by itself, lets steps wait for those they come after, and runs
//! none before its step begins or after it has ended. Chosen are how late the two start and that they take as long
//! as they can: the one that is due first starts late, but no later than the other is due; the other one on time,
//! or late where only then it is met. Where that takes a phase that comes late, it comes so late in the play.
//!
//! Not played is what has no course: what a line carries in a period.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use thrice_model::{HostId, Named, Obligation, StepId, StoreId};
use thrice_plan::Plan;
use thrice_quantity::Seconds;
use thrice_simulate::{Choices, Ran, RunChoice, asked, own_checks, own_snapshots, runs};

use super::super::lateness::held_up;
use super::super::playing::{self, Played, may_be_told, timestamp};
use super::users::OWN_CHECK;
use super::{Meetings, overdue};
use crate::context::Context;
use crate::verification::{Finding, Verification};
use crate::wording::instant;

/// What is found, and its case.
pub(super) struct Told {
    pub(super) finding: Finding,
    pub(super) case: Case,
}

/// The days that are written for phases and on which they come, where they must be late.
pub(super) type Days = BTreeMap<Date, Date>;

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Case {
    Two(Two),
    /// A run is still going on when the next one of its step is due, be it ever so quick.
    Overrun {
        step: StepId,
        due: i64,
        next: i64,
        quick: bool,
    },
    /// A run of a mirror is still going on when it is asked after.
    Asked {
        mirror: StepId,
        due: i64,
        asked: i64,
        late: Days,
    },
    /// It has no course: what it rests on.
    Not(&'static str),
}

/// Two runs that have to do with each other.
#[derive(Clone, Debug)]
pub(super) struct Two {
    pub(super) first: Due,
    pub(super) second: Due,
    pub(super) how: How,
    pub(super) late: Days,
}

/// A run by when it is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) who: Who,
    pub(super) at: i64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    Step(StepId),
    /// Zerobyte's own check on a host.
    OwnCheck(HostId),
    /// What a store takes of itself.
    Snapshot(StoreId),
}

/// What two runs have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The second is at work when the first would start.
    Finds,
    /// They are at work at one time.
    Meet,
    /// The first, which waits for the second's run before, is still at work when the second's next one starts.
    Overtaken,
    /// They would be if none waited for the other.
    MayWait,
}

/// When a run would start, starts, and is done.
#[derive(Clone, Copy)]
struct Span {
    ready: i64,
    from: i64,
    to: i64,
}

impl From<&Ran> for Span {
    fn from(run: &Ran) -> Self {
        Self {
            ready: run.ready.as_second(),
            from: run.from.as_second(),
            to: run.to.as_second(),
        }
    }
}

/// The phases that must be late for two steps to meet.
pub(super) fn late(context: &Context<'_>, met: &Meetings) -> Days {
    let comes = overdue(context, met);
    let comes = comes.and_then(|(day, days)| Some((day, day.checked_add(days.days()).ok()?)));
    comes.map_or_else(Days::new, |(day, comes)| held_up(context, day, comes))
}

/// Whether a case may be told.
pub(super) fn is_borne_out(context: &Context<'_>, out: &mut Verification, case: &Case) -> bool {
    let about = (subject(context, case), "this step");
    let confirm = || confirm(context, case);
    may_be_told(context, out, Obligation::TimeTable, about, confirm)
}

/// What a case is about, to be pointed at if it is a mistake of this program.
fn subject<'c>(context: &'c Context<'_>, case: &Case) -> Option<&'c Named> {
    let step = match case {
        Case::Two(two) => match (two.first.who, two.second.who) {
            (Who::Step(id), _) | (_, Who::Step(id)) => id,
            _ => return None,
        },
        Case::Overrun { step, .. } | Case::Asked { mirror: step, .. } => *step,
        Case::Not(_) => return None,
    };
    Some(&context.plan.model.steps[step].named)
}

/// Whether a case comes about; why not, if it does not.
fn confirm(context: &Context<'_>, case: &Case) -> Result<Played, String> {
    let (late, steps) = match case {
        Case::Not(rests_on) => return Ok(Played::Not(rests_on)),
        Case::Two(two) => (&two.late, steps(two)),
        Case::Overrun { step, .. } => (&Days::new(), vec![*step]),
        Case::Asked { mirror, late, .. } => (late, vec![*mirror]),
    };
    let moved = (!late.is_empty()).then(|| playing::late(context.plan, late));
    let play = Play {
        plan: moved.as_ref().unwrap_or(context.plan),
    };
    let why = match case {
        Case::Two(two) => play.two(two),
        Case::Overrun {
            step,
            due,
            next,
            quick,
        } => play.overrun(*step, (*due, *next), *quick),
        Case::Asked {
            mirror, due, asked, ..
        } => play.asked(*mirror, *due, *asked),
        Case::Not(_) => Ok(()),
    };
    match why {
        Ok(()) => Ok(Played::Out),
        // Whom they wait for decides when they start.
        Err(_) if play.waits(&steps) => Ok(Played::Not("steps that wait for others")),
        Err(why) => Err(why),
    }
}

fn steps(two: &Two) -> Vec<StepId> {
    let both = [two.first.who, two.second.who].into_iter();
    let steps = both.filter_map(|who| match who {
        Who::Step(id) => Some(id),
        Who::OwnCheck(_) | Who::Snapshot(_) => None,
    });
    steps.collect()
}

struct Play<'p> {
    plan: &'p Plan,
}

impl Play<'_> {
    fn two(&self, two: &Two) -> Result<(), String> {
        let (first, second) = (two.first, two.second);
        let apart = second.at.saturating_sub(first.at);
        // Who starts with whom it waits for waits.
        let apart = apart - i64::from(two.how == How::Overtaken);
        let mut choices = Choices::default();
        for (due, wait) in [(first, apart), (second, apart.saturating_neg())] {
            if let Who::Step(id) = due.who {
                self.choose(id, wait.max(0), &mut choices);
            }
        }
        let ends = [first, second].map(|due| due.at.saturating_add(self.longest(due.who)));
        let window = (first.at.min(second.at), ends.into_iter().max().unwrap_or(0));
        let ids: BTreeSet<StepId> = steps(two).into_iter().collect();
        let ran = runs(self.plan, &ids, window_of(window)?, &choices);
        let (a, b) = (self.span(first, &ran)?, self.span(second, &ran)?);
        let met = match two.how {
            How::Finds => b.from <= a.ready && a.ready < b.to,
            How::Meet => a.from < b.to && b.from < a.to,
            How::Overtaken => a.from < b.from && b.from < a.to,
            How::MayWait => a.ready < b.to && b.ready < a.to,
        };
        if met {
            return Ok(());
        }
        let [one, other] = [(first, a), (second, b)].map(|(due, span)| {
            let name = self.name(due.who);
            format!(
                "{name} is at work from {} to {}",
                instant(span.from),
                instant(span.to)
            )
        });
        Err(format!("played, {one}, and {other}"))
    }

    fn overrun(&self, id: StepId, (due, next): (i64, i64), quick: bool) -> Result<(), String> {
        let mut choices = Choices::default();
        if !quick {
            // One that starts later than the next one finds that at work.
            let wait = next.saturating_sub(due).saturating_sub(1);
            self.choose(id, wait.max(0), &mut choices);
        }
        let on_time = timestamp(next)?;
        let runs_of = choices.runs.entry(id).or_default();
        runs_of.insert(on_time, RunChoice::OnTime);
        let who = Who::Step(id);
        let end = due.saturating_add(self.longest(who)).max(next);
        let ran = runs(self.plan, &[id].into(), window_of((due, end))?, &choices);
        let run = self.span(Due { who, at: due }, &ran)?;
        // By itself: with the one before still at work it is left out.
        let own = runs(self.plan, &[id].into(), (on_time, on_time), &choices);
        let is_due = own.iter().any(|run| run.due == on_time);
        match is_due && next <= run.to {
            true => Ok(()),
            false => Err(format!(
                "played, {} is done at {}, and next due {}",
                self.name(who),
                instant(run.to),
                if is_due {
                    instant(next)
                } else {
                    "later".to_owned()
                }
            )),
        }
    }

    fn asked(&self, mirror: StepId, due: i64, when: i64) -> Result<(), String> {
        let mut choices = Choices::default();
        self.choose(mirror, i64::MAX, &mut choices);
        let who = Who::Step(mirror);
        let window = window_of((due, due.saturating_add(self.longest(who))))?;
        let ran = runs(self.plan, &[mirror].into(), window, &choices);
        let run = self.span(Due { who, at: due }, &ran)?;
        let moment = timestamp(when)?;
        let is_asked = asked(self.plan, mirror, (moment, moment)).contains(&moment);
        match is_asked && due <= when && when < run.to {
            true => Ok(()),
            false => Err(format!(
                "played, {} is done at {}, and {} at {}",
                self.name(who),
                instant(run.to),
                if is_asked {
                    "asked after"
                } else {
                    "not asked after"
                },
                instant(when)
            )),
        }
    }

    /// Lets the runs of a step take as long as they can and start so much later than they are due, if they may. The
    /// copying that a backup begins starts when that is done.
    fn choose(&self, id: StepId, wait: i64, choices: &mut Choices) {
        let cadence = &self.plan.cadences[id];
        choices.durations.insert(id, cadence.duration.high());
        let model = &self.plan.model;
        let Some(backup) = model.followed(&model.steps[id]) else {
            choices.late.insert(id, Seconds(wait).min(cadence.jitter));
            return;
        };
        let before = &self.plan.cadences[backup];
        let (low, high) = (before.duration.low(), before.duration.high());
        let lasts = Seconds(wait).min(high).max(low);
        choices.durations.insert(backup, lasts);
        let late = Seconds(wait).saturating_sub(lasts);
        let late = late.max(Seconds::ZERO).min(before.jitter);
        choices.late.insert(backup, late);
    }

    /// From when somebody is due to his latest end, in seconds.
    fn longest(&self, who: Who) -> i64 {
        match who {
            Who::Step(id) => {
                let cadence = &self.plan.cadences[id];
                cadence.jitter.saturating_add(cadence.duration.high()).0
            }
            Who::OwnCheck(_) => OWN_CHECK.0,
            Who::Snapshot(_) => 0,
        }
    }

    /// When a run that is due is at work.
    fn span(&self, due: Due, ran: &[Ran]) -> Result<Span, String> {
        let moment = timestamp(due.at)?;
        let found = match due.who {
            Who::Step(id) => {
                let mut of = ran.iter().filter(|run| run.step == id);
                of.find(|run| run.due == moment).map(Span::from)
            }
            Who::OwnCheck(host) => {
                let checks = own_checks(self.plan, host, (moment, moment));
                checks.first().map(|_| Span {
                    ready: due.at,
                    from: due.at,
                    to: due.at.saturating_add(OWN_CHECK.0),
                })
            }
            Who::Snapshot(store) => {
                let taken = own_snapshots(self.plan, store, (moment, moment));
                taken.first().map(|_| Span {
                    ready: due.at,
                    from: due.at,
                    to: due.at,
                })
            }
        };
        let name = self.name(due.who);
        found.ok_or_else(|| format!("played, no run of {name} is due at {}", instant(due.at)))
    }

    /// Whether a step starts only when one is done that is none of them, or that begins it.
    fn waits(&self, ids: &[StepId]) -> bool {
        ids.iter().any(|id| {
            let step = &self.plan.model.steps[*id];
            let mut after = self.plan.comes_after(*id);
            self.plan.model.followed(step).is_some() || after.any(|other| !ids.contains(&other))
        })
    }

    fn name(&self, who: Who) -> String {
        match who {
            Who::Step(id) => format!("`{}`", self.plan.model.steps[id].named.name),
            Who::OwnCheck(_) => "Zerobyte's own check".to_owned(),
            Who::Snapshot(id) => format!(
                "the snapshot of `{}`",
                self.plan.model.stores[id].named.name
            ),
        }
    }
}

fn window_of((from, to): (i64, i64)) -> Result<(Timestamp, Timestamp), String> {
    Ok((timestamp(from)?, timestamp(to)?))
}

#[cfg(test)]
mod tests;
