//! Stores that have room enough only while somebody prunes or cleans up, and nobody hears if that stops: how many runs may
//! be missed follows from a monitor, and without one it is any number.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{StepId, StoreId};
use thrice_plan::CopyId;
use thrice_quantity::Bytes;

use super::bound::Bounds;
use super::finding;
use crate::context::Context;
use crate::verification::{Engine, Finding};
use crate::wording::some;

const UNWATCHED: Code = Code("T2005");

/// Steps that are pointed at.
const NAMED: usize = 4;

/// What is told of a store that holds up to a day no more than it may.
pub(super) fn check(
    context: &Context<'_>,
    bounds: &Bounds<'_, '_>,
    (store, copies): (StoreId, &[CopyId]),
    (day, limit): (Date, Bytes),
) -> Option<Finding> {
    let plan = context.plan;
    let all = copies.iter().map(|id| bounds.unwatched(&plan.copies[*id]));
    let steps: BTreeSet<StepId> = all.flatten().collect();
    if steps.is_empty() {
        return None;
    }
    let most = bounds.watched().total(copies, day);
    if most <= limit {
        return None;
    }
    let name = context.store_name(store);
    let named = |id: &StepId| &plan.model.steps[*id].named;
    let names = some(steps.iter().map(|id| named(id).name.as_str()));
    let verb = if steps.len() == 1 { "runs" } else { "run" };
    let message = format!(
        "`{name}` has room enough only while {names} {verb}, and no monitor would tell that it stopped: without, {} come \
         together by {day}",
        most.rounded()
    );
    let mut diagnostic = Diagnostic::warning(UNWATCHED, message)
        .by(Engine::ProvedIf.word())
        .about(name);
    for id in steps.iter().take(NAMED) {
        diagnostic = diagnostic.at(named(id).span, "reports to no monitor");
    }
    let help = "let it report to a monitor: what has stopped makes no room";
    Some(finding(diagnostic.help(help), vec![name.to_owned()]))
}
