//! What is proved, played: faults that a policy asks to survive strike at random moments, while runs take as long, start
//! as late and are missed as often as they may; and of each class for which the verifier has said that it survives
//! them, that its newest version is young enough or that nobody can destroy all of it, the simulator must say the same.
//! The simulator shares the plan with the verifier and no rule.

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out"
)]

pub(crate) mod moment;
mod trial;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter, Write as _};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use thrice_diagnostics::Severity;
use thrice_model::{ClassId, Lifetime, Obligation};
use thrice_plan::{Period, Plan};
use thrice_verify::Verification;

use self::moment::Moment;
use self::trial::Trial;
use crate::among::world::World;
use crate::compare::small_world_in_phases;
use crate::policy::{Texts, judge};
use crate::world::Lives;
use crate::{FAULTS, Random};

/// So many days after something new has begun, what it brings is asked for, where no bound of its chain is known.
const SETTLED_DAYS: i64 = 130;

/// Days after something new has begun from when on all that it brings has surely come: by its longest chain, ages at
/// which things are moved included.
pub(crate) fn settled_days(plan: &Plan, class: ClassId) -> i64 {
    let copies = plan.copies.iter().filter(|(_, copy)| copy.class == class);
    let bounds = copies.map(|(_, copy)| {
        let waits = copy.enter.older_than.as_ref().map_or(0, |age| age.high().0);
        // What a store keeps of it is there from its first snapshot on.
        let kept = plan.snapshots[copy.location.store].map_or(0, |own| own.apart.0);
        copy.staleness.0.saturating_add(waits).saturating_add(kept)
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
            promises: &promises,
            moment: Moment {
                plan: &plan,
                period,
                class,
                settled,
                at,
            },
        };
        if let Some(wrong) = trial.one(random, &mut out.played) {
            let text: String = texts.roots.values().cloned().collect();
            out.mismatches.push(format!("{name}: {wrong}\n{text}"));
        }
    }
    out
}

/// A random policy: of several classes, of one with versions, of one in short phases, or one of those in which hands are
/// hostile, with faults that it asks to survive.
#[must_use]
pub fn policy(random: &mut Random) -> Texts {
    if random.random_bool(0.4) {
        let world = World::random(random);
        let all: BTreeSet<usize> = (0..world.classes).collect();
        return Texts::one(&world.text(&all, random));
    }
    if random.random_bool(0.3) {
        return Texts::one(&versions::text(random));
    }
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
        let kinds = (0..count).filter_map(|_| FAULTS.choose(random).copied());
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
        // That a history is there while runs succeed is one, and so it is played.
        let warned = warned.filter(|found| {
            found.diagnostic.severity != Severity::Note && found.diagnostic.code.0 != "T1603"
        });
        let warned: BTreeSet<_> = warned
            .flat_map(|found| {
                let names = found.classes.iter();
                let names = names.map(|id| plan.model.classes[*id].named.name.to_string());
                names.map(|name| (found.obligation, name))
            })
            .collect();
        // What is read half written is an error of the time table, which all others take for kept.
        let mut codes = verified
            .findings
            .iter()
            .map(|found| found.diagnostic.code.0);
        let torn = codes.any(|code| code == "T2105");
        let said = said.into_iter().filter(|_| !torn);
        let kept = said.map(|(key, _)| key);
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
pub(crate) fn moment(
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
