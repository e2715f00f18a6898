//! At which value a verdict turns.
//!
//! Each value that the policy only assumes is made worse, everything else left as it is, until a verdict that
//! holds today does not hold any more; the least such value is searched for by halving, and is one that was
//! tried: at it the verdict fails, and at the one before it held. An assumption on which no verdict turns, up
//! to a value far beyond what is meant, is in no core and is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use ecow::EcoString;
use thrice_model::{Model, Obligation, PhaseId};
use thrice_plan::Plan;
use thrice_quantity::{Bytes, BytesPerDay, Interval, RatioPerMonth, Seconds};

use crate::assumptions::{Knob, gather_with};
use crate::prover::Session;
use crate::verification::{Assumption, Turn, Verdict};

/// More assumptions than this are listed as they are: each costs at least one check of the policy.
const TRIED: usize = 200;
/// Further halving than this tells nobody anything.
const HALVINGS: usize = 40;
/// The turn is found to within this part of the value.
const FINE: i64 = 16;
/// Broken verdicts that are named.
const NAMED: usize = 3;

/// The assumptions of a plan that its verdicts rest on, each with the value at which one turns.
#[must_use]
pub fn ledger(plan: &Plan) -> Vec<Assumption> {
    let gathered = gather_with(plan);
    let (first, second) = gathered.split_at(gathered.len() / 2);
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
    out
}

fn turned(plan: &Plan, gathered: &[(Assumption, Option<Knob>)], tried: usize) -> Vec<Assumption> {
    let mut seeker = Seeker {
        plan,
        judge: Session::default(),
        left: tried,
        today: BTreeMap::new(),
    };
    gathered
        .iter()
        .filter_map(|(assumption, knob)| seeker.seek(assumption, *knob))
        .collect()
}

struct Seeker<'p> {
    plan: &'p Plan,
    judge: Session,
    /// How many assumptions may still be tried.
    left: usize,
    /// What holds as the policy is.
    today: BTreeMap<Obligation, BTreeSet<Claim>>,
}

/// A verdict's obligation, subject and period.
type Claim = (Obligation, EcoString, EcoString);

impl Seeker<'_> {
    /// The assumption with its turn; `None` where no verdict rests on it.
    fn seek(&mut self, assumption: &Assumption, knob: Option<Knob>) -> Option<Assumption> {
        let Some(knob) = knob.filter(|_| self.left > 0) else {
            return Some(assumption.clone());
        };
        self.left -= 1;
        let turns = self.turn(knob)?;
        Some(Assumption {
            turns: Some(turns),
            ..assumption.clone()
        })
    }

    fn turn(&mut self, knob: Knob) -> Option<Turn> {
        let Range { now, limit, grain } = knob.range(self.plan);
        let mut asked = knob.obligations().to_vec();
        let held = self.today(&asked);
        let mut broken = self.broken(knob, limit, &asked, &held);
        if broken.is_empty() {
            return self.missing(knob, &held);
        }
        // What a worse value breaks, a still worse one does as well: nothing else need be looked at.
        asked.retain(|o| broken.iter().any(|(obligation, ..)| obligation == o));
        let (mut holds, mut fails) = (now, limit);
        for _ in 0..HALVINGS {
            let gap = fails.saturating_sub(holds);
            if gap <= grain.max(holds / FINE) {
                break;
            }
            let middle = (holds + gap / 2) / grain * grain;
            let middle = middle.clamp(holds + 1, fails - 1);
            let there = self.broken(knob, middle, &asked, &held);
            if there.is_empty() {
                holds = middle;
            } else {
                (fails, broken) = (middle, there);
            }
        }
        Some(Turn {
            now: knob.words(now),
            at: knob.words(fails),
            breaks: named(&broken),
        })
    }

    /// Whether a verdict rests on a step running at all, however long it may take.
    fn missing(&mut self, knob: Knob, held: &BTreeSet<Claim>) -> Option<Turn> {
        let Knob::Duration(id) = knob else {
            return None;
        };
        let mut model = self.plan.model.clone();
        let step = model.steps.get_mut(id)?;
        step.lifetime.until = Some(step.lifetime.from);
        let there = self.decide(model, knob.obligations());
        let broken: BTreeSet<Claim> = held.difference(&there).cloned().collect();
        (!broken.is_empty()).then(|| Turn {
            now: knob.words(knob.range(self.plan).now),
            at: "it does not run".to_owned(),
            breaks: named(&broken),
        })
    }

    /// What holds as the policy is; each obligation is decided once.
    fn today(&mut self, asked: &[Obligation]) -> BTreeSet<Claim> {
        for obligation in asked {
            if !self.today.contains_key(obligation) {
                let found = self.judge.decide(self.plan, &[*obligation]);
                self.today.insert(*obligation, claims(found.verdicts));
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
        claims(self.judge.decide(&plan, asked).verdicts)
    }
}

fn claims(verdicts: Vec<Verdict>) -> BTreeSet<Claim> {
    let held = verdicts.into_iter().filter(|verdict| verdict.holds);
    held.map(|v| (v.obligation, v.subject, v.period)).collect()
}

/// "recovery-point of `databases`", each once.
fn named(broken: &BTreeSet<Claim>) -> Vec<String> {
    let all: BTreeSet<(Obligation, &str)> = broken
        .iter()
        .map(|(obligation, subject, _)| (*obligation, subject.as_str()))
        .collect();
    let mut out: Vec<String> = all
        .iter()
        .take(NAMED)
        .map(|(obligation, subject)| format!("{} of `{subject}`", obligation.word()))
        .collect();
    if all.len() > NAMED {
        out.push(format!("{} more", all.len() - NAMED));
    }
    out
}

/// The value today, the one furthest away that is tried, and the step below which nobody cares.
struct Range {
    now: i64,
    limit: i64,
    grain: i64,
}

impl Knob {
    /// What this value can matter to.
    const fn obligations(self) -> &'static [Obligation] {
        use Obligation as O;
        match self {
            Self::Response => &[
                O::Copies,
                O::Survival,
                O::RecoveryPoint,
                O::RecoveryTime,
                O::LastCopy,
                O::History,
                O::Erasure,
                O::Deletion,
                O::Alarm,
            ],
            Self::Duration(_) => &[
                O::Copies,
                O::Survival,
                O::RecoveryPoint,
                O::LastCopy,
                O::History,
                O::Erasure,
                O::Deletion,
                O::TimeTable,
                O::Alarm,
            ],
            Self::Size(_) | Self::Growth(_) | Self::Churn(_) => {
                &[O::RecoveryTime, O::Capacity, O::TimeTable, O::Cost]
            }
            Self::Slip(_) => &[O::RecoveryPoint, O::RecoveryTime, O::Capacity, O::Cost],
        }
    }

    fn range(self, plan: &Plan) -> Range {
        let model = &plan.model;
        let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX / 4096);
        let (now, least, factor, grain) = match self {
            Self::Response => (model.policy.response.0, 60 * 86_400, 16, 3600),
            Self::Duration(id) => {
                let period = plan.cadences[id].widest.map_or(86_400, |widest| widest.0);
                let now = model.steps[id].timing.duration.high().0;
                (now, 2 * period, 8, 60)
            }
            Self::Size(id) => {
                let high = model.classes[id].size.map_or(0, |(size, _)| size.high().0);
                (bytes(high), 1_000_000_000_000, 1024, 1_000_000)
            }
            Self::Growth(id) => {
                // By month and year alike: what is set is by month.
                let high = model.classes[id].growth.high().ratio.0;
                (bytes(high), 1_000_000, 2, 1000)
            }
            Self::Churn(id) => {
                let churn = model.classes[id].churn;
                let high = churn.map_or(0, |(churn, _)| churn.high().bytes_per_day());
                (bytes(high), 1_000_000_000_000, 1024, 1_000_000)
            }
            Self::Slip(id) => (model.phases[id].slip_days, 3 * 366, 4, 1),
        };
        let limit = now.saturating_mul(factor).max(least);
        Range { now, limit, grain }
    }

    /// Puts a value in the place of the one that is assumed.
    fn set(self, model: &mut Model, value: i64) {
        let whole = u64::try_from(value).unwrap_or(0);
        match self {
            Self::Response => model.policy.response = Seconds(value),
            Self::Duration(id) => {
                if let Some(step) = model.steps.get_mut(id) {
                    let timing = &mut step.timing;
                    let reach = Interval::new(timing.duration.low(), Seconds(value));
                    timing.duration = reach.unwrap_or(timing.duration);
                }
            }
            Self::Size(id) => {
                let size = model.classes.get_mut(id).and_then(|c| c.size.as_mut());
                if let Some((size, _)) = size {
                    *size = Interval::new(size.low(), Bytes(whole)).unwrap_or(*size);
                }
            }
            Self::Growth(id) => {
                if let Some(class) = model.classes.get_mut(id) {
                    let low = class.growth.low();
                    let high = RatioPerMonth {
                        ratio: thrice_quantity::Ratio(whole),
                        per: class.growth.high().per,
                    };
                    class.growth = Interval::new(low, high).unwrap_or(class.growth);
                }
            }
            Self::Churn(id) => {
                let churn = model.classes.get_mut(id).and_then(|c| c.churn.as_mut());
                if let Some((churn, _)) = churn {
                    let high = BytesPerDay::new(whole);
                    *churn = Interval::new(churn.low(), high).unwrap_or(*churn);
                }
            }
            Self::Slip(id) => slip(model, id, value),
        }
    }

    fn words(self, value: i64) -> String {
        let whole = u64::try_from(value).unwrap_or(0);
        match self {
            Self::Response | Self::Duration(_) => Seconds(value).to_string(),
            Self::Size(_) => Bytes(whole).rounded().to_string(),
            Self::Churn(_) => format!("{}/day", Bytes(whole).rounded()),
            Self::Growth(_) => format!("{} of it", thrice_quantity::Ratio(whole)),
            Self::Slip(_) => format!("{value} days"),
        }
    }
}

fn slip(model: &mut Model, id: PhaseId, days: i64) {
    if let Some(phase) = model.phases.get_mut(id) {
        phase.slip_days = days;
    }
}
