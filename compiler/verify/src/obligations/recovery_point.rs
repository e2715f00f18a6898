//! Obligation 3: under every set of faults that the policy asks to survive, and whenever they strike, the
//! newest usable version of a class is no older than its recovery point: while every run succeeds, and,
//! where the policy bounds it, while runs fail until somebody has acted.
//!
//! Unknown are durations, jitter, which runs are missed and when the faults strike. The age of the newest
//! version only grows with the first three (`thrice_plan::staleness` says why, and that it is attained), so
//! their upper ends are the worst; the moments are all looked at, on the real calendar. That decides it:
//! the verdict is *evaluated*, and nothing is left for a solver.
//!
//! This is about the newest version. That every other item is somewhere at every age is asked by
//! obligations 1, 2 and 5, and that a version from before a damage is kept by obligation 6. Where nothing
//! at all is left after some faults, obligation 2 says so, once.

mod asked;
mod asker;
mod before;
mod borne;
mod crossing;
mod late;
mod played;
mod tell;

pub(super) use tell::LATE;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_model::{ClassId, Obligation, StepId};
use thrice_plan::calendar::midnight;
use thrice_plan::{CopyId, Missed};
use thrice_quantity::Seconds;

use super::playing::may_be_told;
use super::split::{split, violated};
use crate::context::Context;
use crate::fault::FaultSet;
use crate::replay::ABOUT_CLASS;
use crate::verdicts::{Said, Word, by_class};
use crate::verification::{Engine, Verification};
pub(crate) use asked::asked_of;
use asked::{Limits, alike, asked};
pub(crate) use asker::{Ages, Newest};
use asker::{Asker, Attained, Hosts, Oldest, Outcome, Sets};
use borne::Borne;
use crossing::Ended;
use late::{Bound, Days};

/// A bound that is exceeded.
#[derive(Clone)]
struct Violation {
    classes: Vec<ClassId>,
    period: usize,
    missed: Missed,
    limit: Seconds,
    asked: Span,
    attained: Attained,
    /// All fault sets under which it is exceeded.
    faults: BTreeSet<FaultSet>,
    /// When phases come that must be late for it; none: it is exceeded though they come on time.
    late: Days,
    /// What ended steps have left, where that is all there is at the beginning of the period.
    ended: Option<Ended>,
}

violated!(Violation);

impl Violation {
    /// Just before which moment the runs on the way to the oldest version decide what is in its copy.
    fn read_at(&self) -> i64 {
        let ended = self.ended.as_ref();
        ended.map_or(self.attained.oldest.at, |ended| {
            ended.moment.saturating_add(1)
        })
    }
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut groups: BTreeMap<Cause, Vec<Violation>> = BTreeMap::new();
    let mut decided: Vec<(Vec<ClassId>, usize, Said)> = Vec::new();
    let asked = asked(context);
    let mut stakes = Hosts::new();
    let mut before = before::Before::default();
    let mut told = Told::default();
    let mut borne = Borne::new(context);
    for (index, period) in context.plan.periods.iter().enumerate() {
        let mut pass = Pass {
            asker: Asker::new(context, period),
            on_time: Asker::on_time(context, period),
            ends: crossing::ends(context, period),
            before: std::mem::take(&mut told),
            index,
        };
        pass.asker.hosts = std::mem::take(&mut stakes);
        borne.begins();
        for (classes, limits) in alike(context, &asked, period) {
            let Some(class) = classes.first() else {
                continue;
            };
            let sets = pass.asker.sets(*class);
            let found = pass.ask(&classes, limits, &sets, &mut told);
            if let Some(limit) = limits.nominal {
                before.ask(context, &classes, limit, (&sets, period));
            }
            let mut note = tell::note(context, &found.outcome);
            if limits.nominal.is_none() {
                note.push_str("; no `rpo` is asked for");
            }
            let said = Said {
                obligation: Obligation::RecoveryPoint,
                engine: Engine::Evaluated,
                holds: found.holds,
                note: note.into(),
            };
            let of = (&classes[..], limits);
            for violation in borne.left(&mut pass, of, &sets, found.violations) {
                let cause = cause(context, &violation);
                groups.entry(cause).or_default().push(violation);
            }
            decided.push((classes, index, said));
        }
        stakes = pass.asker.hosts;
    }
    borne.count(&before.covered, out);
    out.findings.extend(before.tell(context));
    let mut unknown: BTreeSet<(ClassId, usize)> = BTreeSet::new();
    for violations in groups.values() {
        for part in split(violations) {
            if borne_out(context, &part, out) {
                out.findings.extend(tell::tell(context, &part));
            } else {
                let cells = |v: &Violation| v.classes.iter().map(|c| (*c, v.period)).collect();
                unknown.extend(part.iter().flat_map::<Vec<_>, _>(cells));
            }
        }
    }
    push(context, &decided, &unknown, out);
}

/// Of which classes it is told what gets too old all through a period: nothing is told of that at the beginning of the
/// next one.
type Told = BTreeSet<(ClassId, Missed)>;

/// What is asked in one period.
struct Pass<'c, 'p> {
    asker: Asker<'c, 'p>,
    on_time: Asker<'c, 'p>,
    /// Whether anything ends with the period before.
    ends: bool,
    /// What is told of that one.
    before: Told,
    index: usize,
}

/// What has come out about classes that are alike.
struct Found {
    outcome: Outcome,
    holds: bool,
    violations: Vec<Violation>,
}

impl Pass<'_, '_> {
    /// Asks about classes that are alike, under some faults.
    fn ask(&mut self, classes: &[ClassId], limits: Limits, sets: &Sets, told: &mut Told) -> Found {
        let (index, until) = (self.index, self.asker.period.until);
        // All of them are as the first.
        let first = classes.first().copied().unwrap_or_else(|| ClassId::new(0));
        let outcome = self.asker.outcome(first, Rc::clone(sets));
        let exceeded = violations(&outcome, limits, classes, index);
        let in_time = |v: &Violation| v.attained.oldest.at <= midnight(until);
        let violations = match exceeded.iter().all(in_time) {
            true => exceeded.clone(),
            // Perhaps only in what is added to the period if the next one is late.
            false => {
                std::mem::swap(&mut self.on_time.hosts, &mut self.asker.hosts);
                let outcome = self.on_time.outcome(first, Rc::clone(sets));
                std::mem::swap(&mut self.on_time.hosts, &mut self.asker.hosts);
                violations(&outcome, limits, classes, index)
            }
        };
        let of_each = |v: &Violation| {
            let missed = v.missed;
            v.classes.iter().map(|class| (*class, missed)).collect()
        };
        told.extend(violations.iter().flat_map::<Vec<_>, _>(of_each));
        let is_told = |class, missed| {
            told.contains(&(class, missed)) || self.before.contains(&(class, missed))
        };
        let of = (classes, index);
        let crossing = match self.ends {
            true => crossing::exceeded(&self.asker, &outcome, limits, of, is_told),
            false => Vec::new(),
        };
        let holds = violations.is_empty() && crossing.iter().all(|v| !v.late.is_empty());
        let late = if_late(&self.asker, &outcome, limits, (&exceeded, &violations), of);
        Found {
            outcome,
            holds,
            violations: violations.into_iter().chain(crossing).chain(late).collect(),
        }
    }
}

/// What was said of classes in each period, class by class.
fn push(
    context: &Context<'_>,
    decided: &[(Vec<ClassId>, usize, Said)],
    unknown: &BTreeSet<(ClassId, usize)>,
    out: &mut Verification,
) {
    let groups = decided
        .iter()
        .map(|(classes, index, _)| (&classes[..], *index));
    let cells = by_class(context.plan.model.classes.len(), groups);
    let all = decided.iter();
    let words = all.map(|(.., said)| out.verdicts.word(said.clone()));
    let words: Vec<Word> = words.collect();
    for cell in cells {
        let group = cell.group as usize;
        let (Some(word), Some((_, index, said))) = (words.get(group), decided.get(group)) else {
            continue;
        };
        if unknown.contains(&(cell.class, *index)) {
            let said = said.clone().if_borne_out(false);
            out.verdicts.push([cell.class], *index, said);
        } else {
            out.verdicts.push_one(cell.class, *index, *word);
        }
    }
}

/// Whether the case that is told of some violations comes about on the simulator; if not, that is a
/// mistake of this program.
fn borne_out(context: &Context<'_>, part: &[Violation], out: &mut Verification) -> bool {
    let Some(violation) = tell::worst_of(part) else {
        return true;
    };
    let class = violation.classes.first();
    let class = class.map(|class| &context.plan.model.classes[*class].named);
    let confirm = || played::confirm(context, violation);
    let of = Obligation::RecoveryPoint;
    may_be_told(context, out, of, (class, ABOUT_CLASS), confirm)
}

/// What makes violations one finding: what was asked, the path that is too slow, the phases that must be late, and
/// whether it is so at the beginning of a phase only.
type Cause = (Missed, Span, Vec<StepId>, Vec<Date>, bool);

fn cause(context: &Context<'_>, violation: &Violation) -> Cause {
    let path = path(context, violation.attained.oldest.copy);
    let steps = path
        .iter()
        .filter_map(|copy| context.plan.copies[*copy].made_by);
    let late = violation.late.keys().copied().collect();
    let ended = violation.ended.is_some();
    let (missed, asked) = (violation.missed, violation.asked);
    (missed, asked, steps.collect(), late, ended)
}

/// A copy and all that it comes from, sources first.
fn path(context: &Context<'_>, copy: CopyId) -> Vec<CopyId> {
    let mut out: Vec<CopyId> = context.plan.way(copy).collect();
    out.reverse();
    out
}

/// A step on a copy's path that no monitor watches: nothing tells how many of its runs may be missed.
fn unwatched(context: &Context<'_>, copy: CopyId) -> Option<StepId> {
    let made_by = |id: CopyId| context.plan.copies[id].made_by;
    let steps = path(context, copy).into_iter().filter_map(made_by);
    let silent = |step: &StepId| context.plan.cadences[*step].freshness.is_none();
    steps.into_iter().find(silent)
}

/// What is exceeded only if phases come late: not what is on time. Some of it may be if the next one alone is late.
fn if_late(
    asker: &Asker<'_, '_>,
    outcome: &Outcome,
    limits: Limits,
    (exceeded, on_time): (&[Violation], &[Violation]),
    (classes, period): (&[ClassId], usize),
) -> Vec<Violation> {
    let Some(class) = classes.first().copied() else {
        return Vec::new();
    };
    let has = |all: &[Violation], missed| all.iter().any(|v| v.missed == missed);
    let asked = limits.each().into_iter();
    let asked = asked.filter_map(|(missed, limit)| Some((missed, limit?)));
    let found = asked.filter_map(|(missed, (limit, asked))| {
        let bound = Bound {
            missed,
            limit,
            in_overtime: has(exceeded, missed),
        };
        let found = match has(on_time, missed) {
            true => None,
            false => asker.if_late(class, outcome, bound),
        }?;
        Some(Violation {
            classes: classes.to_vec(),
            period,
            missed,
            limit,
            asked,
            attained: found.attained,
            faults: found.faults,
            late: found.days,
            ended: None,
        })
    });
    found.collect()
}

fn violations(
    outcome: &Outcome,
    limits: Limits,
    classes: &[ClassId],
    period: usize,
) -> Vec<Violation> {
    let mut out = Vec::new();
    for (missed, limit) in limits.each() {
        let (Some((limit, asked)), Some(attained)) = (limit, outcome.worst(missed)) else {
            continue;
        };
        let exceeds = |oldest: Oldest| oldest.age.is_none_or(|age| age > limit);
        if !exceeds(attained.oldest) {
            continue;
        }
        let faults = outcome.sets_where(missed, exceeds);
        out.push(Violation {
            classes: classes.to_vec(),
            period,
            missed,
            limit,
            asked,
            attained,
            faults,
            late: Days::new(),
            ended: None,
        });
    }
    out
}
