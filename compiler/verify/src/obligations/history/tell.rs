//! Tells what is asked for, what there is instead, and what would be enough.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{Obligation, Verb};
use thrice_plan::{CopyKind, FOR_EVER};
use thrice_quantity::Seconds;
use thrice_retention::Hole;

use super::super::survival::tell::{set_words, why_words};
use super::points::{Keeping, Past, Points, Thinned};
use super::propose::smallest;
use super::{Ask, Cause, Key, Shortfall, thinning};
use crate::context::Context;
use crate::fault::{self, Fault};
use crate::faults::strike;
use crate::verification::{Engine, Finding};
use crate::wording::{during, list, some};

const SHORT: Code = Code("T1601");
const AFTER_FAULTS: Code = Code("T1602");
const WHILE_RUNS_FAIL: Code = Code("T1603");
const NEEDED: Code = Code("T1604");

/// How many places of faults a message points at.
const SHOWN: usize = 4;

pub(super) fn tell(context: &Context<'_>, key: &Key, shortfall: &Shortfall) -> Option<Finding> {
    let (_, cause, _) = key;
    // Of several, the one that reaches furthest back says most.
    let ask = shortfall.asks.last()?;
    let classes: Vec<_> = shortfall.classes.iter().copied().collect();
    let names = some(classes.iter().map(|class| context.class_name(*class)));
    let periods = shortfall.periods.iter();
    let phases = during(periods.filter_map(|index| context.plan.periods.get(*index)));
    let (code, severity) = match cause {
        Cause::NoVersions | Cause::Stale(_) | Cause::Rules => (SHORT, Severity::Error),
        Cause::Faults(_) => (AFTER_FAULTS, Severity::Error),
        Cause::Missed => (WHILE_RUNS_FAIL, Severity::Warning),
        Cause::Needed(_) | Cause::NeededAfter(_) => (NEEDED, Severity::Error),
    };
    let asked = asked(ask);
    let message = match cause {
        Cause::NoVersions => {
            format!("nothing keeps earlier versions of {names}{phases}, and {asked}")
        }
        Cause::Stale(head) => {
            format!("the newest version of {names} can be {head} old{phases}, and {asked}")
        }
        Cause::Rules => format!("{}{phases}, and {asked}", lacking(ask, shortfall, &names)),
        Cause::Faults(_) => {
            let left = reached(shortfall.attained);
            let when = cases(context, shortfall);
            format!("{left} of the history of {names} is left{phases} {when}, and {asked}")
        }
        Cause::Missed => format!(
            "{asked}, and that of {names} holds{phases} only while runs succeed: {}",
            missed(ask, shortfall)
        ),
        Cause::Needed(class) | Cause::NeededAfter(class) => {
            let when = match shortfall.faults.is_empty() {
                true => String::new(),
                false => format!(" {}", cases(context, shortfall)),
            };
            format!(
                "{names} can be restored from {} back at most{phases}{when}: `{}`, which it needs, has no version for older ones, and {asked}",
                reached(shortfall.attained),
                context.class_name(*class)
            )
        }
    };
    let mut diagnostic = Diagnostic::new(code, severity, message).by(Engine::Evaluated.word());
    for ask in &shortfall.asks {
        diagnostic = diagnostic.at(ask.span, "asked for here");
    }
    if let Cause::Needed(needed) | Cause::NeededAfter(needed) = cause {
        let first = classes.first();
        let all = first.map_or_else(Vec::new, |class| context.with_needs(*class));
        let model = &context.plan.model;
        let mut needs = all.iter().flat_map(|class| &model.classes[*class].needs);
        let need = needs.find(|need| need.class == *needed);
        if let Some(need) = need {
            diagnostic = diagnostic.at(need.span, "needed for a restore");
        }
    }
    diagnostic = kept_here(context, cause, shortfall, diagnostic);
    diagnostic = match cause {
        Cause::Faults(_) => after_faults(context, shortfall, diagnostic),
        Cause::Rules => worst_case(context, ask, shortfall, diagnostic),
        _ => diagnostic,
    };
    let fault = single_fault(shortfall);
    let subject: Vec<&str> = classes
        .iter()
        .map(|class| context.class_name(*class))
        .collect();
    Some(Finding {
        diagnostic: diagnostic
            .help(advice(context, ask, cause, shortfall))
            .about(subject.join(" ")),
        obligation: Obligation::History,
        classes,
        subjects: Vec::new(),
        fault,
        floor: false,
    })
}

fn asked(ask: &Ask) -> String {
    match ask.gap {
        Some(gap) => format!(
            "a history of {} without holes of more than {gap} is asked for",
            ask.reach
        ),
        None => format!("versions must stay for {}", ask.reach),
    }
}

/// "121 d", or "all" and "nothing".
fn reached(age: Seconds) -> String {
    match age {
        Seconds(i64::MIN..=0) => "nothing".to_owned(),
        age if age >= FOR_EVER => "all".to_owned(),
        age => age.to_string(),
    }
}

/// The first hole that is too wide, in the form that the copy's past has it.
fn hole(ask: &Ask, thinned: &Thinned) -> Option<Hole> {
    let gap = ask.gap().saturating_sub(thinned.wider);
    thinned.profile.first_wider(gap)
}

fn lacking(ask: &Ask, shortfall: &Shortfall, names: &str) -> String {
    let past = shortfall.best.as_ref().map(|(_, past)| past);
    let found = past
        .and_then(thinning)
        .and_then(|thinned| Some((hole(ask, thinned)?, thinned)));
    match found {
        Some((hole, thinned)) => match hole.width() {
            Some(width) => format!(
                "versions of {names} can lie {} apart at the age of {}",
                width.saturating_add(thinned.wider),
                hole.younger
            ),
            None => format!(
                "the oldest version of {names} can be no older than {}",
                hole.younger
            ),
        },
        // How far they reach is not what is wrong.
        None if ask.gap.is_some() && past.is_some() && shortfall.attained <= Seconds::ZERO => {
            format!("versions of {names} do not lie near enough to each other")
        }
        None => format!(
            "versions of {names} reach back {} only",
            reached(shortfall.attained)
        ),
    }
}

fn missed(ask: &Ask, shortfall: &Shortfall) -> String {
    let Some((_, past)) = &shortfall.best else {
        return "none is sure".to_owned();
    };
    if past.head > ask.gap() {
        return format!(
            "until somebody has acted the newest version can be {} old",
            past.head
        );
    }
    let wider = thinning(past).map_or(Seconds::ZERO, |thinned| thinned.wider);
    format!("until somebody has acted holes can become {wider} wider")
}

/// Where keep rules are written that decide, and what they come to.
fn kept_here(
    context: &Context<'_>,
    cause: &Cause,
    shortfall: &Shortfall,
    diagnostic: Diagnostic,
) -> Diagnostic {
    let Some((id, past)) = &shortfall.best else {
        let class = shortfall.classes.first();
        let class = class.map(|class| &context.plan.model.classes[*class]);
        return match class.filter(|_| *cause == Cause::NoVersions) {
            Some(class) => diagnostic.at(class.named.span, "no versions of it are kept"),
            None => diagnostic,
        };
    };
    let copy = &context.plan.copies[*id];
    let Some(thinned) = thinning(past) else {
        let store = context.store_name(copy.location.store);
        return diagnostic.at(
            context.plan.span_of(copy),
            format!("the copy on `{store}` reaches back furthest"),
        );
    };
    let step = &context.plan.model.steps[thinned.step];
    let span = match &step.verb {
        Verb::Backup {
            keep: Some((_, span)),
            ..
        } => *span,
        _ => step.named.span,
    };
    diagnostic.at(span, format!("this comes to {}", kept(thinned)))
}

/// What rules come to: "a version at least 121 d old at any time, holes of up to 213 d, nothing
/// older than 366 d".
fn kept(thinned: &Thinned) -> String {
    let profile = &thinned.profile;
    let holes = format!("holes of up to {}", profile.widest);
    match (profile.reach(), profile.oldest) {
        (Some(reach), Some(oldest)) => {
            format!(
                "a version at least {reach} old at any time, {holes}, nothing older than {oldest}"
            )
        }
        _ => format!("{holes}, and something is never given up"),
    }
}

fn date_of(at: Timestamp, age: Seconds) -> Date {
    let then = at.checked_sub(age.to_signed_duration()).unwrap_or(at);
    then.to_zoned(TimeZone::UTC).date()
}

/// The moment at which the rules leave the least, in dates.
fn worst_case(
    context: &Context<'_>,
    ask: &Ask,
    shortfall: &Shortfall,
    diagnostic: Diagnostic,
) -> Diagnostic {
    let past = shortfall.best.as_ref().map(|(_, past)| past);
    let found = past
        .and_then(thinning)
        .and_then(|thinned| Some((hole(ask, thinned)?, thinned)));
    let Some((hole, thinned)) = found else {
        return diagnostic;
    };
    let step = &context.plan.model.steps[thinned.step];
    let version = Keeping::of(context, step).map_or_else(String::new, |k| k.version.to_string());
    let name = &step.named.name;
    let mut out = diagnostic;
    if let Some(older) = hole.older {
        out = out.event(
            date_of(hole.at, older).to_string(),
            "a version that is left",
        );
    }
    out = match hole.older {
        Some(_) => out.event(
            date_of(hole.at, hole.younger).to_string(),
            "the next version that is left",
        ),
        None => out.event(
            date_of(hole.at, hole.younger).to_string(),
            "the oldest version that is left",
        ),
    };
    let runs =
        format!("`{name}` has run, and restic {version} has forgotten what the rules do not keep");
    out.event(date_of(hole.at, Seconds::ZERO).to_string(), runs)
}

fn cases(context: &Context<'_>, shortfall: &Shortfall) -> String {
    let sets: Vec<_> = fault::least(&shortfall.faults).collect();
    let words: Vec<String> = sets
        .iter()
        .take(3)
        .map(|set| set_words(context, set))
        .collect();
    let more = sets.len().saturating_sub(3);
    let more = if more > 0 {
        format!(", or in {more} more cases")
    } else {
        String::new()
    };
    format!("if {}{more}", words.join(", or if "))
}

/// What becomes of each copy that has a history.
fn after_faults(
    context: &Context<'_>,
    shortfall: &Shortfall,
    mut diagnostic: Diagnostic,
) -> Diagnostic {
    let struck: std::collections::BTreeSet<Fault> =
        shortfall.faults.iter().flatten().copied().collect();
    let places = struck
        .iter()
        .filter_map(|fault| Some((fault::place(context, *fault)?, *fault)));
    for (span, fault) in places.take(SHOWN) {
        diagnostic = diagnostic.at(span, fault::words(context, fault));
    }
    let (Some(set), Some((class, index))) = (shortfall.faults.first(), shortfall.first) else {
        return diagnostic;
    };
    let Some(period) = context.plan.periods.get(index) else {
        return diagnostic;
    };
    let ids = context.copies_in(class, period);
    let useless = strike(context, set, period.from).useless(context, &ids);
    let left = shortfall.best.as_ref().map(|(id, _)| *id);
    for id in ids {
        let copy = &context.plan.copies[id];
        if !copy.history || copy.kind == CopyKind::Live {
            continue;
        }
        let what = match useless.get(id) {
            Some(why) => why_words(context, why),
            None if Some(id) == left => "reach back furthest of what is left".to_owned(),
            None => "reach back less far".to_owned(),
        };
        let store = context.store_name(copy.location.store);
        diagnostic = diagnostic.event("", format!("versions on `{store}`: {what}"));
    }
    diagnostic
}

fn single_fault(shortfall: &Shortfall) -> Option<thrice_model::Target> {
    let mut sets = shortfall.faults.iter();
    match (sets.next().map(Vec::as_slice), sets.next()) {
        (Some([Fault::Loss(target)]), None) => Some(*target),
        _ => None,
    }
}

fn advice(context: &Context<'_>, ask: &Ask, cause: &Cause, shortfall: &Shortfall) -> String {
    let past = shortfall.best.as_ref().map(|(_, past)| past);
    match cause {
        Cause::NoVersions => {
            "back it up into a repository with keep rules, or let a store keep snapshots or versions".to_owned()
        }
        Cause::Stale(_) => "copy it more often, or ask for a wider gap".to_owned(),
        Cause::Rules => past
            .and_then(thinning)
            .and_then(|thinned| {
                let step = &context.plan.model.steps[thinned.step];
                let keeping = Keeping::of(context, step)?;
                let gap = ask.gap().saturating_sub(thinned.wider);
                // Where nothing says how far apart versions may lie, no further than so long back, if rules can do that.
                let near = ask.reach.min(gap);
                let found = smallest(&keeping, ask.reach, near);
                let (rules, profile) = found.or_else(|| smallest(&keeping, ask.reach, gap))?;
                let reach = profile.reach_with(gap).map_or("for ever".to_owned(), |r| r.to_string());
                Some(format!("`{rules}` is enough: it reaches back {reach} without such a hole"))
            })
            .unwrap_or_else(|| {
                "no single rule is enough with this schedule: run it more often, keep more, or ask for a wider gap".to_owned()
            }),
        Cause::Faults(_) => {
            "keep the versions in a second place that these faults do not reach, or accept the risk with a reason, a name and an end".to_owned()
        }
        Cause::Missed => {
            "run it more often, let the monitor or somebody act sooner (`response time`), keep finer rules for longer, or ask for a wider gap".to_owned()
        }
        Cause::NeededAfter(class) => format!(
            "keep versions of {} wherever what needs it has its own",
            list([context.class_name(*class)])
        ),
        Cause::Needed(class) => format!(
            "keep {} as long as what needs it, by the same rules",
            list([context.class_name(*class)])
        ),
    }
}

/// What a past comes to, in a few words: "at most 1 d apart up to 6 d, 7 d up to 15 d, 31 d up to 121 d".
pub(super) fn attained(past: &Past) -> String {
    let mut parts: Vec<(Seconds, Seconds)> = Vec::new();
    for points in &past.points {
        match points {
            Points::Even { reach, gap } => parts.push((*gap, *reach)),
            Points::Thinned(thinned) => {
                parts.extend(thinned.profile.stretches().into_iter().map(|(end, gap)| {
                    (gap.saturating_add(thinned.wider), end.unwrap_or(FOR_EVER))
                }));
            }
        }
    }
    // Of two stretches the one that is no wider and reaches further says all.
    parts.sort_by_key(|(gap, reach)| (*gap, std::cmp::Reverse(*reach)));
    let mut shown: Vec<(Seconds, Seconds)> = Vec::new();
    for part in parts {
        if shown.last().is_none_or(|(_, reach)| part.1 > *reach) {
            shown.push(part);
        }
    }
    let words: Vec<String> = shown
        .iter()
        .map(|(gap, reach)| match *reach {
            reach if reach >= FOR_EVER => format!("{gap} for ever"),
            reach => format!("{gap} up to {reach}"),
        })
        .collect();
    format!("at most apart: {}", words.join(", "))
}
