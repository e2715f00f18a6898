//! Accepted risks: the only way to lower a severity.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{Acceptance, ClassId, Obligation, Target};
use thrice_plan::Plan;

use crate::verification::{Accepted, Engine, Finding, Verification};
use crate::wording::list;

const ENDED: Code = Code("T2604");
const COVERS_NOTHING: Code = Code("T2605");
const ENDS_SOON: Code = Code("T2606");
const ONE_NAME: Code = Code("T2620");

/// An acceptance this close to its end, in days, is pointed out.
const SOON_DAYS: i32 = 30;

/// Takes accepted findings out, counts them, and says which acceptances have ended or cover nothing.
pub(crate) fn apply(plan: &Plan, out: &mut Verification) {
    // What an acceptance has covered so far, each with when that ends.
    let mut taken: Vec<(Date, Finding)> = Vec::new();
    for (index, acceptance) in plan.model.acceptances.iter().enumerate() {
        let ended = acceptance.until <= plan.as_of;
        let mut covered = out.covered.get(&index).copied().unwrap_or(0);
        let mut floor = out.floor_covered.contains(&index);
        out.findings.retain_mut(|finding| {
            let hit = finding.diagnostic.severity != Severity::Note && covers(acceptance, finding);
            covered += usize::from(hit);
            floor |= hit && finding.floor;
            if hit && ended {
                finding.diagnostic = finding.diagnostic.clone().at(
                    acceptance.span,
                    format!("was accepted until {}", acceptance.until),
                );
            }
            let whole = (hit && !ended).then(|| finding.clone());
            let is_gone = hit && !ended && narrow(plan, acceptance, finding);
            taken.extend(whole.map(|finding| (acceptance.until, finding)));
            !is_gone
        });
        // One that goes on where another one ends covers what that one covers now.
        let goes_on = |(until, finding): &(Date, Finding)| {
            *until < acceptance.until && covers(acceptance, finding)
        };
        let then = taken.iter().filter(|of| goes_on(of)).count();
        let all = covered.saturating_add(then);
        out.findings.extend(remark(plan, acceptance, all, ended));
        if floor && !ended && people(acceptance) < 2 {
            out.findings.push(one_name(plan, acceptance));
        }
        if !ended {
            out.accepted.push(accepted(plan, acceptance, covered));
        }
    }
}

/// How many people stand behind one: a name that is spelt in another way is nobody else.
fn people(acceptance: &Acceptance) -> usize {
    let spelt = |name: &String| {
        let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        words.join(" ")
    };
    let names: BTreeSet<String> = acceptance.by.iter().map(spelt).collect();
    names.len()
}

/// Acceptances that cover something that is never put into a finding, each with the class that it is left out for.
pub(crate) type Covered = BTreeSet<(usize, ClassId)>;

/// Counts them, each once for each class.
pub(crate) fn count(covered: &Covered, out: &mut Verification) {
    for (acceptance, _) in covered {
        *out.covered.entry(*acceptance).or_default() += 1;
    }
}

/// Whether the loss of one thing is borne for a class: findings about several faults leave that class and fault out. Who
/// accepts it is counted, and so is who did until some day.
pub(crate) fn of_single_fault(
    plan: &Plan,
    obligation: Obligation,
    fault: Target,
    class: ClassId,
    covered: &mut Covered,
) -> bool {
    let mut is_borne = false;
    for (index, acceptance) in plan.model.acceptances.iter().enumerate() {
        let mine = acceptance.obligation == obligation
            && acceptance.fault == Some(fault)
            && is_about(acceptance, class);
        let ended = acceptance.until <= plan.as_of;
        // What somebody else has accepted before, this one does not cover.
        if mine && (ended || !is_borne) {
            covered.insert((index, class));
            is_borne |= !ended;
        }
    }
    is_borne
}

/// Whether an acceptance is about a class: by its name, or about whatever there is.
pub(crate) fn is_about(acceptance: &Acceptance, class: ClassId) -> bool {
    match &acceptance.selection {
        Some(selection) => selection.contains(class),
        None => acceptance.subjects.is_empty(),
    }
}

/// Which acceptance covers what is told of some things together, by its place; all others are of one place behind
/// those. What is of several places is told apart: an acceptance covers what it names, and takes nothing else along.
pub(crate) fn rank<'n>(
    plan: &Plan,
    obligation: Obligation,
    names: impl IntoIterator<Item = &'n str> + Clone,
) -> usize {
    let covers = |acceptance: &Acceptance| {
        let mut names = names.clone().into_iter();
        let named = |name: &str| acceptance.subjects.iter().any(|(other, _)| other == name);
        acceptance.obligation == obligation
            && acceptance.fault.is_none()
            && acceptance.selection.is_none()
            && acceptance.until > plan.as_of
            && (acceptance.subjects.is_empty() || names.any(named))
    };
    let all = &plan.model.acceptances;
    all.iter().position(covers).unwrap_or(all.len())
}

/// Of a finding: by which acceptance all of it is covered.
pub(crate) fn rank_of(plan: &Plan, finding: &Finding) -> usize {
    let takes = |acceptance: &Acceptance| {
        let of_all = |class: &ClassId| is_about(acceptance, *class);
        acceptance.until > plan.as_of
            && covers(acceptance, finding)
            && (acceptance.selection.is_none() || finding.classes.iter().all(of_all))
    };
    let all = &plan.model.acceptances;
    all.iter().position(takes).unwrap_or(all.len())
}

/// Of things of which some stand in each other's way, those that do: two of them are covered as soon as one is. Each
/// group is of one rank.
pub(crate) fn in_each_others_way<T: Copy>(
    things: &[T],
    rank: impl Fn(T) -> usize,
    meet: impl Fn(T, T) -> bool,
) -> Vec<Vec<T>> {
    let ranked: Vec<(usize, T)> = things.iter().map(|thing| (rank(*thing), *thing)).collect();
    let ranks: BTreeSet<usize> = ranked.iter().map(|(rank, _)| *rank).collect();
    let groups = ranks.into_iter().rev().map(|of| {
        let is_of = |place: usize, own: usize, thing: T| {
            let mut others = ranked.iter().enumerate();
            others.any(|(at, (rank, other))| {
                at != place && own.min(*rank) == of && meet(thing, *other)
            })
        };
        let all = ranked.iter().enumerate();
        let mine = all.filter(|(place, (own, thing))| *own >= of && is_of(*place, *own, *thing));
        mine.map(|(_, (_, thing))| *thing).collect::<Vec<T>>()
    });
    groups.filter(|group| !group.is_empty()).collect()
}

fn covers(acceptance: &Acceptance, finding: &Finding) -> bool {
    if acceptance.obligation != finding.obligation {
        return false;
    }
    if acceptance.fault.is_some() && acceptance.fault != finding.fault {
        return false;
    }
    match &acceptance.selection {
        Some(selection) => finding.classes.iter().any(|c| selection.contains(*c)),
        None if acceptance.subjects.is_empty() => true,
        None => acceptance
            .subjects
            .iter()
            .any(|(name, _)| finding.subjects.contains(name)),
    }
}

/// Takes the accepted classes out of a finding that is about more; true if none is left.
fn narrow(plan: &Plan, acceptance: &Acceptance, finding: &mut Finding) -> bool {
    let Some(selection) = &acceptance.selection else {
        return true;
    };
    let (borne, left): (Vec<_>, Vec<_>) = finding
        .classes
        .iter()
        .partition(|class| selection.contains(**class));
    if left.is_empty() {
        return true;
    }
    let named = |classes: &[ClassId]| -> Vec<&str> {
        let names = classes.iter();
        names
            .map(|class| plan.model.classes[*class].named.name.as_str())
            .collect()
    };
    finding.diagnostic.subject = Some(named(&left).join(" "));
    // What is said is about all of them.
    let label = format!(
        "accepted for {}: what is left is about {}",
        list(named(&borne)),
        list(named(&left))
    );
    finding.diagnostic = finding.diagnostic.clone().at(acceptance.span, label);
    finding.classes = left;
    false
}

fn remark(plan: &Plan, acceptance: &Acceptance, covered: usize, ended: bool) -> Option<Finding> {
    let left = plan
        .as_of
        .until(acceptance.until)
        .map_or(0, |s| s.get_days());
    let diagnostic = if covered == 0 {
        Diagnostic::warning(COVERS_NOTHING, "this acceptance covers no finding")
            .at(acceptance.span, "nothing is accepted here")
            .help(instead(acceptance))
    } else if ended {
        Diagnostic::warning(
            ENDED,
            format!("this acceptance ended on {}", acceptance.until),
        )
        .at(acceptance.span, "what it covered counts again")
        .help("mend what it covered, or accept it anew with a later end")
    } else if left <= SOON_DAYS {
        Diagnostic::warning(
            ENDS_SOON,
            format!(
                "this acceptance ends on {}, {}",
                acceptance.until,
                days_ahead(left)
            ),
        )
        .at(acceptance.span, "what it covers will count again")
        .help("mend what it covers, or accept it anew with a later end")
    } else {
        return None;
    };
    Some(Finding {
        diagnostic,
        obligation: Obligation::Sense,
        classes: Vec::new(),
        subjects: Vec::new(),
        fault: None,
        floor: false,
    })
}

/// What to do with an acceptance that covers nothing.
fn instead(acceptance: &Acceptance) -> &'static str {
    match acceptance.obligation {
        // Of a monitor it is told when it falls with steps or is not there, and of nothing else.
        Obligation::Alarm if !acceptance.subjects.is_empty() => {
            "take it away: the next finding of its kind would be hidden by it; or name the steps that it is \
             meant for: `accept alarm for step NAME, step NAME …`"
        }
        _ => "take it away: the next finding of its kind would be hidden by it",
    }
}

/// What no policy may lack is not for one person to do without.
fn one_name(plan: &Plan, acceptance: &Acceptance) -> Finding {
    let diagnostic = Diagnostic::error(
        ONE_NAME,
        format!(
            "{} of {} falls short of the floor, and {} alone accepts that",
            acceptance.obligation.word(),
            list(subjects(plan, acceptance)),
            list(acceptance.by.iter().map(String::as_str))
        ),
    )
    .at(acceptance.span, "one name stands behind this")
    .by(Engine::Evaluated.word())
    .help("mend it, or let somebody else who bears the loss stand behind it as well: `by \"WHO\", \"WHO\"`");
    Finding {
        diagnostic,
        obligation: Obligation::Sense,
        classes: Vec::new(),
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}

fn days_ahead(days: i32) -> String {
    if days == 1 {
        "tomorrow".to_owned()
    } else {
        format!("in {days} days")
    }
}

/// The classes or other things that somebody accepts a risk for.
fn subjects<'p>(plan: &'p Plan, acceptance: &'p Acceptance) -> Vec<&'p str> {
    match &acceptance.selection {
        Some(selection) if selection.all => vec!["all"],
        Some(selection) => {
            let classes = selection.classes.iter();
            classes
                .map(|c| plan.model.classes[*c].named.name.as_str())
                .collect()
        }
        None => {
            let subjects = acceptance.subjects.iter();
            subjects.map(|(name, _)| name.as_str()).collect()
        }
    }
}

fn accepted(plan: &Plan, acceptance: &Acceptance, covers: usize) -> Accepted {
    Accepted {
        obligation: acceptance.obligation,
        subject: subjects(plan, acceptance).join(", "),
        why: acceptance.why.clone(),
        by: acceptance.by.join(", "),
        until: acceptance.until.to_string(),
        covers,
    }
}
