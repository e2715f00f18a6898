//! Whether locks fit what they lock.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, Lock, Obligation, StoreId};
use thrice_plan::{Copy, CopyKind};
use thrice_quantity::Seconds;

use crate::context::Context;
use crate::indexed::first_write;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::some;

const TOO_LONG: Code = Code("T1803");
const ONLY_AT_FIRST: Code = Code("T1804");

pub(super) fn decide(context: &Context<'_>, out: &mut Verification) {
    for (id, store) in context.plan.model.stores.iter() {
        let Some(lock) = store.lock else { continue };
        let here: Vec<&Copy> = context
            .plan
            .copies
            .iter()
            .map(|(_, copy)| copy)
            .filter(|copy| copy.location.store == id)
            .collect();
        out.findings.extend(too_long(context, id, lock, &here));
        out.findings.extend(only_at_first(context, id, lock, &here));
    }
}

/// A lock that holds on to data after the day by which it must be gone.
fn too_long(context: &Context<'_>, id: StoreId, lock: Lock, here: &[&Copy]) -> Option<Finding> {
    let model = &context.plan.model;
    let limit = |class: &ClassId| model.classes[*class].asked().retain_at_most;
    let classes: BTreeSet<ClassId> = here
        .iter()
        .map(|copy| copy.class)
        .filter(|class| limit(class).is_some_and(|(t, _)| t < Seconds::days(lock.days)))
        .collect();
    let (least, said) = classes.iter().filter_map(limit).min_by_key(|(t, _)| *t)?;
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let store = context.store_name(id);
    let days = lock.days;
    let diagnostic = Diagnostic::error(
        TOO_LONG,
        format!("{names} must be gone after {least}, and `{store}` locks what is written for {days} days"),
    )
    .at(lock.span, "nobody can delete before this ends")
    .at(said, "must be gone by then")
    .help("shorten the lock, or keep these classes in a store of their own");
    Some(finding(diagnostic, context, id, classes))
}

/// A lock over a deduplicating repository, which protects no longer than its oldest pack is locked.
fn only_at_first(
    context: &Context<'_>,
    id: StoreId,
    lock: Lock,
    here: &[&Copy],
) -> Option<Finding> {
    let versions = || here.iter().filter(|copy| copy.kind == CopyKind::Versions);
    let first = versions()
        .map(|copy| first_write(context.plan, copy))
        .min()?;
    let until = first.checked_add(lock.days.days()).ok()?;
    if until >= context.plan.model.policy.end {
        return None;
    }
    let store = context.store_name(id);
    let diagnostic = Diagnostic::warning(
        ONLY_AT_FIRST,
        format!("the lock of `{store}` protects the versions there only until {until}"),
    )
    .at(lock.span, "counts from the upload of each object, and restic extends no lock")
    .help(
        "a version is whole only with the oldest object it needs: begin a fresh repository within each window, \
         lock for as long as the policy looks ahead, or rely on `versioning on` and rights that cannot administer",
    );
    let classes = versions().map(|copy| copy.class).collect();
    Some(finding(diagnostic, context, id, classes))
}

fn finding(
    diagnostic: Diagnostic,
    context: &Context<'_>,
    id: StoreId,
    classes: BTreeSet<ClassId>,
) -> Finding {
    let store = context.store_name(id).to_owned();
    Finding {
        diagnostic: diagnostic.by(Engine::Evaluated.word()).about(store.clone()),
        obligation: Obligation::Deletion,
        classes: classes.into_iter().collect(),
        subjects: vec![store],
        fault: None,
        floor: false,
    }
}
