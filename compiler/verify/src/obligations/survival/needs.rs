//! Whether versions of a class find versions of what they are restored with.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{ClassId, NeededWith, Obligation};
use thrice_plan::{Copy, CopyKind, FOR_EVER, Period};
use thrice_quantity::Seconds;

use super::apart::Apart;
use super::matching::{Mismatch, together, widest};
use crate::context::Context;
use crate::fault::{self, Fault, FaultSet};
use crate::faults::history;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::during;

const MISMATCH: Code = Code("T1205");

/// A mismatch, and after which faults; none: of all copies there are.
type Found = (Mismatch, FaultSet);

/// The worst of a pair, and in which periods there is any.
type Worst<'p> = (Option<Found>, Vec<&'p Period>);

pub(super) fn decide(context: &Context<'_>, out: &mut Verification) {
    let apart = Apart::new(context);
    let mut pairs: BTreeMap<(ClassId, usize), Worst<'_>> = BTreeMap::new();
    for (index, period) in context.plan.periods.iter().enumerate() {
        let mut asking = apart.asking(period);
        for (id, class) in context.plan.model.classes.iter() {
            for (place, needed) in class.needs.iter().enumerate() {
                let there = mismatch(context, id, needed, period);
                let found = there.map(|found| (found, FaultSet::new()));
                let found = match found {
                    Some((Mismatch::Apart(..), _)) => found,
                    _ => found.max(asking.worst(id, needed)),
                };
                let what = found.as_ref().map(|(what, _)| *what);
                if let Some(said) = said(context, id, needed, what, period) {
                    let pair = context.subjects().pair(id, needed.class);
                    out.verdicts.push(pair, index, said);
                }
                if found.is_some() {
                    let (worst, periods) = pairs.entry((id, place)).or_default();
                    periods.push(period);
                    if found > *worst {
                        *worst = found;
                    }
                }
            }
        }
    }
    for ((id, place), (worst, periods)) in pairs {
        let needed = context.plan.model.classes[id].needs.get(place);
        if let Some((needed, worst)) = needed.zip(worst) {
            out.findings
                .push(tell(context, id, needed, &worst, &periods));
        }
    }
}

/// What came out for a class that has versions, or must find something not much older: what nobody sees, nobody misses
/// when it is taken away.
fn said(
    context: &Context<'_>,
    id: ClassId,
    needed: &NeededWith,
    found: Option<Mismatch>,
    period: &Period,
) -> Option<Said> {
    let other = context.class_name(needed.class);
    let note = match (reach(context, id, period), found) {
        (None, _) => {
            needed.within?;
            match newest_apart(context, id, needed, period) {
                Some(apart) => format!("copies of `{other}` are made at most {apart} apart"),
                None if is_together(context, id, needed, period) => {
                    format!("copies of `{other}` are made by the same runs")
                }
                None => return None,
            }
        }
        (_, Some(Mismatch::Reach(..))) => {
            format!("versions of `{other}` do not reach as far back")
        }
        (Some(_), _) => match apart(context, id, needed, period) {
            Some(apart) => {
                format!("versions of `{other}` reach as far back, at most {apart} apart")
            }
            None if is_together(context, id, needed, period) => {
                format!("versions of `{other}` reach as far back, made by the same runs")
            }
            None => format!("versions of `{other}` reach as far back"),
        },
    };
    Some(Said {
        obligation: Obligation::Survival,
        engine: Engine::Evaluated,
        holds: !found.is_some_and(|found| contradicts(context, id, found)),
        note: note.into(),
    })
}

fn mismatch(
    context: &Context<'_>,
    id: ClassId,
    needed: &NeededWith,
    period: &Period,
) -> Option<Mismatch> {
    let Some(mine) = reach(context, id, period) else {
        // What has no versions is restored as it was last, and with what is needed as that was last.
        let (apart, within) = (newest_apart(context, id, needed, period)?, needed.within?);
        return (apart > within).then_some(Mismatch::Apart(apart, within));
    };
    let theirs = reach(context, needed.class, period).unwrap_or(Seconds::ZERO);
    if theirs < mine {
        return Some(Mismatch::Reach(mine, theirs));
    }
    let (apart, within) = (apart(context, id, needed, period)?, needed.within?);
    (apart > within).then_some(Mismatch::Apart(apart, within))
}

/// How far apart versions of what is needed are at most; `None`: none are made on a schedule, or each by a run that
/// makes one of the class as well.
fn apart(
    context: &Context<'_>,
    id: ClassId,
    needed: &NeededWith,
    period: &Period,
) -> Option<Seconds> {
    if is_together(context, id, needed, period) {
        return None;
    }
    versions(context, needed.class, period)
        .into_iter()
        .filter_map(|copy| widest(context, copy))
        .min()
}

/// The same of the newest copies, with versions or without.
fn newest_apart(
    context: &Context<'_>,
    id: ClassId,
    needed: &NeededWith,
    period: &Period,
) -> Option<Seconds> {
    if is_together(context, id, needed, period) {
        return None;
    }
    made(context, needed.class, period)
        .into_iter()
        .filter_map(|copy| widest(context, copy))
        .min()
}

/// Whether the same runs make copies of a class and of what it needs: of a class with versions, versions.
fn is_together(context: &Context<'_>, id: ClassId, needed: &NeededWith, period: &Period) -> bool {
    let of = |class| match reach(context, id, period) {
        Some(_) => versions(context, class, period),
        None => made(context, class, period),
    };
    together(context, &of(id), &of(needed.class))
}

/// The copies that count besides the data itself.
fn made<'p>(context: &'p Context<'_>, class: ClassId, period: &Period) -> Vec<&'p Copy> {
    let copies = context.copies_in(class, period).into_iter();
    copies
        .map(|id| &context.plan.copies[id])
        .filter(|copy| copy.counts && copy.kind != CopyKind::Live)
        .collect()
}

fn versions<'p>(context: &'p Context<'_>, class: ClassId, period: &Period) -> Vec<&'p Copy> {
    let copies = context.copies_in(class, period).into_iter();
    copies
        .map(|id| &context.plan.copies[id])
        .filter(|copy| copy.counts && copy.kind == CopyKind::Versions)
        .collect()
}

/// How far the versions of a class surely reach back, at most to the horizon; `None` for one without.
fn reach(context: &Context<'_>, class: ClassId, period: &Period) -> Option<Seconds> {
    versions(context, class, period)
        .into_iter()
        .filter_map(|copy| history(context, copy))
        .max()
}

/// Whether the policy says that it must not be so.
fn contradicts(context: &Context<'_>, id: ClassId, what: Mismatch) -> bool {
    let written = context.plan.model.classes[id].asked().retain_at_least;
    match what {
        Mismatch::Reach(_, theirs) => written.is_some_and(|(written, _)| written > theirs),
        Mismatch::Apart(..) | Mismatch::Behind(..) | Mismatch::Old(..) => true,
        Mismatch::Failing(..) => false,
    }
}

/// " if host `vps` is lost and host `nas` is lost", after which faults it is so.
fn after(context: &Context<'_>, faults: &FaultSet) -> String {
    let words = faults.iter().map(|fault| match fault {
        Fault::LiveData => "the live data is lost".to_owned(),
        other => fault::words(context, *other),
    });
    let words: Vec<String> = words.collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(" if {}", words.join(" and ")),
    }
}

fn tell(
    context: &Context<'_>,
    id: ClassId,
    needed: &NeededWith,
    (what, faults): &Found,
    periods: &[&Period],
) -> Finding {
    let what = *what;
    let class = &context.plan.model.classes[id];
    let (name, other) = (&class.named.name, context.class_name(needed.class));
    let phases = during(periods.iter().copied());
    let after = after(context, faults);
    let message = match what {
        Mismatch::Reach(mine, theirs) => {
            let mine = if mine >= FOR_EVER {
                "for ever".to_owned()
            } else {
                mine.to_string()
            };
            format!(
                "versions of `{name}` reach back {mine}{phases}, and those of `{other}`, which they need, only {theirs}"
            )
        }
        Mismatch::Apart(apart, within) => format!(
            "versions of `{other}` are up to {apart} apart{phases}{after}, and `{name}` needs one within {within}"
        ),
        Mismatch::Behind(apart, within) => format!(
            "copies of `{name}` are up to {apart} apart{phases}{after}, nothing keeps what `{other}` was by then, and it is needed \
             within {within}"
        ),
        Mismatch::Failing(apart, within) => format!(
            "what is left of `{name}` and of `{other}` can be {apart} apart while runs fail{phases}{after}, and the one needs \
             the other within {within}"
        ),
        Mismatch::Old(age, within, asked) => {
            let age = age.map_or_else(|| "of any age".to_owned(), |age| format!("{age} old"));
            format!(
                "the newest of `{other}` can be {age}{phases}{after}: within {within} of that nothing of `{name}` is as new as the \
                 {asked} that are asked for"
            )
        }
    };
    let severity = if contradicts(context, id, what) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let mut diagnostic = Diagnostic::new(MISMATCH, severity, message)
        .by(Engine::Evaluated.word())
        .at(needed.span, "needed to restore it");
    let makers: BTreeSet<_> = periods
        .iter()
        .flat_map(|period| versions(context, needed.class, period))
        .filter_map(|copy| copy.made_by)
        .collect();
    for step in makers {
        let named = &context.plan.model.steps[step].named;
        diagnostic = diagnostic.at(named.span, format!("keeps `{other}`"));
    }
    Finding {
        diagnostic: diagnostic
            .help(match what {
                Mismatch::Reach(..) => {
                    "keep both alike: older versions without what they need are of no use"
                }
                Mismatch::Failing(..) => {
                    "let one step copy both, or keep versions of both, of which older ones match; or let them lie further \
                     apart (`within`)"
                }
                _ => {
                    "copy both to the same places, as often: what one needs that is not of the same time is of no use to it; or \
                     let them lie further apart (`within`)"
                }
            })
            .about(name.clone()),
        obligation: Obligation::Survival,
        classes: vec![id],
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}
