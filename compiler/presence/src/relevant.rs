//! The part of a system that an answer can depend on.

use std::collections::BTreeSet;

use crate::evaluate::sure_groups;
use crate::{Changes, Leaving, Question, System};

/// The system and question without the groups that are surely there, which need not be counted any more,
/// and without the nodes that no other member is filled from or leaves with, however far away. `None` if
/// enough are surely there.
///
/// When something is in a node follows from these alone, so every run of the whole is a run of
/// the part with the same members present, and the claim holds for the whole exactly if it holds for
/// the part. Whether a node is of use matters for members alone: `fed` says what reaches the others.
/// Faults often differ only in what they do elsewhere: then one answer does for all.
pub(crate) fn relevant(system: &System, question: &Question) -> Option<(System, Question)> {
    let sure = sure_groups(system, question);
    let need = u32::try_from(sure.len()).map_or(0, |sure| question.need.saturating_sub(sure));
    if need == 0 {
        return None;
    }
    let mut question = Question {
        need,
        ..question.clone()
    };
    question.members.retain(|(_, group)| !sure.contains(group));
    let mut keep = vec![false; system.nodes.len()];
    let mut open: Vec<usize> = question.members.iter().map(|(node, _)| *node).collect();
    while let Some(at) = open.pop() {
        let (Some(node), Some(seen)) = (system.nodes.get(at), keep.get_mut(at)) else {
            continue;
        };
        if !std::mem::replace(seen, true) {
            open.extend(node.source);
            open.extend(node.leaves.iter().filter_map(other));
        }
    }
    let mut kept = 0;
    let places: Vec<Option<usize>> = keep
        .iter()
        .map(|keep| {
            kept += usize::from(*keep);
            keep.then(|| kept - 1)
        })
        .collect();
    let place = |node: usize| places.get(node).copied().flatten().unwrap_or(node);
    let members: BTreeSet<usize> = question.members.iter().map(|(node, _)| *node).collect();
    let nodes = system.nodes.iter().enumerate().zip(&keep);
    let nodes = nodes.filter(|(_, keep)| **keep).map(|((at, node), _)| {
        let mut node = node.clone();
        node.alive |= !members.contains(&at);
        node.source = node.source.map(place);
        for leaving in &mut node.leaves {
            if let Leaving::With(other, ..) | Leaving::Into(other) = leaving {
                *other = place(*other);
            }
        }
        node
    });
    let changes = system.changes.as_ref().and_then(|changes| {
        let nodes = changes.nodes.iter().zip(&keep);
        let nodes = nodes.filter(|(_, keep)| **keep).map(|(life, _)| life);
        // Where nothing that matters comes or goes, it is all one when the rest does.
        let aged = |leaving: &Leaving| matches!(leaving, Leaving::AfterChange { .. });
        let mut leaves = system.nodes.iter().zip(&keep);
        let aged = leaves.any(|(node, keep)| *keep && node.leaves.iter().any(aged));
        let changed = aged || nodes.clone().any(|life| !life.is_always());
        changed.then(|| {
            Box::new(Changes {
                gaps: changes.gaps.clone(),
                late: changes.late.clone(),
                nodes: nodes.cloned().collect(),
            })
        })
    });
    let system = System {
        nodes: nodes.collect(),
        changes,
    };
    for (node, _) in &mut question.members {
        *node = place(*node);
    }
    Some((system, question))
}

/// The other node that a way of leaving looks at.
const fn other(leaving: &Leaving) -> Option<usize> {
    match leaving {
        Leaving::With(node, ..) | Leaving::Into(node) => Some(*node),
        Leaving::AfterEntering(..) | Leaving::AtAge(..) | Leaving::AfterChange { .. } => None,
    }
}
