//! At which value a verdict turns.
//!
//! Each value that the policy only assumes is made worse, everything else left as it is, until a verdict that
//! holds today does not hold any more. What is told is a value that was tried, at which the verdict fails;
//! below it is one that was tried and at which all hold. Every report says it of the verdicts that are
//! evaluated at a worst case ([`evaluated`]); the [`ledger`] of all verdicts, for which the policy is planned and
//! decided anew with each value. An assumption on which no verdict turns, up to a value far beyond what is
//! meant, is in no core, and the ledger leaves it out.

mod evaluated;
mod knob;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::thread;

use ecow::EcoString;
use thrice_model::{Model, Obligation};
use thrice_plan::Plan;
use thrice_verdicts::{Assumptions, Turn};

pub(crate) use evaluated::assumptions;

use crate::assumptions::{self, Assumed, Knob};
use crate::context::Context;
use crate::prover::Session;
use crate::verdicts::Verdicts;
use evaluated::Evaluated;
use knob::Scale;

/// More quantities than this are listed as they are: each costs at least one check of the policy.
const TRIED: usize = 200;
/// The ledger's turn is found to within this part of the value, unless it is known already.
const FINE: i64 = 16;
/// Broken verdicts that are named.
const NAMED: usize = 3;

/// The assumptions of a plan that its verdicts rest on, each with the value at which one turns.
#[must_use]
pub fn ledger(plan: &Plan) -> Assumptions {
    let assumed: Vec<Assumed<'_>> = assumptions::all(&plan.model).collect();
    let (first, second) = assumed.split_at(assumed.len() / 2);
    // Two threads, as for the proofs.
    let (mut out, more) = thread::scope(|scope| {
        let other = scope.spawn(|| turned(plan, second, TRIED / 2));
        let own = turned(plan, first, TRIED / 2);
        let other = other
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (own, other)
    });
    out.extend(more);
    let others = out.iter().filter(|(_, turn)| turn.is_none());
    let turning = out
        .iter()
        .filter_map(|(assumed, turn)| Some((*assumed, turn.clone()?)));
    assumptions::worded(
        &plan.model,
        turning.collect(),
        others.map(|(assumed, _)| *assumed),
    )
}

/// Some assumptions, those left out on which no verdict rests.
fn turned<'p>(
    plan: &'p Plan,
    assumed: &[Assumed<'p>],
    tried: usize,
) -> Vec<(Assumed<'p>, Option<Turn>)> {
    let context = Context::new(plan, Rc::default());
    let mut seeker = Seeker {
        plan,
        evaluated: Evaluated::new(&context),
        judge: Session::default(),
        left: tried,
        today: BTreeMap::new(),
    };
    let assumed = assumed.iter();
    assumed
        .filter_map(|assumed| Some((*assumed, seeker.seek(assumed.knob())?)))
        .collect()
}

struct Seeker<'c, 'p> {
    plan: &'p Plan,
    evaluated: Evaluated<'c, 'p>,
    judge: Session,
    /// How many assumptions may still be tried.
    left: usize,
    /// What holds as the policy is.
    today: BTreeMap<Obligation, BTreeSet<Claim>>,
}

/// A verdict's obligation, subject and period.
type Claim = (Obligation, EcoString, EcoString);

impl Seeker<'_, '_> {
    /// Where a verdict turns with a value, if it is tried; `None` where no verdict rests on it.
    fn seek(&mut self, knob: Option<Knob>) -> Option<Option<Turn>> {
        let Some(knob) = knob.filter(|_| self.left > 0) else {
            return Some(None);
        };
        self.left -= 1;
        self.turn(knob).map(Some)
    }

    fn turn(&mut self, knob: Knob) -> Option<Turn> {
        let scale = knob.scale(self.plan);
        let mut asked = knob.obligations().to_vec();
        let held = self.today(&asked);
        // Where an evaluated verdict turns is known: are there others that turn before?
        let known = self.evaluated.first(knob, &scale).map(|(at, _)| at);
        let (mut first, mut broken) = (scale.last(), BTreeSet::new());
        if let Some(at) = known {
            broken = self.broken(knob, scale.value(at - 1), &asked, &held);
            first = if broken.is_empty() { at } else { at - 1 };
        }
        if broken.is_empty() {
            broken = self.broken(knob, scale.value(first), &asked, &held);
        }
        if broken.is_empty() {
            return self.missing(knob, &scale, &held);
        }
        if known != Some(first) {
            // What a worse value breaks, a still worse one does as well: nothing else need be looked at.
            asked.retain(|o| broken.iter().any(|(obligation, ..)| obligation == o));
            first = scale.turn(
                (0, first),
                |holds, fails| fails.saturating_sub(holds) <= holds / FINE,
                |value| {
                    let there = self.broken(knob, value, &asked, &held);
                    let fails = !there.is_empty();
                    if fails {
                        broken = there;
                    }
                    fails
                },
            );
        }
        Some(knob.turned(self.plan, &scale, first, names(&broken)))
    }

    /// Whether a verdict rests on a step running at all, however long it may take.
    fn missing(&mut self, knob: Knob, scale: &Scale, held: &BTreeSet<Claim>) -> Option<Turn> {
        let Knob::Duration(id) = knob else {
            return None;
        };
        let mut model = self.plan.model.clone();
        let step = model.steps.get_mut(id)?;
        step.lifetime.until = Some(step.lifetime.from);
        let there = self.decide(model, knob.obligations());
        let broken: BTreeSet<Claim> = held.difference(&there).cloned().collect();
        (!broken.is_empty()).then(|| Turn {
            now: knob.words(&self.plan.model, scale.value(0)),
            at: "it does not run".to_owned(),
            breaks: names(&broken),
            permille: u64::MAX,
        })
    }

    /// What holds as the policy is; each obligation is decided once.
    fn today(&mut self, asked: &[Obligation]) -> BTreeSet<Claim> {
        for obligation in asked {
            if !self.today.contains_key(obligation) {
                let found = self.judge.decide(self.plan, &[*obligation]);
                self.today.insert(*obligation, claims(&found.verdicts));
            }
        }
        let known = asked.iter().filter_map(|o| self.today.get(o));
        known.flatten().cloned().collect()
    }

    /// What held and does not hold with another value, of the obligations asked about.
    fn broken(
        &mut self,
        knob: Knob,
        value: i64,
        asked: &[Obligation],
        held: &BTreeSet<Claim>,
    ) -> BTreeSet<Claim> {
        let mut model = self.plan.model.clone();
        knob.set(&mut model, value);
        let there = self.decide(model, asked);
        let held = held.iter().filter(|(o, ..)| asked.contains(o));
        held.filter(|claim| !there.contains(*claim))
            .cloned()
            .collect()
    }

    fn decide(&mut self, model: Model, asked: &[Obligation]) -> BTreeSet<Claim> {
        let (plan, _) = thrice_plan::plan(model, self.plan.as_of);
        claims(&self.judge.decide(&plan, asked).verdicts)
    }
}

fn claims(verdicts: &Verdicts) -> BTreeSet<Claim> {
    let held = verdicts.iter().filter(|verdict| verdict.holds);
    held.map(|v| (v.obligation, v.subject, v.period)).collect()
}

fn names(broken: &BTreeSet<Claim>) -> Vec<String> {
    let subjects = broken.iter();
    named(
        subjects
            .map(|(of, subject, _)| (*of, subject.as_str()))
            .collect(),
    )
}

/// "recovery-point of `databases`", each once.
fn named(broken: BTreeSet<(Obligation, &str)>) -> Vec<String> {
    let mut out: Vec<String> = broken
        .iter()
        .take(NAMED)
        .map(|(obligation, subject)| format!("{} of `{subject}`", obligation.word()))
        .collect();
    if broken.len() > NAMED {
        out.push(format!("{} more", broken.len() - NAMED));
    }
    out
}
