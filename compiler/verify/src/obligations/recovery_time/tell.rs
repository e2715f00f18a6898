//! Tells what comes too late, why, and from which speed or size on it would not.

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{ClassId, Obligation, Phase};
use thrice_quantity::Seconds;

use super::super::lateness::{self, phase_on};
use super::super::story::in_time;
use super::super::survival::tell::set_words;
use super::jobs::{Missing, Restore};
use super::shared::Shared;
use super::urgency::{Job, crowded, least_speed, most_bytes};
use super::{Late, When};
use crate::context::Context;
use crate::fault::{self, Fault};
use crate::verification::{Engine, Finding};
use crate::wording::{during, some};

const LATE: Code = Code("T1401");
const NOT_CHECKED: Code = Code("T1402");
pub(in crate::obligations) const IF_LATE: Code = Code("T1403");

pub(super) fn late(context: &Context<'_>, late: &Late) -> Finding {
    let plan = context.plan;
    let shared = &late.shared;
    let names = some(late.classes.iter().map(|class| context.class_name(*class)));
    let phases = during(
        late.periods
            .iter()
            .filter_map(|index| plan.periods.get(*index)),
    );
    let sets: Vec<String> = late
        .faults
        .iter()
        .take(3)
        .map(|set| set_words(context, set))
        .collect();
    let more = late.faults.len().saturating_sub(3);
    let more = if more > 0 {
        format!(", or in {more} more cases")
    } else {
        String::new()
    };
    let together = if late.classes.len() > 1 { "all " } else { "" };
    let why = crowded(&shared.jobs, shared.speed).map_or_else(String::new, |crowd| {
        let taken = shared.speed.time_for(crowd.bytes);
        let taken = taken.map_or("for ever".to_owned(), |time| time.to_string());
        format!(
            ": {} at {} take {taken}, from {} after it on, and must be there after {}",
            crowd.bytes.rounded(),
            shared.speed,
            crowd.from,
            crowd.until.max(Seconds::ZERO),
        )
    });
    let next: Vec<(&Phase, i64)> = match late.when {
        When::Overtime(day, longer) => {
            let phase = phase_on(context, day);
            phase.map(|phase| (phase, longer)).into_iter().collect()
        }
        When::InTheEnd | When::AtFirst => Vec::new(),
    };
    let when = match late.when {
        When::AtFirst => ", until what is new then has been filled".to_owned(),
        When::InTheEnd | When::Overtime(..) => {
            lateness::words(&next).map_or_else(String::new, |when| format!(", when {when}"))
        }
    };
    let message = format!(
        "{names} cannot {together}be back in time{phases} if {}{more}{when}{why}",
        sets.join(", or if ")
    );
    let (code, severity, by) = match late.when {
        When::InTheEnd => (LATE, Severity::Error, "by the end of the phase"),
        When::AtFirst => (LATE, Severity::Error, "until then"),
        When::Overtime(..) => (IF_LATE, Severity::Warning, "by the end of the phase"),
    };
    let mut diagnostic = Diagnostic::new(code, severity, message).by(Engine::Evaluated.word());
    let mut seen = BTreeSet::new();
    for restore in members(late) {
        if seen.insert(restore.due.1) {
            diagnostic = diagnostic.at(restore.due.1, format!("back within {}", restore.due.0));
        }
    }
    let link = &plan.model.hosts[shared.slowest].named;
    diagnostic = diagnostic.at(link.span, format!("the slowest link: {}", shared.speed));
    for restore in members(late).take(4) {
        let class = &plan.model.classes[restore.class];
        if let Some((_, span)) = class.size {
            let size = restore.bytes.rounded();
            diagnostic = diagnostic.at(span, format!("{size} at most, {by}"));
        }
    }
    let struck: BTreeSet<Fault> = late.faults.iter().flatten().copied().collect();
    let places = struck
        .iter()
        .filter_map(|fault| Some((fault::place(context, *fault)?, *fault)));
    for (span, fault) in places.take(3) {
        diagnostic = diagnostic.at(span, fault::words(context, fault));
    }
    diagnostic = lateness::point_at(&next, diagnostic);
    diagnostic = in_time(diagnostic, events(context, late), |when| {
        format!("after {when}")
    });
    let fault = match struck.iter().collect::<Vec<_>>().as_slice() {
        [Fault::Loss(target)] => Some(*target),
        _ => None,
    };
    let mut out = finding(
        context,
        diagnostic.help(break_even(context, late)),
        &late.classes.union(&late.asking).copied().collect(),
    );
    out.fault = fault;
    out
}

fn members(late: &Late) -> impl Iterator<Item = &Restore> {
    jobs(late).map(|(restore, _)| restore)
}

fn jobs(late: &Late) -> impl Iterator<Item = (&Restore, &Job)> {
    let all = late.shared.restores.iter().zip(&late.shared.jobs);
    all.filter(|(restore, _)| late.classes.contains(&restore.class))
}

/// When each restore can begin, and when it must be over.
fn events(context: &Context<'_>, late: &Late) -> Vec<(Seconds, String)> {
    let mut out: Vec<(Seconds, String)> = Vec::new();
    for (restore, job) in jobs(late) {
        let name = context.class_name(restore.class);
        let class = &context.plan.model.classes[restore.class];
        let said = |stated: bool, default: &str| {
            if stated {
                String::new()
            } else {
                format!(" (not stated, so {default})")
            }
        };
        let setup = said(
            class.asked().restore_setup.is_some(),
            "as long as the response time",
        );
        let from = restore.from(context);
        let begins = match restore.before.key.filter(|_| job.arrival > restore.setup) {
            Some((key, content)) => {
                let key = &context.plan.model.keys[key].named.name;
                let content = context.class_name(content);
                format!(
                    "`{name}` begins to come from `{from}`: now `{content}` is in use, in which its key `{key}` lies"
                )
            }
            None => format!("`{name}` begins to come from `{from}`{setup}"),
        };
        out.push((job.arrival, begins));
        let finish = said(
            class.asked().restore_finish.is_some(),
            "an hour for state, nothing for files",
        );
        out.push((
            restore.due.0,
            format!(
                "`{name}` must be in use, {} after its last byte{finish}",
                restore.finish
            ),
        ));
    }
    let before: BTreeSet<ClassId> = members(late)
        .flat_map(|restore| restore.before.classes.iter().copied())
        .filter(|class| !late.classes.contains(class))
        .collect();
    let first = late.shared.with_all_before().iter();
    for restore in first.filter(|restore| before.contains(&restore.class)) {
        let arrival = late.shared.arrival(restore);
        let (name, size) = (context.class_name(restore.class), restore.bytes.rounded());
        let from = restore.from(context);
        out.push((
            arrival,
            format!("`{name}` begins to come from `{from}` before that: {size}"),
        ));
    }
    // Ties in the order of the words, whichever order the restores are in.
    out.sort();
    out
}

/// The speed and the sizes at which the verdict turns.
fn break_even(context: &Context<'_>, late: &Late) -> String {
    let shared = &late.shared;
    let mut ways: Vec<String> = Vec::new();
    match least_speed(&shared.jobs) {
        Some(speed) => ways.push(format!("over {speed} and more")),
        None if members(late).any(|restore| restore.before.key.is_some()) => {
            return "hold the key where these faults leave it as well, or allow more time"
                .to_owned();
        }
        None => {
            return "what comes before and after the bytes alone takes longer: say `restore setup` and `restore finish` if they are shorter, or allow more time".to_owned();
        }
    }
    for (which, restore) in shared.restores.iter().enumerate() {
        if !late.classes.contains(&restore.class) {
            continue;
        }
        if let Some(most) = most_bytes(&shared.jobs, which, shared.speed) {
            let name = context.class_name(restore.class);
            ways.push(format!(
                "while `{name}` measures no more than {}",
                most.rounded()
            ));
        }
    }
    format!("it is in time {}", ways.join(", or "))
}

/// What is attained, in a few words.
pub(super) fn attained(
    context: &Context<'_>,
    restore: &Restore,
    shared: &Shared,
    back: Option<Seconds>,
) -> String {
    let class = &context.plan.model.classes[restore.class];
    let assumed = |stated: bool| if stated { "" } else { " assumed" };
    let back = back.map_or("never back".to_owned(), |back| {
        format!("back after {back} of {}", restore.due.0)
    });
    let key = restore.before.key.map_or(String::new(), |(key, content)| {
        let key = &context.plan.model.keys[key].named.name;
        format!(", key `{key}` from `{}`", context.class_name(content))
    });
    format!(
        "{back}: setup {}{}{key}, {} from `{}` at {}, then {}{}",
        restore.setup,
        assumed(class.asked().restore_setup.is_some()),
        restore.bytes.rounded(),
        restore.from(context),
        shared.speed,
        restore.finish,
        assumed(class.asked().restore_finish.is_some()),
    )
}

/// What is not stated, so that a restore cannot be timed.
pub(super) fn missing(
    context: &Context<'_>,
    missing: Missing,
    classes: &BTreeSet<ClassId>,
) -> Finding {
    let names = some(classes.iter().map(|class| context.class_name(*class)));
    let (what, span, help) = match missing {
        Missing::Link(host) => {
            let host = &context.plan.model.hosts[host].named;
            (
                format!("the speed of the line of `{}` is not stated", host.name),
                host.span,
                "write `link 12 MB/s`: what it surely carries",
            )
        }
        Missing::Size(class) => {
            let class = &context.plan.model.classes[class].named;
            (
                format!("the size of `{}` is not stated", class.name),
                class.span,
                "write `size 10..40 GB`; a wide interval is better than none",
            )
        }
    };
    let mut diagnostic = Diagnostic::new(
        NOT_CHECKED,
        // It is asked for, and nobody knows.
        Severity::Unknown,
        format!("whether {names} can be back in time is not known: {what}"),
    )
    .by(Engine::Unknown.word())
    .at(span, "not stated");
    let mut seen = BTreeSet::new();
    for class in classes.iter().take(3) {
        let rto = context.plan.model.classes[*class].asked().rto;
        if let Some((time, span)) = rto.filter(|(_, span)| seen.insert(*span)) {
            diagnostic = diagnostic.at(span, format!("back within {time}"));
        }
    }
    finding(context, diagnostic.help(help), classes)
}

fn finding(context: &Context<'_>, diagnostic: Diagnostic, classes: &BTreeSet<ClassId>) -> Finding {
    let subject: Vec<&str> = classes
        .iter()
        .map(|class| context.class_name(*class))
        .collect();
    Finding {
        diagnostic: diagnostic.about(subject.join(" ")),
        obligation: Obligation::RecoveryTime,
        classes: classes.iter().copied().collect(),
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}
