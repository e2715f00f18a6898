//! One case of what is promised: what strikes, what is left open, and whether it is as was said.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use thrice_model::{
    ClassId, ClassKind, Demand, FaultKind, HostKind, Hostile, Lifetime, Mishap, Obligation,
    StoreId, Strike, Survive, Target,
};
use thrice_plan::{Period, Plan};
use thrice_quantity::Seconds;
use thrice_simulate::{Case, Choices, Outcome, simulate};

use super::Promises;
use crate::Random;

/// So many days before the first fault each case begins.
const PLAYED_DAYS: i64 = 400;

/// One case to be tried.
pub(super) struct Trial<'a> {
    pub(super) plan: &'a Plan,
    pub(super) promises: &'a Promises,
    pub(super) period: &'a Period,
    pub(super) class: ClassId,
    /// Days from when something new begins until it is asked for.
    pub(super) settled: i64,
    pub(super) at: Timestamp,
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
        // That nobody can destroy what else a restore needs is said of that.
        let needs = outcome.lacks.map(|id| &model.classes[id].named.name);
        let is_said = |name: &str| self.promises.holds(Obligation::Deletion, name, self.period);
        if destroyed && needs.is_some_and(|name| !is_said(name)) {
            wrong = None;
        }
        let lost = mishaps.iter().all(|m| matches!(m, Mishap::Lose(_)));
        if wrong.is_none() && lost && held(Obligation::RecoveryPoint) {
            *played.entry("recovery point").or_default() += 1;
            wrong = self.young(outcome, &case.choices);
        }
        let as_planned = case.choices == Choices::default();
        // Histories are asked for under the faults that requirements name.
        let is_asked = mishaps != self.floor();
        if wrong.is_none() && lost && as_planned && is_asked && held(Obligation::History) {
            let asked = self.history();
            *played.entry("history").or_default() += u64::from(asked.is_some());
            wrong = asked.and_then(|asked| self.reaches_back(outcome, asked));
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

    fn there(&self, lifetime: Lifetime) -> bool {
        lifetime.contains(self.day()) && lifetime.contains(self.period.from)
    }

    fn day(&self) -> Date {
        self.at.to_zoned(TimeZone::UTC).date()
    }

    /// A host or credential in hostile hands.
    fn somebody(&self, random: &mut Random) -> Vec<Mishap> {
        let all = [FaultKind::Compromise, FaultKind::Credential];
        let all = all.iter().flat_map(|kind| self.of_kind(*kind));
        all.choose(random).into_iter().collect()
    }

    /// Faults that a requirement or the floor asks to survive.
    fn asked(&self, random: &mut Random) -> Vec<Mishap> {
        let model = &self.plan.model;
        let asking = model.requirements.iter().filter_map(|r| match &r.demand {
            Demand::Survive(survive)
                if r.selection.contains(self.class) && self.settled(r.lifetime) =>
            {
                Some(survive)
            }
            _ => None,
        });
        match asking.choose(random) {
            _ if random.random_bool(0.15) => self.floor(),
            None => self.floor(),
            Some(Survive::Loss(targets)) => targets.iter().map(|target| lost(*target)).collect(),
            Some(Survive::Any { count, kinds }) => {
                let all: Vec<_> = kinds.iter().flat_map(|kind| self.of_kind(*kind)).collect();
                (0..*count)
                    .filter_map(|_| all.choose(random).copied())
                    .collect()
            }
        }
    }

    fn settled(&self, lifetime: Lifetime) -> bool {
        let since = lifetime.from.saturating_add(self.settled.days());
        self.there(lifetime) && since <= self.day()
    }

    fn floor(&self) -> Vec<Mishap> {
        let home = self.plan.model.classes[self.class].home.store;
        vec![Mishap::Lose(Target::Host(self.plan.host_of(home)))]
    }

    fn of_kind(&self, kind: FaultKind) -> Vec<Mishap> {
        let model = &self.plan.model;
        let hosts = || {
            let hosts = model.hosts.iter();
            hosts.filter(|(_, host)| self.there(host.lifetime))
        };
        let stores = || {
            let stores = model.stores.iter();
            stores
                .filter(|(_, s)| self.there(s.lifetime))
                .map(|(id, _)| id)
        };
        let lose = |target| Mishap::Lose(target);
        match kind {
            FaultKind::Host => hosts().map(|(id, _)| lose(Target::Host(id))).collect(),
            FaultKind::Store => stores().map(|id| lose(Target::Store(id))).collect(),
            FaultKind::Site => hosts().map(|(_, h)| lose(Target::Site(h.site))).collect(),
            FaultKind::Provider => {
                let of = |site| model.sites[site].provider;
                let all: BTreeSet<_> = hosts().map(|(_, host)| of(host.site)).collect();
                all.into_iter()
                    .map(|id| lose(Target::Provider(id)))
                    .collect()
            }
            FaultKind::Credential => {
                let all = model.credentials.ids();
                all.map(|id| Mishap::Steal(Hostile::Credential(id)))
                    .collect()
            }
            FaultKind::Key => model.keys.ids().map(|id| lose(Target::Key(id))).collect(),
            FaultKind::Operator => stores().map(Mishap::Delete).collect(),
            FaultKind::Corruption => vec![Mishap::Corrupt(self.class)],
            FaultKind::Compromise => hosts()
                .filter(|(_, host)| host.kind != HostKind::ObjectStorage)
                .map(|(id, _)| Mishap::Steal(Hostile::Host(id)))
                .collect(),
            FaultKind::Rot => stores().map(Mishap::Rot).collect(),
        }
    }

    /// Each strikes by itself before somebody has acted; it is judged some time after the last one.
    fn case(&self, mishaps: &[Mishap], random: &mut Random) -> Case {
        let response = self.plan.model.policy.response.0.max(2);
        let mut at = self.at;
        let mut strikes = Vec::new();
        for mishap in mishaps {
            strikes.push(Strike {
                at,
                mishap: *mishap,
                span: None,
            });
            let later = random.random_range(0..=response / 2);
            at = self.at + SignedDuration::from_secs(later);
        }
        strikes.sort_by_key(|strike| strike.at);
        let last = strikes.last().map_or(self.at, |strike| strike.at);
        let end = (self.at + SignedDuration::from_secs(response)).max(last);
        let left = end.duration_since(last).as_secs().max(1);
        let judged = last + SignedDuration::from_secs(random.random_range(0..=left));
        Case {
            strikes,
            from: Timestamp::from_second(self.at.as_second() - PLAYED_DAYS * 86_400).ok(),
            judged,
            classes: BTreeSet::from([self.class]),
            choices: choices(self.plan, random),
        }
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
    fn reaches_back(&self, outcome: &Outcome, (reach, gap): (i64, i64)) -> Option<String> {
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
            let reached = all.first().is_some_and(|first| *first <= now - reach);
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

const fn lost(target: Target) -> Mishap {
    match target {
        Target::Credential(id) => Mishap::Steal(Hostile::Credential(id)),
        other => Mishap::Lose(other),
    }
}

/// As it should be, at worst, or anything between the two for each step by itself.
pub(crate) fn choices(plan: &Plan, random: &mut Random) -> Choices {
    let mut out = Choices::default();
    match random.random_range(0..3) {
        0 => {}
        1 => out.worst = true,
        _ => {
            for (step, cadence) in plan.cadences.iter() {
                let (low, high) = (cadence.duration.low().0, cadence.duration.high().0);
                let takes = random.random_range(low..=high.max(low));
                out.durations.insert(step, Seconds(takes));
                let late = random.random_range(0..=cadence.jitter.0.max(0));
                out.late.insert(step, Seconds(late));
                let missed = random.random_range(0..=cadence.missed);
                out.missed.insert(step, missed);
            }
        }
    }
    out
}
