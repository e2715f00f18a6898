//! A drill restores all that its snapshots hold onto its own host, looks at it and removes it: meanwhile it takes room there.
//! Scripts restore below `/var/tmp`, one snapshot after the other. A seed that changes what it sends works on a copy of the
//! database beside it, and has the dump of that and its text below `/var/tmp`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    Anonymise, ClassKind, HostId, RunnerKind, Source, Step, StepId, StoreId, StoreKind, Verb,
};
use thrice_plan::Period;
use thrice_quantity::Bytes;

use super::bound::{Bounds, size_on};
use super::finding;
use crate::context::Context;
use crate::verification::{Engine, Finding};

const NO_ROOM: Code = Code("T2004");

/// Where scripts put what they restore, unless `TMPDIR` says otherwise.
const SCRATCH: &str = "/var/tmp";

/// The drills that scripts do, and the seeds that change what they send. Looked for once: policies have many steps.
pub(super) fn drills(context: &Context<'_>) -> Vec<StepId> {
    let steps = context.plan.model.steps.iter();
    let scripted = steps.filter(|(_, step)| is_scripted(step));
    scripted.map(|(id, _)| id).collect()
}

/// The drill that needs the most room on a store in a period, and how much that is on a day.
pub(super) fn most(
    context: &Context<'_>,
    drills: &[StepId],
    (store, period): (StoreId, &Period),
    day: Date,
) -> Option<(StepId, Bytes)> {
    let steps = drills
        .iter()
        .map(|id| (*id, &context.plan.model.steps[*id]));
    let drills = steps.filter(|(_, step)| step.lifetime.contains(period.from));
    let bounds = Bounds::new(context, period.from);
    let needed = drills.filter_map(|(id, step)| {
        let host = step.runner.host?;
        let is_below = below(context, host, period) == Some(store);
        let bytes = match step.verb {
            Verb::Seed { .. } => worked_on(context, step, (store, is_below), day)?,
            _ if is_below => needed(&bounds, step, day)?,
            _ => return None,
        };
        Some((id, bytes))
    });
    needed.max_by_key(|(id, bytes)| (*bytes, std::cmp::Reverse(*id)))
}

fn is_scripted(step: &Step) -> bool {
    let works = match &step.verb {
        Verb::Drill => true,
        Verb::Seed { rules, .. } => rules
            .iter()
            .any(|rule| !matches!(rule.action, Anonymise::Keep | Anonymise::Skip)),
        _ => false,
    };
    works
        && matches!(
            step.runner.kind,
            RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor
        )
}

/// What a seed takes on a store of its host while it changes databases: each lies there once more, with the rows that were
/// changed; below `/var/tmp` the dumps of that, and their text. `None` where no size is stated, or it takes nothing there.
fn worked_on(
    context: &Context<'_>,
    step: &Step,
    (store, is_below): (StoreId, bool),
    day: Date,
) -> Option<Bytes> {
    let model = &context.plan.model;
    let classes = step.classes.iter().map(|(class, _)| &model.classes[*class]);
    let databases = classes.filter(|class| class.kind == ClassKind::State);
    let each = databases.map(|class| {
        class.size?;
        let size = size_on(context, class, day);
        let beside = if class.home.store == store { 2 } else { 0 };
        let scratch = if is_below { 2 } else { 0 };
        Some(size.saturating_mul(beside + scratch))
    });
    let sum = each.reduce(|sum, size| Some(sum?.saturating_add(size?)))??;
    (sum > Bytes::ZERO).then_some(sum)
}

/// The store of a host in which it restores: the one that is mounted closest around.
fn below(context: &Context<'_>, host: HostId, period: &Period) -> Option<StoreId> {
    let stores = context.plan.model.stores.iter();
    let around = stores.filter(|(_, store)| {
        let at = store.mounted_at.trim_end_matches('/');
        let rest = SCRATCH.strip_prefix(at);
        store.host == host
            && store.kind != StoreKind::Bucket
            && store.lifetime.contains(period.from)
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let closest = around.max_by_key(|(_, store)| store.mounted_at.len());
    closest.map(|(id, _)| id)
}

/// The drills that restore where nobody says how much room there is: on no store that is known, or on one without a
/// capacity where nothing else points that out.
pub(super) fn without_room<'c>(
    context: &'c Context<'_>,
    drills: &[StepId],
    told: &BTreeSet<StoreId>,
) -> Vec<&'c Step> {
    let plan = context.plan;
    let steps = drills.iter().map(|id| &plan.model.steps[*id]);
    let is_open = |step: &&Step| {
        let Some(host) = step.runner.host else {
            return false;
        };
        let mut there = plan.periods.iter();
        there.any(|period| {
            let bounds = Bounds::new(context, period.from);
            let has_size = || needed(&bounds, step, period.from).is_some();
            step.lifetime.contains(period.from)
                && match below(context, host, period) {
                    None => has_size(),
                    Some(store) if told.contains(&store) => false,
                    Some(store) => {
                        thrice_plan::room(&plan.model, store, |_| true).is_none() && has_size()
                    }
                }
        })
    };
    steps.filter(is_open).collect()
}

/// What the largest of its snapshots holds: all classes of the backup that makes it. `None` where no size is stated.
fn needed(bounds: &Bounds<'_, '_>, step: &Step, day: Date) -> Option<Bytes> {
    let context = bounds.context();
    let plan = context.plan;
    let Source::Repository(repository, _) = &step.source else {
        return None;
    };
    let restored = |class| step.classes.iter().any(|(named, _)| *named == class);
    let mut snapshots: BTreeMap<StepId, Option<Bytes>> = BTreeMap::new();
    let copies = plan.copies.iter().map(|(_, copy)| copy);
    let copies = copies.filter(|copy| copy.repository == Some(*repository) && restored(copy.class));
    for by in copies.filter_map(|copy| copy.made_by) {
        snapshots.entry(by).or_insert_with(|| {
            let made = context.made_by(by).iter().map(|id| &plan.copies[*id]);
            made.map(|copy| {
                let size = &plan.model.classes[copy.class].size;
                size.as_ref().map(|_| bounds.restored(copy, day))
            })
            .try_fold(Bytes::ZERO, |sum, size| Some(sum.saturating_add(size?)))
        });
    }
    snapshots.into_values().flatten().max()
}

pub(super) fn tell(
    context: &Context<'_>,
    (store, period): (StoreId, &Period),
    drill: StepId,
    (bytes, left): (Bytes, Bytes),
) -> Finding {
    let model = &context.plan.model;
    let (name, step) = (context.store_name(store), &model.steps[drill].named);
    let is_seed = matches!(model.steps[drill].verb, Verb::Seed { .. });
    let (does, onto) = if is_seed {
        ("works on", "on")
    } else {
        ("restores", "onto")
    };
    let message = format!(
        "`{}` {does} up to {} {onto} `{name}`, where {} may be left by {}",
        step.name,
        bytes.rounded(),
        left.rounded(),
        super::last_day(period, 0)
    );
    let diagnostic = Diagnostic::error(NO_ROOM, message)
        .by(Engine::Evaluated.word())
        .about(name)
        .at(
            step.span,
            match is_seed {
                true => format!(
                    "changes a copy beside the data, and has its dump and the text of that below `{SCRATCH}`"
                ),
                false => format!("restores below `{SCRATCH}` of its host, and removes it again"),
            },
        )
        .at(
            model.stores[store].named.span,
            "is full before all of it is there",
        )
        .event(
            if is_seed { "in the seed" } else { "in the drill" },
            "the disk is full: it fails, and what else writes there fails with it",
        )
        .help(match is_seed {
            true => "seed from a host with more room, or fewer databases at once",
            false => "drill on a host with more room, or less at once",
        });
    finding(diagnostic, vec![name.to_owned(), step.name.to_string()])
}
