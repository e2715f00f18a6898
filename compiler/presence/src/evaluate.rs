//! What can be said without a solver, and what is present in one concrete run.

use std::collections::BTreeSet;

use crate::changes::{Ages, DAY, after_changes};
use crate::choices::{Choices, FOR_EVER, NodeChoice};
use crate::{Crossing, Held, Leaving, Node, NodeLife, Question, System};

/// The groups that have a member which surely is there all through the asked ages: it never leaves,
/// nor does anything it is filled from before it is filled, and it has entered in time.
pub(crate) fn sure_groups(system: &System, question: &Question) -> BTreeSet<u32> {
    let sure = question.members.iter().filter(|(member, _)| {
        let latest = surely_entered(system, question, *member);
        latest.is_some_and(|at| at <= question.from) && stays(system, *member)
    });
    sure.map(|(_, group)| *group).collect()
}

fn stays(system: &System, at: usize) -> bool {
    system
        .nodes
        .get(at)
        .is_some_and(|n| n.alive && n.leaves.is_empty())
        && system.life(at).is_none_or(NodeLife::stays)
}

/// The latest age at which something has surely entered, if it surely does: every node on the way
/// keeps what it has, or gives it up only when it has been read. Faults strike no earlier than the first
/// age asked about, so what has entered by then has entered before them.
///
/// What begins meanwhile has as long for it after its beginning, where only what is so long after is asked about.
fn surely_entered(system: &System, question: &Question, at: usize) -> Option<i64> {
    // From the node back to the live data: a chain may be as long as the policy.
    let mut way = Vec::new();
    let mut begins = false;
    let mut next = Some(at);
    while let Some(at) = next {
        let node = system.nodes.get(at)?;
        if let Some(life) = system.life(at) {
            begins |= life.fed.from.is_some();
            if life.fed.until.is_some() || !life.stays() {
                return None;
            }
        }
        way.push((at, node));
        next = node.source;
    }
    let mut entered = 0;
    for pair in way.windows(2).rev() {
        let [(at, node), (_, holder)] = pair else {
            return None;
        };
        entered = entered
            .max(node.older_than.map_or(0, |o| o.1))
            .saturating_add(node.delay.1);
        // What begins meanwhile comes at no age that is known here.
        let in_time = |leaves: &Leaving| !begins && entered < not_before(leaves);
        let kept = holder
            .leaves
            .iter()
            .all(|l| matches!(l, Leaving::Into(to) if to == at) || in_time(l));
        if !kept || entered >= FOR_EVER {
            return None;
        }
    }
    let after = match question.crossing {
        Crossing::Old | Crossing::Held(_) => 0,
        Crossing::Settled(after) => after,
    };
    (!begins || entered <= after).then_some(entered)
}

/// The age before which nothing leaves in this way. What is to be taken away later may be so, never sooner.
const fn not_before(leaving: &Leaving) -> i64 {
    match leaving {
        Leaving::AtAge(least, _) | Leaving::AfterEntering(least, _) => *least,
        Leaving::AfterChange { .. } | Leaving::With(..) | Leaving::Into(_) => 0,
    }
}

/// Whether nothing happens any more at the last age asked about, nor while faults that strike before it are
/// not noticed: then what holds at that age holds at every later one.
pub fn settled(system: &System, question: &Question) -> bool {
    let mut entered: Vec<i64> = Vec::with_capacity(system.nodes.len());
    // Whatever waits for a change waits no longer than until the last one.
    let change = system.last_change();
    for node in &system.nodes {
        entered.push(node.source.map_or(0, |source| {
            let there = entered.get(source).copied().unwrap_or(FOR_EVER).max(change);
            let older = node.older_than.map_or(0, |(_, high)| high);
            there.max(older).saturating_add(node.delay.1)
        }));
    }
    let mut left: Vec<i64> = Vec::with_capacity(system.nodes.len());
    for (node, own) in system.nodes.iter().zip(&entered) {
        let leaves = node.leaves.iter().map(|leaving| match *leaving {
            Leaving::AfterEntering(_, high) => own.saturating_add(high),
            Leaving::AtAge(_, high) => high.max(*own),
            Leaving::AfterChange { after, stays, .. } => {
                change.max(*own).saturating_add(after.1.max(stays))
            }
            Leaving::With(other, _, high) => {
                let gone = left.get(other).copied().unwrap_or(FOR_EVER);
                gone.saturating_add(high)
            }
            Leaving::Into(other) => entered.get(other).copied().unwrap_or(FOR_EVER),
        });
        left.push(leaves.max().map_or(0, |left| left.max(change)));
    }
    let last = entered.into_iter().chain(left).max().unwrap_or(0);
    let last = last.max(system.last_change());
    last.saturating_add(question.window) <= question.to
}

/// When something enters and leaves a node in a concrete run; `None` if it never enters.
pub type Stay = Option<(i64, i64)>;

/// Works out a run: for each node, when the item is there. Nothing of the encoding is used here.
///
/// Sources stand before what they feed, and before what leaves with them: one pass is enough. Of those
/// that would take an item away, the first one that can does; who comes later finds nothing. Who reads
/// at the very second in which it is taken away still reads it.
#[must_use]
pub fn stays_of(system: &System, choices: &Choices) -> Vec<Stay> {
    let readers = readers(system);
    let ages = Ages::of(system, choices);
    let mut entered: Vec<Option<i64>> = system
        .nodes
        .iter()
        .map(|node| node.source.is_none().then_some(0))
        .collect();
    let mut left: Vec<i64> = Vec::with_capacity(system.nodes.len());
    for (at, node) in system.nodes.iter().enumerate() {
        let there = entered.get(at).copied().flatten();
        let own = (at, there.unwrap_or(0));
        let deleted = deleted(node, choices.nodes.get(at), own, &left, &ages).min(ages.gone(at));
        let tries: Vec<(usize, i64)> = readers
            .get(at)
            .into_iter()
            .flatten()
            .filter_map(|reader| {
                Some((
                    *reader,
                    tried(system, choices, *reader, (there?, deleted), &ages)?,
                ))
            })
            .collect();
        let moved = tries
            .iter()
            .filter(|(reader, _)| node.leaves.contains(&Leaving::Into(*reader)))
            .map(|(_, age)| *age)
            .min()
            .unwrap_or(FOR_EVER);
        for (reader, age) in tries {
            if let Some(slot) = entered.get_mut(reader).filter(|_| age <= moved) {
                *slot = Some(age);
            }
        }
        // What leaves with a node that never had it is gone as soon as may be.
        left.push(there.map_or(0, |_| deleted.min(moved)));
    }
    entered
        .into_iter()
        .zip(left)
        .map(|(entered, left)| entered.map(|entered| (entered, left)))
        .collect()
}

/// The nodes that are filled from each node.
pub(crate) fn readers(system: &System) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); system.nodes.len()];
    for (at, node) in system.nodes.iter().enumerate() {
        if let Some(readers) = node.source.and_then(|source| out.get_mut(source)) {
            readers.push(at);
        }
    }
    out
}

/// When a node's step would bring something, if nobody took it away before: its source still has it then,
/// the step is still there, and the faults have not come between.
fn tried(
    system: &System,
    choices: &Choices,
    at: usize,
    (there, deleted): (i64, i64),
    ages: &Ages<'_>,
) -> Option<i64> {
    let (node, chosen) = (system.nodes.get(at)?, choices.nodes.get(at)?);
    let (begins, ends) = ages.fed(at);
    let from = if node.older_than.is_some() {
        there.max(chosen.older_than)
    } else {
        there
    };
    let age = from.max(begins).saturating_add(chosen.delay);
    let in_time = age < deleted && age <= ends && age < ages.gone(at);
    (in_time && (age <= choices.struck || node.fed)).then_some(age)
}

/// When something is deleted from a node, moves apart; `left` says when it leaves the nodes before.
/// What leaves with a node that does not stand before is gone at once: no plan has that.
fn deleted(
    node: &Node,
    chosen: Option<&NodeChoice>,
    (at, own): (usize, i64),
    left: &[i64],
    ages: &Ages<'_>,
) -> i64 {
    let ways = node
        .leaves
        .iter()
        .zip(chosen.iter().flat_map(|c| &c.leaves));
    let moments = ways.enumerate().map(|(way, (leaving, value))| {
        let due = match *leaving {
            Leaving::AfterEntering(..) => own.saturating_add(*value),
            Leaving::AtAge(..) => own.max(*value),
            Leaving::AfterChange { change, stays, .. } => own
                .saturating_add(stays)
                .max(ages.age(change).saturating_add(*value)),
            Leaving::With(other, ..) => match left.get(other) {
                Some(gone) if *gone >= FOR_EVER => FOR_EVER,
                Some(gone) => gone.saturating_add(*value),
                None => own,
            },
            Leaving::Into(_) => FOR_EVER,
        };
        let (begins, ends) = ages.leaves(at, way);
        let when = due.max(begins);
        if when < ends { when } else { FOR_EVER }
    });
    moments.min().unwrap_or(FOR_EVER).min(FOR_EVER)
}

/// Whether a run refutes a question's claim: too few groups have a living member at the age asked.
#[must_use]
pub fn refutes(system: &System, question: &Question, choices: &Choices) -> bool {
    if !asked_about(system, question, choices) || !within_bounds(system, choices) {
        return false;
    }
    let stays = stays_of(system, choices);
    let present: BTreeSet<u32> = question
        .members
        .iter()
        .filter(|(node, _)| {
            let alive = system.nodes.get(*node).is_some_and(|n| n.alive);
            let stay = stays.get(*node).copied().flatten();
            alive && stay.is_some_and(|(from, to)| from <= choices.age && choices.age < to)
        })
        .map(|(_, group)| *group)
        .collect();
    present.len() < question.need as usize
}

/// Whether there is any run that a question is about.
pub fn can_be_asked(system: &System, question: &Question) -> bool {
    some_run(system, question).is_some()
}

/// A run that keeps to all bounds, if they let any be: what a proof assumes can be so.
///
/// If there is one in which enough had been there for long when some change came, there is one in which that
/// change alone is late, as late as may be, and holds up the next ones for as long as it must: then it had been
/// there for the longest time, and least time passes until the last change.
pub(crate) fn some_run(system: &System, question: &Question) -> Option<Choices> {
    let on_time = vec![0; system.gaps().len()];
    let Some(last) = on_time.len().checked_sub(1) else {
        return run(system, question, on_time, None);
    };
    let old = [Held {
        change: last,
        from: question.from,
        long: 0,
        asked: i64::MIN,
    }];
    let held = match &question.crossing {
        Crossing::Settled(_) => return run(system, question, on_time, None),
        Crossing::Old => &old[..],
        Crossing::Held(all) => all,
    };
    let one_late = |held| run(system, question, held_up(system, held), Some(held));
    let none_late = |held| run(system, question, on_time.clone(), Some(held));
    let mut runs = held.iter().map(none_late).chain(held.iter().map(one_late));
    runs.find_map(|run| run)
}

/// How late each change comes if one comes as late as may be and holds up those after it.
fn held_up(system: &System, held: &Held) -> Vec<i64> {
    let mut over = 0;
    let changes = system.gaps().iter().zip(system.late()).enumerate();
    let late = changes.map(|(change, ((gap, _), most))| {
        over = match change {
            change if change < held.change => 0,
            change if change == held.change => *most,
            _ => (over - gap / DAY).max(0),
        };
        over
    });
    late.collect()
}

/// A run in which changes are so late, as early in its life as can be.
fn run(
    system: &System,
    question: &Question,
    late: Vec<i64>,
    held: Option<&Held>,
) -> Option<Choices> {
    let nodes = system.nodes.iter().map(|node| NodeChoice {
        delay: node.source.map_or(0, |_| node.delay.0),
        older_than: node.older_than.map_or(0, |older| older.0),
        leaves: node.leaves.iter().map(|way| way.least()).collect(),
    });
    let mut choices = Choices {
        age: question.from,
        struck: question.from,
        gaps: system.gaps().iter().map(|(low, _)| *low).collect(),
        late,
        nodes: nodes.collect(),
    };
    let ages = Ages::of(system, &choices).all();
    let last = ages.last().copied();
    let asked = held.and_then(|held| {
        let at = ages.get(held.change)?;
        Some(held.from.saturating_sub(*at))
    });
    // How long it is from one written day to the next is known: how old it is on the first one decides.
    if let Some((first, (low, high))) = choices.gaps.first_mut().zip(system.gaps().first()) {
        let more = asked.unwrap_or(0).clamp(0, high - low);
        *first += more;
        let last = last.unwrap_or(0).saturating_add(more);
        let from = match question.crossing {
            Crossing::Settled(after) => last.saturating_add(after),
            Crossing::Old | Crossing::Held(_) => last,
        };
        choices.age = question.from.max(from);
        choices.struck = choices.age;
    }
    (asked_about(system, question, &choices) && within_bounds(system, &choices)).then_some(choices)
}

/// Whether a run is one of those that a question is about.
fn asked_about(system: &System, question: &Question, choices: &Choices) -> bool {
    let since = choices.age - choices.struck;
    after_changes(&Ages::of(system, choices), question, choices)
        && (question.from..=question.to).contains(&choices.age)
        && question.from <= choices.struck
        && (0..=question.window).contains(&since)
}

fn within_bounds(system: &System, choices: &Choices) -> bool {
    let inside = |value: i64, (low, high): (i64, i64)| low <= value && value <= high;
    system
        .nodes
        .iter()
        .zip(&choices.nodes)
        .all(|(node, chosen)| {
            (node.source.is_none() || inside(chosen.delay, node.delay))
                && node
                    .older_than
                    .is_none_or(|bounds| inside(chosen.older_than, bounds))
                && node
                    .leaves
                    .iter()
                    .zip(&chosen.leaves)
                    .all(|(rule, value)| match *rule {
                        Leaving::Into(_) => true,
                        rule => inside(*value, rule.bounds()),
                    })
        })
        && choices.nodes.len() == system.nodes.len()
        && choices.gaps.len() == system.gaps().len()
        && choices.late.len() == system.late().len()
        && choices
            .late
            .iter()
            .zip(system.late())
            .all(|(late, most)| inside(*late, (0, *most)))
        && Ages::of(system, choices).are_in_order()
        && system
            .gaps()
            .iter()
            .zip(&choices.gaps)
            .all(|(bounds, gap)| inside(*gap, *bounds))
}
