//! What can be said without a solver, and what is present in one concrete run.

use std::collections::BTreeSet;

use super::{Leaving, Node, Question, System};

/// Longer than any horizon, in seconds: the time of what never happens.
pub const FOR_EVER: i64 = 100 * 366 * 86_400;

/// Whether enough groups have a member that surely is there all through the asked ages: it never
/// leaves, nor does anything it is filled from before it is filled, and it has entered in time.
pub(super) fn surely(system: &System, question: &Question) -> bool {
    let mut groups = BTreeSet::new();
    for (member, group) in &question.members {
        let latest = surely_entered(system, *member);
        if latest.is_some_and(|at| at <= question.from) && stays(system, *member) {
            groups.insert(*group);
        }
    }
    groups.len() >= question.need as usize
}

fn stays(system: &System, at: usize) -> bool {
    system
        .nodes
        .get(at)
        .is_some_and(|n| n.alive && n.leaves.is_empty())
}

/// The latest age at which something has surely entered, if it surely does: every node on the way
/// keeps what it has. Faults strike no earlier than the first age asked about, so what has entered
/// by then has entered before them.
fn surely_entered(system: &System, at: usize) -> Option<i64> {
    // From the node back to the live data: a chain may be as long as the policy.
    let mut way = Vec::new();
    let mut next = Some(at);
    while let Some(at) = next {
        let node = system.nodes.get(at)?;
        way.push((at, node));
        next = node.source;
    }
    let mut entered = 0;
    for pair in way.windows(2).rev() {
        let [(at, node), (_, holder)] = pair else {
            return None;
        };
        let kept = holder
            .leaves
            .iter()
            .all(|l| matches!(l, Leaving::Into(to) if to == at));
        entered = entered
            .max(node.older_than.map_or(0, |o| o.1))
            .saturating_add(node.delay.1);
        if !kept || entered >= FOR_EVER {
            return None;
        }
    }
    Some(entered)
}

/// Concrete values of all that is open in a system: one run of the plan, for one item or version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The age asked about.
    pub age: i64,
    /// The age at which the faults strike; at most `age`.
    pub struck: i64,
    /// For each node: its delay, its age rule, and the value of each leaving.
    pub nodes: Vec<NodeChoice>,
}

/// The open values of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeChoice {
    /// From the source having it to it being here.
    pub delay: i64,
    /// The age from which it is taken.
    pub older_than: i64,
    /// One value a leaving.
    pub leaves: Vec<i64>,
}

/// When something enters and leaves a node in a concrete run; `None` if it never enters.
pub type Stay = Option<(i64, i64)>;

/// Works out a run: for each node, when the item is there. Nothing of the encoding is used here.
#[must_use]
pub fn stays_of(system: &System, choices: &Choices) -> Vec<Stay> {
    let mut entered: Vec<Option<i64>> = Vec::new();
    // Sources stand first, but what is moved leaves when a later node has it: first all entries.
    for (at, node) in system.nodes.iter().enumerate() {
        let age = entry(system, choices, &entered, at, node);
        entered.push(age);
    }
    let mut out: Vec<Stay> = vec![None; system.nodes.len()];
    for at in 0..system.nodes.len() {
        let stay = entered
            .get(at)
            .copied()
            .flatten()
            .map(|e| (e, leaving(system, choices, &entered, at, None)));
        if let Some(slot) = out.get_mut(at) {
            *slot = stay;
        }
    }
    out
}

fn entry(
    system: &System,
    choices: &Choices,
    entered: &[Option<i64>],
    at: usize,
    node: &Node,
) -> Option<i64> {
    let Some(source) = node.source else {
        return Some(0);
    };
    let chosen = choices.nodes.get(at)?;
    let there = entered.get(source).copied().flatten()?;
    let from = if node.older_than.is_some() {
        there.max(chosen.older_than)
    } else {
        there
    };
    let age = from.saturating_add(chosen.delay);
    let in_time = age < leaving(system, choices, entered, source, Some(()));
    let possible = age <= choices.struck || node.fed;
    (in_time && possible).then_some(age)
}

/// When something leaves a node. `Some(())` leaves moves out of account: what is on its way out by a
/// move is still taken by whoever asks.
fn leaving(
    system: &System,
    choices: &Choices,
    entered: &[Option<i64>],
    at: usize,
    without_moves: Option<()>,
) -> i64 {
    let (Some(node), Some(chosen)) = (system.nodes.get(at), choices.nodes.get(at)) else {
        return FOR_EVER;
    };
    let own = entered.get(at).copied().flatten().unwrap_or(0);
    let mut first = FOR_EVER;
    for (leaving_rule, value) in node.leaves.iter().zip(&chosen.leaves) {
        let when = match *leaving_rule {
            Leaving::AfterEntering(..) => own.saturating_add(*value),
            Leaving::AtAge(..) => own.max(*value),
            Leaving::With(other, ..) => {
                let gone = leaving(system, choices, entered, other, without_moves);
                if gone >= FOR_EVER {
                    FOR_EVER
                } else {
                    gone.saturating_add(*value)
                }
            }
            Leaving::Into(_) if without_moves.is_some() => FOR_EVER,
            Leaving::Into(other) => entered.get(other).copied().flatten().unwrap_or(FOR_EVER),
        };
        first = first.min(when);
    }
    first
}

/// Whether a run refutes a question's claim: too few groups have a living member at the age asked.
#[must_use]
pub fn refutes(system: &System, question: &Question, choices: &Choices) -> bool {
    let asked = question.from <= choices.age && choices.age <= question.to;
    let since = choices.age - choices.struck;
    if !asked || choices.struck < question.from || since < 0 || since > question.window {
        return false;
    }
    if !within_bounds(system, choices) {
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
                        Leaving::AfterEntering(low, high)
                        | Leaving::AtAge(low, high)
                        | Leaving::With(_, low, high) => inside(*value, (low, high)),
                        Leaving::Into(_) => true,
                    })
        })
        && choices.nodes.len() == system.nodes.len()
}
