//! What must stay restorable for some time (`retain at least`) and has lost its class: nobody makes newer copies of it.
//!
//! What had been copied when the class ended must be in some copy that counts, and that somebody can read, until it is as
//! old as is asked for: no store goes before that with the last of it, no key, and no rule takes it by its age. What was too new then to
//! have been copied is the recovery point's, and how many versions there are by then is what the history says.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;
use thrice_diagnostics::{Diagnostic, Severity};
use thrice_model::{ClassId, Obligation, StepId, StoreId};
use thrice_plan::calendar::days_between;
use thrice_plan::{CopyId, CopyKind, Period};
use thrice_presence::{Crossing, DAY, Question, Run};
use thrice_quantity::Seconds;

use super::super::lateness::{ADVICE, Claimed, claim_however_late, if_late, point_at_late};
use super::super::settling::{self, held_before, soonest};
use super::super::story::tell_run;
use super::{GONE, LATE, culprits, not_decided, said};
use crate::context::Context;
use crate::faults::strike;
use crate::obligations::survival::tell::why_words;
use crate::replay::About;
use crate::systems::Across;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::{age, during, some};

/// Of one class nothing is left that is not as old yet as it must become.
struct Lost {
    class: ClassId,
    period: usize,
    across: Rc<Across>,
    run: Run,
}

/// Whether a phase must be late for it, by which steps, and with which stores.
type Cause = (bool, Vec<StepId>, BTreeSet<StoreId>);

pub(super) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut lost: BTreeMap<(usize, Seconds, Cause), Vec<Lost>> = BTreeMap::new();
    // Each is told once: in later phases there is no more of it.
    let mut told: BTreeSet<(ClassId, bool)> = BTreeSet::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        for (class, least) in asked_in(context, period) {
            let Some(across) = context.across(class, index) else {
                continue;
            };
            let Some(claimed) = ask(context, class, &across, period) else {
                continue;
            };
            let (verdict, against) = match claimed {
                Claimed::Holds(by) => (said(true, by), None),
                Claimed::OnTime(by, against) => (said(true, by), Some(against)),
                Claimed::Fails(against) => {
                    let by = match against.0 {
                        Some(_) => Engine::Refuted,
                        None => Engine::Unknown,
                    };
                    (said(false, by), Some(against))
                }
            };
            out.verdicts.push([class], index, verdict);
            match against {
                Some((Some(run), _)) => {
                    if told.insert((class, run.is_late())) {
                        let found = Lost {
                            class,
                            period: index,
                            across,
                            run,
                        };
                        let alike = (index, least, found.cause(context));
                        lost.entry(alike).or_default().push(found);
                    }
                }
                Some((None, Some(why))) => out.findings.push(not_decided(context, class, &why)),
                Some((None, None)) | None => {}
            }
        }
    }
    let found = lost.iter();
    let found = found.filter_map(|((_, least, _), lost)| tell(context, *least, lost));
    out.findings.extend(found);
}

/// The classes that have ended, of which something must still be there in a period: each with how long it must stay.
fn asked_in(context: &Context<'_>, period: &Period) -> Vec<(ClassId, Seconds)> {
    let plan = context.plan;
    let ended = context.ever_in(period).into_iter().filter_map(|id| {
        let class = &plan.model.classes[id];
        let (least, _) = class.asked().retain_at_least?;
        let ends = class.lifetime.until?;
        let since = days_between(ends, period.from) - plan.late_days(ends);
        let asked = ends <= period.from && since.saturating_mul(DAY) <= least.0;
        asked.then_some((id, least))
    });
    ended.collect()
}

/// Whether what had been copied by the end of a class is there from a period on until it is old enough; `None` if nothing
/// had surely been.
fn ask(context: &Context<'_>, class: ClassId, across: &Across, period: &Period) -> Option<Claimed> {
    let ends = context.plan.model.classes[class].lifetime.until?;
    let (crossing, from) = across.held_at_end(ends, |day| {
        held_before(
            context,
            class,
            day,
            |_| true,
            |before, symbolized| {
                let members = members(context, &symbolized.copies, before.from);
                let members = lasting(context, &symbolized.copies, members, ends);
                // What is as old as this was read before the very second in which the data goes.
                let from = soonest(context, &symbolized.copies, &members)? + 1;
                let asked = question(members, (from, from), Crossing::Old);
                settling::held(context, &symbolized.system, &asked)
            },
        )
    })?;
    let symbolized = &across.symbolized;
    let members = members(context, &symbolized.copies, period.from);
    let last = context.last_age(class).max(from);
    let asked = question(members, (from, last), crossing);
    let about = About {
        obligation: Obligation::LastCopy,
        period: &period.name,
    };
    let system = (symbolized, &symbolized.system);
    Some(claim_however_late(context, about, class, system, &asked))
}

/// Those of some copies whose store does not go with the class: a dump beside the data does. If all go with it, all of them.
fn lasting(
    context: &Context<'_>,
    ids: &[CopyId],
    members: Vec<(usize, u32)>,
    ends: Date,
) -> Vec<(usize, u32)> {
    let stays = |(at, _): &(usize, u32)| {
        let copy = ids.get(*at).map(|id| &context.plan.copies[*id]);
        let store = copy.map(|copy| &context.plan.model.stores[copy.location.store]);
        store.is_some_and(|store| store.lifetime.until.is_none_or(|until| until > ends))
    };
    let staying: Vec<(usize, u32)> = members.iter().copied().filter(stays).collect();
    if staying.is_empty() { members } else { staying }
}

/// Whether one of some copies is there from one age to another.
const fn question(
    members: Vec<(usize, u32)>,
    (from, to): (i64, i64),
    crossing: Crossing,
) -> Question {
    Question {
        members,
        need: 1,
        from,
        to,
        window: 0,
        crossing,
    }
}

/// The copies that count on a day, as one group, but for the data itself.
fn members(context: &Context<'_>, ids: &[CopyId], day: Date) -> Vec<(usize, u32)> {
    let counts = |id: &CopyId| {
        let copy = &context.plan.copies[*id];
        copy.counts && copy.kind != CopyKind::Live
    };
    let ids_at = ids.iter().enumerate();
    let counting = ids_at.filter(|(_, id)| counts(id));
    let unreadable = unreadable(context, ids, day);
    let readable = counting.filter(|(_, id)| !unreadable.contains_key(*id));
    readable.map(|(at, _)| (at, 0)).collect()
}

/// The copies that nobody can read on a day, with no fault at all: why.
fn unreadable(context: &Context<'_>, ids: &[CopyId], day: Date) -> BTreeMap<CopyId, String> {
    let model = &context.plan.model;
    let struck = strike(context, &Vec::new(), day);
    let useless = struck.useless(context, ids);
    let mut out: BTreeMap<CopyId, String> = useless
        .iter()
        .map(|(id, why)| (id, why_words(context, why)))
        .collect();
    for id in ids {
        let copy = &context.plan.copies[*id];
        let repository = copy.repository.map(|id| &model.repositories[id]);
        let ended = repository.filter(|of| of.lifetime.until.is_some_and(|until| until <= day));
        if let Some(repository) = ended {
            let gone = format!("`{}` is no longer there", repository.named.name);
            out.entry(*id).or_insert(gone);
        }
    }
    out
}

impl Lost {
    fn cause(&self, context: &Context<'_>) -> Cause {
        let symbolized = &self.across.symbolized;
        let late = self.run.is_late();
        let copies = symbolized.copies.iter().enumerate();
        let left =
            copies.filter(|(at, _)| self.run.leaves(*at).is_some_and(|at| at <= self.run.age));
        let copies = left.map(|(_, id)| &context.plan.copies[*id]);
        let stores = copies
            .filter(|copy| copy.counts && copy.kind != CopyKind::Live)
            .map(|copy| copy.location.store)
            .filter(|store| {
                let until = context.plan.model.stores[*store].lifetime.until;
                until.is_some_and(|until| symbolized.days.contains(&until))
            });
        (
            late,
            culprits(context, symbolized, &self.run),
            stores.collect(),
        )
    }
}

fn tell(context: &Context<'_>, least: Seconds, lost: &[Lost]) -> Option<Finding> {
    let first = lost.first()?;
    let plan = context.plan;
    let period = plan.periods.get(first.period)?;
    let symbolized = &first.across.symbolized;
    let classes: Vec<ClassId> = lost.iter().map(|lost| lost.class).collect();
    let names = some(classes.iter().map(|class| context.class_name(*class)));
    let late = if_late(context, symbolized, Some(&first.run));
    let (code, severity, when) = match &late {
        Some(late) => (LATE, Severity::Warning, format!("if {late}")),
        None => {
            let when = "with nothing going wrong".to_owned();
            (GONE, Severity::Error, when)
        }
    };
    let message = format!(
        "nothing of {names} is left{} {when}, at the age of {}, and all of it must stay restorable for {least}",
        during([period]),
        age(first.run.age)
    );
    let mut diagnostic = Diagnostic::new(code, severity, message).by(Engine::Refuted.word());
    let (_, steps, stores) = first.cause(context);
    for step in &steps {
        let named = &plan.model.steps[*step].named;
        diagnostic = diagnostic.at(named.span, format!("`{}` takes it away", named.name));
    }
    for store in &stores {
        let named = &plan.model.stores[*store].named;
        diagnostic = diagnostic.at(named.span, "goes with all that is in it");
    }
    for class in classes.iter().take(4) {
        if let Some((_, span)) = plan.model.classes[*class].asked().retain_at_least {
            diagnostic = diagnostic.at(span, "must stay so long, also after its class has ended");
        }
    }
    let (run, why) = (
        &first.run,
        unreadable(context, &symbolized.copies, period.from),
    );
    diagnostic = point_at_late(context, symbolized, run, diagnostic);
    diagnostic = tell_run(context, symbolized, run, period, diagnostic, None, &|id| {
        why.get(&id).cloned()
    });
    let help = match late {
        Some(_) => ADVICE,
        None => {
            "let a copy of it stay until then, with somebody who holds its key, bring it elsewhere before it goes, ask for less \
             (`retain at least …`), or accept it where another class has the same data"
        }
    };
    let subject: Vec<&str> = classes
        .iter()
        .map(|class| context.class_name(*class))
        .collect();
    Some(Finding {
        diagnostic: diagnostic.help(help).about(subject.join(" ")),
        obligation: Obligation::LastCopy,
        classes,
        subjects: Vec::new(),
        fault: None,
        floor: false,
    })
}
