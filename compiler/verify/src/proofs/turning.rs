//! At which value a verdict turns.
//!
//! Each value that the policy only assumes is made worse, everything else left as it is, until a verdict that
//! holds today does not hold any more. What is told is a value that was tried, at which the verdict fails;
//! below it is one that was tried and at which all hold. Every report says it of the verdicts that are
//! evaluated at a worst case ([`evaluated`]); the [`ledger`] of all verdicts, for which the policy is planned and
//! decided anew with each value. An assumption on which no verdict turns, up to a value far beyond what is
//! meant, is in no core, and the ledger leaves it out.
//!
//! What is decided anew is what a value can reach: how long a step takes matters to classes of which it makes or
//! takes away a copy ([`super::touched`]), and sizes change nothing in a plan but the sizes.

mod evaluated;
mod knob;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::thread;

use ecow::EcoString;
use thrice_model::{ClassId, Obligation};
use thrice_plan::Plan;
use thrice_verdicts::{Assumptions, Turn};

pub(crate) use evaluated::assumptions;

use super::touched;
use crate::assumptions::{self, Assumed, Knob};
use crate::context::Context;
use crate::fault::Chosen;
use crate::session::Session;
use crate::verdicts::Verdicts;
use evaluated::Evaluated;
use knob::Scale;

/// More quantities than this are listed as they are: each costs at least one check of the policy.
const TRIED: usize = 200;
/// The ledger's turn is found to within this part of the value, unless it is known already.
const FINE: i64 = 16;
/// Broken verdicts that are named.
const NAMED: usize = 3;

/// The assumptions of a plan that its verdicts rest on, each with the value at which one turns; of verdicts under
/// faults that somebody chose, if any were.
#[must_use]
pub fn ledger(plan: &Plan, chosen: Option<&Chosen>) -> Assumptions {
    let assumed: Vec<Assumed<'_>> = assumptions::all(plan).collect();
    let (first, second) = assumed.split_at(assumed.len() / 2);
    // Two threads, as for the proofs.
    let (mut out, more) = thread::scope(|scope| {
        let other = scope.spawn(|| turned(plan, chosen, second, TRIED / 2));
        let own = turned(plan, chosen, first, TRIED / 2);
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
    chosen: Option<&Chosen>,
    assumed: &[Assumed<'p>],
    tried: usize,
) -> Vec<(Assumed<'p>, Option<Turn>)> {
    let context = Context::new(plan, Rc::default());
    let mut seeker = Seeker::new(&context, chosen, tried);
    let assumed = assumed.iter();
    assumed
        .filter_map(|assumed| Some((*assumed, seeker.seek(assumed.knob())?)))
        .collect()
}

struct Seeker<'c, 'p> {
    context: &'c Context<'p>,
    /// Nothing under faults that somebody chose: there worst cases are others.
    evaluated: Option<Evaluated<'c, 'p>>,
    judge: Session,
    /// How many assumptions may still be tried.
    left: usize,
    /// What holds as the policy is.
    today: Held,
    /// The plan, to put sizes in; made when it is first needed.
    resized: Option<Plan>,
    /// Whether only what a value can reach is decided anew.
    narrows: bool,
}

/// For each obligation that has been decided, the subjects for which it holds, each in which periods.
type Held = BTreeMap<Obligation, BTreeMap<EcoString, BTreeSet<EcoString>>>;

/// How much of what breaks is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Enough {
    /// All of it.
    All,
    /// What of the first obligation.
    One,
}

/// A verdict's obligation, subject and period.
type Claim = (Obligation, EcoString, EcoString);

impl<'c, 'p> Seeker<'c, 'p> {
    fn new(context: &'c Context<'p>, chosen: Option<&Chosen>, tried: usize) -> Self {
        Self {
            context,
            evaluated: chosen.is_none().then(|| Evaluated::new(context)),
            judge: Session::whether(chosen),
            left: tried,
            today: Held::new(),
            resized: None,
            narrows: true,
        }
    }

    /// Where a verdict turns with a value, if it is tried; `None` where no verdict rests on it.
    fn seek(&mut self, knob: Option<Knob>) -> Option<Option<Turn>> {
        let Some(knob) = knob.filter(|_| self.left > 0) else {
            return Some(None);
        };
        self.left -= 1;
        self.turn(knob).map(Some)
    }

    fn turn(&mut self, knob: Knob) -> Option<Turn> {
        let scale = knob.scale(self.context.plan);
        let mut asked = knob.obligations().to_vec();
        self.know_today(&asked);
        // Where an evaluated verdict turns is known: are there others that turn before?
        let evaluated = self.evaluated.as_ref();
        let known = evaluated.and_then(|known| known.first(knob, &scale));
        let known = known.map(|(at, _)| at);
        let (mut first, mut broken) = (scale.last(), BTreeSet::new());
        if let Some(at) = known {
            broken = self.broken(knob, scale.value(at - 1), (&asked, Enough::All));
            first = if broken.is_empty() { at } else { at - 1 };
        }
        if broken.is_empty() {
            broken = self.broken(knob, scale.value(first), (&asked, Enough::All));
        }
        if broken.is_empty() {
            return self.missing(knob, &scale);
        }
        if known != Some(first) {
            // What a worse value breaks, a still worse one does as well: nothing else need be looked at.
            asked.retain(|o| broken.iter().any(|(obligation, ..)| obligation == o));
            first = scale.turn(
                (0, first),
                |holds, fails| fails.saturating_sub(holds) <= holds / FINE,
                |value| self.fails(knob, value, &mut asked),
            );
            broken = self.broken(knob, scale.value(first), (&asked, Enough::All));
        }
        Some(knob.turned(self.context.plan, &scale, first, names(&broken)))
    }

    /// Whether a verdict rests on a step running at all, however long it may take.
    fn missing(&mut self, knob: Knob, scale: &Scale) -> Option<Turn> {
        let Knob::Duration(id) = knob else {
            return None;
        };
        let mut model = self.context.plan.model.clone();
        let step = model.steps.get_mut(id)?;
        step.lifetime.until = Some(step.lifetime.from);
        let (plan, _) = thrice_plan::replan(self.context.plan, model);
        let only = touched::touched(self.context, &plan, Some(id)).filter(|_| self.narrows);
        let broken = self.broken_with(&plan, (knob.obligations(), Enough::All), only);
        (!broken.is_empty()).then(|| Turn {
            now: knob.words(&self.context.plan.model, scale.value(0)),
            at: "it does not run".to_owned(),
            breaks: names(&broken),
            permille: u64::MAX,
        })
    }

    /// Looks what holds as the policy is; each obligation is decided once.
    fn know_today(&mut self, asked: &[Obligation]) {
        for obligation in asked {
            if !self.today.contains_key(obligation) {
                let found = self.judge.decide(self.context.plan, &[*obligation]);
                self.today.insert(*obligation, BTreeMap::new());
                add(&mut self.today, &found.verdicts);
            }
        }
    }

    /// Whether anything that held does not hold with another value. What breaks is asked about first the next time.
    fn fails(&mut self, knob: Knob, value: i64, asked: &mut [Obligation]) -> bool {
        let broken = self.broken(knob, value, (asked, Enough::One));
        let breaks = broken.first().map(|(obligation, ..)| *obligation);
        let at = asked.iter().position(|asked| Some(*asked) == breaks);
        if let Some(first) = at.and_then(|at| asked.get_mut(..=at)) {
            first.rotate_right(1);
        }
        breaks.is_some()
    }

    /// What held and does not hold with another value, of the obligations asked about.
    fn broken(
        &mut self,
        knob: Knob,
        value: i64,
        (asked, enough): (&[Obligation], Enough),
    ) -> BTreeSet<Claim> {
        let today = self.context.plan;
        if self.narrows
            && let Some(at) = asked.iter().position(|o| *o == Obligation::TimeTable)
            && let Some(fails) = self.time_table_fails(knob, value)
        {
            let late = match fails {
                true => claims(&self.today, Obligation::TimeTable),
                false => Vec::new(),
            };
            if !late.is_empty() && enough == Enough::One {
                return late.into_iter().collect();
            }
            let (before, after) = asked.split_at(at);
            let others = [before, after.get(1..).unwrap_or_default()].concat();
            let mut broken = self.broken(knob, value, (&others, enough));
            broken.extend(late);
            return broken;
        }
        if let Knob::Size(id) | Knob::Growth(id) | Knob::Volume(id) | Knob::Churn(id) = knob {
            let mut plan = self.resized.take().unwrap_or_else(|| today.clone());
            knob.set(&mut plan.model, value);
            let broken = self.broken_with(&plan, (asked, enough), None);
            self.restore(id, plan);
            return broken;
        }
        let mut model = today.model.clone();
        knob.set(&mut model, value);
        let (plan, _) = match knob {
            // What keep rules leave does not depend on how long anything takes.
            Knob::Duration(_) => thrice_plan::replan(today, model),
            _ => thrice_plan::plan(model, today.as_of),
        };
        let only = match knob {
            Knob::Duration(_) if self.narrows => touched::touched(self.context, &plan, None),
            _ => None,
        };
        self.broken_with(&plan, (asked, enough), only)
    }

    /// Whether the time table, which is there but once and holds today, fails with another value. That takes no
    /// plan.
    fn time_table_fails(&mut self, knob: Knob, value: i64) -> Option<bool> {
        let evaluated = self.evaluated.as_ref()?;
        match knob {
            Knob::Duration(_) => evaluated.time_table_fails(knob, value, self.context.plan),
            Knob::Response | Knob::Slip(_) => None,
            Knob::Size(id) | Knob::Growth(id) | Knob::Volume(id) | Knob::Churn(id) => {
                let mut plan = self
                    .resized
                    .take()
                    .unwrap_or_else(|| self.context.plan.clone());
                knob.set(&mut plan.model, value);
                let fails = evaluated.time_table_fails(knob, value, &plan);
                self.restore(id, plan);
                fails
            }
        }
    }

    /// Keeps a plan for other sizes, once that of this class is what it was.
    fn restore(&mut self, id: ClassId, mut plan: Plan) {
        if let Some(class) = plan.model.classes.get_mut(id) {
            class.clone_from(&self.context.plan.model.classes[id]);
        }
        self.resized = Some(plan);
    }

    /// What held and does not hold with another plan; of certain classes, if no other is touched by it.
    fn broken_with(
        &mut self,
        plan: &Plan,
        (asked, enough): (&[Obligation], Enough),
        only: Option<BTreeSet<ClassId>>,
    ) -> BTreeSet<Claim> {
        let names = only.as_ref().map(|only| -> BTreeSet<&str> {
            let classes = only.iter();
            classes
                .map(|class| self.context.class_name(*class))
                .collect()
        });
        let context = self.judge.unseen(plan, only);
        let mut out = BTreeSet::new();
        for obligation in asked {
            let mut there = Held::new();
            let found = self.judge.decided(&context, &[*obligation]);
            add(&mut there, &found.verdicts);
            let subjects = self.today.get(obligation).into_iter().flatten();
            for (subject, periods) in subjects {
                let unasked = |names: &BTreeSet<&str>| {
                    touched::about_classes(*obligation)
                        && !names.contains(touched::class_of(subject))
                };
                if names.as_ref().is_some_and(unasked) {
                    continue;
                }
                let holds = there
                    .get(obligation)
                    .and_then(|subjects| subjects.get(subject));
                let fails =
                    |period: &&EcoString| !holds.is_some_and(|holds| holds.contains(*period));
                let fails = periods.iter().filter(fails);
                out.extend(fails.map(|period| (*obligation, subject.clone(), period.clone())));
            }
            if !out.is_empty() && enough == Enough::One {
                break;
            }
        }
        out
    }
}

/// Adds the verdicts that hold.
fn add(held: &mut Held, verdicts: &Verdicts) {
    for verdict in verdicts.iter().filter(|verdict| verdict.holds) {
        let subjects = held.entry(verdict.obligation).or_default();
        let periods = subjects.entry(verdict.subject).or_default();
        periods.insert(verdict.period);
    }
}

/// All that holds of an obligation.
fn claims(held: &Held, obligation: Obligation) -> Vec<Claim> {
    let subjects = held.get(&obligation).into_iter().flatten();
    let claims = subjects.flat_map(|(subject, periods)| {
        let periods = periods.iter();
        periods.map(|period| (obligation, subject.clone(), period.clone()))
    });
    claims.collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::plan_of;

    const TEXT: &str = r#"
policy p "p" { horizon 2 years; response time 24h }
phase t0 = 2026-02-15
phase later = t0 + 2 months
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme; capacity 80 GB } }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd; capacity 6 TB } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object; quota 1 TB } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps, tower; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/lib/db { size 6..6 GB; churn 1..1 MB/day; rpo 26h, guaranteed 6 days }
class app is files on vps.disk:/app { size 1..2 GB; rpo 3 days; needs db }
class notes is files on tower.tank:/notes { size 1..1 GB; rpo 30h; retain at least 10 days }
backup up of db to r by vps.cron { daily at 03:00; taking 1m..10m; monitor deadman }
backup apps of app to r by vps.cron { daily at 05:00; taking 1m..20m; monitor deadman }
backup noted of notes to r by tower.cron { daily at 08:00; taking 1m..30m; monitor deadman }
sync beside of db to tower.tank:/db by tower.cron { daily at 09:00; taking 1m..1h; monitor deadman }
prune cleaned of r by hand { on demand; taking 1m..2h; monitor deadman }
require survive any 1 of host, site, provider, key for all
"#;

    /// What a value cannot reach it does not break: the same is found as if everything were decided anew.
    #[test]
    fn what_is_left_out_does_not_turn() {
        let plan = plan_of(TEXT);
        let context = Context::new(&plan, Rc::default());
        let turns = |narrows: bool| -> Vec<String> {
            let mut seeker = Seeker {
                narrows,
                ..Seeker::new(&context, None, TRIED)
            };
            let steps = plan.model.steps.ids();
            let turns = steps.map(|id| format!("{:?}", seeker.seek(Some(Knob::Duration(id)))));
            turns.collect()
        };
        let narrowed = turns(true);
        assert_eq!(narrowed, turns(false));
        let some = |what: &str| narrowed.iter().any(|turn| turn.contains(what));
        for what in [
            "recovery-point of `db`",
            "recovery-point of `notes`",
            "survival of `db`",
        ] {
            assert!(some(what), "{what}: {narrowed:#?}");
        }
    }

    /// Who does not see the cases hears the same of what holds: also where much fails.
    #[test]
    fn who_only_asks_whether_it_holds_hears_the_same() {
        let mut plan = plan_of(TEXT);
        let said = |mut judge: Session, plan: &Plan| {
            let found = judge.decide(plan, &Obligation::ALL);
            let said = found.verdicts.iter();
            let said = said.map(|v| (v.obligation, v.subject.clone(), v.period.clone(), v.holds));
            said.collect::<Vec<_>>()
        };
        let mut failing = BTreeSet::new();
        for days in [1, 3, 6, 20, 60] {
            plan.model.policy.response = thrice_quantity::Seconds(days * 86_400);
            let (plan, _) = thrice_plan::plan(plan.model.clone(), plan.as_of);
            let whether = said(Session::whether(None), &plan);
            assert_eq!(whether, said(Session::under(None), &plan), "{days} days");
            let fail = whether.iter().filter(|(.., holds)| !holds);
            failing.extend(fail.map(|(obligation, ..)| *obligation));
        }
        assert!(failing.contains(&Obligation::Survival), "{failing:?}");
    }

    #[test]
    fn a_step_touches_what_it_makes_and_what_needs_that() {
        let plan = plan_of(TEXT);
        let context = Context::new(&plan, Rc::default());
        let touched = |name: &str| -> Option<Vec<&str>> {
            let mut steps = plan.model.steps.iter();
            let (id, _) = steps.find(|(_, step)| step.named.name == name).unwrap();
            let mut model = plan.model.clone();
            Knob::Duration(id).set(&mut model, 5 * 3600);
            let (other, _) = thrice_plan::replan(&plan, model);
            let classes = touched::touched(&context, &other, None)?.into_iter();
            Some(classes.map(|class| context.class_name(class)).collect())
        };
        assert_eq!(touched("up"), Some(vec!["app", "db"]));
        assert_eq!(touched("apps"), Some(vec!["app"]));
        assert_eq!(touched("noted"), Some(vec!["notes"]));
        assert_eq!(
            touched("cleaned"),
            None,
            "it cleans up for all that lie there"
        );
    }
}
