//! Of all counterexamples, one that a person can follow: the youngest item, then the earliest faults,
//! then as little delay as will do, of steps and of phases.

use std::collections::BTreeSet;

use super::changes::{Ages, DAY};
use super::choices::{Choices, FOR_EVER};
use super::evaluate::{refutes, stays_of};
use super::{Crossing, Leaving, Question, System};

/// How often all values are gone through; two or three rounds settle systems of real policies.
const ROUNDS: usize = 6;

/// Lowers every open value as far as the counterexample stays one, in a fixed order, and never makes
/// the item older. What comes in must refute; so does what comes out.
pub(super) fn polish(system: &System, question: &Question, choices: Choices) -> Choices {
    let mut best = youngest(system, question, &choices).unwrap_or(choices);
    for _ in 0..ROUNDS {
        let before = best.clone();
        for (node, rule) in system.nodes.iter().enumerate() {
            try_value(
                system,
                question,
                &mut best,
                rule.older_than.map(|o| o.0),
                |c, v| c.nodes.get_mut(node).map(|n| n.older_than = v),
            );
            for (at, leaving) in rule.leaves.iter().enumerate() {
                let low = match *leaving {
                    Leaving::AfterEntering(low, _)
                    | Leaving::AtAge(low, _)
                    | Leaving::With(_, low, _) => Some(low),
                    Leaving::Into(_) => None,
                };
                try_value(system, question, &mut best, low, |c, v| {
                    c.nodes
                        .get_mut(node)
                        .and_then(|n| n.leaves.get_mut(at))
                        .map(|l| *l = v)
                });
            }
            let low = rule.source.map(|_| rule.delay.0);
            try_value(system, question, &mut best, low, |c, v| {
                c.nodes.get_mut(node).map(|n| n.delay = v)
            });
        }
        if best == before {
            break;
        }
    }
    if let (Some((low, _)), Some(age)) = (system.gaps().first(), best.gaps.first().copied()) {
        best = as_little(best, (*low, age), |best, age| {
            with_age(system, question, best, age)
        });
    }
    for change in 0..system.late().len() {
        let days = best.late.get(change).copied().unwrap_or(0);
        best = as_little(best, (0, days), |best, days| {
            with_late(system, question, best, (change, days))
        });
    }
    best
}

/// As little as will do of a value, for no older item: found by halving, where more is worse.
fn as_little(
    mut best: Choices,
    (mut least, mut most): (i64, i64),
    with: impl Fn(&Choices, i64) -> Option<Choices>,
) -> Choices {
    while least < most {
        let middle = least + (most - least) / 2;
        match with(&best, middle) {
            Some(less) => (most, best) = (middle, less),
            None => least = middle + 1,
        }
    }
    best
}

/// The same with another age on the day of the first change, if that refutes as well.
fn with_age(system: &System, question: &Question, best: &Choices, age: i64) -> Option<Choices> {
    let mut tried = best.clone();
    *tried.gaps.first_mut()? = age;
    no_older(system, question, best, &tried)
}

/// The youngest item of a run that refutes, if it is no older than in another one.
fn no_older(
    system: &System,
    question: &Question,
    best: &Choices,
    tried: &Choices,
) -> Option<Choices> {
    let younger = youngest(system, question, tried)?;
    (younger.age <= best.age).then_some(younger)
}

/// The same with a change so late, if that refutes as well: the item as old as it is on the first day, or on that
/// of the change.
fn with_late(
    system: &System,
    question: &Question,
    best: &Choices,
    (change, days): (usize, i64),
) -> Option<Choices> {
    let mut tried = best.clone();
    let late = tried.late.get_mut(change)?;
    let sooner = (*late - days).saturating_mul(DAY);
    *late = days;
    let mut as_old = tried.clone();
    let first = as_old.gaps.first_mut()?;
    *first = first.saturating_add(sooner);
    let no_older = |tried: Choices| no_older(system, question, best, &tried);
    [tried, as_old].into_iter().find_map(no_older)
}

/// Sets one value to its least if the item then need not be older.
fn try_value(
    system: &System,
    question: &Question,
    best: &mut Choices,
    value: Option<i64>,
    set: impl Fn(&mut Choices, i64) -> Option<()>,
) {
    let Some(value) = value else { return };
    let mut tried = best.clone();
    if set(&mut tried, value).is_none() || tried == *best {
        return;
    }
    if let Some(younger) = no_older(system, question, best, &tried) {
        *best = younger;
    }
}

/// The least age, and for it the earliest faults, at which a run refutes. Something changes only where
/// an item enters or leaves, so only those ages need a look.
fn youngest(system: &System, question: &Question, choices: &Choices) -> Option<Choices> {
    let mut found: Option<Choices> = None;
    // Faults matter when something enters, or so late that what is left just lasts until somebody acts.
    let ends = moments(system, question, choices);
    let last = ends
        .iter()
        .chain([&choices.age])
        .map(|age| age - question.window);
    let mut struck_at: BTreeSet<i64> = [question.from, choices.struck].into();
    struck_at.extend(ends.iter().copied());
    struck_at.extend(last);
    for struck in struck_at.into_iter().filter(|s| *s >= question.from) {
        let mut tried = Choices {
            struck,
            ..choices.clone()
        };
        let mut ages: BTreeSet<i64> = [struck, choices.age].into();
        ages.extend(
            moments(system, question, &tried)
                .into_iter()
                .filter(|age| *age >= struck),
        );
        for age in ages {
            tried.age = age;
            if refutes(system, question, &tried) {
                if found
                    .as_ref()
                    .is_none_or(|f| (age, struck) < (f.age, f.struck))
                {
                    found = Some(tried.clone());
                }
                break;
            }
        }
    }
    found
}

/// When something changes: an item enters or leaves, or what there is is another.
fn moments(system: &System, question: &Question, choices: &Choices) -> Vec<i64> {
    let changes = Ages::of(system, choices).last();
    let changes = changes.map(|at| match question.crossing {
        Crossing::Old | Crossing::Held(_) => at,
        Crossing::Settled(after) => at.saturating_add(after),
    });
    stays_of(system, choices)
        .into_iter()
        .flatten()
        .flat_map(|(entered, left)| [entered, left])
        .chain(changes)
        .filter(|at| *at < FOR_EVER)
        .collect()
}
