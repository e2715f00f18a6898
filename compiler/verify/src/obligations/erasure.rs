//! Obligation 7: where a greatest retention is written, nothing outlives it in any copy, seeds, transit
//! and what stores keep by themselves included.
//!
//! Every delay grows the sum, so upper ends are the worst case and evaluation is exact, with as many runs
//! missed as can be before somebody has acted. What takes data away by running (forget, prune, sync, a
//! clean-up) takes nothing away once it stops: such a promise holds only if these steps run, which is
//! said, with the monitors that would tell.

mod ended;
mod path;
mod played;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{ClassId, Obligation, StepId};
use thrice_plan::{CopyId, Period};
use thrice_quantity::{Ratio, Seconds};

use super::story::in_time;
use crate::context::Context;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::{during, list, moment, some};
use ended::Deaths;
use path::Death;

const OUTLIVES: Code = Code("T1701");
const NEVER: Code = Code("T1702");
const UNWATCHED: Code = Code("T1703");
const UNUSED: Code = Code("T1704");

/// What classes have in common that outlive their greatest retention in the same way.
#[derive(Clone)]
struct Outlived {
    classes: BTreeSet<ClassId>,
    periods: BTreeSet<usize>,
    /// The copy in which it stays longest.
    copy: CopyId,
    deaths: BTreeMap<CopyId, Death>,
    most: Seconds,
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut outlived: BTreeMap<(Option<Seconds>, String), Outlived> = BTreeMap::new();
    let mut unwatched: BTreeMap<StepId, BTreeSet<ClassId>> = BTreeMap::new();
    let mut wasteful: BTreeMap<thrice_model::RepositoryId, BTreeSet<ClassId>> = BTreeMap::new();
    let mut deaths = Deaths::default();
    for (index, period) in context.plan.periods.iter().enumerate() {
        for class in asked_in(context, period) {
            let Some((most, _)) = context.plan.model.classes[class].asked().retain_at_most else {
                continue;
            };
            let found = deaths.in_period(context, class, (index, true));
            let Some((last, death)) = latest(&found) else {
                continue;
            };
            let holds = death.at.is_some_and(|at| at <= most);
            if !holds {
                let copy = &context.plan.copies[last];
                let store = context.store_name(copy.location.store);
                let entry = outlived
                    .entry((death.at, format!("{store} {}", death.why)))
                    .or_insert_with(|| Outlived {
                        classes: BTreeSet::new(),
                        periods: BTreeSet::new(),
                        copy: last,
                        deaths: found.clone(),
                        most,
                    });
                entry.most = entry.most.min(most);
                entry.classes.insert(class);
                entry.periods.insert(index);
            }
            let relies: BTreeSet<StepId> = found
                .values()
                .flat_map(|death| death.relies.iter().copied())
                .collect();
            for step in &relies {
                if context.plan.model.steps[*step].monitor.is_none() {
                    unwatched.entry(*step).or_default().insert(class);
                }
            }
            let repositories = found
                .keys()
                .filter_map(|id| context.plan.copies[*id].repository);
            for repository in repositories {
                if context.plan.model.repositories[repository].max_unused > Ratio(0) {
                    wasteful.entry(repository).or_default().insert(class);
                }
            }
            let nominal = deaths.in_period(context, class, (index, false));
            let nominal = latest(&nominal).and_then(|(_, death)| death.at);
            let said = said(context, (holds, nominal), death, &relies);
            out.verdicts.push([class], index, said);
        }
    }
    for outlived in outlived.values() {
        if played::is_borne_out(context, out, outlived) {
            out.findings.push(outlives(context, outlived));
        }
    }
    if !unwatched.is_empty() {
        out.findings.push(not_watched(context, &unwatched));
    }
    for (repository, classes) in &wasteful {
        out.findings.push(unused(context, *repository, classes));
    }
}

/// The classes of which something may lie somewhere in a period: those that live, and those that have lived.
fn asked_in(context: &Context<'_>, period: &Period) -> Vec<ClassId> {
    let mut out = context.classes_in(period).to_vec();
    let stays = &context.left().stays;
    if !stays.is_empty() {
        let plan = context.plan;
        let asked = context.ever_in(period);
        let left: BTreeSet<ClassId> = stays.keys().map(|id| plan.copies[*id].class).collect();
        let lived = |class: &ClassId| {
            let until = plan.model.classes[*class].lifetime.until;
            asked.contains(class) && until.is_some_and(|until| until <= period.from)
        };
        out.extend(left.into_iter().filter(lived));
    }
    out
}

/// The copy in which it stays longest: one that it never leaves before all others.
fn latest(deaths: &BTreeMap<CopyId, Death>) -> Option<(CopyId, &Death)> {
    let never = deaths.iter().find(|(_, death)| death.at.is_none());
    let last = || {
        deaths
            .iter()
            .max_by_key(|(id, death)| (death.at, std::cmp::Reverse(**id)))
    };
    never.or_else(last).map(|(id, death)| (*id, death))
}

fn said(
    context: &Context<'_>,
    (holds, nominal): (bool, Option<Seconds>),
    death: &Death,
    relies: &BTreeSet<StepId>,
) -> Said {
    let engine = if holds && !relies.is_empty() {
        Engine::ProvedIf
    } else {
        Engine::Evaluated
    };
    let mut note = match death.at {
        None => "never gone everywhere".to_owned(),
        Some(at) => format!("gone everywhere after {at}"),
    };
    if let Some(nominal) = nominal.filter(|nominal| Some(*nominal) != death.at) {
        note.push_str(&format!(", after {nominal} while no run is missed"));
    }
    if holds && !relies.is_empty() {
        let names = relies
            .iter()
            .map(|step| context.plan.model.steps[*step].named.name.as_str());
        note.push_str(&format!("; if {} run", some(names)));
    }
    Said {
        obligation: Obligation::Erasure,
        engine,
        holds,
        note: note.into(),
    }
}

fn outlives(context: &Context<'_>, outlived: &Outlived) -> Finding {
    let plan = context.plan;
    let copy = &plan.copies[outlived.copy];
    let store = context.store_name(copy.location.store);
    let names = some(
        outlived
            .classes
            .iter()
            .map(|class| context.class_name(*class)),
    );
    let periods = outlived.periods.iter();
    let phases = during(periods.clone().filter_map(|index| plan.periods.get(*index)));
    let death = outlived.deaths.get(&outlived.copy);
    let at = death.and_then(|death| death.at);
    let (code, message) = match at {
        Some(at) => (
            OUTLIVES,
            format!(
                "{names} can stay on `{store}` for {at} after being deleted{phases}, and must be gone after {}",
                outlived.most
            ),
        ),
        None => (
            NEVER,
            format!(
                "{names} can stay on `{store}` for ever{phases}, and must be gone after {}",
                outlived.most
            ),
        ),
    };
    let mut diagnostic = Diagnostic::error(code, message).by(Engine::Evaluated.word());
    for class in outlived.classes.iter().take(4) {
        if let Some((_, span)) = plan.model.classes[*class].asked().retain_at_most {
            diagnostic = diagnostic.at(span, "gone by then");
        }
    }
    let from = periods
        .clone()
        .next()
        .and_then(|index| plan.periods.get(*index))
        .map_or(plan.as_of, |period| period.from);
    let mut events: Vec<(i64, String)> = Vec::new();
    for id in way(context, outlived.copy) {
        let here = &plan.copies[id];
        diagnostic = diagnostic.at(
            plan.span_of(here),
            format!("kept on `{}`", context.store_name(here.location.store)),
        );
        if let Some(death) = outlived.deaths.get(&id) {
            let store = context.store_name(here.location.store);
            let gone = format!("gone from `{store}`: {}", death.why);
            events.push((death.at.map_or(i64::MAX, |at| at.0), gone));
        }
    }
    diagnostic = in_time(diagnostic, events, |at| match at {
        i64::MAX => "never".to_owned(),
        at => moment(from, at),
    });
    let help = match at {
        Some(_) => {
            "keep less, prune sooner, copy more often, or allow more time: all along the way adds up"
        }
        None => {
            "let something delete it there: keep rules with an end, `prune`, an `expire`, a `noncurrent` rule for old versions"
        }
    };
    finding(
        diagnostic.help(help),
        outlived.classes.iter().copied(),
        context,
    )
}

/// The copies from home to this one.
fn way(context: &Context<'_>, copy: CopyId) -> Vec<CopyId> {
    let mut out: Vec<CopyId> = context.plan.way(copy).collect();
    out.reverse();
    out
}

fn not_watched(context: &Context<'_>, unwatched: &BTreeMap<StepId, BTreeSet<ClassId>>) -> Finding {
    let step = |id: &StepId| &context.plan.model.steps[*id].named;
    let classes: BTreeSet<ClassId> = unwatched.values().flatten().copied().collect();
    let names = some(unwatched.keys().map(|id| step(id).name.as_str()));
    let verb = if unwatched.len() == 1 { "runs" } else { "run" };
    let of = some(classes.iter().map(|class| context.class_name(*class)));
    let mut diagnostic = Diagnostic::new(
        UNWATCHED,
        Severity::Warning,
        format!(
            "{of} is only erased while {names} {verb}, and no monitor would tell that it stopped"
        ),
    )
    .by(Engine::ProvedIf.word());
    for id in unwatched.keys().take(4) {
        diagnostic = diagnostic.at(step(id).span, "reports to no monitor");
    }
    finding(
        diagnostic.help("let it report to a monitor: what has stopped deletes nothing"),
        classes,
        context,
    )
}

fn unused(
    context: &Context<'_>,
    repository: thrice_model::RepositoryId,
    classes: &BTreeSet<ClassId>,
) -> Finding {
    let data = &context.plan.model.repositories[repository];
    let name = &data.named.name;
    let of = list(classes.iter().map(|class| context.class_name(*class)));
    let diagnostic = Diagnostic::new(
        UNUSED,
        Severity::Warning,
        format!(
            "what is forgotten of {of} can stay unreadable in `{name}` for any time: prune leaves up to {} unused",
            data.max_unused
        ),
    )
    .by(Engine::Evaluated.word())
    .at(data.named.span, "pruned down to that share")
    .help("write `max unused 0 %` in the repository, if bytes that nothing refers to matter");
    let mut found = finding(diagnostic, classes.iter().copied(), context);
    found.subjects = vec![name.to_string()];
    found
}

fn finding(
    diagnostic: Diagnostic,
    classes: impl IntoIterator<Item = ClassId>,
    context: &Context<'_>,
) -> Finding {
    let classes: Vec<ClassId> = classes.into_iter().collect();
    let subject: Vec<&str> = classes
        .iter()
        .map(|class| context.class_name(*class))
        .collect();
    Finding {
        diagnostic: diagnostic.about(subject.join(" ")),
        obligation: Obligation::Erasure,
        classes,
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}
