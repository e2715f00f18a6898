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
use crate::indexed::Wanted;
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
            match rhythm(context, (id, needed), period, made)? {
                Rhythm::SameRuns => format!("copies of `{other}` are made by the same runs"),
                Rhythm::Apart(apart) => {
                    format!("copies of `{other}` are made at most {apart} apart")
                }
            }
        }
        (_, Some(Mismatch::Reach(..))) => {
            format!("versions of `{other}` do not reach as far back")
        }
        (Some(_), _) => {
            let how = match rhythm(context, (id, needed), period, versions) {
                Some(Rhythm::SameRuns) => ", made by the same runs".to_owned(),
                Some(Rhythm::Apart(apart)) => format!(", at most {apart} apart"),
                None => String::new(),
            };
            format!("versions of `{other}` reach as far back{how}")
        }
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
    let apart = |of: Copies| match rhythm(context, (id, needed), period, of)? {
        Rhythm::SameRuns => None,
        Rhythm::Apart(apart) => {
            let within = needed.within?;
            (apart > within).then_some(Mismatch::Apart(apart, within))
        }
    };
    let Some(mine) = reach(context, id, period) else {
        // What has no versions is restored as it was last, and with what is needed as that was last.
        return apart(made);
    };
    let theirs = reach(context, needed.class, period).unwrap_or(Seconds::ZERO);
    match theirs < mine {
        true => Some(Mismatch::Reach(mine, theirs)),
        false => apart(versions),
    }
}

/// How copies of what is needed are made, beside those of the class that needs it.
enum Rhythm {
    /// By runs that make one of the class as well.
    SameRuns,
    /// On schedules, so far apart at most.
    Apart(Seconds),
}

/// Some copies of a class in a period.
type Copies = for<'c> fn(&'c Context<'_>, ClassId, &Period) -> Vec<&'c Copy>;

/// `None`: none are made on a schedule.
fn rhythm(
    context: &Context<'_>,
    (id, needed): (ClassId, &NeededWith),
    period: &Period,
    of: Copies,
) -> Option<Rhythm> {
    let (mine, theirs) = (of(context, id, period), of(context, needed.class, period));
    if together(context, &mine, &theirs) {
        return Some(Rhythm::SameRuns);
    }
    let apart = theirs.into_iter().filter_map(|copy| widest(context, copy));
    apart.min().map(Rhythm::Apart)
}

/// The copies that count besides the data itself.
fn made<'c>(context: &'c Context<'_>, class: ClassId, period: &Period) -> Vec<&'c Copy> {
    let copies = context.copies_in(class, period).into_iter();
    copies
        .map(|id| &context.plan.copies[id])
        .filter(|copy| copy.counts && copy.kind != CopyKind::Live)
        .collect()
}

/// Those of them with versions.
fn versions<'c>(context: &'c Context<'_>, class: ClassId, period: &Period) -> Vec<&'c Copy> {
    let mut all = made(context, class, period);
    all.retain(|copy| copy.kind == CopyKind::Versions);
    all
}

/// How far the versions of a class surely reach back, at most to the horizon; `None` for one without.
fn reach(context: &Context<'_>, class: ClassId, period: &Period) -> Option<Seconds> {
    versions(context, class, period)
        .into_iter()
        .filter_map(|copy| history(context, copy, Wanted::Before(period.from)))
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
