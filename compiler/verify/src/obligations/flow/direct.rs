//! Seeds that name no place by which they go: what they bring lies nowhere that the plan knows of, and is seen by whoever
//! they are for.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, Environment, Label, Named, Step, StepId, StepTarget};
use thrice_plan::CopyId;
use thrice_simulate::Onlooker;

use super::played::{Case, Sees, Sight};
use super::{ENVIRONMENT, Found, copies_in, labels, places};
use crate::context::Context;
use crate::wording::some;

pub(super) fn decide(context: &Context<'_>, found: &mut Found) {
    for id in context.seeds() {
        let step = &context.plan.model.steps[*id];
        if let StepTarget::Environment(to, None, _) = &step.target {
            let environment = &context.plan.model.environments[*to];
            let mut told: Option<Label> = None;
            for receiver in receivers(context, environment) {
                let hits = hits(context, step, receiver.cleared);
                // What a host may see that may see as much is no matter of its own.
                if hits.is_empty() || told.is_some_and(|told| receiver.cleared >= told) {
                    continue;
                }
                told = Some(receiver.cleared);
                tell(context, (*id, step), &receiver, hits, found);
            }
        }
    }
}

/// Somebody to whom a seed brings something.
struct Receiver<'c> {
    code: Code,
    named: &'c Named,
    cleared: Label,
    /// Where that is said.
    span: Span,
}

/// An environment, which is cleared for what is public where it says nothing, and those of its hosts that say
/// something.
fn receivers<'c>(context: &'c Context<'_>, environment: &'c Environment) -> Vec<Receiver<'c>> {
    let hosts = environment.hosts.iter();
    let hosts = hosts.map(|host| &context.plan.model.hosts[*host]);
    let hosts = hosts.filter_map(|host| {
        let (cleared, span) = host.clearance?;
        Some(Receiver {
            code: places::ABOVE,
            named: &host.named,
            cleared,
            span,
        })
    });
    let own = Receiver {
        code: ENVIRONMENT,
        named: &environment.named,
        cleared: environment.clearance.unwrap_or(Label::Public),
        span: environment.named.span,
    };
    std::iter::once(own).chain(hosts).collect()
}

/// What is above a clearance of what a seed makes of the copies that it reads, each with its label then.
fn hits(context: &Context<'_>, step: &Step, cleared: Label) -> BTreeMap<CopyId, (Label, Sight)> {
    let mut out = BTreeMap::new();
    let read = context.read_directly(step);
    let periods = context.plan.periods.iter().enumerate();
    for (index, period) in periods.filter(|(_, p)| step.lifetime.contains(p.from)) {
        let there = copies_in(context, period);
        for id in read.iter().filter(|id| there.contains(id)) {
            let copy = &context.plan.copies[*id];
            let mut seeds = labels::seeds_of(context, copy);
            seeds.push(step);
            let left = labels::left(context, copy.class, &seeds).into_iter();
            let label = left.map(|unit| unit.label).max();
            if let Some(label) = label.filter(|label| *label > cleared) {
                out.entry(*id).or_insert((label, Sight::of(index, None)));
            }
        }
    }
    out
}

fn tell(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    receiver: &Receiver<'_>,
    hits: BTreeMap<CopyId, (Label, Sight)>,
    found: &mut Found,
) {
    let class_of = |id: &CopyId| context.plan.copies[*id].class;
    let classes: BTreeSet<ClassId> = hits.keys().map(class_of).collect();
    let periods = context.plan.periods.iter();
    for period in periods.filter(|period| step.lifetime.contains(period.from)) {
        classes.iter().for_each(|class| found.leak(*class, period));
    }
    let names = some(classes.iter().map(|class| context.class_name(*class)));
    let (name, who) = (&step.named.name, &receiver.named.name);
    let cleared = labels::word(receiver.cleared);
    let mut diagnostic = Diagnostic::error(
        receiver.code,
        format!("`{who}` is cleared for {cleared} data, and `{name}` brings it more of {names}"),
    )
    .at(receiver.span, "no more than this may be seen here")
    .at(step.named.span, "brings it there");
    let mut told: BTreeMap<ClassId, Label> = BTreeMap::new();
    for (id, (label, _)) in &hits {
        let known = told.entry(class_of(id)).or_insert(*label);
        *known = (*label).max(*known);
    }
    for (class, label) in told.iter().take(super::SHOWN) {
        let class = context.class_name(*class);
        diagnostic = diagnostic.event("", format!("`{class}` ({})", labels::word(*label)));
    }
    let diagnostic = diagnostic.help(
        "let the seed change what is sensitive `before leaving`, or `skip` it; label what may be seen there \
         (`fields { … }`), and say the `clearance`",
    );
    let case = Case {
        by: Onlooker::Seed(id),
        copies: hits
            .into_iter()
            .map(|(id, (_, sight))| (id, sight))
            .collect(),
        sees: Sees::Above(receiver.cleared),
    };
    found.add(diagnostic, &classes, name, Some(case));
}
