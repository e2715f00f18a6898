//! Tells what is lost, to whom it matters and why.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{ClassId, KeyId, Obligation, Target};
use thrice_plan::{CopyId, CopyKind};
use thrice_quantity::Seconds;

use super::super::lateness::{self, if_late, point_at_late};
use super::super::story::tell_run;
use super::{Group, Violation};
use crate::context::Context;
use crate::fault::{self, Fault, FaultSet};
use crate::faults::{self, Why};
use crate::indexed::Wanted;
use crate::verification::{Engine, Finding};
use crate::wording::{during, some};

const REQUIRED: Code = Code("T1201");
const FLOOR: Code = Code("T1202");
const NEEDED: Code = Code("T1203");
pub(in crate::obligations) const LATE: Code = Code("T1206");

/// How many places of faults a message points at.
const SHOWN: usize = 5;

/// One finding for a root cause.
pub(super) fn tell(context: &Context<'_>, group: &Group) -> Option<Finding> {
    let first = group.violations.first()?;
    let class_id = *first.classes.first()?;
    let classes: BTreeSet<ClassId> = group
        .violations
        .iter()
        .flat_map(|v| v.classes.iter().copied())
        .collect();
    let classes: Vec<ClassId> = classes.into_iter().collect();
    let own = first.own;
    let late = if_late(context, &first.symbolized, first.run.as_ref());
    let code = match (own, group.spans.is_empty()) {
        _ if late.is_some() => LATE,
        (false, _) => NEEDED,
        (true, true) => FLOOR,
        (true, false) => REQUIRED,
    };
    let (severity, engine) = match (&first.unknown, &first.run) {
        (Some(_), _) => (Severity::Unknown, Engine::Unknown),
        (None, Some(_)) if late.is_some() => (Severity::Warning, Engine::Refuted),
        (None, Some(_)) => (Severity::Error, Engine::Refuted),
        (None, None) => (Severity::Error, Engine::Evaluated),
    };
    let mut message = message(context, group, first, &classes, own);
    if let Some(late) = &late {
        message += &format!(", when {late}");
    }
    let mut diagnostic = Diagnostic::new(code, severity, message).by(engine.word());
    for span in &group.spans {
        diagnostic = diagnostic.at(*span, "asked for here");
    }
    let struck: BTreeSet<Fault> = group.faults().into_iter().flatten().copied().collect();
    let places = struck
        .iter()
        .filter_map(|f| Some((fault::place(context, *f)?, *f)));
    for (span, fault) in places.take(SHOWN) {
        diagnostic = diagnostic.at(span, fault::words(context, fault));
    }
    let keys: BTreeSet<_> = first
        .useless
        .iter()
        .filter_map(|(_, why)| why.key())
        .collect();
    let held_nowhere = keys.into_iter().filter(|key| !is_key_alone(group, *key));
    for key in held_nowhere {
        let named = &context.plan.model.keys[key].named;
        diagnostic = diagnostic.at(
            named.span,
            format!("nobody is left who holds `{}`", named.name),
        );
    }
    let class = &context.plan.model.classes[class_id];
    let home = context.store_name(class.home.store);
    diagnostic = diagnostic.at(
        class.named.span,
        format!("`{}` lives on `{home}`", class.named.name),
    );
    let period = context.plan.periods.get(first.period)?;
    diagnostic = match &first.run {
        Some(run) => {
            diagnostic = point_at_late(context, &first.symbolized, run, diagnostic);
            let told = |id: CopyId| {
                first
                    .useless
                    .get(id)
                    .map(|why| why_of(context, (id, why), period.from))
            };
            let what = set_words(context, &first.faults);
            tell_run(
                context,
                &first.symbolized,
                run,
                period,
                diagnostic,
                Some(what),
                &told,
            )
        }
        None => useless_copies(context, first, diagnostic),
    };
    diagnostic = diagnostic.help(match late {
        Some(_) => lateness::ADVICE,
        None => advice(context, group, first),
    });
    let fault = match struck.iter().collect::<Vec<_>>().as_slice() {
        [Fault::Loss(target)] => Some(*target),
        _ => None,
    };
    let subject = classes
        .iter()
        .map(|c| context.class_name(*c))
        .collect::<Vec<_>>()
        .join(" ");
    Some(Finding {
        diagnostic: diagnostic.about(subject),
        obligation: Obligation::Survival,
        classes,
        subjects: Vec::new(),
        fault,
        floor: group.floor,
    })
}

fn message(
    context: &Context<'_>,
    group: &Group,
    first: &Violation,
    classes: &[ClassId],
    own: bool,
) -> String {
    let periods: BTreeSet<usize> = group.violations.iter().map(|v| v.period).collect();
    let phases = during(periods.iter().filter_map(|p| context.plan.periods.get(*p)));
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let mut sets: Vec<String> = group
        .faults()
        .iter()
        .map(|set| format!("if {}", set_words(context, set)))
        .collect();
    if sets.len() > 4 {
        let more = sets.len() - 3;
        sets.truncate(3);
        sets.push(format!("in {more} more cases"));
    }
    let when = match sets.as_slice() {
        [front @ .., last] if !front.is_empty() => format!("{}, or {last}", front.join(", ")),
        _ => sets.join(""),
    };
    match (&first.unknown, own) {
        (Some(why), _) => format!("not decided whether anything of {names} is left {when}: {why}"),
        (None, true) => format!("nothing of {names} is left{phases} {when}"),
        (None, false) => format!(
            "{names} cannot be restored{phases} {when}: nothing of `{}`, which it needs, is left",
            context.class_name(first.lost)
        ),
    }
}

pub(in crate::obligations) fn set_words(context: &Context<'_>, set: &FaultSet) -> String {
    set.iter()
        .map(|f| fault::words(context, *f))
        .collect::<Vec<_>>()
        .join(" and ")
}

/// Whether what is asked about is the loss of a key itself, in each of the cases.
fn is_key_alone(group: &Group, key: KeyId) -> bool {
    let lost = Fault::Loss(Target::Key(key));
    let mut each = group.violations.iter();
    each.all(|violation| violation.faults.contains(&lost))
}

fn advice(context: &Context<'_>, group: &Group, violation: &Violation) -> &'static str {
    let day = violation.day(context);
    let whys = || violation.useless.iter().map(|(_, why)| why);
    let key = whys().find_map(|why| why.key());
    let mut useless = violation.useless.iter();
    if !violation.own {
        "copy what is needed to where its user survives, or take `needs` away if a restore does without it"
    } else if key.is_some_and(|key| is_key_alone(group, key)) {
        "a key that is lost is lost wherever it is held: keep a copy that another key opens, or accept the risk with \
         a reason, a name and an end"
    } else if key.is_some() {
        "hold the key in a second place that does not fall with the first: `held on …, VAULT`"
    } else if useless.any(|(id, why)| too_short(context, (id, why), day).is_some()) {
        "versions must reach further back than it may take until somebody has noticed and acted: keep more of them (`snapshots`, keep \
         rules, a later expiry of old versions), or notice it sooner (`noticed within`, `response time`)"
    } else if whys().any(|w| w == Why::Propagated) {
        "a sync carries deletions: give its destination versions of its own (`snapshots`, `versioning on`, `backup dir`)"
    } else if whys().any(|w| w == Why::Overwritten) {
        "a copy takes what has changed: tell it to refuse that (`immutable`, for what is written once), give its destination \
         versions of its own (`snapshots`, `versioning on`), or make a backup"
    } else if group.spans.is_empty() || whys().any(|w| w == Why::NotSpared) {
        "every class needs a restorable copy on another host that a deletion upstream spares, and a key that outlives both hosts"
    } else {
        "make a copy that these faults do not reach, or accept the risk with a reason, a name and an end"
    }
}

/// Why a copy is of no use in the period of a day; and if it has versions, why they do not help.
fn why_of(context: &Context<'_>, (id, why): (CopyId, Why), day: Date) -> String {
    let too_short = too_short(context, (id, why), day);
    let too_short = too_short.map(|(kept, noticed)| {
        let class = context.plan.copies[id].class;
        short_words(context, class, kept, noticed)
    });
    why_words(context, why) + &too_short.unwrap_or_default()
}

/// How far the versions reach back that a copy has, and how long it may take to see that they are needed, where
/// the first is less.
fn too_short(
    context: &Context<'_>,
    (id, why): (CopyId, Why),
    day: Date,
) -> Option<(Seconds, Seconds)> {
    let copy = &context.plan.copies[id];
    let wanted = Wanted::From(day);
    let aside = || context.kept_aside(copy, day);
    let kept = match why {
        Why::Deleted => context.spared(copy, wanted),
        Why::Propagated | Why::Overwritten => context.spared(copy, wanted).max(aside()),
        Why::Damaged => faults::history(context, copy, wanted).max(aside()),
        _ => None,
    }?;
    let noticed = match why {
        Why::Deleted => context.noticed_there(copy),
        _ => context.noticed_after(copy.class),
    };
    (kept < noticed).then_some((kept, noticed))
}

/// That versions reach less far back than it takes until somebody has acted, or the restore is done.
pub(in crate::obligations) fn short_words(
    context: &Context<'_>,
    class: ClassId,
    kept: Seconds,
    noticed: Seconds,
) -> String {
    let model = &context.plan.model;
    let rto = model.classes[class].asked().rto;
    let until = match rto {
        Some((rto, _)) if rto > model.policy.response => "what was lost is back",
        _ => "somebody has acted",
    };
    format!("; versions reach back {kept} there, and it may take {noticed} until {until}")
}

pub(in crate::obligations) fn why_words(context: &Context<'_>, why: Why) -> String {
    match why {
        Why::StoreLost => "gone with its store".to_owned(),
        Why::Deleted => "deleted".to_owned(),
        Why::Propagated => "the sync carries the deletion here".to_owned(),
        Why::Overwritten => {
            "the next run writes over it what was put in the place of its source".to_owned()
        }
        Why::KeyLost(key) => {
            format!(
                "unreadable: every holder of key `{}` is gone",
                context.plan.model.keys[key].named.name
            )
        }
        Why::Damaged => "holds the damage: no version from before it".to_owned(),
        Why::LiveDataLost => "not counted: what matters is what is left without it".to_owned(),
        Why::Rotten => "decayed, with all that is in one container".to_owned(),
        Why::NotSpared => "does not count: a deletion upstream reaches it".to_owned(),
    }
}

fn useless_copies(
    context: &Context<'_>,
    violation: &Violation,
    mut diagnostic: Diagnostic,
) -> Diagnostic {
    let day = violation.day(context);
    for id in &violation.symbolized.copies {
        let copy = &context.plan.copies[*id];
        let store = context.store_name(copy.location.store);
        let why = match (violation.useless.get(*id), copy.kind) {
            (_, CopyKind::Transit) => "in transit, never counts".to_owned(),
            (_, CopyKind::Seed) => "a seed, never counts".to_owned(),
            (Some(why), _) => why_of(context, (*id, why), day),
            (None, _) if context.plan.is_part(copy) => "but a part of it, never counts".to_owned(),
            (None, _) => "made too late, or by hand at no stated time".to_owned(),
        };
        let what = match copy.made_by {
            None => format!("the data on `{store}`: {why}"),
            Some(step) => format!(
                "copy on `{store}` by `{}`: {why}",
                context.plan.model.steps[step].named.name
            ),
        };
        diagnostic = diagnostic.event("", what);
    }
    if violation.symbolized.copies.len() == 1 {
        diagnostic = diagnostic.event("", "there is no other copy");
    }
    diagnostic
}
