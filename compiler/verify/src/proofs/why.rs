//! Why a verdict stands: the statements that it rests on, each of them necessary.
//!
//! Statements are taken away, many at once, then fewer, as long as the verdict stands when everything is
//! planned and decided anew. What is left is a minimal core: with it alone the verdict stands, and without
//! any one of its members it does not. A core of the solver says which *constraints* a proof used; this one
//! says which *statements* a reader must not delete, for verdicts that were evaluated as well.

use std::collections::BTreeSet;

use ecow::EcoString;
use thrice_diagnostics::Diagnostic;
use thrice_model::Obligation;
use thrice_plan::Plan;

use super::statements::{Statement, statements};
use crate::context::Context;
use crate::faults::{Fault, FaultSet, KINDS, of_kind, words};
use crate::obligations::survival;
use crate::prover::Session;
use crate::verdicts::Verdict;
use crate::verification::{Engine, Verification};

/// Why a verdict is what it is.
#[derive(Clone, Debug)]
pub struct Why {
    /// The verdict.
    pub verdict: Verdict,
    /// For one that holds, a minimal core: what it rests on.
    pub members: Vec<Statement>,
    /// How many statements it could have rested on.
    pub of: usize,
    /// How often the policy was decided anew.
    pub checks: usize,
    /// For one that does not hold, what speaks against it.
    pub findings: Vec<Diagnostic>,
}

/// There is no such verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCore {
    /// Nothing was decided about the subject: what there are verdicts about, for this obligation, subject and
    /// period.
    Subject(Vec<(EcoString, EcoString)>),
    /// Something is no fault that can happen then: what it is, and those that can.
    Fault(String, Vec<String>),
    /// Faults can be chosen for survival alone.
    NotByFault,
}

/// Why an obligation is met, or not, for a subject: a class, a store, the policy. Without a period, in the
/// first one that has such a verdict. With faults, in words as in the survival matrix, under these alone, which
/// strike together.
///
/// # Errors
/// Where nothing was decided about that: what there is instead.
pub fn why(
    plan: &Plan,
    obligation: Obligation,
    subject: &str,
    period: Option<&str>,
    faults: &[String],
) -> Result<Why, NoCore> {
    let mut judge = Session::default();
    let found = judge.decide(plan, &[obligation]);
    let about = |v: &Verdict| {
        v.subject.split(", ").any(|name| name == subject) && period.is_none_or(|p| v.period == p)
    };
    let Some(verdict) = found.verdicts.iter().find(about) else {
        let known = found.verdicts.iter().map(|v| (v.subject, v.period));
        return Err(NoCore::Subject(known.collect()));
    };
    let faults = match faults {
        [] => None,
        _ if obligation != Obligation::Survival => return Err(NoCore::NotByFault),
        faults => Some(chosen(&judge.context(plan), &verdict.period, faults)?),
    };
    let mut out = Why {
        members: Vec::new(),
        of: 0,
        checks: 0,
        findings: Vec::new(),
        verdict,
    };
    if let Some(faults) = &faults {
        let mut bare = plan.clone();
        bare.model.acceptances.clear();
        let there = under(&judge.context(&bare), subject, &out.verdict.period, faults);
        let Some(verdict) = there.verdicts.iter().next() else {
            return Err(NoCore::NotByFault);
        };
        out.verdict = verdict;
        let findings = there.findings.into_iter();
        out.findings = findings.map(|finding| finding.diagnostic).collect();
    }
    if !stands(&out.verdict) {
        if faults.is_none() {
            out.findings = against(&mut judge, plan, obligation, subject);
        }
        return Ok(out);
    }
    out.findings.clear();
    let mut search = Search {
        claim: Claim::new(&mut judge, plan, &out.verdict, faults),
        judge,
        plan,
        all: statements(plan, obligation),
        dropped: BTreeSet::new(),
        checks: 0,
    };
    search.minimise();
    out.of = search.all.len();
    out.checks = search.checks;
    let kept = search.all.iter().enumerate();
    let kept = kept.filter(|(at, _)| !search.dropped.contains(at));
    out.members = kept.map(|(_, statement)| statement.clone()).collect();
    Ok(out)
}

/// The faults that are meant by their words in the survival matrix, with backticks or without.
fn chosen(context: &Context<'_>, period: &str, faults: &[String]) -> Result<FaultSet, NoCore> {
    let mut periods = context.plan.periods.iter();
    let period = periods.find(|p| p.name == period);
    let kinds = KINDS.into_iter().zip(std::iter::repeat(period));
    let all: Vec<Fault> = kinds
        .flat_map(|(kind, period)| period.map_or_else(Vec::new, |p| of_kind(context, kind, p)))
        .collect();
    let plain = |text: &str| text.replace('`', "");
    let mut out = FaultSet::new();
    for fault in faults {
        let same = |known: &&Fault| plain(&words(context, **known)) == plain(fault.trim());
        let Some(found) = all.iter().find(same) else {
            let known = all.iter().map(|fault| plain(&words(context, *fault)));
            return Err(NoCore::Fault(fault.clone(), known.collect()));
        };
        out.push(*found);
    }
    out.sort_unstable();
    out.dedup();
    Ok(out)
}

/// What becomes of a class under faults in a period; nothing if one of them is not there.
fn under(context: &Context<'_>, class: &str, period: &str, faults: &FaultSet) -> Verification {
    let plan = context.plan;
    let mut classes = plan.model.classes.iter();
    let class = classes.find(|(_, known)| known.named.name == class);
    let index = plan.periods.iter().position(|known| known.name == period);
    match (class, index) {
        (Some((class, _)), Some(index)) => survival::under(context, class, faults.clone(), index),
        _ => Verification::default(),
    }
}

/// What speaks against a subject, accepted or not.
fn against(
    judge: &mut Session,
    plan: &Plan,
    obligation: Obligation,
    subject: &str,
) -> Vec<Diagnostic> {
    let mut bare = plan.clone();
    bare.model.acceptances.clear();
    let found = judge.decide(&bare, &[obligation]);
    let mut classes = plan.model.classes.iter();
    let class = classes.find(|(_, class)| class.named.name == subject);
    let mine = found.findings.into_iter().filter(|finding| {
        finding.obligation == obligation
            && class.is_none_or(|(id, _)| finding.classes.contains(&id))
    });
    mine.map(|finding| finding.diagnostic).collect()
}

/// Whether a verdict, under some faults if it is about those, still stands if of all that it could rest on only
/// these statements are left.
#[must_use]
pub fn holds_with(plan: &Plan, verdict: &Verdict, faults: &[String], kept: &[Statement]) -> bool {
    let mut judge = Session::default();
    let faults = match faults {
        [] => None,
        faults => match chosen(&judge.context(plan), &verdict.period, faults) {
            Ok(faults) => Some(faults),
            Err(_) => return false,
        },
    };
    let claim = Claim::new(&mut judge, plan, verdict, faults);
    let all = statements(plan, verdict.obligation);
    let dropped = all.iter().filter(|statement| !kept.contains(statement));
    claim.stands_without(&mut judge, plan, dropped)
}

/// What must go on to stand.
struct Claim {
    obligation: Obligation,
    subject: EcoString,
    period: EcoString,
    /// Whether survival must stand as well: of nothing the newest version is never too old.
    survival: bool,
    /// The only faults under which it must, if they were chosen.
    faults: Option<FaultSet>,
}

impl Claim {
    fn new(judge: &mut Session, plan: &Plan, verdict: &Verdict, faults: Option<FaultSet>) -> Self {
        let mut claim = Self {
            obligation: verdict.obligation,
            subject: verdict.subject.clone(),
            period: verdict.period.clone(),
            survival: false,
            faults,
        };
        let hollow = matches!(
            verdict.obligation,
            Obligation::RecoveryPoint
                | Obligation::RecoveryTime
                | Obligation::History
                | Obligation::Deletion
        );
        if hollow {
            claim.survival = true;
            claim.survival = claim.stands(judge, plan);
        }
        claim
    }

    fn stands(&self, judge: &mut Session, plan: &Plan) -> bool {
        if let Some(faults) = &self.faults {
            let there = under(&judge.context(plan), &self.subject, &self.period, faults);
            return there.verdicts.iter().next().is_some_and(|v| stands(&v));
        }
        let mut wanted = vec![self.obligation];
        wanted.extend(self.survival.then_some(Obligation::Survival));
        let found = judge.decide(plan, &wanted);
        wanted.iter().all(|obligation| {
            let mine = |v: &Verdict| {
                v.obligation == *obligation && v.subject == self.subject && v.period == self.period
            };
            found.verdicts.iter().find(mine).is_some_and(|v| stands(&v))
        })
    }

    fn stands_without<'s>(
        &self,
        judge: &mut Session,
        plan: &Plan,
        dropped: impl IntoIterator<Item = &'s Statement>,
    ) -> bool {
        let mut model = plan.model.clone();
        for statement in dropped {
            statement.drop_from(&mut model, plan);
        }
        let (changed, mistakes) = thrice_plan::plan(model, plan.as_of);
        mistakes.is_empty() && self.stands(judge, &changed)
    }
}

fn stands(verdict: &Verdict) -> bool {
    verdict.holds && verdict.engine != Engine::Unknown
}

struct Search<'p> {
    claim: Claim,
    judge: Session,
    plan: &'p Plan,
    all: Vec<Statement>,
    /// By their place.
    dropped: BTreeSet<usize>,
    checks: usize,
}

impl Search<'_> {
    /// Halves what cannot go as a whole until single statements are left. Less is not always worse: what is
    /// left is gone through until nothing more can go.
    fn minimise(&mut self) {
        let mut open: Vec<Vec<usize>> = vec![(0..self.all.len()).collect()];
        while let Some(chunk) = open.pop() {
            if chunk.is_empty() || self.try_without(&chunk) || chunk.len() == 1 {
                continue;
            }
            let (first, second) = chunk.split_at(chunk.len() / 2);
            open.push(first.to_vec());
            open.push(second.to_vec());
        }
        loop {
            let left = (0..self.all.len()).filter(|at| !self.dropped.contains(at));
            let mut went = false;
            for at in left.collect::<Vec<_>>() {
                went |= self.try_without(&[at]);
            }
            if !went {
                return;
            }
        }
    }

    /// Drops some more statements, if the verdict stands without them.
    fn try_without(&mut self, more: &[usize]) -> bool {
        self.checks += 1;
        let mut dropped = self.dropped.clone();
        dropped.extend(more);
        let statements = dropped.iter().filter_map(|at| self.all.get(*at));
        let stands = self
            .claim
            .stands_without(&mut self.judge, self.plan, statements);
        if stands {
            self.dropped = dropped;
        }
        stands
    }
}
