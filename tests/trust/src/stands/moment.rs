//! A moment of a policy, what may strike then, and how runs go.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use thrice_model::{
    ClassId, Demand, FaultKind, HostKind, Hostile, Lifetime, Mishap, SiteId, Strike, Survive,
    Target,
};
use thrice_plan::{Period, Plan};
use thrice_quantity::Seconds;
use thrice_simulate::{Case, Choices};

use crate::Random;

/// So many days before the first fault each case begins.
pub(crate) const PLAYED_DAYS: i64 = 400;

/// A class at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) period: &'a Period,
    pub(crate) class: ClassId,
    /// Days from when something new begins until it is asked for.
    pub(crate) settled: i64,
    pub(crate) at: Timestamp,
}

impl Moment<'_> {
    pub(crate) fn there(&self, lifetime: Lifetime) -> bool {
        lifetime.contains(self.day()) && lifetime.contains(self.period.from)
    }

    pub(crate) fn day(&self) -> Date {
        self.at.to_zoned(TimeZone::UTC).date()
    }

    /// A host or credential in hostile hands.
    pub(crate) fn somebody(&self, random: &mut Random) -> Vec<Mishap> {
        let all = [FaultKind::Compromise, FaultKind::Credential];
        let all = all.iter().flat_map(|kind| self.of_kind(*kind));
        all.choose(random).into_iter().collect()
    }

    /// Faults that a requirement or the floor asks to survive.
    pub(crate) fn asked(&self, random: &mut Random) -> Vec<Mishap> {
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

    pub(crate) fn settled(&self, lifetime: Lifetime) -> bool {
        let since = lifetime.from.saturating_add(self.settled.days());
        self.there(lifetime) && since <= self.day()
    }

    pub(crate) fn floor(&self) -> Vec<Mishap> {
        let home = self.plan.model.classes[self.class].home.store;
        vec![Mishap::Lose(Target::Host(self.plan.host_of(home)))]
    }

    pub(crate) fn of_kind(&self, kind: FaultKind) -> Vec<Mishap> {
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
            FaultKind::Site => {
                let all = self.sites().into_iter();
                all.map(|site| lose(Target::Site(site))).collect()
            }
            FaultKind::Provider => {
                let sites = self.sites().into_iter();
                let all: BTreeSet<_> = sites.map(|site| model.sites[site].provider).collect();
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

    /// Where hosts stand and vaults are.
    fn sites(&self) -> BTreeSet<SiteId> {
        let model = &self.plan.model;
        let hosts = model.hosts.iter();
        let hosts = hosts.filter(|(_, host)| self.there(host.lifetime));
        let vaults = model.vaults.iter();
        let vaults = vaults.filter(|(_, vault)| self.there(vault.lifetime));
        let vaults = vaults.filter_map(|(_, vault)| vault.site);
        hosts.map(|(_, host)| host.site).chain(vaults).collect()
    }

    /// Each strikes by itself before somebody has acted; it is judged some time after the last one.
    pub(crate) fn case(&self, mishaps: &[Mishap], random: &mut Random) -> Case {
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
}

/// As it should be, at worst, or anything between the two for each step by itself.
pub(crate) fn choices(plan: &Plan, random: &mut Random) -> Choices {
    let mut out = Choices::default();
    match random.random_range(0..3) {
        0 => {}
        1 => out.worst = true,
        _ => {
            let some_missed = random.random_bool(0.6);
            for (step, cadence) in plan.cadences.iter() {
                let (low, high) = (cadence.duration.low().0, cadence.duration.high().0);
                let takes = random.random_range(low..=high.max(low));
                out.durations.insert(step, Seconds(takes));
                let late = random.random_range(0..=cadence.jitter.0.max(0));
                out.late.insert(step, Seconds(late));
                if some_missed {
                    let missed = random.random_range(0..=cadence.missed);
                    out.missed.insert(step, missed);
                }
            }
        }
    }
    out
}

const fn lost(target: Target) -> Mishap {
    match target {
        Target::Credential(id) => Mishap::Steal(Hostile::Credential(id)),
        other => Mishap::Lose(other),
    }
}
