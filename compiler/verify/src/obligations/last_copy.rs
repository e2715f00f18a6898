//! Obligation 5: no move, expire, prune, sync or clean-up removes the last copy, at any age, with no
//! fault at all.

mod ended;

use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::EcoString;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{AgeClock, ClassId, Obligation, StepId, Verb};
use thrice_plan::{CopyKind, Period};
use thrice_presence::{Crossing, Question, Run};

use super::lateness::{self, Claimed, claim_however_late, if_late, point_at_late};
use super::settling::{self, claim, held_before};
use super::split::{split, violated};
use super::story::{takers, tell_run};
use crate::context::Context;
use crate::replay::About;
use crate::systems::{Across, Symbolized};
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::{age, during, some};

const GONE: Code = Code("T1501");
pub(super) const LATE: Code = Code("T1502");

#[derive(Clone)]
struct Violation {
    /// Classes alike: the first one is told of.
    classes: Vec<ClassId>,
    period: usize,
    symbolized: Symbolized,
    run: Run,
}

violated!(Violation);

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut causes: BTreeMap<(bool, Vec<StepId>), Vec<Violation>> = BTreeMap::new();
    // Which engine says it of the first of classes alike, as long as its copies are this system.
    let mut known: BTreeMap<ClassId, (Rc<Symbolized>, Engine)> = BTreeMap::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        for classes in context.kinds_in(period).iter() {
            let Some(class) = classes.first().copied() else {
                continue;
            };
            let across = context.across(class, index);
            let symbolized = context.symbolized(class, period);
            let before = known.get(&class);
            let as_before = |(system, _): &&(Rc<Symbolized>, Engine)| {
                Rc::ptr_eq(system, &symbolized) && across.as_ref().is_none_or(|a| !a.new)
            };
            if let Some((_, engine)) = before.filter(as_before) {
                out.verdicts
                    .push(classes.iter().copied(), index, said(true, *engine));
                continue;
            }
            let about = About {
                obligation: Obligation::LastCopy,
                period: &period.name,
            };
            let asked = question(context, class, &symbolized);
            let system = (&*symbolized, &symbolized.system);
            let mut found = claim(context, about, class, system, &asked);
            let mut of: &Symbolized = &symbolized;
            // Asked for is this in each period.
            let before = || {
                let held = |_: &Period, system: &Symbolized| held(context, class, system);
                held_before(context, class, period.from, |_| true, held)
            };
            let crosses = found.is_ok() && before().is_some();
            let alone = |a: &Across| {
                let alone = a.alone.as_ref();
                alone.is_some_and(|alone| held(context, class, alone).is_some())
            };
            let mut if_late = None;
            if let Some(across) = across.as_deref().filter(|a| crosses && !alone(a)) {
                let crossing = &across.symbolized;
                let asked = question(context, class, crossing);
                let system = (crossing, &crossing.system);
                let crossed = claim_however_late(context, about, class, system, &asked);
                found = match crossed {
                    Claimed::Holds(by) => found.map(|engine| engine.weaker(by)),
                    Claimed::OnTime(by, against) => {
                        if_late = Some((crossing, against));
                        found.map(|engine| engine.weaker(by))
                    }
                    Claimed::Fails(against) => {
                        of = crossing;
                        Err(against)
                    }
                };
            }
            let verdict = match &found {
                Ok(engine) => said(true, *engine),
                Err((Some(_), _)) => said(false, Engine::Refuted),
                Err((None, _)) => said(false, Engine::Unknown),
            };
            out.verdicts.push(classes.iter().copied(), index, verdict);
            match &found {
                // Where what crosses was not asked about, it is in the next period.
                Ok(engine) if if_late.is_none() && (across.is_none() || crosses) => {
                    known.insert(class, (Rc::clone(&symbolized), *engine));
                }
                Ok(_) => {}
                Err(_) => drop(known.remove(&class)),
            }
            let against = found.err().map(|against| (of, against)).or(if_late);
            if let Some((of, (run, unknown))) = against {
                if let Some(run) = run {
                    let cause = (run.is_late(), culprits(context, of, &run));
                    causes.entry(cause).or_default().push(Violation {
                        classes: classes.clone(),
                        period: index,
                        symbolized: of.clone(),
                        run,
                    });
                } else if let Some(why) = unknown {
                    out.findings.push(not_decided(context, class, &why));
                }
            }
        }
    }
    let parts = causes.values().flat_map(|violations| split(violations));
    out.findings
        .extend(parts.filter_map(|part| tell(context, &part)));
    ended::decide(context, out);
}

/// From which age on something is there in a system that is always so, if it is: from the first one.
fn held(context: &Context<'_>, class: ClassId, symbolized: &Symbolized) -> Option<i64> {
    let question = question(context, class, symbolized);
    settling::held(context, &symbolized.system, &question)
}

fn question(context: &Context<'_>, class: ClassId, symbolized: &Symbolized) -> Question {
    let ids = symbolized.copies.iter().enumerate();
    // Transit copies hold the data too while it is on its way; they only never count as safety.
    let members = ids
        .filter(|(_, id)| context.plan.copies[**id].kind != CopyKind::Seed)
        .map(|(i, _)| (i, 0))
        .collect();
    Question {
        members,
        need: 1,
        from: 0,
        to: context.last_age(class),
        window: 0,
        crossing: Crossing::Old,
    }
}

const fn said(holds: bool, engine: Engine) -> Said {
    Said {
        obligation: Obligation::LastCopy,
        engine,
        holds,
        note: EcoString::new(),
    }
}

/// The steps by which the item leaves, in order of their ids.
fn culprits(context: &Context<'_>, symbolized: &Symbolized, run: &Run) -> Vec<StepId> {
    let mut steps: Vec<StepId> = (0..symbolized.copies.len())
        .filter(|node| run.leaves(*node).is_some_and(|at| at <= run.age))
        .flat_map(|node| takers(context, symbolized, run, node))
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// Whether a step deletes by an age that says nothing of how long something has been there.
fn is_by_mtime(context: &Context<'_>, step: StepId) -> bool {
    let clock = match &context.plan.model.steps[step].verb {
        Verb::Expire { clock, .. } => Some(*clock),
        _ => None,
    };
    clock == Some(AgeClock::Mtime)
}

fn not_decided(context: &Context<'_>, class: ClassId, why: &str) -> Finding {
    let named = &context.plan.model.classes[class].named;
    Finding {
        diagnostic: Diagnostic::new(
            GONE,
            Severity::Unknown,
            format!(
                "not decided whether the last copy of `{}` stays: {why}",
                named.name
            ),
        )
        .at(named.span, "this class")
        .about(named.name.to_string())
        .by(Engine::Unknown.word()),
        obligation: Obligation::LastCopy,
        classes: vec![class],
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}

fn tell(context: &Context<'_>, violations: &[Violation]) -> Option<Finding> {
    let first = violations.first()?;
    let plan = context.plan;
    let period = plan.periods.get(first.period)?;
    let mut classes: Vec<ClassId> = violations
        .iter()
        .flat_map(|v| v.classes.iter().copied())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let mut periods: Vec<usize> = violations.iter().map(|v| v.period).collect();
    periods.dedup();
    let phases = during(periods.iter().filter_map(|p| plan.periods.get(*p)));
    let late = if_late(context, &first.symbolized, Some(&first.run));
    let (code, severity, wrong) = match &late {
        Some(late) => (LATE, Severity::Warning, format!(" if {late}")),
        None => {
            let wrong = " with nothing going wrong".to_owned();
            (GONE, Severity::Error, wrong)
        }
    };
    let mut diagnostic = Diagnostic::new(
        code,
        severity,
        format!(
            "the last copy of {names} is deleted{phases}{wrong}, at the age of {}",
            age(first.run.age)
        ),
    )
    .by(Engine::Refuted.word());
    let culprits = culprits(context, &first.symbolized, &first.run);
    for step in &culprits {
        let step = &plan.model.steps[*step];
        diagnostic = diagnostic.at(
            step.named.span,
            format!("`{}` takes it away", step.named.name),
        );
    }
    diagnostic = diagnostic.at(
        plan.model.classes[*first.classes.first()?].named.span,
        "the class",
    );
    diagnostic = point_at_late(context, &first.symbolized, &first.run, diagnostic);
    diagnostic = tell_run(
        context,
        &first.symbolized,
        &first.run,
        period,
        diagnostic,
        None,
        &|_| None,
    );
    diagnostic = diagnostic.help(match late {
        Some(_) => lateness::ADVICE,
        None if culprits.iter().any(|step| is_by_mtime(context, *step)) => {
            "`mtime` comes along with a file from wherever it was made, so what has just arrived may be old enough to go, however \
             long that is: let `move` take it, which deletes only what it has brought, count `by upload` in a bucket, or say \
             `retain at least …` if the data may go at some age"
        }
        None => {
            "let each deletion wait until the next copy is surely made (older than its widest gap), copy instead of sync, \
             or say `retain at least …` if the data may go at some age"
        }
    });
    let subject = classes
        .iter()
        .map(|c| context.class_name(*c))
        .collect::<Vec<_>>()
        .join(" ");
    Some(Finding {
        diagnostic: diagnostic.about(subject),
        obligation: Obligation::LastCopy,
        classes,
        subjects: Vec::new(),
        fault: None,
        floor: true,
    })
}
