//! What is promised of amounts and times, played: how much a store holds, how soon what was lost is back, how long
//! what was deleted is still somewhere, and what a month costs.
//!
//! Any policy is given sizes, lines, prices and bounds where it has none ([`dressed`]), most of these at the very value
//! that the verifier tells, so that about half of its verdicts hold and most of them only just. Of those that hold
//! the simulator must say the same, whatever is left open: values within their intervals, moments, faults,
//! how late runs start, how long they take and which are missed ([`drawn`]). It shares the plan with the verifier and no
//! rule.

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out"
)]

mod drawn;
mod dressed;
mod erased;
mod month;
mod restored;
mod room;

use jiff::Timestamp;
use jiff::civil::Date;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use thrice_model::{ClassId, Obligation, StoreId};
use thrice_plan::calendar::midnight;
use thrice_plan::{Period, Plan};
use thrice_simulate::with_needs;
use thrice_verify::{Engine, Session, Verdict, Verification};

use self::dressed::dress;
use crate::among::world::World;
use crate::policy::{Texts, plan};
use crate::stands::Tally;
use crate::{Random, erased as deletions, restored as restores, room as rooms};

/// The obligations whose verdicts are played here.
const PLAYED: [Obligation; 4] = [
    Obligation::Capacity,
    Obligation::RecoveryTime,
    Obligation::Erasure,
    Obligation::Cost,
];

/// More than any small policy takes, in the units of those who write them down.
const PLENTY: i64 = 100_000;

/// Verifies a policy that is given bounds, and plays so many cases of each obligation that holds somewhere; `name` says which policy it
/// is.
#[must_use]
pub fn bounds(texts: &Texts, name: &str, cases: u32, random: &mut Random) -> Tally {
    let mut out = Tally::default();
    let Ok(mut plan) = plan(texts) else {
        return out;
    };
    out.policies += 1;
    let mut session = Session::default();
    let said = dress(&mut plan, &mut session, random);
    let verified = session.verify(&plan, &PLAYED);
    let mut wrong: Vec<String> = Vec::new();
    let internal = verified.internal.iter();
    wrong.extend(internal.map(|found| format!("{}: {:?}", found.message, found.help)));
    let kept = Kept::of(&plan, &verified);
    for obligation in PLAYED {
        let all = verified.verdicts.iter();
        let all = all.filter(|verdict| verdict.obligation == obligation);
        let [held, refused] = told(obligation);
        for verdict in all {
            *out.played
                .entry(if verdict.holds { held } else { refused })
                .or_default() += 1;
        }
        let mine: Vec<&Held> = kept
            .held
            .iter()
            .filter(|h| h.obligation == obligation)
            .collect();
        for _ in 0..cases {
            let Some(held) = mine.choose(random) else {
                break;
            };
            let trial = Trial {
                plan: &plan,
                kept: &kept,
                period: &plan.periods[held.period],
            };
            let mut came = match held.of {
                Of::Store(store) => trial.fits(store, random),
                Of::Class(class) if obligation == Obligation::Erasure => {
                    trial.is_gone(class, held.period, random)
                }
                Of::Class(class) => trial.is_back(class, random),
                Of::Policy => trial.costs(random),
            };
            if let (Came::IfSomethingIsLeft(why), Of::Class(class)) = (&came, held.of) {
                let survival = session.verify(&plan, &[Obligation::Survival]);
                let kept = Kept::of(&plan, &survival);
                let period = &trial.period.name;
                let is_left = with_needs(&plan, class)
                    .iter()
                    .all(|class| kept.promises(Obligation::Survival, *class, period, &plan));
                came = match is_left {
                    true => Came::Otherwise(why.clone()),
                    false => Came::NotPlayed,
                };
            }
            match came {
                Came::NotPlayed | Came::IfSomethingIsLeft(_) => {}
                Came::AsSaid => *out.played.entry(obligation.word()).or_default() += 1,
                Came::Otherwise(why) => {
                    *out.played.entry(obligation.word()).or_default() += 1;
                    let period = &trial.period.name;
                    let notes = verified.verdicts.iter().filter(|verdict| {
                        verdict.obligation == obligation && verdict.period == *period
                    });
                    let notes = notes.map(|v| format!("\n  {}: {}", v.subject, v.note));
                    wrong.push(format!("{why} in {period}{}", notes.collect::<String>()));
                    break;
                }
            }
        }
    }
    if !wrong.is_empty() {
        let text: String = texts.roots.values().cloned().collect();
        let wrong = wrong.join("\n");
        let said = said.join("\n  ");
        out.mismatches
            .push(format!("{name}: {wrong}\nwith\n  {said}\n{text}"));
    }
    out
}

/// By which names verdicts are counted that hold, and that do not.
const fn told(obligation: Obligation) -> [&'static str; 2] {
    match obligation {
        Obligation::Capacity => ["capacity holds", "capacity refused"],
        Obligation::RecoveryTime => ["recovery-time holds", "recovery-time refused"],
        Obligation::Erasure => ["erasure holds", "erasure refused"],
        _ => ["cost holds", "cost refused"],
    }
}

/// A random policy: one of several classes, or one of those whose limits are found by trying.
#[must_use]
pub fn policy(random: &mut Random) -> Texts {
    let text = match random.random_range(0..10) {
        0 => {
            let most = rooms::Room {
                home: PLENTY,
                away: PLENTY,
            };
            rooms::World::random(random).text(most)
        }
        1 | 2 => deletions::World::random(random).text(PLENTY),
        3 | 4 => restores::World::random(random).text(),
        _ => {
            let world = World::random(random);
            let all = (0..world.classes).collect();
            world.text(&all, random)
        }
    };
    Texts::one(&text)
}

/// What a verdict is about.
#[derive(Clone, Copy, Debug)]
enum Of {
    Class(ClassId),
    Store(StoreId),
    Policy,
}

/// A verdict.
#[derive(Clone, Copy, Debug)]
struct Held {
    obligation: Obligation,
    of: Of,
    /// By its place.
    period: usize,
}

/// All verdicts: those that hold, and those that do not or are not known.
struct Kept {
    held: Vec<Held>,
    refused: Vec<Held>,
}

impl Kept {
    fn of(plan: &Plan, verified: &Verification) -> Self {
        let (held, refused): (Vec<_>, Vec<_>) = verified
            .verdicts
            .iter()
            .partition(|verdict| verdict.holds && verdict.engine != Engine::Unknown);
        let told = |verdict: &Verdict| {
            let subject = verdict.subject.as_str();
            let of = match verdict.obligation {
                Obligation::Cost => Of::Policy,
                Obligation::Capacity => {
                    let mut stores = plan.model.stores.iter();
                    Of::Store(stores.find(|(_, store)| store.named.name == subject)?.0)
                }
                _ => {
                    let mut classes = plan.model.classes.iter();
                    Of::Class(classes.find(|(_, class)| class.named.name == subject)?.0)
                }
            };
            let mut periods = plan.periods.iter();
            Some(Held {
                obligation: verdict.obligation,
                of,
                period: periods.position(|period| verdict.period == period.name)?,
            })
        };
        let all = |verdicts: Vec<Verdict>| verdicts.iter().filter_map(&told).collect();
        Self {
            held: all(held),
            refused: all(refused),
        }
    }

    /// Whether something is promised of a class in a period.
    fn promises(&self, obligation: Obligation, class: ClassId, period: &str, plan: &Plan) -> bool {
        is_among(&self.held, obligation, class, (period, plan))
    }

    /// Whether something is told not to hold for a class in a period.
    fn refuses(&self, obligation: Obligation, class: ClassId, period: &str, plan: &Plan) -> bool {
        is_among(&self.refused, obligation, class, (period, plan))
    }
}

fn is_among(
    all: &[Held],
    obligation: Obligation,
    class: ClassId,
    (period, plan): (&str, &Plan),
) -> bool {
    all.iter().any(|held| {
        held.obligation == obligation
            && matches!(held.of, Of::Class(of) if of == class)
            && plan.periods[held.period].name == period
    })
}

/// What came of a case.
enum Came {
    /// Nothing that was promised was put to the test.
    NotPlayed,
    AsSaid,
    Otherwise(String),
    /// Otherwise as well, if it is promised that something is left.
    IfSomethingIsLeft(String),
}

/// What is tried of a plan in one period.
struct Trial<'a> {
    plan: &'a Plan,
    kept: &'a Kept,
    period: &'a Period,
}

/// The instant at which a day begins.
fn second(day: Date) -> Option<Timestamp> {
    Timestamp::from_second(midnight(day)).ok()
}
