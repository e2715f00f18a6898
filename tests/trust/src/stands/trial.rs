//! One case of what is promised: what strikes, what is left open, and whether it is as was said.

use std::collections::BTreeMap;
use std::ops::Deref;

use jiff::{Timestamp, ToSpan as _};
use rand::RngExt as _;
use thrice_model::{ClassId, ClassKind, Demand, Mishap, Obligation, StoreId};
use thrice_simulate::{Choices, Outcome, simulate};

use super::Promises;
use super::moment::{Moment, PLAYED_DAYS};
use crate::Random;

/// One case to be tried.
pub(super) struct Trial<'a> {
    pub(super) promises: &'a Promises,
    pub(super) moment: Moment<'a>,
}

impl<'a> Deref for Trial<'a> {
    type Target = Moment<'a>;

    fn deref(&self) -> &Self::Target {
        &self.moment
    }
}

impl Trial<'_> {
    /// Draws what strikes and plays it; what is not as it was said, if anything.
    pub(super) fn one(
        &self,
        random: &mut Random,
        played: &mut BTreeMap<&'static str, u64>,
    ) -> Option<String> {
        let model = &self.plan.model;
        let name = model.classes[self.class].named.name.to_string();
        let held = |obligation| self.promises.holds(obligation, &name, self.period);
        let destroyed = random.random_bool(0.3) && held(Obligation::Deletion);
        let mishaps = if destroyed {
            self.somebody(random)
        } else if held(Obligation::Survival) {
            self.asked(random)
        } else {
            Vec::new()
        };
        if mishaps.is_empty() {
            return None;
        }
        let case = self.case(&mishaps, random);
        let course = simulate(self.plan, &case);
        let outcome = course.outcomes.first()?;
        *played
            .entry(if destroyed { "deletion" } else { "survival" })
            .or_default() += 1;
        let mut wrong = self.survived(outcome);
        // That nobody can destroy what else a restore needs is said of that, and that what is left of both is of one
        // time is asked for after the faults that are to be survived only.
        let is_left = outcome.copies.iter().any(|copy| copy.why_not.is_none());
        // That something is not left with what it needs in turn is said of that alone.
        let told = |other: ClassId| {
            let other = &model.classes[other].named.name;
            !self
                .promises
                .holds(Obligation::Survival, other, self.period)
        };
        if is_left && outcome.lacks.is_some_and(|other| destroyed || told(other)) {
            wrong = None;
        }
        let lost = mishaps.iter().all(|m| matches!(m, Mishap::Lose(_)));
        if wrong.is_none() && lost && held(Obligation::RecoveryPoint) {
            *played.entry("recovery point").or_default() += 1;
            wrong = self.young(outcome, &case.choices);
        }
        let as_planned = !case.choices.worst && case.choices.missed.is_empty();
        // Histories are asked for under the faults that requirements name.
        let is_asked = mishaps != self.floor();
        if wrong.is_none() && lost && as_planned && is_asked && held(Obligation::History) {
            let asked = self.history();
            *played.entry("history").or_default() += u64::from(asked.is_some());
            wrong = asked.and_then(|asked| self.reaches_back(outcome, asked, case.judged));
        }
        wrong.map(|wrong| {
            let trace = course.trace.iter().rev().take(14).rev();
            let trace = trace.map(|event| format!("\n  {} {}", event.at, event.what));
            format!(
                "`{name}` in {}: {wrong}; {mishaps:?}, judged {}, {}{}",
                self.period.name,
                case.judged,
                if case.choices.worst { "at worst" } else { "" },
                trace.collect::<String>()
            )
        })
    }

    fn survived(&self, outcome: &Outcome) -> Option<String> {
        if !outcome.recoverable() {
            let why = outcome.copies.iter().map(|copy| {
                let at = &self.plan.copies[copy.copy].location;
                let store = &self.plan.model.stores[at.store].named.name;
                format!("\n  {store}:{}: {:?}", at.path, copy.why_not)
            });
            let lacks = outcome
                .lacks
                .map(|id| self.plan.model.classes[id].named.name.clone());
            return Some(format!(
                "nothing can be restored, it lacks {lacks:?}{}",
                why.collect::<String>()
            ));
        }
        let class = &self.plan.model.classes[self.class];
        let kept = class.asked().retain_at_least?.0;
        // Items that are older than any chain is long, and young enough to be still asked for.
        let old = self.at.as_second() - self.settled * 86_400;
        let young = self.at.as_second() - kept.0;
        let hole = outcome.holes.iter().find(|(from, to)| {
            class.kind == ClassKind::Items && from.as_second() < old && to.as_second() > young
        });
        hole.map(|(from, to)| format!("what was made after {from} up to {to} is lost"))
    }

    /// The longest history that is asked for and that all that makes it has been there for, and its greatest gap.
    fn history(&self) -> Option<(i64, i64)> {
        let model = &self.plan.model;
        let asked = model.requirements.iter().filter_map(|r| match r.demand {
            Demand::History { reach, gap } if r.selection.contains(self.class) => {
                Some((r.lifetime, reach.0, gap.0))
            }
            _ => None,
        });
        let copies = || {
            let copies = self.plan.copies.iter();
            copies.filter(|(_, copy)| copy.class == self.class)
        };
        // What a store itself keeps is no version of the simulator's.
        let kept_by_store = |store: StoreId| {
            let store = &model.stores[store];
            store.snapshots.is_some() || store.keeps_versions()
        };
        if copies().any(|(_, copy)| kept_by_store(copy.location.store)) {
            return None;
        }
        let steps = copies().filter_map(|(_, copy)| copy.made_by);
        let begun = steps.map(|step| model.steps[step].lifetime.from).max()?;
        let asked = asked.filter(|(lifetime, reach, gap)| {
            let days = (reach + gap) / 86_400 + self.settled;
            let since = begun.max(model.policy.start).saturating_add(days.days());
            self.settled(*lifetime) && since <= self.day() && days < PLAYED_DAYS
        });
        asked.map(|(_, reach, gap)| (reach, gap)).max()
    }

    /// Whether some copy has a version before each instant, and not too long before.
    fn reaches_back(
        &self,
        outcome: &Outcome,
        (reach, gap): (i64, i64),
        judged: Timestamp,
    ) -> Option<String> {
        let now = self.at.as_second();
        let copies = outcome.copies.iter();
        let copies = copies.filter(|copy| copy.why_not.is_none() && !copy.versions.is_empty());
        let fits = |versions: &[Timestamp]| {
            let all = versions.iter().map(|at| at.as_second());
            let all: Vec<i64> = all.filter(|at| *at <= now).collect();
            let after = all.iter().copied().skip(1).chain([now]);
            let apart = all
                .iter()
                .zip(after)
                .filter(|(_, next)| *next > now - reach);
            // Runs after the fault still forget: it is when somebody looks that they must reach back so far.
            let back = judged.as_second() - reach;
            let reached = all.first().is_some_and(|first| *first <= back);
            reached && apart.into_iter().all(|(at, next)| next - at <= gap)
        };
        let mut copies = copies.peekable();
        // Items and files that lie as such are their own history: others look at that.
        copies.peek()?;
        let all: Vec<_> = copies.collect();
        let kept = all.iter().any(|copy| fits(&copy.versions));
        (!kept).then(|| format!("no history of {reach} s with gaps of {gap} s: {all:?}"))
    }

    /// Whether no more is lost than was promised.
    fn young(&self, outcome: &Outcome, choices: &Choices) -> Option<String> {
        let model = &self.plan.model;
        let asked = model.classes[self.class].asked();
        let missed = choices.worst || choices.missed.values().any(|count| *count > 0);
        let nominal = model.requirements.iter().filter_map(|r| match r.demand {
            Demand::RecoveryPoint {
                nominal,
                guaranteed,
            } if r.selection.contains(self.class) && self.settled(r.lifetime) => {
                Some((nominal, guaranteed))
            }
            _ => None,
        });
        let own = (
            asked.rpo.map(|rpo| rpo.0),
            asked.rpo_guaranteed.map(|r| r.0),
        );
        let bounds = nominal.map(|(nominal, guaranteed)| (Some(nominal), guaranteed));
        let bounds = bounds.chain([own]).filter_map(
            |(nominal, guaranteed)| {
                if missed { guaranteed } else { nominal }
            },
        );
        let bound = bounds.min()?;
        let loss = outcome.loss?;
        (loss > bound).then(|| format!("{loss:?} are lost, and {bound:?} were promised"))
    }
}
