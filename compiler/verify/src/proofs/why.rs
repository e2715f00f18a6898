//! Why a verdict stands: the statements that it rests on, each of them necessary.
//!
//! Statements are taken away, many at once, then fewer, as long as the verdict stands when everything is
//! planned and decided anew. What is left is a minimal core: with it alone the verdict stands, and without
//! any one of its members it does not. A core of the solver says which *constraints* a proof used; this one
//! says which *statements* a reader must not delete, for verdicts that were evaluated as well.

use std::collections::BTreeSet;

use ecow::EcoString;
use thrice_diagnostics::Diagnostic;
use thrice_model::{ClassId, Obligation};
use thrice_plan::Plan;

use super::statements::{Statement, statements};
use super::touched::{about_classes, class_of};
use crate::fault::{BY_FAULT, Chosen};
use crate::session::Session;
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
    /// The faults that somebody chose cannot all happen in the period.
    NotThen,
    /// It does not depend on the faults that somebody chose.
    NotByFault,
}

/// Why an obligation is met, or not, for a subject: a class, a store, the policy. Without a period, in the
/// first one that has such a verdict. With faults, under these alone, which strike together.
///
/// # Errors
/// Where nothing was decided about that: what there is instead.
pub fn why(
    plan: &Plan,
    obligation: Obligation,
    subject: &str,
    period: Option<&str>,
    chosen: Option<&Chosen>,
) -> Result<Why, NoCore> {
    if chosen.is_some() && !BY_FAULT.contains(&obligation) {
        return Err(NoCore::NotByFault);
    }
    let mut judge = Session::under(chosen);
    let found = judge.decide(plan, &[obligation]);
    let about = |v: &Verdict| {
        v.subject.split(", ").any(|name| name == subject) && period.is_none_or(|p| v.period == p)
    };
    let Some(verdict) = found.verdicts.iter().find(about) else {
        return Err(match chosen {
            Some(chosen) => nothing_under(&judge, plan, obligation, chosen, (subject, period)),
            None => NoCore::Subject(subjects(&found)),
        });
    };
    let mut out = Why {
        members: Vec::new(),
        of: 0,
        checks: 0,
        findings: Vec::new(),
        verdict,
    };
    if !stands(&out.verdict) {
        out.findings = against(&mut judge, plan, obligation, subject);
        return Ok(out);
    }
    let mut judge = Session::whether(chosen);
    let mut search = Search {
        claim: Claim::new(&mut judge, plan, &out.verdict),
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

/// What verdicts there are about.
fn subjects(found: &Verification) -> Vec<(EcoString, EcoString)> {
    let known = found.verdicts.iter().map(|v| (v.subject, v.period));
    known.collect()
}

/// Why there is no verdict about something under faults that somebody chose.
fn nothing_under(
    judge: &Session,
    plan: &Plan,
    obligation: Obligation,
    chosen: &Chosen,
    (subject, period): (&str, Option<&str>),
) -> NoCore {
    let context = judge.context(plan);
    let asked = |known: &&thrice_plan::Period| period.is_none_or(|period| known.name == period);
    let mut then = plan.periods.iter().filter(asked).peekable();
    if then.peek().is_some() && !then.any(|period| chosen.can_happen(&context, period)) {
        return NoCore::NotThen;
    }
    // There may be one as long as no faults are chosen.
    let known = subjects(&Session::default().decide(plan, &[obligation]));
    match known.iter().any(|(known, _)| known == subject) {
        true => NoCore::NotByFault,
        false => NoCore::Subject(known),
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
pub fn holds_with(
    plan: &Plan,
    verdict: &Verdict,
    chosen: Option<&Chosen>,
    kept: &[Statement],
) -> bool {
    let mut judge = Session::whether(chosen);
    let claim = Claim::new(&mut judge, plan, verdict);
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
    /// The class that it is about, if no other one need be decided.
    class: Option<ClassId>,
}

impl Claim {
    fn new(judge: &mut Session, plan: &Plan, verdict: &Verdict) -> Self {
        let mut classes = plan.model.classes.iter();
        let class = classes.find(|(_, class)| class.named.name == class_of(&verdict.subject));
        let mut claim = Self {
            class: class
                .map(|(id, _)| id)
                .filter(|_| about_classes(verdict.obligation)),
            obligation: verdict.obligation,
            subject: verdict.subject.clone(),
            period: verdict.period.clone(),
            survival: false,
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
        let mut wanted = vec![self.obligation];
        wanted.extend(self.survival.then_some(Obligation::Survival));
        let only = self.class.map(|class| BTreeSet::from([class]));
        let found = judge.decide_about(plan, &wanted, only);
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
