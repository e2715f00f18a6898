//! Obligation 16: nothing is vacuous, contradictory or left out without a reason, and the figures of
//! the document agree with the plan.

mod elsewhere;
mod emptied;
mod estimates;
mod facts;
mod orders;
mod slack;
mod too_late;
mod twice;

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{
    ClassId, Demand, FaultKind, Holder, Location, Obligation, Requirement, Source, StepTarget,
    Store, StoreId, Survive, Verb,
};
use thrice_plan::Period;

use super::cost::monthly;
use super::history::has_versions;
use crate::context::Context;
use crate::faults::{self, Asked};
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};

const UNUSED: Code = Code("T2601");
const ABOUT_NOTHING: Code = Code("T2602");
const DOES_NOTHING: Code = Code("T2603");
const PROTECTS_NOTHING: Code = Code("T2607");
const SKIPPED_TWICE: Code = Code("T2608");
const WEAKER: Code = Code("T2609");

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut found = Vec::new();
    protects_nothing(context, &mut found);
    unused(context, &mut found);
    empty_demands(context, &mut found);
    idle_steps(context, &mut found);
    skipped(context, &mut found);
    weaker(context, &mut found);
    orders::check(context, &mut found);
    slack::check(context, &mut found);
    estimates::check(context, &mut found);
    facts::check(context, &mut found);
    too_late::check(context, &mut found);
    twice::check(context, &mut found);
    elsewhere::check(context, &mut found);
    emptied::check(context, &mut found);
    let holds = found
        .iter()
        .all(|f| f.diagnostic.severity != thrice_diagnostics::Severity::Error);
    out.findings.append(&mut found);
    let said = Said {
        obligation: Obligation::Sense,
        engine: Engine::Evaluated,
        holds,
        note: asked(context).into(),
    };
    let subjects = context.subjects();
    out.verdicts
        .push([subjects.policy()], subjects.always(), said);
}

/// What is asked for, in numbers: whoever takes a requirement or a figure away sees fewer.
fn asked(context: &Context<'_>) -> String {
    let plan = context.plan;
    let mut sets = 0;
    for requirement in &plan.model.requirements {
        let Demand::Survive(survive) = &requirement.demand else {
            continue;
        };
        let periods = plan.periods.iter();
        for period in periods.filter(|p| Context::in_force(requirement.lifetime, p)) {
            sets += match faults::asked(context, survive, period) {
                Asked::Set(_) => 1,
                Asked::Any(_, singles) => singles.len(),
            };
        }
    }
    let promises: usize = plan
        .model
        .classes
        .iter()
        .map(|(_, c)| {
            let bounds = [
                c.asked().rpo,
                c.asked().rpo_guaranteed,
                c.asked().rto,
                c.asked().retain_at_least,
                c.asked().retain_at_most,
            ];
            bounds.iter().flatten().count()
        })
        .sum();
    format!(
        "{} requirements, {sets} faults to survive in all phases, {promises} bounds of classes, {} figures of a document",
        plan.model.requirements.len(),
        plan.model.estimates.len()
    )
}

fn finding(diagnostic: Diagnostic, classes: Vec<ClassId>, subjects: Vec<String>) -> Finding {
    Finding {
        diagnostic: diagnostic.by(Engine::Evaluated.word()),
        obligation: Obligation::Sense,
        classes,
        subjects,
        fault: None,
        floor: false,
    }
}

/// Of nothing everything is proved.
fn protects_nothing(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    if model.classes.is_empty() {
        let named = &model.policy.named;
        // Every verdict about nothing holds: it must not pass for a safe policy, nor replace one that
        // was built before.
        let diagnostic = Diagnostic::error(
            PROTECTS_NOTHING,
            "this policy declares no class: there is nothing that it protects",
        )
        .at(named.span, "nothing to prove")
        .about(named.name.to_string())
        .help("declare what is worth a backup: `class NAME is state|files|items on STORE:/PATH`");
        out.push(finding(diagnostic, Vec::new(), Vec::new()));
    }
}

/// What no other statement names, and nothing that is decided or emitted rests on either.
fn unused(context: &Context<'_>, out: &mut Vec<Finding>) {
    for (name, span) in &context.plan.model.unused {
        if matters(context, *span) {
            continue;
        }
        let diagnostic = Diagnostic::warning(UNUSED, format!("nothing uses `{name}`"))
            .at(*span, "declared here")
            .about(name.clone())
            .help("use it or take it away");
        out.push(finding(diagnostic, Vec::new(), vec![name.clone()]));
    }
}

/// Whether what is declared there counts although nothing names it: a credential that lies on a host gives
/// whoever owns that host its rights, and can be stolen where that is to be survived; an environment is cleared
/// for what its hosts can read; a host that installs things on others opens them, and one that costs
/// something is paid.
fn matters(context: &Context<'_>, declared: Span) -> bool {
    let model = &context.plan.model;
    let stolen = || {
        model.requirements.iter().any(|r| match &r.demand {
            Demand::Survive(Survive::Any { kinds, .. }) => kinds.contains(&FaultKind::Credential),
            _ => false,
        })
    };
    let on_a_host = |holder: &Holder| match holder {
        Holder::Host(_) => true,
        Holder::Vault(vault) => model.vaults[*vault].host.is_some(),
    };
    // A drill restores onto the disks of its host, and names none of them.
    let drills = |store: &Store| {
        let mut steps = model.steps.iter().map(|(_, step)| step);
        steps.any(|step| matches!(step.verb, Verb::Drill) && step.runner.host == Some(store.host))
    };
    let mut stores = model.stores.iter().map(|(_, store)| store);
    if stores.any(|store| store.named.span == declared && drills(store)) {
        return true;
    }
    let mut credentials = model.credentials.iter().map(|(_, c)| c);
    let mut hosts = model.hosts.iter().map(|(_, h)| h);
    credentials
        .any(|c| c.named.span == declared && (c.held.iter().any(|(h, _)| on_a_host(h)) || stolen()))
        || model
            .environments
            .iter()
            .any(|(_, e)| e.named.span == declared)
        || hosts.any(|h| {
            let paid = h.monthly.is_some() || h.once.is_some();
            h.named.span == declared && (paid || !h.deploys_to.is_empty())
        })
}

fn empty_demands(context: &Context<'_>, out: &mut Vec<Finding>) {
    for requirement in &context.plan.model.requirements {
        if let Some((why, help)) = asks_for_nothing(context, requirement) {
            let diagnostic = Diagnostic::warning(
                ABOUT_NOTHING,
                format!("this requirement asks for nothing: {why}"),
            )
            .at(requirement.span, "always fulfilled")
            .help(help);
            out.push(finding(diagnostic, Vec::new(), Vec::new()));
        }
    }
}

/// What is missing, and what to do about it.
type Nothing = (&'static str, &'static str);

/// Why a requirement is fulfilled whatever the policy does, if it is.
fn asks_for_nothing(context: &Context<'_>, requirement: &Requirement) -> Option<Nothing> {
    let of = |why| {
        Some((
            why,
            "name the classes or the time it is meant for, or take it away",
        ))
    };
    let plan = context.plan;
    let model = &plan.model;
    let periods = plan.periods.iter();
    let mut periods = periods.filter(|p| Context::in_force(requirement.lifetime, p));
    let classes = &requirement.selection.classes;
    match &requirement.demand {
        Demand::Cost(_) => {
            let mut paid = periods.clone().peekable();
            let is_paid = |period: &Period| !monthly(plan, period).parts.is_empty();
            if paid.peek().is_some() && !paid.any(is_paid) {
                let help = "write what is paid (`cost 4..6 EUR/month`), or take it away";
                return Some(("nothing says what anything costs a month", help));
            }
        }
        Demand::Headroom { stores, .. } => {
            let stated = |store: &StoreId| thrice_plan::room(model, *store, |_| true).is_some();
            if !stores.iter().any(stated) {
                let help = "write how much (`capacity 200 GB`, `quota 1 TB`), or take it away";
                return Some(("nothing says how much room there is", help));
            }
        }
        _ if classes.is_empty() => return of("no class is selected"),
        Demand::History { .. } => {
            let has = |class: &ClassId| has_versions(model.classes[*class].kind);
            if !classes.iter().any(has) {
                return of("what is written once has no earlier versions");
            }
        }
        _ => {}
    }
    let lives = |period: &Period| {
        let mut classes = classes.iter();
        classes.any(|class| model.classes[*class].lifetime.contains(period.from))
    };
    let about_classes = !matches!(
        requirement.demand,
        Demand::Cost(_) | Demand::Headroom { .. }
    );
    match periods.next() {
        None => of("it holds in no phase"),
        Some(first) if about_classes && !lives(first) && !periods.any(lives) => {
            of("none of its classes is there then")
        }
        Some(_) => None,
    }
}

/// A step that reads where nothing is.
fn idle_steps(context: &Context<'_>, out: &mut Vec<Finding>) {
    let makes: BTreeSet<_> = context
        .plan
        .copies
        .iter()
        .filter_map(|(_, c)| c.made_by)
        .collect();
    let expires: BTreeSet<_> = context
        .plan
        .copies
        .iter()
        .flat_map(|(_, c)| c.leaves.iter().map(thrice_plan::Leave::by))
        .collect();
    for (id, step) in context.plan.model.steps.iter() {
        let idle = match &step.verb {
            Verb::Expire {
                noncurrent: true, ..
            }
            | Verb::Prune
            | Verb::Check(_)
            | Verb::Drill => false,
            Verb::Expire { .. } => !expires.contains(&id) && nothing_there(context, &step.source),
            _ => {
                !makes.contains(&id)
                    && context.read_directly(step).is_empty()
                    && !has_aside(context, &step.source)
            }
        };
        if idle {
            let diagnostic = Diagnostic::warning(
                DOES_NOTHING,
                format!("`{}` never finds anything to do", step.named.name),
            )
            .at(step.named.span, "no class has a copy where it reads")
            .about(step.named.name.to_string())
            .help("correct its source, or declare the class that lies there");
            out.push(finding(
                diagnostic,
                Vec::new(),
                vec![step.named.name.to_string()],
            ));
        }
    }
}

fn nothing_there(context: &Context<'_>, source: &Source) -> bool {
    let Source::Location(place, _) = source else {
        return false;
    };
    let mut copies = context.plan.copies.iter();
    !has_aside(context, source) && !copies.any(|(_, c)| place.meets(&c.location))
}

/// Whether something lies in a place that syncs put aside, which is no copy, or what others have brought of that.
fn has_aside(context: &Context<'_>, source: &Source) -> bool {
    let Source::Location(place, _) = source else {
        return false;
    };
    let steps = &context.plan.model.steps;
    let is_put = |place: &Location| {
        let mut aside = steps.iter().filter_map(|(_, step)| step.puts_aside());
        aside.any(|aside| aside.meets(place))
    };
    let mut brought = steps.iter().map(|(_, step)| (&step.source, &step.target));
    is_put(place)
        || brought.any(|(source, target)| match (source, target) {
            (Source::Location(from, _), StepTarget::Location(to, _)) => {
                to.meets(place) && is_put(from)
            }
            _ => false,
        })
}

/// What is skipped, and yet named by a step or a requirement: one of the two is not what is meant, and nothing
/// that is skipped is looked at.
fn skipped(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    for skip in &model.skips {
        let name = &skip.named.name;
        let is_it = |class: ClassId| context.class_name(class) == name;
        let mut steps = model.steps.iter();
        let handled = steps.find(|(_, step)| step.classes.iter().any(|(class, _)| is_it(*class)));
        // `all` leaves out what is skipped: who asks for it has named it.
        let mut requirements = model.requirements.iter();
        let asked = requirements.find(|r| r.selection.classes.iter().any(|class| is_it(*class)));
        let (what, span) = match (handled, asked) {
            (Some((_, step)), _) => ("handled", step.named.span),
            (None, Some(requirement)) => ("asked for", requirement.span),
            (None, None) => continue,
        };
        let diagnostic = Diagnostic::error(
            SKIPPED_TWICE,
            format!("`{name}` is skipped and {what} as well"),
        )
        .at(skip.named.span, "skipped here")
        .at(span, format!("{what} here"))
        .about(name.clone())
        .help("decide: protect it or skip it");
        out.push(finding(diagnostic, Vec::new(), vec![name.to_string()]));
    }
}

/// A requirement that another one already implies.
fn weaker(context: &Context<'_>, out: &mut Vec<Finding>) {
    let all = &context.plan.model.requirements;
    for (at, weak) in all.iter().enumerate() {
        let strong = all.iter().enumerate().find(|(other, strong)| {
            *other != at
                && implies(&strong.demand, &weak.demand)
                && strong.lifetime.from <= weak.lifetime.from
                && (strong.lifetime.until.is_none()
                    || strong.lifetime.until >= weak.lifetime.until
                        && weak.lifetime.until.is_some())
                && covers(strong, weak)
                && (strong.demand != weak.demand
                    || strong.selection != weak.selection
                    || *other < at)
        });
        if let Some((_, strong)) = strong {
            out.push(redundant(weak.span, strong.span));
        }
    }
}

/// Whether one requirement is about all the classes of another.
fn covers(strong: &Requirement, weak: &Requirement) -> bool {
    let covered: BTreeSet<ClassId> = strong.selection.classes.iter().copied().collect();
    weak.selection.classes.iter().all(|c| covered.contains(c))
}

fn implies(strong: &Demand, weak: &Demand) -> bool {
    match (strong, weak) {
        (
            Demand::Copies {
                copies: a,
                media: b,
                offsite: c,
                locked: d,
                within: None,
            },
            Demand::Copies {
                copies: e,
                media: f,
                offsite: g,
                locked: h,
                within: None,
            },
        ) => a >= e && b >= f && c >= g && d >= h,
        (Demand::Cost(a), Demand::Cost(b)) => a <= b,
        // Up to so many at once are asked about.
        (
            Demand::Survive(Survive::Any {
                count: a,
                kinds: of,
            }),
            Demand::Survive(Survive::Any { count: b, kinds }),
        ) => a >= b && kinds.iter().all(|kind| of.contains(kind)),
        (Demand::Survive(a), Demand::Survive(b)) => a == b,
        (
            Demand::RecoveryPoint {
                nominal: a,
                guaranteed: c,
            },
            Demand::RecoveryPoint {
                nominal: b,
                guaranteed: d,
            },
        ) => a <= b && d.is_none_or(|d| c.is_some_and(|c| c <= d)),
        (Demand::RecoveryTime(a), Demand::RecoveryTime(b)) => a <= b,
        (Demand::History { reach: a, gap: c }, Demand::History { reach: b, gap: d }) => {
            a >= b && c <= d
        }
        _ => false,
    }
}

fn redundant(weak: Span, strong: Span) -> Finding {
    let diagnostic = Diagnostic::warning(
        WEAKER,
        "this requirement adds nothing: another asks for as much or more",
    )
    .at(weak, "implied by the other")
    .at(strong, "asks for as much or more")
    .help("take it away");
    finding(diagnostic, Vec::new(), Vec::new())
}
