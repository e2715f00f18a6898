//! The question that is asked after some faults.

use thrice_model::ClassId;
use thrice_plan::{CopyId, CopyKind};
use thrice_presence::{Crossing, Question, System};

use super::Ask;
use crate::context::Context;
use crate::faults::{Struck, Useless, Why, carries};
use crate::indexed::Wanted;
use crate::obligations::settling::{ages, settling};
use crate::systems::Symbolized;

/// Which copies are of no use when it is asked whether others are left.
pub(super) fn useless(
    context: &Context<'_>,
    ask: &Ask,
    struck: &Struck,
    ids: &[CopyId],
) -> Useless {
    let mut useless = struck.useless(context, ids);
    for id in ids.iter().filter(|_| ask.spared) {
        let copy = &context.plan.copies[*id];
        let noticed = context.noticed_after(copy.class);
        let aside = || context.kept_aside(copy, struck.day);
        let kept = || {
            let spared = context.spared(copy, Wanted::From(struck.day));
            spared.max(aside())
        };
        let spared = !carries(context, copy) || kept().is_some_and(|kept| kept >= noticed);
        if copy.kind != CopyKind::Live && !spared {
            useless.add(*id, Why::NotSpared);
        }
    }
    useless
}

/// The nodes that count, as one group.
pub(super) fn members(
    context: &Context<'_>,
    ids: &[CopyId],
    useless: &Useless,
) -> Vec<(usize, u32)> {
    let counts = |id: &CopyId| context.plan.copies[*id].counts && !useless.contains(*id);
    let ids = ids.iter().enumerate();
    ids.filter(|(_, id)| counts(id))
        .map(|(i, _)| (i, 0))
        .collect()
}

/// What is asked of copies some of which are of no use; `None`: none of the others can be counted on.
pub(in crate::obligations) fn question(
    context: &Context<'_>,
    lost: ClassId,
    ids: &[CopyId],
    useless: &Useless,
) -> Option<Question> {
    let members = members(context, ids, useless);
    // From the age on at which the fastest copy, spared or not, is surely made: what is lost of
    // younger data is the recovery point's.
    let live = |id: CopyId| context.plan.copies[id].kind == CopyKind::Live;
    let elsewhere: Vec<(usize, u32)> = ids
        .iter()
        .enumerate()
        .filter(|(_, id)| context.plan.copies[**id].counts && !live(**id))
        .map(|(i, _)| (i, 0))
        .collect();
    let live_there = members
        .iter()
        .any(|(i, _)| ids.get(*i).is_some_and(|id| live(*id)));
    let settle = if live_there {
        Some(0)
    } else {
        settling(context, ids, &members, 1).or_else(|| settling(context, ids, &elsewhere, 1))
    };
    let settle = settle.filter(|_| !members.is_empty())?;
    let rto = context.plan.model.classes[lost].asked().rto;
    let window = context.alarmed_after(lost).0;
    let (from, to) = ages(context, lost, settle);
    Some(Question {
        members,
        need: 1,
        from,
        to,
        window: window.saturating_add(rto.map_or(0, |(t, _)| t.0)),
        crossing: Crossing::Old,
    })
}

/// What faults leave of a system.
pub(in crate::obligations) fn after(symbolized: &Symbolized, useless: &Useless) -> System {
    let gone = |id| useless.get(id) == Some(Why::StoreLost);
    symbolized.struck(|id| !useless.contains(id), gone)
}
