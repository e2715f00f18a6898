//! What is proved, played: faults that a policy asks to survive strike at random moments, while runs take as long, start
//! as late and are missed as often as they may; and of each class for which the verifier has said that it survives
//! them, that its newest version is young enough or that nobody can destroy all of it, the simulator must say the same.
//! The simulator shares the plan with the verifier and no rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter, Write as _};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use thrice_diagnostics::Severity;
use thrice_model::{
    ClassId, ClassKind, Demand, FaultKind, HostKind, Hostile, Lifetime, Mishap, Obligation,
    StoreId, Strike, Survive, Target,
};
use thrice_plan::{Period, Plan};
use thrice_quantity::Seconds;
use thrice_simulate::{Case, Choices, Outcome, simulate};
use thrice_verify::Verification;

use crate::Random;
use crate::compare::small_world_in_phases;
use crate::policy::{Texts, judge};
use crate::world::Lives;

/// So many days after something new has begun, what it brings is asked for, where no bound of its chain is known.
const SETTLED_DAYS: i64 = 130;

/// So many days before the first fault each case begins.
const PLAYED_DAYS: i64 = 400;

/// Days after something new has begun from when on all that it brings has surely come: by its longest chain, ages at
/// which things are moved included.
fn settled_days(plan: &Plan, class: ClassId) -> i64 {
    let copies = plan.copies.iter().filter(|(_, copy)| copy.class == class);
    let bounds = copies.map(|(_, copy)| {
        let waits = copy.enter.older_than.as_ref().map_or(0, |age| age.high().0);
        copy.staleness.0.saturating_add(waits)
    });
    let longest = bounds.max().unwrap_or(0) / 86_400 + 2;
    if longest > SETTLED_DAYS {
        SETTLED_DAYS
    } else {
        longest
    }
}

/// What came out of a series.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many policies were read and verified.
    pub policies: u64,
    /// How many cases were played, by what had been said.
    pub played: BTreeMap<&'static str, u64>,
    /// How many of them came out otherwise, each with its policy.
    pub mismatches: Vec<String>,
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let played = self.played.iter();
        let played = played.map(|(what, count)| format!("{what}: {count}"));
        write!(
            f,
            "{} policies; cases played, {}; {} mismatches",
            self.policies,
            played.collect::<Vec<_>>().join(", "),
            self.mismatches.len()
        )
    }
}

impl Tally {
    /// With what came out of others.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.policies += other.policies;
        for (what, count) in other.played {
            *self.played.entry(what).or_default() += count;
        }
        self.mismatches.extend(other.mismatches);
        self
    }
}

/// Verifies a policy and plays so many cases of what was proved; `name` says which policy it is.
pub fn stands(texts: &Texts, name: &str, cases: u32, random: &mut Random) -> Tally {
    let mut out = Tally::default();
    let judged = judge(texts);
    let (Some(plan), Some(verified)) = (judged.plan, judged.verified) else {
        return out;
    };
    out.policies += 1;
    let promises = Promises::of(&plan, &verified);
    for _ in 0..cases {
        let Some(period) = plan.periods.choose(random) else {
            break;
        };
        let Some((class, data)) = plan.model.classes.iter().choose(random) else {
            break;
        };
        let settled = settled_days(&plan, class);
        let Some(at) = moment(period, (data.lifetime, settled), &plan, random) else {
            continue;
        };
        let trial = Trial {
            settled,
            plan: &plan,
            promises: &promises,
            period,
            class,
            at,
        };
        if let Some(wrong) = trial.one(random, &mut out.played) {
            let text: String = texts.roots.values().cloned().collect();
            out.mismatches.push(format!("{name}: {wrong}\n{text}"));
        }
    }
    out
}

/// A random policy of those in which hands are hostile, with faults that it asks to survive.
#[must_use]
pub fn policy(random: &mut Random) -> Texts {
    const KINDS: [&str; 10] = [
        "host",
        "store",
        "site",
        "provider",
        "credential",
        "key",
        "operator",
        "corruption",
        "compromise",
        "rot",
    ];
    if random.random_bool(0.3) {
        let (world, lives, _) = small_world_in_phases(random, Lives::in_short_phases);
        return Texts::one(&world.text_with(&lives));
    }
    let mut text = crate::hostile::text(random);
    if random.random_bool(0.5) {
        text = crate::hostile::slower(&text, random);
    }
    for _ in 0..random.random_range(1..=2) {
        let count = random.random_range(1..=2);
        let kinds = (0..count).filter_map(|_| KINDS.choose(random).copied());
        let kinds: BTreeSet<&str> = kinds.collect();
        let count = random.random_range(1..=2);
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "require survive any {count} of {kinds} for c");
    }
    if random.random_bool(0.5) {
        text = text.replace("horizon 1 year", "horizon 3 years");
    }
    if random.random_bool(0.5) {
        let days = random.random_range(1..60);
        let gap = random.random_range(1..=days);
        let _ = writeln!(
            text,
            "require history of {days} days with gap {gap} days for c"
        );
    }
    if random.random_bool(0.6) {
        let hours = random.random_range(20..200);
        let missed = hours + random.random_range(0..200);
        let _ = writeln!(
            text,
            "require rpo <= {hours}h, guaranteed <= {missed}h for c"
        );
    }
    Texts::one(&text)
}

/// What holds, by obligation, class and period.
struct Promises(BTreeSet<(Obligation, String, String)>);

impl Promises {
    /// A class that survives together with what it needs of matching versions has a verdict `CLASS with OTHER` as well.
    fn of(plan: &Plan, verified: &Verification) -> Self {
        let said = verified.verdicts.iter();
        let said: Vec<_> = said
            .map(|v| {
                let of = v.subject.split(" with ").next().unwrap_or("").to_owned();
                ((v.obligation, of, v.period.to_string()), v.holds)
            })
            .collect();
        let broken: BTreeSet<_> = said.iter().filter(|(_, holds)| !holds).collect();
        let broken: BTreeSet<_> = broken.into_iter().map(|(key, _)| key.clone()).collect();
        // Boundary cases and late phases are told as warnings, of verdicts that hold.
        let warned = verified.findings.iter();
        let warned = warned.filter(|found| found.diagnostic.severity != Severity::Note);
        let warned: BTreeSet<_> = warned
            .flat_map(|found| {
                let names = found.classes.iter();
                let names = names.map(|id| plan.model.classes[*id].named.name.to_string());
                names.map(|name| (found.obligation, name))
            })
            .collect();
        let kept = said.into_iter().map(|(key, _)| key);
        let fair = |(obligation, class, _): &(Obligation, String, String)| {
            !warned.contains(&(*obligation, class.clone()))
        };
        Self(
            kept.filter(|key| !broken.contains(key) && fair(key))
                .collect(),
        )
    }

    fn holds(&self, obligation: Obligation, class: &str, period: &Period) -> bool {
        let key = (obligation, class.to_owned(), period.name.clone());
        self.0.contains(&key)
    }
}

/// A moment of a period at which what is new has had its time.
fn moment(
    period: &Period,
    (lifetime, days): (Lifetime, i64),
    plan: &Plan,
    random: &mut Random,
) -> Option<Timestamp> {
    let begun = lifetime.from.max(plan.model.policy.start);
    let from = period.from.max(begun.checked_add(days.days()).ok()?);
    let until = lifetime.until.unwrap_or(period.until).min(period.until);
    let from = from.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    let until = until.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    // Not so late that the period is over before somebody has acted.
    let until = until.checked_sub(plan.model.policy.response.0 * 2)?;
    (from < until).then(|| Timestamp::from_second(random.random_range(from..until)).ok())?
}

/// One case to be tried.
struct Trial<'a> {
    plan: &'a Plan,
    promises: &'a Promises,
    period: &'a Period,
    class: ClassId,
    /// Days from when something new begins until it is asked for.
    settled: i64,
    at: Timestamp,
}

impl Trial<'_> {
    fn one(&self, random: &mut Random, played: &mut BTreeMap<&'static str, u64>) -> Option<String> {
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
        if wrong.is_none() && lost && as_planned && held(Obligation::History) {
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
            choices: self.choices(random),
        }
    }

    /// As it should be, at worst, or anything between the two for each step by itself.
    fn choices(&self, random: &mut Random) -> Choices {
        let mut out = Choices::default();
        match random.random_range(0..3) {
            0 => {}
            1 => out.worst = true,
            _ => {
                for (step, cadence) in self.plan.cadences.iter() {
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
