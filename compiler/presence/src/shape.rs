//! A question without names: two that are alike have one answer.

use std::collections::BTreeMap;

use crate::{Crossing, Held, Leaving, Question, System};

/// The system and question as numbers, groups renumbered by first appearance.
pub(crate) fn key(system: &System, question: &Question) -> Vec<i64> {
    let mut out = Vec::with_capacity(system.nodes.len() * 12 + question.members.len() * 2 + 4);
    for node in &system.nodes {
        out.push(node.source.map_or(-1, index));
        out.extend([node.delay.0, node.delay.1]);
        let older = node.older_than.unwrap_or((-1, -1));
        out.extend([older.0, older.1, i64::from(node.alive), i64::from(node.fed)]);
        out.push(index(node.leaves.len()));
        for leaving in &node.leaves {
            out.extend(match *leaving {
                Leaving::AfterEntering(low, high) => [0, 0, low, high, 0],
                Leaving::AtAge(low, high) => [1, 0, low, high, 0],
                Leaving::With(node, low, high) => [2, index(node), low, high, 0],
                Leaving::AfterChange {
                    change,
                    after: (low, high),
                    stays,
                } => [4, index(change), low, high, stays],
                Leaving::Into(node) => [3, index(node), 0, 0, 0],
            });
        }
    }
    out.extend([
        i64::from(question.need),
        question.from,
        question.to,
        question.window,
    ]);
    let mut groups: BTreeMap<u32, i64> = BTreeMap::new();
    for (node, group) in &question.members {
        let next = index(groups.len());
        let number = *groups.entry(*group).or_insert(next);
        out.extend([index(*node), number]);
    }
    if let Some(changes) = &system.changes {
        // No node has this number.
        out.push(-9);
        match &question.crossing {
            Crossing::Old => out.push(-1),
            Crossing::Settled(after) => out.push(*after),
            Crossing::Held(all) => {
                out.extend([-2, index(all.len())]);
                let numbers = |held: &Held| [index(held.change), held.from, held.long, held.asked];
                out.extend(all.iter().flat_map(numbers));
            }
        }
        out.push(index(changes.gaps.len()));
        out.extend(changes.gaps.iter().flat_map(|(low, high)| [*low, *high]));
        out.extend(&changes.late);
        let change = |change: Option<usize>| change.map_or(-1, index);
        for node in &changes.nodes {
            out.push(change(node.gone));
            let lives = [&node.fed].into_iter().chain(&node.leaves);
            out.extend(lives.flat_map(|life| [change(life.from), change(life.until)]));
        }
    }
    out
}

fn index(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
