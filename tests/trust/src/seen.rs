//! What is promised of who sees what, of keys, of alarms and of the time table, played at random moments with random
//! choices: nobody comes to see what he is not cleared for, copies outlive no key, whoever watches a step that fails
//! speaks up in time, and no two runs meet of which nothing is told. The simulator shares the plan with the verifier and
//! no rule; what is allowed is said here once more.

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out"
)]

mod alarm;
mod flow;
mod keys;
mod late;
mod meets;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thrice_diagnostics::Severity;
use thrice_model::{Obligation, StepId};
use thrice_plan::{Period, Plan};
use thrice_verify::{Session, Verification};

use crate::Random;
use crate::policy::{Texts, judge};
pub use crate::stands::Tally;
pub use worlds::policy;

const DAY: i64 = 86_400;

/// Verifies a policy and plays so many cases of each kind of what is promised; `name` says which policy it is.
pub fn seen(texts: &Texts, name: &str, cases: u32, random: &mut Random) -> Tally {
    let mut out = Tally::default();
    let judged = judge(texts);
    let (Some(plan), Some(verified)) = (judged.plan, judged.verified) else {
        return out;
    };
    out.policies += 1;
    let text = || texts.roots.values().cloned().collect::<String>();
    let own = [
        Obligation::Flow,
        Obligation::Keys,
        Obligation::Alarm,
        Obligation::TimeTable,
    ];
    for wrong in Session::default().verify(&plan, &own).internal {
        let told = format!("{name}: internal: {}\n{}", wrong.message, text());
        out.mismatches.push(told);
    }
    let said = Said {
        late: late::written_late(texts, random),
        ..Said::of(&plan, &verified)
    };
    let kinds = [flow::one, keys::one, alarm::one, alarm::quiet, meets::one];
    for _ in 0..cases {
        for one in kinds {
            for wrong in one(&said, random, &mut out.played).into_iter().flatten() {
                out.mismatches.push(format!("{name}: {wrong}\n{}", text()));
            }
        }
    }
    out
}

/// How often what was played.
type Played = BTreeMap<&'static str, u64>;

/// What a case comes to: `None` where nothing of the kind is promised, else what is not so.
type Came = Option<Vec<String>>;

/// A policy and what is said of it.
struct Said<'a> {
    plan: &'a Plan,
    /// The same with the days of a late phase as if they were written.
    late: Option<Plan>,
    /// Whether a verdict holds, by obligation, subject and period; of several, all.
    holds: BTreeMap<(Obligation, String, String), bool>,
    /// What is told: the obligation, the code, and all names.
    told: Vec<Told>,
}

/// Something that is told.
struct Told {
    obligation: Obligation,
    code: &'static str,
    severity: Severity,
    names: BTreeSet<String>,
}

impl<'a> Said<'a> {
    fn of(plan: &'a Plan, verified: &Verification) -> Self {
        let mut holds = BTreeMap::new();
        for verdict in verified.verdicts.iter() {
            let key = (
                verdict.obligation,
                verdict.subject.to_string(),
                verdict.period.to_string(),
            );
            *holds.entry(key).or_insert(true) &= verdict.holds;
        }
        let told = verified.findings.iter().map(|found| {
            let classes = found.classes.iter();
            let classes = classes.map(|id| plan.model.classes[*id].named.name.to_string());
            Told {
                obligation: found.obligation,
                code: found.diagnostic.code.0,
                severity: found.diagnostic.severity,
                names: classes.chain(found.subjects.iter().cloned()).collect(),
            }
        });
        Self {
            plan,
            late: None,
            holds,
            told: told.collect(),
        }
    }

    /// What was decided of something in a period, if anything was.
    fn holds(&self, obligation: Obligation, subject: &str, period: &Period) -> Option<bool> {
        let key = (obligation, subject.to_owned(), period.name.clone());
        self.holds.get(&key).copied()
    }

    /// Whether one of some codes is told of all of these.
    fn is_told(&self, codes: &[&str], names: &[&str]) -> bool {
        self.told.iter().any(|told| {
            codes.contains(&told.code) && names.iter().all(|name| told.names.contains(*name))
        })
    }

    /// Whether an error of an obligation is told of something.
    fn is_error(&self, obligation: Obligation, name: &str) -> bool {
        self.told.iter().any(|told| {
            told.obligation == obligation
                && told.severity == Severity::Error
                && told.names.contains(name)
        })
    }

    fn step(&self, id: StepId) -> &'a str {
        &self.plan.model.steps[id].named.name
    }
}

fn midnight(day: Date) -> i64 {
    let at = day.to_zoned(TimeZone::UTC);
    at.map_or(0, |at| at.timestamp().as_second())
}

fn day(second: i64) -> Date {
    instant(second).to_zoned(TimeZone::UTC).date()
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}
