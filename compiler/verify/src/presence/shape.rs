//! A question without names: two that are alike have one answer.

use std::collections::BTreeMap;

use super::{Leaving, Question, System};

/// The system and question as numbers, groups renumbered by first appearance.
pub(super) fn key(system: &System, question: &Question) -> Vec<i64> {
    let mut out = Vec::with_capacity(system.nodes.len() * 12 + question.members.len() * 2 + 4);
    for node in &system.nodes {
        out.push(node.source.map_or(-1, index));
        out.extend([node.delay.0, node.delay.1]);
        let older = node.older_than.unwrap_or((-1, -1));
        out.extend([older.0, older.1, i64::from(node.alive), i64::from(node.fed)]);
        out.push(index(node.leaves.len()));
        for leaving in &node.leaves {
            out.extend(match *leaving {
                Leaving::AfterEntering(low, high) => [0, 0, low, high],
                Leaving::AtAge(low, high) => [1, 0, low, high],
                Leaving::With(node, low, high) => [2, index(node), low, high],
                Leaving::Into(node) => [3, index(node), 0, 0],
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
    out
}

fn index(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
